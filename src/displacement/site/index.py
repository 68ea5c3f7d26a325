"""The index page of a build: the headline, the answer to the claim, every chart, and the way to all files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement import files
from displacement.charts import export, wording

if TYPE_CHECKING:
    import duckdb

    from displacement.charts import Chart

TEMPLATES = Path(__file__).resolve().parent / "templates"

HEADLINE = """
    select reference_date, published_total, published_yearly_change, forcibly_displaced, idmc_idps
    from global_totals
    where period = 'year-end' and published_total is not null
    order by reference_date desc
    limit 1
"""
MID_YEAR = """
    select reference_date, published_total
    from global_totals
    where period = 'mid-year' and published_total is not null and reference_date > (
        select max(reference_date) from global_totals where period = 'year-end' and published_total is not null
    )
    order by reference_date desc
    limit 1
"""
CLAIMS = """
    select claim_id, claimant, claim, unit, made_on, value_now, verdict_now, sentence
    from claim_checks
    order by unit, claim_id
"""
TABLES = """
    select table_name, coalesce(comment, '') as comment
    from (
        select table_name, comment from duckdb_tables() where schema_name = 'main' and not internal
        union all
        select view_name, comment from duckdb_views() where schema_name = 'main' and not internal
    )
    order by table_name
"""
BUILD = """
    select build.build_id, build.displacement_version, build.newest_release, releases.title as release_title
    from build
    left join releases on build.newest_release = releases.release
"""


def write_index(connection: duckdb.DuckDBPyConnection, charts: Sequence[Chart], directory: Path) -> None:
    """Write `index.html` of the build in `directory`. It shows the pictures that are there already."""
    files.write_text(directory / "index.html", render_index(connection, charts, directory))


def render_index(connection: duckdb.DuckDBPyConnection, charts: Sequence[Chart], directory: Path) -> str:
    """Return the index page of the build in `directory`."""
    [headline] = _rows(connection, HEADLINE)
    [build] = _rows(connection, BUILD)
    page = export.environment(TEMPLATES).get_template("index.html")
    return page.render(
        headline=headline,
        sentence=_sentence(headline),
        later=_later(connection),
        claims=[claim | {"answer": _answer(claim)} for claim in _rows(connection, CLAIMS)],
        charts=[
            {
                "chart": chart,
                "spec": export.spec(chart),
                "frame": export.frame(chart),
                "pictures": export.has_pictures(chart, directory / "charts"),
            }
            for chart in charts
        ],
        tables=_rows(connection, TABLES),
        build=build,
        wording=wording,
    )


def _sentence(headline: dict[str, Any]) -> str:
    date, change = headline["reference_date"], headline["published_yearly_change"]
    compared = ""
    if change is not None:
        compared = f", {wording.millions(abs(change))} {'more' if change > 0 else 'fewer'} than a year before"
    return f"people were forcibly displaced at {wording.end_of(date)}{compared}."


def _answer(claim: dict[str, Any]) -> str:
    """Return the sentence of a claim without the quotation, which stands above it on the page."""
    sentence: str = claim["sentence"]
    return sentence.removeprefix(f'{claim["claimant"]}, {wording.day(claim["made_on"])}: "{claim["claim"]}". ')


def _later(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the sentence about a mid-year total published after the headline; empty where there is none."""
    later = _rows(connection, MID_YEAR)
    if not later:
        return ""
    return (
        f"Published since, for {wording.day(later[0]['reference_date'])}: "
        f"{wording.millions(later[0]['published_total'])}. A mid-year total is not compared with a year-end."
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    answer = connection.execute(query)
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
