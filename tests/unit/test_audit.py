"""`make audit`: a vulnerable version fails, and a database that cannot be asked is no clean bill of health."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KNOWN = {"name": "jinja2", "version": "3.1.6", "vulns": []}
BAD = {"name": "requests", "version": "2.19.1", "vulns": [{"id": "PYSEC-2018-28", "fix_versions": ["2.20.0"]}]}
UNKNOWN = {"name": "uv", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("found", "code", "sentence"),
    [
        ([KNOWN], 0, "1 locked versions were looked up, 0 have a known vulnerability."),
        ([KNOWN, BAD], 1, "requests 2.19.1: PYSEC-2018-28 (fixed in 2.20.0)"),
        ([KNOWN, UNKNOWN], 0, "uv was not looked up"),
        # A mirror of packages answered "not found" for all, and pip-audit reported no known vulnerability.
        ([UNKNOWN], 0, "Skipped: the registry has no database of vulnerabilities"),
        (None, 0, "Skipped: the database of vulnerabilities cannot be reached (no route)."),
    ],
)
def test_what_was_looked_up_is_told_and_what_was_not(
    root: Path, tmp_path: Path, found: list[dict[str, Any]] | None, code: int, sentence: str
) -> None:
    tools = tmp_path / ".venv/audit/bin"
    for directory in (tmp_path / ".ci", tmp_path / ".venv/bin", tools):
        directory.mkdir(parents=True)
    shutil.copy(root / ".ci/audit", tmp_path / ".ci/audit")
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "found.json").write_text(json.dumps({"dependencies": found}))
    (tools / "python").symlink_to(sys.executable)
    fails = "echo no route >&2; exit 1\n" if found is None else f'cp found.json "${{10}}"; exit {int(BAD in found)}\n'
    for program, text in ((tmp_path / ".venv/bin/uv", "exit 0\n"), (tools / "pip-audit", fails)):
        program.write_text(f"#!/bin/sh\n{text}")
        program.chmod(0o755)
    done = subprocess.run(["sh", ".ci/audit"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, sentence in done.stdout) == (code, True), done
