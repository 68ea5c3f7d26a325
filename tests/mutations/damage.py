"""Ways in which a release can be damaged, each a function from the facts of one reference date to damaged facts."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Corridor = tuple[str, str]
Facts = dict[Corridor, int]
"""People by origin and asylum."""

Damage = Callable[[Facts, "Surroundings", random.Random], Facts]


@dataclass(frozen=True)
class Surroundings:
    """What else there is beside the damaged facts, read where a damage needs it.

    Attributes:
        others: returns the facts of the other indicators of the dataset for the same date.
        another_date: returns the facts of the same indicator in the release before: a year earlier (-1), a year later
            (1), in the middle of the year (0).
    """

    others: Callable[[], list[Facts]]
    another_date: Callable[[int], Facts]


def times(factor: int, cells: int) -> Damage:
    """Return the damage that multiplies some cells, the large ones more often."""
    return lambda facts, _, dice: facts | {key: facts[key] * factor for key in _large(facts, cells, dice)}


def zeroed(cells: int) -> Damage:
    """Return the damage that sets some cells to zero, which intake leaves out."""

    def damage(facts: Facts, _: Surroundings, dice: random.Random) -> Facts:
        gone = _large(facts, cells, dice)
        return {key: value for key, value in facts.items() if key not in gone}

    return damage


def rows_dropped(share: float) -> Damage:
    """Return the damage that loses a share of the rows at random."""
    return lambda facts, _, dice: {key: value for key, value in facts.items() if dice.random() >= share}


def truncated(facts: Facts, _: Surroundings, dice: random.Random) -> Facts:
    """Lose the end of the rows, as a page that did not come."""
    kept = sorted(facts)[: int(len(facts) * dice.uniform(0.3, 0.7))]
    return {key: facts[key] for key in kept}


def column_copied(facts: Facts, around: Surroundings, dice: random.Random) -> Facts:
    """Take the figures of another indicator of the dataset."""
    others = [other for other in around.others() if other]
    return dict(dice.choice(others)) if others else facts


def country_lost(facts: Facts, _: Surroundings, dice: random.Random) -> Facts:
    """Lose one of the ten largest countries of origin or of asylum."""
    side = dice.randrange(2)
    lost = dice.choice(_largest(facts, side))
    return {key: value for key, value in facts.items() if key[side] != lost}


def country_renamed(facts: Facts, _: Surroundings, dice: random.Random) -> Facts:
    """Give one of the ten largest countries the code of another."""
    side = dice.randrange(2)
    lost, code = dice.choice(_largest(facts, side)), dice.choice(sorted({code for key in facts for code in key}))
    renamed: Facts = defaultdict(int)
    for (origin, asylum), value in facts.items():
        key = (
            (code if origin == lost else origin, asylum) if side == 0 else (origin, code if asylum == lost else asylum)
        )
        renamed[key] += value
    return dict(renamed)


def sides_exchanged(facts: Facts, _: Surroundings, dice: random.Random) -> Facts:
    """Exchange the columns of origin and asylum."""
    return {(asylum, origin): value for (origin, asylum), value in facts.items()}


def codes_shifted(facts: Facts, _: Surroundings, dice: random.Random) -> Facts:
    """Shift the codes of asylum by one row: each value moves to the country of the row above."""
    rows = sorted(facts)
    shifted: Facts = defaultdict(int)
    for (origin, _asylum), (_, asylum) in zip(rows, rows[1:] + rows[:1], strict=True):
        shifted[origin, asylum] += facts[origin, _asylum]
    return dict(shifted)


def values_permuted(facts: Facts, _: Surroundings, dice: random.Random) -> Facts:
    """Shuffle the values among the rows."""
    values = list(facts.values())
    dice.shuffle(values)
    return dict(zip(facts, values, strict=True))


def year_lost(facts: Facts, _: Surroundings, dice: random.Random) -> Facts:
    """Lose the year."""
    return {}


def year_before(facts: Facts, around: Surroundings, dice: random.Random) -> Facts:
    """Label the year before as this one."""
    return dict(around.another_date(-1) or facts)


def year_after(facts: Facts, around: Surroundings, dice: random.Random) -> Facts:
    """Label the year after as this one."""
    return dict(around.another_date(1) or facts)


def mid_year_as_year_end(facts: Facts, around: Surroundings, dice: random.Random) -> Facts:
    """Label the middle of the year as its end."""
    return dict(around.another_date(0) or facts)


KINDS: Mapping[str, Damage] = {
    "a cell times 10": times(10, 1),
    "a cell times 100": times(100, 1),
    "five cells times 10": times(10, 5),
    "a cell zeroed": zeroed(1),
    "five cells zeroed": zeroed(5),
    "5 per cent of rows dropped": rows_dropped(0.05),
    "30 per cent of rows dropped": rows_dropped(0.3),
    "60 per cent of rows dropped": rows_dropped(0.6),
    "truncated": truncated,
    "a column copied": column_copied,
    "a country lost": country_lost,
    "a country renamed": country_renamed,
    "sides exchanged": sides_exchanged,
    "codes shifted by a row": codes_shifted,
    "values permuted": values_permuted,
    "the year lost": year_lost,
    "the year before": year_before,
    "the year after": year_after,
    "mid-year as year-end": mid_year_as_year_end,
}
"""What can happen to the facts of a date. Cells that turn negative are unknown facts: see `judged`."""


def _large(facts: Facts, cells: int, dice: random.Random) -> set[Corridor]:
    """Return cells drawn by their size among the hundred largest."""
    largest = sorted(facts, key=lambda key: (-facts[key], key))[:100]
    return set(dice.choices(largest, [facts[key] for key in largest], k=cells)) if largest else set()


def _largest(facts: Facts, side: int) -> list[str]:
    people: dict[str, int] = defaultdict(int)
    for key, value in facts.items():
        people[key[side]] += value
    return sorted(people, key=lambda code: (-people[code], code))[:10]
