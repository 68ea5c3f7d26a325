"""The description of tables and columns in words, as comments, documents and pages show it.

How a sentence is put together belongs here; its words are in the TOML files.
"""

from __future__ import annotations

from collections.abc import Iterable

from displacement.catalogue import Catalogue, Column, Indicator, Table, UsageWarning


def table_comment(catalogue: Catalogue, table: Table) -> str:
    """Return what a table is: its title, what a row is, and whose figures it holds."""
    source = f" Source: {publishers_of(catalogue, table)}." if table.publishers else ""
    return f"{table.title}. {table.row}{source}"


def column_comment(catalogue: Catalogue, column: Column) -> str:
    """Return what a column is: its description, its unit, stock or flow, and how it can be misused."""
    return " ".join(part for part in (column.description, _unit(column), warned(catalogue.warnings_of(column))) if part)


def meaning(catalogue: Catalogue, column: Column) -> str:
    """Return what a column means with what its codes mean, unless its description has them already."""
    codes = catalogue.codes_of(column)
    if all(code in column.description for code in codes):
        return column.description
    listed = "; ".join(f"`{code}` {says}" for code, says in codes.items())
    return f"{column.description} Codes: {listed}."


def publishers_of(catalogue: Catalogue, table: Table) -> str:
    """Return the names of who publishes what a table is made from."""
    return ", ".join(catalogue.publishers[code].name for code in table.publishers)


def warned(warnings: Iterable[UsageWarning]) -> str:
    """Return usage warnings as a few short sentences."""
    return " ".join(warning.rule for warning in warnings)


def unit_and_kind(column: Column) -> str:
    """Return the unit of a column, and whether it is a stock or a flow: `persons (stock)`."""
    if column.unit is None:
        return column.kind or ""
    return f"{column.unit} ({column.kind})" if column.kind else column.unit


def _unit(column: Column) -> str:
    return f"Unit: {unit_and_kind(column)}." if column.unit else ""


INDICATOR_USE = ("indicator", "publisher", "licence", "citation", "usage_warnings")
"""The columns of `indicator_use`."""


def indicator_use(catalogue: Catalogue) -> list[tuple[str, ...]]:
    """Return a row for each indicator: who publishes it, under which licence, how to cite and how to misuse it."""
    return [_use(catalogue, indicator) for indicator in catalogue.indicators.values()]


def _use(catalogue: Catalogue, indicator: Indicator) -> tuple[str, ...]:
    publisher = catalogue.publishers[indicator.publisher]
    said = warned(catalogue.warnings_of(indicator))
    return indicator.code, publisher.name, publisher.licence_says, publisher.citation, said
