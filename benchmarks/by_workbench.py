"""The models as the program makes them, without their checks: prints the seconds of reading the SQL and of making them.

The stamp and the records are those of the build that stands in `DISPLACEMENT_HOME`.
"""

import json
import time

import duckdb  # noqa: F401 - imported before the clock starts, as the script by hand does

from displacement.catalogue import load_catalogue
from displacement.modelling import read_models
from displacement.settings import Settings
from displacement.workbench import Workbench


def main() -> None:
    """Make every model once."""
    settings = Settings.from_environment()
    load_catalogue()
    began = time.perf_counter()
    models = read_models(settings.sql)
    read = time.perf_counter()
    bench = Workbench(settings, stamp="benchmark")
    for model in models.values():
        bench.make(model)
    made = time.perf_counter()
    bench.close()
    print(json.dumps({"read": read - began, "made": made - read}))


if __name__ == "__main__":
    main()
