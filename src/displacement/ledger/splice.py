"""The splice: one release put between the releases around it, or taken out, for the facts that differ and no others.

`figures` holds values with their spans. From the release on, up to the next release that covers a fact, another value
is to stand: what stands is cut apart there, the value is put between, and equal values that touch become one span
again. So every span begins and ends with a release that covers its fact, and no span begins where nothing changed.
Only the SQL is here; `bench` runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from displacement.storage.duck import sql_text

KEY = "indicator, reference_date, origin, asylum"


@dataclass(frozen=True, slots=True)
class Cut:
    """A reference date of an indicator that a release covers, and the later releases in the figures that do."""

    indicator: str
    day: date
    later: tuple[date, ...]


def stands(release: date) -> str:
    """Return the condition for a span that a release lies in."""
    return f"published_in <= date '{release}' and (superseded_in is null or superseded_in > date '{release}')"


def stood_before(release: date) -> str:
    """Return the condition for a span that lasted until a release at least, and began before it."""
    return f"published_in < date '{release}' and (superseded_in is null or superseded_in >= date '{release}')"


def is_covered(newest: date) -> str:
    """Return the condition for a reference date that a release covers whose dataset goes up to a date."""
    return f"((month(reference_date) = 12 and reference_date <= date '{newest}') or reference_date = date '{newest}')"


def is_spoken_of(release: date) -> str:
    """Return the condition for a fact that a release speaks of."""
    return f"hash({KEY}) not in (select hash({KEY}) from unknown where release = date '{release}')"


def dates(days: Iterable[date]) -> str:
    """Return dates as a list of SQL."""
    return ", ".join(f"date '{day}'" for day in days)


def find_touched(release: date, cuts: Iterable[Cut], coming: str) -> Iterator[str]:
    """Yield the statements that make `touched`: the facts whose value differs, before and after, and until when.

    Args:
        release: the release from which on the facts of `coming` are to stand.
        cuts: the indicators and dates it is about, at least one.
        coming: the SELECT of the facts.
    """
    rows = ", ".join(f"('{sql_text(cut.indicator)}', date '{cut.day}', [{dates(cut.later)}]::date[])" for cut in cuts)
    yield f"""
    create or replace temp table cuts as
    select indicator, reference_date, later, later[1] as until
    from (values {rows}) as cut(indicator, reference_date, later)
    """
    # A later release that does not speak of a fact does not end its span: the one after it may.
    yield f"""
    create or replace temp table touched as
    with standing as (
        select f.* from figures as f
        semi join cuts as c on f.indicator = c.indicator and f.reference_date = c.reference_date
        where {stands(release)}
    ),
    coming as (
        select f.* from ({coming}) as f
        semi join cuts as c on f.indicator = c.indicator and f.reference_date = c.reference_date
    ),
    differing as (
        select {KEY}, s.value as before, c.value as after
        from standing as s
        full join coming as c using ({KEY})
        where s.value is distinct from c.value and {is_spoken_of(release)}
    ),
    passed_over as (
        select {KEY}, list(release) as releases
        from unknown
        where release > date '{release}'
        group by {KEY}
    )
    select
        {KEY},
        d.before,
        d.after,
        case
            when p.releases is null then c.until
            else list_filter(c.later, lambda release: not list_contains(p.releases, release))[1]
        end as until
    from differing as d
    inner join cuts as c using (indicator, reference_date)
    left join passed_over as p using ({KEY})
    """


def exchange_touched(release: date) -> Iterator[str]:
    """Yield the statements that give the touched facts of `figures` their new spans.

    Of a touched fact, three spans can be affected: the one that stands at the release, which is cut; one that ends
    there with the value that is to stand; and one that begins with it where the next release speaks.
    """
    yield f"""
    create or replace temp table affected as
    select f.*, t.until, {stands(release)} as is_cut
    from figures as f
    inner join touched as t using ({KEY})
    where
        {stands(release)}
        or (f.value = t.after and (f.superseded_in = date '{release}' or f.published_in = t.until))
    """
    yield f"""
    create or replace temp table rebuilt as
    select {KEY}, value, published_in, date '{release}' as superseded_in
    from affected
    where is_cut and published_in < date '{release}'
    union all
    select {KEY}, value, until as published_in, superseded_in
    from affected
    where is_cut and until is not null and (superseded_in is null or superseded_in > until)
    union all
    select
        {KEY},
        t.after as value,
        coalesce(b.published_in, date '{release}') as published_in,
        case when a.published_in is null then t.until else a.superseded_in end as superseded_in
    from touched as t
    left join (from affected where not is_cut and superseded_in = date '{release}') as b using ({KEY})
    left join (from affected where not is_cut and published_in = until) as a using ({KEY})
    where t.after is not null
    """
    yield f"""
    create table exchanged as
    select f.* from figures as f anti join affected using ({KEY}, published_in)
    union all
    from rebuilt
    """
    yield "drop table figures"
    yield "alter table exchanged rename to figures"
