"""Every oddity known in the real figures is found by a rule, one by one; and the newest ones fit on two screens."""

from __future__ import annotations

import pytest

from tests.pipeline.conftest import Connection, rows

KNOWN = {
    # Standing in the newest figures
    "refugees in China": "rule = 'series_jumps' and indicator = 'refugees' and asylum = 'CHN' and year = 2022 "
    "and compared_with = 303436 and value = 320",
    "refugees from Afghanistan": "rule = 'series_jumps' and indicator = 'refugees' and origin = 'AFG' and year = 2025 "
    "and round(compared_with / 1e6, 2) = 5.77 and round(value / 1e6, 2) = 2.67",
    "UNRWA in Lebanon": "rule = 'series_jumps' and indicator = 'unrwa_refugees' and asylum = 'LBN' and year = 2025 "
    "and value = 228274",
    "UNRWA in Syria": "rule = 'series_jumps' and indicator = 'unrwa_refugees' and asylum = 'SYR' and year = 2025 "
    "and value = 357985",
    "UNRWA in an unknown country": "rule = 'place_unknown' and indicator = 'unrwa_refugees' and asylum = 'UNK' "
    "and year = 2025 and value = 495764",
    "claims in the United States, 2024": "rule = 'equals_mid_year' and indicator = 'asylum_applications' "
    "and asylum = 'USA' and year = 2024 and value = 729105",
    "claims in the United States, mid-2025": "rule = 'mid_year_missing' and indicator = 'asylum_applications' "
    "and asylum = 'USA' and reference_date = '2025-06-30' and value is null",
    "claims in the United States, 2025": "rule = 'persons_and_cases' and indicator = 'asylum_applications' "
    "and asylum = 'USA' and year = 2025 and value = 629358 and compared_with = 282594",
    "new asylum-seekers in the United States": "rule = 'cases_added_to_persons' and asylum = 'USA' and year = 2025 "
    "and value = 911952",
    "people of unknown age in Chad": "rule = 'breakdown_of_one_sex' and indicator = 'refugees' and asylum = 'TCD' "
    "and year = 2024 and value = 307294",
    # Revised or withdrawn
    "returned refugees of 2022, up": "rule = 'total_revised' and indicator = 'returned_refugees' and year = 2022 "
    "and revised_in = '2024-06-17' and compared_with = 339261 and value = 1356261",
    "returned refugees of 2022, down": "rule = 'total_revised' and indicator = 'returned_refugees' and year = 2022 "
    "and revised_in = '2026-03-30' and compared_with = 1356261 and value = 999261",
    "the world's IDPs of 1989": "rule = 'total_revised' and indicator = 'idmc_idps' and year = 1989 "
    "and compared_with = 16500000 and value is null",
    "UNRWA in Jordan, 1952": "rule = 'figure_withdrawn' and indicator = 'unrwa_refugees' and asylum = 'JOR' "
    "and year = 1952 and compared_with = 472647",
    "naturalisations": "rule = 'figures_vanished' and indicator = 'naturalisation' and revised_in = '2024-10-18' "
    "and contains(reason, '6,344 figures of 1990 to 2023')",
    "new refugees": "rule = 'figures_vanished' and indicator = 'flow_refugees' and revised_in = '2026-06-12' "
    "and contains(reason, '2,722 figures of 2000 to 2024')",
}
KNOWN |= {
    f"IDPs in Türkiye, {year}": "rule = 'figure_withdrawn' and indicator = 'idmc_idps' and asylum = 'TUR' "
    f"and year = {year} and compared_with = 1099000 and revised_in = '2025-06-12'"
    for year in range(2020, 2024)
}
KNOWN |= {
    f"IDPs in Türkiye, {year}": "rule = 'figure_revised' and indicator = 'idmc_idps' and asylum = 'TUR' "
    f"and year = {year} and revised_in = '2025-06-12'"
    for year in range(2016, 2020)
}
KNOWN |= {
    f"IDPs in {country}": f"rule = 'figure_withdrawn' and indicator = 'idmc_idps' and asylum = '{country}' "
    "and revised_in = '2025-06-12'"
    for country in ("THA", "KGZ", "MDG")
}
KNOWN |= {
    f"GDP of {country}": f"rule = 'denominator_missing' and indicator = 'gdp_current_usd' and asylum = '{country}' "
    "and year = 2025 and contains(reason, 'No gross domestic product of 2023')"
    for country in ("LBN", "SSD", "YEM", "AFG", "VEN", "SYR")
}
KNOWN |= {
    f"resettlement of {year}": f"rule = 'total_revised' and indicator = 'resettlement' and year = {year} "
    "and revised_in = '2025-06-12' and value > compared_with"
    for year in range(1975, 1982)
}
KNOWN |= {
    f"break of {indicator}, {year}": f"rule = 'break_in_series' and indicator = '{indicator}' and year = {year}"
    for indicator, year in (
        ("stateless", 2004),
        ("ooc", 2004),
        ("refugees", 2007),
        ("idps", 2007),
        ("idmc_idps", 2009),
        ("oip", 2018),
        ("oip", 2022),
        ("hst", 2019),
        ("ooc", 2019),
        ("asylum_applications", 2024),
        ("asylum_applications", 2025),
    )
}
"""What is known to be odd, and the row that must say so."""


