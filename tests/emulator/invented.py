"""A small world that is invented, coherent and always the same: two dozen places, every table, any day of release.

`small_world("2024-06-14")` is a year-end release, `small_world("2024-10-21")` the mid-year release after it, and so on
for any day: what a release holds follows from its day by the publisher's calendar. Later releases agree with earlier
ones but for revisions of about one fact in forty, far below what the release gate minds. Tables are made here; nothing
is answered or altered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import pyarrow as pa

from tests.emulator.reference import codes, name_of
from tests.emulator.world import World

FIRST = 2007
"""The first year of the invented tables; IDMC's figures by country begin two years later."""
# fmt: off
COUNTRIES_OF_ORIGIN = (
    "AFG", "COD", "COL", "EGY", "ERI", "ETH", "IRQ", "MMR", "PSE", "SDN", "SOM", "SSD", "SYR", "UKR", "VEN",
)
ORIGINS = (*COUNTRIES_OF_ORIGIN, "TIB", "UNK", "XXA")
ASYLUMS = (
    "ARE", "AUS", "AUT", "CHE", "COL", "CUW", "DEU", "EGY", "ETH", "IRN", "JOR", "KEN", "LBN", "MAR", "MTQ", "PAK",
    "POL", "SRB", "TUR", "UGA", "USA",
)
WITH_IDPS = ("AFG", "COD", "COL", "ERI", "ETH", "IRQ", "MMR", "PSE", "SDN", "SOM", "SSD", "SYR", "UKR")
# fmt: on
UNRWA_PLACES = ("JOR", "LBN", "PSE", "SYR")
BANDS = {"0_4": 0.16, "5_11": 0.22, "12_17": 0.14, "18_59": 0.40, "60": 0.06, "other": 0.02}

Row = dict[str, Any]


@dataclass(frozen=True)
class Period:
    """A year of a release, whole or its first half."""

    year: int
    half: bool = False

    @property
    def time(self) -> float:
        """The reference date in years."""
        return self.year + (0.5 if self.half else 1.0)

    @property
    def carried(self) -> Period:
        """The period whose figures stand in for this one where nobody counts in the middle of a year."""
        return Period(self.year - 1) if self.half else self


@cache
def small_world(release: str = "2024-06-14") -> World:
    """Return the invented world as it was released on a day."""
    newest = newest_period(date.fromisoformat(release))
    return World(release, {dataset: Maker(newest, dataset).table for dataset in TABLES})


def newest_period(day: date) -> Period:
    """Return the newest period a release of a day holds: from October the half year, from June the year before."""
    if day.month >= 10:
        return Period(day.year, half=True)
    return Period(day.year - 1, half=day.month < 6)


@dataclass(frozen=True)
class Maker:
    """Makes one table of one release, period by period."""

    newest: Period
    dataset: str

    def table(self) -> pa.Table:
        """Return the table, its rows in the order the publisher keeps: years, then places of asylum, then origins."""
        columns, rows = TABLES[self.dataset]
        made = [
            (period.year, *_identity(row), *(row.get(column) for column in columns))
            for period in self.periods()
            for row in sorted(rows(self, period), key=_place)
        ]
        names = ("year", "coo_name", "coo", "coo_iso", "coa_name", "coa", "coa_iso", *columns)
        types = [pa.string() if name[:2] == "co" or name in DETAILS else pa.int64() for name in names]
        return pa.table(
            [pa.array(values, kind) for values, kind in zip(zip(*made, strict=True), types, strict=True)], names
        )

    def periods(self) -> list[Period]:
        """Return the periods of the table: demographics wait for the end of the year."""
        whole = [Period(year) for year in range(FIRST, self.newest.carried.year + 1)]
        return [*whole, self.newest] if self.newest.half and self.dataset != "demographics" else whole

    def beside(self, dataset: str) -> Maker:
        """Return the maker of another table of the release."""
        return replace(self, dataset=dataset)

    def value(self, period: Period, amount: float, *fact: str) -> int:
        """Return a count as this release has it: rounded, perhaps revised since it first came out, or withdrawn."""
        if not amount:
            return 0
        chance, age = noise(self.dataset, period.year, *fact), self.newest.year - period.year
        if chance < 0.001 and age > 3:
            return 0
        revised = chance < 0.025 and age > 1 + 3 * noise("when", period.year, *fact)
        return people(amount * (1.02 if revised else 1.0))


# --- numbers ----------------------------------------------------------------------------------------------------------


def noise(*key: object) -> float:
    """Return a number from 0 to 1 that is always the same for a key."""
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=4).digest()) / 2**32


def people(amount: float) -> int:
    """Return a whole number as the publisher rounds it: counts under five to a multiple of five."""
    number = round(amount)
    return number if number >= 5 else 5 * round(number / 5)


def stock(name: str, origin: str, asylum: str, time: float, *, likely: float = 1.0, size: float = 4.0) -> float:
    """Return how many people of an origin are in a place at a time: each pair of places has a size and a trend."""
    there, large, growing = _character(name, origin, asylum)
    if there > likely:
        return 0.0
    return float(10 ** (1.2 + size * large) * (1.0 + 0.10 * (growing - 0.35)) ** (time - FIRST))


