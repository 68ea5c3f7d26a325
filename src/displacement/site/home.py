"""The contents of the home page: the number, its trend, the claims, what the newest release changed, who leads."""

from __future__ import annotations

from typing import Any

from displacement.charts import ChartData
from displacement.site.country import Revision, Trend, ranked, revisions
from displacement.site.facts import STACKED, WORLD, Facts, year_ends

COUNTRIES_SHOWN = 10
REVISIONS_SHOWN = 6


def home_facts(facts: Facts, world: ChartData | None = None) -> dict[str, Any]:
    """Return what the template of the home page is given; `world` is what the chart of the world is drawn from."""
    published = [row for row in year_ends(facts.world) if row["published_total"] is not None]
    newest = published[-1]
    titles = {row["reference_date"]: row["title"] for row in facts.headlines}
    quoted = {row["reference_date"] for row in facts.headlines if row["standing"] == "secondary"}
    later = [row for row in facts.headlines if row["reference_date"] > newest["reference_date"]]
    release = facts.build["newest_release"]
    before = [row["release"] for row in facts.releases if row["release"] < release]
    return {
        "h": newest,
        "headline_title": titles[newest["reference_date"]],
        "words": "quoted" if newest["reference_date"] in quoted else "published",
        "recomputed": newest["forcibly_displaced"],
        "later": later[-1] if later else None,
        "world": world_trend(facts, world),
        "since": {name: first_year(facts, name) for name in ("idmc_idps", "asylum_seekers")},
        "published_first": published[0]["year"],
        "published_first_total": published[0]["published_total"],
        "claims": facts.claims,
        "before_release": before[-1] if before else None,
        "changed": facts.revised.get(release) if before else None,
        "revised": revised_with(facts, release)[:REVISIONS_SHOWN],
        "top_origins": leading(facts, "origin"),
        "top_hosts": leading(facts, "asylum"),
        "newest": facts.newest,
    }


def world_trend(facts: Facts, data: ChartData | None) -> Trend:
    """Return the chart of the world, with every date that has a component in its table."""
    ends = year_ends(facts.world)
    newest = next(row for row in reversed(ends) if row["refugees"] is not None)
    shown = [row for row in reversed(facts.world) if any(row[name] is not None for name in STACKED)]
    return Trend("world", "world", STACKED, data, shown, newest)


def first_year(facts: Facts, indicator: str) -> int | None:
    """Return the first year-end with people of a type in the world, if any: an earlier one may have been withdrawn."""
    return min((int(row["year"]) for row in year_ends(facts.world) if row[indicator] is not None), default=None)


def revised_with(facts: Facts, release: Any) -> list[Revision]:
    """Return the totals by country that a release changed, the largest change first."""
    everything = [total for total in facts.history if total.country != WORLD]
    return [one for one in revisions(facts, everything) if one.release == release]


def leading(facts: Facts, role: str) -> list[Any]:
    """Return the countries with most people displaced from them or in them at the newest year-end, as bars."""
    rows = [
        row
        for (code, side), all_rows in facts.by_country.items()
        if side == role and code in facts.places
        for row in all_rows
        if row["reference_date"] == facts.newest and row["forcibly_displaced"]
    ]
    rows.sort(key=lambda row: (-row["forcibly_displaced"], str(row["country"])))
    return ranked(rows, "forcibly_displaced", COUNTRIES_SHOWN)[0]
