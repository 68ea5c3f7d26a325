"""The rules of the release gate: one function a rule, from a comparison to findings.

What holds back is in `BLOCKING`, what is worth a look in `WARNING`. Thresholds are in `thresholds.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from displacement.ledger.gate_compare import Comparison, DateCompared, PlaceCompared
from displacement.ledger.gate_findings import Finding, Number, how_to_accept

Rule = Callable[[Comparison], Iterator[Finding]]


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
        yield _held(
            found,
            "facts_lost",
            f"of {before:,} {things} that release {found.before.release} held{_for(worst)}, {now:,} are left"
            f"{_likewise(lost)}; more than {limits.facts_lost_share:.0%} and at least {limits.facts_lost_at_least} "
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
            worst = _furthest(moved)
            before, now = moved[worst]
            limits = found.limits
            yield _held(
                found,
                "world_total",
                f"the world total{_for(worst)} is {now:,}, in release {found.before.release} it was {before:,} "
                f"({now / before - 1:+.1%}){_likewise(moved)}; a fall of more than {limits.world_total_fall:.0%} or a "
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
    limits = found.limits
    compared = [each for each in found.known if each.total_before and each.total_now]
    factor = limits.rewritten_factor
    moved = {
        each.day: (each.total_before, each.total_now)
        for each in compared
        if not each.total_before / factor <= each.total_now <= each.total_before * factor
    }
    if len(moved) >= limits.rewritten_at_least and len(moved) > limits.rewritten_share * len(compared):
        newest = max(moved)
        before, now = moved[newest]
        yield _held(
            found,
            "rewritten",
            f"the world total{_for(newest)} is {now:,}, in release {found.before.release} it was {before:,}, and "
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
        worst = _furthest(moved)
        before, now = moved[worst]
        limits = found.limits
        yield _held(
            found,
            "new_date_total",
            f"the world total{_for(worst)} is {now:,}, {_compared(found, worst)} it was {before:,} "
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
                yield _held(
                    found,
                    "new_date_facts",
                    f"there are {now:,} {what} for {each.day}, {_compared(found, each.day)} there were {before:,}; "
                    f"more than {limits.facts_lost_share:.0%} and at least {limits.facts_lost_at_least} fewer holds "
                    "back a component of the headline",
                    {"worst_date": each.day.isoformat(), "facts_before": before, "facts_now": now},
                    [each.day],
                )
                break


def quarantine_on_new_date(found: Comparison) -> Iterator[Finding]:
    """Yield a new date of a component of which rows are in quarantine: the headline would lack them."""
    unknown = {each.day: each.facts_unknown for each in found.dates if each.is_new and each.facts_unknown}
    if found.subject.in_headline and unknown:
        facts = sum(unknown.values())
        yield _held(
            found,
            "quarantine_on_new_date",
            f"{facts:,} {'figure' if facts == 1 else 'figures'} for {max(unknown)} {'is' if facts == 1 else 'are'} in "
            "quarantine, and no release before has them; a total of the headline without them would be too small",
            {"facts_unknown": facts},
            unknown,
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
        yield _held(
            found,
            "rearranged",
            f"of {worst.total_before:,} people {_compared(found, worst.day)}, {worst.missing:,} are not where they "
            f"were{_for(worst.day)}, and {worst.added:,} are in other places{_likewise(moved)}; more than {share:.0%} "
            "holds back",
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
        yield _held(
            found,
            "sides_exchanged",
            f"of {worst.total_before:,} people {_compared(found, worst.day)}, {worst.exchanged:,} are found "
            f"again{_for(worst.day)} with origin and asylum exchanged, and {worst.total_before - worst.missing:,} as "
            f"they were{_likewise(exchanged)}",
            {"dates": len(exchanged), "worst_date": worst.day.isoformat(), "exchanged": worst.exchanged},
            exchanged,
        )


def place_gone(found: Comparison) -> Iterator[Finding]:
    """Yield countries and corridors of weight that have no figure left."""
    gone = [each for each in found.places if not each.facts_now and _is_weighty(found, each)]
    if gone:
        first = gone[0]
        yield _held(
            found,
            "place_gone",
            f"{_place(first)} has no figure for {first.day}, {_compared(found, first.day)} it had "
            f"{first.people_before:,} people{_others(gone)}; a place of {found.limits.place_gone_share:.0%} of a "
            f"component of the headline, or of {found.limits.facts_lost_at_least} figures, that is gone holds back",
            {"places": len({each.place for each in gone}), "people_before": first.people_before},
            [each.day for each in gone],
        )


def copied_date(found: Comparison) -> Iterator[Finding]:
    """Yield dates whose figures are those of another date: an old table with a new label."""
    copies = {each.day: each for each in found.copies}
    if copies:
        newest = copies[max(copies)]
        yield _held(
            found,
            "copied_date",
            f"{newest.alike:,} of {newest.facts:,} figures for {newest.day} are to the digit those that release "
            f"{found.before.release} had for {newest.other}{_likewise(copies)}; {found.limits.copied_date_share:.0%} "
            "or more holds back",
            {"dates": len(copies), "worst_date": newest.day.isoformat(), "facts_now": newest.facts},
            copies,
        )


def future_date(found: Comparison) -> Iterator[Finding]:
    """Yield reference dates after the day of the release: nobody can have counted then."""
    future = {each.day for each in found.dates if each.facts_now and each.day > found.now.release}
    if future:
        yield _held(
            found,
            "future_date",
            f"it has figures for {max(future)}, which is after the release",
            {"dates": len(future)},
            future,
        )


# --- worth a look -----------------------------------------------------------------------------------------------------


def total_moved(found: Comparison) -> Iterator[Finding]:
    """Yield world totals that moved on dates known before."""
    share = found.limits.total_moved_share
    moved = {
        each.day: (each.total_before, each.total_now)
        for each in found.known
        if each.total_before and abs(each.total_now / each.total_before - 1) > share
    }
    if moved:
        worst = _furthest(moved)
        before, now = moved[worst]
        yield _warned(
            found,
            "total_moved",
            f"the world total{_for(worst)} went from {before:,} to {now:,} ({now / before - 1:+.1%}){_likewise(moved)}",
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
        yield _warned(
            found,
            "new_date_moved",
            f"the world total{_for(worst)} is {now:,}, {_compared(found, worst)} it was {before:,} "
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
        yield _warned(
            found,
            "country_moved",
            f"{_place(first)} has {first.people_now:,} people for {first.day}, {_compared(found, first.day)} it had "
            f"{first.people_before:,}{_others(moved)}",
            {"places": len({each.place for each in moved}), "people_before": first.people_before},
            [each.day for each in moved],
        )


def large_revision(found: Comparison) -> Iterator[Finding]:
    """Yield single figures of known dates that were revised, withdrawn or added by much."""
    facts, limits = found.revised.facts, found.limits
    if facts:
        yield _warned(
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
        yield _warned(found, "country_appears", f"there was no figure of {listed} before", {"countries": listed})


def first_figures_withdrawn(found: Comparison) -> Iterator[Finding]:
    """Yield the withdrawal of the first figures of a series."""
    facts, day = found.revised.first_withdrawn, found.revised.first_date
    if facts and day:
        says = f"{facts:,} of its first figures ({day}) {'was' if facts == 1 else 'were'} withdrawn"
        yield _warned(found, "first_figures_withdrawn", says, {"figures": facts}, [day])


def not_compared(found: Comparison) -> Iterator[Finding]:
    """Yield new dates for which no date of the same kind in the years before is known."""
    alone = {each.day for each in found.dates if each.is_new and each.facts_now and not each.facts_before}
    if alone and not _is_first(found):
        says = f"{max(alone)} is new, and there is no figure for the same date of the years before to compare it with"
        yield _warned(found, "not_compared", says, {"dates": len(alone)}, alone)


BLOCKING: Sequence[Rule] = (
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
WARNING: Sequence[Rule] = (
    total_moved,
    new_date_moved,
    country_moved,
    large_revision,
    country_appears,
    first_figures_withdrawn,
    not_compared,
)


# --- what the rules share ---------------------------------------------------------------------------------------------


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


def _furthest(moved: Mapping[date, tuple[int, int]]) -> date:
    return max(moved, key=lambda day: (abs(moved[day][1] / moved[day][0] - 1), day))


def _is_first(found: Comparison) -> bool:
    """Return whether the release before had no figure of an indicator: a column that came later."""
    return not found.known


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


def _held(
    found: Comparison, rule: str, says: str, numbers: Mapping[str, Number], days: Iterable[date | None] = ()
) -> Finding:
    sentence = f"{_named(found)}: {says}. {how_to_accept(found.now.release, found.subject.code)}"
    return _finding(found, rule, sentence, numbers, days, is_blocking=True)


def _warned(
    found: Comparison, rule: str, says: str, numbers: Mapping[str, Number], days: Iterable[date | None] = ()
) -> Finding:
    return _finding(found, rule, f"{_named(found)}: {says}.", numbers, days, is_blocking=False)


def _finding(
    found: Comparison,
    rule: str,
    sentence: str,
    numbers: Mapping[str, Number],
    days: Iterable[date | None],
    *,
    is_blocking: bool,
) -> Finding:
    return Finding(
        found.now.release,
        found.subject.dataset,
        found.subject.code,
        rule,
        "blocking" if is_blocking else "warning",
        sentence.replace("%", " per cent"),
        {"compared_with": found.before.release.isoformat(), **numbers},
        _days(days),
    )


def _named(found: Comparison) -> str:
    subject = found.subject
    name = subject.name if subject.is_table else f"{subject.name} ({subject.code})"
    return f"{name} of release {found.now.release}"


def _compared(found: Comparison, day: date) -> str:
    """Return with what a date is compared: the release before, or the date a year before."""
    each = next(each for each in found.dates if each.day == day)
    return f"on {each.compared_with}" if each.is_new else f"in release {found.before.release}"


def _place(place: PlaceCompared) -> str:
    names = {"origin": "the country of origin", "asylum": "the country of asylum", "corridor": "the corridor"}
    return f"{names[place.side]} {place.place}"


def _others(places: Sequence[PlaceCompared]) -> str:
    named = sorted({each.place for each in places} - {places[0].place})
    if not named:
        return ""
    rest = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return f", and likewise {', '.join(named[:5])}{rest}"


def _for(day: date | None) -> str:
    return f" for {day}" if day else ""


def _likewise(dates: Iterable[date | None]) -> str:
    known = _days(dates)
    return f", and likewise on {len(known)} dates from {known[0]} to {known[-1]}" if len(known) > 1 else ""


def _days(dates: Iterable[date | None]) -> tuple[date, ...]:
    return tuple(sorted({day for day in dates if day}))
