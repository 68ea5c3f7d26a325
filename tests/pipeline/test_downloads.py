"""What lies beside the downloads of a build: a package description that the tool of its makers accepts, and READMEs."""

from __future__ import annotations

import csv
import gzip
import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from displacement.build import datapackage, readmes
from displacement.catalogue import load_catalogue
from displacement.storage.files import sha256_of
from tests.conftest import Built

CATALOGUE = load_catalogue()
LARGE = 2_000_000
"""Bytes above which the rows of a CSV are tried from its beginning only: the tool reads ten thousand a second."""


@pytest.fixture(scope="module")
def package(built: Built) -> dict[str, Any]:
    described: dict[str, Any] = json.loads((built.public / datapackage.NAME).read_text(encoding="utf-8"))
    return described


@pytest.fixture(scope="module")
def resources(package: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {resource["name"]: resource for resource in package["resources"]}


# --- datapackage.json -------------------------------------------------------------------------------------------------


def test_the_frictionless_tool_accepts_the_package_and_the_rows_of_every_table(built: Built, tmp_path: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    package = frictionless.Package(str(built.public / datapackage.NAME))
    assert package.to_descriptor()["$schema"] == datapackage.PROFILE
    for resource in package.resources:
        if resource.compression == "gz":  # the tool leaves a packed file open that it does not read to its end
            with gzip.open(built.public / resource.path, "rt", encoding="utf-8") as stream:
                (tmp_path / "first.csv").write_text("".join(islice(stream, 1000)), encoding="utf-8")
            schema = resource.schema.to_descriptor() | {"foreignKeys": []}
            first = {"name": resource.name, "type": "table", "path": "first.csv", "schema": schema}
            assert frictionless.Resource(first, basepath=str(tmp_path)).validate().valid, resource.name
            continue
        rows = {"limit_rows": 1000} if resource.bytes > LARGE and resource.type == "table" else {}
        report = resource.validate(**rows)
        assert report.valid, (resource.name, report.flatten(["rowNumber", "fieldName", "message"])[:5])


@pytest.mark.parametrize(
    ("column", "value", "type_of_error"),
    [("year", "soon", "type-error"), ("role", "host", "constraint-error"), ("country", "GFR", "foreign-key")],
)
def test_the_frictionless_tool_finds_what_the_schema_forbids(
    built: Built, package: dict[str, Any], tmp_path: Path, column: str, value: str, type_of_error: str
) -> None:
    frictionless = pytest.importorskip("frictionless")
    with (built.public / "data/country_totals.csv").open(encoding="utf-8", newline="") as stream:
        names, row = next(csv.reader(stream)), next(csv.reader(stream))
    row[names.index(column)] = value
    (tmp_path / "data").mkdir()
    (tmp_path / "data/country_totals.csv").write_text(f"{','.join(names)}\n{','.join(row)}\n", encoding="utf-8")
    (tmp_path / "data/countries.csv").write_bytes((built.public / "data/countries.csv").read_bytes())
    kept = [one for one in package["resources"] if one["name"] in ("country_totals", "countries")]
    damaged = [{name: held for name, held in one.items() if name not in ("hash", "bytes")} for one in kept]
    (tmp_path / datapackage.NAME).write_text(json.dumps({**package, "resources": damaged}), encoding="utf-8")
    report = frictionless.validate(str(tmp_path / datapackage.NAME))
    assert type_of_error in {error.type for task in report.tasks for error in task.errors}


def test_the_package_describes_every_table_and_column_in_order(resources: dict[str, dict[str, Any]]) -> None:
    assert list(resources) == [*CATALOGUE.tables, "displacement-duckdb"]
    for name, table in CATALOGUE.tables.items():
        fields = resources[name]["schema"]["fields"]
        assert [field["name"] for field in fields] == list(table.column_names)
        assert resources[name]["schema"]["primaryKey"] == list(table.key)


def test_the_package_gives_the_size_and_checksum_of_every_file(
    built: Built, resources: dict[str, dict[str, Any]]
) -> None:
    files = [one for resource in resources.values() for one in (resource, resource.get("parquet")) if one]
    assert len(files) == 2 * len(CATALOGUE.tables) + 1
    for file in files:
        path = built.public / file["path"]
        assert (file["bytes"], file["hash"]) == (path.stat().st_size, f"sha256:{sha256_of(path)}"), path.name


def test_fields_say_unit_kind_tag_and_warnings(package: dict[str, Any], resources: dict[str, dict[str, Any]]) -> None:
    fields = {field["name"]: field for field in resources["country_totals"]["schema"]["fields"]}
    assert fields["reference_date"]["hxl"] == "#date+reference"
    assert fields["year"]["hxl"] == "#date+year"
    idps = fields["idps"]
    assert (idps["hxl"], idps["unit"], idps["kind"]) == ("#affected+idps", "persons", "stock")
    assert {"never_add_over_years", "never_add_to_idmc_idps"} <= set(idps["usageWarnings"])
    assert set(idps["usageWarnings"]) <= set(package["usageWarnings"])
    assert idps["constraints"] == {"minimum": 1}
    assert fields["role"]["constraints"] == {"required": True, "enum": ["asylum", "origin"]}


def test_foreign_keys_lead_to_the_primary_key_of_another_resource(resources: dict[str, dict[str, Any]]) -> None:
    keys = [(name, key) for name in CATALOGUE.tables for key in resources[name]["schema"]["foreignKeys"]]
    assert ("corridors", "countries") in {(name, key["reference"]["resource"]) for name, key in keys}
    for name, key in keys:
        target = resources[key["reference"]["resource"]]["schema"]
        assert key["reference"]["fields"] == target["primaryKey"], (name, key)


def test_every_table_has_its_licence_and_whoever_publishes_its_figures(
    package: dict[str, Any], resources: dict[str, dict[str, Any]], built: Built
) -> None:
    for name in CATALOGUE.tables:
        assert resources[name]["licenses"][0]["name"] == "CC-BY-4.0"
        assert resources[name]["sources"]
    assert any("IDMC" in licence["title"] for licence in resources["global_totals"]["licenses"])
    assert (package["build"], package["newestRelease"]) == (built.build.build_id, built.build.identity.newest_release)


# --- a README beside each CSV -----------------------------------------------------------------------------------------


def test_a_readme_lies_beside_each_csv_and_no_other(built: Built) -> None:
    beside = {path.name.removesuffix(".README.md") for path in (built.public / "data").glob("*.README.md")}
    files = {path.name.partition(".")[0] for path in (built.public / "data").glob("*.csv*")}
    assert beside == files == set(CATALOGUE.tables)


def test_a_readme_says_what_a_row_is_each_column_the_release_the_licence_and_the_citation(built: Built) -> None:
    for name, table in CATALOGUE.tables.items():
        said = (built.public / f"data/{name}.README.md").read_text(encoding="utf-8")
        assert table.row in said
        for column in table.column_names:
            assert f"\n| `{column}` |" in said, (name, column)
        for expected in (built.build.build_id, built.build.identity.newest_release, "CC BY 4.0", "Cite as: "):
            assert expected in said, (name, expected)


def test_the_readme_of_demographics_named_a_release_it_is_not_of(built: Built) -> None:
    def said(name: str) -> str:
        return (built.public / f"data/{name}.README.md").read_text(encoding="utf-8")

    for name in ("demographics", "demographics_by_corridor"):
        assert "This table is of the release of 2026-06-12." in said(name)
        assert "; release of 2026-06-12; " in said(name)
    assert "No release with its rows was added yet." in said("protection_rates")
    assert "This table is of" not in said("corridors")


def test_a_readme_warns_of_what_its_columns_are_misused_for(built: Built) -> None:
    said = readmes.render(CATALOGUE, CATALOGUE.tables["country_totals"], built.build.identity)
    assert "- **Never add to idmc_idps.** (`idps`)" in said
    assert "Name IDMC wherever it is used." in said
    assert "## Before you use it" not in readmes.render(CATALOGUE, CATALOGUE.tables["lineage"], built.build.identity)


# --- api/v1 -----------------------------------------------------------------------------------------------------------


def test_programs_find_every_file_table_and_country_from_the_index(built: Built) -> None:
    api = built.public / "api/v1"
    index = json.loads((api / "index.json").read_text(encoding="utf-8"))
    for file in index["files"]:
        path = built.public / file["path"]
        assert path.stat().st_size == file["bytes"], file
        assert file["name"] != "global_totals" or f"sha256:{sha256_of(path)}" == file["hash"]
    listed = {*index["tables"], *(one["path"] for one in index["countries"]), *index["documents"], "index.json"}
    assert listed == {str(path.relative_to(api)) for path in api.rglob("*.json")}
    described = json.loads((api / "openapi.json").read_text(encoding="utf-8"))["paths"]
    names = [re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(path[1:])) for path in described]
    assert [name for name in listed - {"openapi.json"} if not any(re.fullmatch(one, name) for one in names)] == []
    for chart in json.loads((api / "charts.json").read_text(encoding="utf-8"))["charts"]:
        assert [file for file in chart["files"] if not (built.public / file).exists()] == []


def test_a_country_for_programs_has_its_figures_and_whose_they_are(built: Built) -> None:
    sudan = json.loads((built.public / "api/v1/countries/SDN.json").read_text(encoding="utf-8"))
    newest = sudan["origin"][-1]
    assert newest["reference_date"] == "2025-12-31" and newest["refugees"] == 2_820_737
    assert "oip" not in newest, "absent is left out, not zero"
    assert sudan["units"]["refugees"] == "persons" and sudan["release"] and sudan["sources"]
    assert sudan["largest_as_origin"][0]["asylum"] == "TCD"
