"""What the release gate holds back: one function a rule, from a comparison to findings.

Thresholds are in `thresholds.toml`; what is only worth a look is in `gate_warnings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from displacement.ledger.gate_compare import Comparison, DateCompared, PlaceCompared
from displacement.ledger.gate_findings import Finding
from displacement.ledger.gate_words import (
    compared_on,
    for_day,
    furthest,
    held,
    in_quarantine,
    likewise,
    others_too,
    place_named,
)

# --- held back: dates known before ------------------------------------------------------------------------------------


def facts_lost(found: Comparison) -> Iterator[Finding]:
    """Yield the loss of facts, or of rows of a table, on dates known before."""
    limits, subject = found.limits, found.subject
    counted: dict[date | None, tuple[int, int, int]] = {
        day: (before, now, before - now) for day, (before, now) in found.rows.items()
    }
    # Facts that are added make up for facts that are lost, and so do facts in quarantine.
    counted |= {
        each.day: (each.facts_before, each.facts_now, each.facts_before - each.facts_now - each.facts_unknown)
        for each in found.known
        if each.is_changed
    }
    lost = {
        day: (before, now)
        for day, (before, now, gone) in counted.items()
        if gone >= limits.facts_lost_at_least and gone > limits.facts_lost_share * before
    }
    if lost:
        worst = max(lost, key=lambda day: (lost[day][0] - lost[day][1], day or date.min))
        before, now = lost[worst]
        things = "rows" if subject.is_table else "figures"
        yield held(
            found,
            "facts_lost",
            f"of {before:,} {things} that release {found.before.release} held{for_day(worst)}, {now:,} are left"
            f"{likewise(lost)}; more than {limits.facts_lost_share:.0%} and at least {limits.facts_lost_at_least} "
            "lost holds back",
            {
                "dates": len(lost),
                "worst_date": worst.isoformat() if worst else "all",
                "facts_before": before,
                "facts_now": now,
            },
            lost,
        )


def world_total(found: Comparison) -> Iterator[Finding]:
    """Yield the fall or rise of a component's world total on dates known before."""
    if found.subject.in_headline:
        moved = _totals_beyond(found, found.known)
        if moved:
            worst = furthest(moved)
            before, now = moved[worst]
            limits = found.limits
            yield held(
                found,
                "world_total",
                f"the world total{for_day(worst)} is {now:,}, in release {found.before.release} it was {before:,} "
                f"({now / before - 1:+.1%}){likewise(moved)}; a fall of more than {limits.world_total_fall:.0%} or a "
                f"rise of more than {limits.world_total_rise:.0%} on a date of the {limits.world_total_years} years "
                "before holds back",
                {
                    "dates": len(moved),
                    "worst_date": worst.isoformat(),
                    "total_before": before,
                    "total_now": now,
                },
                moved,
            )


def rewritten(found: Comparison) -> Iterator[Finding]:
    """Yield a history whose world totals are multiples or fractions of what they were on most of its dates."""
    if any(facts_lost(found)):
        return  # the same cause
    limits = found.limits
    compared = [each for each in found.known if each.total_before]
    factor = limits.rewritten_factor
    moved = {
        each.day: (each.total_before, each.total_now)
        for each in compared
        if not each.total_before / factor <= each.total_now <= each.total_before * factor
    }
    if len(moved) >= limits.rewritten_at_least and len(moved) > limits.rewritten_share * len(compared):
        newest = max(moved)
        before, now = moved[newest]
        yield held(
            found,
            "rewritten",
            f"the world total{for_day(newest)} is {now:,}, in release {found.before.release} it was {before:,}, and "
            f"likewise it moved beyond {factor:g} times, or to less than one part in {factor:g}, on {len(moved)} of "
            f"{len(compared)} dates known before; that on more than {limits.rewritten_share:.0%} of the dates holds "
            "back",
            {"dates": len(moved), "worst_date": newest.isoformat(), "total_before": before, "total_now": now},
            moved,
        )


