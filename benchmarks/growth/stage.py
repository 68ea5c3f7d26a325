"""One stage of the work on multiplied figures: `stage NAME DATA HOME`. Prints its seconds as JSON.

A process of its own, so that the most memory it held is that of the stage alone.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.by_models import needed
from benchmarks.modelling.rows import MARTS
from displacement.build.builds import FILE_NAME
from displacement.build.models import read_models
from displacement.build.warehouse import Warehouse, sources
from displacement.catalogue import load_catalogue
from displacement.intake.model import DatasetReading, Reading
from displacement.ledger.shipped import read_rows
from displacement.settings import Settings

SOURCES = ("raw_figures", "raw_indicators", "raw_countries", "raw_releases", "raw_release_datasets")


def merge(settings: Settings) -> dict[str, Any]:
    """Add a release that changes one figure in a hundred; reading it is done before the clock starts."""
    from displacement.ledger.add import add

    reading = _release(settings)
    shutil.rmtree(settings.ledger_home, ignore_errors=True)
    return _timed(lambda: {"new": add(settings, reading).is_new})


def models(settings: Settings) -> dict[str, Any]:
    """Make every model, in the file."""
    made = read_models(settings.sql)
    (settings.home / FILE_NAME).unlink(missing_ok=True)

    def work() -> dict[str, Any]:
        warehouse = Warehouse(settings, settings.home / FILE_NAME)
        took = {}
        for model in made.values():
            began = time.perf_counter()
            warehouse.make(model)
            took[model.name] = round(time.perf_counter() - began, 2)
        warehouse.complete()
        warehouse.close()
        return {"slowest": dict(sorted(took.items(), key=lambda each: -each[1])[:5])}

    return _timed(work)


def marts(settings: Settings) -> dict[str, Any]:
    """Make the figures and the marts that peers make too."""
    made = needed(read_models(settings.sql), tuple(MARTS))

    def work() -> dict[str, Any]:
        path = settings.home / "marts.duckdb"
        path.unlink(missing_ok=True)
        warehouse = Warehouse(settings, path)
        for model in made:
            warehouse.make(model)
        warehouse.close()
        return {}

    return _timed(work)


def validation(settings: Settings) -> dict[str, Any]:
    """Check the ledger and every table with their rules, and run the SQL checks."""
    from displacement import quality

    def work() -> dict[str, Any]:
        took = {}
        began = time.perf_counter()
        with sources(settings, SOURCES) as connection:
            results = quality.check_ledger(connection, settings)
        took["ledger"] = round(time.perf_counter() - began, 2)
        warehouse = Warehouse(settings, settings.home / FILE_NAME, read_only=True)
        for name, table in load_catalogue().tables.items():
            if not table.checked_by:
                began = time.perf_counter()
                results += quality.check_table(warehouse.connection, table, settings)
                took[name] = round(time.perf_counter() - began, 2)
        began = time.perf_counter()
        warehouse.provide(["raw_figures"])
        results += quality.check_sql(warehouse.connection, settings)
        warehouse.close()
        took["sql checks"] = round(time.perf_counter() - began, 2)
        failed = [f"{each.table_name}.{each.rule}" for each in results if not each.passed and each.severity == "error"]
        return {
            "rules": len(results),
            "failed": failed,
            "megabytes": (settings.home / FILE_NAME).stat().st_size / 1e6,
            "slowest": dict(sorted(took.items(), key=lambda each: -each[1])[:5]),
        }

    return _timed(work)


def queries(settings: Settings) -> dict[str, Any]:
    """Ask every question of the reading group of the file, once each after once to warm up."""
    import duckdb

    from benchmarks.reading.questions import COOKBOOK, MACROS
    from displacement.query.cookbook import filled, read_recipes

    recipes = read_recipes(settings.sql)
    asked = {one.name: one.ours or filled(recipes[one.name], {}) for one in (*MACROS, *COOKBOOK)}
    with duckdb.connect(str(settings.home / FILE_NAME), read_only=True) as connection:

        def work() -> dict[str, Any]:
            took = {}
            for name, sql in asked.items():
                began = time.perf_counter()
                connection.execute(sql).fetchall()
                took[name] = round(time.perf_counter() - began, 4)
            return {"slowest": dict(sorted(took.items(), key=lambda each: -each[1])[:5])}

        work()
        return _timed(work)


STAGES: dict[str, Callable[[Settings], dict[str, Any]]] = {
    "merge": merge,
    "models": models,
    "marts": marts,
    "validation": validation,
    "queries": queries,
}


def _timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    clock, processor = time.perf_counter(), time.process_time()
    found = work()
    return {"seconds": time.perf_counter() - clock, "cpu": time.process_time() - processor} | found


def _release(settings: Settings) -> Reading:
    """Return a release that equals the newest one but for one figure in a hundred."""
    stated = list(read_rows(settings.data / "release_datasets.csv"))
    last = max(row["release"] for row in stated)
    day = date.fromisoformat(last) + timedelta(days=30)
    place = settings.home / "reading"
    place.mkdir(parents=True, exist_ok=True)
    datasets = [row for row in stated if row["release"] == last]
    return Reading(day, "directory", tuple(_dataset(settings, row, place) for row in datasets))


def _dataset(settings: Settings, row: dict[str, str], place: Path) -> DatasetReading:
    import duckdb

    path = place / f"{row['dataset']}.parquet"
    with duckdb.connect(str(place / "making.duckdb")) as connection:
        connection.execute("set memory_limit = '2GB'")
        if not path.exists():
            connection.execute(
                f"""
                copy (
                    select indicator, reference_date, origin, asylum,
                        value + cast(hash(indicator, reference_date, origin, asylum) % 100 = 0 as bigint) as value
                    from '{settings.data / "figures.parquet"}'
                    inner join read_csv('{settings.data / "indicators.csv"}') as i using (indicator)
                    where superseded_in is null and i.dataset = '{row["dataset"]}'
                        and (reference_date = '{row["newest_reference_date"]}' or month(reference_date) <> 6)
                    order by indicator, reference_date, origin, asylum
                ) to '{path}' (format parquet)
                """
            )
        figures = int(connection.execute(f"select count(*) from '{path}'").fetchall()[0][0])
    newest = date.fromisoformat(row["newest_reference_date"])
    return DatasetReading(row["dataset"], newest, "as before", figures, figures, path)


if __name__ == "__main__":
    home = Path(sys.argv[3])
    print(json.dumps(STAGES[sys.argv[1]](Settings(home=home, public=home / "public", data=Path(sys.argv[2])))))
