"""A number of a table explained: the figures it is made of, and the columns it is computed from.

Which indicators a column adds up is in the catalogue (`made_of`); which figures belong to a row follows from its key,
since a column of one name means the same in every table. The columns are those of the table `meta.lineage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from displacement.catalogue import Column, Table, load_catalogue
from displacement.catalogue.words import publishers_of
from displacement.errors import WrongUseError
from displacement.query import names
from displacement.query.provenance import Check, checks_of, holds_of
from displacement.query.published import require_kept_by_release
from displacement.storage.duck import rows, sql_text, text_list

if TYPE_CHECKING:
    import duckdb


COUNTED = ("persons", "persons or cases", "cases")
"""Units of numbers that add up figures."""

UNTOLD = (
    "The figures it is made of cannot be told: it is no sum of figures that its key names. It is computed from the "
    "columns below."
)

LARGEST = 5
"""Figures of a part that are shown, the largest."""

CHOOSES_NOTHING = ("role", "measure", "region_scheme", "indicator")
"""Columns of a key that choose no figures by themselves: others are read with them."""


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one indicator in a number: their sum, how many, the releases that first had them, the largest."""

    indicator: str
    name: str
    value: int
    figures: int
    oldest_release: date
    newest_release: date
    largest: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A column a number is computed from; `steps` columns away."""

    steps: int
    table_name: str
    column_name: str
    source_table: str
    source_column: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a table, with everything it is made of.

    Attributes:
        key: the columns that identify its row, and their values.
        parts: the figures it adds up, by indicator; empty where it adds up none, or where they cannot be told.
        taken_off: the number of the same row that is taken off their sum, by the name of its column.
        adds_up: that the parts less what is taken off give the value; None where no parts are given.
        untold: why a number of people has no parts here; empty for others.
        row: the other columns of the row, for a number that is computed from them.
        held_back: what the release gate holds back that would change it; a total is then empty.
    """

    table_name: str
    row_is: str
    key: dict[str, Any]
    column_name: str
    description: str
    value: Any
    unit: str | None
    kind: str | None
    as_of: str | None
    publishers: str
    parts: tuple[Part, ...]
    taken_off: dict[str, Any]
    adds_up: bool | None
    untold: str
    row: dict[str, Any]
    lineage: tuple[Source, ...]
    checks: tuple[Check, ...]
    held_back: tuple[str, ...]
    usage_warnings: tuple[str, ...]
    citation: str


def explain(
    connection: duckdb.DuckDBPyConnection, table_name: str, column_name: str, key: Mapping[str, str], as_of: str | None
) -> Number:
    """Return what is known of a number in a table.

    Raises:
        WrongUseError: the table, the column or the row is unknown (the message lists what there is), or the table is
            not kept by release.
    """
    catalogue = load_catalogue()
    table = catalogue.tables[names.one_of("table", table_name, catalogue.tables)]
    if as_of:
        require_kept_by_release([table.name], as_of)
    name = names.one_of("column", column_name, table.column_names, of=f"in {table.name}")
    column = next(one for one in table.columns if one.name == name)
    row = _row(connection, table, key)
    of_row = {part: row[part] for part in table.key}
    parts = _parts_of(connection, table, column, row)
    if not _adds_up(column, row, parts):
        parts = ()
    [build] = rows(connection, "select build_id, displacement_version, newest_release from meta.build")
    publishers = "; ".join(catalogue.publishers[one].citation for one in table.publishers)
    return Number(
        table_name=table.name,
        row_is=table.row,
        key=of_row,
        column_name=name,
        description=column.description,
        value=row[name],
        unit=column.unit,
        kind=column.kind,
        as_of=as_of,
        publishers=publishers_of(catalogue, table),
        parts=parts,
        taken_off={one: row[one] for one in column.less if row[one]} if parts else {},
        adds_up=True if parts else None,
        untold=UNTOLD if row[name] is not None and column.unit in COUNTED and not parts else "",
        row=row,
        lineage=_lineage(connection, table.name, name),
        checks=checks_of(connection, [table.name]),
        held_back=holds_of(connection, column.made_of, row.get("reference_date")),
        usage_warnings=tuple(f"{one.rule} {one.why}" for one in catalogue.warnings_of(column)),
        citation=f"{publishers}, release of {as_of or build['newest_release']}; displacement "
        f"{build['displacement_version']}, table {table.name}, column {name}, build {build['build_id']}.",
    )


# --- the row ----------------------------------------------------------------------------------------------------------


def read_key(words: Iterable[str]) -> dict[str, str]:
    """Return the key written as `column=value`, several of them or one with commas.

    Raises:
        WrongUseError: a part is not of that form.
    """
    parts = [part for word in words for part in word.split(",")]
    key = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not (name.strip() and equals):
            raise WrongUseError(f"{part!r} is no part of a key. Write it as column=value: reference_date=2025-12-31.")
        key[name.strip().lower()] = value.strip()
    return key


def _row(connection: duckdb.DuckDBPyConnection, table: Table, key: Mapping[str, str]) -> dict[str, Any]:
    """Return the row of a key.

    Raises:
        WrongUseError: the key names other columns than the table's, or there is no such row.
    """
    for name in key:
        names.one_of("column", name, table.key, of=f"in the key of {table.name}")
    missing = [name for name in table.key if name not in key]
    if missing:
        example = " ".join(f"--key {name}=…" for name in missing)
        raise WrongUseError(f"A row of {table.name} is identified by {', '.join(table.key)}. Add {example}.")
    kept: list[str] = []
    for name in table.key:
        kept.append(f"cast({name} as varchar) = '{sql_text(_meant(connection, table, name, key[name], kept))}'")
    [found] = rows(connection, f"from {table.address} where {' and '.join(kept)}")
    return found


