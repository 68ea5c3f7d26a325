"""The file people open: described, small, readable by old DuckDBs, and one with the ledger at any release."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from displacement.build import warehouse
from displacement.catalogue import load_catalogue
from displacement.errors import DisplacementError, WrongUseError
from displacement.ledger import Ledger
from displacement.quality.rules import declared_rules, derived_rules
from displacement.query.published import answer, open_published
from displacement.settings import PACKAGE, SCHEMA_VERSION, __version__
from displacement.storage.duck import rows
from displacement.storage.files import sha256_of
from tests.conftest import Built

Connection = duckdb.DuckDBPyConnection
TABLES = load_catalogue().tables
VIEWS = sorted(warehouse.read_views(PACKAGE.parents[1] / "sql"))
MACROS = {
    "figures_as_of": ["release"],
    "global_totals_as_of": ["release"],
    "country_profile": ["iso3"],
    "top_origins": ["year", "n"],
    "top_hosts": ["year", "n"],
    "corridor": ["origin", "asylum"],
    "trend": ["iso3", "role"],
    "explain_figure": ["indicator", "origin", "asylum", "reference_date"],
    "revisions_by_release": ["release"],
    "revisions_by_indicator": ["indicator"],
    "revisions_by_country": ["iso3"],
}
"""What other people's queries call: part of the contract of names."""


# --- tables and columns -----------------------------------------------------------------------------------------------


def test_the_file_holds_the_described_tables_and_no_other(published: Connection) -> None:
    stored = published.execute("select schema_name || '.' || table_name from duckdb_tables() where not internal")
    found = {name.removeprefix("main.") for (name,) in stored.fetchall()}
    views = published.execute("select view_name from duckdb_views() where not internal order by all").fetchall()
    assert [name for (name,) in views] == list(VIEWS)
    assert found | set(VIEWS) == {table.address for table in TABLES.values()}


def test_the_list_of_tables_has_what_people_came_for_and_not_what_a_build_records_of_itself(
    built: Built, published: Connection
) -> None:
    """`show tables` began with anomaly_rules, build and claim_measures, before any figure."""
    listed = {name for (name,) in published.execute("show tables").fetchall()}
    assert not listed & {"build", "lineage", "quality_results", "macros", "headline_components"}
    assert {"figures", "corridors", "held_back"} <= listed
    macros = published.execute("select macro from meta.macros").fetchall()
    called = published.execute("select distinct function_name from duckdb_functions() where not internal").fetchall()
    assert sorted(macros) == sorted(called)
    with open_published(built.public, "2024-06-17") as connection:
        newest = rows(connection, "select newest_release from meta.build")  # also as of a release
        assert str(newest[0]["newest_release"]) == "2026-06-25"


def test_an_indicator_without_a_figure_says_why(published: Connection) -> None:
    found = published.execute("select indicator, without_figures from indicators where without_figures is not null")
    assert {name for name, why in found.fetchall() if "IDMC_CLIENT_ID" in why} == {
        "idmc_conflict_idps",
        "idmc_conflict_new_displacements",
        "idmc_disaster_idps",
        "idmc_disaster_new_displacements",
    }


def test_every_table_and_every_column_has_a_comment_from_the_one_description(published: Connection) -> None:
    tables = dict(
        published.execute(
            "select table_name, comment from duckdb_tables() where not internal "
            "union all select view_name, comment from duckdb_views() where not internal"
        ).fetchall()
    )
    columns = {
        (table, column): comment
        for table, column, comment in published.execute(
            "select table_name, column_name, comment from duckdb_columns() where not internal"
        ).fetchall()
    }
    assert len(columns) == sum(len(table.columns) for table in TABLES.values())
    for name, table in TABLES.items():
        assert tables[name].startswith(f"{table.title}. {table.row}")
        for column in table.columns:
            assert columns[name, column.name].startswith(column.description), (name, column.name)
            assert column.unit is None or column.unit in columns[name, column.name]
            for warning in load_catalogue().warnings_of(column):
                assert warning.rule in columns[name, column.name]


def test_the_columns_stand_in_the_order_and_type_of_the_description(published: Connection) -> None:
    for name, table in TABLES.items():
        described = published.execute(f"describe {table.address}").fetchall()
        assert [row[0] for row in described] == list(table.column_names)
        for row, column in zip(described, table.columns, strict=True):
            assert row[1].lower() == column.type, (name, column.name)