# --- held back: new dates of components of the headline ---------------------------------------------------------------


def new_date_total(found: Comparison) -> Iterator[Finding]:
    """Yield a new date of a component whose world total is not like that of the year before."""
    moved = _totals_beyond(found, found.new) if found.subject.in_headline else {}
    if moved:
        worst = furthest(moved)
        before, now = moved[worst]
        limits = found.limits
        yield held(
            found,
            "new_date_total",
            f"the world total{for_day(worst)} is {now:,}, {compared_on(found, worst)} it was {before:,} "
            f"({now / before - 1:+.1%}); a fall of more than {limits.world_total_fall:.0%} or a rise of more than "
            f"{limits.world_total_rise:.0%} within a year holds back a component of the headline",
            {"dates": len(moved), "worst_date": worst.isoformat(), "total_before": before, "total_now": now},
            moved,
        )


def new_date_facts(found: Comparison) -> Iterator[Finding]:
    """Yield a new date of a component with far fewer facts or countries than the year before."""
    limits = found.limits
    for each in found.new if found.subject.in_headline else []:
        for what, before, now in (
            ("figures", each.facts_before, each.facts_now + each.facts_unknown),
            ("countries of origin", each.origins_before, each.origins_now),
            ("countries of asylum", each.asylums_before, each.asylums_now),
        ):
            if before - now >= limits.facts_lost_at_least and before - now > limits.facts_lost_share * before:
                yield held(
                    found,
                    "new_date_facts",
                    f"there are {now:,} {what} for {each.day}, {compared_on(found, each.day)} there were {before:,}; "
                    f"more than {limits.facts_lost_share:.0%} and at least {limits.facts_lost_at_least} fewer holds "
                    "back a component of the headline",
                    {"worst_date": each.day.isoformat(), "facts_before": before, "facts_now": now},
                    [each.day],
                )
                break


def quarantine_on_new_date(found: Comparison) -> Iterator[Finding]:
    """Yield a new date of a component of which rows are in quarantine: the headline would lack them."""
    if found.subject.in_headline:
        for facts, day in in_quarantine(found):
            yield held(
                found,
                "quarantine_on_new_date",
                f"{facts} in quarantine for {day}, and no release before has that date; a total of the headline "
                "without them would be too small",
                {"worst_date": day.isoformat()},
                [day],
            )


# --- held back: every date --------------------------------------------------------------------------------------------


def rearranged(found: Comparison) -> Iterator[Finding]:
    """Yield dates on which people moved between places while the sum remained: shifted rows, permuted values."""
    limits = found.limits
    allowed = {each.day: (each, limits.rearranged_known) for each in found.known if each.is_changed}
    if found.subject.in_headline:
        allowed |= {each.day: (each, limits.rearranged_new) for each in found.new if found.is_recent(each.day)}
    moved = {
        day: each
        for day, (each, share) in allowed.items()
        if each.rearranged >= limits.rearranged_at_least and each.rearranged > share * each.total_before
    }
    if moved:
        worst = max(moved.values(), key=lambda each: (each.rearranged / each.total_before, each.day))
        share = allowed[worst.day][1]
        yield held(
            found,
            "rearranged",
            f"of {worst.total_before:,} people {compared_on(found, worst.day)}, {worst.missing:,} are not where they "
            f"were{for_day(worst.day)}, and {worst.added:,} are in other places{likewise(moved)}; more than "
            f"{share:.0%} holds back",
            {
                "dates": len(moved),
                "worst_date": worst.day.isoformat(),
                "total_before": worst.total_before,
                "missing": worst.missing,
                "added": worst.added,
            },
            moved,
        )


