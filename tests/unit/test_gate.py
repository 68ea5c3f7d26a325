"""The release gate: a loss is held back at its threshold and not a fact before; what is normal passes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.errors import WrongUseError
from displacement.ledger import gate
from displacement.ledger.gate import (
    Edition,
    Finding,
    Subject,
    Thresholds,
    in_sentences,
    judge_release,
    require_past,
    stopped,
    thresholds,
)
from displacement.ledger.ingest import Arrival
from displacement.settings import Settings

REFUGEES = Subject("refugees", "population", "Refugees under UNHCR's mandate", in_headline=True)
RETURNS = Subject("returned_refugees", "population", "Returned refugees")
DEMOGRAPHICS = Subject("demographics", "demographics", "Demographics", is_table=True)

YEAR_END, NEXT_YEAR, MID_YEAR = date(2022, 12, 31), date(2023, 12, 31), date(2023, 6, 30)
BEFORE, NOW = date(2023, 10, 25), date(2024, 6, 17)

Cells = Mapping[tuple[str, str], int]
Dates = Mapping[date, Cells]


def cells(facts: int, each: int = 1) -> Cells:
    """Return facts of as many countries of origin and of asylum."""
    return {(f"O{number}", f"A{number}"): each for number in range(facts)}


def judged(
    subject: Subject,
    before: Dates,
    now: Dates,
    *,
    unknown: Dates | None = None,
    editions: tuple[Edition, Edition] | None = None,
    rows: tuple[Mapping[date | None, int], Mapping[date | None, int]] = ({}, {}),
) -> list[Finding]:
    """Return what the gate finds in a release of one indicator or table."""
    earlier, release = editions or (Edition(BEFORE, max(before, default=None)), Edition(NOW, max(now, default=None)))
    with duckdb.connect() as connection:
        for name, dates in (("before", before), ("now", now), ("unknown", unknown or {})):
            connection.execute(
                f"create table {name}_facts "
                "(indicator varchar, reference_date date, origin varchar, asylum varchar, value bigint)"
            )
            facts = [
                f"('{subject.code}', date '{day}', '{key[0]}', '{key[1]}', {value})"
                for day, each in dates.items()
                for key, value in each.items()
            ]
            if facts:
                connection.execute(f"insert into {name}_facts values {', '.join(facts)}")
        for name, counted in zip(("before", "now"), rows, strict=True):
            connection.execute(f"create table {name}_rows (dataset varchar, reference_date date, rows bigint)")
            for day, number in counted.items():
                year = f"date '{day}'" if day else "null"
                connection.execute(f"insert into {name}_rows values ('{subject.code}', {year}, {number})")
        code = subject.code
        return judge_release(connection, {code: subject}, {code: release}, {code: earlier})


def rules(findings: Iterable[Finding], severity: str = "blocking") -> list[str]:
    return [finding.rule for finding in findings if finding.severity == severity]


# --- dates known before -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "is_held"),
    [
        (1000, 800, False),  # by 20 per cent, not by more
        (1000, 799, True),
        (100, 71, False),  # 29 facts: too few to speak of, whatever the share
        (100, 70, True),
        (30, 1, False),
        (1000, 5000, False),
    ],
)
def test_facts_that_fall_by_more_than_a_fifth_and_by_thirty_are_held_back(before: int, now: int, is_held: bool) -> None:
    found = judged(RETURNS, {YEAR_END: cells(before)}, {YEAR_END: cells(now)})
    assert rules(found) == (["facts_lost"] if is_held else [])


@pytest.mark.parametrize(
    ("before", "now", "is_held"),
    [(1000, 801, False), (1000, 799, True), (1000, 1500, False), (1000, 1501, True)],
)
@pytest.mark.parametrize("day", [YEAR_END, MID_YEAR])
def test_the_world_total_of_a_component_may_fall_by_a_fifth_and_rise_by_half(
    day: date, before: int, now: int, is_held: bool
) -> None:
    found = judged(REFUGEES, {day: cells(20, before)}, {day: cells(20, now)})
    assert rules(found) == (["world_total"] if is_held else [])


def test_the_world_total_of_a_component_is_compared_on_the_dates_of_ten_years() -> None:
    for year, expected in ((2014, ["world_total"]), (2013, [])):
        day = date(year, 12, 31)
        assert rules(judged(REFUGEES, {day: cells(20, 1000)}, {day: cells(20, 10)})) == expected


def test_the_world_total_of_a_flow_may_rise_threefold() -> None:
    # Returned refugees of 2022 rose from 339,261 to 1,356,261 on 2024-06-17, and the publisher meant it.
    found = judged(RETURNS, {YEAR_END: cells(1, 339_261)}, {YEAR_END: cells(1, 1_356_261)})
    assert rules(found) == []
    (moved,) = [finding for finding in found if finding.rule == "total_moved"]
    assert moved.sentence == (
        "Returned refugees (returned_refugees) of release 2024-06-17: the world total for 2022-12-31 went from 339,261 "
        "to 1,356,261 (+299.8 per cent)."
    )


@pytest.mark.parametrize(("tenfold", "is_held"), [(10, False), (11, True), (20, True)])
def test_a_history_that_is_rewritten_on_most_of_its_dates_is_held_back(tenfold: int, is_held: bool) -> None:
    # Resettlement of 1975-1981 rose up to 24-fold on 2025-06-12, seven dates of 66, and the publisher meant it.
    years = [date(year, 12, 31) for year in range(2003, 2023)]
    before = {day: cells(5, 100) for day in years}
    now = before | {day: cells(5, 1000) for day in years[:tenfold]}
    assert rules(judged(RETURNS, before, now)) == (["rewritten"] if is_held else [])


def test_a_short_history_may_be_rewritten() -> None:
    years = [date(year, 12, 31) for year in range(2019, 2023)]
    assert rules(judged(RETURNS, dict.fromkeys(years, cells(5, 100)), dict.fromkeys(years, cells(5, 1000)))) == []


def test_a_mid_year_is_compared_with_the_same_mid_year_and_with_no_year_end() -> None:
    # Mid-2023 was in the release of October 2023; the year-end release of June 2024 no longer carries it.
    before = {YEAR_END: cells(90), MID_YEAR: cells(500)}
    assert rules(judged(RETURNS, before, {YEAR_END: cells(90), NEXT_YEAR: cells(90, 2)})) == []
    assert rules(judged(RETURNS, before, {YEAR_END: cells(90), MID_YEAR: cells(10)})) == ["facts_lost"]


def test_facts_of_which_a_row_is_in_quarantine_are_not_lost() -> None:
    before, now = cells(100, 10), cells(60, 10)
    quarantined = dict.fromkeys(list(before)[60:], 0)
    assert judged(REFUGEES, {YEAR_END: before}, {YEAR_END: now}, unknown={YEAR_END: quarantined}) == []
    few = dict(list(quarantined.items())[:9])
    found = judged(REFUGEES, {YEAR_END: before}, {YEAR_END: now}, unknown={YEAR_END: few})
    assert rules(found) == ["facts_lost", "world_total"]


def test_people_who_are_at_other_places_while_the_sum_remains_are_held_back() -> None:
    before = {(f"O{number}", "TUR"): 1000 * number for number in range(1, 11)}
    permuted = dict(zip(before, reversed(before.values()), strict=True))
    (finding,) = [
        each for each in judged(RETURNS, {YEAR_END: before}, {YEAR_END: permuted}) if each.rule == "rearranged"
    ]
    assert "of 55,000 people in release 2023-10-25, 25,000 are not where they were for 2022-12-31" in finding.sentence
    swapped = {(asylum, origin): value for (origin, asylum), value in before.items()}
    assert rules(judged(RETURNS, {YEAR_END: before}, {YEAR_END: swapped})) == ["rearranged", "sides_exchanged"]


def test_a_country_that_loses_all_its_figures_of_a_date_is_held_back_where_it_is_large() -> None:
    # 2.66 million refugees in Germany at the end of 2025 went without a word.
    others = cells(300, 92_000)
    germany = {(f"O{number}", "DEU"): 88_000 for number in range(30)}
    assert rules(judged(REFUGEES, {YEAR_END: {**others, **germany}}, {YEAR_END: others})) == ["place_gone"]
    # IDMC withdrew Türkiye for 2020, 1,099,000 people and 2.3 per cent of the world, and meant it.
    turkiye = {("TUR", "TUR"): 600_000}
    found = judged(REFUGEES, {YEAR_END: {**others, **turkiye}}, {YEAR_END: others})
    assert rules(found) == []
    assert {"country_moved", "large_revision"} <= set(rules(found, "warning"))
    assert any("TUR to TUR, 2022-12-31: 600,000 → withdrawn" in finding.sentence for finding in found)


def test_an_old_year_under_a_new_label_is_held_back() -> None:
    last, this = cells(40, 1000), {key: 1000 + number for number, key in enumerate(cells(40))}
    before = {date(2021, 12, 31): last, YEAR_END: this}
    for now in ({**before, YEAR_END: last}, {**before, NEXT_YEAR: this}):
        assert rules(judged(RETURNS, before, now)) == ["copied_date"]


# --- new dates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "held"),
    [
        (cells(100, 850), []),
        (cells(100, 1490), []),  # Ukraine in 2022: refugees up by 38 per cent
        (cells(100, 790), ["new_date_total"]),
        (cells(100, 1510), ["new_date_total"]),
        (cells(72, 1380), []),
        (cells(69, 1380), ["new_date_facts"]),
        ({}, ["new_date_total", "new_date_facts"]),
    ],
)
def test_a_new_date_of_a_component_is_like_that_of_the_year_before(now: Cells, held: list[str]) -> None:
    # Five cells times ten in a new year made a world total of 290,053,473, with exit code 0.
    known = {YEAR_END: cells(100, 1000)}
    editions = (Edition(BEFORE, YEAR_END), Edition(NOW, NEXT_YEAR))
    assert rules(judged(REFUGEES, known, {**known, NEXT_YEAR: now}, editions=editions)) == held
    assert rules(judged(RETURNS, known, {**known, NEXT_YEAR: now}, editions=editions)) == []


def test_a_new_mid_year_is_compared_with_the_mid_year_before() -> None:
    before = {date(2022, 6, 30): cells(50, 1000), YEAR_END: cells(50, 2000)}
    now = {YEAR_END: cells(50, 2000), MID_YEAR: cells(50, 1100)}
    assert rules(judged(REFUGEES, before, now)) == []
    alone = judged(REFUGEES, {YEAR_END: cells(50, 2000)}, now)
    assert rules(alone) == [] and rules(alone, "warning") == ["not_compared"]


def test_a_country_that_moves_by_200_000_and_by_a_third_is_worth_a_look() -> None:
    known = {YEAR_END: {**cells(50, 100_000), ("SDN", "TCD"): 836_756}}
    now = {**known, NEXT_YEAR: {**cells(50, 100_001), ("SDN", "TCD"): 1_496_923}}
    found = judged(REFUGEES, known, now)
    assert rules(found) == []
    (finding,) = [each for each in found if each.rule == "country_moved"]
    assert finding.sentence.endswith(
        "the country of asylum TCD has 1,496,923 people for 2023-12-31, on 2022-12-31 it had 836,756, and likewise "
        "SDN, SDN to TCD."
    )


def test_small_corridors_that_are_lost_together_are_worth_a_look() -> None:
    known = {YEAR_END: cells(200, 50_000)}
    found = judged(REFUGEES, known, {**known, NEXT_YEAR: cells(190, 50_001)})
    assert rules(found) == [] and rules(found, "warning") == ["corridors_changed"]


def test_quarantine_on_a_new_date_holds_back_a_component_and_is_named_for_a_flow() -> None:
    # Five negative cells left the headline at 102,572,076: summed without them.
    known = {YEAR_END: cells(50, 1000)}
    now, gone = {**known, NEXT_YEAR: cells(49, 1001)}, {NEXT_YEAR: {("O49", "A49"): 0}}
    assert rules(judged(REFUGEES, known, now, unknown=gone)) == ["quarantine_on_new_date"]
    found = judged(RETURNS, known, now, unknown=gone)
    assert rules(found) == [] and "lacks_quarantined" in rules(found, "warning")


def test_a_reference_date_after_the_release_is_held_back() -> None:
    known = {YEAR_END: cells(50, 1000)}
    ahead = {**known, date(2024, 12, 31): cells(50, 1001)}
    assert rules(judged(RETURNS, known, ahead)) == ["future_date"]


def test_a_column_that_comes_later_is_compared_with_nothing() -> None:
    assert judged(RETURNS, {}, {YEAR_END: cells(50, 1000), NEXT_YEAR: cells(5, 10_000)}) == []


def test_the_first_release_of_an_indicator_is_compared_with_nothing() -> None:
    with duckdb.connect() as connection:
        for name in ("before", "now", "unknown"):
            connection.execute(
                f"create table {name}_facts as select 'refugees' as indicator, date '2022-12-31' as reference_date, "
                "'SYR' as origin, 'TUR' as asylum, 1::bigint as value"
            )
        for name in ("before", "now"):
            connection.execute(f"create table {name}_rows (dataset varchar, reference_date date, rows bigint)")
        assert judge_release(connection, {"refugees": REFUGEES}, {"refugees": Edition(NOW, YEAR_END)}, {}) == []


# --- whole tables, and the release as a whole -------------------------------------------------------------------------


def test_rows_of_a_table_are_counted_by_year_or_altogether() -> None:
    # The demographics of 2023-06-14 came without 2021.
    year = date(2021, 12, 31)
    editions = (Edition(date(2023, 4, 27), None), Edition(date(2023, 6, 14), None))
    (finding,) = judged(DEMOGRAPHICS, {}, {}, editions=editions, rows=({year: 9000}, {}))
    assert (finding.indicator, finding.rule, finding.reference_dates) == ("demographics", "facts_lost", (year,))
    assert "of 9,000 rows" in finding.sentence
    assert rules(judged(DEMOGRAPHICS, {}, {}, editions=editions, rows=({None: 658}, {None: 100}))) == ["facts_lost"]
    assert judged(DEMOGRAPHICS, {}, {}, editions=editions, rows=({None: 658}, {None: 640})) == []


def test_an_old_release_served_anew_is_held_back_as_a_whole() -> None:
    # 2023-08-15 served as a release of today withdrew 2.6 million returned IDPs of Ukraine, with exit code 0.
    before = {YEAR_END: cells(20, 10), NEXT_YEAR: cells(20, 10)}
    found = judged(RETURNS, before, {YEAR_END: cells(20, 10)})
    assert rules(found) == ["older_release"]
    assert in_sentences(found) == [
        "Release 2024-06-17 is held back as a whole: its population goes up to 2022-12-31, and that of release "
        "2023-10-25 before it up to 2023-12-31: an old copy under a new day. What was current before stays. What is "
        "meant all the same is accepted one by one, as in: displacement releases accept 2024-06-17 returned_refugees "
        '--reason "…"'
    ]


@pytest.mark.parametrize(("damaged", "is_whole"), [(2, False), (3, False), (4, True)])
def test_a_release_of_which_more_than_half_is_damaged_is_held_back_as_a_whole(damaged: int, is_whole: bool) -> None:
    subjects = {name: replace(RETURNS, code=name) for name in "abcdef"} | {"demographics": DEMOGRAPHICS}
    with duckdb.connect() as connection:
        for table, lost in (("before", 0), ("now", damaged)):
            connection.execute(
                f"create table {table}_facts as select c.indicator, date '{YEAR_END}' as reference_date, "
                "'O' || i as origin, 'A' || i as asylum, 1::bigint as value "
                "from unnest(['a', 'b', 'c', 'd', 'e', 'f']) as c(indicator), range(100) as r(i) "
                f"where not (c.indicator in (select unnest(['a', 'b', 'c', 'd', 'e', 'f'][:{lost}])) and i > 50)"
            )
            connection.execute(f"create table {table}_rows (dataset varchar, reference_date date, rows bigint)")
        connection.execute("create table unknown_facts as from now_facts limit 0")
        now, before = ({code: Edition(day, YEAR_END) for code in subjects} for day in (NOW, BEFORE))
        found = judge_release(connection, subjects, now, before)
    held = {finding.indicator for finding in found if finding.severity == "blocking"}
    assert held == (set(subjects) if is_whole else set("abcdef"[:damaged]))
    (sentence,) = in_sentences(finding for finding in found if finding.severity == "blocking")
    assert sentence.startswith(
        "Release 2024-06-17 is held back as a whole: 4 of its 6 indicators are damaged (a, b, c, d)"
        if is_whole
        else f"{damaged} indicators of release 2024-06-17 are held back by the rule facts_lost: "
    )


def test_a_release_of_the_future_is_refused_before_anything_is_kept(here: Settings, tmp_path: Path) -> None:
    require_past(NOW, NOW)
    with pytest.raises(WrongUseError, match="dated 2024-06-17, and today is 2023-10-25"):
        require_past(NOW, BEFORE)
    with pytest.raises(WrongUseError, match="dated 2999-06-17"):
        Arrival(here, date(2999, 6, 17), tmp_path).capture()
    assert not here.home.exists()


# --- what a person reads ----------------------------------------------------------------------------------------------


def test_a_finding_says_which_rule_which_numbers_and_what_to_do() -> None:
    subject = Subject("naturalisation", "solutions", "Naturalised refugees")
    days = [date(year, 12, 31) for year in range(1990, 2023)]
    before = {day: cells(300 + day.year - 1990) for day in days}
    editions = (Edition(BEFORE, YEAR_END), Edition(NOW, MID_YEAR))
    finding, *_ = judged(subject, before, {MID_YEAR: cells(40, 3)}, editions=editions)
    assert finding.sentence == (
        "Naturalised refugees (naturalisation) of release 2024-06-17: of 332 figures that release 2023-10-25 held for "
        "2022-12-31, 0 are left, and likewise on 33 dates from 1990-12-31 to 2022-12-31; more than 20 per cent and at "
        "least 30 lost holds back. What was current before stays. If this is meant, accept it: displacement releases "
        'accept 2024-06-17 naturalisation --reason "…"'
    )
    assert finding.severity == "blocking"
    assert finding.numbers == {
        "compared_with": "2023-10-25",
        "dates": 33,
        "worst_date": "2022-12-31",
        "facts_before": 332,
        "facts_now": 0,
    }
    assert len(finding.reference_dates) == 33
    assert finding.as_json()["reference_dates"][0] == "1990-12-31"


def test_what_intake_stopped_can_be_accepted_where_something_was_kept() -> None:
    release = date(2023, 6, 14)
    said = stopped(DEMOGRAPHICS, release, "one_value_a_key", "13,174 keys twice.", accepted_as="demographics").sentence
    assert said.startswith("13,174 keys twice. What was current before stays.")
    assert 'accept 2023-06-14 demographics --reason "…"' in said
    assert stopped(DEMOGRAPHICS, release, "layout", "No layout.", accepted_as=None).sentence == (
        "No layout. Nothing of it was kept: get it again."
    )


def test_nothing_is_said_where_nothing_is_odd() -> None:
    assert judged(RETURNS, {YEAR_END: cells(10, 100)}, {YEAR_END: cells(10, 109)}) == []


def test_revisions_countries_that_appear_and_first_figures_withdrawn_are_worth_a_look() -> None:
    first = date(1989, 12, 31)
    before = {first: {("UNK", "UNK"): 5}, YEAR_END: {("AFG", "PAK"): 100_000, ("SYR", "TUR"): 900_000}}
    now = {YEAR_END: {("AFG", "PAK"): 190_000, ("SYR", "TUR"): 900_000, ("AFG", "AND"): 5}}
    found = {finding.rule: finding.sentence for finding in judged(RETURNS, before, now)}
    assert {"large_revision", "country_appears", "first_figures_withdrawn"} <= set(found)
    assert "1 figure was revised by more than 1 per cent and 10,000" in found["large_revision"]
    assert found["large_revision"].endswith("the largest: AFG to PAK, 2022-12-31: 100,000 → 190,000.")
    assert "there was no figure of AND before" in found["country_appears"]
    assert "1 of its first figures (1989-12-31) was withdrawn" in found["first_figures_withdrawn"]


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
    assert (agreed.country_moved_share, agreed.country_moved_at_least) == (0.35, 200_000)
    assert agreed.quarantine_share == 0.01
    assert (agreed.large_revision_share, agreed.large_revision_at_least) == (0.01, 10_000)
