"""`displacement explain`: every number with its release, publisher, record, revisions, checks, citation, warnings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import duckdb
import pytest

from displacement.catalogue import load_catalogue
from displacement.query import explain_figure, explain_number, explain_text
from displacement.settings import PACKAGE, Settings
from displacement.storage.duck import rows
from tests.conftest import Built
from tests.pipeline.conftest import Run

POLAND = ("--indicator", "refugees", "--origin", "UKR", "--asylum", "POL", "--date", "2025-12-31")
TOTAL = ("--table", "global_totals", "--column", "forcibly_displaced", "--key", "reference_date=2025-12-31")


def explained(run: Run, *words: str) -> dict[str, Any]:
    code, said, error = run("explain", *words, "--json")
    assert (code, error) == (0, "")
    found: dict[str, Any] = json.loads(said)
    return found


# --- a figure ---------------------------------------------------------------------------------------------------------


def test_a_figure_is_explained_with_everything_that_is_known_of_it(run: Run, built: Built) -> None:
    found = explained(run, *POLAND)
    assert (found["value"], found["unit"], found["kind"]) == (972_287, "persons", "stock")
    assert (found["published_in"], found["release_title"]) == ("2026-06-12", "Global Trends 2025")
    assert (found["publisher"], found["dataset"]) == ("UNHCR", "population")
    assert found["licence"].startswith("CC BY 4.0")
    assert all(check["passed"] for check in found["checks"])
    assert {"ledger", "figures_history", "releases"} <= {check["table_name"] for check in found["checks"]}
    assert any(said.startswith("Never add over years.") for said in found["usage_warnings"])
    assert built.build.build_id in found["citation"]
    assert "UNHCR Refugee Population Statistics Database, release of 2026-06-25" in found["citation"]


def test_a_figure_that_comes_with_the_program_names_the_file_and_its_checksum(run: Run) -> None:
    record = explained(run, *POLAND)["record"]
    assert record["kind"] == "embedded"
    assert f'sha256 = "{record["sha256"]}"' in (PACKAGE / "data/provenance.toml").read_text()


def test_the_revisions_of_a_figure_are_told_value_by_value(run: Run) -> None:
    words = ("--indicator", "unrwa_refugees", "--origin", "PSE", "--asylum", "JOR", "--date", "1952-12-31")
    found = explained(run, *words)
    assert found["value"] is None  # UNRWA withdrew Jordan for 1952
    assert found["revisions"][-1]["superseded_in"] == "2025-06-12"
    said = run("explain", *words)[1]
    assert "no value: withdrawn, no longer published" in said
    assert "2025-06-12  withdrawn" in said


def test_a_withdrawal_and_return_is_told_as_such(run: Run) -> None:
    # All naturalisations of 1990-2023 vanished in the release of 2024-10-18 and came back in the next.
    words = ("--indicator", "naturalisation", "--origin", "AFG", "--asylum", "CAN", "--date", "2020-12-31")
    spans = explained(run, *words)["revisions"]
    gaps = [(one["superseded_in"], after["published_in"]) for one, after in pairwise(spans)]
    assert ("2024-10-18", "2025-06-12") in gaps
    assert "2024-10-18  withdrawn\n" in run("explain", *words)[1]


def test_a_figure_can_be_explained_as_of_a_release(run: Run) -> None:
    words = ("--indicator", "idmc_idps", "--origin", "TUR", "--date", "2023-12-31")
    assert explained(run, *words)["value"] is None  # IDMC withdrew Türkiye in June 2025
    then = explained(run, *words, "--as-of", "2024-06-17")
    assert (then["value"], then["publisher"], then["as_of"]) == (1_099_000, "IDMC", "2024-06-17")
    assert "release of 2024-06-17" in then["citation"]
    assert "as of the release of 2024-06-17" in run("explain", *words, "--as-of", "2024-06-17")[1]


def test_what_is_odd_and_what_breaks_in_the_series_is_said(run: Run) -> None:
    words = ("--indicator", "refugees", "--origin", "GBR", "--asylum", "GBR", "--date", "2023-06-30")
    found = explained(run, *words)
    assert any(said.startswith("same_origin_and_asylum, GBR to GBR: ") for said in found["anomalies"])
    assert any(said.startswith("2007: ") for said in found["breaks"])
    said = run("explain", *words)[1]
    assert "\noddities " in said
    assert "\nbreaks " in said


def test_an_explanation_for_people_fits_the_terminal_and_leaves_nothing_out(run: Run) -> None:
    code, said, error = run("explain", *POLAND)
    assert (code, error) == (0, "")
    assert said.startswith("Refugees under UNHCR's mandate from Ukraine (UKR) in Poland (POL) on 31 December 2025\n")
    assert "972,287 persons (stock)" in said
    for label in ("published", "publisher", "record", "revisions", "checks", "beware", "cite as"):
        assert f"\n{label} " in said, label
    assert max(len(line) for line in said.splitlines()) <= 100


# --- a number of a table ----------------------------------------------------------------------------------------------


def test_a_total_is_explained_by_the_figures_that_add_up_to_it(run: Run) -> None:
    found = explained(run, *TOTAL)
    assert found["value"] == 117_830_238
    parts = {part["indicator"]: part["value"] for part in found["parts"]}
    assert set(parts) == {"refugees", "unrwa_refugees", "asylum_seekers", "oip", "idmc_idps"}
    assert found["taken_off"] == {"overlap": 1_424_500}
    assert sum(parts.values()) - 1_424_500 == found["value"]
    assert found["adds_up"] is True
    largest = next(part for part in found["parts"] if part["indicator"] == "oip")["largest"][0]
    assert (largest["origin"], largest["asylum"]) == ("VEN", "COL")


def test_a_number_leads_through_the_columns_down_to_what_was_compiled(run: Run) -> None:
    sources = {(one["source_table"], one["source_column"]): one["steps"] for one in explained(run, *TOTAL)["lineage"]}
    assert sources["figures", "value"] == 1
    assert sources["figures_history", "value"] == 2
    assert sources["raw_figures", "value"] == 3


SUMS = [
    (table.name, column.name)
    for table in load_catalogue().tables.values()
    for column in table.columns
    if column.made_of and column.unit in ("persons", "persons or cases")
]
VALUES = [("figures", "value"), ("rankings", "value")]


@pytest.mark.parametrize(("table", "column"), SUMS + VALUES)
def test_every_number_that_adds_up_figures_is_met_by_the_figures_it_names(
    published: duckdb.DuckDBPyConnection, table: str, column: str
) -> None:
    """The largest, the smallest, and two others: rows of every kind, picked by the data."""
    keys = ", ".join(load_catalogue().tables[table].key)
    orders = (f"{column} desc", column, f"hash({keys})", f"hash({keys}, 1)")
    for order in orders:
        sql = f"select {keys} from {table} where {column} is not null order by {order}, {keys} limit 1"
        for row in rows(published, sql):
            key = {name: str(value) for name, value in row.items()}
            found = explain_number.explain(published, table, column, key, None)
            assert found.adds_up is True, (key, found.value, found.parts)


def test_there_are_such_numbers_in_every_table_of_sums() -> None:
    tables = {table for table, _ in SUMS + VALUES}
    assert {"global_totals", "country_totals", "region_totals", "corridors", "hosting", "solutions"} <= tables
    assert {"asylum_outcomes", "yearly_change", "headline_bridge", "rankings"} <= tables


def test_a_number_that_is_no_sum_shows_the_row_it_is_computed_from(run: Run) -> None:
    words = ("--table", "hosting", "--column", "per_1000_inhabitants", "--key", "asylum=TCD,reference_date=2025-12-31")
    found = explained(run, *words)
    assert (found["parts"], found["adds_up"]) == ([], None)
    assert found["value"] == pytest.approx(found["row"]["displaced_across"] * 1000 / found["row"]["population"])
    assert ("denominators", "value") in {(one["source_table"], one["source_column"]) for one in found["lineage"]}
    said = run("explain", *words)[1]
    assert "\nrow " in said
    assert "population 20,299,123" in " ".join(said.split())


def test_a_number_can_be_explained_as_of_a_release(run: Run) -> None:
    key = ("--key", "reference_date=2022-12-31", "--as-of", "2023-06-14")
    found = explained(run, *TOTAL[:4], *key)
    assert (found["value"], found["adds_up"]) == (108_436_336, True)


def test_the_key_can_be_given_column_by_column_and_in_either_case(run: Run) -> None:
    key = ("--key", "country=ukr", "--key", "ROLE=Origin", "--key", "reference_date=2025-12-31")
    assert explained(run, "--table", "Country_Totals", "--column", "Refugees", *key)["key"]["country"] == "UKR"


@pytest.fixture
def holding(published: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection to the file as it would be while the refugees of a release are held back."""
    with published.cursor() as connection:
        connection.execute(
            "create temp table held_back as select date '2026-11-10' as release, 'population' as dataset, "
            "'refugees' as indicator, 'world_total' as rule, 'Refugees fell by half.' as sentence, '{}' as numbers, "
            "'2025-06-30, 2025-12-31' as reference_dates, cast(null as date) as superseded_in, true as in_headline"
        )
        yield connection


