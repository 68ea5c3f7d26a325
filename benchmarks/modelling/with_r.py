"""Whether R and what `in_dplyr.R` needs are here, what it is given, and how it is run.

Debian's R reads and writes no Parquet: it is given the same sources as CSV, written before the clock starts, and its
tables are CSV.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

R = ("Rscript", "--no-init-file")
SCRIPT = Path(__file__).with_name("in_dplyr.R")
PACKAGES = ("dplyr", "tidyr", "data.table")
SOURCES = ("countries.csv", "indicators.csv", "release_datasets.csv")


def absent() -> str | None:
    """Say why dplyr cannot be asked; None where it can."""
    if not shutil.which(R[0]):
        return "there is no R here"
    if _told('cat(getRversion() >= "4.1")') != "TRUE":
        return "R is here, but not 4.1 or newer"
    lacking = [name for name in PACKAGES if _told(f'cat(requireNamespace("{name}", quietly = TRUE))') != "TRUE"]
    if lacking:
        return f"R is here without {', '.join(lacking)}: apt install {' '.join(f'r-cran-{name}' for name in lacking)}"
    return None


def versions() -> str | None:
    """Return the versions of R and dplyr; None where they are not here."""
    if absent():
        return None
    return _told('cat("R ", format(getRversion()), ", dplyr ", getNamespaceVersion("dplyr"), sep = "")')


def give(data: Path, place: Path) -> Path:
    """Put the sources of a directory into another, all of them as CSV; return that other."""
    import duckdb

    place.mkdir(exist_ok=True)
    for name in SOURCES:
        shutil.copyfile(data / name, place / name)
    with duckdb.connect() as connection:
        connection.execute(f"copy (from '{data / 'figures.parquet'}') to '{place / 'figures.csv'}' (format csv)")
    return place


def words(sources: Path, target: Path) -> list[str]:
    """Return the command that makes the tables from what was given."""
    return [*R, str(SCRIPT), str(sources), str(target)]


def _told(expression: str) -> str:
    """Return what R prints for an expression; nothing where it fails."""
    done = subprocess.run([*R, "-e", expression], capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout
