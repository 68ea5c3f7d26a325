"""The six real releases, read as they are and added: each is restored exactly, in whatever order they came.

What must come out is what the shipped ledger restores: it was made from the same releases by other means. The gate
holds back what was damaged, and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.intake.model import Reading
from displacement.ledger import Ledger, derive, holds
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.ledger.inputs import read_subjects
from displacement.ledger.readings import write
from displacement.settings import Settings
from tests.real_releases import NAMES, Once, read_real
from tests.shipped import SHIPPED

BESIDE = ("demographics", "demographics_by_place", "asylum_decisions_by_level")
"""Tables kept by release beside the figures."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # reading six releases comes first

HELD = {
    (date(2023, 6, 14), "demographics"),  # 2021 gone, keys twice
    (date(2026, 6, 12), "flow_refugees"),  # new refugees of 2000-2025 gone
}


@pytest.fixture(scope="module")
def releases(shared: Path, once: Once) -> list[Reading]:
    return [read_real(shared, name, once) for name in NAMES]


def settings_of(root: Path) -> Settings:
    return Settings(home=root / "var", public=root / "public")


@pytest.fixture(scope="module")
def one_by_one(releases: list[Reading], once: Once) -> tuple[Settings, set[str]]:
    """Return an installation to whose empty ledger the releases were added as they came, and what was worth a look."""
    added_in_turn: tuple[Settings, set[str]] = once("one-by-one", lambda directory: _in_turn(directory, releases))
    return added_in_turn


def _in_turn(directory: Path, releases: list[Reading]) -> tuple[Settings, set[str]]:
    settings = settings_of(directory)
    start_empty(settings)
    reports = [add(settings, each) for each in releases]
    assert {(finding.release, finding.indicator) for each in reports for finding in each.held} == HELD
    return settings, {f"{one.release} {one.indicator} {one.rule}" for each in reports for one in each.warnings}


def added(settings: Settings, releases: Sequence[Reading], *, derived_after: int) -> Path:
    """Add releases to an empty ledger in the order given; derive it after so many of them, and at the end."""
    start_empty(settings)
    indicators: dict[str, list[str]] = {}
    for code, subject in read_subjects(SHIPPED).items():
        indicators.setdefault(subject.dataset, []).append(code)
    for number, reading in enumerate(releases, start=1):
        datasets = [part for each in reading.datasets for part in each.apart()]
        write(settings.ledger_home, reading.release, datasets, indicators)
        if number == derived_after:
            derive.current(settings)
    return derive.current(settings)


def content(ledger: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in derive.sources(ledger)}


def test_the_gate_holds_back_what_was_damaged_and_nothing_else(one_by_one: tuple[Settings, set[str]]) -> None:
    assert {(row.release, row.indicator) for row in holds.held_back(one_by_one[0])} == HELD


@pytest.mark.parametrize("order", ["backwards", "at random"])
def test_the_ledger_is_byte_for_byte_the_same_in_whatever_order_they_came(
    one_by_one: tuple[Settings, set[str]], releases: list[Reading], tmp_path: Path, order: str
) -> None:
    ordered = releases[::-1] if order == "backwards" else random.Random(3).sample(releases, len(releases))
    ledger = added(settings_of(tmp_path), ordered, derived_after=3)
    assert content(ledger) == content(derive.current(one_by_one[0]))


def test_each_release_is_restored_exactly_once_a_person_accepted_what_was_held_back(
    releases: list[Reading], tmp_path: Path
) -> None:
    settings = settings_of(tmp_path)
    added(settings, releases, derived_after=0)
    holds.accept(settings, date(2026, 6, 12), "flow_refugees", "to see the release as it was")
    ours, shipped = Ledger.open(settings), Ledger.open(settings_of(tmp_path / "shipped"))
    assert shipped.directory == SHIPPED
    for reading in releases:
        held, expected = (_held(ledger, ours, reading.release) for ledger in (ours, shipped))
        with duckdb.connect() as connection:
            connection.register("held", held)
            connection.register("expected", expected)
            for one, other in (("held", "expected"), ("expected", "held")):
                assert connection.execute(f"from {one} except from {other} limit 3").fetchall() == []
            assert held.num_rows == sum(each.figures for each in reading.datasets if each.facts)  # type: ignore[attr-defined]


def _held(ledger: Ledger, dates: Ledger, release: date) -> object:
    """Return the facts a ledger restores for a release, of the datasets and dates that it holds."""
    newest = dates.newest_reference_dates(release)
    values = ", ".join(f"('{dataset}', date '{day}')" for dataset, day in newest.items())
    with duckdb.connect() as connection:
        connection.register("restored", ledger.as_of(release).to_arrow_table())
        return connection.execute(
            f"""
            select s.indicator, s.reference_date, s.origin, s.asylum, s.value
            from restored as s
            inner join read_csv('{SHIPPED / "indicators.csv"}') as i on i.indicator = s.indicator
            inner join (values {values}) as newest(dataset, day) on newest.dataset = i.dataset
            where s.reference_date = newest.day or (month(s.reference_date) = 12 and s.reference_date < newest.day)
            """
        ).to_arrow_table()


def test_on_top_of_the_shipped_ledger_they_change_no_figure(releases: list[Reading], here: Settings) -> None:
    # Tables kept beside the figures are new: the shipped ledger has only the newest demographics.
    for reading in releases:
        report = add(here, reading)
        assert (report.new, report.changed, report.withdrawn) == (0, 0, 0)
        outcomes = {each.dataset: each.outcome for each in report.datasets}
        assert {outcome for dataset, outcome in outcomes.items() if dataset not in BESIDE} == {"unchanged"}
    for name in ("figures.parquet", "releases.csv", "release_datasets.csv"):
        assert (derive.current(here) / name).read_bytes() == (SHIPPED / name).read_bytes(), name
    assert not (derive.current(here) / "demographics.parquet").exists()  # the newest are those shipped
    assert [(row.release, row.indicator) for row in holds.held_back(here)] == [(date(2023, 6, 14), "demographics")]


def test_what_looks_odd_and_passes_is_worth_a_look(one_by_one: tuple[Settings, set[str]]) -> None:
    assert {
        "2024-06-17 returned_refugees total_moved",  # up threefold
        "2024-06-17 asylum_decisions_closed total_moved",  # up 14 per cent
        "2025-06-12 idmc_idps first_figures_withdrawn",  # the world figure of 1989
        "2025-06-12 unrwa_refugees first_figures_withdrawn",  # Jordan in 1952
        "2025-06-12 resettlement total_moved",  # of 1975-81
    } <= one_by_one[1]
