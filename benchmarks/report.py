"""The rows as a table for the terminal, as Markdown for README.md and as JSON. No path of the machine is in them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.modelling.with_r import versions
from benchmarks.rows import Row

README = Path(__file__).resolve().parent / "README.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
LIBRARIES = ("dagster", "great-expectations", "duckdb", "pandas", "plotly", "sqlglot", "typer")
HEADINGS = ("what", "ours", "floor", "ratio", "in CPU", "limit", "spread", "verdict", "against")


def plain(rows: Sequence[Row]) -> str:
    """Return the table with columns side by side."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(HEADINGS))]
    left = (0, 7, 8)
    lines = (
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )
    heading, *body = lines
    return "\n".join([heading, "-" * len(heading), *body])


def markdown(rows: Sequence[Row], conditions: str) -> str:
    """Return the conditions and the table as Markdown."""
    lines = [HEADINGS, ("---", *["---:"] * 6, "---", "---"), *(_cells(row) for row in rows)]
    return "\n".join([conditions, "", *("| " + " | ".join(line) + " |" for line in lines)])


def as_json(rows: Sequence[Row], conditions: str) -> str:
    """Return the rows as JSON."""
    listed = [asdict(row) | {"ratio": row.ratio, "within": row.within()} for row in rows]
    return json.dumps({"conditions": conditions, "rows": listed}, ensure_ascii=False, indent=1)


def write_readme(rows: Sequence[Row], conditions: str) -> None:
    """Put the table into README.md, in place of the one before."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    made = markdown(rows, conditions)
    README.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


def conditions(times: int, short_times: int, *, bytecode: bool) -> str:
    """Return in words when and on what the rows were measured."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    libraries += f"; {with_r}" if (with_r := versions()) else ""
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    kept = "kept as usual" if bytecode else "not kept, so that every process compiles all it imports"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} on {os.cpu_count()} cores ({platform.machine()}){load}; "
        f"Python {platform.python_version()}, {libraries}. Medians of {times} runs of a build and {short_times} of the "
        f"rest, in turn; compiled modules {kept}."
    )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        _amount(row.ours, row.unit),
        _amount(row.floor, row.unit) if row.floor else "–",
        _ratio(row.ratio),
        _ratio(row.cpu_ratio),
        "–" if row.limit is None else f"{row.limit:g}" if row.floor else _amount(row.limit, row.unit),
        f"±{row.spread:.0%}",
        _verdict(row),
        row.against,
    )


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _amount(value: float, unit: str) -> str:
    if unit == "s" and value < 0.1:
        return f"{value * 1000:.1f} ms"
    return f"{value:.0f} {unit}" if unit == "MB" else f"{value:.2f} {unit}"


def _verdict(row: Row) -> str:
    if row.same is False:
        return "results differ"
    kept = "" if row.limit is None else "within" if row.within() else "over"
    return ", ".join(part for part in (kept, "same result" if row.same else "") if part) or "–"
