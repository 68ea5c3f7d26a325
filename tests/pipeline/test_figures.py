"""What the figures of a real build say, held against what is known of them: totals, breaks, claims, oddities.

The numbers are facts of the shipped releases. Whoever changes one has changed the past.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from displacement.build.models import typed_select
from displacement.catalogue import load_catalogue
from displacement.query import headline
from displacement.settings import PACKAGE
from tests.pipeline.conftest import Connection, one, rows

YEAR_ENDS = {
    "2022-12-31": ("2023-06-14", 108_436_336, 108.4),
    "2023-12-31": ("2024-06-17", 117_269_517, 117.3),
    "2024-12-31": ("2025-06-12", 123_187_473, 123.2),
    "2025-12-31": ("2026-06-12", 117_830_232, 117.8),
}
"""Reference date: its own release, the total with that release's figures, the total as published (millions)."""


# --- the world --------------------------------------------------------------------------------------------------------


def test_the_total_of_the_end_of_2025_is_the_sum_of_its_components_less_the_overlap(published: Connection) -> None:
    found = one(
        published,
        "select refugees, unrwa_refugees, asylum_seekers, oip, idmc_idps, overlap, forcibly_displaced "
        "from global_totals where reference_date = '2025-12-31'",
    )
    assert found == (28_461_306, 5_964_782, 8_998_097, 7_177_473, 68_653_080, 1_424_500, 117_830_238)
    assert sum(found[:5]) - found[5] == found[6]


def test_the_total_of_the_end_of_2022_is_restored_as_its_own_release_had_it(published: Connection) -> None:
    total = "select forcibly_displaced from global_totals_as_of('{}') where reference_date = '2022-12-31'"
    assert one(published, total.format("2023-06-14")) == 108_436_336
    # IDMC revised itself down since: the same rule on the newest figures gives 107.2 million.
    assert round(one(published, total.format("2026-06-25")) / 1e6, 1) == 107.2


@pytest.mark.parametrize("reference_date", YEAR_ENDS)
def test_the_published_totals_are_met_to_a_tenth_of_a_million_by_their_own_release(
    published: Connection, reference_date: str
) -> None:
    release, total, millions = YEAR_ENDS[reference_date]
    recomputed, stated = one(
        published,
        f"select forcibly_displaced, published_total from global_totals_as_of('{release}') "
        f"where reference_date = '{reference_date}'",
    )
    assert (recomputed, stated) == (total, round(millions * 1_000_000))
    assert abs(recomputed - stated) <= 100_000


def test_mid_years_have_no_recomputed_total_and_the_published_one_beside(published: Connection) -> None:
    # Mid-year releases carry no mid-year IDP figure; what they hold is carried forward, partial or missing.
    assert rows(published, "from global_totals where period = 'mid-year' and forcibly_displaced is not null") == []
    for table in ("country_totals", "region_totals"):
        assert rows(published, f"from {table} where period = 'mid-year' and forcibly_displaced is not null") == []
    stated = rows(
        published,
        "select reference_date, published_total from global_totals where period = 'mid-year' "
        "and published_total is not null order by all",
    )
    assert (dt.date(2023, 6, 30), 110_000_000) in stated
    assert (dt.date(2025, 6, 30), 117_300_000) in stated
    assert len(stated) == 6


def test_mid_years_hold_no_figure_of_idmc_or_unrwa(published: Connection) -> None:
    assert (
        rows(
            published,
            "from figures_history where period = 'mid-year' and indicator in ('idmc_idps', 'unrwa_refugees')",
        )
        == []
    )
    carried = "unrwa_refugees_standing, idmc_idps_standing"
    assert one(published, f"select {carried} from global_totals where reference_date = '2025-06-30'") == (
        "carried",
        "carried",
    )


def test_a_mid_year_is_never_compared_with_a_year_end(published: Connection) -> None:
    assert (
        rows(
            published,
            "from global_totals where period = 'mid-year' "
            "and (published_yearly_change is not null or recomputed_yearly_change is not null)",
        )
        == []
    )