def test_programs_get_codes_as_text_and_sums_as_integers_from_every_macro(published: Connection) -> None:
    """Pandas listed every country of the world under an origin, as 0: codes were ENUMs. Sums were HUGEINT, read as
    floats.
    """
    values = {"iso3": "UKR", "origin": "SDN", "asylum": "TCD", "role": "origin", "year": 2025, "n": 5}
    values |= {"indicator": "refugees", "release": "2025-06-12", "reference_date": "2025-12-31"}
    macros = published.execute(
        "select function_name, parameters from duckdb_functions() where not internal and function_type = 'table_macro'"
    ).fetchall()
    for name, parameters in macros:
        call = f"{name}({', '.join(repr(values[one]) for one in parameters)})"
        types = {row[1] for row in published.execute(f"describe from {call}").fetchall()}
        assert not [one for one in types if one == "HUGEINT" or one.startswith("ENUM")], call


def test_names_are_beside_codes(published: Connection) -> None:
    found = "select origin_name, asylum_name from corridors where origin = 'XXA' and asylum = 'TUR' limit 1"
    assert published.execute(found).fetchall() == [("Stateless", "Türkiye")]
    world = "select distinct country_name from yearly_change where country = 'world'"
    assert published.execute(world).fetchall() == [("world",)]


def test_codes_compare_with_text_they_do_not_hold(published: Connection) -> None:
    assert published.execute("select count(*) from figures where origin = 'nowhere'").fetchall() == [(0,)]


def test_rows_stand_in_the_order_of_the_description(published: Connection) -> None:
    for name in ("corridors", "country_totals", "figures"):
        order = ", ".join(TABLES[name].order)
        differing = published.execute(
            f"select count(*) from (select rowid, row_number() over (order by {order}) - 1 as place from {name}) "
            "where rowid <> place"
        ).fetchall()
        assert differing == [(0,)], name


def test_the_file_is_small(built: Built) -> None:
    assert built.file.stat().st_size < 28_000_000


def test_the_file_can_be_opened_by_duckdb_1_4(built: Built) -> None:
    # The header of a DuckDB file: a checksum, the letters DUCK, then the version of the storage (67: 1.4).
    with built.file.open("rb") as stream:
        header = stream.read(20)
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") <= 67
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built.file}' as it (read_only)")
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'it'").fetchall()[0][0]
    assert tags["storage_version"].startswith("v1.4")


# --- macros -----------------------------------------------------------------------------------------------------------


def test_every_macro_of_the_contract_is_there_with_its_parameters_and_a_comment(published: Connection) -> None:
    found = {
        name: (parameters, comment)
        for name, parameters, comment in published.execute(
            "select function_name, parameters, comment from duckdb_functions() where not internal"
        ).fetchall()
    }
    for name, parameters in MACROS.items():
        assert found[name][0] == parameters, name
    for name, (_, comment) in found.items():
        assert comment, f"{name} has no comment"


@pytest.mark.parametrize(
    "sql",
    [
        "from country_profile('UKR')",
        "from top_origins(2025, 10)",
        "from top_hosts(2025, 10)",
        "from corridor('SDN', 'TCD')",
        "from trend('UKR', 'origin')",
        "from explain_figure('refugees', 'UKR', 'POL', '2025-12-31')",
        "from figures_as_of('2023-06-14') limit 1",
        "from figures_as_of(date '2023-06-14') limit 1",
    ],
)
def test_every_macro_gives_rows(published: Connection, sql: str) -> None:
    assert published.execute(sql).fetchall()


def test_top_ten_means_ten_in_the_order_of_their_rank(published: Connection) -> None:
    for macro, role in (("top_origins", "origin"), ("top_hosts", "asylum")):
        found = published.execute(f"select rank, country, refugees_and_oip from {macro}(2025, 10)").fetchall()
        assert [row[0] for row in found] == list(range(1, 11))
        ranked = published.execute(
            f"select rank, country, value from rankings where role = '{role}' and measure = 'refugees_and_oip' "
            "and reference_date = '2025-12-31' and rank <= 10 order by rank"
        ).fetchall()
        assert found == ranked


@pytest.mark.parametrize("release", ["2023-04-27", "2023-06-14", "2024-10-18", "2026-06-12", "2026-06-25"])
def test_the_figures_of_a_release_are_the_same_in_sql_and_in_python(
    built: Built, published: Connection, release: str
) -> None:
    columns = "indicator, reference_date, origin, asylum, value, published_in"
    in_sql = published.execute(
        f"select indicator::varchar as indicator, reference_date, origin::varchar as origin, "
        f"asylum::varchar as asylum, value, published_in from figures_as_of('{release}')"
    ).to_arrow_table()
    in_python = Ledger.open(built.settings).as_of(release).to_arrow_table()
    with duckdb.connect() as connection:
        connection.register("in_sql", in_sql)
        connection.register("in_python", in_python)
        assert connection.execute("select count(*) from in_sql").fetchall()[0][0] == in_python.num_rows > 400_000
        # As many rows, and none of one that the other lacks: the two are the same.
        differing = f"select {columns} from in_sql except all select {columns} from in_python limit 3"
        assert connection.execute(differing).fetchall() == []


