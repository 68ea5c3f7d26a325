"""Every rule is seen failing: one error is planted, and exactly the rule that names it fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from displacement import quality
from displacement.catalogue import Column, Table, load_catalogue
from displacement.quality import in_sql
from displacement.quality.frames import evidence_query
from displacement.quality.rules import Rule, Suite, declared_rules, derived_rules, suite_for
from displacement.settings import Settings

RELEASES = ("2024-06-17", "2025-06-12", "2025-11-10")
NEWEST = {"2024-06-17": "2023-12-31", "2025-06-12": "2024-12-31", "2025-11-10": "2025-06-30"}

# A fact that was corrected, one that was withdrawn and came back, one that stands since the first release, a year-end
# and a mid-year that came later, an older mid-year that no release counts any more, and one of another dataset.
FIGURES = """
    ('refugees', '2022-12-31', 'AFG', 'PAK', 100, '2024-06-17', '2025-06-12'),
    ('refugees', '2022-12-31', 'AFG', 'PAK', 110, '2025-06-12', null),
    ('refugees', '2023-12-31', 'AFG', 'PAK', 70, '2024-06-17', '2025-06-12'),
    ('refugees', '2023-12-31', 'AFG', 'PAK', 70, '2025-11-10', null),
    ('refugees', '2023-12-31', 'AFG', 'DEU', 50, '2024-06-17', null),
    ('refugees', '2024-12-31', 'AFG', 'DEU', 60, '2025-06-12', null),
    ('refugees', '2025-06-30', 'AFG', 'DEU', 65, '2025-11-10', null),
    ('refugees', '2023-06-30', 'AFG', 'PAK', 55, '2024-06-17', null),
    ('idmc_idps', '2024-12-31', 'AFG', 'AFG', 400, '2025-06-12', null)
"""
COUNTS = """
    ('2024-06-17', 'population', '2023-12-31', '3'),
    ('2025-06-12', 'population', '2024-12-31', '3'),
    ('2025-11-10', 'population', '2025-06-30', '5'),
    ('2025-06-12', 'idmc', '2024-12-31', '1'),
    ('2025-11-10', 'idmc', '2024-12-31', '1')
