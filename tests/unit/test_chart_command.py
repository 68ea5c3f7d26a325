"""The command that makes a chart as a file: what it writes, and what it says when asked for what there is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from displacement.charts.browser import find_browser
from displacement.cli.app import app
from tests.small_build import small_build


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published miniature, and a directory to write into."""
    public = tmp_path / "public"
    public.mkdir()
    with small_build() as connection:
        connection.execute(f"attach '{public / 'displacement.duckdb'}' as out")
        connection.execute("copy from database memory to out")
        connection.execute("detach out")
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(public))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["chart", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_figures_come_with_a_note_of_their_source(here: Path) -> None:
    said = run("country-origin", "--country", "afg", "--format", "csv", "--lang", "es")
    assert "country-origin-AFG-es.csv" in said
    assert (here / "country-origin-AFG-es.csv").read_text(encoding="utf-8").startswith("reference_date,year,period")
    assert "Licencia" in (here / "country-origin-AFG-es-source.txt").read_text(encoding="utf-8")


def test_the_ending_of_the_file_says_its_format(here: Path) -> None:
    [made] = json.loads(run("top-hosts", "--output", "hosts.html", "--json"))
    assert made["files"] == ["hosts.html"]
    assert made["title"] in (here / "hosts.html").read_text(encoding="utf-8")


def test_a_list_names_every_chart_and_what_it_takes(here: Path) -> None:
    said = run("--list", "--lang", "fr")
    assert "country-origin" in said and "--country" in said
    assert "Combien de personnes sont déplacées de force" in said


@pytest.mark.browser
@pytest.mark.parametrize(("size", "pixels"), [("report", (2080, None)), ("social", (1200, 630))])
def test_a_picture_has_the_size_asked_for(here: Path, size: str, pixels: tuple[int, int | None]) -> None:
    if find_browser() is None:
        pytest.skip("needs a Chrome to make pictures with")
    run("solutions", "--size", size, "--output", "picture.png")
    png = (here / "picture.png").read_bytes()
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert width == pixels[0]
    assert pixels[1] is None or height == pixels[1]


def test_an_unknown_chart_ends_with_exit_code_two_and_the_nearest(here: Path) -> None:
    program = [sys.executable, "-m", "displacement.cli.app", "chart", "top-host"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Did you mean top-hosts" in done.stderr
    assert len(done.stderr.splitlines()) == 1
