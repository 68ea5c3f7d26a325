"""One figure explained: its value, the releases that had it, who published it, the checks it passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from displacement.catalogue import load_catalogue
from displacement.errors import WrongUseError
from displacement.query import names, provenance
from displacement.query.provenance import Check, Record, checks_of, holds_of
from displacement.storage.duck import rows

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

CHECKED = ("ledger", "figures", "figures_history", "releases")
"""The tables whose rules a figure passes on its way into the file."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure as it is asked for on the command line."""

    indicator: str
    origin: str
    asylum: str
    reference_date: str


@dataclass(frozen=True, slots=True)
class Span:
    """A value of the figure and the releases that had it; `change` is the difference from the value before."""

    value: int
    published_in: date
    superseded_in: date | None
    change: int | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A figure, with everything that is known of it.

    Attributes:
        value: None where the newest release, or the one asked of, does not have it.
        published_in: the first release with this value.
        as_of: the release asked of, or None for the newest.
        revisions: every value it had, oldest first.
        anomalies: what rules find odd in it; `breaks` from when on its series counts otherwise; `notes` why it is as it
            is, from the publisher's footnotes, and whether it covers part of a year;
            `held_back` what the release gate holds back that would change it.
    """

    indicator: str
    name: str
    definition: str
    origin: str
    origin_name: str
    asylum: str
    asylum_name: str
    reference_date: date
    value: int | None
    unit: str
    kind: str
    published_in: date | None
    release_title: str | None
    newest_release: date
    as_of: date | None
    publisher: str
    dataset: str
    licence: str
    record: Record
    revisions: tuple[Span, ...]
    checks: tuple[Check, ...]
    anomalies: tuple[str, ...]
    breaks: tuple[str, ...]
    notes: tuple[str, ...]
    held_back: tuple[str, ...]
    usage_warnings: tuple[str, ...]
    cited_as: str
    build_id: str
    displacement_version: str

    @property
    def places(self) -> str:
        """The names of the origin and the country of asylum, once where they are the same."""
        return self.origin_name if self.origin == self.asylum else f"{self.origin_name} to {self.asylum_name}"

    @property
    def citation(self) -> str:
        """How to cite the figure."""
        day = self.reference_date
        return (
            f"{self.cited_as}, release of {self.as_of or self.newest_release}: {self.name}, {self.places}, "
            f"{day.day} {day:%B %Y}; displacement {self.displacement_version}, build {self.build_id}."
        )


def explain(
    connection: duckdb.DuckDBPyConnection, settings: Settings, asked: Asked, as_of: str | None = None
) -> Explained:
    """Return what is known of a figure.

    Raises:
        WrongUseError: a code or date is unknown, or there never was such a figure; the message lists those there are.
    """
    code = names.indicator(connection, asked.indicator)
    origin, asylum = names.country(connection, asked.origin), names.country(connection, asked.asylum)
    release = date.fromisoformat(names.release(connection, as_of)) if as_of else None
    spans = _spans(connection, code, origin, asylum, asked.reference_date)
    current = _current(spans, release)
    first = (current or spans[-1]).published_in
    day = names.day(asked.reference_date)
    countries = {row["iso3"]: row for row in rows(connection, "select iso3, name, unhcr_code from countries")}
    described = _described(connection, code)
    codes = (countries[origin]["unhcr_code"], countries[asylum]["unhcr_code"])
    place = provenance.RecordPlace(described["dataset"], day.year, *codes)
    return Explained(
        **described,
        **_beside(connection, code, origin, asylum, day),
        indicator=code,
        origin=origin,
        origin_name=countries[origin]["name"],
        asylum=asylum,
        asylum_name=countries[asylum]["name"],
        reference_date=day,
        value=current.value if current else None,
        published_in=current.published_in if current else None,
        release_title=_title(connection, first) if current else None,
        as_of=release,
        record=provenance.record_of(settings, first, place),
        revisions=spans,
        checks=checks_of(connection, CHECKED),
        held_back=holds_of(connection, [code], day),
    )


def _described(connection: duckdb.DuckDBPyConnection, code: str) -> dict[str, Any]:
    """Return what is known of an indicator, whatever the figure, and of the build."""
    [about] = rows(
        connection, f"select name, definition, unit, kind, dataset from indicators where indicator = '{code}'"
    )
    [build] = rows(connection, "select build_id, displacement_version, newest_release from meta.build")
    catalogue = load_catalogue()
    described = catalogue.indicators[code]
    publisher = catalogue.publishers[described.publisher]
    return (
        about
        | build
        | {
            "publisher": publisher.name,
            "licence": publisher.licence_says,
            "cited_as": publisher.citation,
            "usage_warnings": tuple(f"{one.rule} {one.why}" for one in catalogue.warnings_of(described)),
        }
    )


def _beside(connection: duckdb.DuckDBPyConnection, code: str, origin: str, asylum: str, day: date) -> dict[str, Any]:
    """Return the sentences on a figure of other tables: what is odd in it, breaks in its series, notes on it."""
    of_place = f"(origin is null or origin = '{origin}') and (asylum is null or asylum = '{asylum}')"
    queries = {
        "anomalies": f"""
            select
                concat(rule, ', ', coalesce(origin, 'all'), ' to ', coalesce(asylum, 'all'), ': ', reason) as said
            from anomalies
            where indicator = '{code}' and reference_date = '{day}' and {of_place}
            order by rank
        """,
        "breaks": f"""
            select concat(year(reference_date), ': ', what) as said
            from series_breaks
            where indicator = '{code}' and (asylum is null or asylum = '{asylum}')
            order by reference_date
        """,
        "notes": f"""
            select concat('Covers ', covers_from, ' to ', covers_to, ' only. ', reason) as said
            from partial_years
            where indicator = '{code}' and asylum = '{asylum}' and '{day}' = make_date(year, 12, 31)
            union all
            (select
                concat(
                    detail, ' (', concat_ws('; ', reason_means, effective), ')',
                    case standing
                        when 'no' then '. The figure was revised since'
                        when 'unknown' then '. Whether it still holds is not known'
                    end
                ) as said
            from figure_notes
            where
                coalesce(indicator, '{code}') = '{code}'
                and reference_date = '{day}'
                and {of_place}
                and (origin is not null or asylum is not null)
            order by note_id, part)
        """,
    }
    return {name: tuple(row["said"] for row in rows(connection, sql)) for name, sql in queries.items()}


def _spans(
    connection: duckdb.DuckDBPyConnection, indicator: str, origin: str, asylum: str, wanted: str
) -> tuple[Span, ...]:
    """Return every value a figure had, oldest first.

    Raises:
        WrongUseError: there never was such a figure; the message lists the dates or places there are.
    """
    of_pair = rows(
        connection,
        f"""
        select reference_date, value, published_in, superseded_in
        from figures_history
        where indicator = '{indicator}' and origin = '{origin}' and asylum = '{asylum}'
        order by reference_date, published_in
        """,
    )
    if not of_pair:
        raise _never(connection, indicator, origin, asylum)
    dates = list(dict.fromkeys(row["reference_date"] for row in of_pair))
    day = names.reference_date(wanted, dates, f"{indicator} from {origin} in {asylum}")
    found = [row for row in of_pair if row["reference_date"] == day]
    before = [None, *(row["value"] for row in found)]
    return tuple(
        Span(row["value"], row["published_in"], row["superseded_in"], None if last is None else row["value"] - last)
        for row, last in zip(found, before, strict=False)
    )


def _never(connection: duckdb.DuckDBPyConnection, indicator: str, origin: str, asylum: str) -> WrongUseError:
    """Return the error for a pair without any figure of an indicator, with the largest places there are figures of."""
    found = rows(
        connection,
        f"""
        select asylum, max(value) as value
        from figures
        where indicator = '{indicator}' and origin = '{origin}'
        group by asylum order by value desc
        """,
    )
    if found:
        of = f"from {origin} in {asylum}; from {origin} there are figures in the following, the largest first"
        return names.unknown("figure of", indicator, [row["asylum"] for row in found], of=of, suggested="")
    codes = rows(connection, f"select distinct origin from figures where indicator = '{indicator}' order by origin")
    return names.unknown("figure of", indicator, [row["origin"] for row in codes], of=f"from {origin}", suggested="")


def _current(spans: tuple[Span, ...], release: date | None) -> Span | None:
    """Return the value of the newest release, or of another; None where it has none."""
    for span in spans:
        if release is None:
            if span.superseded_in is None:
                return span
        elif span.published_in <= release and (span.superseded_in is None or span.superseded_in > release):
            return span
    return None


def _title(connection: duckdb.DuckDBPyConnection, release: date) -> str:
    [found] = rows(connection, f"select title from releases where release = '{release}'")
    return str(found["title"])
