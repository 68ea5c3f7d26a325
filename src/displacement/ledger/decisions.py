"""Decisions: what a person decided about something that is held back, each an immutable file. Both verdicts are kept.

`home/ledger/decisions/<time>-<sha12>.json`; the last one about a subject of a release counts. Files are only added.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from displacement.errors import DisplacementError
from displacement.ledger.readings import reach_the_disk
from displacement.storage.files import PARTIAL_SUFFIX, is_being_written, unwritable, write_text

DECISIONS = "decisions"
NAME = re.compile(r"\d{8}T\d{12}Z-(?P<sha>[0-9a-f]{12})\.json")

Verdict = Literal["accepted", "taken back", "left out"]
SHIPPED = "shipped releases"
"""The subject of the decision to leave out the releases that are shipped with the program."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a held indicator, table or dataset (`subject`) of a release.

    `left out` is the verdict about the shipped releases, of a ledger that was begun empty; it names no release.
    """

    decided_at: str
    decided_by: str
    release: date | None
    subject: str
    verdict: Verdict
    reason: str


def names(ledger_home: Path) -> list[str]:
    """Return the names of the decisions, in the order in which they were made.

    Raises:
        DisplacementError: a file is there that does not have the name of a decision.
    """
    found = sorted(path for path in (ledger_home / DECISIONS).glob("*.json") if not path.name.startswith("."))
    for path in found:
        if not NAME.fullmatch(path.name):
            raise _unreadable(path, "does not have the name of a decision")
    return [path.name for path in found]


def read(ledger_home: Path, wanted: Iterable[str]) -> tuple[Decision, ...]:
    """Return decisions by their names, after comparing their bytes with the checksums in them.

    Raises:
        DisplacementError: a file is damaged or cannot be read.
    """
    return tuple(_decision(ledger_home / DECISIONS / name) for name in wanted)


def write(ledger_home: Path, decision: Decision, at: datetime | None = None) -> Path:
    """Add a decision; return its file.

    Args:
        ledger_home: the directory of the ledger in the home.
        decision: what was decided.
        at: when, to the microsecond, which orders decisions; now unless given.

    Raises:
        DisplacementError: the disk cannot be written.
    """
    release = decision.release and decision.release.isoformat()
    text = json.dumps(asdict(decision) | {"release": release}, ensure_ascii=False, indent=1) + "\n"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    moment = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S%fZ")
    path = ledger_home / DECISIONS / f"{moment}-{sha256[:12]}.json"
    for left in path.parent.glob(f".*{PARTIAL_SUFFIX}"):
        if not is_being_written(left):
            left.unlink(missing_ok=True)
    write_text(path, text)
    try:
        reach_the_disk(path)
        reach_the_disk(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def is_accepted(decisions: Iterable[Decision], release: date, subject: str) -> bool:
    """Say whether the last decision about a subject of a release was to accept it.

    >>> made = [Decision("2026-06-13", "Ada", date(2026, 6, 12), "refugees", "accepted", "UNHCR confirms it")]
    >>> is_accepted(made, date(2026, 6, 12), "refugees"), is_accepted(made, date(2026, 6, 12), "oip")
    (True, False)
    """
    verdicts = [one.verdict for one in decisions if (one.release, one.subject) == (release, subject)]
    return bool(verdicts) and verdicts[-1] == "accepted"


def _decision(path: Path) -> Decision:
    try:
        content = path.read_bytes()
        if f"-{hashlib.sha256(content).hexdigest()[:12]}." not in path.name:
            raise _unreadable(path, "does not have the checksum of its name")
        record = json.loads(content)
        return Decision(**record | {"release": date.fromisoformat(record["release"]) if record["release"] else None})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, f"cannot be read ({error})") from error


def _unreadable(path: Path, what: str) -> DisplacementError:
    return DisplacementError(
        f"The ledger is damaged: the decision {path} {what}. Nothing was changed. Restore the file from a backup, or "
        "move it away and decide again: displacement releases held."
    )
