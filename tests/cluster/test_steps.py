"""The steps of a release, each on another machine: what one made the next has, and the ledger is that of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.build import sharing
from displacement.ledger.upgrade import start_empty
from displacement.query.claims import Claim, add, added, remove
from displacement.query.provenance import Place, record_of
from displacement.releases import Arrival
from displacement.settings import Addresses, Settings
from displacement.sources.capture import capture
from displacement.sources.records import newest_records
from displacement.sources.tracing import find_row
from displacement.storage.bucket import Objects, OvertakenError
from displacement.storage.mirror import bring_records, mirrored, room_of
from tests.cluster.racing import content
from tests.emulator import Emulator, small_world

Machine = Callable[[str], Settings]
DAY = date(2024, 6, 14)


def test_a_release_captured_here_read_there_and_taken_in_elsewhere_is_in_the_ledger_of_all(
    machine: Machine, tmp_path: Path
) -> None:
    tables, datasets = small_world(str(DAY)).write(tmp_path / "given"), ("demographics", "population", "unrwa")
    alone = Arrival(replace(machine("alone"), store=None), DAY, tables)
    for settings in (machine("a"), alone.settings):
        start_empty(settings)
    Arrival(machine("a"), DAY, tables).capture(datasets)
    read = Arrival(machine("b"), DAY).read()
    came = Arrival(machine("c"), DAY).take_in()
    assert came.is_new and {each.dataset for each in read.datasets} == set(datasets)

    alone.capture(datasets), alone.read(), alone.take_in()
    assert content(machine("d")) == content(alone.settings)


def test_raw_pages_go_up_once_and_another_machine_knows_what_was_fetched_last(machine: Machine) -> None:
    settings = machine("a")
    objects = Objects(str(settings.store))
    with Emulator(small_world(str(DAY))) as emulator:
        addresses = Addresses.from_environment(emulator.environment)
        for _ in range(2):
            room = room_of("landing", DAY)
            with mirrored(settings, makes=[room]):
                capture(settings, addresses=addresses, release=DAY, datasets={"unrwa", "idmc"})
            pages = {each.key: each.changed for each in objects.list("landing/pages")}
    here = {path.relative_to(settings.home).as_posix() for path in (settings.home / "landing/pages").rglob("*.gz")}
    assert here and here <= set(pages)
    bring_records(machine("b"))
    records = newest_records(machine("b").home / "landing")
    assert {page.sha256 for record in records.values() for page in record.pages} <= {
        name.rpartition("/")[2].partition(".")[0] for name in here
    }
    assert set(records) == {"unrwa", "idmc"}
    assert not list((machine("b").home / "landing").rglob("*.parquet")), "a probe needs no tables"


def test_a_figure_captured_on_one_machine_is_traced_to_its_raw_page_on_another(machine: Machine) -> None:
    with Emulator(small_world(str(DAY))) as emulator:
        addresses = Addresses.from_environment(emulator.environment)
        with mirrored(machine("a"), makes=[room_of("landing", DAY)]):
            capture(machine("a"), addresses=addresses, release=DAY, datasets={"unrwa"})
    table = machine("a").home / "landing" / str(DAY) / "unrwa.parquet"
    year, origin, asylum = duckdb.execute(f"select year, coo, coa from '{table}' limit 1").fetchall()[0]
    here = find_row(machine("a").home, DAY, "unrwa", int(year), origin, asylum)
    sharing.bring_pages(machine("b"), DAY, "unrwa")
    there = find_row(machine("b").home, DAY, "unrwa", int(year), origin, asylum)
    assert here and [(row.url, row.sha256, row.row, row.values) for row in there] == [
        (row.url, row.sha256, row.row, row.values) for row in here
    ]
    assert all(row.path.is_relative_to(machine("b").home) for row in there)
    assert record_of(machine("c"), DAY, Place("unrwa", int(year), origin, asylum)).kind == "raw answer"


def test_two_machines_that_read_the_same_release_in_other_ways_do_not_mix_what_they_read(
    machine: Machine, tmp_path: Path
) -> None:
    room = room_of("intake", DAY)
    with mirrored(machine("a"), makes=[room]):
        path = machine("a").home / "intake" / str(DAY) / "population.json"
        path.parent.mkdir(parents=True)
        path.write_text("first")
    with (
        pytest.raises(OvertakenError, match=r"population\.json was changed by another machine"),
        mirrored(machine("b"), makes=[room]),
    ):
        with mirrored(machine("a"), makes=[room]):
            path.write_text("second")
        (machine("b").home / "intake" / str(DAY) / "population.json").write_text("third")
    with mirrored(machine("c"), needs=[room]):
        assert (machine("c").home / "intake" / str(DAY) / "population.json").read_text() == "second"


def test_a_claim_added_on_one_machine_is_known_on_another(machine: Machine) -> None:
    claim = Claim(**dict.fromkeys(Claim.__dataclass_fields__, "") | {"claim_id": "ours"})
    add(machine("a"), claim)
    remove(machine("a"), "ours")
    add(machine("a"), claim)
    with pytest.raises(Exception, match="There is a claim ours already"):
        add(machine("b"), claim)
    assert set(added(machine("b"))) == {"ours"}
