"""Which rows and columns of a table are meant, as SQL: values of columns, names of countries, dates and years."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from displacement import language
from displacement.catalogue import Column, Table, load_catalogue
from displacement.errors import WrongUseError
from displacement.query import names
from displacement.storage.duck import text_list

if TYPE_CHECKING:
    import duckdb

Value = str | int | float | dt.date
Day = str | int | dt.date
"""A date, a date as text, or a year."""

COUNTRY = "countries.iso3"


def select(table: Table, labels: bool | str) -> str:
    """Return the SELECT of all columns, the name of a country behind each code where names are asked for."""
    source = f"{table.address} as {table.name}"
    if not labels:
        return f"select {', '.join(f'{table.name}.{column}' for column in table.column_names)} from {source}"
    code = "en" if labels is True else str(labels)
    if code not in language.LANGUAGES:
        raise WrongUseError(f"There is no language {code}. Languages: {', '.join(language.LANGUAGES)}.")
    of_language = "name" if code == "en" else f"name_{code}"
    columns, joins = [], []
    for column in table.columns:
        if column.name.endswith("_name") and column.name.removesuffix("_name") in table.column_names:
            continue  # the same in the language asked for follows its code
        columns.append(f"{table.name}.{column.name}")
        if column.references == COUNTRY:
            columns.append(f"{column.name}_of.{of_language} as {column.name}_name")
            joins.append(
                f"left join countries as {column.name}_of on {table.name}.{column.name} = {column.name}_of.iso3"
            )
    return " ".join([f"select {', '.join(columns)} from {source}", *joins])


def conditions(
    connection: duckdb.DuckDBPyConnection, table: Table, where: Mapping[str, Value | Sequence[Value]]
) -> list[str]:
    """Return the conditions that keep the rows with some values of columns."""
    known = {column.name: column for column in table.columns}
    conditions = []
    for name, wanted in where.items():
        if name not in known:
            raise names.unknown("column", name, list(known), of=f"in {table.name}")
        values = [wanted] if isinstance(wanted, str | int | float | dt.date) else list(wanted)
        texts = [_known_value(connection, known[name], value) for value in values]
        conditions.append(f"cast({table.name}.{name} as varchar) in ({text_list(texts)})" if texts else "false")
    return conditions


def _known_value(connection: duckdb.DuckDBPyConnection, column: Column, value: Value) -> str:
    """Return a value as the column writes it: a code for a country's name, a listed value whatever its case."""
    if column.references == COUNTRY:
        return names.country(connection, str(value))
    if column.references == "indicators.indicator":
        return names.one_of("indicator", str(value), load_catalogue().indicators)
    if column.values:
        return names.one_of(column.name, str(value), column.values)
    return str(value).lower() if isinstance(value, bool) else str(value)


def between(table: Table, since: Day | None, until: Day | None) -> list[str]:
    """Return the conditions on the reference date, or on the year where a table has no date."""
    bounds = [(sign, bound) for sign, bound in ((">=", since), ("<=", until)) if bound is not None]
    if not bounds:
        return []
    if "reference_date" in table.column_names:
        return [f"{table.name}.reference_date {sign} date '{day(bound, last=sign == '<=')}'" for sign, bound in bounds]
    if "year" in table.column_names:
        return [f"{table.name}.year {sign} {day(bound, last=sign == '<=').year}" for sign, bound in bounds]
    raise WrongUseError(f"The table {table.name} has no dates: leave out since and until.")


def day(wanted: Day, *, last: bool) -> dt.date:
    """Return a date from a date, its text, or a year, of which the first or the last day is meant."""
    if isinstance(wanted, dt.date):
        return wanted
    if isinstance(wanted, int) or (wanted.isdigit() and len(wanted) == 4):
        return dt.date(int(wanted), 12, 31) if last else dt.date(int(wanted), 1, 1)
    return names.day(wanted)