def test_every_model_as_of_the_newest_release_is_the_table_itself(published: Connection, root: Path) -> None:
    by_release = warehouse.models_by_release(root / "sql", load_catalogue())
    assert {"global_totals", "corridors", "claim_checks"} <= set(by_release)
    for name in by_release:
        for one, other in ((name, f"{name}_as_of('2026-06-25')"), (f"{name}_as_of('2026-06-25')", name)):
            assert published.execute(f"from {one} except all from {other} limit 3").fetchall() == [], name


@pytest.mark.parametrize("macro", ["figures_as_of", "headlines_as_of", "global_totals_as_of", "rankings_as_of"])
@pytest.mark.parametrize("release", ["2023-06-15", "newest", "2023"])
def test_an_unknown_release_is_an_error_that_lists_those_known(published: Connection, macro: str, release: str) -> None:
    with pytest.raises(duckdb.Error) as refused:
        published.execute(f"from {macro}('{release}')").fetchall()
    said = str(refused.value)
    assert f"There is no release {release}. Known releases: 2023-04-27, 2023-06-14, " in said
    assert "2026-06-25." in said


def test_opened_as_of_a_release_every_table_of_figures_gives_what_stood_in_it(built: Built) -> None:
    with open_published(built.public, "2023-06-14") as connection:
        found = rows(connection, "select max(reference_date) as newest, count(*) as n from figures")[0]
        assert str(found["newest"]) == "2022-12-31"
        total = "select forcibly_displaced as t from global_totals where reference_date = '2022-12-31'"
        assert rows(connection, total) == [{"t": 108_436_336}]
        for name in ("headlines", "country_totals", "region_totals", "corridors", "rankings"):
            newest = rows(connection, f"select max(reference_date) as day from {name}")[0]["day"]
            assert str(newest) == "2022-12-31", name


def test_opened_as_of_a_release_the_history_ends_there(built: Built) -> None:
    with open_published(built.public, "2024-10-18") as connection:
        history = "select max(published_in) as newest, max(superseded_in) as ended, count(*) as n from figures_history"
        found = rows(connection, history)[0]
        assert (str(found["newest"]), str(found["ended"])) == ("2024-10-18", "2024-10-18")
        standing = "select count(*) as n from figures_history where superseded_in is null"
        assert rows(connection, standing) == rows(connection, "select count(*) as n from figures")


def test_opened_as_of_an_unknown_release_it_says_which_there_are(built: Built) -> None:
    with pytest.raises(WrongUseError, match=r"There is no release 2020-01-01\. Known releases: 2023-04-27"):
        open_published(built.public, "2020-01-01")


def test_nothing_outside_the_file_can_be_read_from_it(built: Built) -> None:
    with open_published(built.public) as connection:
        with pytest.raises(WrongUseError):
            answer(connection, f"from read_csv('{PACKAGE / 'data/claims.csv'}')")
        with pytest.raises(WrongUseError):
            answer(connection, "delete from figures")


# --- what a build says of itself --------------------------------------------------------------------------------------


def test_the_table_build_says_what_the_file_was_made_from(built: Built, published: Connection) -> None:
    (found,) = rows(published, "select * from meta.build")
    assert found["build_id"] == built.build.build_id == built.public.resolve().name
    assert found["schema_version"] == SCHEMA_VERSION
    assert found["displacement_version"] == __version__
    assert str(found["newest_release"]) == "2026-06-25"
    assert len(found["releases"].split(", ")) == 11
    assert found["figures_sha256"] == sha256_of(PACKAGE / "data/figures.parquet")
    assert found["inputs_sha256"] == built.build.identity.inputs_sha256
    age = datetime.now(UTC).replace(tzinfo=None) - found["built_at"]
    assert timedelta() < age < timedelta(hours=2)


