"""The questions answered by pandas from the CSV files, as an analyst would who takes care: no column is read in vain.

Each function takes a reader of tables (name, columns) and returns a frame; how its rows compare is not its business.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

Reader = Callable[[str, list[str]], Any]

EVENTS = ["changed", "withdrawn", "returned", "added"]
SUMS = ["value_before", "value_after", "difference"]
COMPONENTS = ["refugees", "unrwa_refugees", "asylum_seekers", "oip", "idmc_idps"]
TOP = ["refugees", "asylum_seekers", "oip"]
RANKED = ["refugees", "oip", "asylum_seekers", "displaced_across"]


def corridor(read: Reader) -> Any:
    """Sudan to Chad."""
    shown = [
        "reference_date",
        "period",
        *TOP,
        "refugees_and_oip",
        "displaced_across",
        "rank_in_origin",
        "rank_in_asylum",
    ]
    table = read("corridors", ["origin", "asylum", *shown])
    return table[(table.origin == "SDN") & (table.asylum == "TCD")].sort_values("reference_date")[shown]


def country_profile(read: Reader) -> Any:
    """Ukraine at the newest year-end."""
    keys = ["role", "measure", "country"]
    table = read("rankings", [*keys, "reference_date", "year", "period", "value", "rank", "share_of_world"])
    newest = table[table.period == "year-end"].year.max()
    ends = table[(table.country == "UKR") & (table.period == "year-end")]
    now, before = ends[ends.year == newest], ends[ends.year == newest - 1]
    both = now.merge(before[[*keys, "value"]].rename(columns={"value": "before"}), how="left", on=keys)
    both["change"] = both.value - both.before
    both = both.sort_values(["role", "value"], ascending=False)
    return both[["role", "measure", "reference_date", "value", "before", "change", "rank", "share_of_world"]]


def trend(read: Reader) -> Any:
    """Ukraine as origin."""
    shown = ["reference_date", "period", *COMPONENTS, "overlap", "forcibly_displaced", "refugees_and_oip"]
    shown += ["displaced_across", "idps", "stateless", "returned_refugees", "returned_idps"]
    table = read("country_totals", ["country", "role", *shown])
    return table[(table.country == "UKR") & (table.role == "origin")].sort_values("reference_date")[shown]


def explain_figure(read: Reader) -> Any:
    """Refugees from Ukraine in Poland at the end of 2025."""
    keys = ["indicator", "reference_date", "origin", "asylum"]
    spans = read("figures_history", [*keys, "period", "value", "published_in", "superseded_in"])
    spans = spans[
        (spans.indicator == "refugees")
        & (spans.origin == "UKR")
        & (spans.asylum == "POL")
        & (spans.reference_date.astype(str) == "2025-12-31")
    ].sort_values("published_in")
    described = ["indicator", "name", "kind", "unit", "dataset", "publisher", "licence", "citation", "usage_warnings"]
    found = spans.merge(read("indicators", described).rename(columns={"name": "indicator_name"}), on="indicator")
    found = found.merge(read("releases", ["release", "title"]), left_on="published_in", right_on="release")
    names = read("countries", ["iso3", "name"]).set_index("iso3").name
    build = read("build", ["displacement_version", "build_id"]).iloc[0]
    found["stands"] = found.superseded_in.isna()
    found["change"] = found.value.diff()
    found["origin_name"], found["asylum_name"] = found.origin.map(names), found.asylum.map(names)
    days = pd.to_datetime(found.reference_date).dt.strftime("%-d %B %Y")
    found["citation"] = (
        (found.citation + ", release of " + found.published_in.astype(str) + ": " + found.indicator_name + ", ")
        + (found.origin_name + " to " + found.asylum_name + ", " + days)
        + f"; displacement {build.displacement_version}, build {build.build_id}"
    )
    shown = ["value", "unit", "stands", "published_in", "title", "superseded_in", "change", "indicator"]
    shown += ["indicator_name", "kind", "reference_date", "period", "origin", "origin_name", "asylum", "asylum_name"]
    return found[[*shown, "dataset", "publisher", "licence", "citation", "usage_warnings"]]


def revisions_by_country(read: Reader) -> Any:
    """Türkiye."""
    keys = ["release", "role", "indicator", "reference_date", "period"]
    table = read("revisions", [*(key for key in keys if key != "role"), "origin", "asylum", "event", *SUMS])
    sides = [table[table[role] == "TUR"].assign(role=role) for role in ("origin", "asylum")]
    found = _revised(pd.concat(sides), keys)
    found["size"] = found.difference.abs()
    order = ["release", "role", "size", "indicator", "reference_date"]
    return found.sort_values(order, ascending=[True, True, False, True, True]).drop(columns="size")


def revisions_by_indicator(read: Reader) -> Any:
    """IDPs as IDMC counts them."""
    keys = ["release", "release_before", "reference_date", "period"]
    table = read("revisions", [*keys, "indicator", "event", *SUMS])
    found = _revised(table[table.indicator == "idmc_idps"], keys)
    return found.sort_values(["release", "reference_date"])


def revisions_by_release(read: Reader) -> Any:
    """What the release of June 2025 revised."""
    table = read("revisions", ["release", "indicator", "year", "event", *SUMS])
    table = table[table.release.astype(str) == "2025-06-12"]
    years = table.groupby("indicator").year.agg(["min", "max"])
    found = _revised(table, ["indicator"]).merge(years, on="indicator")
    found["size"] = found.difference.abs()
    found = found.sort_values(["size", "indicator"], ascending=[False, True])
    return found[["indicator", "revised", *EVENTS, "min", "max", *SUMS]]


def _revised(table: Any, keys: list[str]) -> Any:
    for event in EVENTS:
        table = table.assign(**{event: (table.event == event).astype("int64")})
    groups = table.assign(revised=1).groupby(keys, as_index=False)
    counted = groups[["revised", *EVENTS]].sum()
    summed = groups[SUMS].sum(min_count=1)
    return pd.concat([counted, summed[SUMS]], axis=1)


def top_origins(read: Reader) -> Any:
    """The ten largest origins at the end of 2025."""
    return _top(read, "origin")


def top_hosts(read: Reader) -> Any:
    """The ten largest hosts at the end of 2025."""
    return _top(read, "asylum")


def _top(read: Reader, role: str) -> Any:
    keys = ["country", "role", "reference_date"]
    ranked = read("rankings", [*keys, "measure", "rank", "value", "share_of_world", "cumulative_share"])
    ranked = ranked[
        (ranked.role == role)
        & (ranked.measure == "refugees_and_oip")
        & (ranked.reference_date.astype(str) == "2025-12-31")
        & (ranked["rank"] <= 10)
    ]
    found = ranked.merge(read("country_totals", [*keys, *RANKED]), on=keys)
    found = found.merge(read("countries", ["iso3", "name"]), left_on="country", right_on="iso3")
    shown = ["rank", "country", "name", "value", *RANKED, "share_of_world", "cumulative_share", "reference_date"]
    return found.sort_values(["rank", "country"])[shown]


def figures_as_of(read: Reader) -> Any:
    """Figures and their sums as of June 2023, by indicator."""
    stood = _as_of(read, ["indicator"])
    return stood.groupby("indicator", as_index=False).value.agg(["count", "sum"])


def global_totals_as_of(read: Reader) -> Any:
    """The world's totals as of June 2023."""
    stood = _as_of(read, ["indicator", "reference_date", "year", "period"])
    stood = stood[stood.indicator.isin(COMPONENTS) & (stood.period == "year-end") & (stood.year >= 1993)]
    found = stood.groupby(["reference_date", "indicator"]).value.sum().unstack().reset_index()
    found["forcibly_displaced"] = found[COMPONENTS].sum(axis=1)
    return found[["reference_date", *COMPONENTS, "forcibly_displaced"]]


