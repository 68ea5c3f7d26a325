"""Spans by SQL: which value of a fact was current from which release to which, from what each release contains.

Within an indicator and a reference date (a group) the releases that speak of it are put in order; a value that follows
itself is one span, a fact that a release lacks ends there, and one that a release leaves unknown goes on. Only groups
that releases from `since` on change are derived again, from the spans as they were before that day.

The connection holds the relations
    base(indicator, reference_date, origin, asylum, value, published_in, superseded_in)    spans derived before
    shipped(the same)                                                                      spans of the shipped ledger
    editions(indicator, release, newest, is_shipped)    a release that counts for an indicator, from `since` on
    contents(release, indicator, reference_date, origin, asylum, value)    what readings hold from `since` on
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.ledger.readings import KEY
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    import duckdb

GROUP = "indicator, reference_date"
ORDER = "indicator, origin, asylum, reference_date, published_in"
"""The order of the rows of a ledger: the histories of a corridor are together, which compresses best."""

SPANS = f"{KEY}, value, published_in, superseded_in"
CHECKSUM = "sum(hash(origin, asylum, value)::hugeint)"


def current_in(release: date) -> str:
    """Return the condition for a span that a release lies in."""
    return f"published_in <= date '{release}' and (superseded_in is null or superseded_in > date '{release}')"


def current_before(release: date) -> str:
    """Return the condition for a span that was current just before a release."""
    return f"published_in < date '{release}' and (superseded_in is null or superseded_in >= date '{release}')"


def covers(newest: str, day: str = "reference_date") -> str:
    """Return the condition for a reference date that a release speaks of whose dataset goes up to `newest`.

    It holds all year-ends up to it, and a mid-year only while that is its newest date: later releases no longer carry
    older mid-years, which stay as last published.
    """
    return f"({day} = {newest} or (month({day}) = 12 and {day} < {newest}))"


def derive(connection: duckdb.DuckDBPyConnection, since: date) -> int:
    """Make `touched`, the groups that change, and `rebuilt`, their spans; return how many groups there are."""
    for statement in (_stated(), _touched(since), _rebuilt(since)):
        connection.execute(statement)
    return int(connection.execute("select count(*) from touched").fetchall()[0][0])


def write(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the spans: those of touched groups as rebuilt, the rest as they were. Equal rows make equal bytes."""
    connection.execute("set threads = 1")
    connection.execute(
        f"""
        copy (
            select {SPANS} from base anti join touched using ({GROUP})
            union all
            select {SPANS} from rebuilt
            order by {ORDER}
        ) to '{sql_text(path)}' (format parquet, compression zstd)
        """
    )
    connection.execute("reset threads")


def _events(source: str) -> str:
    """Return the SELECT of how the checksum of a group changes with a release."""
    return f"""
        select {GROUP}, release, sum(amount) as amount
        from (
            select {GROUP}, published_in as release, hash(origin, asylum, value)::hugeint as amount from {source}
            union all
            select {GROUP}, superseded_in, -(hash(origin, asylum, value)::hugeint)
            from {source}
            where superseded_in is not null
        )
        group by {GROUP}, release
    """


def _stated() -> str:
    # A row is a group that an edition speaks of, with the checksum of its facts.
    return f"""
        create or replace temp table stated as
        with groups as (
            select distinct {GROUP} from base
            union
            select distinct {GROUP} from contents
        ),
        held as (
            select
                release,
                {GROUP},
                {CHECKSUM} filter (value is not null) as checksum,
                count(*) - count(value) as unknown
            from contents
            group by release, {GROUP}
        ),
        events as ({_events("shipped")}),
        covered as (
            select g.indicator, g.reference_date, e.release, e.is_shipped
            from editions as e
            inner join groups as g on g.indicator = e.indicator and {covers("e.newest", "g.reference_date")}
        ),
        shipped_checksums as (
            select c.indicator, c.reference_date, c.release, sum(e.amount) as checksum
            from covered as c
            inner join events as e
                on e.indicator = c.indicator and e.reference_date = c.reference_date and e.release <= c.release
            where c.is_shipped
            group by c.indicator, c.reference_date, c.release
        )
        select
            c.indicator,
            c.reference_date,
            c.release,
            c.is_shipped,
            coalesce(if(c.is_shipped, s.checksum, h.checksum), 0) as checksum,
            if(c.is_shipped, 0, coalesce(h.unknown, 0)) as unknown
        from covered as c
        left join held as h using ({GROUP}, release)
        left join shipped_checksums as s using ({GROUP}, release)
    """