"""
LASTING = "asylum = 'DEU' and reference_date = '2023-12-31'"
OF_IDMC = "indicator = 'idmc_idps'"
FIRST_VALUE = "reference_date = '2022-12-31' and value = 100"

PLANTED = [
    ("indicator_present", f"update raw_figures set indicator = null where {LASTING}"),
    ("reference_date_present", f"update raw_figures set reference_date = null where {LASTING}"),
    ("origin_present", f"update raw_figures set origin = null where {LASTING}"),
    ("asylum_present", f"update raw_figures set asylum = null where {LASTING}"),
    ("value_present", f"update raw_figures set value = null where {LASTING}"),
    ("published_in_present", f"update raw_figures set published_in = null where {LASTING}"),
    ("known_indicator", f"update raw_figures set indicator = 'refugee' where {LASTING}"),
    ("known_indicator", "insert into raw_figures values ('x', '2023-12-31', 'AFG', 'DEU', 9, '2024-06-17', null)"),
    ("known_origin", f"update raw_figures set origin = 'Afghanistan' where {LASTING}"),
    ("known_origin", f"update raw_figures set origin = '' where {LASTING}"),
    ("known_asylum", "update raw_figures set asylum = 'GFR' where reference_date = '2025-06-30'"),
    ("known_release_published_in", f"update raw_figures set published_in = '2024-06-16' where {LASTING}"),
    (
        "known_release_superseded_in",
        "update raw_figures set superseded_in = '2025-06-11' where reference_date = '2023-12-31' and "
        "superseded_in is not null",
    ),
    ("release_has_dataset", f"update raw_figures set published_in = '2024-06-17' where {OF_IDMC}"),
    ("value_above_zero", f"update raw_figures set value = 0 where {LASTING}"),
    ("value_above_zero", f"update raw_figures set value = -5 where {LASTING}"),
    (
        "reference_date_is_30_june_or_31_december",
        f"update raw_figures set reference_date = '2023-12-30' where {LASTING}",
    ),
    ("reference_date_not_before_first_year", f"update raw_figures set reference_date = '1950-12-31' where {LASTING}"),
    ("reference_date_not_before_first_year", f"update raw_figures set reference_date = '1988-12-31' where {OF_IDMC}"),
    ("reference_date_not_after_newest", f"update raw_figures set reference_date = '2025-12-31' where {OF_IDMC}"),
    ("published_before_superseded", f"update raw_figures set superseded_in = '2024-06-17' where {LASTING}"),
    ("published_before_superseded", f"update raw_figures set superseded_in = '2024-06-17' where {OF_IDMC}"),
    (
        "standing_key_unique",
        "insert into raw_figures values ('refugees', '2023-12-31', 'AFG', 'DEU', 51, '2025-06-12', null)",
    ),
    ("standing_key_unique", f"insert into raw_figures from raw_figures where {LASTING}"),
    ("spans_do_not_overlap", f"update raw_figures set superseded_in = '2025-11-10' where {FIRST_VALUE}"),
    ("spans_do_not_overlap", f"insert into raw_figures from raw_figures where {FIRST_VALUE}"),
    ("touching_spans_differ", "update raw_figures set value = 100 where reference_date = '2022-12-31'"),
    ("row_count", "delete from raw_figures where reference_date = '2024-12-31' and indicator = 'refugees'"),
    ("row_count", "insert into raw_figures values ('refugees', '2022-12-31', 'UNK', 'DEU', 5, '2025-06-12', null)"),
]


def ledger(figures: str = FIGURES, counts: str = COUNTS) -> duckdb.DuckDBPyConnection:
    """Return a database with the sources a ledger is checked against: reference tables as text, as from CSV."""
    connection = duckdb.connect()
    connection.execute(
        "create table raw_figures (indicator varchar, reference_date date, origin varchar, asylum varchar, "
        f"value bigint, published_in date, superseded_in date); insert into raw_figures values {figures}"
    )
    connection.execute(
        "create table raw_indicators as "
        "from (values ('refugees', 'population', '1951'), ('idmc_idps', 'idmc', '1989')) "
        "as t (indicator, dataset, first_year)"
    )
    connection.execute("create table raw_countries as from (values ('AFG'), ('DEU'), ('PAK'), ('UNK')) as t (iso3)")
    releases = ", ".join(f"('{release}')" for release in RELEASES)
    connection.execute(f"create table raw_releases as from (values {releases}) as t (release)")
    connection.execute(
        f"create table raw_release_datasets as from (values {counts}) "
        "as t (release, dataset, newest_reference_date, figures)"
    )
    return connection


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", public=tmp_path / "public")


def failed(results: list[quality.Result]) -> list[str]:
    return [result.rule for result in results if not result.passed]


def test_a_sound_ledger_keeps_every_rule(here: Settings) -> None:
    results = quality.check_ledger(ledger(), here)
    assert failed(results) == []
    assert {result.rule for result in results} == {rule.name for rule in declared_rules() if rule.table == "ledger"}


@pytest.mark.parametrize(("rule", "error"), PLANTED)
def test_one_error_breaks_exactly_one_rule(rule: str, error: str, here: Settings) -> None:
    connection = ledger()
    connection.execute(error)
    results = quality.check_ledger(connection, here)
    assert failed(results) == [rule]
    assert [path.name for path in here.quarantine.iterdir()] == [f"ledger.{rule}.csv"]


def test_every_rule_of_the_ledger_is_planted() -> None:
    assert {rule for rule, _ in PLANTED} == {rule.name for rule in declared_rules() if rule.table == "ledger"}


def test_a_gap_is_a_withdrawal_and_a_return_not_an_error(here: Settings) -> None:
    connection = ledger()
    spans = connection.execute(
        "select value from raw_figures where reference_date = '2023-12-31' and asylum = 'PAK'"
    ).fetchall()
    assert spans == [(70,), (70,)]
    assert failed(quality.check_ledger(connection, here)) == []


def test_an_empty_ledger_is_missing_what_the_releases_held(here: Settings) -> None:
    connection = ledger()
    connection.execute("delete from raw_figures")
    assert failed(quality.check_ledger(connection, here)) == ["row_count"]


histories = st.lists(
    st.lists(st.one_of(st.none(), st.integers(1, 3)), min_size=len(RELEASES), max_size=len(RELEASES)),
    min_size=1,
    max_size=6,
)


@given(histories)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_releases_held_makes_a_sound_ledger(here: Settings, histories: list[list[int | None]]) -> None:
    """Each list is a fact: its value in each release, or none. Its spans keep every rule."""
    rows = [row for year, history in enumerate(histories, start=2000) for row in spans_of(year, history)]
    counts = [(release, sum(h[i] is not None for h in histories)) for i, release in enumerate(RELEASES)]
    connection = ledger(counts=", ".join(f"('{r}', 'population', '{NEWEST[r]}', '{n}')" for r, n in counts))
    connection.execute("delete from raw_figures")
    for row in rows:
        connection.execute(f"insert into raw_figures values {row}")
    assert failed(quality.check_ledger(connection, here)) == []


def spans_of(year: int, history: list[int | None]) -> list[str]:
    """Return the rows of a fact with these values in the releases."""
    rows = []
    for index, value in enumerate(history):
        if value is None or (index and history[index - 1] == value):
            continue
        end = next((i for i in range(index, len(history)) if history[i] != value), None)
        until = "null" if end is None else f"'{RELEASES[end]}'"
        rows.append(f"('refugees', '{year}-12-31', 'AFG', 'DEU', {value}, '{RELEASES[index]}', {until})")
    return rows


# --- the figures that are shipped -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> list[quality.Result]:
    place = Settings(home=tmp_path_factory.mktemp("home"), public=tmp_path_factory.mktemp("public"))
    connection = duckdb.connect()
    connection.execute(f"create view raw_figures as from read_parquet('{place.data / 'figures.parquet'}')")
    for name in ("indicators", "countries", "releases", "release_datasets"):
        source = f"read_csv('{place.data / name}.csv', all_varchar = true, header = true)"
        connection.execute(f"create view raw_{name} as from {source}")
    return quality.check_ledger(connection, place)


def test_the_shipped_figures_keep_every_rule(shipped: list[quality.Result]) -> None:
    assert failed(shipped) == []


def test_the_shipped_figures_were_looked_at_one_by_one(shipped: list[quality.Result]) -> None:
    checked = {result.rule: result.rows_checked for result in shipped}
    assert checked["value_above_zero"] > 600_000
    assert checked["spans_do_not_overlap"] > 10_000  # only facts with more than one row
    assert checked["row_count"] > 70  # releases and datasets


# --- rules derived from the catalogue -------------------------------------------------------------------------------

THING = Table(
    name="things",
    title="Things",
    row="A thing.",
    key=("code", "part"),
    order=("code",),
    columns=(
        Column("code", "varchar", "A code.", references="countries.iso3"),
        Column("part", "varchar", "A part.", values=("a", "b")),
        Column("people", "bigint", "People.", nullable=True, minimum=1),
        Column("share", "double", "A share.", nullable=True, minimum=0, maximum=1),
        Column("off", "bigint", "Taken off.", nullable=True, minimum=0),
        Column("since", "date", "A release.", nullable=True, references="releases.release"),
    ),
)
KNOWN = {
    "countries.iso3": ("AFG", "DEU"),
    "releases.release": (duckdb.execute("select date '2024-06-17'").fetchall()[0][0],),
}
SOUND = """
    ('AFG', 'a', 5, 0.5::double, 0, date '2024-06-17'),
    ('AFG', 'b', null, null, null, null),
    ('DEU', 'a', 1, 1, 3, null)
