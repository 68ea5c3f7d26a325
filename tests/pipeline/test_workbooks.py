"""Workbooks: what a spreadsheet finds in them, and that LibreOffice opens them."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from openpyxl import load_workbook

from displacement.build.serving import server
from displacement.query.cookbook import read_recipes
from displacement.query.published import open_published
from displacement.query.workbook import answer_workbook, country_workbook, workbook_of
from tests.conftest import ROOT, Built, Run


@pytest.fixture
def sudan(built: Built, tmp_path: Path) -> Path:
    path = tmp_path / "sudan.xlsx"
    with open_published(built.public) as connection:
        assert country_workbook(connection, path, "Soudan", "fr") == "SDN"
    return path


def test_a_country_in_french_has_its_figures_its_source_and_what_to_beware_of(sudan: Path) -> None:
    book = load_workbook(sudan)
    about = "\n".join(str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value)
    assert book.sheetnames[:3] == ["À propos", "Depuis le pays", "Dans le pays"]
    assert "Soudan" in about and "CC BY 4.0" in about and "2026-06-25" in about and "non zéro" in about
    stocks = book["Depuis le pays"]
    headings = [cell.value for cell in stocks[1]]
    newest = dict(zip(headings, [cell.value for cell in stocks[stocks.max_row]], strict=True))
    assert newest["Réfugiés (HCR)"] == 2_820_737 and newest["Personnes déplacées de force"] == 12_878_034
    assert str(newest["Date"])[:10] == "2025-12-31"
    first = [cell.value for cell in stocks[2]]
    assert first[headings.index("Demandeurs d’asile")] is None, "absent is an empty cell, not zero"
    assert stocks.freeze_panes == "A2"
    chad = next(row for row in book["Destinations"].iter_rows(values_only=True) if row[1] == "TCD")
    assert chad[2] == "Tchad" and chad[3] == 1_330_950


@pytest.mark.parametrize("theme", dict.fromkeys(one.chapter for one in read_recipes(ROOT / "sql").values()))
def test_a_theme_has_a_sheet_for_each_question_of_its_chapter(theme: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    code, said, error = run("export", "--theme", theme.lower(), "-o", str(path))
    assert (code, error) == (0, "") and theme in said
    book = load_workbook(path)
    chapter = [one for one in read_recipes(ROOT / "sql").values() if one.chapter == theme]
    assert book.sheetnames == ["About", *(one.name for one in chapter)]
    assert all(sheet.max_row > 1 for sheet in book.worksheets)
    about = "\n".join(str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value)
    assert all(one.question in about for one in chapter) and "CC BY 4.0" in about and "2026-06-25" in about


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "either a country"),
        (("--country", "SDN", "--theme", "Asylum"), "either a country"),
        (("--theme", "Asylum", "--lang", "fr"), "leave out --lang"),
        (("--theme", "Asilum"), "Asylum"),
    ],
)
def test_an_export_of_nothing_or_of_two_things_is_refused(
    words: tuple[str, ...], reason: str, run: Run, tmp_path: Path
) -> None:
    code, _, error = run("export", *words, "-o", str(tmp_path / "a.xlsx"))
    assert code == 2 and reason.lower() in error.lower()
    assert not (tmp_path / "a.xlsx").exists()


def test_a_sheet_in_arabic_runs_from_right_to_left(built: Built, tmp_path: Path) -> None:
    with open_published(built.public) as connection:
        country_workbook(connection, tmp_path / "a.xlsx", "SDN", "ar")
    assert all(sheet.sheet_view.rightToLeft for sheet in load_workbook(tmp_path / "a.xlsx").worksheets)


def test_a_served_page_of_a_country_links_its_workbook_and_its_file_links_none(built: Built) -> None:
    """A web server that makes no workbooks would have a dead link."""
    comment = re.compile(r"<!--.*?-->", re.DOTALL)
    assert "workbooks/" not in comment.sub("", (built.public / "fr/countries/SDN.html").read_text(encoding="utf-8"))
    with server(built.public, 0, workbook_of) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        page = f"http://127.0.0.1:{running.server_port}/fr/countries/SDN.html"
        served = requests.get(page, timeout=30)
        again = requests.get(page, timeout=30, headers={"If-None-Match": served.headers.get("ETag", "none")})
        assert (served.headers.get("Content-Encoding"), again.status_code) == ("gzip", 304)
        (link,) = re.findall(r'href="([^"]*workbooks/[^"]*)"', comment.sub("", served.text))
        book = requests.get(urljoin(page, link), timeout=60)
        assert load_workbook(BytesIO(book.content)).sheetnames[0] == "À propos"
        wrong = ("XXX.fr", "SDN.de", "..%2fSDN.fr", "Sudan.fr")
        assert {requests.get(urljoin(page, f"/workbooks/{name}.xlsx"), timeout=30).status_code for name in wrong} == {
            404
        }
        running.shutdown()
    assert workbook_of(built.public.resolve(), "SDN", "fr") is workbook_of(built.public.resolve(), "SDN", "fr"), "kept"


def test_the_answer_to_a_question_is_numbers_dates_and_text_that_is_no_formula(tmp_path: Path) -> None:
    answer_workbook(tmp_path / "a.xlsx", "select …", ["name", "people"], [("=1+1", 5), ("https://x.example", None)])
    sheet = load_workbook(tmp_path / "a.xlsx")["Answer"]
    assert [[cell.value for cell in row] for row in sheet] == [
        ["name", "people"],
        ["=1+1", 5],
        ["https://x.example", None],
    ]
    assert sheet["A2"].data_type == "s" and sheet["A3"].hyperlink is None


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice (Debian: libreoffice-calc)")
def test_libreoffice_opens_it(sudan: Path) -> None:
    command = ["soffice", f"-env:UserInstallation=file://{sudan.parent}/profile", "--headless"]
    as_utf8 = "csv:Text - txt - csv (StarCalc):44,34,76"
    subprocess.run(
        [*command, "--convert-to", as_utf8, "--outdir", sudan.parent, sudan],
        check=True,
        capture_output=True,
        timeout=300,
    )
    assert "Soudan" in sudan.with_suffix(".csv").read_text(encoding="utf-8")
