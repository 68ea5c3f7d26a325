"""The table of faults names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path


def test_every_test_that_the_table_of_faults_names_is_there(root: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", (root / "docs" / "faults.md").read_text(encoding="utf-8")))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (root / "tests").rglob("test_*.py"))
    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in sources} == set()
