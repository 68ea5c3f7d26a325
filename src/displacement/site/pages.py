"""Every page of the site: its path, its template, and the facts it is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from markupsafe import Markup

from displacement.charts import ChartData, calibration, theme
from displacement.language import Language
from displacement.site import still
from displacement.site.about_data import pages_about_data
from displacement.site.charts import SMALL, Gallery, chart_pages, plain, small_still, stills
from displacement.site.compare import compare_page
from displacement.site.country import CountryPage, country_page, revisions, sum_of
from displacement.site.facts import SOLUTIONS, STOCKS, WORLD, Facts, Row, Total
from displacement.site.home import home_facts
from displacement.site.render import Page

SECTIONS = ("origin", "host", "where", "inside", "solutions", "ages", "revisions", "oddities", "files")
ANCHORS = {"origin": "as-origin", "host": "as-host"}
INSIDE_ONCE = ("returned_idps",)
"""Told once among the figures of a country, since nothing leads to its other side: origin and asylum are the same."""
REVISIONS_OF_A_RELEASE = 12


def pages(facts: Facts, gallery: Gallery, directory: Path) -> Iterator[Page]:
    """Yield every page, once for all languages; `directory` is the build, whose files are listed."""
    world = gallery.answers.get("world-total")
    yield Page("index.html", "home.html", home_facts(facts, world), _drawn(gallery, [world]))
    yield from chart_pages(gallery)
    yield _countries(facts)
    yield compare_page(gallery)
    yield from pages_about_data(facts, directory)
    yield _revisions(facts)
    yield _forecasts(facts, gallery)
    yield Page("404.html", "not_found.html", {})
    yield _world_figures(facts)
    for code in facts.places:
        shown = country_page(facts, code, gallery.of_country)
        yield _country(shown, gallery, facts.projected.get(code))
        yield _figures(facts, code, f"countries/{code}.html", shown)
    for code in sorted(facts.countries.keys() - set(facts.places)):  # unknown and stateless: figures, but no place
        yield _figures(facts, code, "countries/index.html")


def _drawn(gallery: Gallery, data: Sequence[ChartData | None]) -> Callable[[str], dict[str, Any]]:
    """Return what gives a page its charts in a language: each with its still pictures, by its name."""

    def spoken(code: str) -> dict[str, Any]:
        charts = [gallery.drawer.draw(found, code) for found in data if found]
        return {"drawn": {chart.declaration.name: (chart, stills(chart)) for chart in charts}}

    return spoken


def _country(shown: CountryPage, gallery: Gallery, projected: Row | None) -> Page:
    sections = [(ANCHORS.get(name, name), f"site.section.{name}") for name in SECTIONS]
    given = {"page_of": shown, "sections": sections, "sum_of": sum_of, "projected": projected}
    trends = (shown.trend_origin, shown.trend_host, shown.inside)
    drawn = _drawn(gallery, [trend.data for trend in trends])
    ahead = gallery.of_country("projection", shown.code) if projected else None

    def spoken(code: str) -> dict[str, Any]:
        fan = gallery.drawer.draw(ahead, code) if ahead else None
        return drawn(code) | {"fan": fan, "fan_still": fan and small_still(fan.figure, SMALL, fan.narrow)}

    return Page(f"countries/{shown.code}.html", "country.html", given, spoken)


def _figures(facts: Facts, code: str, back: str, shown: CountryPage | None = None) -> Page:
    """Return the page that explains the numbers of a place: those of `shown`, its own page, among them."""
    given = {
        "place_code": code,
        "back": back,
        "roles": [(role, list(_trail(facts, code, role))) for role in ("origin", "asylum")],
        "published": [],
        "corridors": [("origin", shown.destinations.bars), ("asylum", shown.origins.bars)] if shown else [],
        "hosting": shown.hosting if shown else None,
    }
    return Page(f"figures/{code}.html", "figures.html", given)


def _world_figures(facts: Facts) -> Page:
    headlines = {row["reference_date"]: row for row in facts.headlines}
    dates = [row for row in reversed(facts.world) if row["published_total"] or row["forcibly_displaced"]]
    given = {
        "place_code": WORLD,
        "back": "index.html",
        "roles": [("world", list(_trail(facts, WORLD, "world")))],
        "published": [(row, headlines.get(row["reference_date"])) for row in dates],
        "corridors": [],
        "hosting": None,
    }
    return Page(f"figures/{WORLD}.html", "figures.html", given)


def _trail(facts: Facts, code: str, role: str) -> Iterator[tuple[str, dt.date, list[Any]]]:
    """Yield each date, the newest first, with its totals: their values by release, and how many records each sums."""
    order = {name: place for place, name in enumerate((*STOCKS, *SOLUTIONS))}
    totals = [
        total
        for total in facts.totals_of.get(code, ())
        if total.role == role and not (role == "asylum" and total.indicator in INSIDE_ONCE)
    ]
    totals.sort(key=lambda total: (-total.reference_date.toordinal(), order[total.indicator]))
    for day, of_day in groupby(totals, key=lambda total: total.reference_date):
        yield day.isoformat(), day, [_told(facts, total) for total in of_day]


def _told(facts: Facts, total: Total) -> tuple[str, int, int | None, str, list[tuple[str, int]]]:
    """Return a total as its page tells it: name, value now, records, since which release, earlier values."""
    *earlier, now = facts.history[total]
    before = [(one.release.isoformat(), one.value) for one in earlier]
    return total.indicator, now.value, facts.records.get(total), now.release.isoformat(), before


def _countries(facts: Facts) -> Page:
    """Return the list of countries by region, both by name: in each language its own order."""
    regions: dict[str, list[Any]] = {}
    for code in facts.places:
        found = {
            role: next(
                (row for row in facts.by_country.get((code, role), ()) if row["reference_date"] == facts.newest), {}
            )
            for role in ("origin", "asylum")
        }
        row = (code, found["origin"].get("forcibly_displaced"), found["asylum"].get("forcibly_displaced"))
        regions.setdefault(str(facts.countries[code]["unhcr_region"] or "no region"), []).append(row)

    def spoken(code: str) -> dict[str, Any]:
        names = facts.names(code)
        ordered = {region: sorted(rows, key=lambda row: plain(names[row[0]])) for region, rows in regions.items()}
        return {"regions": sorted(ordered.items())}

    return Page("countries/index.html", "countries.html", {"newest": facts.newest}, spoken)


def _revisions(facts: Facts) -> Page:
    changes = revisions(facts, list(facts.history))
    largest = [
        (row, [one for one in changes if one.release == row["release"]][:REVISIONS_OF_A_RELEASE])
        for row in reversed(facts.releases)
    ]
    given = {
        "releases": facts.releases[::-1],
        "moves": facts.revised,
        "largest": [(row, found) for row, found in largest if found],
    }
    return Page("revisions.html", "revisions.html", given)


def _forecasts(facts: Facts, gallery: Gallery) -> Page:
    scored = [row for row in facts.forecasts if row["status"] == "scored"]
    given = {
        "growth": [claim for claim in facts.claims if claim["claim_id"] == "wilson-growth"],
        "compared": len(scored),
        "near": sum(row["share_off_first"] < row["no_change_off_first"] for row in scored),
        "forecasts": facts.forecasts,
        "projections": [row for row in facts.projections if row["country"] == "world"],
        "scores": facts.projection_scores,
    }
    drawn = _drawn(gallery, [gallery.answers.get("projection")])
    scores = facts.projection_scores

    def spoken(code: str) -> dict[str, Any]:
        language = gallery.language(code)
        cases = [_cases(row, language) for row in scores]
        names = ["<br>".join(lines) for lines in cases]
        shares = [
            (" ".join(lines), language.share(row["coverage_50"]), language.share(row["coverage_80"]))
            for row, lines in zip(scores, cases, strict=True)
        ]
        figure = calibration.calibration(scores, names, language)
        return drawn(code) | {
            "calibration": small_still(figure, calibration.ROW_HEIGHT * (len(scores) + 1)) if scores else "",
            "calibration_says": "; ".join(f"{name}: {half}, {most}" for name, half, most in shares),
            "signs": [Markup(still.sign(mark, theme.HIGHLIGHT)) for mark in ("ring", "dot")],  # noqa: S704
        }

    return Page("forecasts.html", "forecasts.html", given, spoken)


def _cases(row: Row, language: Language) -> tuple[str, str]:
    """Return what a group of cases is called: whose they are, then in which backtest and how many."""
    people = 10_000 if row["cases_of"] == "10,000 and more" else 1_000_000
    is_world = row["cases_of"] == "world total"
    known = language.text("site.forecasts.known" if row["basis"] == "as known" else "site.forecasts.current")
    return (
        language.text("site.world") if is_world else language.text("site.forecasts.size", n=people),
        f"{known} (n = {language.number(row['cases'])})",
    )