def test_the_total_begins_in_1993_and_the_components_keep_their_own_history(published: Connection) -> None:
    first = one(published, "select min(reference_date) from global_totals where forcibly_displaced is not null")
    assert first == dt.date(1993, 12, 31)
    gaps = rows(
        published,
        "from global_totals where period = 'year-end' and year between 1993 and 2025 and forcibly_displaced is null",
    )
    assert gaps == []
    begins = one(
        published,
        "select min(year) filter (refugees > 0), min(year) filter (unrwa_refugees > 0), "
        "min(year) filter (asylum_seekers > 0), min(year) filter (oip > 0) from global_totals",
    )
    assert begins == (1951, 1952, 1993, 2018)


def test_the_overlap_is_seven_tenths_of_gazas_displaced_and_begins_at_the_end_of_2023(published: Connection) -> None:
    found = dict(rows(published, "select year, overlap from global_totals where period = 'year-end' and year > 2021"))
    assert (
        one(published, "select overlap from global_totals_as_of('2024-06-17') where reference_date = '2023-12-31'")
        == 1_197_000
    )
    assert found == {2022: 0, 2023: 1_194_900, 2024: 1_422_400, 2025: 1_424_500}
    assert one(
        published,
        "select idmc_idps, overlap from country_totals "
        "where country = 'PSE' and role = 'asylum' and reference_date = '2025-12-31'",
    ) == (2_035_000, 1_424_500)
    elsewhere = "from country_totals where country <> 'PSE' and overlap > 0"
    assert rows(published, elsewhere) == []


def test_the_published_total_fell_in_2025_for_the_first_time_since_2011(published: Connection) -> None:
    falls = rows(published, "select year from global_totals where published_yearly_change < 0 order by year")
    assert falls == [(2011,), (2025,)]


def test_the_recomputed_changes_are_not_the_published_ones(published: Connection) -> None:
    found = rows(
        published,
        "select round(recomputed_yearly_change / 1e6, 1), round(published_yearly_change / 1e6, 1) "
        "from global_totals where period = 'year-end' and year >= 2022 order by year",
    )
    assert found == [(19.0, 19.1), (9.1, 8.9), (6.9, 5.9), (-5.4, -5.4)]


def test_unhcrs_own_series_of_idps_is_in_no_total(published: Connection) -> None:
    # idps is a smaller series of its own: adding it to idmc_idps counts people twice.
    for table in ("country_totals", "region_totals"):
        differing = rows(
            published,
            f"from {table} where forcibly_displaced is not null and forcibly_displaced <> coalesce(refugees, 0) + "
            "coalesce(unrwa_refugees, 0) + coalesce(asylum_seekers, 0) + coalesce(oip, 0) + coalesce(idmc_idps, 0) "
            "- overlap",
        )
        assert differing == []
        assert rows(published, f"from {table} where idps is not null and forcibly_displaced is not null limit 1")
    assert "idps" not in [column[0] for column in published.execute("from global_totals").description or []]


def test_absent_is_absent_and_never_zero(published: Connection) -> None:
    for name, table in load_catalogue().tables.items():
        for column in table.columns:
            if column.unit == "persons" and column.minimum == 1:
                assert one(published, f"select count(*) from {name} where {column.name} = 0") == 0, (name, column.name)


# --- countries and regions --------------------------------------------------------------------------------------------


def test_a_country_has_no_total_while_a_component_is_one_world_figure(published: Connection) -> None:
    # Before 2009 IDMC's figure stands for the world alone: a country's part would leave people out, and then jump.
    for table in ("country_totals", "region_totals"):
        assert one(published, f"select min(year) from {table} where forcibly_displaced is not null") == 2009
    assert one(published, "select count(*) from country_totals where year < 2009 and overlap is not null") == 0


@pytest.mark.parametrize("role", ["origin", "asylum"])
def test_countries_and_regions_add_up_to_the_world_with_a_row_for_no_region(published: Connection, role: str) -> None:
    # UNK and XXA belong to no region: without a row for them the sums do not reach the world.
    world = one(published, "select refugees, idmc_idps from global_totals where reference_date = '2025-12-31'")
    where = f"where role = '{role}' and reference_date = '2025-12-31'"
    assert one(published, f"select sum(refugees), sum(idmc_idps) from country_totals {where}") == world
    for scheme in ("unhcr", "m49", "m49_subregion"):
        of_scheme = f"{where} and region_scheme = '{scheme}'"
        assert one(published, f"select sum(refugees), sum(idmc_idps) from region_totals {of_scheme}") == world
        nowhere = rows(published, f"select displaced_across from region_totals {of_scheme} and region = 'no region'")
        placeless = rows(
            published,
            f"select sum(displaced_across) from country_totals {where} and country in ('UNK', 'XXA') "
            "having count(*) > 0",
        )
        assert nowhere == placeless


