"""The figures and six marts with polars: lazy frames, collected together, so that it may share work and use every core.

Run as a program it reads the sources of the first directory, writes the tables into the second, and prints seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

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


def tables(data: Path) -> dict[str, Any]:
    """Return the tables, to be collected."""
    countries = pl.scan_csv(data / "countries.csv", infer_schema=False).select("iso3", "kind")
    codes = pl.Enum(countries.select("iso3").unique().sort("iso3").collect()["iso3"])
    indicators = pl.scan_csv(data / "indicators.csv", infer_schema=False).select("indicator", "dataset")
    names = pl.Enum(indicators.select("indicator").collect()["indicator"])
    spans = pl.scan_parquet(data / "figures.parquet").with_columns(
        pl.col("indicator").cast(names), pl.col("origin").cast(codes), pl.col("asylum").cast(codes)
    )
    figures = spans.filter(pl.col("superseded_in").is_null())
    places = countries.filter(~pl.col("kind").is_in(NO_PLACE)).select(country=pl.col("iso3").cast(codes))
    covered = pl.scan_csv(data / "release_datasets.csv", try_parse_dates=True).join(indicators, on="dataset")
    coverage = covered.select(pl.col("indicator").cast(names), "release", "newest_reference_date")
    totals = country_totals(figures)
    return {
        "figures": figures.drop("superseded_in").sort(KEY),
        "figures_history": spans.sort([*KEY, "published_in"]),
        "global_totals": global_totals(figures),
        "country_totals": totals,
        "corridors": corridors(figures, places),
        "rankings": rankings(totals, places),
        "solutions": solutions(figures),
        "revisions": revisions(spans, coverage),
    }


def global_totals(figures: Any) -> Any:
    """The world's components by date, and their sum."""
    return figures.filter(pl.col("indicator").is_in(COMPONENTS)).group_by("reference_date").agg(
        *map(_sum, COMPONENTS), _overlap("asylum").alias("overlap")
    ).with_columns(_total(TOTAL_FROM)).drop("overlap")  # fmt: skip


def country_totals(figures: Any) -> Any:
    """Every country by role and date."""
    known = figures.filter(pl.col("indicator").is_in([*COMPONENTS, *OTHERS]))
    sides = [
        known.group_by(pl.col(role).alias("country"), "reference_date").agg(
            *map(_sum, [*COMPONENTS, *OTHERS]), _overlap(role).alias("overlap")
        ).with_columns(role=pl.lit(role))
        for role in ("origin", "asylum")
    ]  # fmt: skip
    sums = {"refugees_and_oip": _sum_of_some(PROTECTED), "displaced_across": _sum_of_some(ACROSS)}
    return pl.concat(sides).with_columns(_total(BY_COUNTRY_FROM), **sums).drop("overlap")


def _sum_of_some(columns: list[str]) -> Any:
    some = pl.any_horizontal(pl.col(column).is_not_null() for column in columns)
    return pl.when(some).then(pl.sum_horizontal(columns))


def _sum(indicator: str) -> Any:
    chosen = pl.col("value").filter(pl.col("indicator") == indicator)
    return pl.when(chosen.len() > 0).then(chosen.sum()).alias(indicator)


def _overlap(place: str) -> Any:
    counted = (
        (pl.col("indicator") == "idmc_idps")
        & (pl.col(place).cast(pl.String) == OVERLAP_IN)
        & (pl.col("reference_date") >= OVERLAP_FROM)
    )
    return (pl.col("value").filter(counted).sum() * OVERLAP).round().cast(pl.Int64)


def _total(first: int) -> Any:
    some = pl.any_horizontal(pl.col(column).is_not_null() for column in COMPONENTS)
    day = pl.col("reference_date").dt
    dated = (day.month() == 12) & (day.year() >= first)
    return pl.when(some & dated).then(pl.sum_horizontal(COMPONENTS) - pl.col("overlap")).alias("forcibly_displaced")


