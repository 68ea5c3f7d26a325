"""The limits under which publishers are asked: read from the reviewed file, never written in code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

REVIEWED = Path(__file__).resolve().parent / "limits.toml"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests, how fast, how long, how large, how often; `limits.toml` says what each is and why."""

    concurrency: int
    requests_per_second: float
    burst: int
    connect_seconds: float
    read_seconds: float
    answer_seconds: float
    total_seconds: float
    answer_bytes: int
    attempts: int
    backoff_seconds: float
    backoff_cap_seconds: float
    retry_after_cap_seconds: float
    table_attempts: int
    journal_hours: float


@cache
def read_limits(path: Path = REVIEWED) -> Limits:
    """Read the reviewed file.

    Raises:
        ValueError: a limit is missing, unknown, not above zero or without its reason.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    known = [field.name for field in fields(Limits)]
    wrong = sorted(set(known) ^ set(document)) + [
        name for name, entry in document.items() if not entry.get("reason") or entry.get("value", 0) <= 0
    ]
    if wrong:
        raise ValueError(f"{path}: {', '.join(wrong)} missing, unknown, not above zero or without a reason")
    return Limits(**{name: document[name]["value"] for name in known})
