"""A small release: every dataset with a few hundred invented rows, as tables in files or as the interface sends them.

Values follow from year, origin and asylum, so that a test can say what it expects; `altered` changes a table by SQL.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from displacement.sources.layouts import read_layouts
from displacement.sources.release import Capture, CapturedTable, capture_of_directory, write_capture
from displacement.storage.duck import sql_text

Door = Literal["directory", "api"]

PLACES = """
    select * from (values
        (1, 'Syrian Arab Rep.', 'SYR', 'SYR', 'Germany ', 'GFR', 'DEU'),
        (2, 'Syrian Arab Rep.', 'SYR', 'SYR', 'Austria', 'AUS', 'AUT'),
        (3, 'Afghanistan', 'AFG', 'AFG', 'Iran (Islamic Rep. of)', 'IRN', 'IRN'),
        (4, 'Unknown ', 'UKN', 'UNK', 'Egypt', 'ARE', 'EGY'),
        (5, 'Palestinian', 'GAZ', 'PSE', 'Egypt', 'ARE', 'EGY'),
        (6, 'Stateless', 'STA', 'XXA', 'Martinique', 'MAR', 'MTQ')
    ) as places(n, coo_name, coo, coo_iso, coa_name, coa, coa_iso)
"""
INSIDE = """
    select n, coo_name, coo, coo_iso, coo_name as coa_name, coo as coa, coo_iso as coa_iso
    from (values
        (1, 'Syrian Arab Rep.', 'SYR', 'SYR'), (2, 'Afghanistan', 'AFG', 'AFG'), (3, 'Sudan', 'SUD', 'SDN'),
        (4, 'Abyei', 'AB9', 'AB9'), (5, 'State of Palestine', 'GAZ', 'PSE'), (6, 'Unknown', 'UKN', 'UNK')
    ) as inside(n, coo_name, coo, coo_iso)
"""
HOSTS = "select * from (" + PLACES + ") where coo = 'GAZ'"
AGES = ", ".join(
    f"{n if band == '18_59' else 0} as {sex}_{band}"
    for sex, n in (("f", 40), ("m", 50))
    for band in ("0_4", "5_11", "12_17", "18_59", "60", "other")
)
COUNTS = {
    "population": (
        "100 * n + year - 1950 as refugees, if(n = 1, year, 0) as asylum_seekers, "
        "if(n = 3, 7, 0) as returned_refugees, 0 as idps, "
        "0 as returned_idps, if(n = 6, 12, 0) as stateless, 0 as ooc, null::bigint as oip, 0 as hst"
    ),
    "solutions": (
        "if(n = 3, 7, null) as returned_refugees, 5 * n as resettlement, null::bigint as naturalisation, "
        "null::bigint as returned_idps"
    ),
    "flows": "10 * n as refugees, year as asylum_seekers, null::bigint as refugee_like, null::bigint as oip",
    "idmc": "1000 * n + year as total",
    "unrwa": "2000 * n + year as total",
    "asylum_applications": (
        "'G' as procedure_type, kind[1] as app_type, kind[2] as dec_level, kind[3] as app_pc, 10 * n as applied"
    ),
    "asylum_decisions": (
        "'G' as procedure_type, kind[1] as dec_level, kind[2] as dec_pc, 1 * n as dec_recognized, 2 * n as dec_other, "
        "3 * n as dec_rejected, 4 * n as dec_closed, 10 * n as dec_total"
    ),
    "demographics": (
        "kind[1] as pop_type, kind[2] as location, 'U' as loc_type, 'I' as acc_type, "
        f"{AGES}, 40 as f_total, 50 as m_total, 100 + n as total"
    ),
}
KINDS = {
    "asylum_applications": (
        "[['N', 'FI', 'P'], ['R', 'RA', 'P'], ['NR', 'AR', 'P'], ['N', 'IN', 'C'], ['V', 'AR', 'P']]"
    ),
    "asylum_decisions": "[['FI', 'P'], ['AR', 'P'], ['FI', 'C']]",
    "demographics": "[['REF', 'North : Camp'], ['REF', 'Dispersed'], ['RET', 'Dispersed']]",
}


def small_release(
    directory: Path, *only: str, release: str = "2026-06-12", door: Door = "directory", first: int = 2001
) -> Path:
    """Write the tables of a release, or only some, into `directory / release` and return it.

    They go to the year before the release, as in June, or to its own, as in October.
    """
    day = date.fromisoformat(release)
    target = directory / release
    target.mkdir(parents=True)
    for dataset in only or COUNTS:
        newest = day.year if day.month >= 10 and dataset != "demographics" else day.year - 1
        _write(dataset, first, newest, target / f"{dataset}.parquet", door)
    if door == "api":
        as_recorded(target, release)
    return target


def as_recorded(directory: Path, release: str) -> Capture:
    """Write the record of tables that were fetched from the interface, and return the capture."""
    tables = tuple(CapturedTable(p.stem, p, count(p), ("ab" * 32,)) for p in sorted(directory.glob("*.parquet")))
    capture = Capture(date.fromisoformat(release), "api", directory, tables)
    write_capture(capture)
    return capture


def altered(directory: Path, dataset: str, sql: str) -> Capture:
    """Replace a table by a SELECT from it (`t`, with `n` as the number of each row) and return the capture."""
    path = directory / f"{dataset}.parquet"
    other = path.with_suffix(".other")
    with duckdb.connect() as connection:
        source = f"select *, file_row_number as n from read_parquet('{sql_text(path)}', file_row_number = true)"
        connection.execute(f"create temp table t as select * exclude (file_row_number) from ({source})")
        names = [row[0] for row in connection.execute(f"describe {sql}").fetchall() if row[0] != "n"]
        listed = ", ".join(f'"{name}"' for name in names)
        connection.execute(f"copy (select {listed} from ({sql})) to '{sql_text(other)}' (format parquet)")
    other.replace(path)
    return capture_of_directory(directory)


def count(path: Path) -> int:
    """Return the number of rows of a Parquet file."""
    return len(rows(f"select 1 from read_parquet('{sql_text(path)}')"))


def rows(sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def _write(dataset: str, first: int, newest: int, path: Path, door: Door) -> None:
    places = INSIDE if dataset == "idmc" else HOSTS if dataset == "unrwa" else PLACES
    kinds = KINDS.get(dataset, "[['']]")
    query = f"""
        select year, coo_name, coo, coo_iso, coa_name, coa, coa_iso, {COUNTS[dataset]}
        from ({places}), range({first}, {newest + 1}) as years(year), unnest({kinds}) as kinds(kind)
        order by year, n
    """
    with duckdb.connect() as connection:
        if door == "api":
            query = _as_sent(dataset, query)
        connection.execute(f"copy ({query}) to '{sql_text(path)}' (format parquet)")


def _as_sent(dataset: str, query: str) -> str:
    """Return a table as the interface sends it: counts as text, '-' for what does not apply, numbers of countries."""
    layout = next(each for each in reversed(read_layouts()) if each.dataset == dataset and each.door == "api")
    shown = {name: f"coalesce({name}::varchar, '-')" for name in layout.counts}
    numbers = {"coo_id": "1::bigint", "coa_id": "2::bigint"}
    listed = ", ".join(f"{(shown | numbers).get(name, name)} as {name}" for name in layout.columns)
    return f"select {listed} from ({query})"
