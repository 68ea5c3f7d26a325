"""The six real releases, read as they are and merged: each is restored exactly, in whatever order they came.

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
from displacement.ledger import Ledger, holds, versions
from displacement.ledger.merge import Revision
from displacement.ledger.record import write
from displacement.ledger.taking import take_in
from displacement.ledger.upgrade import start_empty
from displacement.settings import Settings
from tests.real_releases import NAMES, read_real
from tests.shipped import SHIPPED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # reading six releases comes first

HELD = {
    (date(2023, 6, 14), "demographics"),  # 2021 gone, keys twice
    (date(2026, 6, 12), "flow_refugees"),  # new refugees of 2000-2025 gone
}


@pytest.fixture(scope="module")
def readings(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Reading]:
    return [read_real(shared, name, tmp_path_factory) for name in NAMES]


def settings_of(root: Path) -> Settings:
    return Settings(home=root / "var", public=root / "public")


@pytest.fixture(scope="module")
def one_by_one(readings: list[Reading], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return an installation into whose empty ledger the releases were taken one by one, as they came."""
    settings = settings_of(tmp_path_factory.mktemp("one-by-one"))
    start_empty(settings)
    found = {(finding.release, finding.indicator) for each in readings for finding in take_in(settings, each).held}
    assert found == HELD
    return settings


def merged(settings: Settings, readings: Sequence[Reading]) -> Path:
    """Take releases into an empty ledger in the order given; return the version, written once at the end."""
    start_empty(settings)
    with versions.writing(settings) as draft, Revision(settings, draft) as revision:
        for reading in readings:
            revision.arrive(reading.datasets)
            revision.take(reading.release, reading.datasets)
        return write(revision)


def content(version: Path) -> dict[str, bytes]:
    return {str(path.relative_to(version)): path.read_bytes() for path in version.rglob("*") if path.is_file()}


def test_the_gate_holds_back_what_was_damaged_and_nothing_else(one_by_one: Settings) -> None:
    assert {(row.release, row.indicator) for row in holds.held_back(one_by_one)} == HELD


@pytest.mark.parametrize("order", ["backwards", "at random"])
def test_the_ledger_is_byte_for_byte_the_same_in_whatever_order_they_came(
    one_by_one: Settings, readings: list[Reading], tmp_path: Path, order: str
) -> None:
    ordered = readings[::-1] if order == "backwards" else random.Random(3).sample(readings, len(readings))
    assert content(merged(settings_of(tmp_path), ordered)) == content(versions.on_show(one_by_one))


def test_each_release_is_restored_exactly_once_a_person_accepted_what_was_held_back(
    one_by_one: Settings, readings: list[Reading], tmp_path: Path
) -> None:
    settings = settings_of(tmp_path)
    merged(settings, readings)
    holds.accept(settings, date(2026, 6, 12), "flow_refugees", "to see the release as it was")
    ours, shipped = Ledger.open(settings), Ledger.open(settings_of(tmp_path / "shipped"))
    assert shipped.directory == SHIPPED
    for reading in readings:
        held, expected = (_held(ledger, ours, reading.release) for ledger in (ours, shipped))
        with duckdb.connect() as connection:
            connection.register("held", held)
            connection.register("expected", expected)
            for one, other in (("held", "expected"), ("expected", "held")):
                assert connection.execute(f"from {one} except from {other} limit 3").fetchall() == []
            assert held.num_rows == sum(each.figures for each in reading.datasets if each.facts)


def _held(ledger: Ledger, dates: Ledger, release: date) -> object:
    """Return the facts a ledger restores for a release, of the datasets and dates that it holds."""
    newest = dates.newest_reference_dates(release)
    values = ", ".join(f"('{dataset}', date '{day}')" for dataset, day in newest.items())
    standing = ledger.as_of(release)
    with duckdb.connect() as connection:
        connection.register("standing", standing.to_arrow_table())
        return connection.execute(
            f"""
            select s.indicator, s.reference_date, s.origin, s.asylum, s.value
            from standing as s
            inner join read_csv('{SHIPPED / "indicators.csv"}') as i on i.indicator = s.indicator
            inner join (values {values}) as newest(dataset, day) on newest.dataset = i.dataset
            where s.reference_date = newest.day or (month(s.reference_date) = 12 and s.reference_date < newest.day)
            """
        ).to_arrow_table()


def test_on_top_of_the_shipped_ledger_they_change_no_figure(readings: list[Reading], here: Settings) -> None:
    # Their demographics are kept beside: the shipped ledger has only those of the newest release.
    for reading in readings:
        outcome = take_in(here, reading)
        assert (outcome.new, outcome.changed, outcome.withdrawn) == (0, 0, 0)
        told = {each.dataset: each.outcome for each in outcome.datasets}
        assert {outcome for dataset, outcome in told.items() if dataset != "demographics"} == {"unchanged"}
    for name in ("figures.parquet", "releases.csv", "release_datasets.csv", "demographics.parquet"):
        assert (versions.on_show(here) / name).read_bytes() == (SHIPPED / name).read_bytes(), name
    assert [(row.release, row.indicator) for row in holds.held_back(here)] == [(date(2023, 6, 14), "demographics")]


def test_what_looks_odd_and_passes_is_worth_a_look(
    one_by_one: Settings, readings: list[Reading], here: Settings
) -> None:
    start_empty(here)
    said = {
        (finding.release, finding.indicator, finding.rule)
        for reading in readings[1:4]
        for finding in take_in(here, reading).warnings
    }
    assert {
        (date(2024, 6, 17), "returned_refugees", "total_moved"),  # up threefold
        (date(2024, 6, 17), "asylum_decisions_closed", "total_moved"),  # up 14 per cent
        (date(2025, 6, 12), "idmc_idps", "first_figures_withdrawn"),  # the world figure of 1989
        (date(2025, 6, 12), "unrwa_refugees", "first_figures_withdrawn"),  # Jordan in 1952
        (date(2025, 6, 12), "resettlement", "total_moved"),  # of 1975-81
    } <= said
