"""Make the figures F times as many, as finer places and more frequent releases would: `generate FACTOR DIRECTORY`.

Every place is divided into F places, and a figure is once between the first parts, once between the second …, so
that a place has as many corridors as a country. What a release revised is spread over days after it: with R releases
where there was one, the parts are revised in turn on R days. So the shape of revisions stays: the same share of figures
is changed, withdrawn and brought back, and nothing looks added late. Published totals grow with the figures. The result
is a directory that the program takes for the data it ships.
"""

from __future__ import annotations

import csv
import itertools
import re
import shutil
import string
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb

from displacement.settings import PACKAGE
from displacement.storage.files import sha256_of

SHIPPED = PACKAGE / "data"
DAYS = {1: 1, 3: 2, 10: 3, 30: 6, 100: 10}
"""Releases where there was one, by factor: the two releases that are nearest lie 13 days apart."""


def generate(factor: int, directory: Path) -> int:
    """Write the data into a new directory; return the number of rows of the ledger."""
    shutil.copytree(SHIPPED, directory)
    days = DAYS[factor]
    codes = _places(directory / "countries.csv", factor)
    _releases(directory / "releases.csv", days)
    _headlines(directory / "headlines.csv", factor)
    with duckdb.connect(str(directory / "making.duckdb")) as connection:
        connection.execute("set memory_limit = '2GB'; set preserve_insertion_order = false")
        connection.execute("create table places (code varchar, part bigint, place varchar)")
        _load(connection, codes, directory)
        rows = _figures(connection, directory, factor, days)
        _release_datasets(connection, directory, days)
        _denominators(connection, directory)
    (directory / "making.duckdb").unlink()
    _record(directory)
    return rows


def _load(connection: duckdb.DuckDBPyConnection, codes: list[tuple[str, int, str]], directory: Path) -> None:
    path = directory / "places.txt"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(codes)
    connection.execute(f"insert into places from read_csv('{path}', header = false, all_varchar = true)")
    path.unlink()


