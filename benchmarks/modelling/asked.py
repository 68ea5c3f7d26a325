"""What is asked of every peer, in its own terms: the columns, places and years of the six marts; and how a peer is run.

The SQL takes them from reviewed tables. Here they are written down, so that a peer is given nothing of ours; that the
tables made are the same is compared before any ratio is given.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

COMPONENTS = ["refugees", "unrwa_refugees", "asylum_seekers", "oip", "idmc_idps"]
ACROSS = ["refugees", "asylum_seekers", "oip"]
PROTECTED = ["refugees", "oip"]
OTHERS = ["idps", "stateless", "ooc", "hst", "returned_refugees", "returned_idps"]
MEASURES = [*COMPONENTS, "idps", "stateless", "refugees_and_oip", "displaced_across", "forcibly_displaced"]
SOLUTIONS = ["returned_refugees", "resettlement", "naturalisation", "returned_idps"]
KEY = ["indicator", "reference_date", "origin", "asylum"]
NO_PLACE = ["unknown", "stateless"]
OVERLAP, OVERLAP_IN, OVERLAP_FROM = 0.7, "PSE", date(2023, 12, 31)
TOTAL_FROM, BY_COUNTRY_FROM = 1993, 2009


def run(make: Callable[[Path, Path], None]) -> None:
    """Make the tables from the sources of one directory in another (the arguments), and print what it took."""
    clock, processor = time.perf_counter(), time.process_time()
    make(Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps({"seconds": time.perf_counter() - clock, "cpu": time.process_time() - processor}))
