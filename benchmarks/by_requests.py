"""The floor of a fetch: every page with requests, parsed with json, and thrown away. Prints what it took, as JSON."""

from __future__ import annotations

import json
import sys
import time

import requests

TABLES = {
    "demographics": "&ptype_show=1&locationDescription_show=1&locationUR_show=1&locationAccType_show=1",
    "population": "",
    "asylum-applications": "",
    "asylum-decisions": "",
    "solutions": "",
    "idmc": "",
    "unrwa": "",
}
"""The tables, each with the parameters that show its columns: the large ones make all the difference."""


def main() -> None:
    """Fetch and parse every page, one after the other, over one connection."""
    address, year = sys.argv[1:3]
    began, processor = time.perf_counter(), time.process_time()
    rows = 0
    with requests.Session() as session:
        for table, shown in TABLES.items():
            page, pages = 1, 1
            while page <= pages:
                query = f"limit=10000&page={page}&yearFrom=1951&yearTo={year}&coo_all=true&coa_all=true{shown}"
                document = json.loads(session.get(f"{address}{table}/?{query}", timeout=600).content)
                rows += len(document["items"])
                pages = document["maxPages"]
                page += 1
    cpu = time.process_time() - processor
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": cpu, "rows": rows}))


if __name__ == "__main__":
    main()
