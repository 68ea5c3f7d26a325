"""Restore a release and list what changed between two, from the file and with pandas from full tables; prints JSON.

The full tables of all releases, which are what people keep who have no ledger, are written before the clock starts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.reading.__main__ import alternated, plain
from displacement.settings import Settings

KEY = ["indicator", "reference_date", "origin", "asylum"]
RESTORED, THEN, NOW = "2024-06-17", "2023-06-14", "2026-06-12"

BETWEEN = f"""
with before as (
    select indicator, reference_date, origin, asylum, value from figures_history
    where published_in <= '{THEN}' and superseded_in > '{THEN}' and superseded_in <= '{NOW}'
),
after as (
    select indicator, reference_date, origin, asylum, value from figures_history
    where published_in > '{THEN}' and published_in <= '{NOW}' and (superseded_in is null or superseded_in > '{NOW}')
)
select indicator, reference_date, origin, asylum, before.value as before, after.value as after
from before full join after using (indicator, reference_date, origin, asylum)
where before.value is distinct from after.value
"""


def main() -> None:
    """Measure the build of `DISPLACEMENT_PUBLIC`; the arguments say where to put full tables, and how often to ask."""
    place, times = Path(sys.argv[1]), int(sys.argv[2])
    file = Settings.from_environment().public / "displacement.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        releases = [str(row[0]) for row in connection.execute("select release from releases order by all").fetchall()]
        for release in releases:
            connection.execute(
                f"copy (select {', '.join(KEY)}, value from figures_as_of('{release}')) "
                f"to '{place / release}.parquet' (format parquet, compression zstd)"
            )

        def full(release: str) -> Any:
            table = pd.read_parquet(place / f"{release}.parquet")
            return table.astype({name: "category" for name in KEY if name != "reference_date"})

        def restored() -> Any:
            columns = ", ".join((*KEY, "value"))
            return connection.execute(f"select {columns} from figures_as_of('{RESTORED}')").to_arrow_table()

        def changed() -> Any:
            return connection.execute(BETWEEN).to_arrow_table()

        def changed_in_pandas() -> Any:
            both = full(THEN).merge(full(NOW), how="outer", on=KEY)
            before, after = both.value_x, both.value_y
            return both[(before != after) & (before.notna() | after.notna())]

        found = {
            "restore": _measured(restored, lambda: full(RESTORED), times),
            "between": _measured(changed, changed_in_pandas, times),
            "bytes": {
                "ledger": (Settings.from_environment().data / "figures.parquet").stat().st_size,
                "tables": sum((place / f"{release}.parquet").stat().st_size for release in releases),
            },
        }
    print(json.dumps(found))


def _measured(ours: Any, theirs: Any, times: int) -> dict[str, Any]:
    rows = sorted(plain(zip(*(column.to_pylist() for column in ours().columns), strict=True)), key=str)
    same = rows == sorted(plain(theirs().itertuples(index=False)), key=str) != []
    return {"same": same, "rows": len(rows), **alternated({"ours": ours, "pandas": theirs}, times)}


if __name__ == "__main__":
    main()
