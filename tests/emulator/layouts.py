"""What each table of the publisher looks like: the columns of identity, of detail, and those that hold counts.

Only what the answers need to know of a table stands here; the rows come from a world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

ORIGIN = ("coo_id", "coo_name", "coo", "coo_iso")
ASYLUM = ("coa_id", "coa_name", "coa", "coa_iso")
IDENTITY = (*ORIGIN, *ASYLUM)


@dataclass(frozen=True)
class Layout:
    """One table of the publisher.

    Attributes:
        endpoint: where the interface answers it.
        details: columns that split a row of origin and asylum further; the interface never sums over them …
        shown_by: … unless a parameter has to ask for a column, which is summed over without it.
        totals: whether the envelope carries sums of the columns (cases and persons added together).
        plain: whether its rows are sent as they stand: a list of countries has no zeros and dashes.
    """

    endpoint: str
    details: tuple[str, ...] = ()
    shown_by: Mapping[str, str] = field(default_factory=dict)
    totals: bool = False
    plain: bool = False


DATA = {
    "population": Layout("population"),
    "demographics": Layout(
        "demographics",
        details=("pop_type", "location", "loc_type", "acc_type"),
        shown_by={
            "pop_type": "ptype_show",
            "location": "locationDescription_show",
            "loc_type": "locationUR_show",
            "acc_type": "locationAccType_show",
        },
    ),
    "asylum_applications": Layout(
        "asylum-applications", details=("procedure_type", "app_type", "dec_level", "app_pc"), totals=True
    ),
    "asylum_decisions": Layout("asylum-decisions", details=("procedure_type", "dec_level", "dec_pc"), totals=True),
    "solutions": Layout("solutions", totals=True),
    "idmc": Layout("idmc"),
    "unrwa": Layout("unrwa"),
}
"""The tables of figures that the interface answers."""

REFERENCE = {name: Layout(name, plain=True) for name in ("countries", "footnotes", "nowcasting")}
"""The lists beside them that the program asks for."""

FLOWS = "flows"
"""The table that comes from a workbook: in every world, never answered."""

LAYOUTS = {**DATA, **REFERENCE}
BY_ENDPOINT = {layout.endpoint: dataset for dataset, layout in LAYOUTS.items()}

_NO_COUNTS = {"year", *IDENTITY, *(column for layout in DATA.values() for column in layout.details)}


def count_columns(table: pa.Table) -> list[str]:
    """Return the columns of a table of figures that hold counts, those added or renamed by a fault included."""
    return [name for name in table.column_names if name not in _NO_COUNTS and not is_hidden(name)]


def is_hidden(column: str) -> bool:
    """Say whether a column is the emulator's own, such as the number of a row."""
    return column.startswith("_")


def as_text(table: pa.Table, column: str) -> str:
    """Return the SQL for a count as text: a whole number has no point, whatever it is kept as."""
    text = f'"{column}"::varchar'
    return f"regexp_replace({text}, '\\.0$', '')" if pa.types.is_floating(table.schema.field(column).type) else text
