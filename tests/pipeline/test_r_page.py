"""The blocks of docs/r.md print what the page shows, where R and the packages they name are installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT, Built

BLOCKS = re.findall(r"```r\n(.*?)```\n\n```text\n(.*?)```", (ROOT / "docs/r.md").read_text(), re.DOTALL)


def rscript(code: str, where: Path | None = None) -> str:
    command = ["Rscript", "--vanilla", "-e", code]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=True, timeout=120).stdout


def test_the_sql_of_the_page_about_r_gives_what_it_shows(published: duckdb.DuckDBPyConnection) -> None:
    """So that a block whose package is not installed is wrong in R alone."""
    asked = [
        (found[1], printed) for code, printed in BLOCKS if (found := re.search(r'connection, "(.*?)"\)', code, re.S))
    ]
    assert len(asked) == 2 and len(BLOCKS) == 7
    for sql, printed in asked:
        assert [str(value) for row in published.sql(sql).fetchall() for value in row] == [
            word.replace(",", "") for line in printed.splitlines() for word in line.split() if word[0].isdigit()
        ]


@pytest.mark.skipif(not shutil.which("Rscript"), reason="needs R (Debian: r-base-core, r-cran-jsonlite)")
@pytest.mark.parametrize(("code", "printed"), BLOCKS)
def test_a_block_of_the_page_about_r_prints_what_it_shows(
    code: str, printed: str, built: Built, tmp_path: Path
) -> None:
    for package in re.findall(r"library\((\w+)\)", code):
        if rscript(f"cat(requireNamespace('{package}', quietly = TRUE))") != "TRUE":
            pytest.skip(f"needs the R package {package}")
    (tmp_path / "public").symlink_to(built.public)
    said = [line.rstrip() for line in rscript(code, tmp_path).splitlines()]
    assert said == printed.splitlines()
