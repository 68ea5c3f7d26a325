"""The models: one SELECT a file, read in the order of what they read, kept as Parquet, and failing in one sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer

import duckdb
import pytest

from displacement.build.models import (
    LAYERS,
    STAMP_KEY,
    Model,
    read_models,
    tables_read,
    typed_select,
)
from displacement.build.workspace import Workbench
from displacement.catalogue import Catalogue, Column, EnumType, Table
from displacement.errors import DisplacementError
from displacement.settings import Settings
from displacement.storage.duck import model_error
from displacement.storage.sql_files import split_sql

COUNT = Column("people", "bigint", "People.", nullable=True)
PLACE = Column("country", "country_code", "Country.")


def table(name: str, *columns: Column, key: tuple[str, ...] = ()) -> Table:
    return Table(name, name, "A row.", key, key, columns)


CATALOGUE = Catalogue(
    tables={
        "totals": table("totals", PLACE, COUNT, key=("country",)),
        "doubled": table("doubled", PLACE, COUNT, key=("country",)),
    },
    enums={"country_code": EnumType("country_code", source="countries.iso3")},
)


@pytest.fixture
def installation(tmp_path: Path) -> Settings:
    """Return an installation with two sources and two models: `doubled` reads `totals`, which reads the sources."""
    data, sql = tmp_path / "data", tmp_path / "sql"
    for directory in (data, sql / "staging", sql / "marts"):
        directory.mkdir(parents=True)
    (data / "countries.csv").write_text('iso3,iso2,m49\nNAM,NA,516\nAFG,AF,004\n"UNK",,\n')
    (data / "counts.csv").write_text("country,people\nNAM,7\nAFG,\n")
    (sql / "marts/totals.sql").write_text("-- A row is a country.\n-- Why.\nselect country, people from raw_counts\n")
    (sql / "marts/doubled.sql").write_text("-- A row is two.\nselect country, people * 2 as people from totals\n")
    return Settings(home=tmp_path / "home", public=tmp_path / "public", data=data, sql=sql)


@pytest.fixture
def bench(installation: Settings) -> Iterator[Workbench]:
    opened = Workbench(installation, "stamp-1", CATALOGUE)
    yield opened
    opened.close()


def asked(bench: Workbench, sql: str) -> list[tuple[object, ...]]:
    with bench.reader() as connection:
        return connection.execute(sql).fetchall()


def written(directory: Path, name: str, text: str) -> Path:
    path = directory / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


PAST_STAGING = {"demographics": {"raw_demographics", "raw_population_types"}}
"""Marts whose source is too large to be a table of the file: it is published country by country only."""


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
        elif model.layer == "marts":
            assert model.reads == model.reads_models, f"{model.name} reads a source past staging"
        elif model.name not in ("figures", "figures_superseded"):  # the figures_history that stand, and the others
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


def test_a_model_gets_the_columns_types_and_order_of_the_catalogue(bench: Workbench, installation: Settings) -> None:
    models = read_models(installation.sql)
    assert bench.make(models["totals"]) == 2
    assert bench.make(models["doubled"]) == 2
    described = asked(bench, "describe doubled")
    assert [row[0] for row in described] == ["country", "people"]
    assert described[0][1].startswith("ENUM('AFG', 'NAM', 'UNK')")
    assert described[1][1] == "BIGINT"
    assert asked(bench, "from doubled") == [("AFG", None), ("NAM", 14)]


def test_a_model_is_kept_as_parquet_with_the_stamp_of_its_inputs(bench: Workbench, installation: Settings) -> None:
    bench.make(read_models(installation.sql)["totals"])
    path = installation.models / "totals.parquet"
    stamp = duckdb.execute(f"select key, value from parquet_kv_metadata('{path}')").fetchall()
    assert (STAMP_KEY.encode(), b"stamp-1") in stamp
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["totals.parquet"]


def test_a_model_can_be_made_alone_in_another_process_from_the_parquet_of_those_before(
    bench: Workbench, installation: Settings
) -> None:
    models = read_models(installation.sql)
    bench.make(models["totals"])
    another = Workbench(installation, "stamp-1", CATALOGUE)
    another.make(models["doubled"])
    assert asked(another, "select people from doubled where country = 'NAM'") == [(14,)]


def test_text_of_a_source_stays_what_it_is(bench: Workbench) -> None:
    # Namibia's iso2 is the text NA, and Afghanistan's m49 begins with zeros.
    bench.provide(["raw_countries"])
    found = asked(bench, "select iso2, m49 from raw_countries order by iso3")
    assert found == [("AF", "004"), ("NA", "516"), (None, None)]


def test_a_code_that_is_in_no_list_stops_the_model_and_names_it(bench: Workbench, installation: Settings) -> None:
    (installation.data / "counts.csv").write_text("country,people\nGFR,1\n")
    with pytest.raises(DisplacementError, match=r"totals\.sql failed: .*GFR"):
        bench.make(read_models(installation.sql)["totals"])
    assert not bench.model_path("totals").exists()


def test_sql_that_fails_names_the_model_and_says_what_the_database_says(
    bench: Workbench, installation: Settings
) -> None:
    written(installation.sql / "marts", "totals", "select country, persons as people from raw_counts")
    read_models.cache_clear()
    with pytest.raises(DisplacementError, match=r'The model .*totals\.sql failed: .*"persons" not found'):
        bench.make(read_models(installation.sql)["totals"])


def test_a_model_without_a_description_says_which_file_to_add(bench: Workbench, installation: Settings) -> None:
    model = Model("loose", "marts", installation.sql / "marts/loose.sql", "select 1 as a from raw_counts", "", ())
    with pytest.raises(DisplacementError, match=r"catalogue/tables/loose\.toml"):
        bench.make(model)


def test_a_source_without_a_file_is_named(bench: Workbench) -> None:
    with pytest.raises(DisplacementError, match="The source raw_nothing has no file"):
        bench.provide(["raw_nothing"])


def test_a_model_that_was_never_made_is_named(bench: Workbench) -> None:
    with pytest.raises(DisplacementError, match=r"The model totals failed: .*totals\.parquet"):
        bench.provide(["totals"])


def test_a_directory_with_a_quote_in_its_name_can_be_worked_in(installation: Settings, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "it's", installation.public, installation.data, installation.sql)
    assert Workbench(settings, "stamp", CATALOGUE).make(read_models(settings.sql)["totals"]) == 2


@pytest.mark.parametrize("begun", [False, True])
def test_work_begun_ahead_gives_what_work_in_turn_gives(bench: Workbench, installation: Settings, begun: bool) -> None:
    models = read_models(installation.sql)
    if begun:
        bench.begin(models.values())
    assert [bench.make(model) for model in models.values()] == [2, 2]
    assert bench.csv("doubled").read_text() == "country,people\nAFG,\nNAM,14\n"
    bench.close()
    assert sorted(path.name for path in installation.models.iterdir()) == [
        "doubled.csv",
        "doubled.parquet",
        "totals.parquet",
    ]


def test_nothing_made_ahead_is_kept_unless_it_is_asked_for(bench: Workbench, installation: Settings) -> None:
    models = read_models(installation.sql)
    bench.begin(models.values())
    bench.make(models["totals"])
    bench.close()
    assert [path.name for path in installation.models.iterdir()] == ["totals.parquet"]


def test_work_that_failed_ahead_fails_with_its_own_sentence_where_it_is_asked_for(
    bench: Workbench, installation: Settings
) -> None:
    (installation.data / "counts.csv").write_text("country,people\nGFR,1\n")
    models = read_models(installation.sql)
    bench.begin(models.values())
    with pytest.raises(DisplacementError, match=r"totals\.sql failed: .*GFR"):
        bench.make(models["totals"])


def test_a_model_after_one_that_failed_ahead_is_not_made_from_an_older_table(
    bench: Workbench, installation: Settings
) -> None:
    models = read_models(installation.sql)
    older = Workbench(installation, "stamp-0", CATALOGUE)
    older.make(models["totals"])
    older.close()
    (installation.data / "counts.csv").write_text("country,people\nGFR,1\n")
    bench.begin(models.values())
    assert bench._pool is not None
    bench._pool.shutdown(wait=True)
    (installation.data / "counts.csv").write_text("country,people\nAFG,5\n")  # as if the first failure had passed
    bench.make(models["totals"])
    bench.make(models["doubled"])
    assert asked(bench, "from doubled") == [("AFG", 10)]


def test_a_table_begun_ahead_is_waited_for_and_never_overtaken(bench: Workbench, installation: Settings) -> None:
    """Overtaken, the next model in the background could read the table of the build before from its file."""
    models = read_models(installation.sql)
    free = Event()
    bench.submit(lambda _: free.wait(10), None)
    bench.begin(models.values())
    Timer(0.3, free.set).start()
    assert bench.prepare(models["totals"]), "the table is the one that was made in the background"
    assert bench.prepare(models["doubled"])


def test_csv_files_not_begun_yet_are_written_at_once_and_leave_the_tables_as_begun(
    bench: Workbench, installation: Settings
) -> None:
    """The file was written a second time when one CSV file had been written out of turn."""
    models = read_models(installation.sql)
    free = Event()
    bench.begin(models.values())
    for model in models.values():
        bench.make(model)
    bench.submit(lambda _: free.wait(10), None)
    bench.begin_csv(models)
    bench.csv("totals")
    free.set()
    assert bench.is_as_begun


def test_work_beside_comes_after_what_was_begun_before_it_and_holds_up_nothing_after_it(
    bench: Workbench, installation: Settings
) -> None:
    models = read_models(installation.sql)
    free = Event()
    bench.begin(models.values())
    beside = bench.submit_beside(lambda _: free.wait(10) and asked(bench, "from doubled order by country"), None)
    bench.begin_csv(models)
    for model in models.values():
        bench.make(model)
    assert bench.csv("doubled").exists()
    free.set()
    assert beside.result(10) == [("AFG", None), ("NAM", 14)]


def test_work_beside_is_not_done_after_a_failure(bench: Workbench, installation: Settings) -> None:
    (installation.data / "counts.csv").write_text("country,people\nGFR,1\n")
    bench.begin(read_models(installation.sql).values())
    beside = bench.submit_beside(lambda _: "done", None)
    with pytest.raises(DisplacementError, match="Work before this failed"):
        beside.result(10)


def test_stopping_ends_work_beside_that_waits(bench: Workbench) -> None:
    free = Event()
    bench.submit(lambda _: free.wait(10), None)
    done: list[str] = []
    bench.submit_beside(lambda _: done.append("done"), None)
    Timer(0.2, free.set).start()
    bench.stop()
    assert done == []


def test_a_full_disk_is_told_apart_from_an_error_in_the_sql() -> None:
    full = model_error("The model x", duckdb.IOException(f"Could not write: {errno.ENOSPC} No space left on device"))
    assert str(full).startswith("The disk is full: The model x could not be written.")
    assert "what was published before is untouched" in str(full)
    assert str(model_error("The model x", duckdb.Error("oh"))) == "The model x failed: oh"


def test_the_select_of_a_table_can_be_left_unsorted() -> None:
    described = CATALOGUE.tables["totals"]
    assert "order by" not in typed_select(described, "from x", ordered=False)
    assert typed_select(described, "from x").endswith("order by country")
