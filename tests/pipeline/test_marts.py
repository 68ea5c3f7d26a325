"""Hosting, solutions, asylum outcomes and demographics of a real build, held against what is known of the figures.

The numbers are facts of the shipped releases. Whoever changes one has changed the past.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from displacement.charts.drawer import Drawer
from tests.pipeline.conftest import Connection, one, rows

# --- hosting ----------------------------------------------------------------------------------------------------------


def test_chad_hosts_most_for_its_economy_and_lebanon_most_for_its_people_among_larger_countries(
    published: Connection,
) -> None:
    ranked = "select asylum::varchar from hosting where year = 2025 and population > 1e6 order by {} limit 3"
    assert rows(published, ranked.format("rank_per_1000_inhabitants")) == [("LBN",), ("LBY",), ("TCD",)]
    assert rows(published, ranked.format("rank_per_million_usd_gdp")) == [("TCD",), ("BDI",), ("UGA",)]
    per_head, per_million = one(
        published,
        "select round(per_1000_inhabitants, 1), round(per_million_usd_gdp, 1) from hosting "
        "where asylum = 'TCD' and year = 2025",
    )
    assert (per_head, per_million) == (74.5, 115.0)


def test_unrwas_refugees_are_counted_beside_and_never_inside(published: Connection) -> None:
    found = one(
        published,
        "select displaced_across, unrwa_refugees, displaced_across_with_unrwa, rank_per_1000_inhabitants, "
        "rank_per_1000_inhabitants_with_unrwa from hosting where asylum = 'JOR' and year = 2025",
    )
    assert found == (444_294, 2_398_179, 2_842_473, 15, 2)
    palestine = one(
        published,
        "select displaced_across, per_1000_inhabitants, rank_per_1000_inhabitants_with_unrwa from hosting "
        "where asylum = 'PSE' and year = 2025",
    )
    assert palestine == (None, None, 1)


def test_a_denominator_is_at_most_three_years_older_and_its_year_stands_beside_it(published: Connection) -> None:
    # No gross domestic product of 2023 is known for these six; of two of them that of 2022 is.
    found = dict(
        rows(
            published,
            "select asylum::varchar, gdp_year from hosting where year = 2025 "
            "and asylum in ('LBN', 'SSD', 'YEM', 'AFG', 'VEN', 'SYR', 'DEU')",
        )
    )
    nothing = dict.fromkeys(("SSD", "YEM", "VEN", "SYR"))
    assert found == nothing | {"LBN": 2022, "AFG": 2022, "DEU": 2023}
    of_nothing = one(
        published,
        "select gdp_current_usd, per_million_usd_gdp, rank_per_million_usd_gdp from hosting "
        "where asylum = 'SSD' and year = 2025",
    )
    assert of_nothing == (None, None, None)
    ages = "select max(year - population_year), max(year - gdp_year), min(year - population_year) from hosting"
    assert one(published, ages) == (1, 3, 0)


def test_hosts_add_up_to_the_world(published: Connection) -> None:
    differing = rows(
        published,
        "select year from hosting group by year having sum(displaced_across_with_unrwa) is distinct from ("
        "select coalesce(refugees, 0) + coalesce(unrwa_refugees, 0) + coalesce(asylum_seekers, 0) + coalesce(oip, 0) "
        "from global_totals where global_totals.year = hosting.year and period = 'year-end')",
    )
    assert differing == []


def test_hosting_as_of_a_release_takes_the_figures_of_the_release(published: Connection) -> None:
    hosted = "select refugees from hosting_as_of('{}') where asylum = 'UGA' and year = 2022"
    then, now = (one(published, hosted.format(day)) for day in ("2023-06-14", "2026-06-25"))
    assert then == one(
        published,
        "select sum(value) from figures_as_of('2023-06-14') where indicator = 'refugees' and asylum = 'UGA' "
        "and reference_date = '2022-12-31'",
    )
    assert now > 1_000_000
    assert one(published, "select max(year) from hosting_as_of('2023-06-14')") == 2022


# --- solutions --------------------------------------------------------------------------------------------------------


def test_solutions_of_the_world_are_those_of_the_figures(published: Connection) -> None:
    found = one(
        published,
        "select sum(returned_refugees), sum(resettlement), sum(naturalisation), sum(returned_idps) from solutions "
        "where year = 2025",
    )
    assert found == (4_362_272, 81_766, 93_296, 10_308_567)


def test_flows_of_half_a_year_are_in_no_table_of_years(published: Connection) -> None:
    half = "select max(year) from {}_as_of('2025-11-10')"  # whose newest flows are those of January to June 2025
    assert one(published, half.format("solutions")) == 2024
    assert one(published, half.format("asylum_outcomes")) == 2024


def test_the_united_states_january_to_june_2024_passed_for_a_year(published: Connection) -> None:
    usa = "from asylum_outcomes where asylum = 'USA' and unit = 'persons' and year"
    assert rows(published, f"select distinct covers_to::varchar, is_partial_year {usa} in (2023, 2024) order by 1") == [
        ("2023-12-31", False),
        ("2024-06-30", True),
    ]
    world = "select round(sum(recognized + complementary) / sum(decisions), 3) from (select coalesce(recognized, 0) as "
    world += (
        "recognized, coalesce(complementary, 0) as complementary, decisions from asylum_outcomes where year = 2024 "
    )
    world += "and unit = 'persons' {})"
    assert one(published, world.format("")) == pytest.approx(0.551)
    assert one(published, world.format("and not is_partial_year")) == pytest.approx(0.549)
    note = "select is_partial_year, note from yearly_change where country = 'world' and year = {}"
    partial = "Part of the year only, wholly or in some countries of asylum: flow_asylum_seekers"
    assert one(published, note.format(2024)) == (False, f"{partial}."), "a flow beside the change marked good years"
    assert one(published, note.format(2023)) == (True, f"{partial}, naturalisation.")


def test_canada_has_naturalisations_of_half_of_2023(published: Connection) -> None:
    """Incident: each of 90 origins repeated its mid-year, and covers_to still named December."""
    canada = "select distinct covers_to::varchar, is_partial_year from solutions "
    canada += "where asylum = 'CAN' and naturalisation > 0 and year = {}"
    assert rows(published, canada.format(2023)) == [("2023-06-30", True)]
    assert rows(published, canada.format(2024)) == [("2024-12-31", False)]


def test_a_partial_year_ends_when_the_publisher_completes_it(root: Any) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table partial_year_reviews as select 'asylum_applications' as indicator, 'USA' as asylum, "
            "2024 as year, date '2024-01-01' as covers_from, date '2024-06-30' as covers_to, "
            "700 as value, '' as reason, '' as source"
        )
        connection.execute(
            "create table figures_history as select 'asylum_applications' as indicator, 'USA' as asylum, 2024 as year, "
            "'year-end' as period, date '2024-12-31' as reference_date, unnest(['AFG', 'SYR']) as origin, "
            "unnest([300, 400]) as value, date '2025-06-12' as published_in, null as superseded_in"
        )
        figures = (root / "sql/staging/figures.sql").read_text(encoding="utf-8")
        connection.execute(f"create view figures as {figures}")
        model = (root / "sql/marts/partial_years.sql").read_text(encoding="utf-8")
        marked = "select count(*) from figures where is_partial_year"
        assert (len(rows(connection, model)), rows(connection, marked)) == (1, [(2,)])
        connection.execute("update figures_history set value = 900 where value = 400")
        assert (rows(connection, model), rows(connection, marked)) == ([], [(0,)])


def test_the_receiving_country_is_the_asylum_of_a_resettled_person(published: Connection) -> None:
    largest = rows(
        published,
        "select asylum::varchar, sum(resettlement) as people from solutions where year = 2024 group by all "
        "order by people desc limit 2",
    )
    assert [country for country, _ in largest] == ["USA", "CAN"]


# --- asylum outcomes --------------------------------------------------------------------------------------------------


def test_persons_and_cases_are_rows_of_their_own(published: Connection) -> None:
    # In 2025 the United States' claims are split into 629,358 persons and 282,594 cases.
    found = dict(
        rows(
            published,
            "select unit, sum(applications) from asylum_outcomes where asylum = 'USA' and year = 2025 group by unit",
        )
    )
    assert found == {"persons": 629_358, "cases": 282_594}
    assert one(published, "select sum(applications) from asylum_outcomes where year = 2025 and unit = 'persons'") == (
        2_505_045
    )


def test_rates_are_shares_of_the_decisions_on_the_substance(published: Connection) -> None:
    found = one(
        published,
        "select recognized, complementary, rejected, closed, decisions, recognition_rate, total_protection_rate "
        "from asylum_outcomes where origin = 'SYR' and asylum = 'DEU' and year = 2023 and unit = 'persons'",
    )
    recognized, complementary, rejected, closed, decisions, recognition, protection = found
    assert decisions == recognized + complementary + rejected
    assert closed > 10_000
    assert recognition == round(recognized / decisions, 4)
    assert protection == round((recognized + complementary) / decisions, 4)
    assert 0.9 < protection <= 1


def test_where_nothing_was_decided_on_the_substance_there_is_no_rate(published: Connection) -> None:
    undecided = "select count(*), count(recognition_rate), count(total_protection_rate) from asylum_outcomes where "
    none, recognition, protection = one(published, undecided + "decisions is null")
    assert none > 1000
    assert (recognition, protection) == (0, 0)
    decided, *rates = one(published, undecided + "decisions is not null")
    assert rates == [decided, decided]


def test_a_rate_of_few_decisions_is_marked_and_in_no_chart(published: Connection) -> None:
    wrong = "from asylum_outcomes where rests_on_few is distinct from (decisions < 100)"
    assert rows(published, wrong) == []
    country, few = one(
        published,
        "select asylum::varchar, list(year) filter (decided < 100) from (select asylum, year, "
        "sum(decisions) as decided from asylum_outcomes where unit = 'persons' and decisions is not null group by all) "
        "group by asylum having count(*) filter (decided < 100) > 2 and max(decided) > 500 order by asylum limit 1",
    )
    with published.cursor() as connection:
        drawn = Drawer(connection).read("protection-rate", country)
    years = {row[drawn.columns.index("year")] for row in drawn.rows}
    assert years and not years & set(few)


def test_nobody_recognised_among_many_decisions_is_a_rate_of_nought(published: Connection) -> None:
    # The publisher's nought in a row with decisions is a count; the ledger holds what is above it.
    assert one(
        published,
        "select count(*) from asylum_outcomes where recognized is null and rejected > 1000 and recognition_rate = 0",
    )


# --- demographics -----------------------------------------------------------------------------------------------------


def test_children_among_the_sudanese_in_chad(published: Connection) -> None:
    girls, boys = 56_982 + 112_014 + 72_580, 57_880 + 112_190 + 70_702
    people, by_age, share = one(
        published,
        "select people, people_by_age, round(share_of_children * people_by_age) from demographics_by_corridor "
        "where origin = 'SDN' and asylum = 'TCD' and indicator = 'refugees' and year = 2025",
    )
    assert share == girls + boys
    assert 0.5 < share / by_age < 0.7
    assert (
        one(
            published,
            "select refugees from corridors where origin = 'SDN' and asylum = 'TCD' and reference_date = '2025-12-31'",
        )
        == people
    )
    # Absent, not guessed: the shipped breakdown holds sums over places.
    assert one(published, "select count(*) from demographics_by_place") == 0


def test_a_breakdown_says_how_many_it_covers_and_shares_are_of_those(published: Connection) -> None:
    people, by_sex, by_age, girls, boys, women = one(
        published,
        "select people, people_by_sex, people_by_age, female_0_4 + female_5_11 + female_12_17, "
        "male_0_4 + male_5_11 + male_12_17, female_18_59 + female_60 from demographics "
        "where country = 'TCD' and role = 'asylum' and indicator = 'refugees' and year = 2025",
    )
    assert (people, by_sex, by_age) == (1_502_263, 1_061_886, 1_061_886)
    found = one(
        published,
        "select coverage_by_sex, coverage_by_age, share_of_women, share_of_children from demographics "
        "where country = 'TCD' and role = 'asylum' and indicator = 'refugees' and year = 2025",
    )
    assert found == (by_sex / people, by_age / people, (girls + women) / by_sex, (girls + boys) / by_age)


def test_people_of_known_sex_and_unknown_age_are_in_the_share_of_women_only(published: Connection) -> None:
    # Czechia records the sex of Ukrainians and not their age.
    found = one(
        published,
        "select people_by_sex, people_by_age, female_age_unknown, round(share_of_women, 2), share_of_children, "
        "female_18_59 from demographics "
        "where country = 'CZE' and role = 'asylum' and indicator = 'refugees' and year = 2025",
    )
    assert found == (395_559, 0, 216_264, 0.55, None, None)


def test_where_nobody_was_asked_there_is_no_share(published: Connection) -> None:
    # The breakdown of stateless people covers 2.88 of 4.48 million: none of those counted as refugees as well.
    found = one(
        published,
        "select people, people_by_sex, coverage_by_sex, share_of_women, share_of_children, female_0_4 "
        "from demographics where country = 'BGD' and role = 'asylum' and indicator = 'stateless' and year = 2025",
    )
    assert found == (1_177_962, 0, 0, None, None, None)
    total = "select sum(people) from demographics where role = 'asylum' and indicator = 'stateless' and year = 2025"
    assert one(published, total) == 4_477_220
    asked = "count(share_of_women), count(*) filter (people_by_sex > 0)"
    shares, with_somebody = one(published, f"select {asked} from demographics")
    assert shares == with_somebody > 10_000


def test_a_year_before_the_first_breakdown_of_a_type_has_no_row(published: Connection) -> None:
    first = dict(rows(published, "select indicator::varchar, min(year) from demographics group by all"))
    assert (first["stateless"], first["oip"], first["refugees"]) == (2019, 2018, 2001)


def test_returned_refugees_are_broken_down_by_the_country_returned_to(published: Connection) -> None:
    of_returns = "select distinct role::varchar from demographics where indicator = 'returned_refugees'"
    assert rows(published, of_returns) == [("origin",)]
    people = "select sum(people) from demographics where indicator = 'returned_refugees' and year = 2025"
    assert one(published, people) == 4_362_272


# --- what follows from several tables ---------------------------------------------------------------------------------


def test_people_displaced_for_each_inhabitant_are_those_of_the_country_inside_and_across(published: Connection) -> None:
    found = rows(
        published,
        "select country, inside, across_with_unrwa, overlap, round(per_inhabitant, 3) from displaced_share "
        "where year = 2025 and country in ('PSE', 'SYR', 'SDN') order by country",
    )
    assert found == [
        ("PSE", 2_035_000, 6_029_831, 1_424_500, 1.255),
        ("SDN", 9_117_000, 3_761_034, 0, 0.255),
        ("SYR", 5_964_000, 5_020_119, 0, 0.445),
    ]
    totals = "select sum(forcibly_displaced) from {} where year = 2025"
    everybody = one(published, totals.format("displaced_share"))
    assert everybody == one(published, totals.format("country_totals") + " and role = 'origin' and period = 'year-end'")


def test_a_situation_is_protracted_after_five_year_ends_without_a_gap(published: Connection) -> None:
    begun = "select since, min(year), min(years_running), min(refugees_and_oip) from protracted "
    assert rows(published, begun + "where origin = 'SYR' and asylum = 'TUR' group by since") == [
        (2012, 2016, 5, 2_347_756)
    ]
    china = "select count(*) from protracted where origin = 'VNM' and asylum = 'CHN' and year >= 2022"
    assert one(published, china) == 0  # 303,436 at the end of 2021 and 320 a year later
    largest = one(published, "select min(refugees_and_oip) from protracted")
    assert largest >= 25_000


def test_returns_are_a_share_of_the_refugees_of_the_year_before(published: Connection) -> None:
    wrong = "select count(*) from yearly_change where returned_share is distinct from returned / stock_before"
    assert one(published, wrong) == 0
    assert one(published, "select count(*) from yearly_change where role = 'world' and returned_share > 0.01") > 10


def test_returned_refugees_of_2022_nearly_tripled_after_they_were_published(published: Connection) -> None:
    found = rows(
        published,
        "select indicator, round(world_moved, 2) from revision_uncertainty where period = 'year-end' and indicator in "
        "('returned_refugees', 'refugees', 'idmc_idps') order by all",
    )
    assert found == [("idmc_idps", -0.02), ("refugees", 0.0), ("returned_refugees", 1.95)]
    flows = one(published, "select max(dates) from revision_uncertainty")
    assert flows <= 4, "the past of an indicator that is new to the file passed for first figures"
