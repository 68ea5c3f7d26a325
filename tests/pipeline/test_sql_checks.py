"""Every check across tables is seen failing: an error is planted in a copy of the built file, and it is found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Built

PLANTED = {
    "demographics_add_up": [
        "update demographics set male_0_4 = male_0_4 + 1 where country = 'TCD' and year = 2025 and role = 'asylum'",
        "update demographics set people_by_sex = 0 where country = 'TCD' and year = 2025 and role = 'asylum'",
        "update demographics set share_of_women = 0.5 where country = 'BGD' and indicator = 'stateless'",
        "update demographics set people = people - 5 where country = 'TCD' and year = 2025 and indicator = 'refugees'",
        "delete from demographics where country = 'DEU' and year = 2024 and indicator = 'refugees' and role = 'asylum'",
    ],
    "figures_sum_to_world": [
        "delete from countries where iso3 = 'SDN'",
        "insert into countries select * replace ('Nowhere' as region) from countries where iso3 = 'XXA'",
        "update countries set iso3 = 'XXA' where iso3 = 'UNK'",
    ],
    "flows_sum_to_figures": [
        "update solutions set resettlement = resettlement + 1 where year = 2025 and origin = 'SYR' and asylum = 'DEU'",
        "update asylum_outcomes set closed = null where year = 2025 and origin = 'SYR' and asylum = 'DEU'",
        "update asylum_outcomes set unit = 'persons' where year = 2025 and unit = 'cases'",
        "delete from asylum_outcomes where year = 2024",
    ],
    "yearly_change_adds_up": [
        "update yearly_change set remainder = remainder + 1 where country = 'SDN' and year = 2025",
        "update yearly_change set stock_after = stock_after + 5, remainder = remainder - 5 where country = 'SDN'",
        "update yearly_change set new_oip = 1 where country = 'SDN' and year = 2025 and role = 'origin'",
        "delete from yearly_change where country = 'SDN' and year = 2020 and role = 'asylum'",
    ],
    "headline_bridge_adds_up": [
        "update headline_bridge set left_over = left_over + 1 where year = 2018",
        "update headline_bridge set scope = 0 where year = 2018",
        "update headline_bridge set idmc_idps = idmc_idps - 200000 where year = 2023",
        "update headline_bridge set rounding = 0, left_over = left_over + rounding, published_total = 0, "
        "total_at_first = total_at_first - 100000, refugees = refugees - 100000 where year = 2025",
        "delete from headline_bridge where year = 2016",
    ],
    "revisions_are_the_changes_of_the_figures": [
        "update revisions set difference = difference + 1 where event = 'changed' and indicator = 'idmc_idps'",
        "delete from revisions where event = 'added' and indicator = 'resettlement'",
        "update revisions set event = 'added' where event = 'withdrawn' and indicator = 'unrwa_refugees'",
        "update revisions set release = '2025-06-12' where release = '2026-06-12' and indicator = 'idmc_idps'",
    ],
    "held_back_names_what_is_known": [
        "insert into held_back values ('2026-11-01', 'population', 'refugee', 'lost', '', '', null, null, false)",
        "insert into held_back values ('2026-11-01', 'population', 'demographics', 'lost', '', '', null, null, false)",
    ],
    "hosting_divides_by_a_recent_denominator": [
        "update hosting set population_year = population_year - 1 where asylum = 'TCD' and year = 2025",
        "update hosting set population = population + 1 where asylum = 'TCD' and year = 2025",
        "update hosting set per_million_usd_gdp_with_unrwa = 1 where asylum = 'SSD' and year = 2025",
        "update hosting set gdp_year = 2020, gdp_current_usd = 1 where asylum = 'VEN' and year = 2025",
    ],
}
"""Check: statements that each plant an error it should find."""


@pytest.fixture(scope="module")
def copy(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = Path(shutil.copyfile(built.file, tmp_path_factory.mktemp("planted") / built.file.name))
    with duckdb.connect(str(path)) as connection:
        connection.execute("set search_path = 'main,meta'")
        yield connection


@pytest.mark.parametrize(("check", "error"), [(check, error) for check, all_ in PLANTED.items() for error in all_])
def test_a_check_finds_the_error_that_was_planted(
    copy: duckdb.DuckDBPyConnection, root: Path, check: str, error: str
) -> None:
    query = (root / f"sql/checks/{check}.sql").read_text(encoding="utf-8")
    assert copy.execute(query).fetchall() == []
    copy.execute("begin")
    try:
        (changed,) = copy.execute(error).fetchall()[0]
        assert changed, f"{error} changed nothing"
        assert copy.execute(query).fetchall()
    finally:
        copy.execute("rollback")
