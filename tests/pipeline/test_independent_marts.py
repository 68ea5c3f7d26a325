"""The analytical tables, computed once more with pandas alone from what UNHCR and the World Bank released.

No SQL and no code of ours: an error in a model cannot hide in both. What the release lacks (the new refugees of 2000 to
2025) is lacking here too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from displacement.settings import PACKAGE
from tests.pipeline.conftest import RELEASE

pd: Any = pytest.importorskip("pandas")

BANDS = ("0_4", "5_11", "12_17", "18_59", "60")
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def ask(published: duckdb.DuckDBPyConnection) -> Ask:
    """Return a function that asks the file; `{}` stands for the release."""
    return lambda sql: published.execute(sql.format(RELEASE)).fetchall()


def decided(released: Any, unit: str) -> Any:
    rows = released("asylum_decisions")
    return rows[rows["dec_pc"] == unit].fillna(0)


# --- hosting ----------------------------------------------------------------------------------------------------------


def test_the_ten_largest_hosts_per_head_are_the_same(population: Any, ask: Ask) -> None:
    now = population[population["year"] == 2025].copy()
    now["across"] = now["refugees"] + now["asylum_seekers"] + now["oip"]
    across = now.groupby("coa")["across"].sum()
    bank = pd.read_parquet(PACKAGE / "data/denominators.parquet")
    people = bank[(bank["indicator"] == "population") & (bank["year"] == 2024)].set_index("country")["value"]
    theirs = (1000 * across / people).dropna().nlargest(10)
    ours = ask(
        "select asylum::varchar, per_1000_inhabitants from hosting_as_of('{}') where year = 2025 "
        "order by rank_per_1000_inhabitants limit 10"
    )
    assert [country for country, _ in ours] == list(theirs.index)
    assert [rate for _, rate in ours] == pytest.approx(list(theirs))


def test_the_newest_gdp_of_three_years_is_taken_and_none_older(population: Any, ask: Ask) -> None:
    now = population[population["year"] == 2025].copy()
    now["across"] = now["refugees"] + now["asylum_seekers"] + now["oip"]
    across = now.groupby("coa")["across"].sum()
    bank = pd.read_parquet(PACKAGE / "data/denominators.parquet")
    gdp = bank[(bank["indicator"] == "gdp_current_usd") & bank["year"].between(2022, 2025)]
    newest = gdp.sort_values("year").groupby("country")["value"].last()
    theirs = (1_000_000 * across[across > 0] / newest).dropna()
    ours = dict(
        ask(
            "select asylum::varchar, per_million_usd_gdp from hosting_as_of('{}') where year = 2025 "
            "and per_million_usd_gdp is not null"
        )
    )
    assert len(ours) > 150
    assert ours == pytest.approx(theirs.to_dict())


# --- totals, rankings, regions ----------------------------------------------------------------------------------------


def test_the_ten_largest_origins_of_refugees_are_the_same(population: Any, ask: Ask) -> None:
    now = population[(population["year"] == 2025) & ~population["coo"].isin(["UNK", "XXA"])]
    theirs = now.groupby("coo")["refugees"].sum().nlargest(10)
    ours = ask(
        "select country::varchar, value, share_of_world from rankings_as_of('{}') where role = 'origin' "
        "and measure = 'refugees' and reference_date = '2025-12-31' and rank <= 10 order by rank"
    )
    assert {country: people for country, people, _ in ours} == theirs.astype(int).to_dict()
    world = population[population["year"] == 2025]["refugees"].sum()
    assert [share for *_, share in ours] == pytest.approx([people / world for people in theirs])


def test_the_regions_of_asylum_are_the_same(population: Any, ask: Ask) -> None:
    countries = pd.read_csv(PACKAGE / "data/countries.csv", dtype=str, keep_default_na=False).set_index("iso3")
    now = population[population["year"] == 2025]
    region = now["coa"].map(countries["unhcr_region"]).replace("", "no region")
    theirs = now.groupby(region)["refugees"].sum()
    ours = dict(
        ask(
            "select region, refugees from region_totals_as_of('{}') where region_scheme = 'unhcr' and role = 'asylum' "
            "and reference_date = '2025-12-31' and refugees is not null"
        )
    )
    assert ours == theirs[theirs > 0].astype(int).to_dict()


def test_the_total_at_first_of_the_bridge_is_the_same(population: Any, released: Any, ask: Ask) -> None:
    now = population[population["year"] == 2025]
    parts = [int(now[name].sum()) for name in ("refugees", "asylum_seekers", "oip")]
    idmc, unrwa = (released(name) for name in ("idmc", "unrwa"))
    parts += [int(table[table["year"] == 2025]["total"].sum()) for table in (unrwa, idmc)]
    ours = ask(
        "select refugees, asylum_seekers, oip, unrwa_refugees, idmc_idps, release::varchar from headline_bridge "
        "where year = 2025"
    )
    assert ours == [(*parts, RELEASE)]


# --- solutions and outcomes -------------------------------------------------------------------------------------------


def test_who_was_resettled_where_is_the_same(released: Any, ask: Ask) -> None:
    rows = released("solutions")
    rows = rows[(rows["year"] == 2024) & (rows["resettlement"] > 0)]
    theirs = rows.groupby(["coo", "coa"])["resettlement"].sum().astype(int).to_dict()
    ours = ask(
        "select origin::varchar, asylum::varchar, resettlement from solutions_as_of('{}') where year = 2024 "
        "and resettlement is not null"
    )
    assert {(origin, asylum): people for origin, asylum, people in ours} == theirs
    assert len(theirs) > 300


@pytest.mark.parametrize(("unit", "letter"), [("persons", "P"), ("cases", "C")])
def test_protection_rates_of_the_world_are_the_same_for_persons_and_for_cases(
    released: Any, ask: Ask, unit: str, letter: str
) -> None:
    rows = decided(released, letter)
    years = rows.groupby("year")[["dec_recognized", "dec_other", "dec_rejected"]].sum()
    decisions = years.sum(axis=1)
    theirs = ((years["dec_recognized"] + years["dec_other"]) / decisions)[decisions > 0]
    ours = dict(
        ask(
            "select year, (sum(coalesce(recognized, 0)) + sum(coalesce(complementary, 0))) / sum(decisions) "
            f"from asylum_outcomes_as_of('{{}}') where unit = '{unit}' group by year having sum(decisions) > 0"
        )
    )
    assert ours == pytest.approx(theirs.to_dict())
    assert len(ours) > 15


def test_the_recognition_of_afghans_by_country_is_the_same(released: Any, ask: Ask) -> None:
    rows = decided(released, "P")
    rows = rows[(rows["coo"] == "AFG") & (rows["year"] == 2024)]
    sums = rows.groupby("coa")[["dec_recognized", "dec_other", "dec_rejected"]].sum()
    decisions = sums.sum(axis=1)
    theirs = (sums["dec_recognized"] / decisions)[decisions > 0].round(4)
    ours = dict(
        ask(
            "select asylum::varchar, recognition_rate from asylum_outcomes_as_of('{}') where origin = 'AFG' "
            "and year = 2024 and unit = 'persons' and decisions is not null"
        )
    )
    assert ours == pytest.approx(theirs.to_dict(), abs=0.0001)
    assert len(ours) > 30


# --- sex and age ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "role", "country"), [("coa", "asylum", "TCD"), ("coo", "origin", "UKR")])
def test_sex_and_age_of_refugees_are_the_same(released: Any, ask: Ask, side: str, role: str, country: str) -> None:
    rows = released("demographics").fillna(0)
    rows = rows[(rows["pop_type"] == "REF") & (rows["year"] == 2025) & (rows[side] == country)]
    ages = {f"{sex}_{band}": int(rows[f"{sex}_{band}"].sum()) for sex in "fm" for band in BANDS}
    by_age = sum(ages.values())
    women = sum(ages[f"f_{band}"] for band in BANDS) + int(rows["f_other"].sum())
    by_sex = by_age + int(rows["f_other"].sum() + rows["m_other"].sum())
    children = sum(ages[f"{sex}_{band}"] for sex in "fm" for band in BANDS[:3])
    ours = ask(
        "select people_by_sex, people_by_age, share_of_women, share_of_children, female_18_59, male_60 "
        f"from demographics where country = '{country}' and role = '{role}' and indicator = 'refugees' and year = 2025"
    )
    assert ours == [(by_sex, by_age, women / by_sex, children / by_age, ages["f_18_59"], ages["m_60"])]


# --- change and revisions ---------------------------------------------------------------------------------------------


def test_the_yearly_change_of_the_world_is_the_same(population: Any, released: Any, ask: Ask) -> None:
    flows, solutions = released("flows"), released("solutions")

    def of(table: Any, column: str, year: int) -> int:
        return int(table[table["year"] == year][column].sum())

    year = 1999  # the last year whose new refugees the release holds
    before, after = of(population, "refugees", year - 1), of(population, "refugees", year)
    new = of(flows, "refugees", year) + of(flows, "refugee_like", year)
    gone = [of(solutions, name, year) for name in ("returned_refugees", "naturalisation", "resettlement")]
    ours = ask(
        "select stock_before, newly_recognised, returned, naturalised, resettled, stock_after, remainder "
        f"from yearly_change_as_of('{{}}') where country = 'world' and year = {year}"
    )
    assert ours == [(before, new, *gone, after, before + new - sum(gone) - after)]


def test_the_refugees_that_a_release_revised_are_the_same(shared: Path, iso: dict[str, str], ask: Ask) -> None:
    def facts(release: str) -> Any:
        table = pd.read_parquet(shared / "releases" / release / "population.parquet")
        table = table[(table["refugees"] > 0) & (table["year"] <= 2022)]
        keys = [table["year"], table["coo"].map(iso), table["coa"].map(iso)]
        return table["refugees"].groupby(keys).sum().astype(int)

    both = pd.concat({"before": facts("2023-10-25"), "after": facts("2024-06-17")}, axis=1)
    moved = both[both["before"].fillna(-1) != both["after"].fillna(-1)]
    theirs = {key: tuple(None if pd.isna(value) else int(value) for value in row) for key, row in
              zip(moved.index, moved.to_numpy(), strict=True)}  # fmt: skip
    ours = ask(
        "select year, origin::varchar, asylum::varchar, value_before, value_after from revisions "
        "where release = '2024-06-17' and indicator = 'refugees'"
    )
    assert {tuple(row[:3]): tuple(row[3:]) for row in ours} == theirs
    assert len(theirs) > 150
