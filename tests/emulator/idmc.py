"""IDMC's interface: displacement by conflict and by disaster, for those who name a client.

Stocks of people displaced by conflict are those of the world's `idmc` table; movements and disasters are invented. The
key of the client comes back inside the addresses of the next and the former page, as it really does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.emulator.invented import noise
from tests.emulator.questions import Parameters
from tests.emulator.reference import reviewed_countries
from tests.emulator.wire import Reply
from tests.emulator.world import World

DEFAULT_LIMIT = 20
FIRST_CONFLICT, FIRST_DISASTER, FIRST_DISASTER_STOCK = 2009, 2008, 2019
HAZARDS = {
    (10, "Flood", 3, "Hydrological", 2, "Weather related"),
    (1, "Earthquake", 1, "Geophysical", 1, "Geophysical"),
    (13, "Storm", 5, "Meteorological", 2, "Weather related"),
}

Row = dict[str, Any]


def answer(path: str, parameters: Parameters, world: World, base: str, client: str | None) -> Reply:
    """Answer one of the lists; without a client that is known, 403.

    Args:
        base: the address under which the interface stands, for the addresses of other pages.
        client: the key that is known; None if any will do.
    """
    given = parameters["client_id"][-1] if parameters.get("client_id") else ""
    if not given or (client is not None and given != client):
        return _json({"detail": "Client is not registered."}, 403)
    name = path.strip("/")
    if name not in LISTS:
        return Reply(404, b"<!doctype html>\n<html><body><h1>Not Found</h1></body></html>\n", "text/html")
    return _json(_page(LISTS[name](world), name, parameters, base))


def _page(rows: list[Row], name: str, parameters: Parameters, base: str) -> Row:
    limit, offset = _whole(parameters, "limit") or DEFAULT_LIMIT, _whole(parameters, "offset")

    def address(start: int) -> str:
        others = {key: values[-1] for key, values in sorted(parameters.items()) if key not in ("limit", "offset")}
        start_of = {"offset": start} if start > 0 else {}
        return f"{base}{name}/?{urlencode({**others, 'limit': limit, **start_of})}"

    return {
        "last_updated": f"{_newest(world_years(rows)) + 1}-05-13",
        "count": len(rows),
        "next": address(offset + limit) if offset + limit < len(rows) else None,
        "previous": address(offset - limit) if offset > 0 else None,
        "results": rows[offset : offset + limit],
    }


def world_years(rows: list[Row]) -> list[int]:
    """Return the years of some rows."""
    return [row["year"] for row in rows]


def conflicts(world: World) -> list[Row]:
    """Return stocks and movements by conflict: a row a country and year, by year."""
    return [
        {
            "iso3": iso3,
            "country_name": name,
            "year": year,
            "new_displacement": new,
            "new_displacement_rounded": rounded(new),
            "total_displacement_rounded": rounded(total),
            "total_displacement": total,
        }
        for year, iso3, name, total in _stocks(world)
        for new in [_movements("conflict", iso3, year, total)]
    ]


def disasters(world: World) -> list[Row]:
    """Return events: some for each country and year, with a stock only where one was counted."""
    rows = []
    for year, iso3, name in _places(world):
        for number in range(1 + int(3 * noise("events", iso3, year))):
            hazard = sorted(HAZARDS)[int(3 * noise("hazard", iso3, year, number))]
            start = date(year, 1, 1) + timedelta(days=int(360 * noise("day", iso3, year, number)))
            new = _movements("disaster", iso3, year, 10 ** (1 + 4 * noise("size", iso3, year, number)))
            total = int(new * 0.3) if year >= FIRST_DISASTER_STOCK else None
            rows.append(_event(iso3, name, start, hazard, new, total))
    return rows


def displacements(world: World) -> list[Row]:
    """Return both in a row a country and year; nothing is not zero there."""
    by_disaster: dict[tuple[str, int], list[Row]] = {}
    for row in disasters(world):
        by_disaster.setdefault((row["iso3"], row["year"]), []).append(row)
    by_conflict = {(row["iso3"], row["year"]): row for row in conflicts(world)}
    rows = []
    for iso3, year in sorted({*by_disaster, *by_conflict}, key=lambda key: (key[1], key[0])):
        conflict, events = by_conflict.get((iso3, year)), by_disaster.get((iso3, year), [])
        totals = [event["total_displacement"] for event in events if event["total_displacement"] is not None]
        numbers: dict[str, int | None] = {
            "conflict_new_displacement": conflict["new_displacement"] if conflict else None,
            "conflict_total_displacement": conflict["total_displacement"] if conflict else None,
            "disaster_new_displacement": sum(event["new_displacement"] for event in events) if events else None,
            "disaster_total_displacement": sum(totals) if totals else None,
        }
        both: Row = {"iso3": iso3, "country_name": (conflict or events[0])["country_name"], "year": year}
        for column, number in numbers.items():
            both |= {column: number, f"{column}_rounded": rounded(number)}
        rows.append(both)
    return rows


LISTS: dict[str, Callable[[World], list[Row]]] = {
    "gidd/conflicts": conflicts,
    "gidd/disasters": disasters,
    "gidd/displacements": displacements,
}


def rounded(number: int | None) -> int | None:
    """Return a number to two or three figures; nothing for nothing, and for zero."""
    if not number:
        return None
    return int(round(number, 1 - len(str(number)) + (1 if number < 100_000 else 2)))


def _stocks(world: World) -> list[tuple[int, str, str, int]]:
    table = world.table("idmc").select(["year", "coo", "total"])
    names = reviewed_countries()
    return sorted(
        (row["year"], names[row["coo"]]["iso3"], names[row["coo"]]["name"], row["total"])
        for row in table.to_pylist()
        if row["year"] >= FIRST_CONFLICT and row["coo"] in names and row["coo"] != "UKN"
    )


def _places(world: World) -> list[tuple[int, str, str]]:
    stocks = _stocks(world)
    newest = _newest([year for year, *_ in stocks])
    countries = sorted({(iso3, name) for _, iso3, name, _ in stocks})
    return [(year, iso3, name) for year in range(FIRST_DISASTER, newest + 1) for iso3, name in countries]


def _event(iso3: str, name: str, start: date, hazard: tuple[Any, ...], new: int, total: int | None) -> Row:
    kind, kind_name, sub, sub_name, category, category_name = hazard
    return {
        "iso3": iso3,
        "country_name": name,
        "year": start.year,
        "start_date": start.isoformat(),
        "start_date_accuracy": "Day",
        "end_date": start.isoformat(),
        "end_date_accuracy": "Day",
        "event_name": f"{name}: {kind_name} - {start:%d/%m/%Y}",
        "new_displacement": new,
        "new_displacement_rounded": rounded(new),
        "total_displacement": total,
        "total_displacement_rounded": rounded(total),
        "hazard_category": category,
        "hazard_category_name": category_name,
        "hazard_sub_category": sub,
        "hazard_sub_category_name": sub_name,
        "hazard_type": kind,
        "hazard_type_name": kind_name,
        "hazard_sub_type": kind,
        "hazard_sub_type_name": kind_name,
        "event_codes": [],
        "event_codes_type": [],
    }


def _movements(cause: str, iso3: str, year: int, size: float) -> int:
    """Return how often people were displaced in a year: now and then never."""
    chance = noise(cause, iso3, year)
    return 0 if chance < 0.2 else round(size * chance * 0.2)


def _newest(years: list[int]) -> int:
    return max(years, default=FIRST_CONFLICT)


def _whole(parameters: Parameters, name: str) -> int:
    values = parameters.get(name)
    return int(values[-1]) if values and values[-1].isdigit() else 0


def _json(document: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(document).encode())
