"""Which date the newest year of a release describes: nothing in the data says so, and a wrong guess is a false trend.

Small releases have a dozen figures a year, so that a few equal ones are a large share.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from displacement.errors import WrongUseError
from displacement.intake import findings
from displacement.intake.reading import ReadingContext, read_release
from displacement.intake.reference_dates import (
    Likeness,
    dated_by_release,
    following,
    mid_year,
    unless_still_mid_year,
    year_end,
)
from displacement.ledger.ingest import context_of
from displacement.settings import PACKAGE, Settings
from displacement.sources.release import capture_of_directory
from tests.small_release import altered, rows, small_release

KEPT = ("population", "solutions", "flows", "asylum_applications", "asylum_decisions")
SHIPPED = [
    (str(release), str(dataset), newest)
    for release, dataset, newest in rows(
        f"select release, dataset, newest_reference_date from read_csv('{PACKAGE / 'data' / 'release_datasets.csv'}')"
    )
]


@pytest.fixture(autouse=True)
def no_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the expectations: no date depends on them, and starting them takes most of the time."""
    monkeypatch.setattr(findings, "check_rows", lambda *_: [])


def newest(reading_of: Path, settings: Settings, earlier: tuple[Path, ...] = ()) -> dict[str, date | None]:
    reading = read_release(capture_of_directory(reading_of), ReadingContext(settings, earlier))
    assert reading.stopped == ()
    return {each.dataset: each.newest_reference_date for each in reading.datasets}


def as_ledger(facts: Path, release: str, path: Path, superseded_in: str = "null") -> Path:
    """Write facts as a ledger keeps them, published in a release."""
    query = f"select *, date '{release}' as published_in, {superseded_in}::date as superseded_in from '{facts}'"
    rows(f"copy ({query}) to '{path}' (format parquet)")
    return path


# --- the day of the release -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("release", "dataset", "expected"), [each for each in SHIPPED if each[1] in KEPT])
def test_the_rule_gives_the_date_of_every_shipped_release(release: str, dataset: str, expected: date) -> None:
    found = dated_by_release(expected.year, date.fromisoformat(release))
    if (release, dataset) == ("2025-06-12", "flows"):  # those of mid-2024 still, figure by figure
        found = unless_still_mid_year(found, Likeness(3363, 3363))
    assert found.newest == expected


@pytest.mark.parametrize(
    ("year", "release", "expected", "why"),
    [
        (2025, "2026-05-31", "2025-06-30", "A release before 1 June holds the year before, 2025, at its middle."),
        (2025, "2026-06-01", "2025-12-31", "A release on or after 1 June holds the year before, 2025, at its end."),
        (2025, "2025-10-18", "2025-06-30", "A release of 2025-10-18 cannot hold the end of 2025: it is mid-2025."),
        (2025, "2025-12-31", "2025-06-30", "A release of 2025-12-31 cannot hold the end of 2025: it is mid-2025."),
        (2025, "2026-11-03", "2025-12-31", "A release on or after 1 June holds the year before, 2025, at its end."),
        (2024, "2026-01-10", "2024-12-31", "2024 had long ended when the release of 2026-01-10 came"),
    ],
)
def test_the_day_of_a_release_says_middle_or_end(year: int, release: str, expected: str, why: str) -> None:
    found = dated_by_release(year, date.fromisoformat(release))
    assert (str(found.newest), found.undecided) == (expected, False)
    assert found.why.startswith(why)


# --- what was known before --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equal", "expected", "undecided"),
    [
        (1000, "2025-06-30", False),
        (900, "2025-06-30", False),  # corrected here and there, like 2026-03-30
        (899, "2025-12-31", True),
        (500, "2025-12-31", True),
        (499, "2025-12-31", False),
        (290, "2025-12-31", False),  # the most a year-end ever shared with the middle of its year
        (0, "2025-12-31", False),
    ],
)
def test_a_year_that_says_what_its_middle_said_is_still_its_middle(equal: int, expected: str, undecided: bool) -> None:
    found = unless_still_mid_year(dated_by_release(2025, date(2026, 6, 12)), Likeness(1000, equal))
    assert (str(found.newest), found.undecided) == (expected, undecided)
    assert (f"{equal:,} of its 1,000 figures are those of mid-2025" in found.why) == (equal >= 500)


