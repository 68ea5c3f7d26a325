"""The release gate: a loss is held back at its threshold and not a fact before; what is normal passes."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from displacement.ledger import gate
from displacement.ledger.gate import Movement, Side, Subject, Tally, Thresholds, judge, stopped, thresholds, warn

REFUGEES = Subject("refugees", "population", "Refugees under UNHCR's mandate", in_headline=True)
RETURNS = Subject("returned_refugees", "population", "Returned refugees")
DEMOGRAPHICS = Subject("demographics", "demographics", "Demographics", is_table=True)

YEAR_END, MID_YEAR = date(2023, 12, 31), date(2024, 6, 30)


def side(release: str, tallies: dict[date | None, Tally], newest: date | None = None) -> Side:
    days = [day for day in tallies if day]
    return Side(date.fromisoformat(release), newest or max(days, default=None), tallies)


def held(subject: Subject, before: Tally, now: Tally, day: date | None = YEAR_END) -> list[str]:
    findings = judge(subject, side("2024-06-17", {day: now}), side("2023-10-25", {day: before}))
    return [finding.rule for finding in findings]


@pytest.mark.parametrize(
    ("before", "now", "is_held"),
    [
        (1000, 801, False),
        (1000, 800, False),  # by 20 per cent, not by more
        (1000, 799, True),
        (100, 71, False),  # 29 facts: too few to speak of, whatever the share
        (100, 70, True),
        (30, 0, True),
        (29, 0, False),
        (1000, 5000, False),
    ],
)
def test_facts_that_fall_by_more_than_a_fifth_and_by_thirty_are_held_back(before: int, now: int, is_held: bool) -> None:
    assert held(RETURNS, Tally(before, 1), Tally(now, 1)) == (["facts_lost"] if is_held else [])


@pytest.mark.parametrize(
    ("before", "now", "is_held"),
    [(1000, 801, False), (1000, 799, True), (1000, 1500, False), (1000, 1501, True), (1000, 0, True)],
)
def test_the_world_total_of_a_component_may_fall_by_a_fifth_and_rise_by_half(
    before: int, now: int, is_held: bool
) -> None:
    assert held(REFUGEES, Tally(20, before), Tally(20, now)) == (["world_total"] if is_held else [])


@pytest.mark.parametrize(("tenfold", "is_held"), [(4, False), (10, False), (11, True), (20, True)])
def test_a_history_that_is_rewritten_on_most_of_its_dates_is_held_back(tenfold: int, is_held: bool) -> None:
    # Resettlement of 1975-1981 rose up to 24-fold on 2025-06-12, seven dates of 66, and the publisher meant it; a table
    # multiplied by ten changes all of them.
    years = [date(year, 12, 31) for year in range(2004, 2024)]
    before = {day: Tally(20, 1000) for day in years}
    now = before | {day: Tally(20, 10_000) for day in years[:tenfold]}
    findings = judge(RETURNS, side("2024-06-17", dict(now)), side("2023-10-25", dict(before)))
    assert [finding.rule for finding in findings] == (["rewritten"] if is_held else [])


def test_a_short_history_may_be_rewritten() -> None:
    years = [date(year, 12, 31) for year in range(2020, 2024)]
    before: dict[date | None, Tally] = {day: Tally(20, 1000) for day in years}
    now: dict[date | None, Tally] = {day: Tally(20, 10_000) for day in years}
    assert judge(RETURNS, side("2024-06-17", now), side("2023-10-25", before)) == []


def test_the_world_total_of_what_is_no_component_may_rise_threefold() -> None:
    # Returned refugees of 2022 rose from 339,261 to 1,356,261 on 2024-06-17, and the publisher meant it.
    assert held(RETURNS, Tally(20, 339_261), Tally(20, 1_356_261)) == []


def test_world_totals_are_compared_on_the_year_ends_of_ten_years_and_no_mid_year() -> None:
    assert held(REFUGEES, Tally(20, 1000), Tally(20, 10), date(2014, 12, 31)) == ["world_total"]
    assert held(REFUGEES, Tally(20, 1000), Tally(20, 10), date(2013, 12, 31)) == []
    assert held(REFUGEES, Tally(20, 1000), Tally(20, 10), date(2023, 6, 30)) == []


def test_a_mid_year_is_compared_with_the_same_mid_year_and_with_no_year_end() -> None:
    # Mid-2023 was in the release of October 2023; the year-end release of June 2024 no longer carries it.
    before = side("2023-10-25", {date(2023, 6, 30): Tally(500, 500)})
    assert judge(RETURNS, side("2024-06-17", {YEAR_END: Tally(10, 10)}), before) == []
    corrected = side("2023-11-01", {date(2023, 6, 30): Tally(10, 10)})
    assert [finding.rule for finding in judge(RETURNS, corrected, before)] == ["facts_lost"]


def test_a_release_that_does_not_reach_as_far_as_the_one_before_has_lost_what_came_after() -> None:
    before = side("2024-06-17", {date(2022, 12, 31): Tally(500, 500), YEAR_END: Tally(600, 600)})
    now = side("2024-06-18", {date(2022, 12, 31): Tally(500, 500)})
    (finding,) = judge(RETURNS, now, before)
    assert (finding.rule, finding.reference_dates) == ("facts_lost", (YEAR_END,))


def test_facts_of_which_a_row_is_in_quarantine_are_not_lost() -> None:
    before = side("2023-10-25", {YEAR_END: Tally(100, 100)})
    assert judge(RETURNS, side("2024-06-17", {YEAR_END: Tally(60, 60, unknown=40)}), before) == []
    assert judge(RETURNS, side("2024-06-17", {YEAR_END: Tally(60, 60, unknown=9)}), before) != []


def test_a_date_of_which_only_facts_in_quarantine_were_known_is_not_compared() -> None:
    before = side("2023-10-25", {YEAR_END: Tally(unknown=3)})
    assert judge(REFUGEES, side("2024-06-17", {YEAR_END: Tally(3, 3000)}), before) == []


def test_the_first_release_of_an_indicator_is_compared_with_nothing() -> None:
    assert judge(REFUGEES, side("2024-06-17", {}), None) == []


def test_rows_of_a_table_are_counted_by_year_or_altogether() -> None:
    # The demographics of 2023-06-14 came without 2021.
    year = date(2021, 12, 31)
    (finding,) = judge(
        DEMOGRAPHICS, Side(date(2023, 6, 14), None, {}), Side(date(2023, 4, 27), None, {year: Tally(9000)})
    )
    assert finding.indicator == "demographics" and finding.reference_dates == (year,)
    assert "of 9,000 rows" in finding.sentence
    assert held(DEMOGRAPHICS, Tally(658), Tally(100), None) == ["facts_lost"]


def test_a_finding_says_which_rule_which_numbers_and_what_to_do() -> None:
    days = [date(year, 12, 31) for year in range(1990, 2024)]
    before = side("2024-06-17", {day: Tally(300 + day.year - 1990, 9) for day in days})
    (finding,) = judge(
        Subject("naturalisation", "solutions", "Naturalised refugees"),
        side("2024-10-18", {MID_YEAR: Tally(40, 40)}),
        before,
    )
    assert finding.sentence == (
        "Naturalised refugees (naturalisation) of release 2024-10-18: of 333 figures that release 2024-06-17 held for "
        "2023-12-31, 0 are left, and likewise on 34 dates from 1990-12-31 to 2023-12-31; more than 20 per cent and at "
        "least 30 lost holds back. What was current before stays. If this is meant, accept it: displacement releases "
        'accept 2024-10-18 naturalisation --reason "…"'
    )
    assert finding.severity == "blocking"
    assert finding.numbers == {
        "compared_with": "2024-06-17",
        "dates": 34,
        "worst_date": "2023-12-31",
        "facts_before": 333,
        "facts_now": 0,
    }
    assert len(finding.reference_dates) == 34
    assert finding.as_json()["reference_dates"][0] == "1990-12-31"


def test_what_intake_stopped_can_be_accepted_where_something_was_kept() -> None:
    release = date(2023, 6, 14)
    said = stopped(DEMOGRAPHICS, release, "one_value_a_key", "13,174 keys twice.", accepted_as="demographics").sentence
    assert said.startswith("13,174 keys twice. What was current before stays.")
    assert 'accept 2023-06-14 demographics --reason "…"' in said
    assert stopped(DEMOGRAPHICS, release, "layout", "No layout.", accepted_as=None).sentence == (
        "No layout. Nothing of it was kept: get it again."
    )


# --- warnings ---------------------------------------------------------------------------------------------------------


def warned(before: Tally, now: Tally, movement: Movement | None = None) -> dict[str, str]:
    findings = warn(
        RETURNS,
        side("2024-06-17", {YEAR_END: now}),
        side("2023-10-25", {YEAR_END: before}),
        movement or Movement(),
    )
    assert all(finding.severity == "warning" for finding in findings)
    return {finding.rule: finding.sentence for finding in findings}


def test_nothing_is_said_where_nothing_is_odd() -> None:
    assert warned(Tally(10, 1000), Tally(10, 1099)) == {}


def test_a_world_total_that_moved_by_more_than_a_tenth_is_worth_a_look() -> None:
    assert warned(Tally(10, 339_261), Tally(10, 1_356_261)) == {
        "total_moved": "Returned refugees (returned_refugees) of release 2024-06-17: the world total for 2023-12-31 "
        "went from 339,261 to 1,356,261 (+299.8 per cent)."
    }
    assert list(warned(Tally(10, 1000), Tally(10, 899))) == ["total_moved"]


def test_large_revisions_countries_that_appear_and_first_figures_withdrawn_are_worth_a_look() -> None:
    movement = Movement(2, "AFG to PAK, 2023-12-31: 10 → 90,000", ("AND", "MCO"), date(1989, 12, 31), 1)
    said = warned(Tally(10, 1000), Tally(10, 1000), movement)
    assert sorted(said) == ["country_appears", "first_figures_withdrawn", "large_revision"]
    assert "2 figures were revised by more than 1 per cent and 10,000" in said["large_revision"]
    assert said["large_revision"].endswith("the largest: AFG to PAK, 2023-12-31: 10 → 90,000.")
    assert "AND, MCO" in said["country_appears"]
    assert "1 of its first figures (1989-12-31) was withdrawn" in said["first_figures_withdrawn"]


def test_a_first_release_is_no_reason_to_warn() -> None:
    now = side("2024-06-17", {YEAR_END: Tally(1, 1)})
    for before in (None, side("2023-10-25", {})):  # people in refugee-like situations: a column that came later
        assert warn(RETURNS, now, before, Movement(appeared=("AND",))) == []


# --- the file of thresholds -------------------------------------------------------------------------------------------


def test_every_threshold_has_its_basis_and_the_real_release_that_set_it() -> None:
    said = tomllib.loads((Path(gate.__file__).parent / "thresholds.toml").read_text(encoding="utf-8"))
    for name, rule in said.items():
        assert rule["basis"] and rule["release"], name
    numbers = sum(len(rule) - 2 for rule in said.values())
    assert numbers == len(fields(Thresholds))


def test_the_thresholds_are_those_that_were_agreed() -> None:
    agreed = thresholds()
    assert (agreed.facts_lost_share, agreed.facts_lost_at_least) == (0.20, 30)
    assert (agreed.world_total_fall, agreed.world_total_rise, agreed.world_total_years) == (0.20, 0.50, 10)
    assert agreed.quarantine_share == 0.01
    assert (agreed.large_revision_share, agreed.large_revision_at_least) == (0.01, 10_000)