def test_no_region_holds_only_people_of_unknown_place_and_stateless_ones(published: Connection) -> None:
    found = rows(published, "select iso3 from countries where region is null and in_figures order by all")
    assert found == [("UNK",), ("XXA",)]


@pytest.mark.parametrize("role", ["origin", "asylum"])
def test_unknown_and_stateless_people_count_in_the_world_and_have_no_rank(published: Connection, role: str) -> None:
    assert rows(published, f"from rankings where role = '{role}' and country in ('UNK', 'XXA')") == []
    total, share = one(
        published,
        "select sum(value), max(cumulative_share) from rankings "
        f"where role = '{role}' and measure = 'refugees' and reference_date = '2025-12-31'",
    )
    unplaced = one(
        published,
        "select coalesce(sum(refugees), 0) from country_totals "
        f"where role = '{role}' and country in ('UNK', 'XXA') and reference_date = '2025-12-31'",
    )
    assert total + unplaced == 28_461_306
    assert share == pytest.approx(total / 28_461_306)


def test_corridors_with_an_unknown_partner_are_kept_and_not_ranked(published: Connection) -> None:
    assert one(published, "select count(*) from corridors where asylum in ('UNK', 'XXA') and rank_in_origin > 0") == 0
    assert one(published, "select count(*) from corridors where origin in ('UNK', 'XXA') and rank_in_asylum > 0") == 0
    assert one(published, "select count(*) from corridors where origin = 'UNK' and rank_in_origin > 0") > 0
    ranked = "select count(*) from corridors where rank_in_origin is null and asylum not in ('UNK', 'XXA')"
    assert one(published, ranked) == 0


def test_ranks_begin_at_one_for_the_largest_and_are_shared_by_equals(published: Connection) -> None:
    differing = rows(
        published,
        "select * from (select *, rank() over (partition by role, measure, reference_date order by value desc) as r "
        "from rankings) where r <> rank limit 1",
    )
    assert differing == []


def test_unrwas_refugees_are_not_displaced_across_borders_twice(published: Connection) -> None:
    differing = rows(
        published,
        "from country_totals where displaced_across is distinct from nullif(coalesce(refugees, 0) + "
        "coalesce(asylum_seekers, 0) + coalesce(oip, 0), 0) limit 1",
    )
    assert differing == []


@pytest.mark.parametrize(
    ("indicator", "count"),
    [
        ("refugees", 83),
        ("asylum_seekers", 26),
        ("flow_refugees", 35),
        ("flow_asylum_seekers", 31),
        ("asylum_applications", 29),
    ],
)
def test_figures_of_the_same_origin_and_asylum_are_kept(published: Connection, indicator: str, count: int) -> None:
    # The publisher's oddities are not ours to delete.
    where = f"indicator = '{indicator}' and origin = asylum and period = 'year-end'"
    assert one(published, f"select count(*) from figures where {where}") == count


def test_the_great_falls_in_the_real_figures_are_kept(published: Connection) -> None:
    of = "select sum(value) from figures where indicator = 'refugees' and {} and reference_date = '{}'"
    assert one(published, of.format("asylum = 'CHN'", "2021-12-31")) == 303_436
    assert one(published, of.format("asylum = 'CHN'", "2022-12-31")) == 320
    assert round(one(published, of.format("origin = 'AFG'", "2024-12-31")) / 1e6, 2) == 5.77
    assert round(one(published, of.format("origin = 'AFG'", "2025-12-31")) / 1e6, 2) == 2.67


def test_codes_are_those_of_iso_and_not_the_publishers_own(published: Connection) -> None:
    # UNHCR's AUS is Austria, ARE is Egypt, MAR is Martinique; Germany is GFR.
    found = dict(rows(published, "select unhcr_code, iso3 from countries where unhcr_code in ('AUS', 'ARE', 'GFR')"))
    assert found == {"AUS": "AUT", "ARE": "EGY", "GFR": "DEU"}
    assert one(published, "select iso2 from countries where iso3 = 'NAM'") == "NA"
    assert one(published, "select m49 from countries where iso3 = 'AFG'") == "004"


