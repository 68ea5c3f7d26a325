"""Every answer means what was asked: each test is named after a question that was once answered with something else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from displacement.catalogue import load_catalogue
from displacement.language import LANGUAGES, load
from displacement.query import explain_number
from displacement.storage.duck import rows
from tests.pipeline.conftest import Run

Connection = duckdb.DuckDBPyConnection
THEN = ("--as-of", "2023-06-14")


# --- asked of a release -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("query", "from demographics limit 1"),
        ("query", "from figure_notes limit 1"),
        ("query", "select count(*) from (select * from Demographics)"),
        ("query", "@children"),
        ("query", "@children-of-a-corridor"),
        ("query", "from denominators limit 1"),
        ("chart", "age-and-sex", "--format", "csv"),
        ("explain", "--table", "demographics", "--column", "people", "--key", "country=TCD"),
    ],
)
def test_children_as_of_2023_were_those_of_2025(run: Run, words: tuple[str, ...]) -> None:
    """`--as-of` was ignored for tables that are not kept by release."""
    code, said, error = run(*words, *THEN)
    assert (code, said) == (2, "")
    table = next(
        name for name in ("denominators", "figure_notes", "demographics") if name in " ".join((*words, "demographics"))
    )
    table += "_by_corridor" if "corridor" in " ".join(words) else ""
    assert f"The table {table} is kept of the newest release only, so it cannot answer as of 2023-06-14" in error
    assert error.count("\n") == 1


def test_half_a_year_of_the_united_states_was_in_the_rate_of_the_world(run: Run, tmp_path: Path) -> None:
    """The United States' decisions of 2024 are those of January to June."""
    file = tmp_path / "rates.csv"
    run("chart", "protection-rate", "--output", str(file))
    [year] = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("2024,")]
    assert year.split(",")[2] == "COL PRY USA"
    assert float(year.split(",")[-1]) == pytest.approx(0.549, abs=0.0005)
    place = ("--indicator", "asylum_applications", "--origin", "VEN", "--asylum", "USA", "--date", "2024-12-31")
    assert "Covers 2024-01-01 to 2024-06-30 only." in " ".join(run("explain", *place)[1].split())
    assert "2024 up to 30 June 2024 only: asylum_applications" in " ".join(run("country", "USA")[1].split())


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("from displacement.figures", "Write figures instead of displacement.figures"),
        ("from displacement.main.figures", "Write figures instead of displacement.figures"),
        ("from query_table('demographics')", "Write tables by their names"),
        ("from query('from demographics')", "Write tables by their names"),
    ],
)
def test_a_table_named_in_another_way_answered_of_today(run: Run, sql: str, says: str) -> None:
    code, said, error = run("query", sql, *THEN)
    assert (code, said) == (2, "")
    assert says in error


def test_a_table_named_with_its_schema_is_that_of_the_release(run: Run) -> None:
    named = run("query", "select count(*) from main.figures", "--json", *THEN)
    assert named == run("query", "select count(*) from figures", "--json", *THEN)


def test_hosting_as_of_a_release_divided_by_denominators_of_today(run: Run) -> None:
    sql = "select distinct denominators_known_on as day from hosting"
    assert json.loads(run("query", sql, "--json", *THEN)[1]) == [{"day": "2026-06-25"}]


def test_claims_as_of_a_release_said_published_now(run: Run) -> None:
    said = run("claims", *THEN)[1]
    assert "published now" not in said
    assert "The newest published by the release of 2023-06-14 is 108.4 million" in said
    assert "The newest published now is higher: 117.8 million" in run("claims")[1]


