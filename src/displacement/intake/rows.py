"""A raw table as typed rows: years and counts as numbers, codes trimmed and mapped, and what is amiss with each.

The statements that make the DuckDB table `rows` are phrased here. Nothing is judged: a count that cannot be read
becomes -1 and is counted in `unreadable` or `fractional`, a code that is not known leaves `origin` or `asylum` empty,
and the expectations name both. Names of countries are not read at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.sources.layouts import Dataset, Layout
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
"""Column types whose values are whole numbers already."""

OTHER_CODES = Path(__file__).resolve().parent / "other_codes.csv"
"""Codes that a publisher has beside those of the reviewed countries, and what they stand for here."""

FIRST_YEAR_END = (7, 1)
"""From this day on a release may hold the middle of its own year."""

MACROS = """
create or replace temp macro whole(shown) as
    case when try_cast(shown as bigint)::varchar = shown then try_cast(shown as bigint) end;
create or replace temp macro absent(shown) as shown is null or shown in ('', '-');
create or replace temp macro standing(iso, code, expected) as case
    when expected is null then null
    when iso = expected then 'agrees'
    when absent(iso) then 'empty'
    when iso in (from country_codes select iso3) then 'another country'
    when iso = code then 'own code'
    else 'no code'
end;
create or replace temp macro own_code(shown) as (select code from iso_codes where given = shown);
create or replace temp macro own_iso(shown) as (select iso3 from iso_codes where given = shown);
"""
"""`whole`: the number that is written as a whole number, and only so. `standing`: what an ISO code beside the
publisher's own code is worth; NULL where that code is not known. `own_code`, `own_iso`: of a country that a publisher
names by ISO code alone."""


def make_rows(
    connection: DuckDBPyConnection, source: Path, dataset: Dataset, layout: Layout, release: date, countries: Path
) -> None:
    """Make the table `rows` of a raw table, and `country_codes` with the reviewed codes.

    A row has `row` (its number in the file, from 0), `year`, `coo`, `coa`, `origin`, `asylum`, the codes and counts of
    the layout, `origin_iso` and `asylum_iso` (standing), `unreadable`, `fractional` (how many counts are), `lowest` and
    `highest` count, `years_early` and `years_ahead` (how far its year lies outside what is possible), and how it
    compares with other rows of its key: `repeats` (1 for a copy after the first) and `conflicts` (1 if
    copies differ).
    """
    types = columns_of(connection, source)
    connection.execute(
        f"""
        create or replace temp table country_codes as
        select distinct unhcr_code as code, iso3
        from read_csv('{sql_text(countries)}', all_varchar = true, header = true, delim = ',', quote = '"')
        """
    )
    connection.execute(
        f"""
        create or replace temp table iso_codes as
        select other.iso3 as given, country.iso3, country.code
        from (
            select iso3, stands_for from read_csv('{sql_text(OTHER_CODES)}', all_varchar = true, header = true)
            union all
            select iso3, iso3 from country_codes
        ) as other
        inner join country_codes as country on country.iso3 = other.stands_for
        """
    )
    connection.execute(f"create or replace temp table dataset as select {dataset.first_year} as first_year")
    connection.execute(MACROS)
    if not dataset.has_years:
        codes = ", ".join(f'trim("{name}"::varchar) as "{name}"' for name in layout.codes)
        connection.execute(
            f"create or replace temp table rows as select file_row_number as row, {codes} from {_file(source)}"
        )
        return
    connection.execute(f"create or replace temp table read_rows as {_read(source, layout, types)}")
    connection.execute(f"create or replace temp table copies as {_copies(layout)}")
    connection.execute(f"create or replace temp table rows as {_rows(dataset, layout, release)}")
    connection.execute("drop table read_rows; drop table copies")


def columns_of(connection: DuckDBPyConnection, source: Path) -> dict[str, str]:
    """Return the columns of a Parquet file with their types."""
    described = connection.sql(f"select column_name, column_type from (describe from {_file(source)})").fetchall()
    return {str(name): str(kind) for name, kind in described if name != "file_row_number"}


def _file(source: Path) -> str:
    return f"read_parquet('{sql_text(source)}', file_row_number = true)"


def _read(source: Path, layout: Layout, types: Mapping[str, str]) -> str:
    """Return the SELECT that reads years and counts as numbers and trims codes."""
    places = {name: f'trim("{name}"::varchar)' for name in ("coo", "coa", "coo_iso", "coa_iso", *layout.codes)}
    if "coo" not in layout.identity:  # a row is about one country, by its ISO code, as people displaced inside it are
        given = places["iso3"]
        code, iso = f"coalesce(own_code({given}), {given})", f"own_iso({given})"
        places |= {"coo": code, "coa": code, "coo_iso": iso, "coa_iso": iso}
    codes = [f'{value} as "{name}"' for name, value in places.items()]
    counts = [f'{_number(name, types[name])} as "{name}"' for name in layout.counts]
    amiss = [f"{test} as {name}" for name, test in _amiss(layout, types).items()]
    listed = ",\n    ".join(
        ["file_row_number as row", f"whole({_text('year', types['year'])}) as year", *codes, *counts, *amiss]
    )
    return f"select\n    {listed}\nfrom {_file(source)}"


def _number(name: str, kind: str) -> str:
    if kind in WHOLE:
        return f'"{name}"::bigint'
    return f"case when not absent({_text(name, kind)}) then coalesce(whole({_text(name, kind)}), -1) end"


def _text(name: str, kind: str) -> str:
    """Return a count as it is shown; a whole number that a file holds as a broken one is shown as whole."""
    if kind in ("FLOAT", "DOUBLE"):
        shown = f'coalesce(try_cast("{name}" as bigint)::varchar, "{name}"::varchar)'
        return f"""case when not isnan("{name}") then if("{name}" = floor("{name}"), {shown}, "{name}"::varchar) end"""
    return f'trim("{name}"::varchar)'


def _amiss(layout: Layout, types: Mapping[str, str]) -> dict[str, str]:
    """Return how to count what cannot be read as a whole number: text, and numbers that are not whole."""
    shown = [_text(name, types[name]) for name in layout.counts if types[name] not in WHOLE]
    odd = [f"not absent({text}) and whole({text}) is null" for text in shown]

    def counted(test: str) -> str:
        each = [
            f"({amiss} and try_cast({text} as double) is {test})::utinyint"
            for amiss, text in zip(odd, shown, strict=True)
        ]
        return f"({' + '.join(each) or '0'})::utinyint"

    return {"unreadable": counted("null"), "fractional": counted("not null")}


def _key(layout: Layout) -> list[str]:
    return ["year", "coo", "coa", *(f'"{name}"' for name in layout.codes)]


def _copies(layout: Layout) -> str:
    """Return the SELECT of rows whose key is repeated, with how each compares with the others."""
    key, values = ", ".join(_key(layout)), ", ".join(f'"{name}"' for name in layout.counts)
    return f"""
        with found as (
            select row, dense_rank() over (order by {key}) as key, hash({values}) as value
            from read_rows
            where hash({key}) in (select hash({key}) from read_rows group by all having count(*) > 1)
        )
        select
            row,
            (row_number() over (partition by key, value order by row) > 1)::utinyint as repeats,
            (min(value) over (partition by key) <> max(value) over (partition by key))::utinyint as conflicts
        from found
    """


def _rows(dataset: Dataset, layout: Layout, release: date) -> str:
    newest = release.year if (release.month, release.day) >= FIRST_YEAR_END else release.year - 1
    counts = ", ".join(f'"{name}"' for name in layout.counts)
    own = "".join(f'    r."{name}",\n' for name in (*layout.codes, *layout.counts))
    own += "".join(f'    null::bigint as "{name}",\n' for name in layout.not_yet)
    return f"""
        select
            r.row,
            r.year,
            coalesce(r.coo, '') as coo,
            coalesce(r.coa, '') as coa,
            o.iso3 as origin,
            a.iso3 as asylum,
            {own}
            standing(r.coo_iso, r.coo, o.iso3) as origin_iso,
            standing(r.coa_iso, r.coa, a.iso3) as asylum_iso,
            r.unreadable,
            r.fractional,
            if(r.unreadable + r.fractional = 0, least({counts}, null), null) as lowest,
            greatest({counts}, null) as highest,
            greatest({dataset.first_year} - r.year, 0)::integer as years_early,
            greatest(r.year - {newest}, 0)::integer as years_ahead,
            coalesce(c.repeats, 0)::utinyint as repeats,
            coalesce(c.conflicts, 0)::utinyint as conflicts
        from read_rows as r
        left join country_codes as o on o.code = r.coo
        left join country_codes as a on a.code = r.coa
        left join copies as c on c.row = r.row
    """