# --- headlines and claims ---------------------------------------------------------------------------------------------


def test_a_headline_is_never_known_before_it_was_published(published: Connection) -> None:
    early = rows(
        published,
        "from headlines left join releases using (title) where strftime(known_on, '%Y-%m') <> published_month "
        "or (published_on is null and known_on <> last_day(known_on))",
    )
    assert early == []
    recorded = rows(
        published,
        "from headlines inner join releases using (title) where published_on is not null and known_on <> published_on",
    )
    assert recorded == []


def test_both_claims_held_when_they_were_made_and_neither_holds_now(published: Connection) -> None:
    found = {
        row[0]: row[1:]
        for row in rows(
            published,
            "select claim_id, round(value_then / 1e6, 1), reference_date_then, verdict_then, "
            "round(value_now / 1e6, 1), reference_date_now, verdict_now from claim_checks",
        )
    }
    assert found == {
        "wilson-total": (110.0, dt.date(2023, 6, 30), "held", 117.8, dt.date(2025, 12, 31), "outgrown"),
        "wilson-growth": (9.6, dt.date(2022, 12, 31), "held", 3.1, dt.date(2025, 12, 31), "no longer so"),
    }


def test_each_claim_is_answered_in_one_sentence_with_what_was_known_then_and_what_is_now(
    published: Connection,
) -> None:
    total, growth = (claim["sentence"] for claim in headline.claims(published))
    assert "some 110 million" in total
    right = "The claim was right when it was made: the newest published by then was "
    assert f"{right}110.0 million (30 June 2023, Mid-Year Trends 2023)." in total
    assert total.endswith("The newest published now is higher: 117.8 million (31 December 2025, Global Trends 2025).")
    assert f"{right}+9.6 million a year (31 December 2022, Global Trends 2022)." in growth
    assert growth.endswith("is lower: +3.1 million a year (31 December 2025, Global Trends 2025).")


def test_the_headline_is_the_newest_published_year_end(published: Connection) -> None:
    assert headline.headline(published).sentence == (
        "117.8 million people were forcibly displaced on 31 December 2025, 5.4 million fewer than a year before "
        "(UNHCR, Global Trends 2025, as others quote it)."
    )


CLAIMS = {
    "too high": ("headline_total", 200_000_000, "2024-01-22", "did not hold", "does not hold"),
    "true now, not then": ("headline_total", 118_000_000, "2024-01-22", "did not hold", "holds"),
    "true then and now": ("headline_total", 117_500_000, "2026-11-01", "held", "holds"),
    "grown past": ("headline_total", 84_000_000, "2022-01-01", "held", "outgrown"),
    "fallen below": ("headline_total", 123_000_000, "2025-07-01", "held", "no longer so"),
    "before anything was published": ("headline_total", 110_000_000, "1990-01-01", "unknown", "does not hold"),
    "growth too high": ("headline_mean_yearly_change_3y", 50_000_000, "2024-01-22", "did not hold", "does not hold"),
    "a fall that never was": (
        "headline_mean_yearly_change_3y",
        -10_000_000,
        "2024-01-22",
        "did not hold",
        "does not hold",
    ),
}


OF_FIGURES = {
    "many in Türkiye": ("refugees", "TUR", "asylum", 3_600_000, "2023-11-01", "held", "no longer so"),
    "many from Syria": ("displaced_across", "SYR", "origin", 6_500_000, "2024-07-01", "held", "no longer so"),
    "in the world": ("idmc_idps", None, None, 68_000_000, "2024-07-01", "held", "holds"),
    "few in Chad": ("refugees", "TCD", "asylum", 590_000, "2023-07-01", "held", "outgrown"),
    "of a mid-year release": (
        "refugees",
        "DEU",
        "asylum",
        1_256_000,
        "2023-05-01",
        "held",
        "outgrown",
    ),
    "before any release kept here": ("refugees", "DEU", "asylum", 1_256_000, "2022-05-01", "unknown", "does not hold"),
    "nobody counted": ("idmc_idps", "NRU", "asylum", 5, "2024-07-01", "unknown", "unknown"),
}


