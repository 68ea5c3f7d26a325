"""The figures a number of a table is made of.

Which indicators a column adds up stands in the catalogue (`made_of`); which figures belong to a row follows from its
key, by the meaning that a column of one name has in every table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from displacement.catalogue import Column, Table, load_catalogue
from displacement.query import names
from displacement.query.published import rows
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    import duckdb

LARGEST = 5
"""Figures of a part that are shown, the largest."""

SAYS_NOTHING = ("role", "measure", "region_scheme", "indicator")
"""Columns of a key that choose no figures by themselves: others are read with them."""


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one indicator in a number: their sum, how many, the releases they first stood in, the largest."""

    indicator: str
    name: str
    value: int
    figures: int
    oldest_release: date
    newest_release: date
    largest: tuple[dict[str, Any], ...]


def parts_of(
    connection: duckdb.DuckDBPyConnection, table: Table, column: Column, row: Mapping[str, Any]
) -> tuple[Part, ...]:
    """Return the figures a number adds up, by indicator; none where its column or the key of its row does not say."""
    key = {name: row[name] for name in table.key}
    made_of = _made_of(column, key)
    conditions = _conditions(key, column.years_before)
    if not made_of or conditions is None:
        return ()
    release = row[table.figures_of] if table.figures_of else None
    source = f"figures_as_of('{release}') as figures" if release else "figures"
    chosen = f"from {source} inner join indicators on figures.indicator = indicators.indicator where " + " and ".join(
        [f"figures.indicator in ({names.text_list(made_of)})", *conditions]
    )
    sums = rows(
        connection,
        f"""
        select
            figures.indicator,
            any_value(indicators.name) as name,
            cast(sum(figures.value) as bigint) as value,
            count(*) as figures,
            min(figures.published_in) as oldest_release,
            max(figures.published_in) as newest_release
        {chosen}
        group by figures.indicator
        """,
    )
    by_indicator = {found["indicator"]: found for found in sums}
    present = [indicator for indicator in made_of if indicator in by_indicator]
    return tuple(Part(**by_indicator[one], largest=_largest(connection, one, chosen)) for one in present)


def _largest(connection: duckdb.DuckDBPyConnection, indicator: str, chosen: str) -> tuple[dict[str, Any], ...]:
    found = rows(
        connection,
        f"""
        select figures.origin, figures.asylum, figures.value, figures.published_in
        {chosen} and figures.indicator = '{indicator}'
        order by figures.value desc, figures.origin, figures.asylum
        limit {LARGEST}
        """,
    )
    return tuple(found)


def _made_of(column: Column, key: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the indicators a number adds up; where rows are of several, their key says of which."""
    if column.name != "value":
        return column.made_of
    if "indicator" in key:
        return (str(key["indicator"]),)
    of_measure = {one.name: one.made_of for one in load_catalogue().tables["country_totals"].columns}
    return of_measure.get(str(key.get("measure")), ())


def _conditions(key: Mapping[str, Any], years_before: int) -> list[str] | None:
    """Return which figures belong to a row, as conditions on `figures`; None where its key does not say."""
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
            found += _of_role(key.get("role"), f"= '{text}'")
        elif name == "region":
            found += _of_role(key.get("role"), f"in ({_region(str(key['region_scheme']), text)})")
        elif name not in SAYS_NOTHING:
            return None
    return found


def _of_role(role: Any, condition: str) -> list[str]:
    """Return a condition on the side of a role; none for the role of the world."""
    return [f"figures.{role} {condition}"] if role in ("origin", "asylum") else []


def _region(scheme: str, region: str) -> str:
    column = {"unhcr": "unhcr_region", "m49": "region", "m49_subregion": "subregion"}[scheme]
    return f"select iso3 from countries where coalesce({column}, 'no region') = '{region}'"
