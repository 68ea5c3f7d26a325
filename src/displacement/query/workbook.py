"""Workbooks for spreadsheets: a country's figures in one of six languages, the answers of a theme, or one answer.

The first sheet tells what it is, of which release, whose, under which licence, how to cite it, what to beware of.
Numbers are numbers and dates are dates; text is never a formula.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement import language
from displacement.catalogue import load_catalogue
from displacement.query import names
from displacement.query.cookbook import Recipe, filled
from displacement.query.published import asked, open_published
from displacement.settings import __version__
from displacement.storage.duck import column_names, rows
from displacement.storage.files import written_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    from xlsxwriter import Workbook

    from displacement.language import Language

WIDTH = 16
PLACE_WIDTH = 32
ABOUT_WIDTHS = (24, 100)
LINE = 16
"""Height of a line of text, which spreadsheets do not all find by themselves."""

KEPT = 32
"""Workbooks that a server keeps: some 4 MB."""

MOST_ROWS = 1_048_575
"""Rows a sheet can hold below its heading."""

STOCKS = ("refugees", "unrwa_refugees", "asylum_seekers", "oip", "refugees_and_oip", "displaced_across", "idmc_idps")
FROM = (*STOCKS, "forcibly_displaced")
IN = (*STOCKS[:-1], "stateless", "hst")
DRAWN = ("refugees", "asylum_seekers", "oip", "idmc_idps")
"""Columns that the chart of a sheet shows, where they are in it."""

TOTALS = ("forcibly_displaced", "displaced_across")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name, headings by column, rows; the columns of a line chart over its first, the title of that."""

    name: str
    headings: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]
    drawn: tuple[str, ...] = ()
    title: str = ""


def country_workbook(
    connection: duckdb.DuckDBPyConnection, path: Path, wanted: str, code: str = "en", as_of: str | None = None
) -> str:
    """Write the workbook of a country and return the country's code.

    Args:
        connection: to the published file, or to its tables as of a release.
        path: the file to write, whole.
        wanted: the country, by code or name.
        code: the language of headings, notes and names: en, fr, es, ar, ru, zh.
        as_of: the release asked of, or None for the newest.

    Raises:
        WrongUseError: there is no such country or language.
        DisplacementError: the file cannot be written.
    """
    tongue = language.load(code)
    country = names.country(connection, wanted)
    sheets = [
        *(_stocks(connection, tongue, country, role) for role in ("origin", "asylum")),
        *(_corridors(connection, tongue, country, side) for side in ("origin", "asylum")),
        _flows(connection, tongue, country),
        _decisions(connection, tongue, country),
    ]
    title = tongue.text("sheet.title", country=tongue.country(country))
    about = _about(tongue, title, as_of or names.newest_release(connection))
    with _workbook(path, right_to_left=tongue.direction == "rtl") as book:
        _write_about(book, tongue.text("sheet.about"), about)
        for sheet in sheets:
            if sheet.rows:
                _write(book, sheet)
    return country


def theme_workbook(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    recipes: Mapping[str, Recipe],
    wanted: str,
    as_of: str | None = None,
) -> str:
    """Write the workbook of a theme: a sheet with the answer to each question of a chapter of the cookbook.

    Args:
        connection: to the published file, or to its tables as of a release.
        path: the file to write, whole.
        recipes: the questions of the cookbook.
        wanted: the title of a chapter.
        as_of: the release asked of, or None for the newest.

    Returns:
        The title of the chapter.

    Raises:
        WrongUseError: there is no such chapter, or a question reads a table that is not kept by release.
        DisplacementError: the file cannot be written.
    """
    chapters = {one.chapter.lower(): one.chapter for one in recipes.values()}
    known = names.one_of("theme", wanted.lower(), chapters, of="in the cookbook", where="displacement query --cookbook")
    chosen = [one for one in recipes.values() if one.chapter == chapters[known]]
    sheets = []
    for recipe in chosen:
        with asked(connection, filled(recipe, {}), as_of) as result:
            columns = column_names(result)
            found = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        sheets.append(Sheet(recipe.name, {column: column for column in columns}, found))
    release = as_of or names.newest_release(connection)
    about = _about(language.load("en"), chapters[known], release)
    about[1:1] = [(recipe.name, f"{recipe.question} {recipe.note}".strip()) for recipe in chosen]
    with _workbook(path) as book:
        _write_about(book, "About", about)
        for sheet in sheets:
            _write(book, sheet)
    return chapters[known]


