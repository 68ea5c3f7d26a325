"""The models: one SELECT a file, read in the order of what they read, made in one file, and failing in one sentence."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from displacement.build import downloads
from displacement.build.lineage import column_lineage
from displacement.build.models import (
    LAYERS,
    Model,
    read_models,
    require_described,
    tables_read,
    typed_select,
)
from displacement.build.warehouse import Warehouse, read_views, view_statements
from displacement.catalogue import Catalogue, Column, Table
from displacement.errors import DisplacementError
from displacement.settings import Settings
from displacement.storage.duck import model_error
from displacement.storage.sql_files import split_sql

COUNT = Column("people", "bigint", "People.", nullable=True)
PLACE = Column("country", "varchar", "Country.")


def table(name: str, *columns: Column, key: tuple[str, ...] = ()) -> Table:
    return Table(name, name, "A row.", key, key, columns)


CATALOGUE = Catalogue(
    tables={
        "totals": table("totals", PLACE, COUNT, key=("country",)),
        "doubled": table("doubled", PLACE, COUNT, key=("country",)),
    },
)


@pytest.fixture
def installation(tmp_path: Path) -> Settings:
    """Return an installation with two sources and two models: `doubled` reads `totals`, which reads the sources."""
    data, sql = tmp_path / "data", tmp_path / "sql"
    for directory in (data, sql / "staging", sql / "marts", tmp_path / "home"):
        directory.mkdir(parents=True)
    (data / "countries.csv").write_text(
        'iso3,iso2,m49,name\nNAM,NA,516,Namibia\nAFG,AF,004,Afghanistan\n"UNK",,,Unknown\n'
    )
    (data / "counts.csv").write_text("country,people\nNAM,7\nAFG,\n")
    (sql / "marts/totals.sql").write_text("-- A row is a country.\n-- Why.\nselect country, people from raw_counts\n")
    (sql / "marts/doubled.sql").write_text("-- A row is two.\nselect country, people * 2 as people from totals\n")
    return Settings(home=tmp_path / "home", public=tmp_path / "public", data=data, sql=sql)


@pytest.fixture
def opened(installation: Settings) -> Warehouse:
    return Warehouse(installation, installation.home / "made.duckdb", CATALOGUE)


def asked(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    return warehouse.connection.execute(sql).fetchall()


def written(directory: Path, name: str, text: str) -> Path:
    path = directory / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


PAST_STAGING = {
    "demographics": {"raw_demographics", "raw_population_types"},
    "demographics_by_corridor": {"raw_demographics", "raw_population_types"},
    "demographics_by_place": {"raw_demographics_by_place", "raw_population_types"},
    "asylum_decisions_by_level": {"raw_asylum_decisions_by_level"},
}
"""Marts whose source is too large to be a table of the file."""


# --- the shipped models -----------------------------------------------------------------------------------------------


def test_every_model_is_one_select_that_opens_with_what_a_row_is(root: Path) -> None:
    for model in read_models(root / "sql").values():
        assert model.header.startswith("A row is "), model.path
        assert not model.sql.rstrip().endswith(";"), model.path
        assert model.reads, model.path


def test_every_model_comes_after_those_it_reads(root: Path) -> None:
    models = read_models(root / "sql")
    places = {name: place for place, name in enumerate(models)}
    for model in models.values():
        assert all(places[read] < places[model.name] for read in model.reads_models), model.name


def test_staging_reads_sources_and_marts_read_models(root: Path) -> None:
    for model in read_models(root / "sql").values():
        if model.name in PAST_STAGING:
            assert set(model.reads) - set(model.reads_models) == PAST_STAGING[model.name]
        elif model.layer in ("marts", "projections"):
            assert model.reads == model.reads_models, f"{model.name} reads a source past staging"
        elif model.name not in ("figures", "figures_superseded", "forecasts"):  # parts of figures_history; nowcasts too
            assert not model.reads_models, model.name


def test_every_sql_file_stands_in_a_directory_that_is_read(root: Path) -> None:
    known = {*LAYERS, "changes", "checks", "cookbook", "evidence", "intake", "macros", "views"}
    assert {path.parent.name for path in (root / "sql").rglob("*.sql")} == known


def test_the_totals_are_made_from_the_figures_and_never_from_the_series_of_unhcrs_own_idps(root: Path) -> None:
    # idps is a smaller series of its own, never added to idmc_idps: no component of a total may be called so.
    assert "idps" not in (root / "src/displacement/data/headline_components.csv").read_text().replace("idmc_idps", "")
    assert "idps" not in (root / "sql/marts/global_totals.sql").read_text().replace("idmc_idps", "")


def test_every_mart_is_explained_in_the_methodology(root: Path) -> None:
    explained = (root / "docs/methodology.md").read_text(encoding="utf-8")
    marts = {model.name for model in read_models(root / "sql").values() if model.layer == "marts"}
    assert {name for name in marts if f"`{name}`" not in explained and f"`{name}." not in explained} == set()


# --- reading models ---------------------------------------------------------------------------------------------------


def test_a_header_is_the_comment_a_file_opens_with_and_nothing_below() -> None:
    text = "-- kind: scalar\n-- A row is a thing.\n-- why: this is the note\nselect 1 -- not\n-- nor\n"
    file = split_sql("things", text)
    assert file.options == {"kind": "scalar"}
    assert file.note == ("A row is a thing.", "why: this is the note")
    assert file.statement == "select 1 -- not\n-- nor"
    assert split_sql("bare", "select 1").note == ()


def test_a_models_own_common_table_expressions_are_no_tables_it_reads() -> None:
    sql = "with own as (select * from b) select * from own join a on true where x in (select y from c)"
    assert tables_read(sql, Path("x.sql")) == ("a", "b", "c")


@pytest.mark.parametrize(
    "sql", ["select 1; select 2", "create table x as select 1", "drop table figures", "", "-- only a comment"]
)
def test_a_file_that_is_not_one_select_is_refused_by_its_path(tmp_path: Path, sql: str) -> None:
    path = written(tmp_path / "marts", "wrong", sql)
    with pytest.raises(DisplacementError, match=r"marts/wrong\.sql must hold exactly one SELECT"):
        read_models(tmp_path)
    assert path.exists()


def test_a_file_that_cannot_be_parsed_is_refused_by_its_path(tmp_path: Path) -> None:
    written(tmp_path / "staging", "broken", "select from where (")
    with pytest.raises(DisplacementError, match=r"staging/broken\.sql cannot be parsed"):
        read_models(tmp_path)


def test_models_that_read_each_other_in_a_circle_are_refused_by_name(tmp_path: Path) -> None:
    written(tmp_path / "marts", "hen", "select 1 as a from egg")
    written(tmp_path / "marts", "egg", "select 1 as a from hen")
    with pytest.raises(DisplacementError, match=r"(?s)(egg.*hen|hen.*egg)"):
        read_models(tmp_path)


def test_a_model_that_reads_what_nobody_makes_is_refused_by_name(tmp_path: Path) -> None:
    written(tmp_path / "marts", "orphan", "select 1 as a from nowhere")
    with pytest.raises(DisplacementError, match=r"orphan\.sql reads nowhere"):
        read_models(tmp_path)


# --- making models ----------------------------------------------------------------------------------------------------


def test_a_model_gets_the_columns_types_and_order_of_the_catalogue(opened: Warehouse, installation: Settings) -> None:
    models = read_models(installation.sql)
    assert opened.make(models["totals"]) == 2
    assert opened.make(models["doubled"]) == 2
    described = asked(opened, "describe doubled")
    assert [row[0] for row in described] == ["country", "people"]
    assert [row[1] for row in described] == ["VARCHAR", "BIGINT"]
    assert asked(opened, "from doubled") == [("AFG", None), ("NAM", 14)]


def test_models_and_their_comments_are_in_the_file_and_sources_are_not(
    opened: Warehouse, installation: Settings
) -> None:
    for model in read_models(installation.sql).values():
        opened.make(model)
    opened.close()
    with duckdb.connect(str(opened.path), read_only=True) as connection:
        found = connection.execute("select table_name, comment from duckdb_tables() order by all").fetchall()
        assert [(name, comment.startswith(f"{name}. A row.")) for name, comment in found] == [
            ("doubled", True),
            ("totals", True),
        ]
        assert connection.execute("from duckdb_views() where not internal").fetchall() == []


def test_a_model_can_be_made_alone_in_another_process_from_the_file_of_those_before(
    opened: Warehouse, installation: Settings
) -> None:
    models = read_models(installation.sql)
    opened.make(models["totals"])
    opened.close()
    another = Warehouse(installation, opened.path, CATALOGUE)
    another.make(models["doubled"])
    assert asked(another, "select people from doubled where country = 'NAM'") == [(14,)]


def test_a_model_that_is_a_view_in_the_file_is_made_from_the_sources_until_the_view_is_there(
    installation: Settings,
) -> None:
    written(installation.sql / "views", "totals", "select country, people // 2 as people from doubled")
    opened = Warehouse(installation, installation.home / "made.duckdb", CATALOGUE)
    models = read_models(installation.sql)
    opened.make(models["doubled"])  # reads totals, which no step of this process made
    assert asked(opened, "select people from totals where country = 'NAM'") == [(7,)]
    for statement in view_statements(CATALOGUE, read_views(installation.sql)["totals"]):
        opened.connection.execute(f"drop table if exists temp.main.totals; {statement}")
    opened.make(models["doubled"])  # not from itself, though the view now reads it
    assert asked(opened, "from doubled") == [("AFG", None), ("NAM", 14)]


def test_text_of_a_source_stays_what_it_is(opened: Warehouse) -> None:
    # Namibia's iso2 is the text NA, and Afghanistan's m49 begins with zeros.
    opened.provide(["raw_countries"])
    found = asked(opened, "select iso2, m49 from raw_countries order by iso3")
    assert found == [("AF", "004"), ("NA", "516"), (None, None)]


def test_sql_that_fails_names_the_model_and_says_what_the_database_says(
    opened: Warehouse, installation: Settings
) -> None:
    written(installation.sql / "marts", "totals", "select country, persons as people from raw_counts")
    read_models.cache_clear()
    with pytest.raises(DisplacementError, match=r'The model .*totals\.sql failed: .*"persons" not found'):
        opened.make(read_models(installation.sql)["totals"])


def test_a_model_without_a_description_says_which_file_to_add(opened: Warehouse, installation: Settings) -> None:
    model = Model("loose", "marts", installation.sql / "marts/loose.sql", "select 1 as a from raw_counts", "", ())
    with pytest.raises(DisplacementError, match=r"catalogue/tables/loose\.toml"):
        opened.make(model)


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda sql: (sql / "marts/extra.sql").write_text("select 1 as n"), "is not described: add src/displacement/"),
        (
            lambda sql: (sql / "marts/doubled.sql").unlink(),
            "doubled.toml describes a table that no model makes: add sql/",
        ),
        (
            lambda sql: (sql / "marts/totals.sql").write_text("select country, people as peple from raw_counts"),
            r"totals\.sql has the column peple, which catalogue/tables/totals\.toml does not list",
        ),
        (
            lambda sql: (sql / "marts/totals.sql").write_text("select country from raw_counts"),
            r"totals\.sql lacks the column people, which catalogue/tables/totals\.toml lists",
        ),
    ],
)
def test_what_a_newcomer_forgets_of_a_model_is_one_sentence_that_names_the_file(
    installation: Settings, break_it: Callable[[Path], object], says: str
) -> None:
    # The first person who added a model with docs/extending.md met a traceback of 469 lines.
    require_described(read_models(installation.sql), CATALOGUE)
    break_it(installation.sql)
    read_models.cache_clear()
    with pytest.raises(DisplacementError, match=says):
        require_described(read_models(installation.sql), CATALOGUE)


def test_a_column_that_no_table_has_is_named_with_its_model(installation: Settings) -> None:
    (installation.sql / "marts/doubled.sql").write_text("select country, peple * 2 as people from totals")
    models = {name: model for name, model in read_models(installation.sql).items() if name == "doubled"}
    with pytest.raises(DisplacementError, match=r"doubled\.sql names what no table it reads has: .*peple"):
        column_lineage(models, CATALOGUE, {})


def test_a_source_without_a_file_is_named(opened: Warehouse) -> None:
    with pytest.raises(DisplacementError, match="The source raw_nothing has no file"):
        opened.provide(["raw_nothing"])


def test_a_model_that_was_never_made_is_named(opened: Warehouse, installation: Settings) -> None:
    with pytest.raises(DisplacementError, match=r"The model .*doubled\.sql failed: .*totals does not exist"):
        opened.make(read_models(installation.sql)["doubled"])


def test_a_directory_with_a_quote_in_its_name_can_be_worked_in(installation: Settings, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "it's", installation.public, installation.data, installation.sql)
    settings.home.mkdir()
    opened = Warehouse(settings, settings.home / "made.duckdb", CATALOGUE)
    assert opened.make(read_models(settings.sql)["totals"]) == 2
    assert [path.name for path in downloads.write(opened, ["totals"], settings.home / "data")] == [
        "totals.csv",
        "totals.parquet",
    ]
    assert (settings.home / "data/totals.csv").read_text() == "country,people\nAFG,\nNAM,7\n"


def test_a_step_waits_for_another_process_that_writes_to_the_file(opened: Warehouse, installation: Settings) -> None:
    program = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('open', flush=True); time.sleep(1)"
    opened.close()
    with subprocess.Popen([sys.executable, "-c", program, str(opened.path)], stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline() == b"open\n"
        assert Warehouse(installation, opened.path, CATALOGUE).make(read_models(installation.sql)["totals"]) == 2


def test_a_full_disk_is_told_apart_from_an_error_in_the_sql() -> None:
    full = model_error("The model x", duckdb.IOException(f"Could not write: {errno.ENOSPC} No space left on device"))
    assert str(full).startswith("The disk is full: The model x could not be written.")
    assert "what was published before is untouched" in str(full)
    assert str(model_error("The model x", duckdb.Error("oh"))) == "The model x failed: oh"


def test_the_select_of_a_table_can_be_left_unsorted() -> None:
    described = CATALOGUE.tables["totals"]
    assert "order by" not in typed_select(described, "from x", ordered=False)
    assert typed_select(described, "from x").endswith("order by totals.country")
