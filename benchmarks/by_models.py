"""The models as the program makes them, without their checks: prints the seconds of reading the SQL and of making them.

Names of models on the command line: only these, and what they read. The records are those of the build that is
published in `DISPLACEMENT_HOME`.
"""

import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb  # noqa: F401 - imported before the clock starts, as the script by hand does

from displacement.build.models import Model, read_models
from displacement.build.warehouse import Warehouse
from displacement.catalogue import load_catalogue
from displacement.settings import Settings


def main() -> None:
    """Make every model once."""
    settings = Settings.from_environment()
    load_catalogue()
    began = time.perf_counter()
    models = read_models(settings.sql)
    read, processor = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as place:
        warehouse = Warehouse(settings, Path(place) / "models.duckdb")
        for model in needed(models, sys.argv[1:]):
            warehouse.make(model)
        warehouse.close()
        made, cpu = time.perf_counter() - read, time.process_time() - processor
    print(json.dumps({"read": read - began, "made": made, "cpu": cpu}))


def needed(models: Mapping[str, Model], names: Sequence[str]) -> list[Model]:
    """Return the models of these names and those they read, in the order they are made in; all if none is named."""
    wanted = {"countries", *(names or models)}
    for model in reversed(list(models.values())):
        if model.name in wanted:
            wanted |= set(model.reads_models)
    return [model for model in models.values() if model.name in wanted]


if __name__ == "__main__":
    main()