@cache
def _character(name: str, origin: str, asylum: str) -> tuple[float, float, float]:
    there, size, trend = (noise(what, name, origin, asylum) for what in ("there", "size", "trend"))
    return there, size, trend


def flow(name: str, origin: str, asylum: str, period: Period, *, likely: float = 1.0, size: float = 3.0) -> float:
    """Return how many events of a kind fall into a period; a first half has somewhat less than half of them."""
    amount = stock(name, origin, asylum, period.year, likely=likely, size=size)
    return amount * (0.8 + 0.4 * noise("year", name, origin, asylum, period.year)) * (0.47 if period.half else 1.0)


def pairs() -> Iterator[tuple[str, str]]:
    """Yield every origin with every place of asylum that is another."""
    return ((origin, asylum) for asylum in ASYLUMS for origin in ORIGINS if origin != asylum)


# --- the rows of each table -------------------------------------------------------------------------------------------


def _population(maker: Maker, period: Period) -> Iterator[Row]:
    def stand(name: str, origin: str, asylum: str, likely: float, size: float = 4.0) -> int:
        amount = stock(name, origin, asylum, period.time, likely=likely, size=size)
        return maker.value(period, amount, name, origin, asylum)

    for origin, asylum in pairs():
        row = {
            "refugees": stand("refugees", origin, asylum, 0.7),
            "asylum_seekers": stand("asylum_seekers", origin, asylum, 0.6, 3.0),
            "returned_refugees": _returned(maker, period, origin, asylum),
            "stateless": stand("stateless", origin, asylum, 0.9) if origin == "XXA" else 0,
            "ooc": stand("ooc", origin, asylum, 0.05),
            "oip": (stand("oip", origin, asylum, 0.8) or None) if origin == "VEN" and period.year >= 2018 else None,
        }
        yield from _if_any(origin, asylum, NOBODY | row)
    for place in WITH_IDPS:
        row = {
            "idps": stand("idps", place, place, 1.0, 5.0),
            "returned_idps": _returned(maker, period, place, place),
            "hst": stand("hst", place, place, 0.7) if period.year >= 2019 else 0,
        }
        yield from _if_any(place, place, NOBODY | row)


def _returned(maker: Maker, period: Period, origin: str, asylum: str) -> int:
    """Return how many went home: the population table and the solutions table say the same."""
    if origin not in COUNTRIES_OF_ORIGIN:
        return 0
    amount = flow("returned", origin, asylum, period, likely=0.9 if origin == asylum else 0.25)
    return maker.beside("returns").value(period, amount, origin, asylum)


def _solutions(maker: Maker, period: Period) -> Iterator[Row]:
    for origin, asylum in pairs():
        settled = flow("settled", origin, asylum, period, likely=0.9) if asylum in ("AUS", "DEU", "USA") else 0.0
        naturalised = flow("naturalised", origin, asylum, period, likely=0.3)
        row = {
            "returned_refugees": _returned(maker, period, origin, asylum) or None,
            "resettlement": maker.value(period, settled, "settled", origin, asylum) or None,
            "naturalisation": maker.value(period, naturalised, "naturalised", origin, asylum) or None,
        }
        yield from _if_any(origin, asylum, row)
    for place in WITH_IDPS:
        yield from _if_any(place, place, {"returned_idps": _returned(maker, period, place, place) or None})


def _applications(maker: Maker, period: Period) -> Iterator[Row]:
    for origin, asylum in pairs():
        procedures = [("G", "N", "FI", "P", 1.0), ("G", "A", "AR", "P", 0.3)]
        if asylum == "USA":
            procedures = [("G", "N", "EO", "P", 0.6), ("G", "N", "IN", "C", 0.3)]
        elif asylum in ("JOR", "LBN", "TUR"):
            procedures = [("U", "N", "FI", "P", 1.0), ("U", "R", "RA", "P", 0.05)]
        amount = flow("applied", origin, asylum, period, likely=0.7)
        for procedure, kind, level, unit, share in procedures:
            details = {"procedure_type": procedure, "app_type": kind, "dec_level": level, "app_pc": unit}
            applied = maker.value(period, amount * share, origin, asylum, kind, level)
            yield from _if_any(origin, asylum, details | {"applied": applied})


def _decisions(maker: Maker, period: Period) -> Iterator[Row]:
    parts = {"dec_recognized": 0.35, "dec_other": 0.15, "dec_rejected": 0.3, "dec_closed": 0.2}
    for origin, asylum in pairs():
        amount = flow("applied", origin, asylum, period, likely=0.7)
        for level, unit, share in (("FI", "C" if asylum == "USA" else "P", 0.9), ("AR", "P", 0.2)):
            details = {"procedure_type": "G", "dec_level": level, "dec_pc": unit}
            outcomes = {
                name: maker.value(period, amount * share * part, origin, asylum, level, name)
                for name, part in parts.items()
            }
            yield from _if_any(origin, asylum, details | outcomes | {"dec_total": sum(outcomes.values())})


