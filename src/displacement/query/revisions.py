"""What releases changed in figures published before: counted by release, and the largest.

The model `revisions` finds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from displacement.query import names
from displacement.storage.duck import rows

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Revised:
    """The revisions asked for.

    Attributes:
        chosen: what was asked for, by name: country, indicator, since.
        releases: a row for each release: how many figures it changed, withdrew, brought back and added.
        figures: how many revisions that makes.
        largest: the largest of them, as rows of `revisions`.
    """

    chosen: dict[str, str]
    releases: tuple[dict[str, Any], ...]
    figures: int
    largest: tuple[dict[str, Any], ...]


def revised(
    connection: duckdb.DuckDBPyConnection,
    country: str | None = None,
    indicator: str | None = None,
    since: str | None = None,
    limit: int = 20,
) -> Revised:
    """Return the revisions of a country (as origin or as asylum), of an indicator, of releases since one.

    Raises:
        WrongUseError: the country, the indicator or the release is not known.
    """
    chosen: dict[str, str] = {}
    conditions = ["true"]
    if country:
        code = chosen["country"] = names.country(connection, country)
        conditions.append(f"(origin = '{code}' or asylum = '{code}')")
    if indicator:
        chosen["indicator"] = names.indicator(connection, indicator)
        conditions.append(f"indicator = '{chosen['indicator']}'")
    if since:
        chosen["since"] = names.release(connection, since)
        conditions.append(f"release >= '{chosen['since']}'")
    where = " and ".join(conditions)
    releases = rows(connection, _BY_RELEASE.format(where=where))
    largest = rows(connection, _LARGEST.format(where=where, limit=limit))
    return Revised(chosen, tuple(releases), sum(row["figures"] for row in releases), tuple(largest))


_BY_RELEASE = """
select
    chosen.release,
    releases.title,
    count(*) as figures,
    count(*) filter (chosen.event = 'changed') as changed,
    count(*) filter (chosen.event = 'withdrawn') as withdrawn,
    count(*) filter (chosen.event = 'returned') as returned,
    count(*) filter (chosen.event = 'added') as added
from (from revisions where {where}) as chosen
inner join releases on chosen.release = releases.release
group by chosen.release, releases.title
order by chosen.release desc
"""
_LARGEST = """
select *
from (from revisions where {where}) as chosen
order by abs(difference) desc, release desc, indicator, reference_date desc, origin, asylum
limit {limit}
"""


def as_text(connection: duckdb.DuckDBPyConnection, found: Revised) -> str:
    """Return revisions as people read them: a line for each release, then a line for each of the largest."""
    by_code = {row["iso3"]: row["name"] for row in rows(connection, "select iso3, name from countries")}
    listed = ", ".join(f"{name} {value}" for name, value in found.chosen.items())
    about = f" ({listed})" if listed else ""
    if not found.figures:
        return f"No figure was revised{about}."
    count = f"{found.figures:,} revision{'s' if found.figures > 1 else ''}{about}"
    lines = [count, *map(_release, found.releases), ""]
    if len(found.largest) < found.figures:
        lines.append(f"The {len(found.largest)} largest:")
    lines += [f"{row['release']}  {_figure(row, by_code)}" for row in found.largest]
    return "\n".join(lines)


def _release(row: Mapping[str, Any]) -> str:
    events = [f"{row[event]:,} {event}" for event in ("changed", "withdrawn", "returned", "added") if row[event]]
    return f"{row['release']}  {row['title']}: {', '.join(events)}"


def _figure(row: Mapping[str, Any], by_code: Mapping[str, str]) -> str:
    origin, asylum = by_code[row["origin"]], by_code[row["asylum"]]
    places = origin if origin == asylum else f"{origin} → {asylum}"
    return f"{row['indicator']}, {places}, {_when(row['reference_date'])}: {what_happened(row)}"


def what_happened(row: Mapping[str, Any]) -> str:
    """Return what a release did to a figure, in few words: `1,000, then 900 (-100)`."""
    before, after, change = row["value_before"], row["value_after"], f"{row['difference']:+,}"
    if after is None:
        return f"{before:,}, then withdrawn"
    if before is None:
        return f"{after:,}, {'back after a withdrawal' if row['event'] == 'returned' else 'added later'}"
    return f"{before:,}, then {after:,} ({change})"


def _when(day: date) -> str:
    return f"end of {day.year}" if day.month == 12 else f"mid-{day.year}"
