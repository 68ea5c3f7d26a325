"""The words of the gate's findings: how what was compared is named in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from displacement.ledger.gate_compare import Comparison, PlaceCompared
from displacement.ledger.gate_findings import Finding, Number, how_to_accept


def held(
    found: Comparison, rule: str, says: str, numbers: Mapping[str, Number], days: Iterable[date | None] = ()
) -> Finding:
    """Return the finding that holds a subject back, with what to do."""
    sentence = f"{_named(found)}: {says}. {how_to_accept(found.now.release, found.subject.code)}"
    return _finding(found, rule, sentence, numbers, days, is_blocking=True)


def warned(
    found: Comparison, rule: str, says: str, numbers: Mapping[str, Number], days: Iterable[date | None] = ()
) -> Finding:
    """Return the finding about what passes and is worth a look."""
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
        sorted_days(days),
    )


def _named(found: Comparison) -> str:
    subject = found.subject
    name = subject.name if subject.is_table else f"{subject.name} ({subject.code})"
    return f"{name} of release {found.now.release}"


def compared_on(found: Comparison, day: date) -> str:
    """Return with what a date is compared: the release before, or the date a year before."""
    each = next(each for each in found.dates if each.day == day)
    return f"on {each.compared_with}" if each.is_new else f"in release {found.before.release}"


def place_named(place: PlaceCompared) -> str:
    """Return a country or corridor by its role and code."""
    names = {"origin": "the country of origin", "asylum": "the country of asylum", "corridor": "the corridor"}
    return f"{names[place.side]} {place.place}"


def others_too(places: Sequence[PlaceCompared]) -> str:
    """Return which other places the same was found of."""
    named = sorted({each.place for each in places} - {places[0].place})
    if not named:
        return ""
    rest = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return f", and likewise {', '.join(named[:5])}{rest}"


def for_day(day: date | None) -> str:
    """Return for which date, where there is one."""
    return f" for {day}" if day else ""


def likewise(dates: Iterable[date | None]) -> str:
    """Return on which other dates the same was found."""
    known = sorted_days(dates)
    return f", and likewise on {len(known)} dates from {known[0]} to {known[-1]}" if len(known) > 1 else ""


def sorted_days(dates: Iterable[date | None]) -> tuple[date, ...]:
    """Return dates once each, the oldest first."""
    return tuple(sorted({day for day in dates if day}))


def furthest(moved: Mapping[date, tuple[int, int]]) -> date:
    """Return the date whose total moved furthest."""
    return max(moved, key=lambda day: (abs(moved[day][1] / moved[day][0] - 1), day))


def in_quarantine(found: Comparison) -> Iterator[tuple[str, date]]:
    """Yield how many figures of each new date are in quarantine, in words."""
    for each in found.dates:
        if each.is_new and each.facts_unknown:
            number = each.facts_unknown
            yield f"{number:,} {'figure is' if number == 1 else 'figures are'}", each.day