@lru_cache(maxsize=KEPT)
def workbook_of(public: Path, country: str, code: str) -> bytes | None:
    """Return the workbook of a country as bytes, or None where there is no such country code or language.

    Args:
        public: the directory of a build, which never changes: the workbooks asked for last are kept.
        country: its ISO 3166-1 alpha-3 code.
        code: the language.

    Raises:
        DisplacementError: the file of the build cannot be opened, or the disk is full.
    """
    with open_published(public) as connection, tempfile.TemporaryDirectory() as directory:
        known = {row["iso3"] for row in rows(connection, "select iso3 from countries")}
        if country not in known or code not in language.LANGUAGES:
            return None
        path = Path(directory) / "workbook.xlsx"
        country_workbook(connection, path, country, code)
        return path.read_bytes()


def answer_workbook(path: Path, question: str, columns: Sequence[str], found: Sequence[Sequence[Any]]) -> None:
    """Write the answer to a question: its rows on one sheet, what was asked and how to cite it on the first.

    Raises:
        DisplacementError: the file cannot be written.
    """
    cited = "; ".join(load_catalogue().publishers[code].citation for code in ("unhcr", "world_bank"))
    about = [("Question", question), ("Figures of", cited), ("Made by", f"displacement {__version__}")]
    named = [dict(zip(columns, row, strict=True)) for row in found[:MOST_ROWS]]
    if len(found) > MOST_ROWS:
        about.append(("Cut", f"A sheet holds {MOST_ROWS:,} rows; the answer has more. Take CSV or Parquet for all."))
    with _workbook(path) as book:
        _write_about(book, "About", about)
        _write(book, Sheet("Answer", {column: column for column in columns}, named))


# --- what a country's sheets hold -------------------------------------------------------------------------------------


def _heading(tongue: Language, column: str) -> str:
    """Return the heading of a column in a language."""
    if column in TOTALS:
        return tongue.text(f"total.{column}")
    message = f"sheet.{column}"
    return tongue.text(message if tongue.has(message) else f"type.{column}")


def _stocks(connection: duckdb.DuckDBPyConnection, tongue: Language, country: str, role: str) -> Sheet:
    """Return the year-ends of a country as origin or as asylum; a type that never had a figure has no column."""
    columns = FROM if role == "origin" else IN
    found = rows(
        connection,
        f"""
        select reference_date as date, {", ".join(columns)}
        from country_totals
        where country = '{country}' and role = '{role}' and period = 'year-end'
        order by reference_date
        """,
    )
    kept = [column for column in columns if any(row[column] is not None for row in found)]
    headings = {column: _heading(tongue, column) for column in ("date", *kept)}
    name = tongue.text("sheet.from" if role == "origin" else "sheet.in")
    drawn = tuple(column for column in DRAWN if column in kept)
    return Sheet(name, headings, found, drawn, f"{tongue.country(country)}: {name}")


def _corridors(connection: duckdb.DuckDBPyConnection, tongue: Language, country: str, side: str) -> Sheet:
    other = "asylum" if side == "origin" else "origin"
    columns = ("refugees", "asylum_seekers", "oip", "refugees_and_oip", "displaced_across")
    found = rows(
        connection,
        f"""
        select reference_date as date, {other} as code, {", ".join(columns)}
        from corridors
        where {side} = '{country}' and period = 'year-end'
        order by reference_date desc, displaced_across desc, code
        """,
    )
    placed = [{**row, "country": tongue.country(row["code"])} for row in found]
    headings = {column: _heading(tongue, column) for column in ("date", "code", "country", *columns)}
    return Sheet(tongue.text("sheet.where-to" if side == "origin" else "sheet.where-from"), headings, placed)


def _flows(connection: duckdb.DuckDBPyConnection, tongue: Language, country: str) -> Sheet:
    """Return returns to the country, and its people resettled and naturalised elsewhere, by year."""
    columns = ("returned_refugees", "returned_idps", "resettlement", "naturalisation")
    sums = ", ".join(f"cast(sum({column}) as bigint) as {column}" for column in columns)
    found = rows(
        connection, f"select year, {sums} from solutions where origin = '{country}' group by year order by year"
    )
    return Sheet(tongue.text("sheet.flows"), {column: _heading(tongue, column) for column in ("year", *columns)}, found)


