"""How a year's change came about, and how the published total is reached from its components, in the real figures."""

from __future__ import annotations

from tests.pipeline.conftest import Connection, one, rows

PARTS = "stock_before, newly_recognised, returned, naturalised, resettled, stock_after, remainder"


# --- yearly change ----------------------------------------------------------------------------------------------------


HALF_OF_FRANCE = "Part of the year only, wholly or in some countries of asylum: naturalisation."


def test_the_worlds_refugees_of_2025_came_to_change_by_returns_above_all(published: Connection) -> None:
    found = one(published, f"select {PARTS}, note from yearly_change where country = 'world' and year = 2025")
    assert found == (30_958_200, 2_308_159, 4_362_272, 93_296, 81_766, 28_461_306, 267_719, HALF_OF_FRANCE)
    before, new, returned, naturalised, resettled, after, remainder, _ = found
    assert before + new - returned - naturalised - resettled == after + remainder


def test_people_in_refugee_like_situations_are_newly_recognised_too(published: Connection) -> None:
    # The stock holds them: Ukrainians in Russia came to 1.28 million in 2022, 1.21 of them new and refugee-like.
    new, like, sum_of_both, remainder = one(
        published,
        "select new_refugees, new_refugee_like, newly_recognised, remainder from yearly_change "
        "where country = 'RUS' and role = 'asylum' and year = 2022",
    )
    assert like > 1_200_000
    assert sum_of_both == (new or 0) + like
    assert abs(remainder) < 100_000


def test_a_country_of_asylum_says_that_departures_for_resettlement_are_in_its_remainder(published: Connection) -> None:
    assert rows(published, "from yearly_change where role = 'asylum' and resettled is not null") == []
    unsaid = rows(
        published,
        "from yearly_change where role = 'asylum' and remainder is not null "
        "and not contains(note, 'departures for resettlement')",
    )
    assert unsaid == []
    assert (
        one(published, "select count(*) from yearly_change where role = 'origin' and contains(note, 'departures')") == 0
    )


def test_a_part_without_a_figure_is_named_and_not_taken_for_nothing_in_silence(published: Connection) -> None:
    found = one(
        published,
        "select returned, note from yearly_change where country = 'VEN' and role = 'origin' and year = 2025",
    )
    assert found == (None, "No figure, taken as nothing: returned.")
    for part in ("stock_before", "newly_recognised", "returned", "naturalised", "stock_after"):
        differing = rows(
            published,
            f"from yearly_change where remainder is not null "
            f"and ({part} is null) <> coalesce(contains(note, '{part}'), false)",
        )
        assert differing == [], part


def test_without_a_worlds_figure_of_new_refugees_there_is_no_remainder(published: Connection) -> None:
    first = one(published, "select min(year) from yearly_change where remainder is not null")
    assert first == 1962  # the first year of new refugees
    # The new refugees of 2000 to 2025 vanished on 2026-06-12, those in refugee-like situations did not.
    then = one(
        published,
        "select new_refugees, new_refugee_like > 0, newly_recognised, remainder, note "
        "from yearly_change_as_of('2026-06-12') where country = 'world' and year = 2024",
    )
    assert then[:4] == (None, True, None, None)
    assert "no remainder" in then[4]
    of_countries = rows(
        published,
        "from yearly_change_as_of('2026-06-12') where year = 2024 and (remainder is not null or newly_recognised > 0)",
    )
    assert of_countries == []


def test_new_asylum_seekers_and_oip_stand_beside_and_never_inside(published: Connection) -> None:
    found = one(
        published, "select new_asylum_seekers, new_oip from yearly_change where country = 'world' and year = 2025"
    )
    assert found == (2_903_178, 248_380)


def test_half_a_year_is_no_year(published: Connection) -> None:
    assert one(published, "select max(year) from yearly_change_as_of('2025-11-10')") == 2024


def test_the_origins_add_up_to_the_world_remainder_and_all(published: Connection) -> None:
    differing = rows(
        published,
        "select year from yearly_change group by year having sum(remainder) filter (role = 'origin') "
        "is distinct from sum(remainder) filter (role = 'world')",
    )
    assert differing == []


# --- the bridge to the published total --------------------------------------------------------------------------------

RELEASED = {
    2022: ("2023-06-14", 108_436_336, 108_400_000),
    2023: ("2024-06-17", 117_269_517, 117_300_000),
    2024: ("2025-06-12", 123_187_473, 123_200_000),
    2025: ("2026-06-12", 117_830_232, 117_800_000),
}


def test_the_bridge_from_2022_on_starts_at_the_figures_of_the_totals_own_release(published: Connection) -> None:
    found = {
        year: (str(release), first, total)
        for year, release, first, total in rows(
            published,
            "select year, release, total_at_first, published_total from headline_bridge where release is not null",
        )
    }
    assert found == RELEASED
    left = rows(
        published, "select max(abs(left_over)), max(abs(rounding)) from headline_bridge where release is not null"
    )
    assert left == [(0, 36_336)]


def test_revisions_since_are_told_component_by_component(published: Connection) -> None:
    found = one(
        published,
        "select revisions_since, refugees_since, unrwa_refugees_since, asylum_seekers_since, oip_since, "
        "idmc_idps_since, overlap_since from headline_bridge where year = 2022",
    )
    total, *parts, overlap = found
    assert found == (-1_213_749, 16_045, 0, 3_383, 0, -1_233_177, 0)
    assert total == sum(parts) - overlap


def test_of_2018_it_is_known_that_venezuelans_displaced_abroad_were_left_out(published: Connection) -> None:
    scope, reason, rounding, left, release = one(
        published, "select scope, scope_reason, rounding, left_over, release from headline_bridge where year = 2018"
    )
    assert scope == one(
        published, "select sum(value) from figures where indicator = 'oip' and reference_date = '2018-12-31'"
    )
    assert "Venezuelans displaced abroad" in reason
    assert (rounding, left, release) == (50_000, 786_140, None)
    assert rows(published, "select year from headline_bridge where scope > 0") == [(2018,)]


def test_before_2022_what_is_left_is_mostly_what_idmc_revised_since(published: Connection) -> None:
    found = rows(
        published,
        "select left_over, idmc_idps_since from headline_bridge where year between 2010 and 2021 "
        "and idmc_idps_since is not null",
    )
    assert len(found) > 8
    assert all(abs(left + since) < 150_000 for left, since in found)


def test_every_published_year_end_has_its_bridge_and_no_mid_year(published: Connection) -> None:
    there = "select reference_date from headline_bridge order by all"
    assert rows(published, there) == rows(
        published, "select reference_date from headlines where period = 'year-end' order by all"
    )


def test_the_bridge_as_of_a_release_knows_nothing_published_later(published: Connection) -> None:
    found = one(published, "select max(year), max(release) from headline_bridge_as_of('2024-06-17')")
    assert (found[0], str(found[1])) == (2023, "2024-06-17")
