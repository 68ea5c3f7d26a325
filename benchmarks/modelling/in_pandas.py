"""The figures and six marts with pandas, as an analyst would who knows it well: codes as categories, no loop over rows.

Run as a program it reads the sources of the first directory, writes the tables into the second, and prints seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.modelling.asked import (
    ACROSS,
    BY_COUNTRY_FROM,
    COMPONENTS,
    KEY,
    MEASURES,
    NO_PLACE,
    OTHERS,
    OVERLAP,
    OVERLAP_FROM,
    OVERLAP_IN,
    PROTECTED,
    SOLUTIONS,
    TOTAL_FROM,
    run,
)


def read(data: Path) -> dict[str, Any]:
    """Read the sources."""
    spans = pd.read_parquet(data / "figures.parquet").astype(
        dict.fromkeys(("indicator", "origin", "asylum"), "category")
    )
    for column in ("reference_date", "published_in", "superseded_in"):
        spans[column] = pd.to_datetime(spans[column]).astype("datetime64[s]")
    countries = pd.read_csv(data / "countries.csv", keep_default_na=False, usecols=["iso3", "kind"])
    dates = ["release", "newest_reference_date"]
    covered = pd.read_csv(data / "release_datasets.csv", parse_dates=dates)
    covered[dates] = covered[dates].astype("datetime64[s]")
    indicators = pd.read_csv(data / "indicators.csv", usecols=["indicator", "dataset"])
    return {
        "spans": spans,
        "figures": spans[spans.superseded_in.isna()],
        "places": set(countries.iso3[~countries.kind.isin(NO_PLACE)]),
        "coverage": covered.merge(indicators, on="dataset")[["indicator", *dates]],
    }


def global_totals(sources: dict[str, Any]) -> Any:
    """The world's components by date, and their sum."""
    figures = sources["figures"]
    figures = figures[figures.indicator.isin(COMPONENTS)]
    totals = _wide(figures, ["reference_date"], COMPONENTS)
    palestine = figures[(figures.indicator == "idmc_idps") & (figures.asylum == OVERLAP_IN)]
    totals["forcibly_displaced"] = _total(totals, palestine.groupby("reference_date").value.sum(), TOTAL_FROM)
    return totals.reset_index()


def country_totals(sources: dict[str, Any]) -> Any:
    """Every country by role and date."""
    figures = sources["figures"]
    figures = figures[figures.indicator.isin([*COMPONENTS, *OTHERS])]
    made = []
    for role in ("origin", "asylum"):
        keys = [role, "reference_date"]
        totals = _wide(figures, keys, [*COMPONENTS, *OTHERS])
        palestine = figures[(figures.indicator == "idmc_idps") & (figures[role] == OVERLAP_IN)]
        share = palestine.groupby(keys, observed=True).value.sum()
        totals["forcibly_displaced"] = _total(totals, share, BY_COUNTRY_FROM)
        totals["refugees_and_oip"] = totals[PROTECTED].sum(axis=1, min_count=1)
        totals["displaced_across"] = totals[ACROSS].sum(axis=1, min_count=1)
        made.append(totals.reset_index().rename(columns={role: "country"}).assign(role=role))
    return pd.concat(made).astype({"country": "str"})


def _wide(figures: Any, keys: list[str], columns: list[str]) -> Any:
    summed = figures.groupby([*keys, "indicator"], observed=True).value.sum().unstack()
    return summed.reindex(columns=columns)


def _total(totals: Any, overlapping: Any, first: int) -> Any:
    dates = totals.index.get_level_values("reference_date")
    since = overlapping[overlapping.index.get_level_values("reference_date") >= pd.Timestamp(OVERLAP_FROM)]
    overlap = (since * OVERLAP).round().reindex(totals.index).fillna(0)
    total = totals[COMPONENTS].sum(axis=1, min_count=1) - overlap
    return total.where((dates.month == 12) & (dates.year >= first))


def corridors(sources: dict[str, Any]) -> Any:
    """Origins and countries of asylum by date, each ranked in the other."""
    figures = sources["figures"]
    figures = figures[figures.indicator.isin(ACROSS)]
    keys = ["origin", "asylum", "reference_date"]
    made = figures.set_index([*keys, "indicator"]).value.unstack().reindex(columns=ACROSS).reset_index()
    made["displaced_across"] = made[ACROSS].sum(axis=1)
    for ranked, within in (("asylum", "origin"), ("origin", "asylum")):
        place = made[ranked].isin(sources["places"])
        ranks = made[place].groupby([within, "reference_date"], observed=True).displaced_across
        made[f"rank_in_{within}"] = ranks.rank(method="min", ascending=False)
    return made.astype({"origin": "str", "asylum": "str"})


