"""Where each column comes from is read from the SQL: every column has a source, and a rename is seen."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from displacement.build.lineage import Step, column_lineage
from displacement.build.models import read_models
from displacement.catalogue import Catalogue, Column, Table, load_catalogue
from displacement.settings import Settings
from pipelines.resources import RunState

CONSTANTS = {
    ("claims", "added_here"),
    ("country_totals", "role"),
    ("demographics", "role"),
    ("forecasts", "added_here"),
    ("projection_backtest", "horizon"),
    ("projection_backtest", "method"),
    ("projection_scores", "compared_to"),
    ("protection_rates", "role"),
    ("rankings", "measure"),
    ("region_totals", "region_scheme"),
    ("yearly_change", "role"),
}
"""Columns that say which branch of the SELECT a row comes from; they are computed from nothing."""


def table(name: str, *columns: str) -> Table:
    return Table(name, name, "A row.", (), (), tuple(Column(column, "bigint", "It.") for column in columns))


def steps(sql: str, columns: tuple[str, ...], sources: dict[str, tuple[str, ...]], tmp_path: Path) -> list[Step]:
    (tmp_path / "marts").mkdir(exist_ok=True)
    (tmp_path / "staging").mkdir(exist_ok=True)
    (tmp_path / "marts/made.sql").write_text(sql)
    read_models.cache_clear()
    catalogue = Catalogue({"made": table("made", *columns)})
    return column_lineage(read_models(tmp_path), catalogue, sources)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    home = tmp_path_factory.mktemp("lineage")
    state = RunState(Settings(home=home, public=home / "public"), "run", pictures=False)
    found = state.lineage
    state.close()
    return found


def test_every_column_of_every_model_comes_from_somewhere(shipped: list[Step]) -> None:
    known = {(step.table_name, step.column_name) for step in shipped}
    described = {(name, column) for name, made in load_catalogue().tables.items() for column in made.column_names}
    assert described - known == CONSTANTS
    assert known - described == set()


def test_every_step_leads_to_a_column_that_is_there(shipped: list[Step]) -> None:
    tables = load_catalogue().tables
    for step in shipped:
        if step.source_table in tables:
            assert step.source_column in tables[step.source_table].column_names, step
        else:
            assert step.source_table.startswith("raw_"), step


def test_a_step_leads_only_to_a_table_the_model_reads(shipped: list[Step], root: Path) -> None:
    reads = {name: {*model.reads, "countries"} for name, model in read_models(root / "sql").items()}  # names of codes
    found: defaultdict[str, set[str]] = defaultdict(set)
    for step in shipped:
        found[step.table_name].add(step.source_table)
    for name, sources in found.items():
        assert sources <= reads[name], name


@pytest.mark.parametrize(
    ("made", "source"),
    [
        (("figures", "value"), ("figures_history", "value")),
        (("figures_history", "year"), ("raw_figures", "reference_date")),
        (("headlines", "known_on"), ("raw_releases", "published_on")),
        (("global_totals", "refugees"), ("figures", "value")),
        (("global_totals", "overlap"), ("overlap_rules", "share")),
        (("global_totals", "published_total"), ("headlines", "total_millions")),
        (("corridors", "rank_in_origin"), ("figures", "value")),
        (("country_totals", "forcibly_displaced"), ("figures", "value")),
        (("region_totals", "region"), ("countries", "region")),
        (("claim_checks", "value_now"), ("headlines", "total_millions")),
    ],
)
def test_a_column_is_traced_to_what_it_is_computed_from(
    shipped: list[Step], made: tuple[str, str], source: tuple[str, str]
) -> None:
    assert Step(*made, *source) in shipped


def sources_of(shipped: list[Step], table_name: str, column: str) -> set[tuple[str, str]]:
    return {
        (step.source_table, step.source_column)
        for step in shipped
        if (step.table_name, step.column_name) == (table_name, column)
    }


@pytest.mark.parametrize(
    "column", ["refugees", "unrwa_refugees", "asylum_seekers", "oip", "idmc_idps", "overlap", "forcibly_displaced"]
)
def test_the_recomputed_total_takes_nothing_from_the_published_series(shipped: list[Step], column: str) -> None:
    # The published total and the total recomputed from the figures must not be mixed.
    found = sources_of(shipped, "global_totals", column)
    assert ("figures", "value") in found
    assert ("headlines", "total_millions") not in found


@pytest.mark.parametrize("column", ["published_total", "published_yearly_change"])
def test_the_published_series_takes_nothing_from_the_figures(shipped: list[Step], column: str) -> None:
    found = sources_of(shipped, "global_totals", column)
    assert ("headlines", "total_millions") in found
    assert ("figures", "value") not in found


def test_a_renamed_source_column_is_seen(tmp_path: Path) -> None:
    before = steps("select b.n as total from raw_b as b", ("total",), {"raw_b": ("n",)}, tmp_path)
    after = steps("select b.m as total from raw_b as b", ("total",), {"raw_b": ("m",)}, tmp_path)
    assert before == [Step("made", "total", "raw_b", "n")]
    assert after == [Step("made", "total", "raw_b", "m")]


def test_a_rename_planted_in_a_shipped_model_is_seen(tmp_path: Path, root: Path) -> None:
    sql = Path(shutil.copytree(root / "sql", tmp_path / "sql"))
    path = sql / "marts/claim_checks.sql"
    text = path.read_text()
    assert "total_millions * 1000000 as value" in text
    path.write_text(text.replace("total_millions * 1000000 as value", "oip_millions * 1000000 as value"))
    state = RunState(Settings(tmp_path / "home", tmp_path / "public", sql=sql), "run", pictures=False)
    found = state.lineage
    state.close()
    assert Step("claim_checks", "value_now", "headlines", "oip_millions") in found


def test_a_column_a_source_lost_stops_the_reading_of_lineage(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"(?i)\bn\b"):
        steps("select b.n as total from raw_b as b", ("total",), {"raw_b": ("m",)}, tmp_path)


def test_a_column_is_traced_through_aggregates_windows_joins_and_common_tables(tmp_path: Path) -> None:
    sql = """
        with own as (select a.k, sum(a.n) as people from raw_a as a group by a.k)
        select
            own.k,
            rank() over (order by own.people desc) as place,
            case when b.flag then own.people end as shown,
            1 as constant
        from own inner join raw_b as b on own.k = b.k
    """
    found = steps(sql, ("k", "place", "shown", "constant"), {"raw_a": ("k", "n"), "raw_b": ("k", "flag")}, tmp_path)
    assert found == [
        Step("made", "k", "raw_a", "k"),
        Step("made", "place", "raw_a", "n"),
        Step("made", "shown", "raw_a", "n"),
        Step("made", "shown", "raw_b", "flag"),
    ]


def test_both_branches_of_a_union_are_traced(tmp_path: Path) -> None:
    sql = "select a.n as v from raw_a as a union all select b.m as v from raw_b as b"
    found = steps(sql, ("v",), {"raw_a": ("n",), "raw_b": ("m",)}, tmp_path)
    assert found == [Step("made", "v", "raw_a", "n"), Step("made", "v", "raw_b", "m")]
