"""The build people see: checks across tables, the DuckDB file, downloads, charts, changes, pages, and the switch."""

import json
from dataclasses import asdict

from dagster import AssetsDefinition, MaterializeResult, MetadataValue, asset

from displacement import quality
from displacement.build import builds, changes, downloads, warehouse
from displacement.build.builds import Identity
from displacement.catalogue import load_catalogue
from pipelines.assets import OWNERS
from pipelines.assets.models import LAST, RECORDS, SQL_CHECKS
from pipelines.checks import rules_result, rules_spec
from pipelines.resources import Installation, RunState


def build_assets(tables: list[str]) -> list[AssetsDefinition]:
    """Return the assets that make a build from the models and show it.

    Args:
        tables: the names of all tables of the file.
    """
    return [
        _sql_checks(tables),
        _warehouse(tables),
        _downloads(tables),
        _datapackage(),
        _charts(tables),
        _quality_report(),
        _changes(),
        _site(),
        _publication(),
    ]


def _sql_checks(tables: list[str]) -> AssetsDefinition:
    @asset(
        name=SQL_CHECKS,
        deps=[table for table in tables if table not in RECORDS],
        group_name="quality",
        description="The checks across tables (sql/checks): returned rows are failures.",
        kinds={"sql", "duckdb"},
        owners=OWNERS,
        op_tags=LAST,
        check_specs=[rules_spec(SQL_CHECKS)],
    )
    def sql_checks(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        state = installation.state
        results = state.check_sql(table for table in tables if table not in RECORDS)
        quality.vouch(SQL_CHECKS, state.inputs, state.settings)
        return MaterializeResult(check_results=[rules_result(SQL_CHECKS, results)])

    return sql_checks


def _warehouse(tables: list[str]) -> AssetsDefinition:
    @asset(
        name="warehouse",
        deps=tables,
        group_name="publication",
        description=f"{warehouse.FILE_NAME}: every table with its comments, and the macros.",
        kinds={"duckdb"},
        owners=OWNERS,
    )
    def made(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        state = installation.state
        target = state.directory() / warehouse.FILE_NAME
        state.write_file(target)
        counts = warehouse.verify(target, state.settings.models)
        return MaterializeResult(
            metadata={
                "path": MetadataValue.path(str(target)),
                "bytes": target.stat().st_size,
                "tables": len(counts),
                "rows": sum(counts.values()),
            }
        )

    return made


def _downloads(tables: list[str]) -> AssetsDefinition:
    @asset(
        name="downloads",
        deps=tables,
        group_name="publication",
        description="Every table as CSV and Parquet.",
        kinds={"csv", "parquet"},
        owners=OWNERS,
    )
    def made(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        state = installation.state
        files = downloads.write(state.workbench, tuple(load_catalogue().tables), state.directory() / "data")
        return MaterializeResult(metadata={"files": len(files), "bytes": sum(path.stat().st_size for path in files)})

    return made


def _datapackage() -> AssetsDefinition:
    @asset(
        name="datapackage",
        deps=["downloads", "warehouse", "build"],
        group_name="publication",
        description="datapackage.json (Frictionless), and a README beside each CSV: what the downloads are.",
        kinds={"json", "markdown"},
        owners=OWNERS,
    )
    def made(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        from displacement.build import datapackage, readmes

        directory, identity = installation.state.directory(), _identity(installation.state)
        written = readmes.write(directory / "data", identity)
        path = datapackage.write(directory, identity)
        return MaterializeResult(metadata={"path": MetadataValue.path(str(path)), "readmes": len(written)})

    return made


def _charts(tables: list[str]) -> AssetsDefinition:
    @asset(
        name="charts",
        deps=tables,  # not the file: they are drawn while it is being written
        group_name="publication",
        description="Every chart as CSV; as SVG and PNG too where a browser is found, as a page where no site is made.",
        kinds={"plotly"},
        owners=OWNERS,
    )
    def made(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        from displacement.charts import browser, export

        state = installation.state
        directory = state.directory() / "charts"
        chrome = browser.find_browser() if state.pictures else None
        if chrome:
            export.write_pictures(state.charts, directory, chrome)  # first: pages link the pictures that are there
        if state.site:
            for chart in state.charts:
                export.write_csv(chart, directory)  # their pages are made with the others
        else:
            export.write_pages(state.charts, directory)
        return MaterializeResult(
            metadata={
                "charts": len(state.charts),
                "pictures": "made" if chrome else "left out",
                "titles": MetadataValue.md("\n".join(f"- {chart.title}" for chart in state.charts)),
            }
        )

    return made


def _quality_report() -> AssetsDefinition:
    @asset(
        name="quality_report",
        deps=["quality_results", "build"],
        group_name="publication",
        description="The quality report, to be read offline.",
        kinds={"html"},
        owners=OWNERS,
    )
    def made(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        state = installation.state
        results = quality.newest_results(state.settings)
        path = quality.write_report(results, state.directory() / "quality", asdict(_identity(state)))
        return MaterializeResult(metadata={"rules": len(results), "path": MetadataValue.path(str(path))})

    return made


def _changes() -> AssetsDefinition:
    compared = ("figures", "figures_history", "indicators", "countries", "releases", "build")

    @asset(
        name="changes",
        deps=compared,
        group_name="publication",
        description=f"{changes.FILE_NAME}: what changed in the figures since the build before, in plain sentences.",
        kinds={"markdown"},
        owners=OWNERS,
    )
    def made(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        state = installation.state
        state.workbench.provide(compared)
        with state.workbench.reader() as connection:
            before = changes.before(connection, builds.shown(state.settings))
            build_id = _identity(state).build_id
            path = changes.write(connection, before, state.settings.sql, state.directory(), build_id)
        return MaterializeResult(metadata={"changes": MetadataValue.md(path.read_text(encoding="utf-8"))})

    return made


def _site() -> AssetsDefinition:
    @asset(
        name="site",
        deps=["warehouse", "charts", "quality_report", "downloads", "changes"],
        group_name="publication",
        description="Every page in every language; without a site one page that lists what is there.",
        kinds={"html"},
        owners=OWNERS,
    )
    def made(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        import duckdb

        from displacement.site import write_brief, write_site

        state = installation.state
        directory = state.directory()
        with duckdb.connect(str(directory / warehouse.FILE_NAME), read_only=True) as connection:
            made = write_site(connection, directory) if state.site else write_brief(connection, directory)
        return MaterializeResult(metadata={"path": MetadataValue.path(str(directory / "index.html")), **made})

    return made


def _publication() -> AssetsDefinition:
    @asset(
        name="publication",
        deps=["site", "datapackage"],
        group_name="publication",
        description="The build, whole and switched to: what `public` shows.",
        owners=OWNERS,
    )
    def made(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        state = installation.state
        # A run can be asked for some steps only: those left out may have failed, or be of other figures.
        quality.require_of(state.inputs, state.settings)
        quality.require_sound(quality.newest_results(state.settings), state.settings.quarantine)
        build = builds.finish(state.settings, state.directory(), _identity(state))
        builds.show(state.settings, build)
        return MaterializeResult(
            metadata={
                "build_id": build.build_id,
                "files": len(build.files),
                "public": MetadataValue.path(str(state.settings.public)),
            }
        )

    return made


def _identity(state: RunState) -> Identity:
    record = json.loads((state.settings.records / "build.json").read_text(encoding="utf-8"))
    return Identity(**record[0])