# --- unknown codes, roles and years -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("from corridor('Syria', 'DEU')", "There is no country Syria. Codes are ISO 3166-1 alpha-3; did you mean SYR?"),
        ("from corridor('SYR', 'UK')", "did you mean GBR?"),
        ("from trend('UKR', 'host')", "There is no role host. Known: origin (people from a place), asylum"),
        ("from top_hosts(2026, 10)", "There are no year-end figures of 2026. Known years: 1951 to 2025."),
        ("from top_origins(1066, 10)", "Known years: 1951 to 2025."),
        ("from country_profile('UNK')", "UNK is no country, so it has no rank."),
    ],
)
def test_nothing_in_the_file_was_the_answer_to_what_is_unknown(run: Run, sql: str, says: str) -> None:
    code, said, error = run("query", sql)
    assert (code, said) == (2, "")
    assert says in error


def test_a_table_without_rows_was_answered_with_no_rows_and_no_reason(run: Run) -> None:
    _, said, error = run("query", "from protection_rates")
    assert "(no rows)" in said
    assert "The table protection_rates has no rows in this file." in error
    assert "a release that is added to the home brings the rows" in error


def test_a_table_named_in_text_was_refused_after_it_was_answered(run: Run) -> None:
    code, said, error = run("query", "select count(*) as n from query_table('held_back')", "--json")
    assert (code, json.loads(said)) == (0, [{"n": 0}])
    assert "The table held_back has no rows in this file." in error


def test_half_a_year_was_a_year_in_the_figures(published: duckdb.DuckDBPyConnection) -> None:
    marked = "select sum(value) from {} where indicator = 'asylum_applications' and asylum = 'USA' and is_partial_year"
    assert published.execute(marked.format("figures")).fetchall() == [(729_105,)]
    assert published.execute(marked.format("figures_as_of('2024-06-17')")).fetchall() == [(None,)]


def test_codes_and_roles_are_known_whatever_their_case(published: Connection) -> None:
    lower = published.execute("from corridor('sdn', 'tcd')").fetchall()
    assert lower == published.execute("from corridor('SDN', 'TCD')").fetchall() != []
    lower = published.execute("from trend('ukr', 'Origin')").fetchall()
    assert lower == published.execute("from trend('UKR', 'origin')").fetchall() != []


def test_syria_was_answered_with_serbia(run: Run) -> None:
    assert run("country", "Syria")[1].startswith("Syrian Arab Republic (SYR)")
    words = ("explain", "--indicator", "refugees", "--origin", "Syria", "--asylum", "Turkey", "--date", "2025-12-31")
    assert json.loads(run(*words, "--json")[1])["asylum"] == "TUR"
    answered = json.loads(run("query", "@refugees-in-a-country", "origin=Sudan", "asylum=Chad", "--json")[1])
    assert answered[-1]["refugees"] == 1_330_950


# --- a number explained by what it is not made of ---------------------------------------------------------------------


@pytest.fixture
def with_a_new_model(published: Connection) -> Iterator[Connection]:
    """Return a connection to a file in which the refugees of country_totals are those of somebody's new model."""
    with published.cursor() as connection:
        connection.execute(
            "create temp table country_totals as select * replace (refugees // 3 as refugees) from main.country_totals "
            "where country = 'TCD'"
        )
        yield connection


def test_a_new_model_was_explained_by_figures_it_is_not_made_of(with_a_new_model: Connection) -> None:
    key = {"country": "TCD", "role": "asylum", "reference_date": "2025-12-31"}
    found = explain_number.explain(with_a_new_model, "country_totals", "refugees", key, None)
    assert (found.parts, found.adds_up) == ((), None)
    assert found.untold.startswith("The figures it is made of cannot be told")
    whole = explain_number.explain(with_a_new_model, "country_totals", "asylum_seekers", key, None)
    assert (whole.untold, whole.adds_up) == ("", True)


# --- the numbers people quote -----------------------------------------------------------------------------------------

PUBLISHED_HOSTS = {
    ("2023-06-14", "2022-12-31"): ["TUR", "IRN", "COL", "DEU", "PAK"],
    ("2024-06-17", "2023-12-31"): ["IRN", "TUR", "COL", "DEU", "PAK"],
    ("2025-06-12", "2024-12-31"): ["IRN", "TUR", "COL", "DEU", "UGA"],
}
"""The five largest hosts as Global Trends of that year lists them."""