def _as_of(read: Reader, columns: list[str]) -> Any:
    spans = read("figures_history", [*columns, "value", "published_in", "superseded_in"])
    published, superseded = spans.published_in.astype(str), spans.superseded_in
    return spans[(published <= "2023-06-14") & (superseded.isna() | (superseded.astype(str) > "2023-06-14"))]


# --- the cookbook -----------------------------------------------------------------------------------------------------


def largest_hosts(read: Reader) -> Any:
    """The ten largest hosts at the newest year-end."""
    ranked = _newest(read, ["rank", "country", "value", "share_of_world"], "asylum", "refugees_and_oip")
    ranked = ranked[ranked["rank"] <= 10].merge(read("countries", ["iso3", "name"]), left_on="country", right_on="iso3")
    totals = read("country_totals", ["country", "role", "reference_date", "displaced_across"])
    totals = totals[(totals.role == "asylum") & (totals.reference_date == totals.reference_date.max())]
    ranked = ranked.merge(totals[["country", "displaced_across"]], on="country")
    ranked["share_of_world"] = ranked.share_of_world.round(3)
    return ranked.sort_values("rank")[["rank", "country", "name", "value", "displaced_across", "share_of_world"]]


def how_concentrated(read: Reader) -> Any:
    """The origins of two thirds of all refugees."""
    shown = ["rank", "country", "value", "share_of_world", "cumulative_share"]
    ranked = _newest(read, shown, "origin", "refugees")
    ranked = ranked[ranked.cumulative_share - ranked.share_of_world < 0.667]
    ranked = ranked.merge(read("countries", ["iso3", "name"]), left_on="country", right_on="iso3").sort_values("rank")
    ranked["together"] = ranked.cumulative_share.round(3)
    return ranked[["rank", "country", "name", "value", "together"]]