def _places(path: Path, factor: int) -> list[tuple[str, int, str]]:
    """Write the places of every country; return the code of each part of each country. The first keeps its code."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    known = {row["iso3"] for row in rows}
    letters = string.ascii_uppercase + string.digits
    free = (code for code in map("".join, itertools.product(letters, repeat=3)) if code not in known)
    made, codes = [], []
    for row in rows:
        for part in range(factor):
            code = row["iso3"] if part == 0 else next(free)
            codes.append((row["iso3"], part, code))
            made.append(row if part == 0 else row | {"iso3": code, "iso2": "", "unhcr_code": code, "m49": ""})
            if part:
                named = {name: f"{text} {part}" for name, text in row.items() if name.startswith("name") and text}
                made[-1] |= named
    _write(path, made)
    return codes


def _releases(path: Path, days: int) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    moved = [
        row | {"release": str(_later(row["release"], day)), "title": row["title"] + (f", part {day}" if day else "")}
        for row in rows
        for day in range(days)
    ]
    if len({row["release"] for row in moved}) < len(moved):
        raise RuntimeError(f"With {days} releases for each one, two fall on the same day.")
    _write(path, sorted(moved, key=lambda row: row["release"]))


def _headlines(path: Path, factor: int) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        for name in row:
            if name.endswith("_millions") and row[name]:
                row[name] = f"{float(row[name]) * factor:.3f}"
    _write(path, rows)


def _figures(connection: duckdb.DuckDBPyConnection, directory: Path, factor: int, days: int) -> int:
    connection.execute(
        f"""
        create table spans as
        select *, row_number() over (
            partition by indicator, reference_date, origin, asylum order by published_in
        ) > 1 as is_revision
        from read_parquet('{SHIPPED / "figures.parquet"}')
        """
    )
    part = f"cast(part % {days} as integer)"
    connection.execute(
        f"""
        copy (
            select
                indicator, reference_date, origins.place as origin, asylums.place as asylum, value,
                case when is_revision then published_in + {part} else published_in end as published_in,
                superseded_in + {part} as superseded_in
            from (
                select spans.*, parts.part from (select unnest(range({factor})) as part) as parts cross join spans
            )
            inner join (select code as origin, part, place from places) as origins using (origin, part)
            inner join (select code as asylum, part, place from places) as asylums using (asylum, part)
        ) to '{directory / "figures.parquet"}' (format parquet, compression zstd)
        """
    )
    return int(connection.execute(f"select count(*) from '{directory / 'figures.parquet'}'").fetchall()[0][0])


def _release_datasets(connection: duckdb.DuckDBPyConnection, directory: Path, days: int) -> None:
    """Count again what every release holds."""
    source = directory / "release_datasets.csv"
    rows = connection.execute(
        f"""
        with stated as (
            select release + cast(day as integer) as release, dataset, newest_reference_date
            from read_csv('{source}', types = {{'release': 'date', 'newest_reference_date': 'date'}})
            cross join (select unnest(range({days})) as day)
        ),
        counted as (
            select dataset, reference_date, published_in, superseded_in, count(*) as figures
            from '{directory / "figures.parquet"}'
            inner join read_csv('{directory / "indicators.csv"}') as i using (indicator)
            group by all
        )
        select
            cast(s.release as varchar), s.dataset, cast(s.newest_reference_date as varchar),
            cast(sum(figures) as bigint)
        from stated as s
        left join counted as c
            on c.dataset = s.dataset and published_in <= s.release
            and (superseded_in is null or superseded_in > s.release)
            and (reference_date = s.newest_reference_date or month(reference_date) <> 6)
        group by all order by all
        """
    ).fetchall()
    names = ("release", "dataset", "newest_reference_date", "figures")
    _write(source, [dict(zip(names, map(str, row), strict=True)) for row in rows])


def _denominators(connection: duckdb.DuckDBPyConnection, directory: Path) -> None:
    """Give each part of a country what the country has, and each part of it its people by sex and age."""
    for name, columns in (("denominators", ("country",)), ("demographics", ("origin", "asylum"))):
        path = directory / f"{name}.parquet"
        there = [row[0] for row in connection.execute(f"describe from '{path}'").fetchall()]
        placed = [column for column in (*columns, "iso3", "coo", "coa") if column in there]
        joins = " ".join(
            f"inner join (select code as {column}, part, place as {column}_place from places) as of_{column} "
            + ("using (" + column + ")" if place == 0 else f"using ({column}, part)")
            for place, column in enumerate(placed)
        )
        connection.execute(
            f"create or replace table multiplied as select * exclude (part, {', '.join(f'{c}_place' for c in placed)}) "
            f"replace ({', '.join(f'{c}_place as {c}' for c in placed)}) from '{path}' {joins}"
        )
        connection.execute(f"copy multiplied to '{path}' (format parquet, compression zstd)")
        connection.execute("drop table multiplied")


def _record(directory: Path) -> None:
    """Bring the record of checksums in line with the files."""
    path = directory / "provenance.toml"
    text = path.read_text(encoding="utf-8")

    def exact(found: re.Match[str]) -> str:
        file = directory / found[1]
        lines = re.sub(r"^bytes = \d+$", f"bytes = {file.stat().st_size}", found[0], flags=re.M)
        return re.sub(r'^sha256 = "\w+"$', f'sha256 = "{sha256_of(file)}"', lines, flags=re.M)

    path.write_text(re.sub(r'\[file\."([^"]+)"\].*?(?=\n\[file|\Z)', exact, text, flags=re.S), encoding="utf-8")


def _later(day: str, by: int) -> date:
    return date.fromisoformat(day) + timedelta(days=by)


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    print(f"{generate(int(sys.argv[1]), Path(sys.argv[2])):,} rows")