@pytest.mark.parametrize(("release", "day"), PUBLISHED_HOSTS)
def test_the_largest_hosts_were_not_those_unhcr_publishes(published: Connection, release: str, day: str) -> None:
    """UNHCR counts refugees and other people in need of international protection, without asylum-seekers."""
    found = rows(
        published,
        f"select country from rankings_as_of('{release}') where role = 'asylum' and measure = 'refugees_and_oip' "
        f"and reference_date = '{day}' and rank <= 5 order by rank",
    )
    assert [row["country"] for row in found] == PUBLISHED_HOSTS[release, day]


def test_refugees_and_oip_are_the_same_from_every_side(published: Connection) -> None:
    [world] = rows(published, "select sum(value) as n from figures where indicator in ('refugees', 'oip')")
    for table, where in (
        ("country_totals", "role = 'origin'"),
        ("country_totals", "role = 'asylum'"),
        ("corridors", "true"),
        ("region_totals", "role = 'asylum' and region_scheme = 'unhcr'"),
    ):
        [found] = rows(published, f"select sum(refugees_and_oip) as n from {table} where {where}")
        assert found == world, (table, where)


def test_the_default_of_largest_is_what_unhcr_ranks(run: Run) -> None:
    for question in ("from top_hosts(2024, 5)", "@largest-hosts", "from top_origins(2024, 5)", "@largest-origins"):
        first = json.loads(run("query", question, "--json")[1])[0]
        assert first["displaced_across"] >= first["refugees_and_oip"] > 0, question


def test_60_per_cent_inside_as_printed_was_answered_with_58(run: Run) -> None:
    found = json.loads(run("query", "@inside-or-across", "--json")[1])
    [row] = [row for row in found if row["year"] == 2024]
    assert (row["share_inside"], row["share_inside_only"]) == (0.597, 0.585)
    assert row["across_a_border_with_unrwa"] == 51_100_672


def test_shares_in_neighbours_and_in_the_least_developed_countries_are_those_unhcr_printed(run: Run) -> None:
    rows_by_year = {
        row["year"]: row for row in json.loads(run("query", "@near-and-poor-hosts", "years=11", "--json")[1])
    }
    near = {year: round(100 * rows_by_year[year]["share_in_neighbours"]) for year in (2020, 2022, 2023, 2024)}
    assert near == {2020: 73, 2022: 70, 2023: 69, 2024: 67}
    poor = {year: round(100 * rows_by_year[year]["share_in_least_developed"]) for year in (2015, 2020)}
    assert poor == {2015: 26, 2020: 27}
    assert [year for year, row in rows_by_year.items() if row["share_in_low_and_middle_income"] is not None] == [2025]


def test_countries_without_an_income_group_were_counted_as_rich(run: Run) -> None:
    [row] = json.loads(run("query", "@near-and-poor-hosts", "years=1", "--json")[1])
    assert (row["share_in_low_and_middle_income"], row["not_classified"]) == (0.697, 1_024_799)


def test_the_resettled_of_canada_were_left_out_for_its_half_year_of_naturalisations(
    published: duckdb.DuckDBPyConnection,
) -> None:
    partial = "select distinct asylum, year, partial_flows from solutions where is_partial_year order by year"
    assert published.execute(partial).fetchall() == [("CAN", 2023, "naturalisation"), ("FRA", 2025, "naturalisation")]


def test_a_year_below_its_own_first_half_was_found_by_no_rule(published: duckdb.DuckDBPyConnection) -> None:
    chile = "select value, compared_with, people from anomalies where rule = 'below_mid_year' and asylum = 'CHL'"
    assert published.execute(chile).fetchall() == [(996, 137_580, 136_584)]


def test_the_start_of_a_series_was_a_jump(published: duckdb.DuckDBPyConnection) -> None:
    begun = (
        "select count(*) from anomalies inner join indicators using (indicator) "
        "where rule = 'series_jumps' and year = first_year and compared_with is null"
    )
    assert published.execute(begun).fetchall() == [(0,)]


