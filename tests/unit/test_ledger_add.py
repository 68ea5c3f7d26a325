"""Adding releases: what is new is added, what is damaged is held back, what is current stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.errors import DisplacementError, WrongUseError
from displacement.intake.model import DatasetReading, Hold, Reading
from displacement.ledger import Ledger, derive, holds
from displacement.ledger.add import add
from displacement.ledger.addition import Report
from displacement.ledger.holds import start_empty
from displacement.ledger.ingest import Arrival
from displacement.settings import Settings
from tests.small_releases import Fact, Small, reading_of, spans_in, write_facts

FIRST, SECOND, THIRD = date(2023, 6, 14), date(2023, 10, 25), date(2024, 6, 17)
END_2021, END_2022, MID_2023, END_2023 = date(2021, 12, 31), date(2022, 12, 31), date(2023, 6, 30), date(2023, 12, 31)


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    """Return the settings of an installation whose ledger is empty."""
    settings = Settings(home=tmp_path / "var", public=tmp_path / "public")
    start_empty(settings)
    return settings


def refugees(day: date, origin: str = "SYR") -> Fact:
    return ("refugees", day, origin, "TUR")


def population(release: date, newest: date, facts: Mapping[Fact, int], **more: object) -> Small:
    return Small(release, {"population": newest}, facts, **more)  # type: ignore[arg-type]


def taken(settings: Settings, small: Small) -> Report:
    return add(settings, reading_of(small, settings.home / "intake"))


ONE = population(FIRST, END_2022, {refugees(END_2021): 90, refugees(END_2022): 100, refugees(END_2022, "AFG"): 7})
TWO = population(SECOND, MID_2023, {**ONE.facts, refugees(END_2022): 101, refugees(MID_2023): 110})
LOST = population(THIRD, END_2023, {refugees(END_2022, "AFG"): 7, refugees(END_2023): 120})


def spans(settings: Settings) -> set[tuple[object, ...]]:
    return set(spans_in(derive.current(settings) / "figures.parquet"))


def content(settings: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in derive.sources(derive.current(settings))}


# --- what passes ------------------------------------------------------------------------------------------------------


def test_a_release_is_merged_and_said_to_be_new(place: Settings) -> None:
    outcome = taken(place, ONE)
    assert (outcome.is_new, outcome.new, outcome.changed, outcome.withdrawn) == (True, 3, 0, 0)
    assert outcome.sentences() == [
        "Release 2023-06-14 (Global Trends 2022): 3 figures are new, 0 changed, 0 withdrawn."
    ]
    assert spans(place) == {(*fact, value, FIRST, None) for fact, value in ONE.facts.items()}
    assert Ledger.open(place).as_of(FIRST).aggregate("count(*)").fetchall() == [(3,)]
    assert Ledger.open(place).newest_reference_dates(FIRST) == {"population": END_2022}


def test_the_differences_to_the_release_before_are_counted_by_indicator_and_date(place: Settings) -> None:
    taken(place, ONE)
    outcome = taken(place, TWO)
    assert [
        (each.reference_date, each.new, each.changed, each.total_before, each.total_after) for each in outcome.changes
    ] == [
        (END_2022, 0, 1, 107, 108),
        (MID_2023, 1, 0, None, 110),
    ]


def test_a_figure_that_a_release_no_longer_holds_is_withdrawn_and_a_mid_year_is_not(place: Settings) -> None:
    taken(place, ONE)
    taken(place, TWO)
    rest = {
        fact: value for fact, value in TWO.facts.items() if fact not in (refugees(END_2022, "AFG"), refugees(MID_2023))
    }
    outcome = taken(place, population(THIRD, END_2023, {**rest, refugees(END_2023): 120}))
    assert (outcome.new, outcome.changed, outcome.withdrawn) == (1, 0, 1)
    assert (*refugees(MID_2023), 110, SECOND, None) in spans(place)


def test_the_same_content_again_makes_no_new_version(place: Settings) -> None:
    taken(place, ONE)
    before = derive.current(place)
    outcome = taken(place, ONE)
    assert not outcome.is_new and outcome.ledger == before == derive.current(place)
    assert [each.outcome for each in outcome.datasets] == ["unchanged"]
    assert outcome.sentences() == [
        "Release 2023-06-14 (Global Trends 2022) brings nothing new; the ledger is as it was."
    ]


def test_the_content_of_the_release_before_makes_no_new_release(place: Settings) -> None:
    taken(place, ONE)
    before = derive.current(place)
    outcome = taken(place, replace(ONE, release=date(2023, 7, 1)))
    assert not outcome.is_new and derive.current(place) == before
    assert outcome.sentences() == ["Release 2023-07-01 brings nothing new; the ledger is as it was."]
    assert [each.outcome for each in outcome.datasets] == ["as before"]
    assert Ledger.open(place).releases() == (FIRST,)


def test_the_content_of_a_release_that_is_held_back_makes_no_new_release_either(place: Settings) -> None:
    taken(place, TWO)
    assert taken(place, LOST).is_held
    assert not taken(place, replace(LOST, release=date(2024, 6, 24))).is_new


def test_one_changed_dataset_lets_the_others_in_with_it(place: Settings) -> None:
    flow = ("flow_refugees", END_2022, "SYR", "TUR")
    both = Small(FIRST, {"population": END_2022, "flows": END_2022}, {**ONE.facts, flow: 5})
    taken(place, both)
    changed = replace(both, release=SECOND, facts={**both.facts, flow: 6})
    assert {each.dataset: each.outcome for each in taken(place, changed).datasets} == {
        "flows": "taken in",
        "population": "as before",
    }
    assert set(Ledger.open(place).newest_reference_dates(SECOND)) == {"flows", "population"}


def test_other_content_for_a_known_release_is_refused_and_the_rest_goes_on(place: Settings) -> None:
    taken(place, ONE)
    flow = ("flow_refugees", END_2022, "SYR", "TUR")
    other = Small(FIRST, {"population": END_2022, "flows": END_2022}, {**ONE.facts, refugees(END_2022): 99, flow: 5})
    outcome = taken(place, other)
    assert {each.dataset: each.outcome for each in outcome.datasets} == {"flows": "taken in", "population": "refused"}
    assert "population: the ledger has release 2023-06-14 with other content" in outcome.sentences()[1]
    assert (*refugees(END_2022), 100, FIRST, None) in spans(place)
    assert (*flow, 5, FIRST, None) in spans(place)


def test_the_same_facts_up_to_another_date_are_other_content(place: Settings) -> None:
    # Read as mid-year, what was read as year-end before would cover other dates.
    taken(place, ONE)
    outcome = taken(place, replace(ONE, newest={"population": END_2023}))
    assert [each.outcome for each in outcome.datasets] == ["refused"]


def test_a_dataset_that_a_release_lacked_may_come_later(place: Settings) -> None:
    taken(place, ONE)
    taken(place, TWO)
    flow = ("flow_refugees", END_2022, "SYR", "TUR")
    outcome = taken(place, Small(FIRST, {"flows": END_2022}, {flow: 5}))
    assert outcome.is_new and (*flow, 5, FIRST, None) in spans(place)


def test_facts_of_which_a_row_is_in_quarantine_are_not_withdrawn(place: Settings) -> None:
    taken(place, ONE)
    unknown = refugees(END_2022, "AFG")
    facts = {fact: value for fact, value in TWO.facts.items() if fact != unknown}
    outcome = taken(place, replace(TWO, facts=facts, unknown=frozenset({unknown})))
    assert outcome.withdrawn == 0
    assert (*unknown, 7, FIRST, None) in spans(place)


def test_releases_that_the_program_does_not_know_are_named_after_their_report(place: Settings) -> None:
    for release, newest in (
        (date(2031, 6, 10), date(2030, 12, 31)),
        (date(2031, 8, 1), date(2030, 12, 31)),
        (date(2031, 10, 28), date(2031, 6, 30)),
    ):
        taken(place, population(release, newest, {refugees(newest): release.month}))
    taken(
        place,
        Small(
            date(2031, 9, 1), {"flows": date(2030, 12, 31)}, {("flow_refugees", date(2030, 12, 31), "SYR", "TUR"): 1}
        ),
    )
    assert (derive.current(place) / "releases.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "2031-06-10,Global Trends 2030,",
        '2031-08-01,"Global Trends 2030, corrected",',
        "2031-09-01,Update of flows,",
        "2031-10-28,Mid-Year Trends 2031,",
    ]


def test_facts_that_are_not_what_a_ledger_takes_in_are_refused_whole(place: Settings, tmp_path: Path) -> None:
    taken(place, ONE)
    before = derive.current(place)
    for number, rows in enumerate(
        (
            [(*refugees(END_2022), 0)],
            [(*refugees(END_2022), 5), (*refugees(END_2022), 6)],
            [("resettlement", END_2022, "SYR", "TUR", 5)],
        )
    ):
        path = write_facts(tmp_path / f"{number}.parquet", rows)
        with pytest.raises(DisplacementError, match="cannot be added to the ledger"):
            add(place, Reading(SECOND, "directory", (DatasetReading("population", END_2022, "", 1, facts=path),)))
    assert derive.current(place) == before


def test_the_outcome_can_be_told_to_a_program(place: Settings) -> None:
    taken(place, TWO)
    said = json.loads(json.dumps(taken(place, LOST).as_json()))
    assert said["is_held"] and said["held"][0]["indicator"] == "refugees"
    assert said["datasets"][0]["newest_reference_date"] == "2023-12-31"


def test_a_release_dated_after_today_is_refused(place: Settings, tmp_path: Path) -> None:
    """It would hide every release until then."""
    with pytest.raises(WrongUseError, match="dated 2099-01-01, and today is"):
        Arrival(place, date(2099, 1, 1), tmp_path).capture()
    assert not place.home.joinpath("landing").exists()


# --- what is held back ------------------------------------------------------------------------------------------------


def test_what_is_held_back_keeps_its_former_figures(place: Settings) -> None:
    taken(place, TWO)
    before = spans(place)
    outcome = taken(place, LOST)
    assert [finding.rule for finding in outcome.held] == ["world_total"]
    assert [each.outcome for each in outcome.datasets] == ["held back"]
    assert spans(place) == before
    (row,) = holds.held_back(place)
    assert (row.release, row.dataset, row.indicator, row.rule) == (THIRD, "population", "refugees", "world_total")
    assert row.reference_dates == (END_2021, END_2022, END_2023)
    assert row.superseded_in is None
    assert json.loads(row.numbers)["total_before"] == 90


def test_the_rest_of_a_release_goes_on_when_one_indicator_is_held_back(place: Settings) -> None:
    taken(place, TWO)
    returned = ("returned_refugees", END_2023, "SYR", "TUR")
    taken(place, replace(LOST, facts={**LOST.facts, returned: 40}))
    assert (*returned, 40, THIRD, None) in spans(place)
    assert not any(span[:2] == ("refugees", END_2023) for span in spans(place))


def test_a_later_release_is_compared_with_the_last_accepted_one_and_ends_the_hold(place: Settings) -> None:
    taken(place, TWO)
    taken(place, LOST)
    later = date(2024, 6, 25)
    outcome = taken(place, population(later, END_2023, {**ONE.facts, refugees(END_2022): 101, refugees(END_2023): 121}))
    assert not outcome.is_held
    assert holds.held_back(place)[0].superseded_in == later
    assert (*refugees(END_2023), 121, later, None) in spans(place)


def test_accepting_takes_in_what_was_held_back_and_taking_it_back_restores_every_byte(place: Settings) -> None:
    taken(place, TWO)
    taken(place, LOST)
    before = content(place)
    accepted = holds.accept(place, THIRD, "refugees", "UNHCR counted anew; see its note of 18 June.", by="Ada")
    assert not accepted.is_held and accepted.withdrawn == 2
    assert holds.held_back(place) == ()
    assert (*refugees(END_2021), 90, SECOND, THIRD) in spans(place)
    holds.take_back(place, THIRD, "refugees", "The note was about something else.", by="Ada")
    assert content(place) == before
    assert [(one.verdict, one.subject, one.reason, one.decided_by) for one in holds.decisions(place)] == [
        ("accepted", "refugees", "UNHCR counted anew; see its note of 18 June.", "Ada"),
        ("taken back", "refugees", "The note was about something else.", "Ada"),
    ]


def test_accepting_one_release_judges_those_after_it_anew(place: Settings) -> None:
    taken(place, TWO)
    taken(place, LOST)
    later = date(2024, 6, 25)
    taken(place, population(later, END_2023, {**ONE.facts, refugees(END_2022): 101, refugees(END_2023): 121}))
    outcome = holds.accept(place, THIRD, "refugees", "It is meant.")
    assert [(each.release, each.indicator, each.is_held) for each in outcome.rejudged] == [(later, "refugees", True)]
    assert "refugees of release 2024-06-25 is now held back" in " ".join(outcome.sentences())


def test_an_older_release_that_comes_later_changes_what_those_after_it_are_compared_with(place: Settings) -> None:
    taken(place, population(THIRD, END_2023, {refugees(END_2022): 50, refugees(END_2023): 120}))
    assert holds.held_back(place) == ()
    outcome = taken(place, ONE)
    assert [(each.release, each.indicator, each.is_held) for each in outcome.rejudged] == [(THIRD, "refugees", True)]
    assert spans(place) == {(*fact, value, FIRST, None) for fact, value in ONE.facts.items()}


@pytest.mark.parametrize(
    ("subject", "reason", "says"),
    [
        ("refugees", "  ", "needs a reason"),
        ("returned_refugees", "because", "Held back: 2024-06-17 refugees"),
        ("refugee", "because", "Nothing named refugee of release 2024-06-17 is held back"),
    ],
)
def test_only_what_is_held_back_can_be_accepted_and_with_a_reason(
    place: Settings, subject: str, reason: str, says: str
) -> None:
    taken(place, TWO)
    taken(place, LOST)
    with pytest.raises(WrongUseError, match=says):
        holds.accept(place, THIRD, subject, reason)


def test_only_what_was_accepted_can_be_taken_back(place: Settings) -> None:
    taken(place, TWO)
    with pytest.raises(WrongUseError, match="Nobody accepted refugees of release 2023-10-25"):
        holds.take_back(place, SECOND, "refugees", "because")


def test_what_is_held_back_may_come_again_in_another_form(place: Settings) -> None:
    # The publisher mended the table within the day.
    taken(place, TWO)
    taken(place, LOST)
    mended = population(THIRD, END_2023, {**ONE.facts, refugees(END_2022): 101, refugees(END_2023): 120})
    outcome = taken(place, mended)
    assert outcome.is_new and not outcome.is_held
    assert holds.held_back(place) == ()
    assert (*refugees(END_2023), 120, THIRD, None) in spans(place)


# --- what intake stopped ----------------------------------------------------------------------------------------------


def test_an_indicator_that_intake_held_waits_for_a_person_and_the_rest_of_its_dataset_goes_on(place: Settings) -> None:
    taken(place, ONE)
    returned = ("returned_refugees", END_2022, "SYR", "TUR")
    hold = Hold("refugees", "known_origin", "1 row has the origin Atlantis, which is in no reviewed list.")
    outcome = taken(place, replace(TWO, facts={**TWO.facts, returned: 4}, holds=(hold,)))
    assert [(finding.indicator, finding.rule) for finding in outcome.held] == [("refugees", "known_origin")]
    assert "Atlantis" in outcome.sentences()[1] and "accept 2023-10-25 refugees" in outcome.sentences()[1]
    assert (*returned, 4, SECOND, None) in spans(place)
    holds.accept(place, SECOND, "refugees", "It is a ship.")
    assert (*refugees(MID_2023), 110, SECOND, None) in spans(place)


def test_a_dataset_that_intake_stopped_is_named_and_can_be_accepted_whole(place: Settings) -> None:
    taken(place, ONE)
    before = spans(place)
    stopped = replace(TWO, stopped={"population": "2 per cent of the rows are in quarantine."})
    outcome = taken(place, stopped)
    assert [each.outcome for each in outcome.datasets] == ["stopped"]
    assert "2 per cent of the rows" in " ".join(outcome.sentences())
    assert spans(place) == before and Ledger.open(place).releases() == (FIRST,)
    (row,) = holds.held_back(place)
    assert (row.indicator, row.rule) == ("refugees", "quarantined_share")
    assert 'accept 2023-10-25 population --reason "…"' in row.sentence
    with pytest.raises(WrongUseError, match="accept population instead"):
        holds.accept(place, SECOND, "refugees", "because")
    holds.accept(place, SECOND, "population", "The rows are of one country that closed its office.")
    assert (*refugees(MID_2023), 110, SECOND, None) in spans(place)
    assert holds.held_back(place) == () and Ledger.open(place).releases() == (FIRST, SECOND)
    holds.take_back(place, SECOND, "population", "They were not.")
    assert spans(place) == before


def test_a_dataset_of_which_nothing_could_be_read_is_named_beside_what_is_new(place: Settings) -> None:
    taken(place, ONE)
    reading = reading_of(TWO, place.home / "intake")
    flows = DatasetReading("flows", None, "", 0, stopped="The layout is on no list.", stopped_by="layout")
    outcome = add(place, Reading(SECOND, "directory", (flows, *reading.datasets)))
    assert {each.dataset: each.outcome for each in outcome.datasets} == {"flows": "stopped", "population": "taken in"}
    assert outcome.is_held and outcome.title == "Mid-Year Trends 2023"  # which the program knows
    (row,) = holds.held_back(place)
    assert (row.indicator, row.rule, row.reference_dates) == ("flows", "layout", ())
    with pytest.raises(WrongUseError, match="Nothing of flows of release 2023-10-25 was kept"):
        holds.accept(place, SECOND, "flows", "because")
    taken(place, Small(SECOND, {"flows": END_2022}, {("flow_refugees", END_2022, "SYR", "TUR"): 5}))
    assert holds.held_back(place) == ()


def test_a_release_of_which_nothing_could_be_read_changes_nothing(place: Settings) -> None:
    taken(place, ONE)
    before = derive.current(place)
    stopped = DatasetReading("population", None, "", 0, stopped="The table is not there.", stopped_by="layout")
    outcome = add(place, Reading(SECOND, "directory", (stopped,)))
    assert not outcome.is_new and outcome.is_held and derive.current(place) == before
    assert outcome.sentences()[1] == "population: The table is not there."


def test_a_release_of_which_one_table_came_is_not_named_after_it(place: Settings) -> None:
    """Of eleven tables ten were cut short, and the release was called "Update of unrwa"."""
    day, facts = date(2027, 7, 1), place.home / "intake" / "unrwa.parquet"
    write_facts(facts, [("unrwa_refugees", END_2022, "PSE", "EGY", 5)])
    unrwa = DatasetReading("unrwa", END_2022, "", 1, facts=facts)
    short = DatasetReading("population", None, "", 0, stopped="A page is missing.", stopped_by="captured_whole")
    people = replace(short, dataset="demographics")
    assert add(place, Reading(day, "directory", (people, short, unrwa))).title == "Incomplete release"
    assert {row.indicator for row in holds.held_back(place)} == {"population", "demographics"}
    later = taken(place, population(day, END_2022, {refugees(END_2022): 5}))
    assert later.title == "Global Trends 2022, incomplete" and not later.is_held


def test_an_indicator_with_the_name_of_its_dataset_is_not_taken_for_the_dataset(place: Settings) -> None:
    applied, cases = ((code, END_2022, "SYR", "TUR") for code in ("asylum_applications", "asylum_applications_cases"))
    path = write_facts(place.home / "intake" / "applications.parquet", [(*applied, 5), (*cases, 6)])
    hold = Hold("asylum_applications", "known_origin", "1 row has an unknown origin.")
    reading = DatasetReading("asylum_applications", END_2022, "", 2, facts=path, holds=(hold,))
    outcome = add(place, Reading(FIRST, "directory", (reading,)))
    assert [finding.indicator for finding in outcome.held] == ["asylum_applications"]
    assert spans(place) == {(*cases, 6, FIRST, None)}
    holds.accept(place, FIRST, "asylum_applications", "It is a ship.")
    assert spans(place) == {(*cases, 6, FIRST, None), (*applied, 5, FIRST, None)}


# --- tables without indicators ----------------------------------------------------------------------------------------


def demographics(settings: Settings, release: date, years: Mapping[int, int], **more: object) -> Report:
    """Take in a table of demographics with so many rows for each year."""
    path = settings.home / "intake" / str(release) / "demographics.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = " union all ".join(
        f"select {year} as year, range as total from range({count})" for year, count in years.items()
    )
    duckdb.execute(f"copy ({rows}) to '{path}' (format parquet)")
    reading = DatasetReading("demographics", None, "", sum(years.values()), table=path, **more)  # type: ignore[arg-type]
    return add(settings, Reading(release, "directory", (reading,)))


def rows_on_show(settings: Settings) -> int:
    path = derive.current(settings) / "demographics.parquet"
    return int(duckdb.execute(f"select count(*) from read_parquet('{path}')").fetchall()[0][0])


def test_demographics_are_kept_release_by_release_and_the_newest_are_on_show(place: Settings) -> None:
    taken(place, ONE)
    demographics(place, THIRD, {2021: 50, 2022: 60})
    demographics(place, FIRST, {2021: 40})
    assert rows_on_show(place) == 110
    assert not demographics(place, THIRD, {2021: 50, 2022: 60}).is_new
    assert not demographics(place, date(2024, 7, 1), {2021: 50, 2022: 60}).is_new


def test_demographics_that_lost_a_year_are_held_back_until_a_person_accepts_them(place: Settings) -> None:
    # The demographics of 2023-06-14 came without 2021.
    demographics(place, FIRST, {2021: 50, 2022: 60})
    outcome = demographics(place, SECOND, {2022: 61})
    assert [(each.indicator, each.rule) for each in outcome.held] == [("demographics", "facts_lost")]
    assert rows_on_show(place) == 110
    assert [row.indicator for row in holds.held_back(place)] == ["demographics"]
    holds.accept(place, SECOND, "demographics", "2021 was withdrawn for good.")
    assert rows_on_show(place) == 61
    holds.take_back(place, SECOND, "demographics", "It was not.")
    assert rows_on_show(place) == 110


def test_demographics_that_intake_stopped_are_held_back_as_a_whole(place: Settings) -> None:
    demographics(place, FIRST, {2022: 60})
    stopped = {"stopped": "13,174 keys twice.", "stopped_by": "one_value_a_key"}
    outcome = demographics(place, SECOND, {2022: 61}, **stopped)
    assert [(each.indicator, each.rule) for each in outcome.held] == [("demographics", "one_value_a_key")]
    assert rows_on_show(place) == 60
    holds.accept(place, SECOND, "demographics", "The keys are those of two camps.")
    assert rows_on_show(place) == 61
