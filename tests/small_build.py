"""A finished build in miniature, for tests of what is made from one: invented figures in the tables of the catalogue.

Four countries, one unknown place; the world from 1951 to 2025, with mid-years, a gap, and an overlap at the end.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb

from displacement.catalogue import load_catalogue

FIRST_YEARS = {"refugees": 1951, "unrwa_refugees": 1952, "asylum_seekers": 1993, "oip": 2018, "idmc_idps": 1989}
FIRST_FIGURE = FIRST_YEARS | {"idmc_idps": 1990}
LAST = 2025
NAMES = {"AFG": "Afghanistan", "COL": "Colombia", "TUR": "Türkiye", "VEN": "Venezuela (Bolivarian Republic of)"}
AGES = ("0_4", "5_11", "12_17", "18_59", "60")
REGIONS = ("Europe", "The Americas", "Asia and the Pacific", "no region")
GAP = ("AFG", 2010)
"""A country and a year without a figure between years that have one."""
OVERLAP = 1_400_000


def small_build() -> duckdb.DuckDBPyConnection:
    """Return a database with the tables that charts and pages read."""
    connection = duckdb.connect(":memory:")
    connection.execute("create schema meta")
    for table, rows in _tables().items():
        _create(connection, table)
        if not rows:
            continue
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(f"({', '.join(_literal(row.get(name)) for name in names)})" for row in rows)
        connection.execute(f"insert into {load_catalogue().tables[table].address} ({columns}) values {values}")
    return connection


def published(year: int) -> int:
    """Return the invented published total of a year-end: it grows by 2 million a year and falls at the end."""
    return 40_000_000 + (year - 2010) * 2_000_000 - (5_000_000 if year == LAST else 0)


def _tables() -> dict[str, list[dict[str, Any]]]:
    return {
        "releases": [{"release": dt.date(2026, 6, 25), "title": "Global Trends 2025", "published_on": None}],
        "build": [{"build_id": "b-1", "displacement_version": "0.1.0", "newest_release": dt.date(2026, 6, 25)}],
        "indicators": [
            {"indicator": name, "name": name, "first_year": year, "in_headline": True}
            for name, year in FIRST_YEARS.items()
        ],
        "held_back": [],
        "partial_years": [],
        "projections": [
            {
                "country": country,
                "measure": "forcibly_displaced",
                "reference_date": dt.date(LAST + ahead, 12, 31),
                "low_80": people - 2,
                "low_50": people,
                "median": people,
                "high_50": people,
                "high_80": people + 9,
            }
            for country, people in (("world", 40_000_000), ("AFG", 6_000_000))
            for ahead in (1, 2)
        ],
        "overlap_rules": [{"indicator": "idmc_idps", "country": "PSE", "reason": "Some people are counted twice"}],
        "claims": [
            {
                "claim_id": "growth",
                "claimant": "Somebody",
                "measure": "headline_mean_yearly_change_3y",
                "value": 10_000_000,
                "made_on": dt.date(2024, 1, 22),
            },
            {
                "claim_id": "total",
                "claimant": "Somebody",
                "measure": "headline_total",
                "value": 66_000_000,
                "made_on": dt.date(2024, 1, 22),
            },
        ],
        "claim_checks": [
            {
                "claim_id": "growth",
                "claimant": "Somebody",
                "claim": "It grows by <b>10 million</b>",
                "unit": "persons per year",
                "verdict_now": "no longer so",
                "made_on": dt.date(2024, 1, 22),
                "sentence": 'Somebody, 22 January 2024: "It grows by <b>10 million</b>". It grew by 2.0 million.',
            }
        ],
        "headlines": [
            {"reference_date": dt.date(year, 12, 31), "year": year, "period": "year-end", "idmc_idps_millions": 30.5}
            | {"total_millions": published(year) / 1e6, "known_on": dt.date(year + 1, 6, 14)}
            | {"standing": "secondary" if year == LAST else "published"}
            for year in range(2012, LAST + 1)
        ]
        + [
            {
                "reference_date": dt.date(2023, 6, 30),
                "year": 2023,
                "period": "mid-year",
                "total_millions": 67.0,
                "known_on": dt.date(2023, 10, 24),
            }
        ],
        "global_totals": [_world(year) for year in range(1951, LAST + 1)]
        + [
            {
                "reference_date": dt.date(2025, 6, 30),
                "year": 2025,
                "period": "mid-year",
                "refugees": 99_000_000,
                "published_total": 69_000_000,
            }
        ],
        "countries": [{"iso3": code, "name": name, "kind": "country or territory"} for code, name in NAMES.items()]
        + [{"iso3": "UNK", "name": "Unknown", "kind": "unknown"}],
        "country_totals": [row for role in ("origin", "asylum") for row in _countries(role)],
        "rankings": [row for role in ("origin", "asylum") for row in _rankings(role)],
        "corridors": [
            _corridor("VEN", "COL", 2_800_000, 1),
            _corridor("AFG", "TUR", 900, 1),
            _corridor("UNK", "TUR", 5_000, None),
        ],
        "hosting": [
            {
                "asylum": code,
                "reference_date": dt.date(LAST, 12, 31),
                "year": LAST,
                "displaced_across": 10 ** (place + 3) + LAST,
                "population": 10_000_000,
                "population_year": LAST - 1,
                "gdp_current_usd": 10**11,
                "gdp_year": LAST - 3 if code == "AFG" else LAST - 1,
                "per_1000_inhabitants": 10.0 * place,
                "rank_per_1000_inhabitants": 5 - place,
                "per_million_usd_gdp": 5.5 * place,
                "rank_per_million_usd_gdp": 5 - place,
            }
            for place, code in enumerate(NAMES, start=1)
        ],
        "region_totals": [
            {
                "region_scheme": "unhcr",
                "region": region,
                "role": role,
                "reference_date": dt.date(year, 12, 31),
                "year": year,
                "period": "year-end",
                "displaced_across": (9 - place) * 1_000_000 + year,
            }
            for role in ("origin", "asylum")
            for place, region in enumerate(REGIONS)
            for year in range(1995, LAST + 1)
        ],
        "solutions": [
            {
                "origin": "AFG",
                "asylum": "TUR",
                "year": year,
                "returned_refugees": 1_000_000 + year,
                "resettlement": 50_000 + year,
                "naturalisation": 3_000 + year if year != 2010 else None,
            }
            for year in range(2000, LAST + 1)
        ],
        "demographics": [
            {
                "country": code,
                "role": role,
                "indicator": "refugees",
                "reference_date": dt.date(LAST, 12, 31),
                "year": LAST,
                "people": 1_000,
                "people_by_age": 500,
                **{f"{sex}_{band}": 50 for sex in ("female", "male") for band in AGES},
            }
            for role in ("origin", "asylum")
            for code in NAMES
        ],
        "yearly_change": [
            {
                "country": country,
                "role": role,
                "year": LAST,
                "stock_before": 1_000_000,
                "newly_recognised": 200_000,
                "returned": 150_000,
                "naturalised": None,
                "resettled": 10_000,
                "stock_after": 1_060_000,
                "remainder": -20_000,
            }
            for country, role in (("world", "world"), ("AFG", "origin"), ("TUR", "asylum"))
        ],
        "revisions": [
            {
                "release": dt.date(2026, 6, 25),
                "indicator": indicator,
                "reference_date": dt.date(year, 12, 31),
                "year": year,
                "period": "year-end",
                "origin": "AFG",
                "asylum": "TUR",
                "event": "changed",
                "difference": difference,
            }
            for indicator, year, difference in (("refugees", 2020, 700), ("refugees", 2023, -90_000), ("oip", 2023, 5))
        ],
        "asylum_outcomes": [_asylum(year, unit) for year in range(2000, LAST + 1) for unit in ("persons", "cases")],
    }


def _asylum(year: int, unit: str) -> dict[str, Any]:
    size = 1_000 if unit == "cases" else 100_000
    return {
        "origin": "AFG",
        "asylum": "TUR",
        "year": year,
        "unit": unit,
        "is_partial_year": (year, unit) == (2024, "persons"),
        "applications": size + year if (year, unit) != (2010, "cases") else None,
        "recognized": 3 * size,
        "complementary": size,
        "rejected": 4 * size,
        "decisions": 8 * size,
    }


def _world(year: int) -> dict[str, Any]:
    parts = {name: 1_000_000 + year if year >= first else None for name, first in FIRST_FIGURE.items()}
    if parts["idmc_idps"] is not None:
        parts["idmc_idps"] = 40_000_000
    overlap = OVERLAP if year >= 2023 else 0
    known = [value for value in parts.values() if value is not None]
    return {
        "reference_date": dt.date(year, 12, 31),
        "year": year,
        "period": "year-end",
        **parts,
        "overlap": overlap,
        "forcibly_displaced": sum(known) - overlap if year >= 1993 else None,
        "published_total": published(year) if year >= 2010 else None,
        "published_yearly_change": published(year) - published(year - 1) if year >= 2011 else None,
    }


def _countries(role: str) -> list[dict[str, Any]]:
    return [
        {
            "country": code,
            "role": role,
            "reference_date": dt.date(year, 12, 31),
            "year": year,
            "period": "year-end",
            "refugees": 1_000 * place,
            "asylum_seekers": 10 if year >= 2000 else None,
            "refugees_and_oip": 10 ** (place + 3) + year,
            "displaced_across": 10 ** (place + 3) + year,
            "forcibly_displaced": 10 ** (place + 3) + year if year >= 2009 else None,
        }
        for place, code in enumerate(["AFG", "TUR", "COL", "VEN"])
        for year in range(1995, LAST + 1)
        if (code, year) != GAP
    ] + [
        {
            "country": "UNK",
            "role": role,
            "reference_date": dt.date(LAST, 12, 31),
            "year": LAST,
            "period": "year-end",
            "asylum_seekers": 70,
            "displaced_across": 70,
        }
    ]


def _rankings(role: str) -> list[dict[str, Any]]:
    return [
        {
            "role": role,
            "measure": "refugees_and_oip",
            "reference_date": dt.date(LAST, 12, 31),
            "year": LAST,
            "period": "year-end",
            "rank": rank,
            "country": code,
            "value": 10 ** (7 - rank) + LAST,
            "share_of_world": 0.2,
            "cumulative_share": 0.2 * rank,
        }
        for rank, code in enumerate(["VEN", "COL", "TUR", "AFG"], start=1)
    ]


def _corridor(origin: str, asylum: str, people: int, rank: int | None) -> dict[str, Any]:
    return {
        "origin": origin,
        "asylum": asylum,
        "reference_date": dt.date(LAST, 12, 31),
        "year": LAST,
        "period": "year-end",
        "refugees": people,
        "displaced_across": people,
        "rank_in_origin": rank,
        "rank_in_asylum": rank,
    }


def _create(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    described = load_catalogue().tables[table]
    columns = ", ".join(f'"{column.name}" {column.type}' for column in described.columns)
    connection.execute(f"create table {described.address} ({columns})")


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