def test_a_question_by_name_was_answered_without_its_note(run: Run) -> None:
    assert "Those whom UNHCR counts. UNRWA's Palestine refugees" in run("query", "@where-do-they-live", "origin=PSE")[1]
    assert "UNRWA" not in run("query", "@where-do-they-live", "origin=PSE", "--format", "csv")[1]


def test_parts_that_did_not_add_up_now_show_who_is_counted_twice(run: Run) -> None:
    assert "− counted twice        1,424,500" in run("country", "PSE")[1]
    assert "counted twice" not in run("country", "SDN")[1]
    assert "stateless people       4,477,220" in run("country", "XXA")[1]


def test_a_fall_from_cuba_was_told_without_its_cause_in_the_united_states(run: Run) -> None:
    said = " ".join(run("country", "CUB")[1].split())
    assert "asylum_seekers USA: The origin of 1,437,190 asylum-seekers in the United States is unknown" in said


def test_a_mid_year_that_nobody_counts_was_answered_with_another_date(run: Run) -> None:
    place = ("--indicator", "idmc_idps", "--origin", "SDN", "--asylum", "SDN", "--date", "2025-06-30")
    code, _, error = run("explain", *place)
    assert (code, "There are no mid-year figures of idmc_idps" in error) == (2, True)


def test_every_border_is_listed_from_either_side(published: duckdb.DuckDBPyConnection) -> None:
    one_sided = rows(
        published,
        "select country, neighbour from neighbours except select neighbour, country from neighbours",
    )
    assert one_sided == []


def test_one_in_66_is_of_the_countries_that_have_a_figure_and_called_so(run: Run) -> None:
    [row] = [row for row in json.loads(run("query", "@one-in", "--json")[1]) if row["year"] == 2024]
    assert (row["one_in"], row["countries"]) == (66, 212)
    assert 8.1e9 < row["population_of_countries"] < 8.12e9


@pytest.mark.parametrize("language", LANGUAGES)
def test_across_borders_was_50_million_with_unrwas_refugees_and_44_without(language: str) -> None:
    """One label named both: the chart of the world adds UNRWA's refugees, displaced_across does not."""
    said = load(language)
    with_unrwa = said.text("chart.across")
    assert with_unrwa not in {said.text("site.column.across"), said.text("total.displaced_across")}
    assert any(name in with_unrwa for name in ("UNRWA", "الأونروا", "БАПОР", "近东救济工程处"))


# --- whose words ------------------------------------------------------------------------------------------------------


def test_a_total_quoted_by_others_was_called_published(published: Connection) -> None:
    found = rows(published, "select reference_date, evidence, url from headlines where standing = 'secondary'")
    assert [(str(row["reference_date"]), row["evidence"]) for row in found] == [("2025-12-31", "quoted by others")]
    assert found[0]["url"] == "https://www.unhcr.org/global-trends-report-2025"


def test_why_a_figure_is_as_it_is_is_told_with_it(run: Run, published: Connection) -> None:
    [note] = rows(
        published,
        "select notes.* from figure_notes as notes inner join figures on notes.reference_date = figures.reference_date "
        "and notes.indicator = figures.indicator and notes.origin = figures.origin and notes.asylum = figures.asylum "
        "where notes.standing = 'yes' order by notes.note_id, notes.part limit 1",
    )
    words = ("--origin", note["origin"], "--asylum", note["asylum"], "--date", str(note["reference_date"]))
    found = run("explain", "--indicator", note["indicator"], *words, "--json")
    assert any(said.startswith(note["detail"]) for said in json.loads(found[1])["notes"])
    assert "\nnotes " in run("explain", "--indicator", note["indicator"], *words)[1]


def test_the_notes_are_all_there(published: Connection) -> None:
    [found] = rows(published, "select count(*) as n, count(distinct note_id) as notes from figure_notes")
    assert (found["n"] > 2_200, found["notes"]) == (True, 691)
    assert load_catalogue().tables["figure_notes"].key == ("note_id", "part")
