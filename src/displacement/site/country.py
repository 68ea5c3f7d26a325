"""The contents of the page of a country: its numbers, the rows of its charts, and which sentences fit its figures.

Everything here is the same in every language; the template puts it into words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from displacement.charts import ChartData
from displacement.charts.drawer import declared
from displacement.site.facts import ACROSS, OTHERS, SOLUTIONS, Facts, ReleasedValue, Row, Total, year_ends

REVISIONS_SHOWN = 8
"""How many of the largest revisions a country's page lists; the page of its figures has all."""
PLACES_SHOWN = 10
ODDITIES_SHOWN = 8
NOTES_SHOWN = 8
BANDS = {"0_4": "0–4", "5_11": "5–11", "12_17": "12–17", "18_59": "18–59", "60": "60+"}
"""The age bands of the publisher."""
PLACES_NAMED = 3
NOWHERE = frozenset({"UNK", "XXA"})
"""Unknown and stateless: rows of a table, but no place a sentence could name."""


@dataclass(frozen=True, slots=True)
class RankedBar:
    """A row of ranked bars: its length in per cent of the longest."""

    row: Row
    value: int
    length: float


@dataclass(frozen=True)
class Trend:
    """A chart over years on a page, what it is drawn from, and the table behind it: the newest year first."""

    name: str
    role: str
    series: tuple[str, ...]
    data: ChartData | None
    rows: list[Row]
    newest: Row | None

    @cached_property
    def table(self) -> list[tuple[str, dt.date, bool, tuple[int | None, ...]]]:
        """The rows of the table behind the chart: date as in addresses, date, whether it is a mid-year, values."""
        return [
            (
                row["reference_date"].isoformat(),
                row["reference_date"],
                row["period"] == "mid-year",
                tuple(row[name] for name in self.series),
            )
            for row in self.rows
        ]


@dataclass(frozen=True)
class Places:
    """The countries at the other end of a country's corridors: bars, then how many more there are and their sum."""

    bars: list[RankedBar]
    others: int
    others_sum: int

    @property
    def named(self) -> list[RankedBar]:
        """Those a sentence names: the largest, without unknown places."""
        return [bar for bar in self.bars if not {str(bar.row["origin"]), str(bar.row["asylum"])} & NOWHERE][
            :PLACES_NAMED
        ]


@dataclass(frozen=True)
class Ages:
    """The people of one population type by sex and age: rows of band, women, men, each with its length in per cent."""

    row: Row
    bands: list[tuple[str, int, int, float, float]]


@dataclass(frozen=True)
class Revision:
    """A total that took another value with a release."""

    total: Total
    before: int
    after: int
    release: dt.date

    @property
    def difference(self) -> int:
        """By how much."""
        return self.after - self.before


@dataclass(frozen=True)
class CountryPage:
    """Everything on the page of a country."""

    code: str
    row: Row
    newest: dt.date
    origin: Row
    origin_before: Row
    host: Row
    host_before: Row
    trend_origin: Trend
    trend_host: Trend
    inside: Trend
    destinations: Places
    origins: Places
    solutions: list[dict[str, Any]]
    hosting: Row | None
    ages: Ages | None
    oddities: list[Row]
    notes: list[Row]
    partial: list[Row]
    revisions: list[Revision]
    revised: int

    @property
    def has_figures(self) -> bool:
        """Whether anything at all is known."""
        return bool(self.trend_origin.rows or self.trend_host.rows or self.inside.rows)


def country_page(facts: Facts, code: str, chart: Callable[[str, str], ChartData | None]) -> CountryPage:
    """Return what the page of a country shows; `chart` gives what a chart of a country is drawn from."""
    origin, asylum = facts.by_country.get((code, "origin"), []), facts.by_country.get((code, "asylum"), [])
    newest, before = facts.newest, facts.newest.replace(year=facts.newest.year - 1)
    changes = revisions(facts, facts.totals_of.get(code, ()))
    return CountryPage(
        code=code,
        row=facts.countries[code],
        newest=newest,
        origin=_at(origin, newest),
        origin_before=_at(origin, before),
        host=_at(asylum, newest),
        host_before=_at(asylum, before),
        trend_origin=trend("country-displaced", "origin", origin, chart("country-displaced", code)),
        trend_host=trend("country-host", "asylum", asylum, chart("country-host", code)),
        inside=trend("country-inside", "asylum", asylum, chart("country-inside", code), also=OTHERS),
        destinations=_places(facts.destinations.get(code, ()), "origin"),
        origins=_places(facts.origins.get(code, ()), "asylum"),
        solutions=_solutions(facts, code),
        hosting=facts.hosting.get(code),
        ages=_ages(facts.ages.get(code, ())),
        oddities=facts.oddities.get(code, [])[:ODDITIES_SHOWN],
        partial=facts.partial.get(code, []),
        notes=facts.notes.get(code, [])[:NOTES_SHOWN],
        revisions=changes[:REVISIONS_SHOWN],
        revised=len(changes),
    )


