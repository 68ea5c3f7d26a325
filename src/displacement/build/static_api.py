"""`api/v1/`: what a build holds as JSON files for programs, with names that stay and no server behind them.

`index.json` lists everything with sizes and checksums, `openapi.json` describes the files. A change that breaks a
reader goes into a new version of the path.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.build.manifest import Identity
from displacement.catalogue import load_catalogue
from displacement.storage.duck import rows
from displacement.storage.files import write_text

if TYPE_CHECKING:
    import duckdb

PLACE = "api/v1"
MEASURES = (
    "refugees",
    "unrwa_refugees",
    "asylum_seekers",
    "oip",
    "refugees_and_oip",
    "displaced_across",
    "idmc_idps",
    "forcibly_displaced",
    "stateless",
)
CORRIDORS = 10
"""Largest corridors of a country on each side."""

PATHS = {
    "index.json": "Everything there is: tables, charts, countries, with sizes and checksums.",
    "latest.json": "The newest published total, the newest release, and the build.",
    "charts.json": "Each chart with its title, the tables it reads and its files.",
    "tables/{table}.json": "A table: its columns with types, units and warnings, its files with sizes and checksums.",
    "countries/{iso3}.json": "A country: its year-ends as origin and as asylum, its largest corridors, whose figures.",
}


def write(
    connection: duckdb.DuckDBPyConnection,
    directory: Path,
    identity: Identity,
    package: Mapping[str, Any],
    charts: Sequence[Mapping[str, Any]],
) -> list[Path]:
    """Write the files into the directory of a build and return them.

    Args:
        connection: to the file of the build.
        directory: of the build.
        identity: which build it is.
        package: the description of the downloads, as in `datapackage.json`.
        charts: each chart: `chart`, `title`, `tables`, `files`.

    Raises:
        DisplacementError: a file cannot be written.
    """
    cited = {
        "release": identity.newest_release,
        "build": identity.build_id,
        "held_back": identity.held_back,
        "sources": package["sources"],
        "licenses": package["licenses"],
    }
    resources = {str(one["name"]): one for one in package["resources"]}
    countries = _countries(connection)
    documents = {
        "latest.json": {**_headline(connection), **cited, "identity": asdict(identity)},
        "charts.json": {"charts": list(charts), **cited},
        **{f"tables/{name}.json": {**one, **cited} for name, one in resources.items() if "schema" in one},
        **{f"countries/{one['country']}.json": {**one, **cited} for one in countries},
        "openapi.json": _openapi(identity),
    }
    documents["index.json"] = {
        **cited,
        "files": [_file(one) for one in resources.values()],
        "tables": [f"tables/{name}.json" for name, one in resources.items() if "schema" in one],
        "countries": [{"path": f"countries/{one['country']}.json", "name": one["name"]} for one in countries],
        "documents": ["latest.json", "charts.json", "openapi.json"],
    }
    return [_write(directory / PLACE / name, document) for name, document in documents.items()]


def _write(path: Path, document: Mapping[str, Any]) -> Path:
    write_text(path, json.dumps(document, ensure_ascii=False, default=str) + "\n")
    return path


def _file(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: resource[key] for key in ("name", "title", "path", "format", "bytes", "hash")}


def _headline(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return the newest published total of a year-end, with whose words it rests on."""
    [found] = rows(
        connection,
        """
        select
            headlines.reference_date, headlines.title, headlines.standing, headlines.evidence, headlines.url,
            global_totals.published_total, global_totals.published_yearly_change
        from headlines inner join global_totals on headlines.reference_date = global_totals.reference_date
        where headlines.period = 'year-end'
        order by headlines.reference_date desc
        limit 1
        """,
    )
    return {"headline": {**found, "unit": "persons"}}


def _countries(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return each country that has figures: its year-ends by role, and its largest corridors of the newest year-end."""
    described = {column.name: column for column in load_catalogue().tables["country_totals"].columns}
    units = {name: described[name].unit for name in MEASURES}
    totals = rows(
        connection,
        f"""
        select country, country_name as name, role, reference_date, {", ".join(MEASURES)}
        from country_totals where period = 'year-end'
        order by country, role, reference_date
        """,
    )
    found: dict[str, dict[str, Any]] = {}
    for row in totals:
        country = found.setdefault(
            row["country"], {"country": row["country"], "name": row["name"], "units": units, "origin": [], "asylum": []}
        )
        kept = {name: row[name] for name in MEASURES if row[name] is not None}
        country[row["role"]].append({"reference_date": row["reference_date"], **kept})
    for side, other in (("origin", "asylum"), ("asylum", "origin")):
        for row in _largest(connection, side, other):
            found[row.pop("country")].setdefault(f"largest_as_{side}", []).append(row)
    return list(found.values())


def _largest(connection: duckdb.DuckDBPyConnection, side: str, other: str) -> Iterable[dict[str, Any]]:
    return rows(
        connection,
        f"""
        select
            {side} as country, {other}, {other}_name, reference_date, refugees, asylum_seekers, oip, displaced_across
        from corridors
        where
            reference_date = (select max(reference_date) from corridors where period = 'year-end')
            and rank_in_{side} <= {CORRIDORS}
        order by {side}, rank_in_{side}
        """,
    )


def _openapi(identity: Identity) -> dict[str, Any]:
    """Return the OpenAPI description of the files."""
    answer = {"200": {"description": "JSON", "content": {"application/json": {"schema": {"type": "object"}}}}}
    paths: dict[str, Any] = {}
    for name, summary in PATHS.items():
        parameters = [
            {"name": part, "in": "path", "required": True, "schema": {"type": "string"}}
            for part in ("table", "iso3")
            if f"{{{part}}}" in name
        ]
        paths[f"/{name}"] = {"get": {"summary": summary, "parameters": parameters, "responses": answer}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "displacement", "version": "1", "description": f"Files of build {identity.build_id}."},
        "servers": [{"url": "."}],
        "paths": paths,
    }
