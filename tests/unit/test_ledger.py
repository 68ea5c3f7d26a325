"""The figures through time: `as_of` restores any release exactly, and says which releases there are."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from displacement.errors import DisplacementError, WrongUseError
from displacement.ledger import Ledger
from displacement.settings import Settings
from tests.shipped import SHIPPED, copied

ELEVEN = (
    "2023-04-27",
    "2023-06-14",
    "2023-08-15",
    "2023-10-25",
    "2024-06-17",
    "2024-10-18",
    "2025-06-12",
    "2025-11-10",
    "2026-03-30",
    "2026-06-12",
    "2026-06-25",
)
NO_FLOWS = ("2023-04-27", "2023-06-14")


@pytest.fixture(scope="module")
def shipped() -> Ledger:
    return Ledger.open(Settings(home=Path("unused"), public=Path("unused")))


def test_the_ledger_holds_eleven_releases_oldest_first(shipped: Ledger) -> None:
    assert tuple(str(day) for day in shipped.releases()) == ELEVEN


@pytest.mark.parametrize("release", ELEVEN)
def test_a_release_is_restored_with_every_figure_each_dataset_held(shipped: Ledger, release: str) -> None:
    # A release holds its year-ends and the mid-year of its newest reference date; older mid-years stay in the ledger.
    restored = shipped.as_of(release)
    counted = duckdb.connect()
    for name in ("indicators", "release_datasets"):
        counted.execute(f"create view {name} as from read_csv('{SHIPPED / f'{name}.csv'}')")
    counted.register("restored", restored.to_arrow_table())
    differing = counted.execute(
        f"""
        select d.dataset, d.figures as held, count(r.value) as restored
        from release_datasets as d
        inner join indicators as i on i.dataset = d.dataset
        left join restored as r
            on r.indicator = i.indicator
            and (month(r.reference_date) = 12 or r.reference_date = d.newest_reference_date)
        where d.release = date '{release}'
        group by all having held <> restored
        """
    ).fetchall()
    assert differing == []
    total = counted.execute(f"select sum(figures) from release_datasets where release = '{release}'").fetchall()[0][0]
    assert total > 400_000


@pytest.mark.parametrize("release", ELEVEN)
def test_a_fact_has_one_value_in_a_release(shipped: Ledger, release: str) -> None:
    restored = shipped.as_of(release)
    keys = restored.project("indicator, reference_date, origin, asylum").distinct().aggregate("count(*)").fetchall()
    assert keys == restored.aggregate("count(*)").fetchall()


def test_the_newest_release_is_what_stands(shipped: Ledger) -> None:
    assert shipped.as_of("2026-06-25").aggregate("count(*)").fetchall() == [(670_391,)]


def test_a_release_knows_nothing_of_later_reference_dates(shipped: Ledger) -> None:
    # Read as year-end, the mid-year rows of a release draw a false trend: the reference date is part of the fact.
    newest = shipped.as_of("2025-11-10").aggregate("max(reference_date)").fetchall()
    assert newest == [(date(2025, 6, 30),)]
    at_mid_year = shipped.as_of("2025-11-10").filter("indicator = 'refugees' and reference_date = '2025-06-30'")
    assert at_mid_year.aggregate("sum(value)").fetchall() == [(30_490_994,)]
    at_year_end = shipped.as_of("2026-06-12").filter("indicator = 'refugees' and reference_date = '2025-12-31'")
    assert at_year_end.aggregate("sum(value)").fetchall() == [(28_461_306,)]


def test_a_value_revised_twice_is_restored_three_times(shipped: Ledger) -> None:
    # Returned refugees in 2022: 339,261, then 1,356,261, then 999,261.
    found = [
        shipped.as_of(release)
        .filter("indicator = 'returned_refugees' and reference_date = '2022-12-31'")
        .aggregate("sum(value)")
        .fetchall()[0][0]
        for release in ("2023-06-14", "2024-06-17", "2026-06-25")
    ]
    assert found == [339_261, 1_356_261, 999_261]


def test_figures_that_vanished_and_came_back_are_absent_between(shipped: Ledger) -> None:
    # The naturalisations of 1990-2023 vanished in one release and came back in the next. Mid-years stay as they were.
    found = [
        shipped.as_of(release)
        .filter(
            "indicator = 'naturalisation' and month(reference_date) = 12 and year(reference_date) between 1990 and 2022"
        )
        .aggregate("count(*)")
        .fetchall()[0][0]
        for release in ("2024-06-17", "2024-10-18", "2025-06-12")
    ]
    assert found[0] > 1_000
    assert found[1] == 0
    assert found[2] > 1_000


def test_a_dataset_that_a_release_lacks_is_not_there(shipped: Ledger) -> None:
    for release in NO_FLOWS:
        assert shipped.as_of(release).filter("starts_with(indicator, 'flow_')").fetchall() == []


def test_a_withdrawn_figure_is_gone_after_its_withdrawal_only(shipped: Ledger) -> None:
    # IDMC withdrew Türkiye (1,099,000 at the end of 2023) in June 2025.
    that = "indicator = 'idmc_idps' and origin = 'TUR' and reference_date = '2023-12-31'"
    assert shipped.as_of("2024-06-17").filter(that).project("value").fetchall() == [(1_099_000,)]
    assert shipped.as_of("2025-06-12").filter(that).fetchall() == []


def test_a_release_is_named_by_its_day_as_text_or_as_date(shipped: Ledger) -> None:
    assert shipped.known_release("2023-06-14") == shipped.known_release(date(2023, 6, 14)) == date(2023, 6, 14)


@pytest.mark.parametrize("release", ["2023-06-15", "2023", "", "newest", "2023-06-14'; drop table x; --", "2023-6-14"])
def test_an_unknown_release_is_an_error_that_lists_those_known(shipped: Ledger, release: str) -> None:
    with pytest.raises(WrongUseError) as refused:
        shipped.as_of(release)
    assert str(refused.value) == f"There is no release {release}. Known releases: {', '.join(ELEVEN)}."
    assert refused.value.exit_code == 2


def test_a_ledger_with_a_changed_byte_is_not_opened(tmp_path: Path) -> None:
    directory = copied(tmp_path / "data")
    path = directory / "figures.parquet"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DisplacementError, match=r"figures\.parquet is damaged"):
        Ledger.open(Settings(home=tmp_path, public=tmp_path / "public", data=directory))


# --- a small ledger, made by hand: as_of is a function of the spans ---------------------------------------------------

DAYS = tuple(date(2020 + place, 6, 1) for place in range(5))


class Span(NamedTuple):
    """A value of a fact, the place of the release it was published in, and of the one that superseded it."""

    origin: str
    value: int
    opened: int
    closed: int | None


@st.composite
def a_fact(draw: st.DrawFn, origin: str) -> list[Span]:
    """Draw the history of one fact: spans in order that do not overlap and, where they touch, differ in value."""
    edges = sorted(draw(st.sets(st.integers(0, len(DAYS)), min_size=2)))
    spans: list[Span] = []
    for opened, closed in itertools.pairwise(edges):
        if draw(st.booleans()):
            before = spans[-1].value if spans and spans[-1].closed == opened else 0
            value = draw(st.integers(1, 9).filter(lambda drawn, before=before: drawn != before))  # type: ignore[misc]
            spans.append(Span(origin, value, opened, None if closed == len(DAYS) else closed))
    return spans


ledgers = st.tuples(*(a_fact(origin) for origin in ("AFG", "SDN", "SYR"))).map(
    lambda facts: [span for fact in facts for span in fact]
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory for the small ledgers, written anew for each example."""
    return tmp_path_factory.mktemp("ledger")


