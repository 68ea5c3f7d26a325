"""Altered copies of tables: what a publisher might do to a table by mistake, or with reason, in one release.

Each function returns an alteration, which takes a table and returns another; nothing is changed in place. They serve
worlds (`world.altered("population", withdrawn("year = 2020"))`) and the faults of the server alike. Conditions and
values are SQL over the columns of the table.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pyarrow as pa

from tests.emulator.layouts import count_columns

Alteration = Callable[[pa.Table], pa.Table]
ROW = "_n"
"""The number of a row while a statement runs, so that rows keep their order."""


def by_sql(statement: str | Callable[[pa.Table], str]) -> Alteration:
    """Return the alteration that a SELECT over `t` makes; a function is asked for it when the table is known."""

    def alter(table: pa.Table) -> pa.Table:
        text = statement if isinstance(statement, str) else statement(table)
        numbered = table.append_column(ROW, pa.array(range(table.num_rows), pa.int64()))
        with duckdb.connect() as connection:
            connection.register("t", numbered)
            changed = connection.sql(text).to_arrow_table()
        return changed.sort_by(ROW).drop_columns([ROW])

    return alter


def both(*alterations: Alteration) -> Alteration:
    """Return the alteration that makes several, one after the other."""

    def alter(table: pa.Table) -> pa.Table:
        for each in alterations:
            table = each(table)
        return table

    return alter


# --- rows that go, come or stand twice --------------------------------------------------------------------------------


def withdrawn(where: str) -> Alteration:
    """Return a table without the rows of a condition."""
    return by_sql(f"select * from t where ({where}) is not true")


def without_year(year: int | None = None) -> Alteration:
    """Return a table without a year: the one before the newest, if none is named."""
    gone = str(year) if year is not None else "(select max(year) - 1 from t)"
    return by_sql(f"select * from t where year <> {gone}")


def cut_to_last_year() -> Alteration:
    """Return the rows of the newest year only."""
    return by_sql("select * from t where year = (select max(year) from t)")


def rows_gone(share: float = 0.22) -> Alteration:
    """Return a table with a share of rows gone, evenly over years and over the columns that hold something."""

    def statement(table: pa.Table) -> str:
        holds = ", ".join(f"\"{column}\"::varchar not in ('0', '-')" for column in count_columns(table))
        numbered = f"select *, row_number() over (partition by year order by {holds}, {ROW}) as nth from t"
        return f"select * exclude (nth) from ({numbered}) where ceil(nth * {share}) = ceil((nth - 1) * {share})"

    return by_sql(statement)


def repeated(rows: int = 25, *, differing: bool = True) -> Alteration:
    """Return a table whose last rows stand twice, the second time with other values (or the same)."""

    def statement(table: pa.Table) -> str:
        more = _each_count(table, "{number} + 5") if differing else ""
        return f"select * from t union all by name select * {more} from ({_last(rows)})"

    return by_sql(statement)


def mid_year(share: float = 0.93) -> Alteration:
    """Return a table with one year more, whose rows hold mid-year values and say so nowhere."""

    def statement(table: pa.Table) -> str:
        values = _each_count(table, f"cast(round({{number}} * {share}) as bigint)")
        newest = "select * from t where year = (select max(year) from t)"
        later = f"select * replace (year + 1 as year, {ROW} + {table.num_rows} as {ROW}) from ({newest})"
        return f"select * from t union all by name select * {values} from ({later})"

    return by_sql(statement)


# --- values -----------------------------------------------------------------------------------------------------------


def revised(column: str, value: str, where: str = "true") -> Alteration:
    """Return a table with another value in a column, such as `revised("refugees", "refugees * 2", "year = 2020")`."""
    return by_sql(f'select * replace (case when {where} then {value} else "{column}" end as "{column}") from t')


def times(factor: int = 10, where: str = "true") -> Alteration:
    """Return a table whose counts are a multiple of what they were."""
    value = f"case when {where} then {{number}} * {factor} else {{number}} end"
    return by_sql(lambda table: f"select * {_each_count(table, value)} from t")


def negative_counts(rows: int = 3) -> Alteration:
    """Return a table in whose last rows counts are below zero."""
    return _counts_as_text("'-' || {shown}", rows)


def fractional_counts(rows: int = 3) -> Alteration:
    """Return a table in whose last rows counts are no whole numbers."""
    return _counts_as_text("{shown} || '.5'", rows)


def words_in_counts(rows: int = 3, word: str = "n/a") -> Alteration:
    """Return a table in whose last rows words stand where counts belong."""
    return _counts_as_text("'" + word.replace("'", "''") + "'", rows)


def shifted(column: str | None = None, people: int = 1000) -> Alteration:
    """Return a table with people moved from one row of the newest year to another: no count and no sum shows it."""

    def statement(table: pa.Table) -> str:
        name = column or count_columns(table)[0]
        largest = f'select {ROW} from t where year = (select max(year) from t) order by "{name}" desc nulls last, {ROW}'
        moved = (
            f"case when {ROW} = ({largest} limit 1) then -{people} "
            f"when {ROW} = ({largest} limit 1 offset 1) then {people} else 0 end"
        )
        return f'select * replace ("{name}" + {moved} as "{name}") from t'

    return by_sql(statement)


# --- codes ------------------------------------------------------------------------------------------------------------


def unknown_codes(rows: int = 3, code: str = "QQQ") -> Alteration:
    """Return a table in whose last rows the country of origin has a code that is in no list."""
    return by_sql(
        f"""
        select * from ({_before_last(rows)})
        union all by name
        select * replace ('{code}' as coo, '{code}' as coo_iso) from ({_last(rows)})
        """
    )


def names_as_iso() -> Alteration:
    """Return a table with names of countries where ISO codes belong, as one real release had it."""
    return by_sql("select * replace (coo_name as coo_iso, coa_name as coa_iso) from t")


def empty_iso(code: str | None = None) -> Alteration:
    """Return a table whose ISO codes are empty: all, or those of one publisher's code (`UKN` in a real release)."""
    of = "true" if code is None else f"{{0}} = '{code}'"
    sides = [f"case when {of.format(side)} then null else {side}_iso end as {side}_iso" for side in ("coo", "coa")]
    return by_sql(f"select * replace ({', '.join(sides)}) from t")


