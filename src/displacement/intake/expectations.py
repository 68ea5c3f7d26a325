"""What must hold for a raw table when it comes in: the reviewed expectations, checked on its rows.

Great Expectations evaluates them through `quality`. What a failure does to the reading is the effect of each rule and
carried out in `reading`; thresholds and codes are in `expectations.toml`, never here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from displacement.quality.frames import Frame, frame_of
from displacement.quality.in_great_expectations import validate
from displacement.quality.rules import Rule, Suite
from displacement.quality.validation import Validation, added_up

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REVIEWED = Path(__file__).resolve().parent / "expectations.toml"
ROWS_A_FRAME = 300_000
"""Rows of a raw table that are held in memory as a frame at a time: each row is judged alone, so results add up."""

Effect = Literal["warn", "quarantine", "repeat", "hold", "stop"]


@dataclass(frozen=True, slots=True)
class Expected:
    """A rule, what its failure does, and what a person can do about it."""

    rule: Rule
    effect: Effect
    remedy: str

    @property
    def quarantines(self) -> bool:
        """Whether rows that break the rule go to quarantine."""
        return self.effect != "warn"

    @property
    def quarantines_rows(self) -> bool:
        """Whether these are rows of the table, and not years of it."""
        return self.quarantines and self.rule.evidence is None


@dataclass(frozen=True, slots=True)
class Expectations:
    """The reviewed expectations, and the share of a table's rows that may be in quarantine before the table stops."""

    expected: tuple[Expected, ...]
    most_set_aside: float
    remedy: str

    def of(self, dataset: str) -> dict[str, Expected]:
        """Return the expectations of a dataset by the name of their rule."""
        return {each.rule.name: each for each in self.expected if each.rule.table == dataset}


@cache
def read_expectations(path: Path = REVIEWED) -> Expectations:
    """Read the reviewed expectations.

    Raises:
        ValueError: a rule cannot be evaluated, has no such effect, or shares its name with another of its dataset.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    expected = tuple(each for spec in document["rule"] for each in _expected(spec, document["groups"]))
    names = [(each.rule.table, each.rule.name) for each in expected]
    if len(set(names)) < len(names):
        raise ValueError(f"{path.name}: a dataset has two rules of one name")
    share = document["share"]
    return Expectations(expected, most_set_aside=share["most_set_aside"], remedy=share["remedy"])


def _expected(spec: Mapping[str, Any], groups: Mapping[str, list[str]]) -> Iterator[Expected]:
    """Yield a rule once for each dataset it is declared for."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in spec.items()}
    table, effect, remedy = values.pop("table"), values.pop("effect"), values.pop("remedy", "")
    if effect not in get_args(Effect):
        raise ValueError(f"rule {values['name']}: there is no effect {effect}")
    severity: Any = "warning" if effect == "warn" else "error"
    for dataset in groups.get(table, [table]) if isinstance(table, str) else table:
        yield Expected(Rule(table=dataset, severity=severity, **values), effect, remedy)


def check_rows(
    connection: DuckDBPyConnection, dataset: str, expected: Mapping[str, Expected], sql: Path
) -> list[Validation]:
    """Check `rows` against all expectations of a dataset; failing rows carry `row`, their number in the raw table.

    Args:
        connection: holds `rows`, `country_codes` and `dataset`: see `rows.make_rows`.
        dataset: its name.
        expected: its expectations.
        sql: where the queries of evidence are, `intake/evidence/<name>.sql`.
    """
    codes = tuple(code for (code,) in connection.sql("select code from country_codes order by code").fetchall())
    rules = [replace(each.rule, values=codes) if each.rule.reference else each.rule for each in expected.values()]
    validations = []
    for name in dict.fromkeys(rule.evidence or dataset for rule in rules):
        suite = Suite(dataset, tuple(rule for rule in rules if (rule.evidence or dataset) == name))
        parts = [validate(suite, frame) for frame in _frames(connection, name, dataset, sql)]
        validations.append(added_up(parts))
    return validations


def _frames(connection: DuckDBPyConnection, name: str, dataset: str, sql: Path) -> Iterator[Frame]:
    """Yield the rows of an evidence query: those of a large table a part at a time."""
    directory = sql / "intake" / "evidence"
    path = directory / f"{name}.sql"
    query = (path if path.is_file() else directory / "rows.sql").read_text(encoding="utf-8")
    if name != dataset:
        yield frame_of(connection, query)
        return
    rows = int(connection.sql("select count(*) from rows").fetchall()[0][0])
    for start in range(0, max(rows, 1), ROWS_A_FRAME):
        part = f"where row >= {start} and row < {start + ROWS_A_FRAME}"
        yield frame_of(connection, f"select * from ({query}) as evidence {part}")