def test_a_year_of_which_nothing_was_known_before_is_what_the_release_says() -> None:
    found = unless_still_mid_year(dated_by_release(2025, date(2026, 6, 12)), Likeness(0, 0))
    assert found.newest == year_end(2025)


def test_what_is_never_compared_goes_with_the_dataset_it_follows() -> None:
    found = dated_by_release(2025, date(2026, 6, 5))
    assert following(found, "population", mid_year(2025)).newest == mid_year(2025)
    assert following(found, "population", year_end(2025)) == found
    assert following(found, "population", mid_year(2024)) == found
    assert following(found, "population", year_end(2025), undecided=True).undecided
    assert following(dated_by_release(2025, date(2026, 3, 1)), "population", year_end(2025), undecided=True) == (
        dated_by_release(2025, date(2026, 3, 1))
    )


# --- releases, one after the other ------------------------------------------------------------------------------------


def test_a_mid_year_release_gives_mid_year_facts_and_none_of_idmc_and_unrwa(tmp_path: Path, here: Settings) -> None:
    dates = newest(small_release(tmp_path, release="2025-11-10"), here)
    carried = {"demographics", "idmc", "unrwa"}
    assert {name for name, day in dates.items() if day == date(2025, 6, 30)} == set(KEPT)
    assert {name for name, day in dates.items() if day == date(2024, 12, 31)} == carried
    directory = here.home / "intake" / "2025-11-10"
    for name in ("idmc", "unrwa"):
        assert rows(f"select max(reference_date) from '{directory / name}.parquet'") == [(date(2024, 12, 31),)]
    days = rows(f"select distinct reference_date from '{directory / 'flows.parquet'}' order by 1 desc limit 2")
    assert days == [(date(2025, 6, 30),), (date(2024, 12, 31),)]


def test_flows_that_were_not_renewed_in_june_stay_mid_year(tmp_path: Path, here: Settings) -> None:
    # On 2025-06-12 the flows of 2024 were those of October, row for row, while all else was of the end of the year.
    newest(small_release(tmp_path, "flows", release="2024-10-18"), here)
    ledger = as_ledger(here.home / "intake" / "2024-10-18" / "flows.parquet", "2024-10-18", tmp_path / "l.parquet")
    june = small_release(tmp_path, release="2025-06-12")
    assert newest(june, here, (ledger,))["flows"] == date(2024, 6, 30)
    assert newest(june, here, (ledger,))["population"] == date(2024, 12, 31)
    assert newest(june, here)["flows"] == date(2024, 12, 31)


def test_what_is_fetched_in_june_before_the_new_release_is_mid_year_throughout(tmp_path: Path, here: Settings) -> None:
    # Between 1 June and the day of the release the interface still serves the middle of the year. IDMC's and UNRWA's
    # values of it are carried forward, and would pass for those of the end.
    autumn = small_release(tmp_path / "a", release="2025-11-10")
    newest(autumn, here)
    found = here.home / "intake" / "2025-11-10"
    both = tmp_path / "both.parquet"
    rows(f"copy (from read_parquet(['{found}/population.parquet', '{found}/flows.parquet'])) to '{both}'")
    ledger = as_ledger(both, "2025-11-10", tmp_path / "l.parquet")
    june = small_release(tmp_path / "b", release="2026-06-05")
    dates = newest(june, here, (ledger,))
    assert (dates["population"], dates["flows"]) == (date(2025, 6, 30), date(2025, 6, 30))
    assert (dates["idmc"], dates["unrwa"]) == (date(2024, 12, 31), date(2024, 12, 31))


