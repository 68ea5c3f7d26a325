"""The pictures of the README: there, light, and of pages that are there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import ROOT
from tests.site.screenshots import IMAGES, SHOTS


def test_every_picture_the_readme_shows_is_there_and_light() -> None:
    shown = re.findall(r"\]\((docs/images/[^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(shown) >= 4
    for name in shown:
        assert (ROOT / name).stat().st_size < 300 * 1024, name


def test_pictures_are_taken_of_pages_that_are_there(whole_site: Path) -> None:
    for shot in SHOTS:
        assert (whole_site / shot.page.partition("#")[0]).is_file()
        assert (IMAGES / f"{shot.name}.png").is_file()
