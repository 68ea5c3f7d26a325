"""One stage of a build, or its floor, in a process of its own: `by_stage NAME`. Prints its seconds as JSON.

The models, records and file are those of the published build. Imports are done before the clock starts, but
for the stage that is about them.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.settings import Settings

if TYPE_CHECKING:
    from displacement.quality import Result

Stage = Callable[[Settings, Path], Callable[[], Any]]
"""Takes the settings and an empty directory, prepares, and returns the work that is timed."""

LOADED = ("countries", "indicators", "releases", "release_datasets", "denominators", "figures_history", "figures")


def imports(settings: Settings, place: Path) -> Callable[[], Any]:
    """Import what a build imports."""

    def work() -> None:
        import great_expectations.expectations

        import pipelines.definitions

        assert great_expectations and pipelines.definitions

    return work


def imports_floor(settings: Settings, place: Path) -> Callable[[], Any]:
    """Import the four libraries it rests on."""

    def work() -> None:
        import dagster
        import great_expectations.expectations
        import pandas
        import plotly

        assert dagster and great_expectations and pandas and plotly

    return work


def load(settings: Settings, place: Path) -> Callable[[], Any]:
    """Make the tables of staging that hold the sources, in order, in the file."""
    from displacement.build.models import read_models
    from displacement.build.warehouse import Warehouse

    own = Settings(home=place, public=place / "public")
    models = read_models(own.sql)

    def work() -> None:
        warehouse = Warehouse(own, place / "made.duckdb")
        for name in LOADED:
            warehouse.make(models[name])
        warehouse.close()

    return work


def load_floor(settings: Settings, place: Path) -> Callable[[], Any]:
    """Read the same files with DuckDB and write them in order as Parquet."""
    import duckdb

    data = settings.data
    order = "indicator, reference_date, origin, asylum, published_in"
    wanted = {"figures_history": "", "figures": "where superseded_in is null"}

    def work() -> None:
        with duckdb.connect() as connection:
            for name in LOADED[:4]:
                connection.execute(f"copy (from read_csv('{data / name}.csv')) to '{place / name}.parquet'")
            connection.execute(f"copy (from '{data / 'denominators.parquet'}') to '{place / 'denominators.parquet'}'")
            for name, chosen in wanted.items():
                rows = f"from '{data / 'figures.parquet'}' {chosen} order by {order}"
                connection.execute(f"create table {name} as {rows}")
                connection.execute(f"copy {name} to '{place / name}.parquet' (format parquet, compression zstd)")

    return work


def validate(settings: Settings, place: Path) -> Callable[[], Any]:
    """Check the ledger and every table with their rules."""
    import great_expectations.expectations

    assert great_expectations
    return lambda: sum(each.passed for each in checked(settings))


def validate_floor(settings: Settings, place: Path) -> Callable[[], Any]:
    """Check the same rows with the same rules by DuckDB alone."""
    from displacement import quality

    quality.LARGE = -1
    return lambda: sum(each.passed for each in checked(settings))


def checked(settings: Settings) -> list[Result]:
    """Return the results of all rules, of the published file."""
    from displacement import quality
    from displacement.build.warehouse import Warehouse, sources
    from displacement.catalogue import load_catalogue

    names = ("raw_figures", "raw_indicators", "raw_countries", "raw_releases", "raw_release_datasets")
    with sources(settings, names) as connection:
        results = quality.check_ledger(connection, settings)
    warehouse = Warehouse(settings, settings.public / "displacement.duckdb", read_only=True)
    for table in load_catalogue().tables.values():
        if not table.checked_by:
            results += quality.check_table(warehouse.connection, table, settings)
    return results


def downloads(settings: Settings, place: Path) -> Callable[[], Any]:
    """Write every table of the file as CSV and Parquet."""
    from displacement.build import downloads as writer
    from displacement.build.warehouse import Warehouse
    from displacement.catalogue import load_catalogue

    warehouse = Warehouse(settings, settings.public / "displacement.duckdb", read_only=True)
    return lambda: len(writer.write(warehouse, load_catalogue().tables, place)) // 2


def downloads_floor(settings: Settings, place: Path) -> Callable[[], Any]:
    """Write the same tables one after the other."""
    import duckdb

    from displacement.catalogue import load_catalogue

    names = tuple(load_catalogue().tables)

    def work() -> int:
        with duckdb.connect(str(settings.public / "displacement.duckdb"), read_only=True) as connection:
            for name in names:
                connection.execute(f"copy {name} to '{place / name}.csv'")
                connection.execute(f"copy {name} to '{place / name}.parquet' (compression zstd)")
        return len(names)

    return work


def charts(settings: Settings, place: Path) -> Callable[[], Any]:
    """Draw every chart from the file, and write its page and its CSV."""
    import duckdb
    import plotly.graph_objects

    from displacement.charts import draw_all, export

    assert plotly.graph_objects

    def work() -> int:
        with duckdb.connect(str(settings.public / "displacement.duckdb"), read_only=True) as connection:
            drawn = draw_all(connection)
        for chart in drawn:
            export.write_csv(chart, place)
        export.write_pages(drawn, place)
        return len(drawn)

    return work


def charts_floor(settings: Settings, place: Path) -> Callable[[], Any]:
    """Write the pages of charts that are drawn, with Plotly's own writer."""
    import duckdb
    from plotly.graph_objects import Figure

    from displacement.charts import draw_all
    from displacement.charts.picture import picture

    with duckdb.connect(str(settings.public / "displacement.duckdb"), read_only=True) as connection:
        drawn = draw_all(connection)

    def work() -> int:
        for chart in drawn:
            Figure(picture(chart)).write_html(place / f"{chart.name}.html", include_plotlyjs="directory")
        return len(drawn)

    return work


