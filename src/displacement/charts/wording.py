"""How numbers, dates and names read in titles, labels and captions. No figure and no finding belongs here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

MILLION = 1_000_000


def in_millions(persons: float | None) -> float | None:
    """Return persons in millions, for an axis; nothing stays nothing."""
    return None if persons is None else persons / MILLION


def millions(persons: float) -> str:
    """Return persons as "117.8 million"."""
    return f"{persons / MILLION:.1f} million"


def figure(persons: float) -> str:
    """Return persons as a label: "2.5 million" from a million on, else the full figure with separators."""
    return millions(persons) if persons >= MILLION else f"{persons:,.0f}"


def part(value: int, total: int) -> str:
    """Return how many of a total: "5.9 of 7.6 million", so that a part is never taken for the whole."""
    if value == total:
        return figure(total)
    return f"{value / MILLION:.1f} of {millions(total)}" if total >= MILLION else f"{value:,} of {total:,}"


def signed(persons: float) -> str:
    """Return a change in millions with its sign: "+8.9", "−5.4"."""
    return f"{persons / MILLION:+.1f}".replace("-", "−")


def day(date: dt.date) -> str:
    """Return a date as "31 December 2025"."""
    return f"{date.day} {date:%B %Y}"


def end_of(date: dt.date) -> str:
    """Return a year-end as "the end of 2025"."""
    return f"the end of {date.year}"


def per_cent(share: float) -> str:
    """Return a share as "74 per cent"."""
    return f"{share:.0%}".replace("%", " per cent")


def listed(parts: Sequence[str]) -> str:
    """Return parts as "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(number: int, one: str, many: str) -> str:
    """Return "one country", "two countries", "12 countries"."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return f"{words[number] if number < len(words) else number} {one if number == 1 else many}"


def sentence(text: str) -> str:
    """Return text with a capital at its beginning; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def wrapped(text: str, width: int) -> list[str]:
    """Return text broken into lines of at most `width` characters, between words but not between number and unit."""
    lines = [""]
    for word in re.sub(r"(\d) (?=million|per cent)", "\\1\N{NO-BREAK SPACE}", text).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
