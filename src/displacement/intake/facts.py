"""From typed rows to facts: each count under its indicator, summed to the key of the ledger, dated and written.

Which column belongs to which indicator is said in `sql/intake/<dataset>.sql`, over the relation `chosen_rows`. Rows
in quarantine count for nothing: a fact of which one is there is unknown in this release, neither summed without
it nor withdrawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.intake.reference_dates import Dated, Likeness, mid_year
from displacement.sources.layouts import Dataset
from displacement.storage.duck import model_error, sql_text
from displacement.storage.files import written_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KEYS = {
    "indicators": ("indicator", "year", "origin", "asylum"),
    "demographics": ("population_type", "asylum", "origin", "year"),
}
"""What identifies a row that a dataset gives; people by sex and age are kept in this order."""


def make_said(connection: DuckDBPyConnection, dataset: Dataset, sql: Path) -> None:
    """Make `said`, the values of the table, and `unsaid`, the keys of which a row is in quarantine.

    The connection holds `rows`, and `set_aside` with `row`, `rule` and `effect` of each row in quarantine.
    """
    key = ", ".join(KEYS[dataset.holds])
    _choose(connection, "row not in (select row from set_aside)")
    connection.execute(f"create or replace temp table everything as {_summed(dataset, sql)}")
    _choose(
        connection,
        "row in (select row from set_aside where effect <> 'repeat') and origin is not null and asylum is not null",
    )
    connection.execute(f"create or replace temp table unsaid as select distinct {key} from ({_query(dataset, sql)})")
    connection.execute(f"create or replace temp table said as select * from everything anti join unsaid using ({key})")
    connection.execute("drop table everything")


def indicators_of(connection: DuckDBPyConnection, dataset: Dataset, sql: Path, rule: str) -> list[str]:
    """Return the indicators with a value in the rows that broke a rule."""
    _choose(connection, f"row in (select row from set_aside where rule = '{sql_text(rule)}')")
    query = f"select distinct indicator from ({_query(dataset, sql)}) where value <> 0 and indicator is not null"
    return [str(name) for (name,) in connection.sql(f"{query} order by indicator").fetchall()]


def people_in(connection: DuckDBPyConnection, dataset: Dataset, sql: Path, rule: str) -> int:
    """Return the people in the rows that broke a rule, as far as their counts can be read; cases are not counted."""
    _choose(connection, f"row in (select row from set_aside where rule = '{sql_text(rule)}')")
    people = "value > 0 and not coalesce(ends_with(indicator, '_cases'), false)"
    return _number(connection, f"select sum(value) filter ({people}) from ({_query(dataset, sql)})") or 0


def newest_year(connection: DuckDBPyConnection) -> int | None:
    """Return the newest year with a value."""
    return _number(
        connection, "select max(year) from rows where row not in (select row from set_aside) and highest > 0"
    )


def likeness(connection: DuckDBPyConnection, year: int, release: date, earlier: Sequence[Path]) -> Likeness:
    """Return how many facts of a year `said` holds, and how many of them equal those of its middle as known before."""
    files = ", ".join(f"'{sql_text(path)}'" for path in earlier)
    if not files:
        return Likeness(0, 0)
    rows = connection.sql(
        f"""
        with known as (
            select distinct indicator, origin, asylum, value
            from read_parquet([{files}])
            where
                reference_date = date '{mid_year(year)}'
                and published_in <= date '{release}'
                and (superseded_in is null or superseded_in > date '{release}')
        )
        select count(*), count(known.value)
        from said left join known using (indicator, origin, asylum, value)
        where said.year = {year}
        """
    ).fetchall()
    return Likeness(*rows[0])


def write_facts(connection: DuckDBPyConnection, dated: Dated, path: Path) -> int:
    """Write `said` as facts with their reference dates, and return how many there are.

    What belongs to a year after the newest reference date is left out: mid-year values that are no facts.
    """
    _write(connection, f"{_dated('said', dated, ', value')}", path)
    return _number(connection, f"select count(*) from read_parquet('{sql_text(path)}')") or 0


def write_unknown(connection: DuckDBPyConnection, dated: Dated, path: Path) -> Path | None:
    """Write the facts that the release does not say, if there are any."""
    query = _dated("unsaid", dated, "")
    if not _number(connection, f"select count(*) from ({query})"):
        return None
    _write(connection, query, path)
    return path


def write_people(connection: DuckDBPyConnection, dated: Dated, path: Path) -> int:
    """Write `said` as people by sex and age, in the form the ledger keeps, and return how many rows there are."""
    key = ", ".join(KEYS["demographics"])
    query = f"select year::bigint as year, * exclude (year) from said where year <= {dated.newest.year} order by {key}"
    _write(connection, query, path, order=False)
    return _number(connection, f"select count(*) from read_parquet('{sql_text(path)}')") or 0


def write_also(connection: DuckDBPyConnection, name: str, dated: Dated, sql: Path, path: Path) -> None:
    """Write the table beside the facts of a dataset, by `sql/intake/<name>.sql`: years that have ended by then."""
    _choose(connection, "row not in (select row from set_aside)")
    last = dated.newest.year if dated.newest.month == 12 else dated.newest.year - 1
    query = (sql / "intake" / f"{name}.sql").read_text(encoding="utf-8")
    _write(connection, f"select * from ({query}) where year <= {last}", path)


def write_list(connection: DuckDBPyConnection, columns: Sequence[str], path: Path) -> int:
    """Write the rows of a list in the order they came, and return how many there are."""
    listed = ", ".join(f'"{column}"' for column in columns)
    _write(connection, f"select {listed} from rows order by row", path, order=False)
    return _number(connection, "select count(*) from rows") or 0


def _choose(connection: DuckDBPyConnection, condition: str) -> None:
    connection.execute(f"create or replace temp view chosen_rows as select * from rows where {condition}")


def _query(dataset: Dataset, sql: Path) -> str:
    return (sql / "intake" / f"{dataset.name}.sql").read_text(encoding="utf-8")


def _summed(dataset: Dataset, sql: Path) -> str:
    """Return the SELECT of the values of a dataset, one row a key; people by sex and age have a file that sums."""
    query = _query(dataset, sql)
    if dataset.holds == "demographics":
        return query
    return f"""
        select indicator, year, origin, asylum, sum(value)::bigint as value
        from ({query})
        where indicator is not null
        group by all
        having sum(value) > 0
    """


def _dated(table: str, dated: Dated, and_value: str) -> str:
    newest = dated.newest
    return f"""
        select
            indicator,
            if(year = {newest.year}, date '{newest}', make_date(year, 12, 31)) as reference_date,
            origin,
            asylum
            {and_value}
        from (from {table} where year <= {newest.year} and indicator is not null)
    """


def _write(connection: DuckDBPyConnection, query: str, path: Path, *, order: bool = True) -> None:
    """Write the rows of a query whole, sorted by their columns unless the query has an order of its own."""
    import duckdb

    ordered = f"select * from ({query}) order by all" if order else query
    with written_whole(path) as temporary:
        try:
            connection.execute(f"copy ({ordered}) to '{sql_text(temporary)}' (format parquet, compression zstd)")
        except duckdb.Error as error:
            raise model_error(str(path), error) from error


def _number(connection: DuckDBPyConnection, query: str) -> int | None:
    value = connection.sql(query).fetchall()[0][0]
    return None if value is None else int(value)
