"""The workbook of flows is read in every form it has had, kept as it is, and refused by name in any other."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from displacement.errors import DisplacementError, WrongUseError
from displacement.settings import Settings
from displacement.sources import flows_workbook
from displacement.sources.flows_workbook import import_flows
from displacement.sources.landing import Landing
from displacement.sources.layouts import layout_of
from displacement.sources.release import read_capture
from displacement.sources.tracing import find_row

DAY = date(2026, 6, 12)
LONG = ("Year", "OriginISO", "OriginName", "origin", "AsylumISO", "AsylumName", "asylum", "AsylumRegion", "PT", "Count")
WIDE = ("year", "coo_name", "coo", "coo_iso", "coa_name", "coa", "coa_iso", "refugees", "asylum_seekers")
SYRIA, GERMANY = ("SYR", "Syrian Arab Rep.", "SYR"), ("DEU", "Germany", "GFR")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", public=tmp_path / "public")


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(list(line))
    book.save(path)
    return path


def long_rows(*counts: tuple[int, str, object]) -> list[tuple[Any, ...]]:
    return [(year, *SYRIA, *GERMANY, "Europe", kind, count) for year, kind, count in counts]


def imported(settings: Settings, path: Path, release: date = DAY) -> tuple[list[str], list[tuple[Any, ...]]]:
    table = import_flows(settings, path, release=release).table("flows")
    assert table is not None
    assert table.is_whole
    with duckdb.connect() as connection:
        found = connection.execute(f"from read_parquet('{table.path}')")
        names = [str(column[0]) for column in found.description or []]
        assert {str(column[1]) for column in found.description or []} == {"VARCHAR"}
        rows = found.fetchall()
    assert layout_of("flows", "api", names) is not None, "what is written is a layout that intake knows"
    assert table.rows == len(rows)
    return names, rows


def test_a_row_for_each_kind_becomes_a_column_for_each_kind(settings: Settings, tmp_path: Path) -> None:
    lines = [LONG, *long_rows((2024, "REF", 72510.0), (2024, "ASY", 6295), (2023, "OIP", 5)), (None,) * 10]
    path = workbook(tmp_path / "UNHCR_Flow_Data.xlsx", {"README": [["Annual flows"]], "DATA": lines})
    names, rows = imported(settings, path)
    assert names[7:] == ["refugees", "asylum_seekers", "refugee_like", "oip"]
    identity = ("Syrian Arab Rep.", "SYR", "SYR", "Germany", "GFR", "DEU")
    assert rows == [
        ("2024", *identity, "72510", "6295", None, None),
        ("2023", *identity, None, None, None, "5"),
    ]


@pytest.mark.parametrize("fourth", ["refugee_like", "returned_refugees"])
def test_both_forms_with_a_column_for_each_kind_are_read(settings: Settings, tmp_path: Path, fourth: str) -> None:
    line = (2022, "Syrian Arab Rep. ", "SYR", "SYR", "Germany", "GFR", "DEU", 7, None, 12, "-")
    lines = [["Forced displacement flows"], [name.upper() for name in (*WIDE, fourth, " oip ")], line]
    names, rows = imported(settings, workbook(tmp_path / "flows.xlsx", {"Sheet1": lines}))
    assert names == [*WIDE, fourth, "oip"]
    assert rows == [("2022", "Syrian Arab Rep. ", "SYR", "SYR", "Germany", "GFR", "DEU", "7", None, "12", "-")]


def test_the_workbook_is_kept_and_a_figure_traced_to_its_row(settings: Settings, tmp_path: Path) -> None:
    path = workbook(tmp_path / "UNHCR_Flow_Data.xlsx", {"DATA": [LONG, *long_rows((2024, "REF", 7), (2024, "OIP", 5))]})
    capture = import_flows(settings, path, release=DAY)
    (sha256,) = capture.tables[0].pages
    landing = Landing(settings.home)
    assert landing.page(sha256, ".xlsx").read_bytes() == path.read_bytes()
    record = landing.record(sha256)
    assert (record.url, record.licence) == ("file:UNHCR_Flow_Data.xlsx", "CC BY 4.0")
    assert str(tmp_path) not in str(record)
    rows = find_row(settings.home, DAY, "flows", 2024, "SYR", "GFR")
    assert [(row.row, row.values["kind"], row.values["count"]) for row in rows] == [(2, "REF", "7"), (3, "OIP", "5")]
    assert find_row(settings.home, DAY, "flows", 2023, "SYR", "GFR") == ()


def test_flows_join_the_tables_a_release_holds(settings: Settings, tmp_path: Path) -> None:
    from displacement.sources.release import Capture, CapturedTable, write_capture

    directory = settings.home / "landing" / "2026-06-12"
    directory.mkdir(parents=True)
    stopped = CapturedTable("population", None, 0, stopped="It was cut short.")
    write_capture(Capture(DAY, "api", directory, (stopped,)))
    path = workbook(tmp_path / "flows.xlsx", {"DATA": [LONG, *long_rows((2024, "REF", 7))]})
    capture = import_flows(settings, path, release=DAY)
    assert [table.dataset for table in capture.tables] == ["flows", "population"]
    assert read_capture(directory) == capture


def test_the_same_workbook_again_changes_nothing_and_another_is_refused(settings: Settings, tmp_path: Path) -> None:
    path = workbook(tmp_path / "flows.xlsx", {"DATA": [LONG, *long_rows((2024, "REF", 7))]})
    first = import_flows(settings, path, release=DAY)
    assert import_flows(settings, path, release=DAY) == first
    other = workbook(tmp_path / "other.xlsx", {"DATA": [LONG, *long_rows((2024, "REF", 8))]})
    with pytest.raises(DisplacementError, match=r"^The release 2026-06-12 holds the flows of another workbook already"):
        import_flows(settings, other, release=DAY)


def test_another_form_is_refused_with_the_sheets_and_headers_that_were_found(
    settings: Settings, tmp_path: Path
) -> None:
    sheets = {"Notes": [["Read this"]], "DATA": [["Year", "Origin", "Asylum", "People"], [2024, "SYR", "GFR", 7]]}
    path = workbook(tmp_path / "flows.xlsx", sheets)
    with pytest.raises(WrongUseError) as raised:
        import_flows(settings, path, release=DAY)
    assert "Its sheets, and the headers that were found: Notes: Read this; DATA: Year, Origin, Asylum, People. " in str(
        raised.value
    )
    assert "add the form to sources/flows_workbook.toml" in str(raised.value)
    assert not (settings.home / "landing" / "2026-06-12").exists()


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            long_rows((2024, "RET", 7)),
            "Row 2 of flows.xlsx is of the kind 'RET', which is not among those known (REF, ",
        ),
        (long_rows((2024, "REF", 7), (2024, "REF", 8)), "Row 3 of flows.xlsx gives refugees of 2024 SYR GFR a second "),
        ([], "flows.xlsx has headers and no rows below them."),
    ],
)
def test_rows_that_cannot_be_right_are_named(
    settings: Settings, tmp_path: Path, rows: list[Any], sentence: str
) -> None:
    path = workbook(tmp_path / "flows.xlsx", {"DATA": [LONG, *rows]})
    with pytest.raises(DisplacementError) as raised:
        import_flows(settings, path, release=DAY)
    assert sentence in str(raised.value)
    assert not (settings.home / "landing" / "2026-06-12" / "flows.parquet").exists()


def test_what_is_no_workbook_is_named(settings: Settings, tmp_path: Path) -> None:
    page, missing, other = tmp_path / "page.xlsx", tmp_path / "none.xlsx", tmp_path / "other.xlsx"
    locked = workbook(tmp_path / "locked.xlsx", {"DATA": [LONG]})
    content = bytearray(locked.read_bytes())
    for at in (content.find(b"PK\3\4") + 6, content.find(b"PK\1\2") + 8):
        content[at] |= 1  # the mark of an encrypted part
    locked.write_bytes(content)
    page.write_text("<html>Just a moment</html>")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("hello.txt", "no workbook")
    for path, sentence in (
        (page, "is no workbook of Excel"),
        (locked, "is no workbook of Excel"),
        (missing, "There is no file"),
        (other, "cannot be read as a workbook"),
    ):
        with pytest.raises(WrongUseError, match=sentence):
            import_flows(settings, path, release=DAY)


def test_a_bomb_in_the_form_of_a_workbook_is_not_unpacked(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(flows_workbook._reviewed()["limits"], "largest_unpacked_bytes", 20 << 20)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open("a", "w") as stream:
        for _ in range(30):
            stream.write(bytes(1 << 20))
    with pytest.raises(WrongUseError, match="larger than a workbook of flows may be, so it is not read"):
        import_flows(settings, path, release=DAY)


@pytest.mark.parametrize(("limit", "most"), [("most_rows", 100), ("most_cells", 1000), ("largest_part_bytes", 500)])
def test_rows_and_cells_are_counted_before_they_are_read(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    """A file of 40 MB, all rows, took two minutes and 827 MB before it was found to be no workbook of flows."""
    path = workbook(tmp_path / "flows.xlsx", {"DATA": [LONG, *long_rows(*((y, "REF", 7) for y in range(1900, 2024)))]})
    monkeypatch.setattr("openpyxl.load_workbook", lambda *_, **__: pytest.fail("it was read"))
    monkeypatch.setitem(flows_workbook._reviewed()["limits"], limit, most)
    with pytest.raises(WrongUseError, match=r"rows or .* cells, and no workbook of flows has|larger than a workbook"):
        import_flows(settings, path, release=DAY)


def rewritten(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """Change the first sheet of a workbook as bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {sheet: change(parts[sheet])}).items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda xml: b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + xml, "declares a type of document"),
        (lambda xml: b" " * ((1 << 17) - 5) + b"<!DOCTYPE x>" + xml, "declares a type of document"),
        (lambda xml: xml.decode().encode("utf-16"), "is not written as Excel writes workbooks"),
        (lambda xml: xml.replace(b"</sheetData>", b"<row>" + b"x" * (1 << 19)), "is not written as Excel writes"),
        (lambda xml: xml[:-40], "cannot be read as a workbook of Excel"),
        (lambda xml: xml.replace(b"<row", b"<w:row"), "cannot be read as a workbook of Excel"),
    ],
    ids=["dtd", "dtd behind a chunk", "utf-16", "a cell without end", "cut short", "a prefix that is not declared"],
)
def test_a_sheet_that_is_not_what_excel_writes_is_named(
    settings: Settings, tmp_path: Path, change: Callable[[bytes], bytes], sentence: str
) -> None:
    path = workbook(tmp_path / "flows.xlsx", {"DATA": [LONG, *long_rows((2024, "REF", 7))]})
    with pytest.raises(WrongUseError, match=sentence):
        import_flows(settings, rewritten(path, change), release=DAY)
    assert not (settings.home / "landing" / "2026-06-12" / "flows.parquet").exists()
