"""Which Chrome there is to make pictures with; `export` starts it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

NAMES = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "chrome",
    "microsoft-edge",
)
APPLICATIONS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)


def find_browser(environment: Mapping[str, str] | None = None) -> Path | None:
    """Return the Chrome that `BROWSER_PATH` names, else the first that is installed; None if there is none."""
    values = os.environ if environment is None else environment
    named = values.get("BROWSER_PATH")
    for name in (named, *NAMES) if named else NAMES:
        if found := shutil.which(name, path=values.get("PATH")):
            return Path(found)
    for directory in (Path("/Applications"), Path(values.get("HOME") or "/") / "Applications"):
        for application in APPLICATIONS:
            if (directory / application).is_file():
                return directory / application
    return None
