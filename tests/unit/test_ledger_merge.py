"""Merging releases: whatever the order, a ledger holds for each fact its value at every release that speaks of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from displacement.intake.model import Hold
from displacement.ledger import bench, versions
from displacement.ledger.books import Decision, read_books
from displacement.ledger.merge import Revision
from displacement.ledger.record import write
from displacement.ledger.upgrade import start_empty
from displacement.settings import Settings
from tests.small_releases import DATASETS, Fact, Small, held_in, reading_of, spans_in, spans_of

RELEASES = tuple(date(2022 + half // 2, 11 if half % 2 else 6, 10) for half in range(6))
DAYS = (date(2020, 12, 31), date(2021, 12, 31), date(2022, 6, 30), date(2022, 12, 31), date(2023, 6, 30))
FACTS: tuple[Fact, ...] = tuple(
    (indicator, day, origin, "DEU") for indicator in DATASETS for day in DAYS for origin in ("AFG", "SYR")
)


@st.composite
def a_release(draw: st.DrawFn, release: date) -> Small:
    """Draw a release: some datasets, each up to a date that may lag behind, values that often stay what they were."""
    days = [day for day in DAYS if day < release]
    newest = {
        dataset: draw(st.sampled_from(days[-3:]))
        for dataset in dict.fromkeys(DATASETS.values())
        if draw(st.integers(0, 5))
    }
    drawn = Small(release, newest, {})
    covered = [fact for fact in FACTS if drawn.covers(fact)]
    unknown = draw(st.frozensets(st.sampled_from(covered), max_size=2)) if covered else frozenset()
    values = {fact: draw(st.sampled_from((0, 5, 5, 5, 6, 9))) for fact in covered}
    holds = (
        (Hold("flow_refugees", "known_origin", "Code XYZ is in no list."),)
        if "flows" in newest and not draw(st.integers(0, 7))
        else ()
    )
    facts = {fact: value for fact, value in values.items() if value and fact not in unknown}
    return Small(release, newest, facts, unknown, holds)


@st.composite
def a_history(draw: st.DrawFn) -> tuple[list[Small], list[Small], list[tuple[date, str]]]:
    """Draw releases in the order of time, in another order, and some of what is held back to be accepted."""
    releases = [small for release in RELEASES if (small := draw(a_release(release))).newest]
    held = sorted(held_in(releases))
    accepted = draw(st.lists(st.sampled_from(held), unique=True)) if held else []
    return releases, draw(st.permutations(releases)), accepted


def ledger_of(
    releases: Iterable[Small], accepted: Iterable[tuple[date, str]], root: Path, *, take_back: bool = False
) -> Path:
    """Take releases in, in the order given, and decisions after them; return the version written."""
    settings = Settings(home=root / "var", public=root / "public")
    start_empty(settings)
    with versions.writing(settings) as draft, Revision(settings, draft) as revision:
        for small in releases:
            reading = reading_of(small, root / "readings")
            revision.arrive(reading.datasets)
            revision.take(small.release, reading.datasets)
        for release, indicator in accepted:
            revision.decide(Decision("2026-01-01", "me", release, indicator, "accepted", "a test"))
        for release, indicator in accepted if take_back else ():
            revision.decide(Decision("2026-01-02", "me", release, indicator, "taken back", "a test"))
        return write(revision)


def files_of(version: Path) -> dict[str, bytes]:
    return {str(path.relative_to(version)): path.read_bytes() for path in version.rglob("*") if path.is_file()}


# An example takes a second: making a failing one smaller would take longer than anybody waits.
@profile(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(a_history())
def test_every_fact_has_its_value_at_each_release_that_speaks_of_it_in_whatever_order_they_came(
    history: tuple[list[Small], list[Small], list[tuple[date, str]]],
) -> None:
    releases, shuffled, accepted = history
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first, second = ledger_of(releases, accepted, Path(one)), ledger_of(shuffled, accepted, Path(other))
        held = held_in(releases, accepted)
        assert spans_in(first / "figures.parquet") == spans_of(releases, held)
        assert {
            (row.release, row.indicator) for row in read_books(first).held_back if row.dataset in DATASETS.values()
        } == held
        assert files_of(first) == files_of(second)


@profile(max_examples=6, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(a_history())
def test_whatever_is_accepted_and_taken_back_leaves_the_ledger_as_it_was(
    history: tuple[list[Small], list[Small], list[tuple[date, str]]],
) -> None:
    releases, _, accepted = history
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        as_judged = ledger_of(releases, (), Path(one))
        taken_back = ledger_of(releases, accepted, Path(other), take_back=True)
        decided = {"book/decisions.csv", "ledger.toml"}
        assert {name: content for name, content in files_of(taken_back).items() if name not in decided} == {
            name: content for name, content in files_of(as_judged).items() if name not in decided
        }


@profile(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(a_history())
def test_a_large_ledger_is_written_in_another_way_and_says_the_same(
    history: tuple[list[Small], list[Small], list[tuple[date, str]]],
) -> None:
    releases, shuffled, accepted = history
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as two,
    ):
        patch.setattr(bench, "MANY", 3)
        first, second = ledger_of(releases, accepted, Path(one)), ledger_of(shuffled, accepted, Path(two))
        assert spans_in(first / "figures.parquet") == spans_of(releases, held_in(releases, accepted))
        assert files_of(first) == files_of(second)
