"""What people ask for by name, held against what there is: an unknown name is an error that lists the known ones.

The nearest is suggested; long lists are cut. Codes are read from the published file, so that nobody is told of what is
not in it. How the answer is found is the business of who asks.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import takewhile
from typing import TYPE_CHECKING

from displacement.errors import WrongUseError
from displacement.query.published import rows
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    import duckdb

LISTED = 12
"""Names a message lists before it says how many more there are."""


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
        wanted: what was asked for.
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
    """Return the name most like the one asked for, or None where none is like it."""
    folded = {name.lower(): name for name in reversed(names)}
    found = difflib.get_close_matches(wanted.strip().lower(), list(folded), n=1, cutoff=0.5)
    return folded[found[0]] if found else None


def listed(names: Sequence[str], where: str = "") -> str:
    """Return the sentence that lists what is known, cut where it is long."""
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


def country(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """Return the ISO 3166-1 alpha-3 code of a country, asked for by that code in either case.

    Raises:
        WrongUseError: there is none; a name, and a code of UNHCR's own, are answered with the code that is meant.
    """
    found = rows(connection, "select iso3, name, unhcr_code from countries order by in_figures desc, iso3")
    codes = [str(row["iso3"]) for row in found]
    asked = wanted.strip().upper()
    if asked in codes:
        return asked
    names = {str(row["name"]): str(row["iso3"]) for row in found}
    of_unhcr = {str(row["unhcr_code"]): str(row["iso3"]) for row in found}
    named = {code: name for name, code in names.items()}
    if asked in of_unhcr:
        code = of_unhcr[asked]
        raise WrongUseError(
            f"There is no country {wanted}. {asked} is UNHCR's own code of {named[code]}; did you mean {code}? "
            "Codes are ISO 3166-1 alpha-3: the table countries lists them all."
        )
    meant = _country_meant(wanted, names, codes)
    suggested = f"{meant} ({named[meant]})" if meant else ""
    raise unknown("country", wanted, codes, where="the table countries lists them all", suggested=suggested)


def _country_meant(wanted: str, names: Mapping[str, str], codes: Sequence[str]) -> str | None:
    """Return the code of the country that was probably meant: by its name, a word of it, or the likeness of codes."""
    asked = wanted.strip().lower()
    for name, code in names.items():
        if name.lower() == asked or (len(asked) > 3 and asked in re.split(r"\W+", name.lower())):
            return code
    if len(asked) <= 3:
        return max(codes, key=lambda code: _likeness(asked.upper(), code))
    near = nearest(wanted, list(names))
    return names[near] if near else None


def _likeness(asked: str, code: str) -> tuple[float, int]:
    """Return how like a code is: by its letters, and among equals by how many it begins with."""
    alike = difflib.SequenceMatcher(None, asked, code).ratio()
    return alike, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(asked, code, strict=False)))


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


def group(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """Return the code of a group of countries.

    Raises:
        WrongUseError: there is none of that code.
    """
    found = rows(connection, "select distinct group_code from country_groups order by group_code")
    return one_of("group of countries", wanted, [str(row["group_code"]) for row in found])


def day(wanted: str) -> date:
    """Return a date written as 2025-12-31.

    Raises:
        WrongUseError: it is not written so.
    """
    try:
        return date.fromisoformat(wanted.strip())
    except ValueError:
        raise WrongUseError(f"{wanted} is no date. Dates are written as 2025-12-31.") from None


def reference_date(wanted: str, known: Sequence[date], what: str) -> date:
    """Return a reference date that is among those known.

    Args:
        wanted: the date as it was written.
        known: the dates there are, oldest first.
        what: what they are the dates of, for the message.

    Raises:
        WrongUseError: it is no date, or none of those.
    """
    asked = day(wanted)
    if asked in known:
        return asked
    if not known:
        raise WrongUseError(f"There are no figures of {what}.")
    dates = [str(one) for one in reversed(known)]
    raise unknown("reference date", asked, dates, of=f"of {what}", suggested=_nearest_day(wanted, known))


def _nearest_day(wanted: str, known: Sequence[date]) -> str:
    """Return the day nearest to one that is written as a date; empty where it is none."""
    try:
        asked = day(wanted)
    except WrongUseError:
        return ""
    return str(min(known, key=lambda one: abs(one - asked)))


def text_list(values: Iterable[object]) -> str:
    """Return values as a list for SQL's IN."""
    return ", ".join(f"'{sql_text(value)}'" for value in values)
