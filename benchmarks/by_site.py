"""Write the whole site of a build, then the same pages again with everything they show at hand: the floor.

Prints JSON: seconds of the whole, seconds of rendering and writing alone, whether both wrote the same bytes, and the
most memory this process held, in MB.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from displacement.language import LANGUAGES
from displacement.site import pages_of, write_pages, write_site
from displacement.site.facts import read_facts
from displacement.site.render import Page


def main(file: str) -> None:
    """Measure with the build whose DuckDB file is given."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        with duckdb.connect(file, read_only=True) as connection:
            began = time.perf_counter()
            whole = write_site(connection, Path(one))
            taken = time.perf_counter() - began
            facts = read_facts(connection)
            made = [_at_hand(page) for page in pages_of(connection, facts, Path(other))]
        began = time.perf_counter()
        sizes = write_pages(facts, made, Path(other), tuple(LANGUAGES))
        again = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    same = sum(sizes) == whole["bytes"]
    print(json.dumps({"whole": taken, "again": again, "same": same, "megabytes": peak}))


def _at_hand(page: Page) -> Page:
    """Return a page whose words in each language are rendered already."""
    if page.spoken is None:
        return page
    said: dict[str, Mapping[str, Any]] = {code: page.spoken(code) for code in LANGUAGES}
    return replace(page, spoken=said.__getitem__)


if __name__ == "__main__":
    main(sys.argv[1])