def corridors(figures: Any, places: Any) -> Any:
    """Origins and countries of asylum by date, each ranked in the other."""
    keys = ["origin", "asylum", "reference_date"]
    made = figures.filter(pl.col("indicator").is_in(ACROSS)).group_by(keys).agg(
        *map(_sum, ACROSS), pl.col("value").sum().alias("displaced_across")
    )  # fmt: skip
    placed = places.with_columns(is_place=pl.lit(value=True))
    for ranked, within in (("asylum", "origin"), ("origin", "asylum")):
        made = made.join(placed, how="left", left_on=ranked, right_on="country")
        rank = pl.col("displaced_across").rank("min", descending=True).over(within, "reference_date", "is_place")
        made = made.with_columns(pl.when("is_place").then(rank).alias(f"rank_in_{within}")).drop("is_place")
    return made


def rankings(totals: Any, places: Any) -> Any:
    """Countries by role, measure and date, with their share of the world."""
    keys = ["role", "measure", "reference_date"]
    found = totals.unpivot(MEASURES, index=["country", "role", "reference_date"], variable_name="measure")
    found = found.drop_nulls("value").with_columns(world=pl.col("value").sum().over(keys))
    found = found.join(places, on="country").sort([*keys, "value", "country"], descending=[False] * 3 + [True, False])
    return found.with_columns(
        share_of_world=pl.col("value") / pl.col("world"),
        rank=pl.col("value").rank("min", descending=True).over(keys),
        cumulative_share=pl.col("value").cum_sum().over(keys) / pl.col("world"),
    ).drop("world")


def solutions(figures: Any) -> Any:
    """Solutions by origin, country of asylum and year."""
    flows = figures.filter(pl.col("indicator").is_in(SOLUTIONS) & (pl.col("reference_date").dt.month() == 12))
    return flows.group_by("origin", "asylum", year=pl.col("reference_date").dt.year()).agg(*map(_sum, SOLUTIONS))


def revisions(spans: Any, coverage: Any) -> Any:
    """What every release changed, withdrew, brought back or added late."""
    dated = ["indicator", "reference_date", "release"]
    newest, day = pl.col("newest_reference_date"), pl.col("reference_date")
    before = (
        spans.select(dated[:2]).unique().join(coverage, on="indicator")
        .filter((day == newest) | ((day.dt.month() == 12) & (day < newest)))
        .sort(dated)
        .select(*dated, release_before=pl.col("release").shift().over(dated[:2]))
    )  # fmt: skip
    after = spans.select(*KEY, value_after="value", superseded_in="published_in")
    ended = (
        spans.filter(pl.col("superseded_in").is_not_null()).rename({"value": "value_before"})
        .join(after, how="left", on=[*KEY, "superseded_in"])
        .with_columns(release="superseded_in")
        .with_columns(
            event=pl.when(pl.col("value_after").is_null()).then(pl.lit("withdrawn")).otherwise(pl.lit("changed"))
        )
    )  # fmt: skip
    first = ended.group_by(KEY).agg(first_ended=pl.col("release").min())
    begun = (
        spans.select(*KEY, release="published_in", value_after="value")
        .join(before.filter(pl.col("release_before").is_not_null()), on=dated, how="semi")
        .join(ended, on=[*KEY, "release"], how="anti")
        .join(first, on=KEY, how="left")
        .with_columns(
            event=pl.when(pl.col("first_ended") < pl.col("release"))
            .then(pl.lit("returned"))
            .otherwise(pl.lit("added")),
            value_before=pl.lit(None, pl.Int64),
        )
    )  # fmt: skip
    columns = [*KEY, "release", "event", "value_before", "value_after"]
    found = pl.concat([ended.select(columns), begun.select(columns)]).join(before, on=dated, how="left")
    return found.with_columns(difference=pl.col("value_after").fill_null(0) - pl.col("value_before").fill_null(0))


def make(data: Path, target: Path) -> None:
    """Make all tables and write them as Parquet."""
    lazy = tables(data)
    for name, made in zip(lazy, pl.collect_all(list(lazy.values())), strict=True):
        made.write_parquet(target / f"{name}.parquet", compression="zstd")


if __name__ == "__main__":
    run(make)
