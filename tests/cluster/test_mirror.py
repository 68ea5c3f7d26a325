"""What machines copy to a store and from it: nothing is lost or mixed, whoever comes first and whoever is killed."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.errors import DisplacementError
from displacement.ledger.holds import start_empty
from displacement.ledger.ingest import Arrival
from displacement.query.claims import CLAIMS, Claim
from displacement.query.provenance import RecordPlace, record_of
from displacement.settings import Addresses, Settings
from displacement.sources.fetch import capture
from displacement.sources.landing import RECORD, newest_records
from displacement.sources.tracing import find_row
from displacement.storage import mirror
from displacement.storage.bucket import Objects
from tests.cluster.racing import content
from tests.conftest import ROOT
from tests.emulator import Emulator, small_world

Machine = Callable[[str], Settings]
DAY = date(2024, 6, 14)
READ = f"intake/{DAY}/population.json"


def write(settings: Settings, name: str, text: str) -> None:
    path = settings.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def reading(settings: Settings, text: str) -> str:
    """Write a file that bears the beginning of its content's hash, and return its name."""
    name = f"ledger/readings/{DAY}/population-{hashlib.sha256(text.encode()).hexdigest()[:12]}.parquet"
    write(settings, name, text)
    return name


def files(settings: Settings) -> dict[str, str]:
    """Return the readings of a machine, each with its content."""
    found = (settings.home / "ledger/readings").rglob("*.parquet")
    return {path.relative_to(settings.home).as_posix(): path.read_text() for path in found}


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_each_side_gets_what_it_lacks_and_a_lost_disk_is_copied_back(machine: Machine) -> None:
    a, b = machine("a"), machine("b")
    for settings in (a, b):
        mirror.sync_ledger(settings)
    ours, theirs = reading(a, "of a"), reading(b, "of b")
    write(a, f"ledger/readings/{DAY}/.unfinished.partial", "never to be copied")
    nowcast = f"ledger/nowcasts/{DAY}-{hashlib.sha256(b'[]').hexdigest()[:12]}.json"
    write(a, nowcast, "[]")
    for settings in (a, b, a, machine("new")):
        mirror.sync_ledger(settings)
    for settings in (a, b, machine("new")):
        assert files(settings) == {ours: "of a", theirs: "of b"}
        assert (settings.home / nowcast).read_text() == "[]"
    assert len(list(Objects(str(a.store)).list("ledger"))) == 3


def test_a_ledger_made_without_the_store_fills_an_empty_one_and_is_joined_with_no_other(machine: Machine) -> None:
    ours, theirs = reading(machine("a"), "of a"), reading(machine("b"), "of b")
    mirror.sync_ledger(machine("a"))
    with pytest.raises(DisplacementError, match="was not made with the store"):
        mirror.sync_ledger(machine("b"))
    assert files(machine("b")) == {theirs: "of b"}
    mirror.sync_ledger(machine("c"))
    assert files(machine("c")) == {ours: "of a"}


def test_a_damaged_file_is_refused_and_not_kept(machine: Machine) -> None:
    name = reading(machine("a"), "whole")
    mirror.sync_ledger(machine("a"))
    Objects(str(machine("a").store)).write(name, b"wh0le")
    with pytest.raises(DisplacementError, match="is damaged"):
        mirror.sync_ledger(machine("b"))
    assert files(machine("b")) == {}


def test_a_file_that_was_damaged_here_is_not_sent(machine: Machine) -> None:
    (machine("a").home / reading(machine("a"), "whole")).write_text("wh0le")
    mirror.sync_ledger(machine("a"))
    assert list(Objects(str(machine("a").store)).list("ledger")) == []


SENDING = """
import sys
from pathlib import Path
from displacement.settings import Settings
from displacement.storage import mirror
home = Path(sys.argv[1])
print("begins", flush=True)
mirror.sync_ledger(Settings(home=home, public=home, store=sys.argv[2]))
"""


def test_a_machine_killed_while_it_sends_leaves_whole_files_and_the_next_time_sends_the_rest(machine: Machine) -> None:
    a, number = machine("a"), 60
    for each in range(number):
        reading(a, f"{each}" * 50_000)
    for moment in (0.1, 0.3):
        words = [sys.executable, "-c", SENDING, str(a.home), str(a.store)]
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ)
        assert process.stdout
        process.stdout.readline()
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        mirror.sync_ledger(machine("b"))
        assert files(machine("b")).items() <= files(a).items()
    mirror.sync_ledger(a)
    mirror.sync_ledger(machine("b"))
    assert files(machine("b")) == files(a)


# --- the files of a release -------------------------------------------------------------------------------------------


