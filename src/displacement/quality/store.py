"""The newest results of each table, kept as `<table>.json`: a table that is not made again keeps its results.

Results of more than one table also say which inputs they were of (`<name>.inputs`), so that nobody takes them for those
of tables made since. A single table is checked in the step that makes it.

Reading them into a report or a database is other modules' business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError
from displacement.quality.results import Result
from displacement.storage.files import write_text


def store_results(name: str, results: Iterable[Result], directory: Path) -> Path:
    """Write the results of a table (or of the SQL checks) whole, in place of those before."""
    path = directory / f"{name}.json"
    _inputs(name, directory).unlink(missing_ok=True)  # those before must not vouch for these, should we end here
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


def store_inputs(name: str, inputs: str, directory: Path) -> None:
    """Write which inputs the stored results of a name are of."""
    write_text(_inputs(name, directory), inputs + "\n")


def are_of(name: str, inputs: str, directory: Path) -> bool:
    """Return whether the stored results of a name are of these inputs."""
    path = _inputs(name, directory)
    return path.exists() and path.read_text(encoding="utf-8") == inputs + "\n"


def _inputs(name: str, directory: Path) -> Path:
    return directory / f"{name}.inputs"


def _read(path: Path) -> list[Result]:
    try:
        return [result_from(spec) for spec in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError, KeyError) as error:
        raise DisplacementError(f"{path} does not hold quality results: {error}. Delete it and build again.") from error


def result_from(spec: dict[str, Any]) -> Result:
    """Return a result as `dataclasses.asdict` and JSON left it."""
    return Result(**spec | {"examples": tuple(spec["examples"])})