def test_the_manifest_agrees_with_every_file(built: Built) -> None:
    manifest = json.loads((built.public / "build.json").read_text())
    there = {str(path.relative_to(built.public)) for path in built.public.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == there - {"build.json"}
    for name, record in manifest["files"].items():
        path = built.public / name
        assert (path.stat().st_size, sha256_of(path)) == (record["bytes"], record["sha256"]), name


def test_every_table_can_be_downloaded_whole_in_both_forms(built: Built, published: Connection) -> None:
    for name, table in TABLES.items():
        count = published.execute(f"select count(*) from {table.address}").fetchall()
        parquet = f"read_parquet('{built.public / 'data' / f'{name}.parquet'}')"
        csv = f"read_csv('{built.public / 'data' / table.csv}', all_varchar = true, header = true)"
        assert published.execute(f"select count(*) from {parquet}").fetchall() == count, name
        assert published.execute(f"select count(*) from {csv}").fetchall() == count, name
        opened = gzip.open if table.gzipped else open
        with opened(built.public / "data" / table.csv, "rt", encoding="utf-8") as stream:
            header = stream.readline()
        assert header.rstrip("\n").split(",") == list(TABLES[name].column_names)


def test_an_absent_figure_is_an_empty_field_of_a_download_and_never_zero(built: Built) -> None:
    lines = (built.public / "data/global_totals.csv").read_text().splitlines()
    first = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert first["reference_date"] == "1951-12-31"
    assert (first["asylum_seekers"], first["forcibly_displaced"], first["overlap"]) == ("", "", "")


def test_the_link_to_the_build_is_relative(built: Built) -> None:
    assert built.public.is_symlink()
    assert not os.path.isabs(os.readlink(built.public))  # noqa: PTH115, PTH117


def test_no_quality_rule_failed_and_the_file_records_all_of_them(built: Built, published: Connection) -> None:
    recorded = published.execute("select table_name, rule, passed from meta.quality_results").fetchall()
    assert all(passed for _, _, passed in recorded)
    checked = [table for table in TABLES.values() if not table.checked_by and table.name != "quality_results"]
    rules = (*declared_rules(), *(rule for table in checked for rule in derived_rules(table)))
    assert {(rule.table, rule.name) for rule in rules} <= {(table, rule) for table, rule, _ in recorded}
    checks = {path.stem for path in built.settings.sql.glob("checks/*.sql")}
    assert checks <= {rule for _, rule, _ in recorded}
    assert all(result.passed for result in built.results)
    assert not list(built.settings.quarantine.glob("*.csv"))


def test_lineage_in_the_file_leads_from_every_total_to_the_ledger(published: Connection) -> None:
    found = published.execute(
        """
        with recursive back(source_table, source_column) as (
            select source_table, source_column from meta.lineage
            where table_name = 'rankings' and column_name = 'share_of_world'
            union
            select lineage.source_table, lineage.source_column from meta.lineage
            inner join back
                on lineage.table_name = back.source_table and lineage.column_name = back.source_column
        )
        select source_table || '.' || source_column from back
        """
    ).fetchall()
    assert ("raw_figures.value",) in found


# --- a file that is not whole is not shown ----------------------------------------------------------------------------


def test_a_file_that_lost_a_comment_or_a_table_does_not_pass(built: Built, tmp_path: Path) -> None:
    path = tmp_path / "displacement.duckdb"
    path.write_bytes(built.file.read_bytes())
    assert warehouse.verify(path)["figures"] == 670_391
    with duckdb.connect(str(path)) as connection:
        connection.execute("comment on column figures.value is null")
    with pytest.raises(DisplacementError, match=r"does not match its description at .*figures.*value"):
        warehouse.verify(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table corridors")
    with pytest.raises(DisplacementError, match=r"does not match its description at .*corridors"):
        warehouse.verify(path)


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        ("country_profile('UKX')", "UKR"),
        ("trend('Ukraine', 'origin')", "UKR"),
        ("corridor('SDN', 'Chad')", "TCD"),
        ("corridor('GFR', 'TCD')", "DEU"),
    ],
)
def test_a_macro_names_an_unknown_country_and_the_nearest(published: Connection, call: str, meant: str) -> None:
    """GFR is Germany in UNHCR's codes: an empty answer would look like a corridor without people."""
    with pytest.raises(duckdb.Error, match=rf"There is no country .*did you mean {meant}.*\? The table countries"):
        published.execute(f"from {call}")


@pytest.mark.parametrize(("call", "tables"), [("corridor('SDN', 'TCD')", 1), ("trend('UKR', 'origin')", 1)])
def test_naming_unknown_codes_costs_a_known_one_no_table(published: Connection, call: str, tables: int) -> None:
    """Looking codes up in the table of countries made a corridor 3.7 times as dear as the same question by hand."""
    plan = published.execute(f"explain from {call}").fetchall()[0][1]
    assert plan.count("_SCAN ") == tables and "error" not in plan, plan


def test_a_code_of_a_table_can_be_asked_for_as_well_as_one_in_quotes(published: Connection) -> None:
    found = published.execute(
        "select count(*) from countries where known_country(iso3) = iso3 and known_country(iso3::varchar) = iso3"
    ).fetchall()
    assert found == published.execute("select count(*) from countries").fetchall()