def trend(name: str, role: str, rows: Sequence[Row], data: ChartData | None, also: tuple[str, ...] = ()) -> Trend:
    """Return a chart of a country through time, with every date and further population types in its table."""
    series = declared(name).types
    shown = [row for row in rows if any(row[column] is not None for column in (*series, *also))]
    columns = tuple(column for column in (*series, *also) if any(row[column] is not None for row in shown))
    newest = next((row for row in reversed(year_ends(shown)) if any(row[column] for column in series)), None)
    return Trend(name, role, columns, data, shown[::-1], newest)


def revisions(facts: Facts, totals: Sequence[Total]) -> list[Revision]:
    """Return every change of some totals between releases, the largest first; inside a country counts once."""
    found = [
        Revision(total, before.value, after.value, after.release)
        for total in totals
        if not (total.role == "asylum" and total.indicator in ("idmc_idps", "idps", "returned_idps"))
        for before, after in _steps(facts.history[total])
    ]
    return sorted(found, key=lambda one: (-abs(one.difference), one.release, one.total))


def _steps(history: Sequence[ReleasedValue]) -> list[tuple[ReleasedValue, ReleasedValue]]:
    """Return the changes of a total; one that was withdrawn and came back counts as what came of it in the end."""
    if len(history) == 1:
        return []
    known = [one for place, one in enumerate(history) if one.value or place == len(history) - 1]
    return [(before, after) for before, after in pairwise(known) if before.value != after.value]


def _at(rows: Sequence[Row], date: dt.date) -> Row:
    return next((row for row in rows if row["reference_date"] == date), {})


def _places(rows: Sequence[Row], own: str) -> Places:
    other = "asylum" if own == "origin" else "origin"
    elsewhere = [row for row in rows if row[own] != row[other]]
    if not elsewhere:
        return Places([], 0, 0)
    return Places(*ranked(elsewhere, "displaced_across", PLACES_SHOWN))


def ranked(rows: Sequence[Row], column: str, most: int = 10) -> tuple[list[RankedBar], int, int]:
    """Return the largest rows as bars, then how many rows are left and their sum.

    >>> bars, others, rest = ranked([{"people": 50}, {"people": 30}, {"people": 5}], "people", most=2)
    >>> [bar.length for bar in bars], others, rest
    ([100.0, 60.0], 1, 5)
    """
    head, rest = rows[:most], rows[most:]
    longest = max((row[column] for row in head), default=1)
    bars = [RankedBar(row, row[column], round(100 * row[column] / longest, 1)) for row in head]
    return bars, len(rest), sum(row[column] for row in rest)


def _solutions(facts: Facts, code: str) -> list[dict[str, Any]]:
    """Return for each year who came home to the country, was resettled or naturalised; the newest year first.

    Returns are counted by the country returned to, resettlement and naturalisation by the country that received.
    """
    roles = {
        "returned_refugees": "origin",
        "resettlement": "asylum",
        "naturalisation": "asylum",
        "returned_idps": "origin",
    }
    years: dict[int, dict[str, Any]] = {}
    for total in facts.totals_of.get(code, ()):
        if total.indicator in SOLUTIONS and roles[total.indicator] == total.role and total.reference_date.month == 12:
            value = facts.history[total][-1].value
            if value:
                years.setdefault(total.reference_date.year, {})[total.indicator] = (value, total)
    return [{"year": year, **years[year]} for year in sorted(years, reverse=True)]


def _ages(rows: Sequence[Row]) -> Ages | None:
    """Return the sex and age of the largest group of people here or from here for which they are known."""
    here = [row for row in rows if row["role"] == "asylum"] or list(rows)
    if not here:
        return None
    row = max(here, key=lambda one: (one["year"], one["people"]))
    known = [(label, row[f"female_{name}"] or 0, row[f"male_{name}"] or 0) for name, label in BANDS.items()]
    longest = max(max(female, male) for _, female, male in known) or 1
    return Ages(
        row,
        [
            (label, female, male, round(100 * female / longest, 1), round(100 * male / longest, 1))
            for label, female, male in reversed(known)
        ],
    )


def sum_of(row: Row, columns: Sequence[str] = ACROSS) -> int | None:
    """Return the sum of those columns that have a figure; None where none has."""
    known = [row[column] for column in columns if row.get(column) is not None]
    return sum(known) if known else None