def _newest(read: Reader, columns: list[str], role: str, measure: str) -> Any:
    ranked = read("rankings", [*columns, "role", "measure", "year", "period"])
    ends = ranked[ranked.period == "year-end"]
    return ends[(ends.role == role) & (ends.measure == measure) & (ends.year == ends.year.max())]


def fastest_growing_hosts(read: Reader) -> Any:
    """The hosts whose number of people grew most over five years."""
    table = read("country_totals", ["country", "role", "year", "period", "displaced_across"])
    ends = table[(table.period == "year-end") & (table.role == "asylum")]
    newest = ends.year.max()
    now = ends[(ends.year == newest) & ends.displaced_across.notna()]
    before = ends[ends.year == newest - 5][["country", "displaced_across"]]
    found = now.merge(before, how="left", on="country", suffixes=("", "_before"))
    found = found.merge(read("countries", ["iso3", "name", "kind"]), left_on="country", right_on="iso3")
    found = found[~found.kind.isin(["unknown", "stateless"])]
    found["grown"] = found.displaced_across - found.displaced_across_before.fillna(0)
    found = found.nlargest(10, "grown")
    return found[["country", "name", "displaced_across_before", "displaced_across", "grown"]]


def accepted_in_the_eu(read: Reader) -> Any:
    """What share of Afghans' claims the members of the EU accepted."""
    sums = ["recognized", "complementary", "decisions"]
    table = read("asylum_outcomes", ["origin", "asylum", "year", "unit", *sums])
    table = table[(table.year > table.year.max() - 5) & (table.origin == "AFG") & (table.unit == "persons")]
    members = read("country_groups", ["group_code", "country", "member_from", "member_until"])
    members = members[members.group_code == "EU"]
    both = table.merge(members, left_on="asylum", right_on="country")
    day = both.year.astype(str) + "-12-31"
    until = both.member_until
    both = both[(day >= both.member_from.astype(str)) & (until.isna() | (day <= until.astype(str)))]
    found = both.groupby("year", as_index=False)[sums].sum(min_count=1).sort_values("year", ascending=False)
    found["rate"] = (found.recognized / found.decisions).round(3)
    found["protected"] = ((found.recognized + found.complementary.fillna(0)) / found.decisions).round(3)
    return found[["year", *sums, "rate", "protected"]]


def solutions_in_the_world(read: Reader) -> Any:
    """Solutions of a year beside the refugees at its end."""
    flows = ["returned_refugees", "resettlement", "naturalisation"]
    years = read("solutions", ["year", *flows]).groupby("year", as_index=False)[flows].sum(min_count=1)
    totals = read("global_totals", ["year", "period", "refugees"])
    found = years.merge(totals[totals.period == "year-end"], on="year").sort_values("year", ascending=False).head(5)
    return found[["year", *flows, "refugees"]]
