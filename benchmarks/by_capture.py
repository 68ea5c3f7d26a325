"""A fetch as the program does it, and a probe of the unchanged source after it. Prints what they took, as JSON.

The pace is taken away: it is set for publishers, and would be all that is measured.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import replace
from datetime import date

TABLES = ("asylum_applications", "asylum_decisions", "demographics", "idmc", "population", "solutions", "unrwa")


def main() -> None:
    """Capture everything into an empty home, then probe it."""
    address, year = sys.argv[1:3]
    began = time.perf_counter()
    import duckdb  # noqa: F401  what a capture imports when it needs it is reported apart
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401
    import requests  # noqa: F401

    from displacement.settings import Addresses, Settings
    from displacement.sources.fetch import capture
    from displacement.sources.http import read_limits
    from displacement.sources.probe import probe

    settings, addresses = Settings.from_environment(), Addresses(unhcr=address)
    limits = replace(read_limits(), requests_per_second=1e6, burst=1_000_000)
    shutil.rmtree(settings.home / "landing", ignore_errors=True)
    imported, processor = time.perf_counter(), time.process_time()
    captured = capture(settings, addresses=addresses, release=date(int(year), 12, 31), datasets=TABLES, limits=limits)
    fetched, fetching = time.perf_counter(), time.process_time() - processor
    probed = probe(settings, addresses=addresses, last_year=int(year), datasets=TABLES, limits=limits)
    done = time.perf_counter()
    stopped = [table.stopped for table in captured.tables if table.stopped]
    if stopped or any(each.changed is not False for each in probed):
        sys.exit(" ".join(stopped) or "The source changed while it was measured.")
    found = {
        "imports": imported - began,
        "seconds": fetched - imported,
        "cpu": fetching,
        "probe": done - fetched,
        "rows": sum(table.rows for table in captured.tables),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
