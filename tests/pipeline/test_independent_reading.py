"""The same answers, computed with pandas alone from the tables a publisher released: no SQL and no code of ours.

Codes, zeros and reference dates are read here as the publisher's documentation has them, so that an error made when the
figures were compiled, or in a model, cannot hide in both.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.pipeline.conftest import PEOPLE, RELEASE

pd: Any = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def figures(published: duckdb.DuckDBPyConnection) -> Any:
    """Return the figures as they stood in the release, year-ends only."""
    return published.execute(
        "select indicator::varchar as indicator, year, origin::varchar as origin, asylum::varchar as asylum, value "
        f"from figures_as_of('{RELEASE}') where period = 'year-end'"
    ).df()


def world(figures: Any, indicator: str, year: int) -> int:
    chosen = figures[(figures["indicator"] == indicator) & (figures["year"] == year)]
    return int(chosen["value"].sum())


@pytest.mark.parametrize("indicator", PEOPLE)
def test_every_year_of_a_population_type_adds_up_to_the_same(population: Any, figures: Any, indicator: str) -> None:
    theirs = population.groupby("year")[indicator].sum()
    ours = figures[figures["indicator"] == indicator].groupby("year")["value"].sum()
    theirs = theirs[theirs > 0]
    assert len(theirs) > 3
    assert theirs.astype(int).to_dict() == ours.astype(int).to_dict()


@pytest.mark.parametrize(("indicator", "side"), [("refugees", "coo"), ("refugees", "coa"), ("asylum_seekers", "coa")])
@pytest.mark.parametrize("year", [1980, 2005, 2025])
def test_every_country_has_the_same(population: Any, figures: Any, indicator: str, side: str, year: int) -> None:
    rows = population[population["year"] == year]
    theirs = rows.groupby(side)[indicator].sum()
    chosen = figures[(figures["indicator"] == indicator) & (figures["year"] == year)]
    ours = chosen.groupby({"coo": "origin", "coa": "asylum"}[side])["value"].sum()
    assert theirs[theirs > 0].astype(int).to_dict() == ours.astype(int).to_dict()


def test_the_largest_corridors_are_the_same(population: Any, published: duckdb.DuckDBPyConnection) -> None:
    rows = population[(population["year"] == 2025) & (population["coo"] != population["coa"])].copy()
    rows["across"] = rows["refugees"] + rows["asylum_seekers"] + rows["oip"]
    pairs = rows.groupby(["coo", "coa"])["across"].sum().nlargest(25)
    theirs = {(origin, asylum): int(people) for (origin, asylum), people in pairs.items()}
    ours = published.execute(
        f"select origin::varchar, asylum::varchar, displaced_across from corridors_as_of('{RELEASE}') "
        "where reference_date = '2025-12-31' and origin <> asylum order by displaced_across desc limit 25"
    ).fetchall()
    assert {(origin, asylum): people for origin, asylum, people in ours} == theirs


def test_germany_hosts_what_the_publisher_says_of_gfr(population: Any, figures: Any, shared: Path) -> None:
    raw = pd.read_parquet(shared / "releases" / RELEASE / "population.parquet")
    theirs = raw[(raw["coa"] == "GFR") & (raw["year"] == 2025)]["refugees"].sum()
    chosen = figures[(figures["indicator"] == "refugees") & (figures["year"] == 2025) & (figures["asylum"] == "DEU")]
    assert int(chosen["value"].sum()) == int(theirs) > 2_000_000


@pytest.mark.parametrize(("table", "indicator"), [("idmc", "idmc_idps"), ("unrwa", "unrwa_refugees")])
def test_idmc_and_unrwa_have_the_same_in_every_year(released: Any, figures: Any, table: str, indicator: str) -> None:
    theirs = released(table).groupby("year")["total"].sum()
    ours = figures[figures["indicator"] == indicator].groupby("year")["value"].sum()
    assert theirs[theirs > 0].astype(int).to_dict() == ours.astype(int).to_dict()


@pytest.mark.parametrize("column", ["resettlement", "naturalisation", "returned_refugees"])
def test_solutions_have_the_same_in_every_year(released: Any, figures: Any, column: str) -> None:
    theirs = released("solutions").groupby("year")[column].sum()
    ours = figures[figures["indicator"] == column].groupby("year")["value"].sum()
    assert theirs[theirs > 0].astype(int).to_dict() == ours.astype(int).to_dict()


def test_new_claims_are_the_same_when_counted_by_hand(released: Any, figures: Any) -> None:
    # New claims: N, NR and NA at any level; V, used from 2000 to 2005, at the levels FI, FA and NA only.
    rows = released("asylum_applications")
    rows = rows[rows["app_pc"] == "P"]
    new = rows["app_type"].isin(["N", "NR", "NA"])
    verified = (rows["app_type"] == "V") & rows["dec_level"].isin(["FI", "FA", "NA"])
    theirs = rows[new | verified].groupby("year")["applied"].sum()
    ours = figures[figures["indicator"] == "asylum_applications"].groupby("year")["value"].sum()
    assert theirs[theirs > 0].astype(int).to_dict() == ours.astype(int).to_dict()
    assert [round(theirs[year] / 1e6, 1) for year in (2022, 2023, 2024)] == [2.6, 3.6, 3.1]


def test_recognitions_are_the_same_and_cases_are_apart(released: Any, figures: Any) -> None:
    rows = released("asylum_decisions")
    for unit, indicator in (("P", "asylum_decisions_recognized"), ("C", "asylum_decisions_recognized_cases")):
        theirs = rows[rows["dec_pc"] == unit].groupby("year")["dec_recognized"].sum()
        ours = figures[figures["indicator"] == indicator].groupby("year")["value"].sum()
        assert theirs[theirs > 0].astype(int).to_dict() == ours.astype(int).to_dict(), indicator


def test_the_total_is_the_same_when_added_by_hand(
    population: Any, released: Any, published: duckdb.DuckDBPyConnection
) -> None:
    now = population[population["year"] == 2025]
    idmc, unrwa = released("idmc"), released("unrwa")
    idmc, unrwa = idmc[idmc["year"] == 2025], unrwa[unrwa["year"] == 2025]
    total = now[["refugees", "asylum_seekers", "oip"]].to_numpy().sum() + idmc["total"].sum() + unrwa["total"].sum()
    overlap = 0.7 * idmc[idmc["coa"] == "PSE"]["total"].sum()
    (ours,) = published.execute(
        f"select forcibly_displaced from global_totals_as_of('{RELEASE}') where reference_date = '2025-12-31'"
    ).fetchall()
    assert ours == (round(total - overlap),) == (117_830_232,)