def rankings(sources: dict[str, Any], totals: Any) -> Any:
    """Countries by role, measure and date, with their share of the world."""
    keys = ["role", "measure", "reference_date"]
    found = totals.melt(["country", "role", "reference_date"], MEASURES, var_name="measure").dropna(subset=["value"])
    world = found.groupby(keys).value.transform("sum")
    found["share_of_world"] = found.value / world
    placed = found.country.isin(sources["places"])
    found = found[placed].assign(world=world[placed])
    found = found.sort_values([*keys, "value", "country"], ascending=[True, True, True, False, True])
    lists = found.groupby(keys, sort=False).value
    found["rank"] = lists.rank(method="min", ascending=False)
    found["cumulative_share"] = lists.cumsum() / found.world
    return found.drop(columns="world")


def solutions(sources: dict[str, Any]) -> Any:
    """Solutions by origin, country of asylum and year."""
    figures = sources["figures"]
    figures = figures[figures.indicator.isin(SOLUTIONS) & (figures.reference_date.dt.month == 12)]
    keyed = figures.assign(year=figures.reference_date.dt.year).set_index(["origin", "asylum", "year", "indicator"])
    return keyed.value.unstack().reindex(columns=SOLUTIONS).reset_index().astype({"origin": "str", "asylum": "str"})


def revisions(sources: dict[str, Any]) -> Any:
    """What every release changed, withdrew, brought back or added late."""
    spans = sources["spans"]
    dated = ["indicator", "reference_date", "release"]
    dates = spans[["indicator", "reference_date"]].drop_duplicates().astype({"indicator": "str"})
    covered = dates.merge(sources["coverage"], on="indicator")
    newest, day = covered.newest_reference_date, covered.reference_date
    covered = covered[(day == newest) | ((day.dt.month == 12) & (day < newest))].sort_values(dated)
    covered["release_before"] = covered.groupby(dated[:2]).release.shift()
    before = covered[[*dated, "release_before"]]

    ended = spans[spans.superseded_in.notna()].drop(columns="published_in")
    after = spans[[*KEY, "value", "published_in"]].rename(columns={"published_in": "superseded_in"})
    ended = ended.merge(after, how="left", on=[*KEY, "superseded_in"], suffixes=("_before", "_after"))
    ended = ended.rename(columns={"superseded_in": "release"})
    ended["event"] = ended.value_after.isna().map({True: "withdrawn", False: "changed"})

    begun = spans.astype({"indicator": "str"}).rename(columns={"published_in": "release", "value": "value_after"})
    begun = begun.merge(before[before.release_before.notna()][dated], on=dated)[[*KEY, "release", "value_after"]]
    ends = ended[[*KEY, "release"]].astype({"indicator": "str"})
    begun = begun.merge(ends.assign(is_end=True), how="left", on=[*KEY, "release"])
    first = ends.groupby(KEY, observed=True).release.min().rename("first_ended").reset_index()
    begun = begun[begun.is_end.isna()].merge(first, how="left", on=KEY)
    begun["event"] = (begun.first_ended < begun.release).map({True: "returned", False: "added"})

    columns = [*KEY, "release", "event", "value_before", "value_after"]
    events = pd.concat([ended.astype({"indicator": "str"}), begun.assign(value_before=None)])[columns]
    found = events.merge(before, how="left", on=dated)
    found["difference"] = found.value_after.astype("float64").fillna(0) - found.value_before.astype("float64").fillna(0)
    return found.astype({"origin": "str", "asylum": "str"})


def make(data: Path, target: Path) -> None:
    """Make all tables and write them as Parquet."""
    sources = read(data)
    totals = country_totals(sources)
    made: dict[str, Callable[[], Any]] = {
        "figures": lambda: sources["figures"].drop(columns="superseded_in").sort_values(KEY),
        "figures_history": lambda: sources["spans"].sort_values([*KEY, "published_in"]),
        "global_totals": lambda: global_totals(sources),
        "country_totals": lambda: totals,
        "corridors": lambda: corridors(sources),
        "rankings": lambda: rankings(sources, totals),
        "solutions": lambda: solutions(sources),
        "revisions": lambda: revisions(sources),
    }
    for name, table in made.items():
        table().to_parquet(target / f"{name}.parquet", compression="zstd", index=False)


if __name__ == "__main__":
    run(make)