def sides_exchanged(found: Comparison) -> Iterator[Finding]:
    """Yield dates on which more people are where they were once origin and asylum are exchanged."""
    limits = found.limits
    exchanged = {
        each.day: each
        for each in (*found.known, *found.new)
        if each.is_changed
        and each.exchanged >= limits.rearranged_at_least
        and each.exchanged > each.total_before - each.missing
    }
    if exchanged:
        worst = max(exchanged.values(), key=lambda each: (each.exchanged, each.day))
        yield held(
            found,
            "sides_exchanged",
            f"of {worst.total_before:,} people {compared_on(found, worst.day)}, {worst.exchanged:,} are found "
            f"again{for_day(worst.day)} with origin and asylum exchanged, and {worst.total_before - worst.missing:,} "
            f"as they were{likewise(exchanged)}",
            {"dates": len(exchanged), "worst_date": worst.day.isoformat(), "exchanged": worst.exchanged},
            exchanged,
        )


def place_gone(found: Comparison) -> Iterator[Finding]:
    """Yield countries and corridors of weight that have no figure left."""
    gone = [each for each in found.places if not each.facts_now and _is_weighty(found, each)]
    if gone:
        first = gone[0]
        yield held(
            found,
            "place_gone",
            f"{place_named(first)} has no figure for {first.day}, {compared_on(found, first.day)} it had "
            f"{first.people_before:,} people{others_too(gone)}; a place of {found.limits.place_gone_share:.0%} of a "
            f"component of the headline, or of {found.limits.facts_lost_at_least} figures, that is gone holds back",
            {"places": len({each.place for each in gone}), "people_before": first.people_before},
            [each.day for each in gone],
        )


def copied_date(found: Comparison) -> Iterator[Finding]:
    """Yield dates whose figures are those of another date: an old table with a new label."""
    copies = {each.day: each for each in found.copies}
    if copies:
        newest = copies[max(copies)]
        yield held(
            found,
            "copied_date",
            f"{newest.alike:,} of {newest.facts:,} figures for {newest.day} are to the digit those that release "
            f"{found.before.release} had for {newest.other}{likewise(copies)}; {found.limits.copied_date_share:.0%} "
            "or more holds back",
            {"dates": len(copies), "worst_date": newest.day.isoformat(), "facts_now": newest.facts},
            copies,
        )


def future_date(found: Comparison) -> Iterator[Finding]:
    """Yield reference dates after the day of the release: nobody can have counted then."""
    future = {each.day for each in found.dates if each.facts_now and each.day > found.now.release}
    if future:
        yield held(
            found,
            "future_date",
            f"it has figures for {max(future)}, which is after the release",
            {"dates": len(future)},
            future,
        )


BLOCKING: Sequence[Callable[[Comparison], Iterator[Finding]]] = (
    facts_lost,
    world_total,
    rewritten,
    new_date_total,
    new_date_facts,
    quarantine_on_new_date,
    rearranged,
    sides_exchanged,
    place_gone,
    copied_date,
    future_date,
)


def _totals_beyond(found: Comparison, dates: Iterable[DateCompared]) -> dict[date, tuple[int, int]]:
    """Return the world totals that fell or rose by more than a component may, on dates of the last years."""
    low, high = 1 - found.limits.world_total_fall, 1 + found.limits.world_total_rise
    return {
        each.day: (each.total_before, each.total_now)
        for each in dates
        if each.total_before
        and found.is_recent(each.day)
        and not low * each.total_before <= each.total_now <= high * each.total_before
    }


def _is_weighty(found: Comparison, place: PlaceCompared) -> bool:
    """Return whether a place is too large to be left out, by its people in a component or by its figures."""
    each = next(each for each in found.dates if each.day == place.day)
    if each.is_new and not found.subject.in_headline:
        return False  # the flows of a country may end
    if place.side != "corridor" and place.facts_before >= found.limits.facts_lost_at_least:
        return True
    return (
        found.subject.in_headline
        and found.is_recent(place.day)
        and place.people_before >= found.limits.country_moved_at_least
        and place.people_before >= found.limits.place_gone_share * each.total_before
    )