def test_a_release_captured_here_read_there_and_added_elsewhere_is_in_the_ledger_of_all(
    machine: Machine, tmp_path: Path
) -> None:
    datasets = ("demographics", "population", "unrwa")
    tables = small_world(str(DAY)).only(*datasets).write(tmp_path / "given")
    alone = Arrival(replace(machine("alone"), store=None), DAY, tables)
    for settings in (machine("a"), alone.settings):
        start_empty(settings)
    Arrival(machine("a"), DAY, tables).capture(datasets)
    read = Arrival(machine("b"), DAY).read()
    came = Arrival(machine("c"), DAY).add()
    assert came.is_new and {each.dataset for each in read.datasets} == set(datasets)

    alone.capture(datasets), alone.read(), alone.add()
    assert content(machine("d")) == content(alone.settings)


def test_raw_pages_are_sent_once_and_a_figure_is_traced_to_its_page_on_another_machine(machine: Machine) -> None:
    a, b = machine("a"), machine("b")
    objects = Objects(str(a.store))
    with Emulator(small_world(str(DAY))) as emulator:
        addresses = Addresses.from_environment(emulator.environment)
        sent = []
        for _ in range(2):
            with mirror.release_files(a, DAY):
                capture(a, addresses=addresses, release=DAY, datasets={"unrwa", "idmc"})
            sent.append({each.key: each.changed for each in objects.list("landing/pages")})
    assert sent[0] and sent[0].items() <= sent[1].items()

    mirror.pull_records(b, RECORD)
    assert set(newest_records(b.home / "landing")) == {"unrwa", "idmc"}
    assert not list((b.home / "landing").rglob("*.parquet")), "a probe needs no tables"

    table = a.home / "landing" / str(DAY) / "unrwa.parquet"
    year, origin, asylum = duckdb.execute(f"select year, coo, coa from '{table}' limit 1").fetchall()[0]
    here = find_row(a.home, DAY, "unrwa", int(year), origin, asylum)
    there = record_of(b, DAY, RecordPlace("unrwa", int(year), origin, asylum))
    assert here and there.kind == "raw answer"
    assert [(row.url, row.sha256, row.row, row.values) for row in there.rows] == [
        (row.url, row.sha256, row.row, row.values) for row in here
    ]


def test_two_machines_that_read_a_release_in_other_ways_do_not_mix_what_they_read(machine: Machine) -> None:
    with mirror.release_files(machine("a"), DAY):
        write(machine("a"), READ, "first")
    with (
        pytest.raises(DisplacementError, match=f"The release {DAY} was changed by another machine meanwhile"),
        mirror.release_files(machine("b"), DAY),
    ):
        with mirror.release_files(machine("a"), DAY):
            write(machine("a"), READ, "second")
        write(machine("b"), READ, "third")
    mirror.pull_release(machine("c"), DAY)
    assert (machine("c").home / READ).read_text() == "second"


def test_a_name_that_leads_out_of_the_home_is_refused(machine: Machine) -> None:
    Objects(str(machine("a").store)).write(f"releases/{DAY}.json", b'{"files": {"../stolen": "0123"}}')
    with pytest.raises(DisplacementError, match=r"outside of .*: \.\./stolen"):
        mirror.pull_release(machine("a"), DAY)


# --- claims -----------------------------------------------------------------------------------------------------------


def claim(name: str) -> Claim:
    return Claim(**dict.fromkeys(Claim.__dataclass_fields__, "") | {"claim_id": name})


def test_a_claim_added_on_one_machine_is_known_on_another_and_can_be_removed_there(machine: Machine) -> None:
    CLAIMS.add(machine("a"), "ours", claim("ours"))
    with pytest.raises(DisplacementError, match="There is a claim ours already"):
        CLAIMS.add(machine("b"), "ours", claim("ours"))
    CLAIMS.add(machine("b"), "theirs", claim("theirs"))
    CLAIMS.remove(machine("a"), "ours")
    mirror.pull_added(machine("b"))
    assert set(CLAIMS.added(machine("a"))) == set(CLAIMS.added(machine("b"))) == {"theirs"}


def test_claims_changed_on_two_machines_at_once_are_those_of_the_first_and_the_other_is_told(machine: Machine) -> None:
    CLAIMS.add(machine("a"), "first", claim("first"))
    with (
        pytest.raises(DisplacementError, match="Another machine changed the claims meanwhile"),
        mirror.added(machine("b"), "claims"),
    ):
        CLAIMS.add(machine("a"), "second", claim("second"))
        write(machine("b"), "claims.csv", "of b")
    assert set(CLAIMS.added(machine("b"))) == {"first"}, "as it was before"
    mirror.pull_added(machine("b"))
    assert set(CLAIMS.added(machine("b"))) == {"first", "second"}


def test_claims_added_without_a_store_go_there_if_it_has_none_and_are_never_written_over(machine: Machine) -> None:
    for name in "ab":
        CLAIMS.add(replace(machine(name), store=None), f"of-{name}", claim(f"of-{name}"))
    mirror.pull_added(machine("a"))
    with pytest.raises(DisplacementError, match="claims that were added without the store"):
        mirror.pull_added(machine("b"))
    assert set(CLAIMS.added(machine("b"))) == {"of-b"}
    mirror.pull_added(machine("c"))
    assert set(CLAIMS.added(machine("c"))) == {"of-a"}