def test_only_what_stood_when_the_release_came_is_compared(tmp_path: Path, here: Settings) -> None:
    newest(small_release(tmp_path, "flows", release="2024-10-18"), here)
    facts = here.home / "intake" / "2024-10-18" / "flows.parquet"
    june = small_release(tmp_path, "flows", release="2025-06-12")
    for published, superseded, expected in (
        ("2024-10-18", "date '2026-01-01'", date(2024, 6, 30)),
        ("2024-10-18", "date '2025-06-12'", date(2024, 12, 31)),
        ("2025-07-01", "null", date(2024, 12, 31)),
    ):
        ledger = as_ledger(facts, published, tmp_path / "l.parquet", superseded)
        assert newest(june, here, (ledger,)) == {"flows": expected}


def test_half_of_a_year_equal_to_its_middle_stops_the_dataset_until_a_person_says(
    tmp_path: Path, here: Settings
) -> None:
    newest(small_release(tmp_path, "flows", release="2024-10-18"), here)
    ledger = as_ledger(here.home / "intake" / "2024-10-18" / "flows.parquet", "2024-10-18", tmp_path / "l.parquet")
    june = small_release(tmp_path, "flows", release="2025-06-12")
    capture = altered(june, "flows", "select * replace (if(n % 3 = 0, refugees + 1, refugees) as refugees) from t")
    (flows,) = read_release(capture, ReadingContext(here, (ledger,))).datasets
    assert flows.stopped_by == "reference_date"
    assert "10 of its 12 figures are those of mid-2024 as known before" in (flows.stopped or "")
    assert flows.facts is None  # nobody can accept facts whose dates nobody knows
    for day in (date(2024, 6, 30), date(2024, 12, 31)):
        (flows,) = read_release(capture, ReadingContext(here, (ledger,), {"flows": day})).datasets
        assert (flows.stopped, flows.newest_reference_date, flows.why) == (None, day, f"Given by hand: {day}.")


def test_who_follows_a_dataset_that_nobody_can_date_cannot_be_dated_either(tmp_path: Path, here: Settings) -> None:
    newest(small_release(tmp_path, "population", release="2025-11-10"), here)
    facts = here.home / "intake" / "2025-11-10" / "population.parquet"
    ledger = as_ledger(facts, "2025-11-10", tmp_path / "l.parquet")
    june = small_release(tmp_path, "population", "idmc", release="2026-06-05")
    capture = altered(june, "population", "select * replace (if(n % 2 = 0, refugees + 1, refugees) as refugees) from t")
    stopped = read_release(capture, ReadingContext(here, (ledger,))).stopped
    assert [(each.dataset, each.stopped_by) for each in stopped] == [
        ("idmc", "reference_date"),
        ("population", "reference_date"),
    ]
    reading = read_release(capture, ReadingContext(here, (ledger,), {"population": date(2025, 6, 30)}))
    assert [each.newest_reference_date for each in reading.datasets] == [date(2024, 12, 31), date(2025, 6, 30)]


def test_a_date_given_by_hand_must_be_one_of_the_newest_year(tmp_path: Path, here: Settings) -> None:
    capture = capture_of_directory(small_release(tmp_path, "flows"))
    (flows,) = read_release(capture, ReadingContext(here, newest={"flows": date(2024, 6, 30)})).datasets
    assert flows.stopped_by == "reference_date"
    assert "2024-06-30, is not of its newest year. Give 2025-06-30 or 2025-12-31." in (flows.stopped or "")


def test_a_date_can_be_given_for_a_dataset_only(here: Settings) -> None:
    given = {"flows": date(2024, 6, 30)}
    assert context_of(here, given).newest == given
    assert context_of(here).earlier == (here.data / "figures.parquet",)
    for name in ("flow", "footnotes"):
        with pytest.raises(WrongUseError, match=f"There is no dataset {name} with a reference date"):
            context_of(here, {name: date(2024, 6, 30)})