def pictures(settings: Settings, place: Path) -> Callable[[], Any]:
    """Make SVG and PNG of every chart with the browser."""
    import duckdb

    from displacement.charts import draw_all, export
    from displacement.charts.browser import find_browser

    browser = find_browser()
    with duckdb.connect(str(settings.public / "displacement.duckdb"), read_only=True) as connection:
        drawn = draw_all(connection)

    def work() -> int:
        assert browser
        export.write_pictures(drawn, place, browser)
        return 2 * len(drawn)

    return work


def pictures_floor(settings: Settings, place: Path) -> Callable[[], Any]:
    """Make the same pictures with Kaleido's own call for many figures."""
    import duckdb
    import kaleido

    from displacement.charts import draw_all
    from displacement.charts.browser import find_browser
    from displacement.charts.picture import picture

    os.environ["BROWSER_PATH"] = str(find_browser())

    with duckdb.connect(str(settings.public / "displacement.duckdb"), read_only=True) as connection:
        figures = [(chart.name, picture(chart)) for chart in draw_all(connection)]
    asked = [
        {"fig": figure, "path": str(place / f"{name}.{form}"), "opts": {"format": form}}
        for name, figure in figures
        for form in ("svg", "png")
    ]

    def work() -> int:
        kaleido.write_fig_from_object_sync(asked)
        return len(asked)

    return work


STAGES: dict[str, Stage] = {
    "imports": imports,
    "imports-floor": imports_floor,
    "load": load,
    "load-floor": load_floor,
    "validate": validate,
    "validate-floor": validate_floor,
    "downloads": downloads,
    "downloads-floor": downloads_floor,
    "charts": charts,
    "charts-floor": charts_floor,
    "pictures": pictures,
    "pictures-floor": pictures_floor,
}


def main() -> None:
    """Run the stage that is named."""
    with tempfile.TemporaryDirectory(prefix="displacement-stage-") as place:
        work = STAGES[sys.argv[1]](Settings.from_environment(), Path(place))
        clock, processor = time.perf_counter(), sum(os.times()[:4])
        result = work()
        took = {"seconds": time.perf_counter() - clock, "cpu": sum(os.times()[:4]) - processor}
    print(json.dumps(took | {"result": result or 0}))


if __name__ == "__main__":
    main()
