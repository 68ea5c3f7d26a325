"""What a publisher may get wrong in a table, as the emulator does it, and what becomes of it at the door.

What is lost or multiplied without a trace in the table itself is for the release gate, which knows what was there
before; here it must pass, so that the gate sees it whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from displacement.intake.reading import ReadingContext, read_dataset
from displacement.settings import Settings
from tests.emulator import alterations as fault
from tests.emulator.alterations import Alteration
from tests.emulator.invented import small_world
from tests.small_release import as_recorded

RELEASE = "2024-06-14"


@dataclass(frozen=True)
class Case:
    """A fault of the population table, and what reading it comes to."""

    name: str
    alteration: Alteration
    stopped_by: str | None = None
    says: str = ""
    held: frozenset[str] = frozenset()
    quarantined: dict[str, int] = field(default_factory=dict)
    noticed: frozenset[str] = frozenset()


CASES = [
    Case("a column renamed", fault.column_renamed(), "layout", "(missing: refugees; unexpected: people)"),
    Case("a column added", fault.column_added(), "layout", "(unexpected: people_estimated)"),
    Case("a column dropped", fault.column_dropped(), "layout", "(missing: hst)"),
    Case("a year gone", fault.without_year(2019), "no_year_missing", "year 2019"),
    Case("names where ISO codes belong", fault.names_as_iso(), noticed=frozenset({"origin_iso_given"})),
    Case("no ISO codes", fault.empty_iso(), noticed=frozenset({"origin_iso_given", "asylum_iso_given"})),
    Case(
        "a code in no list", fault.unknown_codes(1), held=frozenset({"asylum_seekers"}), quarantined={"known_origin": 1}
    ),
    Case("counts below zero", fault.negative_counts(), quarantined={"counts_not_negative": 3}),
    Case("broken counts", fault.fractional_counts(), quarantined={"counts_are_whole": 3}),
    Case("words in counts", fault.words_in_counts(), quarantined={"counts_are_numbers": 3}),
    Case("rows twice", fault.repeated(3, differing=False), quarantined={"no_row_twice": 3}),
    Case(
        "keys twice with other values",
        fault.repeated(3),
        held=frozenset({"refugees"}),
        quarantined={"one_value_a_key": 6},
    ),
    Case("a table cut to its last year", fault.cut_to_last_year()),
    Case("a fifth of the rows gone", fault.rows_gone()),
    Case("counts times ten", fault.times()),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_of_a_table_is_named_or_left_to_the_gate(tmp_path: Path, here: Settings, case: Case) -> None:
    world = small_world(RELEASE).altered("population", case.alteration)
    landed = world.only("population").write(tmp_path, "api")
    reading = read_dataset(as_recorded(landed, RELEASE), "population", ReadingContext(here))
    assert reading.stopped_by == case.stopped_by
    assert case.says in (reading.stopped or "")
    assert case.held <= {hold.indicator for hold in reading.holds}
    assert bool(case.held) == bool(reading.holds)
    assert reading.quarantined == case.quarantined
    failed = {result.rule for result in reading.results if not result.passed} - {"begins_where_it_did"}
    named = {case.stopped_by} - {None} | set(case.quarantined) | case.noticed
    assert case.noticed <= failed <= named | {"origin_iso_given", "asylum_iso_given"}
    assert (reading.facts is None) == (case.stopped_by == "layout")
