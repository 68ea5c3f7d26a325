"""What is beside the figures: lists of countries and footnotes, and a nowcast.

They are made from the project's own table of countries. The numbers of countries are made up, and always the same.
"""

from __future__ import annotations

import csv
import zlib
from functools import cache
from typing import Any

import pyarrow as pa

from displacement.settings import PACKAGE

NAMES = {"UKN": "Unknown ", "CUW": "Curacao ", "SYR": "Syrian Arab Rep.", "GAZ": "State of Palestine"}
"""Names that the publisher writes in a way of its own, stray spaces included."""
ORIGIN_NAMES = {"GAZ": "Palestinian"}
WITHOUT_ISO = {"SGS"}
NO_COUNTRY = 278
"""The number of the country that a footnote about no country names."""


@cache
def reviewed_countries() -> dict[str, dict[str, str]]:
    """Return the rows of the project's table of countries, by the publisher's code."""
    with (PACKAGE / "data" / "countries.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {row["unhcr_code"]: row for row in sorted(rows, key=lambda row: row["unhcr_code"])}


@cache
def number_of(code: str) -> int:
    """Return the number of a country; a code that is in no list has one too."""
    known = list(reviewed_countries())
    return known.index(code) + 1 if code in known else 1000 + zlib.crc32(code.encode()) % 1000


def name_of(code: str, *, origin: bool = False) -> str:
    """Return the name of a country as the publisher writes it in a row of figures."""
    if origin and code in ORIGIN_NAMES:
        return ORIGIN_NAMES[code]
    return NAMES.get(code) or reviewed_countries()[code]["name"]


@cache
def codes() -> dict[str, str]:
    """Return the publisher's code of each ISO code."""
    return {row["iso3"]: code for code, row in reviewed_countries().items()}


@cache
def countries() -> pa.Table:
    """Return the list of countries as the interface answers it."""
    rows = [_country(code, row) for code, row in reviewed_countries().items()]
    nameless = dict.fromkeys(rows[0]) | {"0": 1, "id": 290, "code": "CRB", "name": "CRB"}
    return pa.Table.from_pylist([*rows, nameless], schema=_COUNTRY)


_COUNTRY = pa.schema(
    [("0", pa.int64()), ("id", pa.int64())]
    + [
        (name, pa.string())
        for name in ("code", "iso", "iso2", "name", "nameOrigin", "nameLong", "nameShort", "nameFormal", "nationality")
    ]
    + [(name, pa.string()) for name in ("majorArea", "region", "nameFr", "majorAreaFr", "regionFr")]
)


def _country(code: str, row: dict[str, str]) -> dict[str, Any]:
    name = name_of(code)
    return {
        "0": 1,
        "id": number_of(code),
        "code": code,
        "iso": None if code in WITHOUT_ISO else row["iso3"],
        "iso2": row["iso2"] or ("UK" if code == "UKN" else None),
        "name": name,
        "nameOrigin": name_of(code, origin=True),
        "nameLong": row["name"],
        "nameShort": name,
        "nameFormal": row["name"],
        "nationality": "",
        "majorArea": row["region"] or None,
        "region": row["subregion"] or None,
        "nameFr": row["name_fr"],
        "majorAreaFr": row["region"] or None,
        "regionFr": row["subregion"] or None,
    }


def footnotes(newest: int) -> pa.Table:
    """Return a few footnotes: for an origin, an asylum, both, everybody; with years as free text and broken lines."""
    rows = [
        ("Refers to refugees under the mandate of UNHCR only.", f"{newest - 6} - {newest - 2}, {newest}", "GAZ", None),
        ("The figure is an estimate of the Government.", f"{newest - 7} - {newest - 6}", "SYR", "TUR"),
        ("Includes people still waiting for a decision.", str(newest), None, "GFR"),
        (
            "A census was held in the autumn.\r\r\n\r\r\nThe figure of the start of the year is older.",
            str(newest - 1),
            None,
            "LEB",
        ),
        ("The data are generally provided by Governments.", f"{newest - 4} - {newest - 1}", None, None),
    ]
    return pa.Table.from_pylist(
        [
            {
                "footnote": text,
                "year": when,
                **_noted("coo", origin),
                **_noted("coa", asylum),
                "population_type": "REF,ROC,ASY,IDP,IOC,STA,OOC,RET,RDP,HST,OIP,RST,NAT" if not asylum else "REF,ASY",
            }
            for text, when, origin, asylum in rows
        ]
    )


def nowcasting(year: int, month: str = "June", refugees: int = 1_000_000) -> pa.Table:
    """Return the nowcast of a month as the interface answers it: the world's, and that of one country of asylum."""
    nobody = {f"{side}{name}": "-" for side in ("coo", "coa") for name in ("_id", "_name", "", "_iso")}
    german = {"coa_id": str(number_of("GFR")), "coa_name": name_of("GFR"), "coa": "GFR", "coa_iso": "DEU"}
    world = {"refugees": refugees, "asylum_seekers": 90_000, "source": "Nowcasting data", "month": month}
    country = {"refugees": refugees // 10, "asylum_seekers": 9_000, "source": "Government", "month": month}
    return pa.Table.from_pylist([{"year": year, **nobody, **world}, {"year": year, **nobody, **german, **country}])


def _noted(side: str, code: str | None) -> dict[str, Any]:
    if code is None:
        return {side: " ", f"{side}_id": NO_COUNTRY, f"{side}_iso": ""}
    return {side: name_of(code), f"{side}_id": number_of(code), f"{side}_iso": reviewed_countries()[code]["iso3"]}
