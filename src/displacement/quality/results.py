"""The results of rules and checks: the form that reports, database and Dagster read, kept as `<table>.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from displacement.errors import DisplacementError, HeldBackError
from displacement.storage.files import write_text

Severity = Literal["error", "warning"]
Kind = Literal["expectation", "sql check"]

EXAMPLES = 5
"""How many failing rows a result shows."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one rule for one table.

    Attributes:
        kind: a rule of one table, or a query of `sql/checks` whose returned rows are failures.
        severity: an error stops the build when it fails; a warning is shown.
        examples: a few of the rows that broke the rule, each as one line of text.
    """

    table_name: str
    rule: str
    kind: Kind
    description: str
    severity: Severity
    passed: bool
    rows_checked: int
    rows_failed: int
    examples: tuple[str, ...] = ()

    @property
    def stops_the_build(self) -> bool:
        """Whether this failure must not be published."""
        return not self.passed and self.severity == "error"


def stopping(results: Iterable[Result]) -> list[Result]:
    """Return the results for which a build must stop."""
    return [result for result in results if result.stops_the_build]


def require_sound(results: Iterable[Result], quarantine: Path, still: str = "") -> None:
    """Raise where a rule fails whose failure stops a build.

    Args:
        results: of the rules of everything that is to be published.
        quarantine: where the rows that broke a rule are.
        still: a sentence to end with: which build is still published.

    Raises:
        HeldBackError: a rule of severity error failed.
    """
    if broken := stopping(results):
        sentences = [in_one_sentence(one) for one in broken]
        raise HeldBackError(
            " ".join(["The build was stopped.", *sentences, f"The rows are in {quarantine}.", still]).rstrip()
        )


def in_one_sentence(result: Result) -> str:
    """Return the result as a sentence.

    >>> in_one_sentence(Result("corridors", "known_origin", "expectation", "Codes are known.", "error", False, 310, 2))
    'corridors: known_origin failed for 2 of 310 rows. Codes are known.'
    """
    if result.passed:
        return f"{result.table_name}: {result.rule} holds. {result.description}"
    rows = f" for {result.rows_failed:,} of {result.rows_checked:,} rows" if result.rows_failed else ""
    return f"{result.table_name}: {result.rule} failed{rows}. {result.description}"


# --- results kept as files --------------------------------------------------------------------------------------------


def store_results(name: str, results: Iterable[Result], directory: Path) -> Path:
    """Write the results of a table (or of the SQL checks) whole, in place of those before; return the file."""
    path = directory / f"{name}.json"
    write_text(path, json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=1) + "\n")
    return path


def read_results(directory: Path, names: Iterable[str] | None = None) -> list[Result]:
    """Return the stored results, by name and then in the order of the rules; only those of `names`, if given.

    Raises:
        DisplacementError: a file is not what `store_results` wrote.
    """
    wanted = None if names is None else set(names)
    found: list[Result] = []
    for path in sorted(path for path in directory.glob("*.json") if wanted is None or path.stem in wanted):
        try:
            found += [result_from(spec) for spec in json.loads(path.read_text(encoding="utf-8"))]
        except (ValueError, TypeError, KeyError) as error:
            raise DisplacementError(
                f"{path} does not hold quality results: {error}. Delete it and build again."
            ) from error
    return found


def result_from(spec: dict[str, Any]) -> Result:
    """Return a result as `dataclasses.asdict` and JSON left it."""
    return Result(**spec | {"examples": tuple(spec["examples"])})


def forget_results(directory: Path) -> None:
    """Remove all stored results: those of a new build are all of its own."""
    for path in directory.glob("*.json"):
        path.unlink(missing_ok=True)
