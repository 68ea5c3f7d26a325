"""The ledger that machines share: all have the same, no release is lost, and two at once corrupt nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from displacement.cli.doctor import Checkup, examine
from displacement.errors import DisplacementError
from displacement.ledger import Ledger, holds
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.settings import Settings
from displacement.storage.bucket import Objects
from tests.cluster.racing import END_2022, add_releases, alone, content
from tests.conftest import ROOT
from tests.small_releases import Small, reading_of

Machine = Callable[[str], Settings]


def started(settings: Settings, numbers: list[int]) -> subprocess.Popen[str]:
    """Return a process that adds releases on a machine, once it is about to."""
    assert settings.store
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cluster.racing", str(settings.home), settings.store, *map(str, numbers)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert process.stdout
    process.stdout.readline()
    return process


def ended(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors


def test_what_one_machine_adds_another_has_byte_for_byte_also_one_that_lost_its_disk(machine: Machine) -> None:
    start_empty(machine("a"))
    add_releases(machine("a"), 1, 2)
    assert content(machine("b")) == content(machine("a"))
    add_releases(machine("b"), 3)
    before = content(machine("b"))
    assert content(machine("a")) == before
    shutil.rmtree(machine("a").home)
    assert content(machine("a")) == before
    assert [day.day for day in Ledger.open(machine("a")).releases()] == [1, 2, 3]


def test_a_decision_on_one_machine_counts_on_every_other(machine: Machine) -> None:
    start_empty(machine("a"))
    add_releases(machine("a"), 1)
    lost = Small(date(2023, 2, 1), {"population": END_2022}, {("refugees", END_2022, "SYR", "TUR"): 7})
    assert add(machine("a"), reading_of(lost, machine("a").home / "intake")).is_held
    holds.accept(machine("b"), lost.release, "refugees", "The camp was closed.", by="a person")
    assert content(machine("a")) == content(machine("b"))
    assert [each.reason for each in holds.decisions(machine("a"))] == ["The camp was closed."]


def test_three_machines_that_race_lose_no_release_and_make_the_ledger_of_one(machine: Machine, tmp_path: Path) -> None:
    numbers = list(range(1, 7))
    random.Random(0).shuffle(numbers)
    start_empty(machine("a"))
    racing = [started(machine(name), numbers[place::3]) for place, name in enumerate("abc")]
    for process in racing:
        ended(process)
    assert content(machine("d")) == alone(tmp_path / "alone", sorted(numbers))


def test_machines_that_add_the_same_release_at_once_add_it_once(machine: Machine, tmp_path: Path) -> None:
    start_empty(machine("a"))
    for process in [started(machine(name), [1, 2]) for name in "ab"]:
        ended(process)
    assert content(machine("c")) == alone(tmp_path / "alone", [1, 2])


@pytest.mark.parametrize("seed", range(2))
def test_a_machine_killed_while_it_writes_holds_nobody_up_and_its_releases_can_come_again(
    machine: Machine, tmp_path: Path, seed: int
) -> None:
    start_empty(machine("a"))
    doomed, other = started(machine("a"), [1, 2, 3, 4]), started(machine("b"), [11])
    time.sleep(random.Random(seed).uniform(0.1, 1.0))
    doomed.send_signal(signal.SIGKILL)
    doomed.communicate()
    ended(other)
    add_releases(machine("c"), 1, 2, 3, 4)
    assert content(machine("a")) == content(machine("d"))
    assert content(machine("d")) == alone(tmp_path / "alone", [1, 2, 3, 4, 11])


def test_a_store_of_the_first_edition_is_refused_in_one_sentence(machine: Machine) -> None:
    Objects(str(machine("a").store)).write("ledger/tree.json", b"{}")
    with pytest.raises(DisplacementError, match=r"was written by version 0\.1"):
        Ledger.open(machine("a"))


def test_the_doctor_reports_whether_the_store_answers_and_what_it_holds(machine: Machine) -> None:
    def found(settings: Settings) -> dict[str, Checkup]:
        return {each.subject: each for each in examine(settings)}

    start_empty(machine("a"))
    add_releases(machine("a"), 1)
    assert found(machine("b"))["store"].says.endswith("answers; it holds 2 readings and decisions of the ledger")
    gone = found(replace(machine("c"), store="s3://no-such-bucket/x"))
    assert {gone["store"].standing, gone["ledger"].standing} == {"broken"}
    assert "store" not in found(replace(machine("d"), store=None))


def test_without_a_store_nothing_of_it_is_imported(tmp_path: Path) -> None:
    asked = (
        "import sys; from displacement.cli.app import app; app(['doctor', '--json'], standalone_mode=False); "
        "print([name for name in sys.modules if name.startswith(('obstore', 'fsspec'))])"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert said.stdout.splitlines()[-1] == "[]"
