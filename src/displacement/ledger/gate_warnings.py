"""What the release gate warns of and lets pass: one function a rule, from a comparison to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from displacement.ledger.gate_compare import Comparison
from displacement.ledger.gate_findings import Finding
from displacement.ledger.gate_words import (
    compared_on,
    for_day,
    furthest,
    in_quarantine,
    likewise,
    others_too,
    place_named,
    warned,
)


def total_moved(found: Comparison) -> Iterator[Finding]:
    """Yield world totals that moved on dates known before."""
    share = found.limits.total_moved_share
    moved = {
        each.day: (each.total_before, each.total_now)
        for each in found.known
        if each.total_before and abs(each.total_now / each.total_before - 1) > share
    }
    if moved:
        worst = furthest(moved)
        before, now = moved[worst]
        yield warned(
            found,
            "total_moved",
            f"the world total{for_day(worst)} went from {before:,} to {now:,} ({now / before - 1:+.1%})"
            f"{likewise(moved)}",
            {"dates": len(moved), "total_before": before, "total_now": now},
            moved,
        )


def new_date_moved(found: Comparison) -> Iterator[Finding]:
    """Yield new dates of flows and other stocks whose world total is far from that of the year before."""
    moved = {
        each.day: (each.total_before, each.total_now)
        for each in found.new
        if abs(each.total_now - each.total_before) >= found.limits.country_moved_at_least
        and abs(each.total_now - each.total_before) > found.limits.country_moved_share * each.total_before
    }
    if moved:
        worst = max(moved)
        before, now = moved[worst]
        yield warned(
            found,
            "new_date_moved",
            f"the world total{for_day(worst)} is {now:,}, {compared_on(found, worst)} it was {before:,} "
            f"({now / before - 1:+.1%})",
            {"dates": len(moved), "total_before": before, "total_now": now},
            moved,
        )


def country_moved(found: Comparison) -> Iterator[Finding]:
    """Yield countries and corridors that moved by many people and by much."""
    limits = found.limits
    compared = {each.day for each in (*found.known, *found.new)}
    moved = [
        each
        for each in found.places
        if each.day in compared
        and abs(each.people_now - each.people_before) >= limits.country_moved_at_least
        and abs(each.people_now - each.people_before) > limits.country_moved_share * each.people_before
    ]
    if moved:
        first = moved[0]
        yield warned(
            found,
            "country_moved",
            f"{place_named(first)} has {first.people_now:,} people for {first.day}, {compared_on(found, first.day)} it "
            f"had {first.people_before:,}{others_too(moved)}",
            {"places": len({each.place for each in moved}), "people_before": first.people_before},
            [each.day for each in moved],
        )


def corridors_changed(found: Comparison) -> Iterator[Finding]:
    """Yield new dates on which many people are in corridors, each perhaps small, that are gone, new or multiplied."""
    at_least = found.limits.country_moved_at_least
    changed = [each for each in found.new if max(each.gone, each.multiplied) >= at_least]
    if changed:
        newest = changed[-1]
        yield warned(
            found,
            "corridors_changed",
            f"corridors with {newest.gone:,} people {compared_on(found, newest.day)} have no figure for {newest.day}, "
            f"and corridors that are new or at least {found.limits.country_moved_factor:g} times as large have "
            f"{newest.multiplied:,} people more",
            {"gone": newest.gone, "multiplied": newest.multiplied},
            [each.day for each in changed],
        )


def large_revision(found: Comparison) -> Iterator[Finding]:
    """Yield single figures of known dates that were revised, withdrawn or added by much."""
    facts, limits = found.revised.facts, found.limits
    if facts:
        yield warned(
            found,
            "large_revision",
            f"{facts:,} {'figure was' if facts == 1 else 'figures were'} revised by more than "
            f"{limits.large_revision_share:.0%} and {limits.large_revision_at_least:,}, withdrawals included; the "
            f"largest: {found.revised.largest}",
            {"figures": facts, "withdrawn": found.revised.withdrawn},
        )


def country_appears(found: Comparison) -> Iterator[Finding]:
    """Yield countries of which no release before had a figure."""
    if found.appeared:
        listed = ", ".join(found.appeared)
        yield warned(found, "country_appears", f"there was no figure of {listed} before", {"countries": listed})


def first_figures_withdrawn(found: Comparison) -> Iterator[Finding]:
    """Yield the withdrawal of the first figures of a series."""
    facts, day = found.revised.first_withdrawn, found.revised.first_date
    if facts and day:
        says = f"{facts:,} of its first figures ({day}) {'was' if facts == 1 else 'were'} withdrawn"
        yield warned(found, "first_figures_withdrawn", says, {"figures": facts}, [day])


def not_compared(found: Comparison) -> Iterator[Finding]:
    """Yield new dates for which no date of the same kind in the years before is known."""
    alone = [each for each in found.dates if each.is_new and each.facts_now and not each.facts_before]
    if alone and not found.is_first:
        newest = alone[-1]
        says = (
            f"{newest.day} is new with {newest.total_now:,} people in {newest.facts_now:,} figures, and there is no "
            "figure for the same date of the years before to compare it with"
        )
        yield warned(found, "not_compared", says, {"dates": len(alone)}, [each.day for each in alone])


def lacks_quarantined(found: Comparison) -> Iterator[Finding]:
    """Yield a new date of a flow or another stock of which rows are in quarantine."""
    if not found.subject.in_headline:
        for facts, day in in_quarantine(found):
            says = f"{facts} in quarantine for {day}, and no release before has that date: its total lacks them"
            yield warned(found, "lacks_quarantined", says, {"worst_date": day.isoformat()}, [day])


WARNING: Sequence[Callable[[Comparison], Iterator[Finding]]] = (
    total_moved,
    new_date_moved,
    country_moved,
    corridors_changed,
    large_revision,
    country_appears,
    first_figures_withdrawn,
    not_compared,
    lacks_quarantined,
)
