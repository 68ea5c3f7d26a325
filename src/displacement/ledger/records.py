"""The small tables beside the figures of a ledger: releases, their datasets, and what is held back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from displacement.intake.model import InQuarantine
from displacement.ledger.gate import Finding
from displacement.ledger.readings import Key
from displacement.ledger.shipped import read_rows

HELD_BACK = "held_back.csv"
FINDINGS = "findings.json"
IN_QUARANTINE = "in_quarantine.json"
TITLED_BY = "population"
"""The dataset whose newest reference date names a release."""

_LISTED = ", "


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An indicator (or a table) of a release that is held back by a rule: a row of the table `held_back`.

    Attributes:
        indicator: its code; the name of the dataset where that is a table, or where nothing of it could be read.
        numbers: what the rule compared, as JSON.
        reference_dates: the dates whose figures it would change.
        superseded_in: the first release after it in which the indicator was accepted; None while it is still held.
    """

    release: date
    dataset: str
    indicator: str
    rule: str
    sentence: str
    numbers: str
    reference_dates: tuple[date, ...]
    superseded_in: date | None


def held_back_of(finding: Finding, days: Iterable[date], superseded_in: date | None) -> HeldBack:
    """Return the row of a finding that holds something back.

    Args:
        finding: the rule that was met.
        days: the reference dates whose figures would change.
        superseded_in: the first release after it in which the same was accepted.
    """
    numbers = json.dumps(dict(finding.numbers), ensure_ascii=False, sort_keys=True)
    return HeldBack(
        finding.release,
        finding.dataset,
        finding.indicator,
        finding.rule,
        finding.sentence,
        numbers,
        tuple(sorted(days)),
        superseded_in,
    )


def read_held_back(directory: Path) -> tuple[HeldBack, ...]:
    """Return what is held back in a ledger, by release, dataset and indicator."""
    return tuple(
        HeldBack(
            date.fromisoformat(row["release"]),
            row["dataset"],
            row["indicator"],
            row["rule"],
            row["sentence"],
            row["numbers"],
            tuple(date.fromisoformat(day) for day in row["reference_dates"].split(_LISTED) if day),
            date.fromisoformat(row["superseded_in"]) if row["superseded_in"] else None,
        )
        for row in read_rows(directory / HELD_BACK)
    )


def held_back_text(rows: Iterable[HeldBack]) -> str:
    """Return `held_back.csv`."""
    names = [each.name for each in fields(HeldBack)]
    return _csv(names, sorted([_field(getattr(row, name)) for name in names] for row in rows))


def in_quarantine_text(rows: Iterable[InQuarantine]) -> str:
    """Return rows in quarantine as JSON, by release, dataset and rule."""
    listed = [asdict(row) for row in sorted(rows, key=astuple)]
    return json.dumps(listed, ensure_ascii=False, indent=1) + "\n"


def read_in_quarantine(directory: Path) -> list[InQuarantine]:
    """Return the rows in quarantine of the releases of a ledger; none of what is shipped."""
    path = directory / IN_QUARANTINE
    return [InQuarantine(**each) for each in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def release_datasets_text(rows: Iterable[tuple[date, str, date, int]]) -> str:
    """Return `release_datasets.csv` from release, dataset, newest reference date and number of figures."""
    listed = [[_field(field) for field in row] for row in sorted(rows)]
    return _csv(("release", "dataset", "newest_reference_date", "figures"), listed)


def releases_text(
    newest: Mapping[Key, date], known: Mapping[date, tuple[str, str]], incomplete: Collection[date] = ()
) -> str:
    """Return `releases.csv`.

    Args:
        newest: the newest reference date of each dataset of a release.
        known: title and day of publication of the releases that the program knows. The others are named after the
            report they come with: "Global Trends 2025" where the newest population figures are of the end of 2025,
            "Mid-Year Trends 2025" where they are of its middle, with ", corrected" where an earlier release had the
            same date.
        incomplete: the releases of which a table could not be read: they are named so.
    """
    releases = sorted({release for release, _ in newest})
    rows = [
        [release.isoformat(), *known.get(release, (_title(newest, release, release in incomplete), ""))]
        for release in releases
    ]
    return _csv(("release", "title", "published_on"), rows)


def read_findings(directory: Path) -> list[Finding]:
    """Return the findings of the gate that a ledger was derived with: blocking ones and warnings."""
    records: list[dict[str, Any]] = json.loads((directory / FINDINGS).read_text(encoding="utf-8"))
    return [
        Finding(
            **record
            | {
                "release": date.fromisoformat(record["release"]),
                "reference_dates": tuple(date.fromisoformat(day) for day in record["reference_dates"]),
            }
        )
        for record in records
    ]


def findings_text(findings: Iterable[Finding]) -> str:
    """Return findings as JSON."""
    return json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=1) + "\n"


def _title(newest: Mapping[Key, date], release: date, is_incomplete: bool) -> str:
    day = newest.get((release, TITLED_BY))
    if is_incomplete:
        return "Incomplete release" if day is None else f"{_title(newest, release, False)}, incomplete"
    if day is None:
        return f"Update of {_LISTED.join(sorted(dataset for each, dataset in newest if each == release))}"
    title = f"{'Global' if day.month == 12 else 'Mid-Year'} Trends {day.year}"
    earlier = (other == day for (each, dataset), other in newest.items() if dataset == TITLED_BY and each < release)
    return f"{title}, corrected" if any(earlier) else title


def _field(value: object) -> str:
    if isinstance(value, tuple):
        return _LISTED.join(str(each) for each in value)
    return "" if value is None else str(value)


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    return text.getvalue()
