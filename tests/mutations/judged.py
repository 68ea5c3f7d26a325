"""Editions of the eleven shipped releases, damaged in many places at once and judged, each damage by itself."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

import duckdb
import pyarrow as pa

from displacement.ledger.gate import Edition, Finding, Subject, judge_release, thresholds
from tests.mutations.damage import KINDS, Facts, Surroundings
from tests.shipped import SHIPPED

Result = Literal["held", "warned", "silent"]

NEGATIVE = "a cell negative"
"""Intake puts such a row into quarantine, so its fact is unknown to the gate."""

HISTORIES = {
    "every year times 10": "update now_facts set value = 10 * value where indicator = '{code}'",
    "every year shifted by one": """
        update now_facts set reference_date = reference_date + interval 1 year
        where indicator = '{code}' and reference_date + interval 1 year
            <= (select max(reference_date) from now_facts where indicator = '{code}')
    """,
    "every year but the newest lost": """
        delete from now_facts where indicator = '{code}'
        and reference_date < (select max(reference_date) from now_facts where indicator = '{code}')
    """,
}
"""What can happen to all years of an indicator, as SQL."""

HELD = {(date(2024, 10, 18), "naturalisation"), (date(2026, 6, 12), "flow_refugees")}
"""What the gate holds of the releases as they are; the release after is compared with the one before them."""

LIMITS = replace(thresholds(), release_at_least=1_000)
"""Each damage is judged by itself, so the rule about most indicators of a release is off."""


@dataclass(frozen=True)
class Judged:
    """A damaged indicator and what the gate found.

    Attributes:
        people: by how many people the damage moved the world, or the country it moved most.
        share: those people as a share of the world total.
    """

    release: date
    indicator: str
    in_headline: bool
    kind: str
    day: date
    is_new: bool
    people: int
    share: float
    result: Result
    rules: tuple[str, ...]


class Releases:
    """The shipped releases in a database, from which editions are restored, damaged and judged."""

    def __init__(self) -> None:
        """Read the shipped ledger."""
        self.connection = duckdb.connect()
        self.connection.execute("set enable_progress_bar = false")
        self.connection.execute(f"create table history as from '{SHIPPED / 'figures.parquet'}'")
        indicators = self.connection.execute(
            f"select indicator, dataset, name, in_headline from read_csv('{SHIPPED / 'indicators.csv'}')"
        ).fetchall()
        self.subjects = {row[0]: Subject(*row) for row in indicators}
        self.newest: dict[tuple[date, str], date] = {
            (release, dataset): day
            for release, dataset, day in self.connection.execute(
                f"select release, dataset, newest_reference_date from read_csv('{SHIPPED / 'release_datasets.csv'}')"
            ).fetchall()
        }
        self.days = sorted({release for release, _ in self.newest})
        for table in ("now_rows", "before_rows"):
            self.connection.execute(f"create table {table} (dataset varchar, reference_date date, rows bigint)")

    def edition(self, release: date) -> Edited:
        """Restore a release and the last accepted one before it, as the relations that the gate reads."""
        now = {
            code: Edition(release, self.newest[release, subject.dataset])
            for code, subject in self.subjects.items()
            if (release, subject.dataset) in self.newest
        }
        before = {}
        for code in now:
            earlier = [
                day
                for day in self.days
                if day < release and (day, self.subjects[code].dataset) in self.newest and (day, code) not in HELD
            ]
            if earlier:
                before[code] = Edition(earlier[-1], self.newest[earlier[-1], self.subjects[code].dataset])
        self._restore("now_facts", now, only_newest_mid_year=True)
        self.restore_before(before)
        self.connection.execute(
            "create or replace table unknown_facts as "
            "select indicator, reference_date, origin, asylum from now_facts limit 0"
        )
        return Edited(self, release, now, before)

    def restore_before(self, before: dict[str, Edition]) -> None:
        """Restore the figures of the releases before as the relation that the gate reads."""
        self._restore("before_facts", before, only_newest_mid_year=False)

    def _restore(self, table: str, editions: dict[str, Edition], *, only_newest_mid_year: bool) -> None:
        rows = ", ".join(f"('{code}', date '{each.release}', date '{each.newest}')" for code, each in editions.items())
        is_there = "month(h.reference_date) = 12 or h.reference_date = e.newest" if only_newest_mid_year else "true"
        self.connection.execute(
            f"""
            create or replace table {table} as
            select h.indicator, h.reference_date, h.origin, h.asylum, h.value
            from history as h
            inner join (values {rows or "(null, null, null)"}) as e(indicator, release, newest) using (indicator)
            where
                h.published_in <= e.release and (h.superseded_in is null or h.superseded_in > e.release)
                and h.reference_date <= e.newest and ({is_there})
            """
        )


@dataclass(frozen=True)
class Edited:
    """A restored release that can be damaged and judged."""

    releases: Releases
    release: date
    now: dict[str, Edition]
    before: dict[str, Edition]

    def judge(self) -> list[Finding]:
        """Return what the gate finds in it as it is now."""
        return judge_release(self.releases.connection, self.releases.subjects, self.now, self.before, LIMITS)

    @cached_property
    def dates(self) -> dict[str, list[tuple[date, bool]]]:
        """Return the dates of the last years that each indicator has, and whether the release is the first with it."""
        found: dict[str, list[tuple[date, bool]]] = defaultdict(list)
        for code, day, is_new in self.releases.connection.execute(
            f"""
            select distinct indicator, reference_date, b.indicator is null
            from now_facts
            left join (select distinct indicator, reference_date from before_facts) as b
            using (indicator, reference_date)
            where reference_date > date '{self.release}' - interval 6 years
            """
        ).fetchall():
            if code in self.before:
                found[code].append((day, is_new))
        return {code: sorted(days) for code, days in found.items() if not all(is_new for _, is_new in days)}

    def facts(self, code: str, day: date, table: str = "now_facts") -> Facts:
        """Return the facts of an indicator and a date."""
        rows = self.releases.connection.execute(
            f"select origin, asylum, value from {table} "
            f"where indicator = '{code}' and reference_date = '{day}' order by all"
        ).fetchall()
        return {(origin, asylum): value for origin, asylum, value in rows}

    def put(self, code: str, day: date, facts: Facts) -> None:
        """Put damaged facts in place of those of an indicator and a date."""
        where = f"indicator = '{code}' and reference_date = '{day}'"
        self.releases.connection.execute(f"delete from now_facts where {where}")
        origins, asylums = [key[0] for key in facts], [key[1] for key in facts]
        rows = pa.table({"origin": origins, "asylum": asylums, "value": pa.array(facts.values(), pa.int64())})
        if facts:
            self.releases.connection.register("damaged", rows)
            self.releases.connection.execute(
                f"insert into now_facts select '{code}', date '{day}', origin, asylum, value from damaged"
            )

    def damage(self, code: str, kind: str, day: date, dice: random.Random, *, is_new: bool) -> tuple[int, int]:
        """Damage the facts of an indicator; return how many people that moved on a date, and the world total before."""
        facts = self.facts(code, day)
        if kind in HISTORIES:
            self.releases.connection.execute(HISTORIES[kind].format(code=code))
            left = self.facts(code, day)
        elif kind == NEGATIVE:
            left = self.put_into_quarantine(code, day, facts, dice)
            self.put(code, day, left)
            left = left if is_new else facts  # of a known date, what was current before stays
        else:
            left = KINDS[kind](facts, self.surroundings(code, day), dice)
            self.put(code, day, left)
        return moved(facts, left), sum(facts.values())

    def put_into_quarantine(self, code: str, day: date, facts: Facts, dice: random.Random) -> Facts:
        """Make the largest cells but one unknown; return what is left."""
        gone = dice.choice(sorted(facts, key=lambda key: (-facts[key], key))[:5])
        self.releases.connection.execute(
            f"insert into unknown_facts values ('{code}', date '{day}', '{gone[0]}', '{gone[1]}')"
        )
        return {key: value for key, value in facts.items() if key != gone}

    def surroundings(self, code: str, day: date) -> Surroundings:
        """Return what the release has around the facts of an indicator and a date."""
        dataset = self.releases.subjects[code].dataset
        others = [each for each, one in self.releases.subjects.items() if one.dataset == dataset and each != code]

        def another_date(step: int) -> Facts:
            if step:
                return self.facts(code, day.replace(year=day.year + step), "before_facts")
            is_year_end = day.month == 12
            middle = date(day.year, 6, 30) if is_year_end else date(day.year - 1, 12, 31)
            return self.facts(code, middle, "before_facts")

        return Surroundings(lambda: [self.facts(each, day) for each in others], another_date)


def damaged(releases: Releases, rounds: int, seed: int = 14) -> Iterator[Judged]:
    """Yield what the gate found in damaged editions: in each round each indicator of a release has a damage of its own.

    Every second round damages new dates, where there are any: there damage is hardest to see, and does most harm.
    """
    dice = random.Random(seed)
    pile: list[str] = []
    for number in range(rounds):
        edition = releases.edition(releases.days[1 + number % (len(releases.days) - 1)])
        as_it_is = {(each.indicator, each.rule, each.sentence) for each in edition.judge()}
        done = []
        for code, dates in sorted(edition.dates.items()):
            if not pile:
                pile = dice.sample([*KINDS, *HISTORIES, NEGATIVE], len(KINDS) + len(HISTORIES) + 1)
            new = [day for day, is_new in dates if is_new]
            is_new = bool(new) and number // 2 % 2 == 0
            day = new[-1] if is_new else dice.choice([day for day, is_new in dates if not is_new])
            kind = pile.pop()
            done.append((code, kind, day, is_new, *edition.damage(code, kind, day, dice, is_new=is_new)))
        found = edition.judge()
        for code, kind, day, is_new, people, total in done:
            if people:
                told = [
                    each
                    for each in found
                    if each.indicator == code and (code, each.rule, each.sentence) not in as_it_is
                ]
                is_held = any(each.severity == "blocking" for each in told)
                yield Judged(
                    edition.release,
                    code,
                    releases.subjects[code].in_headline,
                    kind,
                    day,
                    is_new,
                    people,
                    people / total if total else 1.0,
                    "held" if is_held else "warned" if told else "silent",
                    tuple(sorted({each.rule for each in told})),
                )


def moved(before: Facts, now: Facts) -> int:
    """Return by how many people the world, or the country that moved most, is another."""
    by_country: dict[tuple[int, str], int] = defaultdict(int)
    for facts, sign in ((before, -1), (now, 1)):
        for key, value in facts.items():
            by_country[0, key[0]] += sign * value
            by_country[1, key[1]] += sign * value
    world = abs(sum(now.values()) - sum(before.values()))
    return max([world, *map(abs, by_country.values())], default=0)
