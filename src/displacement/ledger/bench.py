"""The facts of a ledger in a database, while a change is put into effect.

`figures` are the facts with their spans. `arrived` are the facts of a release that has just come; `aside` are facts of
releases that are not in the figures: held back, or about to be taken in. `unknown` are the facts that a release does
not speak of although it covers their date, since a row of them is in quarantine. Which release is to be in the figures
and which is not is decided in `standing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

from displacement.errors import DisplacementError
from displacement.ledger.gate import Movement, Tally, Thresholds
from displacement.ledger.splice import (
    KEY,
    Cut,
    dates,
    exchange_touched,
    find_touched,
    is_spoken_of,
    stands,
    stood_before,
)
from displacement.storage.duck import bounded, memory_bytes, sql_text

Tallies = dict[date | None, Tally]
"""What a subject holds, by reference date."""

ORDER = "indicator, origin, asylum, reference_date, published_in"
"""The order of the rows of a ledger: the histories of a corridor stand together, which compresses best."""

PARQUET = "format parquet, compression zstd, compression_level"
"""How a ledger is written: by one thread, so that the same rows make the same bytes."""

LEVEL, LEVEL_OF_MANY = 19, 12
"""How tightly, and how tightly where there are many rows: 19 takes four times as long for three per cent."""

MANY = 1_000_000
"""Rows above which a ledger counts as large: it is compressed in memory, too, so that less of it goes to the disk."""

MEMORY_OF_MANY = 2_100_000_000
"""Bytes a database with a large ledger holds: sorting, compressing and writing it take as much again beside them."""

_FACT = "indicator varchar, reference_date date, origin varchar, asylum varchar"
_COUNTED = "count(*), sum(value), sum(hash(origin, asylum, value))"


@dataclass(frozen=True, slots=True)
class Group:
    """Facts of an indicator and a reference date that stood in the same releases, counted."""

    day: date
    published_in: date
    superseded_in: date | None
    tally: Tally

    def stands_in(self, release: date) -> bool:
        """Say whether they stood in a release."""
        return self.published_in <= release and (self.superseded_in is None or self.superseded_in > release)


class Bench:
    """An in-memory database with the facts of a ledger."""

    def __init__(self, home: Path) -> None:
        """Open an empty one, which puts under `home` what does not fit into memory."""
        import duckdb

        self._connection = bounded(duckdb.connect(), home)
        self._run(f"create table figures ({_FACT}, value bigint, published_in date, superseded_in date)")
        self._run(f"create table arrived ({_FACT}, value bigint)")
        self._run(f"create table aside (release date, {_FACT}, value bigint)")
        self._run(f"create table unknown (release date, {_FACT})")
        self._run(f"create table differences (release date, {_FACT}, before bigint, after bigint)")
        self.is_changed = False
        """Whether a row of the figures is another than when they were loaded."""

    def __enter__(self) -> Bench:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free the memory."""
        self._connection.close()

    # --- what comes in ------------------------------------------------------------------------------------------------

    def load(self, figures: Path) -> None:
        """Read the facts and spans of a ledger."""
        self._run(f"insert into figures select {KEY}, value, published_in, superseded_in from {_parquet(figures)}")
        if self._are_many():
            self._run("checkpoint")
            self._run(f"set memory_limit = '{min(MEMORY_OF_MANY, memory_bytes())}B'")

    def put_aside(self, release: date, facts: Path) -> None:
        """Read facts of a release that are held back."""
        self._run(f"insert into aside select date '{release}', {KEY}, value from {_parquet(facts)}")

    def unsay(self, release: date, facts: Path | None, indicators: Iterable[str] | None = None) -> None:
        """Read which facts a release does not speak of, in place of what was known of some indicators."""
        if indicators is not None:
            self._run(f"delete from unknown where release = '{release}' and indicator in ({_texts(indicators)})")
        if facts:
            self._run(f"insert into unknown select date '{release}', {KEY} from {_parquet(facts)}")

    def clear(self) -> None:
        """Forget what has come."""
        self._run("delete from arrived")

    def arrive(self, facts: Path, indicators: Iterable[str]) -> None:
        """Read the facts of a dataset that has come.

        Raises:
            DisplacementError: a fact is there twice, is not above zero, or is of an indicator of another dataset.
        """
        self._run(f"insert into arrived select {KEY}, value from {_parquet(facts)}")
        ((wrong, twice),) = self._rows(
            f"""
            select
                count(*) filter (
                    value is null or value < 1 or indicator not in ({_texts(indicators)})
                    or {" or ".join(f"{column} is null" for column in KEY.split(", "))}
                ),
                count(*) - count(distinct hash({KEY}))
            from {_parquet(facts)}
            """
        )
        if wrong or twice:
            raise DisplacementError(
                f"The facts in {facts} cannot be taken into the ledger: {wrong} are empty, below one or of an "
                f"indicator of another dataset, {twice} are there twice. Read the release again."
            )

    def admit(self, release: date, indicators: Sequence[str]) -> None:
        """Put what has come of some indicators aside, as facts of a release, in place of what was there."""
        of_them = f"indicator in ({_texts(indicators)})"
        self._run(f"delete from aside where release = '{release}' and {of_them}")
        self._run(f"insert into aside select date '{release}', {KEY}, value from arrived where {of_them}")

    # --- what goes out ------------------------------------------------------------------------------------------------

    def forget(self, release: date, indicators: Sequence[str]) -> None:
        """Remove the facts of indicators of a release that were aside: the rest is copied, which is quicker."""
        rest = f"release <> '{release}' or indicator not in ({_texts(indicators)})"
        self._run(f"create or replace table aside as from aside where {rest}")

    def write_aside(self, release: date, indicator: str, path: Path) -> None:
        """Write the facts of an indicator of a release that are aside."""
        of_it = f"release = '{release}' and indicator = '{sql_text(indicator)}'"
        self._write(f"select {KEY}, value from aside where {of_it} order by {KEY}", path)

    def write_unknown(self, release: date, path: Path) -> None:
        """Write which facts a release does not speak of."""
        self._write(f"select {KEY} from unknown where release = '{release}' order by {KEY}", path)

    def write(self, path: Path) -> None:
        """Write the figures: the same content makes the same bytes."""
        level = LEVEL_OF_MANY if self._are_many() else LEVEL
        self._write(f"select {KEY}, value, published_in, superseded_in from figures order by {ORDER}", path, level)

    def _write(self, select: str, path: Path, level: int = LEVEL) -> None:
        self._run("set threads = 1")
        self._run(f"copy ({select}) to '{sql_text(path)}' ({PARQUET} {level})")
        self._run("reset threads")

    def _are_many(self) -> bool:
        return bool(self._rows("select count(*) from figures")[0][0] > MANY)

    # --- what is there ------------------------------------------------------------------------------------------------

    def groups(self) -> dict[str, list[Group]]:
        """Return the facts of the figures, counted by indicator, reference date and span."""
        found: dict[str, list[Group]] = {}
        for indicator, day, published_in, superseded_in, *counted in self._rows(
            f"select indicator, reference_date, published_in, superseded_in, {_COUNTED} from figures group by all"
        ):
            found.setdefault(indicator, []).append(Group(day, published_in, superseded_in, _tally(counted)))
        return found

    def counted_aside(self) -> dict[tuple[date, str], Tallies]:
        """Return the facts that are aside, counted by release, indicator and reference date."""
        return self._counted("release", "aside")

    def counted_arrived(self, release: date) -> dict[tuple[date, str], Tallies]:
        """Return the facts that have come, counted as those of a release."""
        return self._counted(f"date '{release}'", "arrived")

    def counted_unspoken(self) -> dict[tuple[date, str], Tallies]:
        """Return what stands of the facts that a release does not speak of, counted for that release."""
        return self._counted(
            "release",
            f"(from figures inner join unknown using ({KEY}) where published_in <= release "
            "and (superseded_in is null or superseded_in > release))",
        )

    def counted_unknown(self) -> dict[tuple[date, str], dict[date | None, int]]:
        """Return how many facts a release does not speak of, by release, indicator and reference date."""
        found: dict[tuple[date, str], dict[date | None, int]] = {}
        for release, indicator, day, count in self._rows(
            "select release, indicator, reference_date, count(*) from unknown group by all"
        ):
            found.setdefault((release, indicator), {})[day] = int(count)
        return found

    def count_unknown(self, facts: Path) -> dict[str, dict[date | None, int]]:
        """Return how many facts a release that has come does not speak of, by indicator and reference date."""
        found: dict[str, dict[date | None, int]] = {}
        for indicator, day, count in self._rows(
            f"select indicator, reference_date, count(*) from {_parquet(facts)} group by all"
        ):
            found.setdefault(indicator, {})[day] = int(count)
        return found

    def _counted(self, release: str, source: str) -> dict[tuple[date, str], Tallies]:
        found: dict[tuple[date, str], Tallies] = {}
        for day_of_release, indicator, day, *counted in self._rows(
            f"select {release}, indicator, reference_date, {_COUNTED} from {source} group by all"
        ):
            found.setdefault((day_of_release, indicator), {})[day] = _tally(counted)
        return found

    def differences(self, release: date) -> list[tuple[str, date, int, int, int]]:
        """Return for each indicator and date of a release how many facts it added, changed and withdrew."""
        return [
            (str(row[0]), row[1], int(row[2]), int(row[3]), int(row[4]))
            for row in self._rows(
                "select indicator, reference_date, count(*) filter (before is null), "
                "count(*) filter (before is not null and after is not null), count(*) filter (after is null) "
                f"from differences where release = '{release}' group by all order by all"
            )
        ]

    def movements(self, release: date, limits: Thresholds) -> dict[str, Movement]:
        """Return how the single figures of each indicator of a release differ from those that stood before."""
        by, share = limits.large_revision_at_least, limits.large_revision_share
        large = f"abs(after - before) > {by} and abs(after - before) > {share} * before"
        revised = self._rows(
            f"""
            select
                indicator,
                count(*),
                arg_max(
                    format('{{}} to {{}}, {{}}: {{:,}} → {{:,}}', origin, asylum, reference_date, before, after),
                    abs(after - before)
                )
            from differences
            where release = '{release}' and {large}
            group by indicator
            """
        )
        withdrawn = self._rows(
            f"""
            with first as (
                select indicator, min(reference_date) as reference_date
                from figures
                where published_in < '{release}'
                group by indicator
            )
            select indicator, reference_date, count(*)
            from differences
            inner join first using (indicator, reference_date)
            where release = '{release}' and after is null
            group by all
            """
        )
        countries = self._rows(
            f"""
            with added as (
                select distinct indicator, unnest([origin, asylum]) as country
                from differences
                where release = '{release}' and before is null
            ),
            known as (
                select distinct indicator, origin as country from figures where published_in < '{release}'
                union
                select distinct indicator, asylum from figures where published_in < '{release}'
            )
            select indicator, list(country order by country)
            from added
            anti join known using (indicator, country)
            group by indicator
            """
        )
        found = {row[0]: Movement(revised=int(row[1]), largest=row[2]) for row in revised}
        for indicator, day, count in withdrawn:
            known = found.get(indicator, Movement())
            found[indicator] = replace(known, first_date=day, withdrawn_first=int(count))
        for indicator, appeared in countries:
            found[indicator] = replace(found.get(indicator, Movement()), appeared=tuple(appeared))
        return found

    # --- in and out of the figures ------------------------------------------------------------------------------------

    def set_aside(self, release: date, indicator: str, days: Sequence[date]) -> None:
        """Copy what a release in the figures says of an indicator, for the days it covers."""
        self._run(
            f"insert into aside select date '{release}', {KEY}, value from figures "
            f"where indicator = '{sql_text(indicator)}' and {stands(release)} and {is_spoken_of(release)} "
            f"and reference_date in ({dates(days) or 'null'})"
        )

    def add(self, release: date, cuts: Sequence[Cut]) -> None:
        """Let the facts of a release that are aside stand from it on, until the next release that covers them."""
        if self._splice(release, cuts, f"select {KEY}, value from aside where release = '{release}'"):
            self._run(f"insert into differences select date '{release}', {KEY}, before, after from touched")

    def remove(self, release: date, cuts: Sequence[Cut]) -> None:
        """Let what stood before a release stand on, until the next release that covers it."""
        self._splice(release, cuts, f"select {KEY}, value from figures where {stood_before(release)}")

    def _splice(self, release: date, cuts: Sequence[Cut], coming: str) -> bool:
        """Let the facts of `coming` stand from a release on; return whether any differs from what stands."""
        if not cuts:
            return False
        for statement in find_touched(release, cuts, coming):
            self._run(statement)
        if not self._rows("select count(*) from touched")[0][0]:
            return False
        for statement in exchange_touched(release):
            self._run(statement)
        self.is_changed = True
        return True

    # --- how it is run ------------------------------------------------------------------------------------------------

    def _run(self, sql: str) -> None:
        import duckdb

        try:
            self._connection.execute(sql)
        except duckdb.IOException as error:
            from displacement.storage.duck import model_error

            raise model_error("The next version of the ledger", error) from error

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()


def _tally(counted: Sequence[Any]) -> Tally:
    return Tally(int(counted[0]), int(counted[1]), int(counted[2]))


def _parquet(path: Path) -> str:
    return f"read_parquet('{sql_text(path)}')"


def _texts(values: Iterable[str]) -> str:
    return ", ".join(f"'{sql_text(value)}'" for value in values) or "null"
