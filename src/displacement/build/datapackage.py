"""`datapackage.json`: what the downloads of a build are, for programs (Frictionless Data Package, version 2).

Each table is a resource with its schema: types, constraints, keys, HXL tags and usage warnings as properties of fields.
The Parquet file of a table is beside its CSV as a property, since it holds the same rows; readers of packages open
every resource that is a table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from displacement.build.manifest import FILE_NAME, Identity
from displacement.catalogue import Catalogue, Column, Publisher, Table, load_catalogue
from displacement.catalogue.words import column_comment
from displacement.storage.files import checksums, write_text

NAME = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
TITLE = "Forced displacement: the figures of UNHCR, UNRWA and IDMC, release by release"
ABOUT = (
    "Figures on forced displacement with the releases in which each was current, the totals, corridors, rankings and "
    "other tables computed from them, and the checks they passed. None of the publishers endorses this package."
)
TYPES = {
    "bigint": "integer",
    "boolean": "boolean",
    "date": "date",
    "double": "number",
    "integer": "integer",
    "smallint": "integer",
    "timestamp": "datetime",
    "varchar": "string",
}
"""The types of the catalogue as a schema names them."""


def write(directory: Path, identity: Identity) -> Path:
    """Write the description of a build's downloads into its directory, where they lie already; return the file."""
    path = directory / NAME
    write_text(path, json.dumps(describe(directory, identity), ensure_ascii=False, indent=1) + "\n")
    return path


def describe(directory: Path, identity: Identity) -> dict[str, Any]:
    """Return the description of the downloads in the directory of a build."""
    catalogue = load_catalogue()
    data = (
        directory / f"data/{file}" for one in catalogue.tables.values() for file in (one.csv, f"{one.name}.parquet")
    )
    sums = checksums([*data, directory / FILE_NAME])
    return {
        "$schema": PROFILE,
        "name": "displacement",
        "title": TITLE,
        "description": ABOUT,
        "version": identity.displacement_version,
        "created": f"{identity.built_at.replace(' ', 'T')}Z",
        "keywords": ["asylum", "forced displacement", "internally displaced people", "refugees", "statistics", "UNHCR"],
        "contributors": [{"title": "The displacement developers", "roles": ["wrangler"]}]
        + [{"title": one.title, "roles": ["creator"]} for one in catalogue.publishers.values() if one.path],
        "licenses": _distinct(_licence(one) for one in catalogue.publishers.values()),
        "sources": [_source(one) for one in catalogue.publishers.values() if one.path],
        "build": identity.build_id,
        "newestRelease": identity.newest_release,
        "heldBack": identity.held_back,
        "usageWarnings": {one.code: f"{one.rule} {one.why}" for one in catalogue.warnings.values()},
        "resources": [
            *(_resource(catalogue, table, directory, sums) for table in catalogue.tables.values()),
            _file(directory, sums),
        ],
    }


def _resource(catalogue: Catalogue, table: Table, directory: Path, sums: Mapping[Path, str]) -> dict[str, Any]:
    publishers = [catalogue.publishers[code] for code in table.publishers]
    return {
        "name": table.name,
        "type": "table",
        "title": table.title,
        "description": table.row,
        "path": f"data/{table.csv}",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **({"compression": "gz"} if table.gzipped else {}),
        **_sealed(directory / f"data/{table.csv}", sums),
        "licenses": _distinct(_licence(one) for one in publishers),
        "sources": [_source(one) for one in publishers],
        "parquet": {"path": f"data/{table.name}.parquet", **_sealed(directory / f"data/{table.name}.parquet", sums)},
        "schema": _schema(catalogue, table),
    }


def _file(directory: Path, sums: Mapping[Path, str]) -> dict[str, Any]:
    return {
        "name": "displacement-duckdb",
        "title": "Every table and macro in one DuckDB file",
        "description": "Opened by DuckDB 1.4.3 and newer; each table and column has a comment.",
        "path": FILE_NAME,
        "format": "duckdb",
        "mediatype": "application/vnd.duckdb",
        **_sealed(directory / FILE_NAME, sums),
    }


def _sealed(path: Path, sums: Mapping[Path, str]) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "hash": f"sha256:{sums[path]}"}


def _schema(catalogue: Catalogue, table: Table) -> dict[str, Any]:
    return {
        "fields": [_field(catalogue, table, column) for column in table.columns],
        "primaryKey": list(table.key),
        "foreignKeys": [_foreign_key(column) for column in table.columns if column.references],
    }


def _field(catalogue: Catalogue, table: Table, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": TYPES[column.type],
        "description": column_comment(catalogue, column),
    }
    if column.type == "timestamp":
        field["format"] = "any"
    field |= {"constraints": _constraints(table, column)}
    if meanings := catalogue.codes_of(column):
        field["categories"] = [{"value": value, "label": meaning} for value, meaning in meanings.items()]
    properties = {"unit": column.unit, "kind": column.kind, "hxl": column.hxl, "usageWarnings": list(column.warnings)}
    return field | {name: value for name, value in properties.items() if value}


def _constraints(table: Table, column: Column) -> dict[str, Any]:
    found = {
        "required": not column.nullable or None,
        "unique": table.key == (column.name,) or None,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "enum": list(column.values) or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _foreign_key(column: Column) -> dict[str, Any]:
    table, _, field = str(column.references).partition(".")
    return {"fields": [column.name], "reference": {"resource": table, "fields": [field]}}


def _licence(publisher: Publisher) -> dict[str, str]:
    return {"name": publisher.licence, "title": publisher.licence_title, "path": publisher.licence_path}


def _source(publisher: Publisher) -> dict[str, str]:
    return {"title": publisher.title} | ({"path": publisher.path} if publisher.path else {})


def _distinct(described: Any) -> list[dict[str, str]]:
    return list({json.dumps(one): one for one in described}.values())
