"""CHANGES.md says what changed in the figures since the build before, in sentences a person can quote."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from displacement.build import anomalies, changes
from displacement.build.fingerprint import fingerprint
from displacement.errors import HeldBackError
from displacement.intake.model import DatasetReading, Reading
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.settings import Settings
from tests.conftest import Run
from tests.small_releases import write_facts

FACTS = {
    ("returned_refugees", "2022-12-31", "UKR", "POL"): 1_356_261,
    ("refugees", "2024-12-31", "SDN", "TCD"): 1_000,
    ("refugees", "2024-06-30", "SDN", "TCD"): 900,
    ("idmc_idps", "2023-12-31", "TUR", "TUR"): 1_099_000,
    ("asylum_applications_cases", "2025-12-31", "COL", "USA"): 10,
}
NAMES = {"UKR": "Ukraine", "POL": "Poland", "SDN": "Sudan", "TCD": "Chad", "TUR": "Türkiye", "COL": "Colombia"}
INDICATORS = [
    ("returned_refugees", "Returned refugees", "flow", "persons"),
    ("refugees", "Refugees under UNHCR's mandate", "stock", "persons"),
    ("idmc_idps", "Internally displaced people (IDMC)", "stock", "persons"),
    ("asylum_applications_cases", "New asylum applications", "flow", "cases"),
]


def _select(facts: dict[tuple[str, str, str, str], int]) -> str:
    rows = ", ".join(f"('{i}', date '{d}', '{o}', '{a}', {value}::bigint)" for (i, d, o, a), value in facts.items())
    return f"select * from (values {rows}) as facts (indicator, reference_date, origin, asylum, value)"


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "create table indicators as select * from (values "
            + ", ".join(f"('{i}', '{n.replace(chr(39), chr(39) * 2)}', '{k}', '{u}')" for i, n, k, u in INDICATORS)
            + ") as t (indicator, name, kind, unit), (select indicator = 'refugees' as in_headline)"
        )
        names = ", ".join(f"('{iso3}', '{name}')" for iso3, name in (NAMES | {"USA": "United States"}).items())
        connection.execute(f"create table countries as select * from (values {names}) as t (iso3, name)")
        connection.execute("create table releases as select date '2026-06-25' as release")
        connection.execute(f"create table figures as {_select(FACTS)}")
        connection.execute(
            "create table figures_history as select *, date '2026-06-25' as published_in, null::date as superseded_in "
            "from figures"
        )
        connection.execute(
            "create table anomalies (rule varchar, indicator varchar, reference_date date, origin varchar, "
            "asylum varchar, people bigint, reason varchar, rank int)"
        )
        connection.execute("create macro anomalies_as_of(release) as table select * from anomalies where rank = 0")
        yield connection


def _said(build: duckdb.DuckDBPyConnection, before: dict[tuple[str, str, str, str], int], here: Settings) -> str:
    return changes.text(build, changes.Before("build b-1", _select(before)), here.sql, "b-2")


def test_a_revision_of_a_flow_is_told_with_its_year_both_values_and_the_share(
    build: duckdb.DuckDBPyConnection, here: Settings
) -> None:
    """Returned refugees in 2022 were 339,261, then 1,356,261, then 999,261, and nobody said so."""
    before = FACTS | {("returned_refugees", "2022-12-31", "UKR", "POL"): 339_261}
    said = _said(build, before, here)
    assert "- Returned refugees in 2022, world: 339,261 → 1,356,261 (+1,017,000, +299.8 per cent) (1 revised)" in said
    assert "- Returned refugees in 2022, Ukraine to Poland: 339,261 → 1,356,261 (+1,017,000, +299.8 per cent)" in said


def test_a_withdrawn_figure_is_said_to_be_withdrawn_and_never_to_be_zero(
    build: duckdb.DuckDBPyConnection, here: Settings
) -> None:
    said = _said(build, FACTS | {("idmc_idps", "2022-12-31", "TUR", "TUR"): 1_099_000}, here)
    assert (
        "- Internally displaced people (IDMC) on 31 December 2022, world: 1,099,000 → withdrawn (1 withdrawn)" in said
    )
    assert "- Internally displaced people (IDMC) on 31 December 2022, Türkiye: 1,099,000 → withdrawn" in said


def test_a_new_year_end_is_no_revision_of_the_mid_year_before_it(
    build: duckdb.DuckDBPyConnection, here: Settings
) -> None:
    before = {key: value for key, value in FACTS.items() if key[1] != "2024-12-31"}
    said = _said(build, before, here)
    assert "- Refugees under UNHCR's mandate on 31 December 2024, world: 1,000 (1 new)" in said
    assert "30 June" not in said
    assert "revisions of single figures" not in said


def test_cases_are_named_as_cases(build: duckdb.DuckDBPyConnection, here: Settings) -> None:
    before = FACTS | {("asylum_applications_cases", "2025-12-31", "COL", "USA"): 4}
    assert "New asylum applications (cases) in 2025, world: 4 → 10" in _said(build, before, here)


def test_a_shift_between_countries_shows_although_the_world_stays(
    build: duckdb.DuckDBPyConnection, here: Settings
) -> None:
    """Counts and world sums are blind to it."""
    before = FACTS | {("refugees", "2024-12-31", "SDN", "TCD"): 400, ("refugees", "2024-12-31", "SDN", "POL"): 600}
    said = _said(build, before, here)
    assert "31 December 2024, world: 1,000, as before (1 revised, 1 withdrawn)" in said
    assert "Sudan to Chad: 400 → 1,000" in said


def test_a_rise_beyond_measure_is_told_as_a_multiple(build: duckdb.DuckDBPyConnection, here: Settings) -> None:
    before = FACTS | {("refugees", "2024-12-31", "SDN", "TCD"): 10}
    assert "10 → 1,000 (+990, 100 times)" in _said(build, before, here)


def test_equal_figures_are_said_to_be_equal(build: duckdb.DuckDBPyConnection, here: Settings) -> None:
    assert "No figure differs from those of build b-1." in _said(build, FACTS, here)


def test_the_first_build_compares_with_the_release_before_the_newest(
    build: duckdb.DuckDBPyConnection, here: Settings
) -> None:
    assert changes.of_release(build) is None
    build.execute("insert into releases values (date '2026-06-12')")
    before = changes.of_release(build)
    assert before is not None
    said = changes.text(build, before, here.sql, "b-2")
    assert "compared with those of release 2026-06-12. 5 figures are new, 0 were revised" in said


# --- odd figures of the newest date -----------------------------------------------------------------------------------

JUMP = "('series_jumps', 'refugees', date '2025-12-31', 'SDN', null, 1200000, 'None, then 1,200,000', {rank})"
PARTS = (
    ("('place_unknown', 'refugees', date '2025-12-31', 'SDN', null, 1200000, 'Unknown', 1)", "moves no total"),
    ("('series_jumps', 'refugees', date '2025-12-31', 'SDN', null, 900000, 'Up', 1)", "is below a million"),
    ("('series_jumps', 'idmc_idps', date '2025-12-31', 'SDN', null, 1200000, 'Up', 1)", "is not of the headline here"),
    ("('series_jumps', 'refugees', date '2024-12-31', 'SDN', null, 1200000, 'Up', 1)", "is of an older date"),
)


def test_an_odd_figure_that_moves_the_headline_stops_the_build_until_a_person_accepts_it(
    build: duckdb.DuckDBPyConnection, here: Settings, cli: Run
) -> None:
    """Five cells times ten in a new year were published as a world total of 290,053,473."""
    anomalies.require_expected(build, here)  # 2026-06-25 came with the program
    build.execute("insert into releases values (date '2027-06-11')")
    build.execute(f"insert into anomalies values {JUMP.format(rank=1)}")
    sentence = "Refugees under UNHCR's mandate, Sudan, 2025-12-31: None, then 1,200,000"
    assert anomalies.sentences(build, here.sql) == [sentence]
    said = _said(build, FACTS | {("idmc_idps", "2023-12-31", "TUR", "TUR"): 1}, here)
    assert said.index(f"## Odd figures of the newest date\n\nOdd is not wrong: see `anomalies`.\n\n- {sentence}") < (
        said.index("## World figures")
    )
    command = r"displacement releases accept 2027-06-11 anomalies --reason"
    with pytest.raises(HeldBackError, match=rf"SDN, 2025-12-31: None, then 1,200,000\..*{command}"):
        anomalies.require_expected(build, here)
    before = fingerprint(here, pictures=False)
    assert cli("releases", "accept", "2027-06-11", "anomalies", "--reason", "…")[0] == 2  # no such release was added
    start_empty(here)
    facts = write_facts(here.home / "facts.parquet", [("unrwa_refugees", date(2026, 12, 31), "PSE", "EGY", 5)])
    reading = DatasetReading("unrwa", date(2026, 12, 31), "", 1, facts=facts)
    add(here, Reading(date(2027, 6, 11), "directory", (reading,)))
    between = fingerprint(here, pictures=False)
    assert cli("releases", "accept", "2027-06-11", "anomalies", "--reason", "War in Sudan")[0] == 0
    anomalies.require_expected(build, here)
    assert len({before, between, fingerprint(here, pictures=False)}) == 3, "so that a build is due"
    assert cli("releases", "take-back", "2027-06-11", "anomalies", "--reason", "It was damage")[0] == 0
    with pytest.raises(HeldBackError):
        anomalies.require_expected(build, here)


def test_what_the_release_before_has_or_what_moves_no_total_stops_no_build(
    build: duckdb.DuckDBPyConnection, here: Settings
) -> None:
    build.execute("insert into releases values (date '2027-06-11')")
    build.execute(f"insert into anomalies values {JUMP.format(rank=0)}")
    anomalies.require_expected(build, here)
    for row, _ in PARTS:
        build.execute(f"insert into anomalies values {row}")
    anomalies.require_expected(build, here)
    shown = anomalies.in_short(anomalies.sentences(build, here.sql))
    assert shown.startswith("Odd among the figures of the newest date: 4 (table `anomalies`). The first:\n")
