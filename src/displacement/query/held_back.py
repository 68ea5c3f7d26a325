"""What a build holds back, in words that stand beside the figures it would change: those are shown as before.

A release goes by its date wherever figures are shown. Where something of it is held back, that date alone would say of
older figures that they are its own. Which rule holds it back, and what to do, is said by `displacement releases held`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from displacement.storage.duck import rows

if TYPE_CHECKING:
    import duckdb

    from displacement.language import Language

LEFT_TO_RIGHT, END = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
"""Around a date of digits and hyphens, which would else read backwards within a text from right to left."""


@dataclass(frozen=True, slots=True)
class Held:
    """Something of a release that is held back.

    Attributes:
        release: the release.
        what: a code of `indicators`, or the name of a dataset that is held back as a whole.
        publisher: who publishes it, by its code; None of a dataset that has no indicators.
        leaves_total_out: whether the world's total is left out where it would change.
    """

    release: date
    what: str
    publisher: str | None
    leaves_total_out: bool


def held_now(connection: duckdb.DuckDBPyConnection) -> tuple[Held, ...]:
    """Return what the file of a build holds back, by release: indicators, then datasets, each by name."""
    found = rows(
        connection,
        """
        with publishers as (
            select cast(indicator as varchar) as what, lower(publisher) as publisher from indicators
            union
            select dataset as what, lower(min(publisher)) as publisher from indicators group by dataset
        )
        select
            held_back.release,
            held_back.indicator as what,
            min(publishers.publisher) as publisher,
            bool_or(held_back.in_headline) as leaves_total_out
        from held_back
        left join publishers on held_back.indicator = publishers.what
        where held_back.superseded_in is null
        group by held_back.release, held_back.indicator
        """,
    )
    held = (Held(**row) for row in found)
    return tuple(sorted(held, key=lambda one: (one.release, one.publisher is None, one.what)))


def said(held: Iterable[Held], language: Language) -> tuple[str, ...]:
    """Return what is held back, a sentence for each release, and whether totals are left out for it."""
    held = tuple(held)
    sentences = [
        language.text("source.held", release=_code(release, language), what=_listed(list(of_it), language))
        for release, of_it in groupby(held, key=lambda one: one.release)
    ]
    if any(one.leaves_total_out for one in held):
        sentences.append(language.text("source.held.total"))
    return tuple(sentences)


def published_by(held: Iterable[Held], publishers: Collection[str]) -> tuple[Held, ...]:
    """Return what is held back of some publishers, by their codes; a dataset whose publisher is not told is of any."""
    return tuple(one for one in held if publishers and (one.publisher or next(iter(publishers))) in publishers)


def _listed(held: Sequence[Held], language: Language) -> str:
    return language.listed(_name(one.what, language) for one in held)


def _name(what: str, language: Language) -> str:
    named = (message for message in (f"indicator.{what}", f"dataset.{what}") if language.has(message))
    return next((language.text(message) for message in named), what)


def _code(release: date, language: Language) -> str:
    return f"{LEFT_TO_RIGHT}{release}{END}" if language.direction == "rtl" else str(release)
