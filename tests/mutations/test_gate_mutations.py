"""Damaged releases at the gate: none that moves many people is silent, and none that moves much of the world passes.

`python -m tests.mutations` writes the matrix of what is held, warned of and silent into `docs/faults.md`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.mutations.__main__ import BEGIN, DOCUMENT, END, MANY, matrix
from tests.mutations.damage import KINDS
from tests.mutations.judged import HELD, HISTORIES, Edited, Judged, Releases, damaged

NEW_CASES = "_cases"
"""A count of cases begins and ends from one year to the next: no year before can tell what is missing."""


@pytest.fixture(scope="module")
def releases() -> Releases:
    return Releases()


def must_not_be_silent(each: Judged) -> bool:
    return each.people >= MANY and not each.indicator.endswith(NEW_CASES)


def must_be_held(each: Judged) -> bool:
    """Tell whether a component of the headline moved by far more than it may, on a date that is compared."""
    return each.in_headline and each.people >= MANY and each.share > 0.6 and (each.release - each.day).days < 3650


def check(judged: list[Judged]) -> None:
    assert [each for each in judged if must_not_be_silent(each) and each.result == "silent"] == []
    assert [each for each in judged if must_be_held(each) and each.result != "held"] == []


def test_of_a_sample_of_damage_none_that_moves_200_000_people_is_silent(releases: Releases) -> None:
    # Two hundred and twenty-four damaged indicators of 825 went in without a word, nearly all in the newest year.
    judged = list(damaged(releases, rounds=2))
    assert len(judged) > 30
    check(judged)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_of_all_damage_none_that_moves_200_000_people_is_silent(releases: Releases) -> None:
    judged = list(damaged(releases, rounds=20))  # every release twice: its new dates, and those known before
    check(judged)
    assert {*KINDS, *HISTORIES} <= {each.kind for each in judged}


@pytest.mark.slow
def test_of_the_releases_as_they_are_exactly_two_indicators_are_held(releases: Releases) -> None:
    held = {
        (finding.release, finding.indicator)
        for day in releases.days[1:]
        for finding in releases.edition(day).judge()
        if finding.severity == "blocking"
    }
    assert held == HELD


def test_an_old_release_served_anew_is_held_as_a_whole(releases: Releases) -> None:
    # 2023-08-15 served as a release of today withdrew 2.6 million returned IDPs of Ukraine, with exit code 0.
    edition = releases.edition(date(2026, 6, 25))
    old = releases.edition(date(2023, 8, 15))
    now = {code: type(each)(edition.release, each.newest) for code, each in old.now.items()}
    releases.restore_before(edition.before)
    found = Edited(releases, edition.release, now, edition.before).judge()
    assert {finding.indicator for finding in found if finding.rule == "older_release"} == set(now)


def test_the_matrix_in_the_document_is_that_of_these_kinds() -> None:
    text = Path(DOCUMENT).read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][1:]
    assert rows == sorted([*KINDS, *HISTORIES, "a cell negative"])
    assert matrix([]).startswith("0 damaged indicators")
