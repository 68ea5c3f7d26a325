"""Names people write, looked up among those there are: an unknown name is an error with the nearest and the known ones.

Codes are read from the published file, so that nobody is told of what is not in it; the names of countries are those
of the reviewed tables, in six languages.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import takewhile
from typing import TYPE_CHECKING

from displacement import language
from displacement.errors import WrongUseError
from displacement.storage.duck import rows

if TYPE_CHECKING:
    import duckdb

LISTED = 12
"""Names a message lists before it gives the number of the others."""

CANDIDATES = 6
"""Countries a message offers for an ambiguous name."""


def unknown(
    kind: str,
    wanted: object,
    known: Collection[object],
    *,
    of: str = "",
    where: str = "",
    suggested: str | None = None,
) -> WrongUseError:
    """Return the error for a name that is not known: the nearest, and those known.

    Args:
        kind: what it is a name of, such as `indicator`.
        wanted: the name as it was written.
        known: the names there are, in the order to list them.
        of: what it would belong to: `in global_totals`.
        where: what lists them all, for a long list: `the table countries lists them all`.
        suggested: what was probably meant, where more is known than the likeness of names; empty for nothing.
    """
    names = [str(name) for name in known]
    meant = nearest(str(wanted), names) if suggested is None else suggested
    words = " ".join(part for part in (kind, str(wanted), of) if part)
    return WrongUseError(f"There is no {words}.{f' Did you mean {meant}?' if meant else ''} {listed(names, where)}")


def nearest(wanted: str, names: Sequence[str]) -> str | None:
    """Return the name most like another, or None where none is like it.

    >>> nearest("refugee", ["refugees", "returned_refugees"])
    'refugees'
    """
    folded = {name.lower(): name for name in reversed(names)}
    found = difflib.get_close_matches(wanted.strip().lower(), list(folded), n=1, cutoff=0.5)
    return folded[found[0]] if found else None


def listed(names: Sequence[str], where: str = "") -> str:
    """Return the sentence that lists names, cut where it is long."""
    if not names:
        return "None is known."
    shown = names if len(names) <= LISTED + 1 else names[:LISTED]
    rest = f" … and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    return f"Known: {', '.join(shown)}{rest}{f' ({where})' if where else ''}."


def one_of(kind: str, wanted: str, known: Iterable[str], *, of: str = "", where: str = "") -> str:
    """Return a name that is known, whatever its case.

    Raises:
        WrongUseError: it is not known.
    """
    names = list(known)
    for name in names:
        if name.lower() == wanted.strip().lower():
            return name
    raise unknown(kind, wanted, names, of=of, where=where)


def indicator(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """Return the code of an indicator.

    Raises:
        WrongUseError: there is none of that name.
    """
    known = [str(row["indicator"]) for row in rows(connection, "select indicator from indicators")]
    return one_of("indicator", wanted, known, where="the table indicators lists them all")


def release(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """Return the day of a release.

    Raises:
        WrongUseError: there is none of that day.
    """
    known = [row["release"] for row in rows(connection, "select release from releases order by release")]
    days = [str(one) for one in known]
    if wanted.strip() in days:
        return wanted.strip()
    raise unknown("release", wanted, days, suggested=_nearest_day(wanted, known))


def newest_release(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the day of the newest release."""
    [found] = rows(connection, "select max(release) as day from releases")
    return str(found["day"])


def group(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """Return the code of a group of countries.

    Raises:
        WrongUseError: there is none of that code.
    """
    found = rows(connection, "select distinct group_code from country_groups order by group_code")
    return one_of("group of countries", wanted, [str(row["group_code"]) for row in found])


# --- countries --------------------------------------------------------------------------------------------------------


def country(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """Return the ISO 3166-1 alpha-3 code of a country, from its code or a name people use, in one of six languages.

    Raises:
        WrongUseError: there is none, several are meant, or it is counted within another.
    """
    found = rows(connection, "select iso3, name, unhcr_code from countries order by in_figures desc, iso3")
    names = {str(row["iso3"]): str(row["name"]) for row in found}
    return country_code(wanted, names, {str(row["unhcr_code"]): str(row["iso3"]) for row in found})


def country_code(wanted: str, names: dict[str, str], of_unhcr: dict[str, str]) -> str:
    """Return the code of a country among those of `names` (names by code); `of_unhcr` has the codes by UNHCR's own.

    Raises:
        WrongUseError: as `country`.
    """
    asked = wanted.strip().upper()
    if asked in names:
        return asked
    place = language.place(wanted)
    if place.counted_within:
        [code] = place.codes
        raise WrongUseError(
            f"{wanted} has no figures of its own. {place.counted_within}; ask for {code} ({names[code]})."
        )
    candidates = [code for code in place.codes if code in names]
    if len(candidates) == 1 and place.is_certain:
        return candidates[0]
    if asked in of_unhcr:
        code = of_unhcr[asked]
        raise WrongUseError(
            f"There is no country {wanted}. {asked} is UNHCR's own code of {names[code]}; did you mean {code}? "
            "Codes are ISO 3166-1 alpha-3: the table countries lists them all."
        )
    if not candidates and len(asked) <= 3 and asked.isascii():
        candidates = [max(names, key=lambda code: _likeness(asked, code))]
    suggested = " or ".join(f"{code} ({names[code]})" for code in candidates[:CANDIDATES])
    raise unknown("country", wanted, list(names), where="the table countries lists them all", suggested=suggested)


def _likeness(asked: str, code: str) -> tuple[float, int]:
    """Return how like a code is: by its letters, and among equals by how many it begins with."""
    alike = difflib.SequenceMatcher(None, asked, code).ratio()
    return alike, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(asked, code, strict=False)))


# --- days -------------------------------------------------------------------------------------------------------------


def day(wanted: str) -> date:
    """Return a date written as 2025-12-31.

    Raises:
        WrongUseError: it is not written so.
    """
    try:
        return date.fromisoformat(wanted.strip())
    except ValueError:
        raise WrongUseError(f"{wanted} is not a valid date. Dates are written as 2025-12-31.") from None


def reference_date(wanted: str, known: Sequence[date], what: str) -> date:
    """Return a reference date that is among those known.

    Args:
        wanted: the date as it was written.
        known: the dates there are, oldest first.
        what: what they are the dates of, for the message.

    Raises:
        WrongUseError: it is not a valid date, or none of those.
    """
    asked = day(wanted)
    if asked in known:
        return asked
    if not known:
        raise WrongUseError(f"There are no figures of {what}.")
    if asked.month == 6 and all(one.month != 6 for one in known):
        raise WrongUseError(f"There are no mid-year figures of {what}, only year-ends. The newest is of {known[-1]}.")
    dates = [str(one) for one in reversed(known)]
    raise unknown("reference date", asked, dates, of=f"of {what}", suggested=_nearest_day(wanted, known))


def _nearest_day(wanted: str, known: Sequence[date]) -> str:
    """Return the day nearest to one that is written as a date; empty where it is not one."""
    try:
        asked = day(wanted)
    except WrongUseError:
        return ""
    return str(min(known, key=lambda one: abs(one - asked)))
