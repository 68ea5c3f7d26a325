"""A country's profile for a terminal of 80 columns and 45 lines; a section without figures is one line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from displacement.query.country import Profile, Stock
from displacement.query.formats import drawn, printed_day
from displacement.query.held_back import Held
from displacement.query.revisions import what_happened

WIDTH = 80
NAME = 22
ODDITIES = 3
ODDITY_LINES = 2
BLOCKS = "▁▂▃▄▅▆▇█"

NAMES = {
    "refugees": "refugees",
    "unrwa_refugees": "refugees (UNRWA)",
    "asylum_seekers": "asylum-seekers",
    "oip": "other people in need",
    "refugees_and_oip": "= as UNHCR ranks them",
    "displaced_across": "= across borders",
    "idmc_idps": "IDPs (IDMC)",
    "overlap": "− counted twice",
    "forcibly_displaced": "= forcibly displaced",
    "stateless": "stateless people",
    "hst": "host community helped",
}
SOLUTIONS = {
    "returned_to": "returned here",
    "returned_from": "returned from here",
    "resettled_from": "of its people resettled",
    "resettled_to": "resettled here",
    "naturalised_elsewhere": "of its people naturalised",
    "naturalised_here": "naturalised here",
    "returned_idps": "IDPs returned",
}


def told(profile: Profile) -> str:
    """Return the profile as lines."""
    sections = [
        _head(profile),
        [_stocks("FROM HERE", profile.origin, "nobody from here is recorded")],
        [_stocks("HOSTED HERE", profile.asylum, "nobody is recorded here"), *_hosting(profile.hosting)],
        [_corridors(profile)],
        [*_solutions(profile.solutions), *_changes(profile)],
        [*_partial(profile.partial), *_revisions(profile.revisions), *_oddities(profile.oddities)],
        _held(profile.held),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section)


def _head(profile: Profile) -> list[str]:
    where = ", ".join(dict.fromkeys(part for part in (profile.subregion, profile.region) if part))
    name = f"{profile.name} ({profile.country}){f' · {where}' if where else ''}"
    release = f"as of release {profile.as_of}" if profile.as_of else f"release of {profile.newest_release}"
    return [_cut(name, WIDTH), f"{printed_day(profile.reference_date)} · {release} · UNHCR, UNRWA, IDMC, World Bank"]


def _stocks(title: str, stocks: Sequence[Stock], nobody: str) -> str:
    if not stocks:
        return f"{title}: {nobody}."
    if "oip" not in {stock.measure for stock in stocks}:  # then refugees are the same
        stocks = [stock for stock in stocks if stock.measure != "refugees_and_oip"]
    years = list(stocks[0].trend)
    head = [f"{title:<{NAME + 2}}", "people", "in a year", "of world", "rank", f"{years[0]}–{years[-1]}"]
    cells = [
        [
            f"  {NAMES[stock.measure]}",
            f"{stock.value:,}" if stock.value is not None else "–",
            "" if stock.change is None else f"{stock.change:+,}" if stock.change else "0",
            f"{stock.share_of_world:.1%}" if stock.share_of_world is not None else "",
            str(stock.rank) if stock.rank is not None else "",
            spark(stock.trend.values()),
        ]
        for stock in stocks
    ]
    return drawn([], [head, *cells], [False, True, True, True, True, False], padding=(0, 1, 0, 0))


def spark(values: Iterable[int | None]) -> str:
    """Return a trend as one block for each value, from zero up to the largest; a gap where there is none.

    >>> spark([50, None, 100])
    '▅ █'
    """
    known = list(values)
    largest = max((value for value in known if value is not None), default=0) or 1
    return "".join(
        " " if value is None else BLOCKS[min(len(BLOCKS) - 1, value * len(BLOCKS) // largest)] for value in known
    )


def _hosting(row: dict[str, Any]) -> list[str]:
    parts = [
        _quotient(row, "per_1000_inhabitants", "per 1,000 inhabitants", "population", "population_year"),
        _quotient(row, "per_million_usd_gdp", "per million USD of GDP", "GDP", "gdp_year"),
    ]
    if row.get("unrwa_refugees") and row["per_1000_inhabitants_with_unrwa"] is not None:
        more = f"{_few(row['per_1000_inhabitants_with_unrwa'])} per 1,000"
        if row["per_million_usd_gdp_with_unrwa"] is not None:
            more += f", {_few(row['per_million_usd_gdp_with_unrwa'])} per million USD"
        parts.append(f"with UNRWA's refugees: {more}")
    found = [part for part in parts if part]
    return [f"  {part}" for part in found] or ["  per head and per GDP: no figure."]


def _quotient(row: dict[str, Any], column: str, words: str, denominator: str, year: str) -> str:
    if row.get(column) is None:
        return ""
    rank = row[f"rank_{column}"]
    return f"{_few(row[column])} {words}, rank {rank} ({denominator} of {row[year]})"


def _few(quotient: float) -> str:
    """Return a quotient with as many digits as it deserves."""
    return f"{quotient:,.1f}" if quotient >= 10 else f"{quotient:.2g}"


def _corridors(profile: Profile) -> str:
    sides = [_ways("GONE TO", profile.gone_to), _ways("COME FROM", profile.come_from)]
    return drawn([], [sides], padding=(0, 3, 0, 0))


def _ways(title: str, found: Sequence[dict[str, Any]]) -> str:
    if not found:
        return f"{title}: no figure."
    lines = (f"  {row['country']} {_cut(row['name'], 20):<20} {row['displaced_across']:>10,}" for row in found)
    return "\n".join([title, *lines])


def _solutions(row: dict[str, Any]) -> list[str]:
    found = [f"{row[name]:,} {said}" for name, said in SOLUTIONS.items() if row.get(name)]
    return _wrapped(f"SOLUTIONS {row['year']}  {', '.join(found)}") if found else ["SOLUTIONS: no figure."]


def _changes(profile: Profile) -> list[str]:
    lines = [line for row in profile.changes for line in _change(row)]
    return lines or ["HOW ITS REFUGEES CHANGED: no figure."]


def _change(row: dict[str, Any]) -> Iterator[str]:
    title = "REFUGEES FROM HERE" if row["role"] == "origin" else "REFUGEES HERE"
    if row["stock_before"] is None or row["stock_after"] is None:
        return
    parts = [f"{row['stock_before']:,}"]
    for name, sign, said in (
        ("newly_recognised", "+", "new"),
        ("returned", "-", "returned"),
        ("naturalised", "-", "naturalised"),
        ("resettled", "-", "resettled"),
    ):
        if row[name]:
            parts.append(f"{sign} {row[name]:,} {said}")
    if row["remainder"] is not None:
        parts.append(f"{'-' if row['remainder'] > 0 else '+'} {abs(row['remainder']):,} unexplained")
    yield from _wrapped(f"{title} {row['year']}  {' '.join(parts)} = {row['stock_after']:,}")


def _partial(found: Sequence[dict[str, Any]]) -> list[str]:
    said = (
        f"PART OF A YEAR  {row['year']} up to {printed_day(row['covers_to'])} only: {row['indicators']}"
        for row in found
    )
    return [line for text in said for line in _wrapped(text)]


def _revisions(found: dict[str, Any]) -> list[str]:
    if not found["figures"]:
        return ["REVISIONS: none in the releases kept here."]
    row = found["largest"]
    places = row["origin"] if row["origin"] == row["asylum"] else f"{row['origin']}→{row['asylum']}"
    largest = f"{row['indicator']} {places} {row['reference_date']}: {what_happened(row)}"
    count = f"{found['figures']:,} in {found['releases']} release{'s' if found['releases'] > 1 else ''}"
    return _wrapped(f"REVISIONS  {count}; the largest, in {row['release']}: {largest}")


def _oddities(found: Sequence[dict[str, Any]]) -> list[str]:
    if not found:
        return ["ODDITIES: no rule finds any in a figure of this place alone."]
    more = f" of {len(found):,}, the newest" if len(found) > ODDITIES else ""
    lines = [f"ODDITIES {min(len(found), ODDITIES)}{more}"]
    for row in found[:ODDITIES]:
        places = dict.fromkeys(str(row[side]) for side in ("origin", "asylum") if row[side])
        said = f"{row['reference_date']}  {row['indicator']} {'→'.join(places)}: {row['reason']}"
        lines += textwrap.wrap(
            said,
            WIDTH,
            initial_indent="  ",
            subsequent_indent=" " * 14,
            max_lines=ODDITY_LINES,
            placeholder=" …",
        )
    return lines


def _held(held: Sequence[Held]) -> list[str]:
    """Return what is held back, in English: no other language is read for it, which would need Babel."""
    lines = []
    for release, of_it in groupby(held, key=lambda one: one.release):
        what = ", ".join(NAMES.get(one.what, one.what.replace("_", " ")) for one in of_it)
        lines += _wrapped(f"Held back from the release of {release} and shown as before: {what}.")
    if any(one.leaves_total_out for one in held):
        lines += _wrapped("The world's total is left out where it would change.")
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