"""


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("columns_complete", "alter table things drop column off"),
        ("row_count", "delete from things"),
        ("key_unique", "insert into things select * from things where people = 5"),
        ("required_present", "update things set code = null where code = 'DEU'"),
        ("required_present", "update things set part = null where code = 'DEU'"),
        ("known_code", "update things set code = 'GFR' where code = 'DEU'"),
        ("part_allowed", "update things set part = 'c' where code = 'DEU'"),
        ("people_above_zero", "update things set people = 0 where code = 'DEU'"),
        ("share_within_bounds", "update things set share = 1.01 where code = 'DEU'"),
        ("off_not_negative", "update things set off = -1 where code = 'DEU'"),
        ("known_since", "update things set since = '2024-06-18' where code = 'AFG' and part = 'a'"),
        (None, "select 1"),
    ],
)
def test_a_description_of_columns_makes_rules(rule: str | None, error: str, here: Settings) -> None:
    connection = duckdb.connect()
    connection.execute(
        f"create table things as from (values {SOUND}) as t (code, part, people, share, off, since); {error}"
    )
    columns = [row[0] for row in connection.execute("describe things").fetchall()]
    query = evidence_query("things", columns, here.sql)
    results = in_sql.validate(suite_for(THING, KNOWN), connection, query).results
    assert failed(list(results)) == ([rule] if rule else [])


def test_a_missing_column_is_named() -> None:
    suite = suite_for(THING, KNOWN)
    results = in_sql.validate(suite, duckdb.connect(), "select 'AFG' as code, 'a' as part").results
    (result,) = [result for result in results if not result.passed]
    assert result.examples == ("no column people", "no column share", "no column off", "no column since")


def test_every_table_of_the_catalogue_has_rules_of_its_own_names() -> None:
    for table in load_catalogue().tables.values():
        names = [rule.name for rule in (*derived_rules(table), *declared_rules()) if rule.table == table.name]
        assert len(names) == len(set(names)) > 3, table.name


def test_codes_that_nobody_gave_are_an_error() -> None:
    with pytest.raises(KeyError, match=r"releases\.release"):
        suite_for(THING, {"countries.iso3": ()})


def test_a_rule_that_cannot_be_evaluated_is_refused() -> None:
    sound = Rule("t", "r", "d", "between", ("x",))
    with pytest.raises(ValueError, match="takes 1 columns"):
        replace(sound, columns=("x", "y"))
    with pytest.raises(ValueError, match="unknown expectation"):
        Rule("t", "r", "d", "sometimes", ("x",))  # type: ignore[arg-type]


# --- declared rules of tables ---------------------------------------------------------------------------------------

SOUND_TABLES = {
    "releases": "select date '2024-06-17' as release, 'Global Trends' as title, date '2024-06-13' as published_on",
    "release_datasets": "select date '2024-06-17' as release, 'population' as dataset, date '2023-12-31' as "
    "newest_reference_date, 7 as figures",
    "headlines": "select date '2023-12-31' as reference_date, date '2024-06-13' as known_on",
    "country_groups": "select 'EU' as group_code, 'DEU' as country, date '1958-01-01' as member_from, "
    "date '2020-01-31' as member_until union all select 'EU', 'PAK', date '1995-01-01', null",
    "global_totals": """
        select make_date(year::integer, 12, 31) as reference_date, year, 'year-end' as period,
            100 + year % 2 as refugees,
            10 as unrwa_refugees, 5 as asylum_seekers, null::bigint as oip, 30 as idmc_idps, 3 as overlap,
            142 + year % 2 as forcibly_displaced, 140 as published_total, 2 + year % 2 as difference,
            case when year > 2022 then 0 end as published_yearly_change,
            case when year > 2022 then case when year % 2 = 1 then 1 else -1 end end as recomputed_yearly_change,
            'reported' as refugees_standing, 'reported' as unrwa_refugees_standing,
            'reported' as asylum_seekers_standing, 'missing' as oip_standing, 'reported' as idmc_idps_standing
        from range(2022, 2025) as t (year)
        union all by name
        select date '2024-06-30' as reference_date, 2024 as year, 'mid-year' as period, 101 as refugees,
            'reported' as refugees_standing, 'missing' as unrwa_refugees_standing, 'missing' as asylum_seekers_standing,
            'missing' as oip_standing, 'carried' as idmc_idps_standing""",
    "country_totals": """
        select 'AFG' as country, 'origin' as role, date '2024-12-31' as reference_date, 2024 as year,
            'year-end' as period,
            100 as refugees, null::bigint as unrwa_refugees, 5 as asylum_seekers, 2 as oip, 30 as idmc_idps,
            3 as overlap, 134 as forcibly_displaced, 102 as refugees_and_oip, 107 as displaced_across
        union all by name
        select 'AFG' as country, 'asylum' as role, date '2024-06-30' as reference_date, 2024 as year,
            'mid-year' as period""",
    "corridors": """
        select 'AFG' as origin, 'DEU' as asylum, date '2024-12-31' as reference_date, 2024 as year,
            'year-end' as period,
            100 as refugees, null::bigint as asylum_seekers, 2 as oip, 102 as refugees_and_oip,
            102 as displaced_across, 1 as rank_in_origin,
            1 as rank_in_asylum""",
    "rankings": """
        select 'origin' as role, 'refugees' as measure, date '2024-12-31' as reference_date, 2024 as year,
            'year-end' as period, *
        from (values (1, 'AFG', 50, 0.5, 0.5), (2, 'DEU', 25, 0.25, 1.0), (2, 'PAK', 25, 0.25, 1.0))
            as t (rank, country, value, share_of_world, cumulative_share)""",
}
SOUND_TABLES["region_totals"] = f"""
    select 'unhcr' as region_scheme, 'no region' as region, * exclude (country)
    from ({SOUND_TABLES["country_totals"]})"""
AT_YEAR_END = "year = 2023 and period = 'year-end'"
AT_MID_YEAR = "period = 'mid-year'"

PLANTED_IN_TABLES = [
    ("releases", "published_before_captured", "set published_on = '2024-06-18'"),
    ("release_datasets", "newest_reference_date_before_release", "set newest_reference_date = '2024-06-30'"),
    ("headlines", "known_after_reference_date", "set known_on = '2023-12-31'"),
    ("country_groups", "member_from_before_until", "set member_until = '1957-12-31' where country = 'DEU'"),
    ("global_totals", "total_is_its_components", f"set overlap = 2 where {AT_YEAR_END}"),
    (
        "global_totals",
        "total_is_its_components",
        f"set refugees = null, refugees_standing = 'missing' where {AT_YEAR_END}",
    ),
    ("global_totals", "no_total_at_mid_year", f"set forcibly_displaced = 101, difference = null where {AT_MID_YEAR}"),
    ("global_totals", "overlap_within_idmc_idps", f"set idmc_idps = 2, refugees = refugees + 28 where {AT_YEAR_END}"),
    ("global_totals", "difference_is_recomputed_less_published", f"set difference = 4 where {AT_YEAR_END}"),
    ("global_totals", "difference_is_recomputed_less_published", f"set difference = null where {AT_YEAR_END}"),
    ("global_totals", "standing_says_what_is_there", f"set oip_standing = 'reported' where {AT_MID_YEAR}"),
    ("global_totals", "published_change_is_year_on_year", f"set published_yearly_change = 7 where {AT_YEAR_END}"),
    ("global_totals", "published_change_is_year_on_year", f"set published_yearly_change = 7 where {AT_MID_YEAR}"),
    ("global_totals", "recomputed_change_is_year_on_year", f"set recomputed_yearly_change = 9 where {AT_YEAR_END}"),
    ("rankings", "larger_value_ranks_first", "set value = 60 where country = 'DEU'"),
    ("rankings", "cumulative_share_never_falls", "set cumulative_share = 0.4 where country = 'PAK'"),
    ("corridors", "displaced_across_is_its_parts", "set displaced_across = 103"),
    ("corridors", "refugees_and_oip_is_its_parts", "set refugees_and_oip = 103"),
    *(
        (table, rule, change)
        for table in ("country_totals", "region_totals")
        for rule, change in (
            ("total_is_its_components", "set forcibly_displaced = 135 where period = 'year-end'"),
            ("no_total_at_mid_year", f"set forcibly_displaced = 1 where {AT_MID_YEAR}"),
            ("overlap_within_idmc_idps", "set idmc_idps = 2, unrwa_refugees = 28 where period = 'year-end'"),
            ("displaced_across_is_its_parts", "set displaced_across = 106 where period = 'year-end'"),
            ("displaced_across_is_its_parts", "set displaced_across = null where period = 'year-end'"),
            ("refugees_and_oip_is_its_parts", "set refugees_and_oip = 107 where period = 'year-end'"),
            ("displaced_across_is_its_parts", f"set displaced_across = 1 where {AT_MID_YEAR}"),
        )
    ),
]


def declared_failures(table: str, change: str | None, here: Settings) -> list[str]:
    """Return the declared rules that fail for the sound rows of a table after a change."""
    connection = duckdb.connect()
    described = load_catalogue().tables[table]
    columns = ", ".join(f"null::{_plain(column)} as {column.name}" for column in described.columns)
    connection.execute(f"create table {table} as select {columns} limit 0")
    connection.execute(f"insert into {table} by name {SOUND_TABLES[table]}")
    if change:
        connection.execute(f"update {table} {change}")
    declared = tuple(rule for rule in declared_rules() if rule.table == table)
    query = evidence_query(table, described.column_names, here.sql)
    return failed(list(in_sql.validate(Suite(table, declared), connection, query).results))


def _plain(column: Column) -> str:
    return "varchar" if column.type.endswith("_code") else column.type


@pytest.mark.parametrize("table", SOUND_TABLES)
def test_sound_rows_keep_the_declared_rules(table: str, here: Settings) -> None:
    assert declared_failures(table, None, here) == []


@pytest.mark.parametrize(("table", "rule", "change"), PLANTED_IN_TABLES)
def test_one_error_in_a_table_breaks_exactly_one_declared_rule(
    table: str, rule: str, change: str, here: Settings
) -> None:
    assert declared_failures(table, change, here) == [rule]


def test_every_declared_rule_is_planted() -> None:
    planted = {(table, rule) for table, rule, _ in PLANTED_IN_TABLES}
    assert planted == {(rule.table, rule.name) for rule in declared_rules() if rule.table != "ledger"}
