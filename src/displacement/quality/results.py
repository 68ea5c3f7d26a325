"""What a rule came to when it was held against a table: the form that reports, database and orchestrator read.

How a rule is evaluated and where results are kept are other modules' business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from displacement.errors import HeldBackError

Severity = Literal["error", "warning"]
Kind = Literal["expectation", "sql check"]


@dataclass(frozen=True, slots=True)
class Result:
    """One rule held against one table.

    Attributes:
        kind: who evaluated it: Great Expectations, or a query of `sql/checks` whose returned rows are failures.
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


def require_sound(results: Iterable[Result], quarantine: Path, stands: str = "") -> None:
    """See to it that nothing is published whose rules fail.

    Args:
        results: of the rules of everything that is to be published.
        quarantine: where the rows that broke a rule are.
        stands: a sentence to end with: what is still on show.

    Raises:
        HeldBackError: a rule of severity error failed.
    """
    if broken := stopping(results):
        sentences = [in_one_sentence(one) for one in broken]
        raise HeldBackError(
            " ".join(["The build was stopped.", *sentences, f"The rows are in {quarantine}.", stands]).rstrip()
        )


def in_one_sentence(result: Result) -> str:
    """Return the outcome as a sentence: `corridors: known_origin failed for 2 of 310 rows. Every origin is …`."""
    if result.passed:
        return f"{result.table_name}: {result.rule} holds. {result.description}"
    rows = f" for {result.rows_failed:,} of {result.rows_checked:,} rows" if result.rows_failed else ""
    return f"{result.table_name}: {result.rule} failed{rows}. {result.description}"