def _touched(since: date) -> str:
    # A row is a group whose facts change with another release than before, or by another amount. Unknown facts are
    # not in the checksum, so groups that have any are always derived again.
    return f"""
        create or replace temp table touched as
        with before as (
            select {GROUP}, {CHECKSUM} as checksum from base where {current_before(since)} group by {GROUP}
        ),
        changes as (
            select
                s.indicator,
                s.reference_date,
                s.release,
                s.checksum - lag(s.checksum, 1, coalesce(b.checksum, 0)) over (
                    partition by s.indicator, s.reference_date order by s.release
                ) as amount
            from stated as s
            left join before as b using ({GROUP})
        ),
        new as (select {GROUP}, release, amount::hugeint as amount from changes where amount <> 0),
        old as (
            select {GROUP}, release, amount::hugeint as amount
            from ({_events("base")})
            where release >= date '{since}' and amount <> 0
        )
        select {GROUP} from (from new except from old)
        union
        select {GROUP} from (from old except from new)
        union
        select {GROUP} from stated where unknown > 0
    """


def _rebuilt(since: date) -> str:
    # `place` is the place of a release among those that speak of the group, 0 what was current before `since`. `turn`
    # is the same among those that speak of the fact: an unknown fact has the turn of the release before it. So a span
    # is facts of one value whose turns follow each other, and it ends with the release after its last place. Most facts
    # never change: they need no window.
    return f"""
        create or replace temp table rebuilt as
        with places as (
            select
                s.indicator,
                s.reference_date,
                s.release,
                s.is_shipped,
                row_number() over (partition by s.indicator, s.reference_date order by s.release) as place
            from stated as s
            semi join touched using ({GROUP})
        ),
        stated_facts as materialized (
            select {KEY}, 0 as place, value, published_in as since
            from base
            semi join touched using ({GROUP})
            where {current_before(since)}
            union all
            select c.indicator, c.reference_date, c.origin, c.asylum, p.place, c.value, p.release
            from contents as c
            inner join places as p using ({GROUP}, release)
            where not p.is_shipped
            union all
            select f.indicator, f.reference_date, f.origin, f.asylum, p.place, f.value, p.release
            from shipped as f
            inner join places as p
                on p.indicator = f.indicator
                and p.reference_date = f.reference_date
                and p.release >= f.published_in
                and (f.superseded_in is null or p.release < f.superseded_in)
            where p.is_shipped
        ),
        steady as materialized (
            select {KEY}, min(value) as value, arg_min(since, place) as published_in, max(place) as last_place
            from stated_facts
            group by {KEY}
            having count(value) = max(place) - min(place) + 1 and min(value) = max(value) and count(value) = count(*)
        ),
        turns as (
            select
                *,
                place - count(*) filter (value is null) over (partition by {KEY} order by place) as turn
            from stated_facts
            anti join steady using ({KEY})
        ),
        lasting as (select *, max(place) over (partition by {KEY}, turn) as last_place from turns),
        known as (
            select
                *,
                lag(turn) over (partition by {KEY} order by place) as turn_before,
                lag(value) over (partition by {KEY} order by place) as value_before
            from lasting
            where value is not null
        ),
        numbered as (
            select
                *,
                count(*) filter (turn_before is distinct from turn - 1 or value_before <> value) over (
                    partition by {KEY} order by place
                ) as span
            from known
        ),
        joined as (
            select {KEY}, value, arg_min(since, place) as published_in, max(last_place) as last_place
            from numbered
            group by {KEY}, value, span
            union all
            from steady
        )
        select
            j.indicator,
            j.reference_date,
            j.origin,
            j.asylum,
            j.value,
            j.published_in,
            p.release as superseded_in
        from joined as j
        left join places as p
            on p.indicator = j.indicator and p.reference_date = j.reference_date and p.place = j.last_place + 1
        union all
        select {SPANS}
        from base
        semi join touched using ({GROUP})
        where superseded_in < date '{since}'
    """
