"""The six real releases, read as they are: exactly the facts the shipped ledger restores, and every oddity noticed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.intake.model import Reading
from displacement.intake.reading import ReadingContext, read_release
from displacement.ledger import Ledger
from displacement.settings import Settings
from tests.emulator.world import World
from tests.real_releases import NAMES, Once, read_real
from tests.small_release import as_recorded, rows

ODD_EVERYWHERE = {("asylum_decisions", "outcomes_add_up"): 444}
SINCE_2025 = {("idmc", "begins_where_it_did"): 1}
ODD = {
    "2023-06-14": {
        ("asylum_applications", "origin_iso_given"): 1016,
        ("asylum_decisions", "origin_iso_given"): 1007,
        ("demographics", "asylum_iso_given"): 10,
        ("demographics", "men_add_up"): 2040,
        ("demographics", "no_row_twice"): 13174,
        ("demographics", "no_year_missing"): 1,
        ("demographics", "origin_iso_given"): 2033,
        ("demographics", "women_add_up"): 1745,
        ("idmc", "asylum_iso_given"): 33,
        ("idmc", "origin_iso_given"): 33,
        ("population", "asylum_iso_given"): 165,
        ("population", "origin_iso_given"): 3366,
        ("solutions", "asylum_iso_given"): 133,
        ("solutions", "origin_iso_given"): 563,
    },
    "2023-10-25": {("asylum_applications", "known_decision_level"): 1},
    "2024-06-17": {},
    "2025-06-12": SINCE_2025,
    "2025-11-10": SINCE_2025,
    "2026-06-12": SINCE_2025,
}
"""What is odd in each release: dataset, rule, and how many rows or years."""


@pytest.fixture(scope="module", params=NAMES)
def real(request: pytest.FixtureRequest, shared: Path, once: Once) -> Reading:
    """Return the reading of a real release, with the shipped figures as what was known before."""
    return read_real(shared, request.param, once)


def covered(reading: Reading) -> str:
    """Return the facts that a release says as a query, all datasets together."""
    return " union all ".join(f"select * from '{each.facts}'" for each in reading.datasets if each.facts)


@pytest.mark.slow
def test_the_facts_are_those_the_ledger_restores_and_no_others(real: Reading, here: Settings) -> None:
    ledger = Ledger.open(here)
    day = real.release
    newest = " union all ".join(
        f"select '{each.dataset}' as dataset, date '{each.newest_reference_date}' as newest"
        for each in real.datasets
        if each.facts
    )
    known = f"""
        select f.indicator, f.reference_date, f.origin, f.asylum, f.value
        from '{ledger.figures_path}' as f
        join read_csv('{here.data / "indicators.csv"}') as i using (indicator)
        join ({newest}) as d using (dataset)
        where
            f.published_in <= date '{day}' and (f.superseded_in is null or f.superseded_in > date '{day}')
            and f.reference_date <= d.newest and (month(f.reference_date) = 12 or f.reference_date = d.newest)
    """
    # Two differences of a multiset each way: a fact twice would show as well as one too many or too few.
    found = covered(real)
    assert rows(f"from ({found}) except all ({known})") == []
    assert rows(f"from ({known}) except all ({found})") == []
    assert sum(each.figures for each in real.datasets if each.facts) == rows(f"select count(*) from ({known})")[0][0]


@pytest.mark.slow
def test_the_newest_reference_date_and_the_number_of_figures_are_as_known(real: Reading, here: Settings) -> None:
    known = rows(
        f"select dataset, newest_reference_date, figures from read_csv('{here.data / 'release_datasets.csv'}') "
        f"where release = date '{real.release}'"
    )
    found = {(each.dataset, each.newest_reference_date, each.figures) for each in real.datasets if each.facts}
    assert found == set(known)


@pytest.mark.slow
def test_the_oddities_are_noticed_and_nothing_else_is(real: Reading) -> None:
    found = {
        (each.dataset, result.rule): result.rows_failed
        for each in real.datasets
        for result in each.results
        if not result.passed
    }
    assert found == ODD_EVERYWHERE | ODD[str(real.release)]


@pytest.mark.slow
def test_only_the_demographics_of_2023_06_14_stop_and_no_indicator_is_held(real: Reading) -> None:
    stopped = [(each.dataset, each.stopped_by) for each in real.stopped]
    assert stopped == ([("demographics", "no_year_missing")] if real.release == date(2023, 6, 14) else [])
    assert [each.holds for each in real.datasets if each.holds] == []
    assert {each.dataset for each in real.datasets if each.quarantined} == {name for name, _ in stopped}
    for each in real.stopped:
        assert "year 2021" in (each.stopped or "")
        assert "13,174 of 209,731 rows are in quarantine" in (each.stopped or "")


@pytest.mark.slow
def test_decisions_by_level_add_up_to_the_facts_of_years(real: Reading) -> None:
    decisions = real.dataset("asylum_decisions")
    assert decisions is not None
    summed = rows(
        "select concat('asylum_decisions_', kind, if(unit = 'cases', '_cases', '')) as indicator, sum(people) "
        f"from (select * rename (complementary as other) from '{decisions.also}') "
        "unpivot (people for kind in (recognized, other, rejected, closed)) group by all "
        "having sum(people) > 0 order by 1"
    )
    year_ends = f"from '{decisions.facts}' where month(reference_date) = 12"
    assert summed == rows(f"select indicator, sum(value) {year_ends} group by all order by 1")


@pytest.mark.slow
def test_sweden_2024_gave_protection_in_48_per_cent_of_first_decisions_and_23_of_all(
    shared: Path, root: Path, here: Settings, once: Once
) -> None:
    decisions = read_real(shared, "2026-06-12", once).dataset("asylum_decisions")
    assert decisions is not None
    with duckdb.connect() as connection:
        connection.execute(f"create view raw_asylum_decisions_by_level as from '{decisions.also}'")
        connection.execute(
            "create view partial_years as select * replace (year::int as year) "
            f"from read_csv('{here.data / 'partial_years.csv'}', all_varchar = true)"
        )
        for name in ("asylum_decisions_by_level", "protection_rates"):
            model = (root / f"sql/marts/{name}.sql").read_text(encoding="utf-8")
            connection.execute(f"create table {name} as {model}")
        rates = "select round(first_instance_rate, 3), round(total_protection_rate, 3), is_partial_year "
        rates += "from protection_rates where year = 2024 and unit = 'persons' and "
        assert connection.execute(rates + "role = 'asylum' and country = 'SWE'").fetchall() == [(0.480, 0.227, False)]
        # 0.551 with the half year of the United States, which has no decision of the level FI.
        assert connection.execute(rates + "role = 'world'").fetchall() == [(0.595, 0.549, False)]
        assert connection.execute(rates + "role = 'asylum' and country = 'USA'").fetchall() == [(None, 0.577, True)]
        all_levels = "select round((sum(recognized) + sum(complementary)) / sum(decisions), 3) "
        all_levels += "from asylum_decisions_by_level where year = 2024 and unit = 'persons'"
        assert connection.execute(all_levels).fetchall() == [(0.551,)]
        few = "select count(*) from protection_rates where (decisions < 100) <> rests_on_few"
        assert connection.execute(few).fetchall() == [(0,)]


@pytest.mark.slow
def test_people_by_sex_and_age_take_the_form_of_the_shipped_table(real: Reading, here: Settings) -> None:
    demographics = real.dataset("demographics")
    assert demographics is not None
    shipped = here.data / "demographics.parquet"
    columns = "select column_name, column_type from (describe from '{}')"
    assert rows(columns.format(demographics.table)) == rows(columns.format(shipped))
    if real.release == date(2026, 6, 12):
        assert rows(f"from '{demographics.table}'") == rows(f"from '{shipped}'")  # in the same order, too


@pytest.mark.slow
def test_a_release_as_a_fetch_lands_it_gives_the_same_facts_as_its_tables_in_files(
    shared: Path, once: Once, tmp_path: Path, here: Settings
) -> None:
    name = "2023-10-25"
    landed = World.from_directory(shared / "releases" / name).write(tmp_path, "api")
    fetched = read_release(as_recorded(landed, name), ReadingContext(here))
    given = read_real(shared, name, once)
    assert (fetched.door, given.door) == ("api", "directory")
    for one in given.datasets:
        other = fetched.dataset(one.dataset)
        assert other is not None
        assert (other.figures, other.stopped, dict(other.quarantined)) == (one.figures, None, {})
        path, same = one.facts or one.table, other.facts or other.table
        assert rows(f"from '{path}' except all from '{same}'") == []