def test_what_is_held_back_is_said_of_whatever_it_would_change(holding: duckdb.DuckDBPyConnection) -> None:
    key = {"reference_date": "2025-12-31"}
    held = ("release of 2026-11-10: Refugees fell by half.",)
    assert explain_number.explain(holding, "global_totals", "forcibly_displaced", key, None).held_back == held
    assert explain_number.explain(holding, "global_totals", "oip", key, None).held_back == ()
    earlier = {"reference_date": "2024-12-31"}
    assert explain_number.explain(holding, "global_totals", "forcibly_displaced", earlier, None).held_back == ()
    settings = Settings.from_environment()
    found = explain_figure.explain(holding, settings, explain_figure.Asked("refugees", "UKR", "POL", "2025-12-31"))
    assert found.held_back == held
    assert "held back  release of 2026-11-10: Refugees fell by half." in explain_text.figure(found)


# --- wrong use --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--indicator", "refugee", *POLAND[2:]), "There is no indicator refugee. Did you mean refugees? Known: "),
        ((*POLAND[:2], "--origin", "Ukrane", *POLAND[4:]), "There is no country Ukrane. Did you mean UKR (Ukraine)?"),
        ((*POLAND[:2], "--origin", "UKX", *POLAND[4:]), "Did you mean UKR (Ukraine)? Known: "),
        ((*POLAND[:4], "--asylum", "GFR", *POLAND[6:]), "GFR is UNHCR's own code of Germany; did you mean DEU?"),
        ((*POLAND[:6], "--date", "2031-12-31"), "Did you mean 2025-12-31? Known: 2025-12-31, 2025-06-30, "),
        ((*POLAND[:6], "--date", "yesterday"), "yesterday is not a valid date. Dates are written as 2025-12-31."),
        ((*POLAND[:4], "--asylum", "PRK", *POLAND[6:]), "the largest first. Known: RUS, DEU, POL, "),
        (("--indicator", "unrwa_refugees", *POLAND[2:]), "no figure of unrwa_refugees from UKR. Known: PSE."),
        ((*POLAND, "--as-of", "2020-01-01"), "Known releases: 2023-04-27, "),
        ((*POLAND, "--as-of", "2020-01-01"), "Did you mean 2023-04-27?"),
        (POLAND[:4], "Ask for a figure with --indicator"),
        ((*POLAND, *TOTAL), "or for a number of a table with --table"),
        (TOTAL[:2], "Which column of the table?"),
        (("--table", "globl_totals", *TOTAL[2:]), "There is no table globl_totals. Did you mean global_totals?"),
        ((*TOTAL[:2], "--column", "forcibly", *TOTAL[4:]), "no column forcibly in global_totals. Did you mean f"),
        (TOTAL[:4], "A row of global_totals is identified by reference_date. Add --key reference_date="),
        ((*TOTAL[:4], "--key", "2025-12-31"), "'2025-12-31' is no part of a key."),
        ((*TOTAL[:4], "--key", "day=2025-12-31"), "no column day in the key of global_totals. Known: reference_date."),
        ((*TOTAL[:4], "--key", "reference_date=2024"), "Did you mean 2024-12-31? Known: 2025-12-31, "),
    ],
)
def test_what_is_not_known_is_answered_with_what_is(run: Run, words: tuple[str, ...], says: str) -> None:
    code, said, error = run("explain", *words)
    assert (code, said) == (2, "")
    assert error.startswith("Error: ")
    assert says in error
    assert error.count("\n") == 1