def small_ledger(directory: Path, spans: list[Span]) -> Ledger:
    (directory / "releases.csv").write_text("release,title\n" + "".join(f"{day},of {day}\n" for day in DAYS))
    with duckdb.connect() as connection:
        connection.execute(
            "create table figures (indicator varchar, reference_date date, origin varchar, asylum varchar, "
            "value bigint, published_in date, superseded_in date)"
        )
        rows = [
            f"('refugees', '2019-12-31', '{span.origin}', 'DEU', {span.value}, '{DAYS[span.opened]}', "
            + ("null)" if span.closed is None else f"'{DAYS[span.closed]}')")
            for span in spans
        ]
        if rows:
            connection.execute(f"insert into figures values {', '.join(rows)}")
        connection.execute(f"copy figures to '{directory / 'figures.parquet'}' (format parquet)")
    return Ledger(directory, "unread")


def restored(ledger: Ledger, release: int) -> dict[str, int]:
    found = ledger.as_of(DAYS[release]).project("origin, value").fetchall()
    assert len({origin for origin, _ in found}) == len(found)
    return dict(found)


@settings(max_examples=15, deadline=None)
@given(ledgers)
def test_a_release_holds_what_was_published_by_then_and_not_yet_superseded(place: Path, spans: list[Span]) -> None:
    ledger = small_ledger(place, spans)
    for release in range(len(DAYS)):
        expected = {
            span.origin: span.value
            for span in spans
            if span.opened <= release < (len(DAYS) if span.closed is None else span.closed)
        }
        assert restored(ledger, release) == expected


@settings(max_examples=15, deadline=None)
@given(ledgers)
def test_two_successive_releases_differ_by_the_rows_opened_and_closed_between_and_nothing_else(
    place: Path, spans: list[Span]
) -> None:
    ledger = small_ledger(place, spans)
    held = [restored(ledger, release).items() for release in range(len(DAYS))]
    for release, (before, after) in enumerate(itertools.pairwise(held), start=1):
        opened = {(span.origin, span.value) for span in spans if span.opened == release}
        closed = {(span.origin, span.value) for span in spans if span.closed == release}
        assert after - before == opened - before
        assert before - after == closed - after
        assert len(after) == len(before) + len(opened) - len(closed)


@settings(max_examples=8, deadline=None)
@given(ledgers, st.randoms())
def test_the_order_in_which_rows_were_appended_does_not_matter(place: Path, spans: list[Span], random) -> None:  # type: ignore[no-untyped-def]
    found = restored(small_ledger(place, spans), 3)
    shuffled = list(spans)
    random.shuffle(shuffled)
    assert restored(small_ledger(place, shuffled), 3) == found
