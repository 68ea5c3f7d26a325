"""The newest results of each table, kept as `<table>.json`: a table that is not made again keeps its results.

Reading them into a report or a database is other modules' business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError
from displacement.files import write_text
from displacement.quality.results import Result


def store_results(name: str, results: Iterable[Result], directory: Path) -> Path:
    """Write the results of a table (or of the SQL checks) whole, in place of those before."""
    path = directory / f"{name}.json"
    write_text(path, json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=1) + "\n")
    return path


def read_results(directory: Path, names: Iterable[str] | None = None) -> list[Result]:
    """Return the stored results, by name and then in the order of the rules; only those of `names`, if given.

    Raises:
        DisplacementError: a file is not what `store_results` wrote.
    """
    wanted = None if names is None else set(names)
    paths = sorted(path for path in directory.glob("*.json") if wanted is None or path.stem in wanted)
    return [result for path in paths for result in _read(path)]


def _read(path: Path) -> list[Result]:
    try:
        return [result_from(spec) for spec in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError, KeyError) as error:
        raise DisplacementError(f"{path} does not hold quality results: {error}. Delete it and build again.") from error


def result_from(spec: dict[str, Any]) -> Result:
    """Return a result as `dataclasses.asdict` and JSON left it."""
    return Result(**spec | {"examples": tuple(spec["examples"])})
