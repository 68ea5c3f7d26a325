"""The build people see: the finished file, downloads, charts, changes, pages, and the switch."""

import json
from dataclasses import asdict

from dagster import MaterializeResult, MetadataValue, asset

from displacement import quality
from displacement.build import (
    anomalies,
    builds,
    changes,
    datapackage,
    downloads,
    publish,
    readmes,
    static_api,
    warehouse,
)
from displacement.build.manifest import FILE_NAME
from displacement.catalogue import load_catalogue
from displacement.ledger import holds
from pipelines.assets import OWNERS
from pipelines.resources import Installation
from pipelines.running import ODD

PUBLICATION = "publication"


@asset(
    name="warehouse",
    deps=["quality_results"],
    group_name=PUBLICATION,
    description=f"{FILE_NAME}: every table with its comments, and the macros; finished and compared with its "
    "description.",
    kinds={"duckdb"},
    owners=OWNERS,
)
def finished_file(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
    """Close the file and verify it."""
    state = installation.state
    path = state.writing().path
    state.close()
    counts = warehouse.verify(path)
    return MaterializeResult(
        metadata={
            "path": MetadataValue.path(str(path)),
            "bytes": path.stat().st_size,
            "tables": len(counts),
            "rows": sum(counts.values()),
        }
    )


@asset(
    name="downloads",
    deps=["warehouse"],
    group_name=PUBLICATION,
    description="Every table as CSV and Parquet.",
    kinds={"csv", "parquet"},
    owners=OWNERS,
)
def every_download(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
    """Write every table from the file."""
    state = installation.state
    files = downloads.write(state.reading(), load_catalogue().tables, state.directory / "data")
    return MaterializeResult(metadata={"files": len(files), "bytes": sum(path.stat().st_size for path in files)})


@asset(
    name="datapackage",
    deps=["downloads"],
    group_name=PUBLICATION,
    description="datapackage.json (Frictionless), and a README beside each CSV: what the downloads are.",
    kinds={"json", "markdown"},
    owners=OWNERS,
)
def described_downloads(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
    """Describe the downloads."""
    build = installation.state.build
    written = readmes.write(build.directory / "data", build.identity, installation.state.settings)
    path = datapackage.write(build.directory, build.identity)
    return MaterializeResult(metadata={"path": MetadataValue.path(str(path)), "readmes": len(written)})


@asset(
    name="charts",
    deps=["warehouse"],
    group_name=PUBLICATION,
    description="Every chart as CSV; as SVG and PNG too where a browser is found, as a page where no site is made.",
    kinds={"plotly"},
    owners=OWNERS,
)
def every_chart(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
    """Draw every chart from the file."""
    from displacement.charts import browser, export

    state = installation.state
    directory = state.directory / "charts"
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


@asset(
    deps=["warehouse"],
    group_name=PUBLICATION,
    description="The quality report, to be read offline.",
    kinds={"html"},
    owners=OWNERS,
)
def quality_report(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
    """Write the report of every rule and check."""
    state = installation.state
    results = quality.newest_results(state.settings)
    aside = [asdict(each) for each in holds.in_quarantine(state.settings)]
    path = quality.write_report(results, state.directory / "quality", asdict(state.build.identity), aside)
    return MaterializeResult(metadata={"rules": len(results), "path": MetadataValue.path(str(path))})


@asset(
    name="changes",
    deps=["warehouse"],
    group_name=PUBLICATION,
    description=f"{changes.FILE_NAME}: what changed in the figures since the build before, in plain sentences.",
    kinds={"markdown"},
    owners=OWNERS,
)
def told_changes(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
    """Compare the figures with those of the published build; stop where an odd one moves the headline too far."""
    state = installation.state
    connection = state.reading().connection
    before = changes.before(connection, builds.published(state.settings))
    path = changes.write(connection, before, state.settings.sql, state.directory, state.build.build_id)
    odd = anomalies.in_short(anomalies.sentences(connection, state.settings.sql))
    anomalies.require_expected(connection, state.settings)
    return MaterializeResult(
        metadata={"changes": MetadataValue.md(path.read_text(encoding="utf-8")), ODD: MetadataValue.text(odd)}
    )


@asset(
    deps=["charts", "quality_report", "downloads", "changes"],
    group_name=PUBLICATION,
    description="Every page in every language; without a site one page that lists what is there.",
    kinds={"html"},
    owners=OWNERS,
)
def site(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
    """Write the pages from the file."""
    from displacement.site import write_brief, write_site

    state = installation.state
    connection, directory = state.reading().connection, state.directory
    settings = state.settings
    if state.site:
        sql = settings.sql if settings.site_sql else None
        made = write_site(connection, directory, address=settings.site_url, sql=sql)
    else:
        made = write_brief(connection, directory)
    return MaterializeResult(metadata={"path": MetadataValue.path(str(directory / "index.html")), **made})


@asset(
    name="api",
    deps=["datapackage", "charts"],
    group_name=PUBLICATION,
    description=f"{static_api.PLACE}: tables, charts and countries as JSON, for programs.",
    kinds={"json"},
    owners=OWNERS,
)
def static_files(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
    """Write what programs read without opening a table."""
    from displacement.charts import export

    state = installation.state
    package = json.loads((state.directory / datapackage.NAME).read_text(encoding="utf-8"))
    charts = export.listed(state.charts, state.directory / "charts")
    written = static_api.write(state.reading().connection, state.directory, state.build.identity, package, charts)
    return MaterializeResult(metadata={"files": len(written)})


@asset(
    deps=["site", "datapackage", "api"],
    group_name=PUBLICATION,
    description="The build, whole and switched to: what `public` leads to.",
    owners=OWNERS,
)
def publication(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
    """Refuse what was not checked or fails; else finish the build and switch to it."""
    state = installation.state
    quality.require_complete(state.settings)
    quality.require_sound(quality.newest_results(state.settings), state.settings.quarantine)
    state.close()
    warehouse.verify(state.build.directory / FILE_NAME)
    build = builds.finish(state.settings, state.build)
    publish.publish(state.settings, build, take_over=state.take_over)
    return MaterializeResult(
        metadata={
            "build_id": build.build_id,
            "files": len(build.files),
            "public": MetadataValue.path(str(state.settings.public)),
        }
    )


BUILD_ASSETS = [
    finished_file,
    every_download,
    described_downloads,
    every_chart,
    quality_report,
    told_changes,
    site,
    static_files,
    publication,
]