def _decisions(connection: duckdb.DuckDBPyConnection, tongue: Language, country: str) -> Sheet:
    """Return claims of people from the country and decisions on them, counted in persons, by year."""
    columns = ("applications", "recognized", "complementary", "rejected", "closed")
    sums = ", ".join(f"cast(sum({column}) as bigint) as {column}" for column in columns)
    found = rows(
        connection,
        f"""
        select year, {sums}
        from asylum_outcomes where origin = '{country}' and unit = 'persons'
        group by year order by year
        """,
    )
    headings = {column: _heading(tongue, column) for column in ("year", *columns)}
    return Sheet(tongue.text("sheet.asylum"), headings, found)


def _about(tongue: Language, title: str, release: str) -> list[tuple[str, str]]:
    """Return the lines of the first sheet."""
    publishers = [load_catalogue().publishers[code] for code in ("unhcr", "unrwa", "idmc")]
    cited = f"{publishers[0].citation}, {release}"
    return [
        (title, ""),
        (tongue.text("sheet.source"), "; ".join(one.title for one in publishers)),
        (tongue.text("sheet.release"), release),
        (tongue.text("sheet.licence"), publishers[0].licence_says),
        (tongue.text("sheet.citation"), cited),
        (tongue.text("sheet.beware"), tongue.text("sheet.years")),
        ("", tongue.text("sheet.absent")),
        ("", tongue.text("sheet.cases")),
        (tongue.text("sheet.made"), f"displacement {__version__}"),
    ]


# --- writing ----------------------------------------------------------------------------------------------------------


@contextmanager
def _workbook(path: Path, *, right_to_left: bool = False) -> Iterator[Workbook]:
    """Yield a workbook whose sheets run from right to left if asked; write its file when the block ends well."""
    from xlsxwriter import Workbook

    with written_whole(path) as temporary:
        book = Workbook(
            str(temporary), {"strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
        )
        yield book
        for sheet in book.worksheets():
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            if right_to_left:
                sheet.right_to_left()
        book.close()


def _write_about(book: Workbook, name: str, lines: Iterable[tuple[str, str]]) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for column, width in enumerate(ABOUT_WIDTHS):
        sheet.set_column(column, column, width)
    for number, (label, text) in enumerate(lines):
        sheet.set_row(number, LINE * (1 + len(text) // ABOUT_WIDTHS[1]))
        sheet.write_string(number, 0, label, bold)
        if text:  # an empty cell would cut the title before it
            sheet.write_string(number, 1, text, wrapped)


def _write(book: Workbook, sheet: Sheet) -> None:
    """Write a sheet: headings that stay in view, numbers with their thousands apart, a chart beside them."""
    made = book.add_worksheet(sheet.name[:31])
    place = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    number_heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "align": "right"})
    formats = {
        dt.date: book.add_format({"num_format": "yyyy-mm-dd"}),
        int: book.add_format({"num_format": "#,##0"}),
    }
    made.set_row(0, 4 * LINE)
    for column, (key, heading) in enumerate(sheet.headings.items()):
        made.set_column(column, column, PLACE_WIDTH if key == "country" else WIDTH)
        made.write_string(0, column, heading, place if key in ("code", "country") else number_heading)
        for number, row in enumerate(sheet.rows, start=1):
            _write_cell(made, number, column, row[key], None if key == "year" else formats.get(type(row[key])))
    made.freeze_panes(1, 0)
    made.autofilter(0, 0, len(sheet.rows), len(sheet.headings) - 1)
    if sheet.drawn:
        _draw(book, made, sheet)


def _write_cell(made: Any, number: int, column: int, value: Any, form: Any) -> None:
    if value is None:
        return
    if isinstance(value, dt.date | dt.datetime):
        made.write_datetime(number, column, value, form)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        made.write_number(number, column, value, form)
    else:
        made.write_string(number, column, str(value))


def _draw(book: Workbook, made: Any, sheet: Sheet) -> None:
    """Add a line chart of the main series, beside the rows; a year without a figure is a gap."""
    chart = book.add_chart({"type": "line"})
    columns = list(sheet.headings)
    last = len(sheet.rows)
    for key in sheet.drawn:
        place = columns.index(key)
        chart.add_series(
            {
                "name": [made.get_name(), 0, place],
                "categories": [made.get_name(), 1, 0, last, 0],
                "values": [made.get_name(), 1, place, last, place],
            }
        )
    chart.show_blanks_as("gap")
    chart.set_title({"name": sheet.title})
    chart.set_x_axis({"date_axis": True, "num_format": "yyyy", "major_unit": 5, "major_unit_type": "years"})
    chart.set_y_axis({"num_format": "#,##0"})
    chart.set_size({"width": 860, "height": 420})
    made.insert_chart(1, len(columns) + 1, chart)
