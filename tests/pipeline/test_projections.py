"""Projections: no later figure reaches them, their intervals hold what they promise, and their scores are right.

The scores are computed again with pandas from the backtest, and the backtest of no change from the figures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from displacement.settings import PACKAGE
from displacement.storage.duck import rows
from displacement.storage.sql_files import read_sql
from tests.conftest import ROOT

BACKTEST = ROOT / "sql/projections/projection_backtest.sql"
LARGE = ("10,000 to 100,000", "100,000 to 1 million", "1 million and more")


@pytest.fixture(scope="module")
def backtest(published: duckdb.DuckDBPyConnection) -> Any:
    pytest.importorskip("pandas")
    return published.execute("from projection_backtest").df()


def test_a_planted_future_value_changes_no_projection_made_before(published: duckdb.DuckDBPyConnection) -> None:
    """Figures of the end of 2025 are multiplied by ten, in the releases that have them: nothing earlier may move."""
    published = published.cursor()  # what is set and planted here is not for other tests
    published.execute("set search_path = 'main,meta'")
    published.execute(
        "create temp table figures_history as select * replace (case when reference_date = date '2025-12-31' "
        "then 10 * value else value end as value) from main.figures_history"
    )
    published.execute(f"create temp table moved as {read_sql(BACKTEST).statement}")
    published.execute("drop table temp.figures_history")
    key = "basis, release, country, measure, base_date, horizon, method"
    [found] = rows(
        published,
        f"""
        select
            -- by a person: sums of doubles may be rounded the other way
            count(*) filter (abs(moved.median - kept.median) > 1 or abs(moved.low_80 - kept.low_80) > 1
                or abs(moved.high_50 - kept.high_50) > 1) as projections_moved,
            count(*) filter (kept.reference_date < date '2025-12-31'
                and (moved.value_first, moved.value_now) is distinct from (kept.value_first, kept.value_now)
            ) as followed,
            count(*) filter (moved.value_now is distinct from kept.value_now) as planted,
            count(*) as n
        from moved inner join projection_backtest as kept using ({key})
        where kept.base_date < date '2025-12-31'
        """,
    )
    published.execute("reset search_path")
    assert (found["projections_moved"], found["followed"]) == (0, 0)
    assert found["planted"] > 1000, "what was planted is what followed the last projections"


def test_no_change_is_what_pandas_finds_in_the_figures(backtest: Any, shared: Path) -> None:
    """81 and 189 cases of 27 origins, computed from the figures as they were compiled."""
    pd: Any = pytest.importorskip("pandas")
    figures = pd.read_parquet(shared / "figures/figures.parquet")
    kinds = ("refugees", "unrwa_refugees", "asylum_seekers", "oip", "idmc_idps")
    figures = figures[figures.indicator.isin(kinds)]
    for column in ("reference_date", "published_in", "superseded_in"):
        figures[column] = pd.to_datetime(figures[column])
    in_gaza = (figures.indicator == "idmc_idps") & (figures.asylum == "PSE") & (figures.reference_date >= "2023-12-31")
    figures["people"] = figures["value"].where(~in_gaza, figures["value"] * 0.3)
    scopes = pd.read_csv(PACKAGE / "data/forecast_scopes.csv")
    origins = sorted(scopes[scopes.scope == "origins-27"].iso3)
    assert len(origins) == 27

    def known(release: str, year: int) -> Any:
        then = (figures.published_in <= release) & ~(figures.superseded_in <= release)
        at = figures.reference_date == f"{year}-12-31"
        return figures[then & at].groupby("origin").people.sum().reindex(origins)

    first = {2021: "2023-04-27", 2022: "2023-06-14", 2023: "2024-06-17", 2024: "2025-06-12", 2025: "2026-06-12"}
    newest = "2026-06-25"
    for basis, years, against in (
        ("as known", range(2023, 2026), "first"),
        ("current figures", range(2019, 2026), "now"),
    ):
        off = []
        for year in years:
            before = known(first[year - 1] if basis == "as known" else newest, year - 1)
            after = known(first[year] if against == "first" else newest, year)
            off.append((before - after).abs() / after)
        expected = pd.concat(off)
        ours = backtest[
            (backtest.basis == basis)
            & (backtest.method == "no_change")
            & (backtest.horizon == 1)
            & backtest.country.isin(origins)
            & backtest.reference_date.dt.year.isin(years)
        ]
        followed = ours[f"value_{against}"]
        found = (ours["median"] - followed).abs() / followed
        assert len(found) == len(expected) == 27 * len(years)
        assert (found <= 0.1).mean() == pytest.approx((expected <= 0.1).mean())
        assert found.mean() == pytest.approx(expected.mean(), abs=1e-4)
        assert found.median() == pytest.approx(expected.median(), abs=1e-4)


def test_scores_are_those_pandas_computes(backtest: Any, published: duckdb.DuckDBPyConnection) -> None:
    np: Any = pytest.importorskip("numpy")
    cases = backtest[backtest.size_class.isin(LARGE) & ~backtest.country.isin(("UNK", "XXA"))]
    cases = cases.dropna(subset=["value_now"]).astype({"value_now": float, "median": float})
    cases["error"] = np.abs(np.log(cases.value_now / cases["median"]))
    keys = ["basis", "country", "base_date", "horizon"]
    base = cases[cases.method == "no_change"].set_index(keys).error.rename("unchanged")
    cases = cases.join(base, on=keys)
    cases["beyond"] = cases.error - cases.unchanged
    scores = published.execute("from projection_scores where cases_of = '10,000 and more' and compared_to = 'now'").df()
    assert len(scores) == 2 * 2 * 7
    for score in scores.itertuples():
        part = cases[(cases.basis == score.basis) & (cases.horizon == score.horizon) & (cases.method == score.method)]
        off = (part["median"] - part.value_now).abs() / part.value_now
        inside = (part.value_now >= part.low_80) & (part.value_now <= part.high_80)
        assert score.cases == len(part)
        assert score.share_within_10_percent == pytest.approx((off <= 0.1).mean())
        assert (score.mean_share_off, score.median_share_off) == pytest.approx((off.mean(), off.median()))
        assert score.coverage_80 == pytest.approx(inside.mean())
        assert 0.72 <= score.coverage_80 <= 0.88, (score.basis, score.horizon, score.method)
        assert score.log_error_beyond_no_change == pytest.approx(part.beyond.mean(), abs=1e-9)
        if score.method != "no_change":
            by_year = part.groupby("base_date").beyond.mean()
            assert score.t_of_years == pytest.approx(by_year.mean() / by_year.sem())
            by_country = part.groupby("country").beyond.mean()
            assert score.t_of_countries == pytest.approx(by_country.mean() / by_country.sem())


def test_fitted_methods_are_those_numpy_fits(published: duckdb.DuckDBPyConnection) -> None:
    """Smoothing and autoregression of Sudan's series up to the end of 2024, with loops instead of SQL."""
    np: Any = pytest.importorskip("numpy")
    found = published.execute(
        """
        select sum(value) from figures
        where origin = 'SDN' and period = 'year-end' and year between 2009 and 2024
            and indicator in ('refugees', 'unrwa_refugees', 'asylum_seekers', 'oip', 'idmc_idps')
        group by year order by year
        """
    ).fetchall()
    values = np.array([float(value) for (value,) in found])
    logs = np.log(values)

    def smoothed(factor: float, until: int) -> float:
        weights = (1 - factor) ** np.arange(until, -1.0, -1.0)
        return float((weights * logs[: until + 1]).sum() / weights.sum())

    def squares(factor: float) -> float:
        return sum((logs[n + 1] - smoothed(factor, n)) ** 2 for n in range(len(logs) - 1))

    best = min((n / 10 for n in range(10, 0, -1)), key=squares)
    growth = np.diff(logs, prepend=logs[0])
    slope = (growth[1:] * growth[:-1]).sum() / (growth[:-1] ** 2).sum()
    carried = float(np.clip(growth[-1], -1, 1) * slope)
    expected = {
        ("smoothing", 1): np.exp(smoothed(best, len(logs) - 1)),
        ("autoregression", 1): values[-1] * np.exp(carried),
        ("autoregression", 2): values[-1] * np.exp(carried * (1 + slope)),
    }
    made = rows(
        published,
        "from projection_backtest where basis = 'current figures' and country = 'SDN' and base_date = '2024-12-31'",
    )
    medians = {(row["method"], row["horizon"]): row["median"] for row in made}
    assert medians[("smoothing", 2)] == medians[("smoothing", 1)]
    assert all(medians[key] == pytest.approx(value, abs=1) for key, value in expected.items())


def test_no_method_is_better_than_no_change_so_no_change_is_published(published: duckdb.DuckDBPyConnection) -> None:
    scores = rows(published, "from projection_scores where cases_of = '10,000 and more' and is_better_than_chance")
    assert scores == []
    assert rows(published, "select distinct method, median = base_value as is_same from projections") == [
        {"method": "no_change", "is_same": True}
    ]
    world = rows(published, "from projections where country = 'world' and measure = 'forcibly_displaced'")
    [[now]] = published.execute("select max_by(forcibly_displaced, reference_date) from global_totals").fetchall()
    assert [(row["median"], str(row["reference_date"])) for row in world] == [(now, "2026-12-31"), (now, "2027-12-31")]
    assert all(row["low_80"] < now < row["high_80"] for row in world)


def test_projections_are_in_no_table_of_figures(published: duckdb.DuckDBPyConnection) -> None:
    read = rows(
        published,
        "select distinct table_name from meta.lineage where starts_with(source_table, 'projection') "
        "and not starts_with(table_name, 'projection')",
    )
    assert read == []
    named = rows(published, "select comment from duckdb_tables() where starts_with(table_name, 'projection')")
    assert len(named) == 3
    assert all("rojection" in row["comment"] for row in named)
