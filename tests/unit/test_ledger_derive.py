"""Deriving spans: whatever the order, a ledger has for each fact its value at every release that speaks of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from displacement.intake.model import Hold
from displacement.ledger import decisions, derive, judge, readings
from displacement.ledger.decisions import Decision
from displacement.ledger.gate import Edition, Finding, Subject
from displacement.ledger.holds import start_empty
from displacement.ledger.records import read_held_back
from displacement.settings import Settings
from tests.small_releases import COMPONENTS, DATASETS, Fact, Small, held_in, reading_of, spans_in, spans_of

if TYPE_CHECKING:
    import duckdb

RELEASES = tuple(date(2022 + half // 2, 11 if half % 2 else 6, 10) for half in range(6))
DAYS = (date(2020, 12, 31), date(2021, 12, 31), date(2022, 6, 30), date(2022, 12, 31), date(2023, 6, 30))
FACTS: tuple[Fact, ...] = tuple(
    (indicator, day, origin, "DEU") for indicator in DATASETS for day in DAYS for origin in ("AFG", "SYR")
)


def judged_by_the_world_total(
    connection: duckdb.DuckDBPyConnection,
    subjects: Mapping[str, Subject],
    now: Mapping[str, Edition],
    before: Mapping[str, Edition],
) -> list[Finding]:
    """Judge by one rule, the one that `held_in` reckons with, so that a new rule of the gate changes nothing here."""
    moved = connection.execute(
        """
        with totals as (
            select b.indicator, b.reference_date, sum(b.value) as was, coalesce(any_value(n.total), 0) as became
            from before_facts as b
            left join (select indicator, reference_date, sum(value) as total from now_facts group by all) as n
                using (indicator, reference_date)
            where month(b.reference_date) = 12
            group by all
        )
        select distinct indicator from totals where became not between 0.8 * was and 1.5 * was
        """
    ).fetchall()
    return [
        Finding(now[code].release, subjects[code].dataset, code, "world_total", "blocking", "")
        for (code,) in moved
        if code in COMPONENTS and code in now and code in before
    ]


@pytest.fixture(scope="module", autouse=True)
def one_rule() -> Iterable[None]:
    """Let the small gate above judge."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "judge_release", judged_by_the_world_total)
        yield


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


def ledger_of(releases: Iterable[Small], accepted: Iterable[tuple[date, str]], root: Path, *, at_once: bool) -> Path:
    """Add releases in the order given, and decisions after them; derive after each, or once at the end."""
    settings = settings_of(root)
    start_empty(settings)
    indicators = {dataset: [code for code in DATASETS if DATASETS[code] == dataset] for dataset in DATASETS.values()}
    for small in releases:
        reading = reading_of(small, root / "intake")
        readings.write(settings.ledger_home, small.release, reading.datasets, indicators)
        if not at_once:
            derive.current(settings)
    return decided("accepted", accepted, root, at_once=at_once)


def decided(
    verdict: Literal["accepted", "taken back"],
    held: Iterable[tuple[date, str]],
    root: Path,
    *,
    at_once: bool = False,
) -> Path:
    """Add a decision on each of what is held back, and derive the ledger after each, or once at the end."""
    settings = settings_of(root)
    for release, code in held:
        decisions.write(settings.ledger_home, Decision("2026-01-01", "me", release, code, verdict, "a test"))
        if not at_once:
            derive.current(settings)
    return derive.current(settings)


def settings_of(root: Path) -> Settings:
    return Settings(home=root / "var", public=root / "public")


def files_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in derive.sources(directory)}


# An example takes seconds: making a failing one smaller would take longer than anybody waits.
@profile(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(a_history())
def test_every_fact_has_its_value_at_each_release_that_speaks_of_it_in_whatever_order_they_came(
    history: tuple[list[Small], list[Small], list[tuple[date, str]]],
) -> None:
    """Nor does it matter what was accepted and taken back again."""
    releases, shuffled, accepted = history
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first = ledger_of(releases, accepted, Path(one), at_once=True)
        second = ledger_of(shuffled, accepted, Path(other), at_once=False)
        held = held_in(releases, accepted)
        assert spans_in(first / "figures.parquet") == spans_of(releases, held)
        assert {(row.release, row.indicator) for row in read_held_back(first)} == held
        assert files_of(first) == files_of(second)
        if accepted:
            taken_back = decided("taken back", accepted, Path(other))
            with tempfile.TemporaryDirectory() as third:
                assert files_of(taken_back) == files_of(ledger_of(releases, (), Path(third), at_once=True))