# --- columns ----------------------------------------------------------------------------------------------------------


def column_renamed(old: str | None = None, new: str = "people") -> Alteration:
    """Return a table with one column under another name: the first that holds counts, if none is named."""
    return by_sql(lambda table: f'select * rename ("{old or count_columns(table)[0]}" as "{new}") from t')


def column_added(name: str = "people_estimated", value: str = "7") -> Alteration:
    """Return a table with one column more."""
    return by_sql(f'select *, {value} as "{name}" from t')


def column_dropped(name: str | None = None) -> Alteration:
    """Return a table with one column less: the last that holds counts, if none is named."""
    return by_sql(lambda table: f'select * exclude ("{name or count_columns(table)[-1]}") from t')


# --- parts of statements ----------------------------------------------------------------------------------------------


def _last(rows: int) -> str:
    return f"select * from t where {ROW} >= (select count(*) - {rows} from t)"


def _before_last(rows: int) -> str:
    return f"select * from t where {ROW} < (select count(*) - {rows} from t)"


def _each_count(table: pa.Table, value: str) -> str:
    """Return the clause that gives counts another value, written with {column}, {number} and {shown} for the old."""
    replaced = []
    for name in count_columns(table):
        column = f'"{name}"'
        is_text = pa.types.is_string(table.schema.field(name).type)
        number = f"try_cast({column} as double)" if is_text else column
        shown = f"coalesce({column}::varchar, '-')"
        replaced.append(f"{value.format(column=column, number=number, shown=shown)} as {column}")
    return f"replace ({', '.join(replaced)})"


def _counts_as_text(value: str, rows: int) -> Alteration:
    """Return the alteration that writes counts as text, and those of the last rows that are not zero in another way."""

    def statement(table: pa.Table) -> str:
        before = _each_count(table, "{shown}")
        wrong = _each_count(table, f"case when {{shown}} in ('0', '-') then {{shown}} else {value} end")
        return f"""
            select * {before} from ({_before_last(rows)})
            union all by name
            select * {wrong} from ({_last(rows)})
        """

    return by_sql(statement)