def _meant(connection: duckdb.DuckDBPyConnection, table: Table, name: str, wanted: str, before: Sequence[str]) -> str:
    """Return a value of a key column, whatever its case, that occurs with the values chosen before it.

    Raises:
        WrongUseError: there is none; the message lists those there are.
    """
    column = next(one for one in table.columns if one.name == name)
    if column.references == "countries.iso3":
        wanted = names.country(connection, wanted)
    where = f"where {' and '.join(before)}" if before else ""
    newest_first = "desc" if column.type in ("date", "smallint") else ""
    known = rows(
        connection, f"select distinct {name} as known from {table.address} {where} order by known {newest_first}"
    )
    return names.one_of(name, wanted, [str(row["known"]) for row in known], of=f"in {table.name}")


def _adds_up(column: Column, row: Mapping[str, Any], parts: Sequence[Part]) -> bool:
    """Tell whether figures found by the key of a row give its number: only then are they what it is made of."""
    if not parts or row[column.name] is None or column.unit not in COUNTED:
        return False
    less = sum(row[one] or 0 for one in column.less)
    return bool(sum(part.value for part in parts) - less == row[column.name])


# --- the figures ------------------------------------------------------------------------------------------------------


def _parts_of(
    connection: duckdb.DuckDBPyConnection, table: Table, column: Column, row: Mapping[str, Any]
) -> tuple[Part, ...]:
    """Return the figures a number adds up, by indicator; none where its column or the key of its row does not say."""
    key = {name: row[name] for name in table.key}
    made_of = _made_of(column, key)
    conditions = _conditions(key, column.years_before, table.role)
    if not made_of or conditions is None:
        return ()
    release = row[table.figures_of] if table.figures_of else None
    source = f"figures_as_of('{release}') as figures" if release else "figures"
    chosen = f"from {source} inner join indicators on figures.indicator = indicators.indicator where " + " and ".join(
        [f"figures.indicator in ({text_list(made_of)})", *conditions]
    )
    found = rows(
        connection,
        f"""
        select
            figures.indicator,
            any_value(indicators.name) as name,
            cast(sum(figures.value) as bigint) as value,
            count(*) as figures,
            min(figures.published_in) as oldest_release,
            max(figures.published_in) as newest_release,
            list(
                {{
                    'origin': figures.origin,
                    'asylum': figures.asylum,
                    'value': figures.value,
                    'published_in': figures.published_in
                }}
                order by figures.value desc, figures.origin, figures.asylum
            )[:{LARGEST}] as largest
        {chosen}
        group by figures.indicator
        """,
    )
    by_indicator = {row["indicator"]: Part(**row | {"largest": tuple(row["largest"])}) for row in found}
    return tuple(by_indicator[indicator] for indicator in made_of if indicator in by_indicator)


def _made_of(column: Column, key: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the indicators a number adds up; where rows are of several, their key names it."""
    if column.name != "value":
        return column.made_of
    if "indicator" in key:
        return (str(key["indicator"]),)
    of_measure = {one.name: one.made_of for one in load_catalogue().tables["country_totals"].columns}
    return of_measure.get(str(key.get("measure")), ())


def _conditions(key: Mapping[str, Any], years_before: int, role: str | None) -> list[str] | None:
    """Return which figures belong to a row, as conditions on `figures`; None where its key does not say.

    `role` is that of a country in a table whose rows are all of one.
    """
    found: list[str] = []
    for name, value in key.items():
        text = sql_text(value)
        if name in ("reference_date", "origin", "asylum"):
            found.append(f"figures.{name} = '{text}'")
        elif name == "year":
            found.append(f"figures.reference_date = make_date({value - years_before}, 12, 31)")
        elif name == "unit":
            found.append(f"indicators.unit = '{text}'")
        elif name == "country":
            found += _of_role(key.get("role", role), f"= '{text}'")
        elif name == "region":
            found += _of_role(key.get("role"), f"in ({_region(str(key['region_scheme']), text)})")
        elif name not in CHOOSES_NOTHING:
            return None
    return found


def _of_role(role: Any, condition: str) -> list[str]:
    """Return a condition on the side of a role; none for the role of the world."""
    return [f"figures.{role} {condition}"] if role in ("origin", "asylum") else []


def _region(scheme: str, region: str) -> str:
    column = {"unhcr": "unhcr_region", "m49": "region", "m49_subregion": "subregion"}[scheme]
    return f"select iso3 from countries where coalesce({column}, 'no region') = '{region}'"


# --- the columns ------------------------------------------------------------------------------------------------------


def _lineage(connection: duckdb.DuckDBPyConnection, table_name: str, column_name: str) -> tuple[Source, ...]:
    """Return every column the number is computed from, nearest first, down to the tables as compiled or fetched."""
    found = rows(
        connection,
        f"""
        with recursive path as (
            select 1 as steps, table_name, column_name, source_table, source_column
            from meta.lineage
            where table_name = '{table_name}' and column_name = '{column_name}'
            union
            select path.steps + 1, lineage.table_name, lineage.column_name, lineage.source_table, lineage.source_column
            from path
            inner join meta.lineage
                on path.source_table = lineage.table_name and path.source_column = lineage.column_name
        )

        select min(steps) as steps, table_name, column_name, source_table, source_column
        from path
        group by table_name, column_name, source_table, source_column
        order by steps, table_name, column_name, source_table, source_column
        """,
    )
    return tuple(Source(**row) for row in found)
