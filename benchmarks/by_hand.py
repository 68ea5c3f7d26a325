"""The floor of the models: one DuckDB script, as a person would write who wanted these tables and nothing else.

It is put together from `sql/` before anything is timed, so that it can never hold other SQL than the models do:
sources, then each SELECT with the columns, types and order of the catalogue. Run as a program it runs such a
script and prints its seconds as JSON; it then imports DuckDB and nothing of ours.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from displacement.settings import Settings


def script(settings: Settings, keep: Path | None, only: Sequence[str] = ()) -> str:
    """Return the script that makes every model.

    Args:
        settings: where the sources, the SQL and the records of a build are.
        keep: where it also writes each table as Parquet; None to leave them in memory.
        only: the models, if not all; those they read are made with them.
    """
    from benchmarks.by_models import needed
    from displacement.build.models import SOURCE_PREFIX, read_models, source_select, typed_select
    from displacement.catalogue import load_catalogue

    catalogue, every = load_catalogue(), read_models(settings.sql)
    models = {model.name: model for model in needed(every, only)}
    sources = sorted({name for model in models.values() for name in model.reads if name.startswith(SOURCE_PREFIX)})
    statements = [f"create view {name} as {source_select(settings, name)}" for name in sources]
    for name, model in models.items():
        statements.append(f"create table {name} as {typed_select(catalogue.tables[name], model.sql)}")
        if keep:
            statements.append(f"copy {name} to '{keep / name}.parquet' (format parquet, compression zstd)")
    return ";\n\n".join(statements) + ";\n"


def main() -> None:
    """Run the script named on the command line; print its seconds."""
    import duckdb

    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    clock, processor = time.perf_counter(), time.process_time()
    with duckdb.connect() as connection:
        connection.execute(text)
        took = {"seconds": time.perf_counter() - clock, "cpu": time.process_time() - processor}
    print(json.dumps(took))


if __name__ == "__main__":
    main()