@pytest.mark.parametrize("oddity", KNOWN)
def test_a_known_oddity_is_found_with_its_numbers(published: Connection, oddity: str) -> None:
    assert len(rows(published, f"from anomalies where {KNOWN[oddity]}")) >= 1


@pytest.mark.parametrize(
    ("indicator", "year_ends", "with_mid_years"),
    [
        ("refugees", 83, None),
        ("asylum_seekers", 26, None),
        ("flow_refugees", 35, None),
        ("flow_asylum_seekers", 31, 32),
        ("asylum_applications", 29, 30),
    ],
)
def test_every_figure_of_the_same_origin_and_asylum_is_found(
    published: Connection, indicator: str, year_ends: int, with_mid_years: int | None
) -> None:
    where = f"from anomalies where rule = 'same_origin_and_asylum' and indicator = '{indicator}'"
    assert len(rows(published, f"{where} and period = 'year-end'")) == year_ends
    if with_mid_years:
        assert len(rows(published, where)) == with_mid_years


def test_people_displaced_within_their_country_are_no_oddity(published: Connection) -> None:
    within = "indicator in ('idmc_idps', 'idps', 'returned_idps', 'hst', 'ooc', 'stateless', 'unrwa_refugees')"
    assert rows(published, f"from anomalies where rule = 'same_origin_and_asylum' and {within}") == []


def test_what_is_odd_at_the_newest_year_end_fits_on_two_screens_what_matters_most_first(published: Connection) -> None:
    found = rows(
        published,
        "select rank, weight, people, rule, coalesce(origin, asylum)::varchar from anomalies "
        "where reference_date = '2025-12-31' order by rank",
    )
    assert 30 < len(found) <= 66
    assert [rank for rank, *_ in found] == list(range(1, len(found) + 1))
    matters = [(weight, people) for _, weight, people, *_ in found]
    assert matters == sorted(matters, reverse=True)
    assert found[0][3:] == ("series_jumps", "AFG")
    assert {rule for *_, rule, _ in found[-4:]} == {"same_origin_and_asylum"}


def test_a_stock_that_begins_at_a_known_break_is_told_once_by_the_break(published: Connection) -> None:
    # From 2009 on IDMC's figures are by country: fifty series begin, and none of them jumps.
    begun = "from anomalies where rule = 'series_jumps' and indicator = 'idmc_idps' and year = 2009"
    assert rows(published, f"{begun} and compared_with is null and asylum <> 'UNK'") == []
    assert rows(published, "from anomalies where rule = 'break_in_series' and indicator = 'idmc_idps'")


def test_one_series_of_people_within_their_country_jumps_once_and_not_in_both_roles(published: Connection) -> None:
    found = rows(
        published,
        "select origin, asylum::varchar from anomalies where rule = 'series_jumps' and indicator = 'idmc_idps' "
        "and year = 2025 order by all",
    )
    assert found == [(None, country) for country in ("ECU", "KHM", "LBN", "PAK", "TCD", "THA")]


def test_what_vanished_and_came_back_is_one_row_and_no_revision_of_totals(published: Connection) -> None:
    both = "indicator in ('naturalisation', 'flow_refugees') and revised_in in ('2024-10-18', '2026-06-12')"
    assert rows(published, f"select distinct rule from anomalies where {both}") == [("figures_vanished",)]


def test_every_rule_finds_something_real_and_says_which_case_set_it(published: Connection) -> None:
    without = "select rule from meta.anomaly_rules where rule not in (select rule from anomalies)"
    assert rows(published, without) == []
    assert rows(published, "from meta.anomaly_rules where length(set_by) < 20") == []


def test_every_indicator_a_rule_names_is_known(published: Connection) -> None:
    named = "select distinct unnest(string_split(indicators, ' ')) from meta.anomaly_rules"
    known = {name for (name,) in rows(published, "select indicator::varchar from indicators")}
    assert {name for (name,) in rows(published, named)} - known == {"population", "gdp_current_usd"}


def test_reasons_read_as_sentences_with_numbers(published: Connection) -> None:
    found = dict(
        rows(
            published,
            "select rule, first(reason order by rank) from anomalies where reference_date = '2025-12-31' group by rule",
        )
    )
    assert found["series_jumps"] == "5,766,586 at the end of 2024, 2,671,560 at the end of 2025"
    assert found["place_unknown"] == "The origin of 1,572,774 is unknown, 17 per cent of all"
    assert found["cases_added_to_persons"] == "911,952 are 629,358 persons and 282,594 cases added up"
    assert "None" not in "".join(found.values()).replace("None at the end of", "")


def test_oddities_as_of_a_release_are_those_it_showed(published: Connection) -> None:
    # The new refugees vanished on 2026-06-12; that they would come back nobody knew.
    found = dict(
        rows(
            published,
            "select rule, count(*) from anomalies_as_of('2026-06-12') where indicator = 'flow_refugees' "
            "and revised_in = '2026-06-12' group by all",
        )
    )
    assert "figures_vanished" not in found
    assert found["figure_withdrawn"] > 500
    assert rows(published, "from anomalies_as_of('2024-06-17') where reference_date > '2023-12-31'") == []
