"""Which fonts there are for pictures: Latin, Arabic and Cyrillic come along, Chinese is set in what is installed."""

from __future__ import annotations

import shutil
import subprocess

CHINESE_PACKAGE = "fonts-noto-cjk"
WITHOUT_CHINESE = (
    "No font of this machine has Chinese characters, so a picture in Chinese shows empty boxes; install one "
    f"(Debian: apt install {CHINESE_PACKAGE}). Pages use the reader's own."
)


def families(language: str | None = None) -> list[str] | None:
    """Return the fonts that are installed, of a language if one is named; None where no program can list them."""
    command = shutil.which("fc-list")
    if command is None:
        return None
    asked = f":lang={language}" if language else ":"
    listed = subprocess.run([command, asked, "family"], capture_output=True, text=True, check=False)
    return [line for line in listed.stdout.splitlines() if line.strip()]


def lacks_chinese() -> bool:
    """Return whether it is known that no font has Chinese characters."""
    return families("zh") == []