def _demographics(maker: Maker, period: Period) -> Iterator[Row]:
    kinds = {"refugees": "REF", "asylum_seekers": "ASY", "idps": "IDP", "oip": "OIP", "returned_refugees": "RET"}
    for row in _population(maker.beside("population"), period):
        for column, kind in kinds.items():
            if total := row[column]:
                yield from _by_age(row["origin"], row["asylum"], kind, total)


def _by_age(origin: str, asylum: str, kind: str, total: int) -> Iterator[Row]:
    """Yield people by sex and age, of large groups in two places; one group in six is not broken down."""
    camp = total // 3 if total > 5000 else 0
    places = [
        (f"Camp of {name_of(codes()[asylum])}", "R", "P", camp),
        ("Dispersed in the country / territory", "V", "U", total - camp),
    ]
    known = noise("known", origin, asylum, kind) > 1 / 6
    for location, setting, housing, here in places:
        women = round(here * (0.45 + 0.1 * noise("women", origin, kind))) if known else 0
        bands = _bands("f", women) | _bands("m", here - women if known else 0)
        row = {"pop_type": kind, "location": location, "loc_type": setting, "acc_type": housing}
        yield from _if_any(origin, asylum, row | bands | {"total": here})


def _bands(sex: str, count: int) -> Row:
    bands = {f"{sex}_{band}": int(count * share) for band, share in BANDS.items()}
    grown = bands[f"{sex}_18_59"] + count - sum(bands.values())
    return bands | {f"{sex}_18_59": grown, f"{sex}_total": count}


def _flows(maker: Maker, period: Period) -> Iterator[Row]:
    for origin, asylum in pairs():
        likely = {"refugees": 0.5, "asylum_seekers": 0.6, "refugee_like": 0.03}
        if origin == "VEN" and period.year >= 2018:
            likely["oip"] = 0.8
        row = {
            name: maker.value(period, flow(f"new {name}", origin, asylum, period, likely=share), name, origin, asylum)
            or None
            for name, share in likely.items()
        }
        yield from _if_any(origin, asylum, row)


def _idmc(maker: Maker, period: Period) -> Iterator[Row]:
    """Yield people displaced in their country; a mid-year carries the year before, and lacks one place."""
    at = period.carried
    amounts = {
        place: round(stock("idmc", place, place, at.time, size=5.0), -2)
        for place in WITH_IDPS
        if not (period.half and place == "PSE")
    }
    if period.year < FIRST + 2:
        amounts = {"UNK": sum(amounts.values())}
    for place, amount in amounts.items():
        yield from _if_any(place, place, {"total": maker.value(at, amount, place)})


def _unrwa(maker: Maker, period: Period) -> Iterator[Row]:
    at = period.carried
    for place in UNRWA_PLACES:
        amount = 400_000 * (1 + noise("unrwa", place)) * 1.01 ** (at.year - FIRST)
        yield from _if_any("PSE", place, {"total": maker.value(at, amount, place)})


def _if_any(origin: str, asylum: str, row: Row) -> Iterator[Row]:
    if any(value for value in row.values() if isinstance(value, int)):
        yield {"origin": origin, "asylum": asylum, **row}


def _identity(row: Row) -> tuple[str, ...]:
    coo, coa = codes()[row["origin"]], codes()[row["asylum"]]
    return name_of(coo, origin=True), coo, row["origin"], name_of(coa), coa, row["asylum"]


def _place(row: Row) -> tuple[str, str]:
    return codes()[row["asylum"]], codes()[row["origin"]]


DETAILS = (
    "pop_type",
    "location",
    "loc_type",
    "acc_type",
    "procedure_type",
    "app_type",
    "dec_level",
    "app_pc",
    "dec_pc",
)
NOBODY: Row = dict.fromkeys(
    ("refugees", "asylum_seekers", "returned_refugees", "idps", "returned_idps", "stateless", "ooc", "oip", "hst"), 0
) | {"oip": None}
AGES = tuple(f"{sex}_{band}" for sex in "fm" for band in (*BANDS, "total"))
OUTCOMES = ("dec_recognized", "dec_other", "dec_rejected", "dec_closed", "dec_total")
TABLES: dict[str, tuple[tuple[str, ...], Callable[[Maker, Period], Iterator[Row]]]] = {
    "population": (tuple(NOBODY), _population),
    "demographics": (("pop_type", "location", "loc_type", "acc_type", *AGES, "total"), _demographics),
    "asylum_applications": (("procedure_type", "app_type", "dec_level", "app_pc", "applied"), _applications),
    "asylum_decisions": (("procedure_type", "dec_level", "dec_pc", *OUTCOMES), _decisions),
    "solutions": (("returned_refugees", "resettlement", "naturalisation", "returned_idps"), _solutions),
    "flows": (("refugees", "asylum_seekers", "refugee_like", "oip"), _flows),
    "idmc": (("total",), _idmc),
    "unrwa": (("total",), _unrwa),
}