@pytest.fixture(scope="module")
def of_claims(published: Connection, root: Path) -> dict[str, dict[str, Any]]:
    """Return what the model says of made-up claims, held against what has really been published."""
    described = load_catalogue().tables
    bench = published.cursor()
    columns = ", ".join(f"{column.name} {column.type}" for column in described["claims"].columns)
    bench.execute("set search_path = 'main,meta'")
    bench.execute(f"create temp table claims ({columns})")  # it stands before the published one
    claims = {name: (measure, None, None, *rest) for name, (measure, *rest, _, _) in CLAIMS.items()}
    claims |= {name: (measure, *rest) for name, (measure, *rest, _, _) in OF_FIGURES.items()}
    for name, (measure, country, role, value, made_on) in claims.items():
        place = f"'{country}', '{role}'" if country else "null, null"
        bench.execute(
            f"insert into claims select '{name}', 'Somebody', 'So it is', measure, {place}, {value}, unit, 0.02, "
            f"'{made_on}', 'nowhere', true from claim_measures where measure = '{measure}'"
        )
    sql = (root / "sql/marts/claim_checks.sql").read_text()
    made = bench.execute(typed_select(described["claim_checks"], sql))
    names = [column[0] for column in made.description or []]
    found = [dict(zip(names, row, strict=True)) for row in made.fetchall()]
    return {row["claim_id"]: row for row in found}


@pytest.mark.parametrize("claim", CLAIMS | OF_FIGURES)
def test_a_claim_gets_the_verdict_of_what_has_been_published(of_claims: dict[str, dict[str, Any]], claim: str) -> None:
    *_, then, now = (CLAIMS | OF_FIGURES)[claim]
    assert (of_claims[claim]["verdict_then"], of_claims[claim]["verdict_now"]) == (then, now)


def test_a_claim_about_a_country_is_held_against_the_release_of_its_day(of_claims: dict[str, dict[str, Any]]) -> None:
    chad = of_claims["few in Chad"]
    assert (chad["value_then"], chad["source_then"]) == (592_764, "Global Trends 2022")
    assert (chad["value_now"], chad["source_now"]) == (1_502_263, "Global Trends 2025, corrected")
    then = "the newest year-end figure published by then was 592,764 refugees under UNHCR's mandate in Chad (31 "
    assert then in chad["sentence"]
    assert "is higher: 1.5 million refugees under UNHCR's mandate in Chad (31 " in chad["sentence"]
    syria = of_claims["many from Syria"]["sentence"]
    assert "6.5 million people displaced across borders from Syrian Arab Republic (31 December 2023, " in syria


def test_a_claim_that_does_not_hold_is_said_not_to(of_claims: dict[str, dict[str, Any]]) -> None:
    sentence = of_claims["too high"]["sentence"]
    assert "The claim was not right when it was made" in sentence
    assert sentence.endswith(", so the claim is not right.")
    assert "No figure published by then is recorded" in of_claims["before anything was published"]["sentence"]


def test_a_claim_is_held_against_nothing_published_after_it(published: Connection) -> None:
    later = rows(
        published,
        "from claim_checks inner join headlines on reference_date_then = reference_date where known_on > made_on",
    )
    assert later == []


# --- the release before -----------------------------------------------------------------------------------------------


def test_claims_as_of_a_release_know_only_what_had_been_published_by_then(published: Connection) -> None:
    found = dict(rows(published, "select claim_id, value_now from claim_checks_as_of('2024-06-17')"))
    assert found["wilson-total"] == 117_300_000
    newest = one(published, "select max(reference_date) from headlines_as_of('2024-06-17')")
    assert newest == dt.date(2023, 12, 31)


def test_the_figures_are_the_shipped_ones(published: Connection) -> None:
    shipped = f"read_parquet('{PACKAGE / 'data/figures.parquet'}')"
    with duckdb.connect() as connection:
        (count, total) = connection.execute(f"select count(*), sum(value) from {shipped}").fetchall()[0]
    assert one(published, "select count(*), sum(value) from figures_history") == (count, total)
    assert one(published, "select count(*) from figures") == 670_391
