"""The ledger that machines share: one stands for all, no release is lost, and two at once corrupt nothing."""

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

from displacement.cli.doctor import examine
from displacement.errors import DisplacementError
from displacement.ledger import Ledger, holds
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.settings import Settings
from tests.cluster.racing import END_2022, alone, content, take
from tests.conftest import ROOT
from tests.small_releases import Small, reading_of

Machine = Callable[[str], Settings]


def started(settings: Settings, numbers: list[int]) -> subprocess.Popen[str]:
    """Return a process that takes releases in on a machine, once it is about to."""
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


# --- one stands for all -----------------------------------------------------------------------------------------------


def test_what_one_machine_takes_in_another_has_byte_for_byte(machine: Machine) -> None:
    start_empty(machine("a"))
    take(machine("a"), 1, 2)
    assert content(machine("b")) == content(machine("a"))
    take(machine("b"), 3)
    assert content(machine("a")) == content(machine("b"))
    assert [day.day for day in Ledger.open(machine("a")).releases()] == [1, 2, 3]


def test_a_machine_that_lost_its_disk_gets_the_ledger_back(machine: Machine) -> None:
    start_empty(machine("a"))
    take(machine("a"), 1, 2)
    before = content(machine("a"))
    shutil.rmtree(machine("a").home)
    assert content(machine("a")) == before


def test_a_decision_on_one_machine_holds_on_every_other(machine: Machine) -> None:
    start_empty(machine("a"))
    take(machine("a"), 1)
    lost = Small(date(2023, 2, 1), {"population": END_2022}, {("refugees", END_2022, "SYR", "TUR"): 7})
    assert add(machine("a"), reading_of(lost, machine("a").home / "intake")).is_held
    holds.accept(machine("b"), lost.release, "refugees", "The camp was closed.", by="a person")
    assert [each.reason for each in holds.decisions(machine("a"))] == ["The camp was closed."]
    assert content(machine("a")) == content(machine("b"))


# --- a ledger that was there before the store -------------------------------------------------------------------------


def test_a_ledger_made_without_a_store_becomes_that_of_an_empty_one(machine: Machine) -> None:
    without = replace(machine("a"), store=None)
    start_empty(without)
    take(without, 1, 2)
    before = content(without)
    assert content(machine("a")) == before
    assert content(machine("b")) == before


def test_a_ledger_made_without_a_store_is_neither_put_aside_nor_put_over_the_one_of_the_store(machine: Machine) -> None:
    start_empty(machine("a"))
    take(machine("a"), 1)
    without = replace(machine("b"), store=None)
    start_empty(without)
    take(without, 2)
    mine, theirs = content(without), content(machine("a"))
    with pytest.raises(DisplacementError, match="which holds another"):
        take(machine("b"), 3)
    assert content(without) == mine
    assert content(machine("a")) == theirs


# --- two at once ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_three_machines_that_race_lose_no_release_and_make_the_ledger_of_one(
    machine: Machine, tmp_path: Path, seed: int
) -> None:
    numbers = list(range(1, 16))
    random.Random(seed).shuffle(numbers)
    start_empty(machine("a"))
    racing = [started(machine(name), numbers[place::3]) for place, name in enumerate("abc")]
    for process in racing:
        ended(process)
    assert content(machine("d")) == alone(tmp_path / "alone", sorted(numbers))


def test_machines_that_take_the_same_release_in_at_once_take_it_in_once(machine: Machine, tmp_path: Path) -> None:
    start_empty(machine("a"))
    for process in [started(machine(name), [1, 2, 3, 4]) for name in "ab"]:
        ended(process)
    assert content(machine("c")) == alone(tmp_path / "alone", [1, 2, 3, 4])


@pytest.mark.parametrize("seed", range(6))
def test_a_machine_killed_while_it_writes_holds_nobody_up_and_its_releases_can_come_again(
    machine: Machine, tmp_path: Path, seed: int
) -> None:
    start_empty(machine("a"))
    doomed, other = started(machine("a"), [1, 2, 3, 4, 5, 6]), started(machine("b"), [11, 12])
    time.sleep(random.Random(seed).uniform(0.02, 0.6))
    doomed.send_signal(signal.SIGKILL)
    doomed.communicate()
    ended(other)
    ended(started(machine("c"), [1, 2, 3, 4, 5, 6]))
    assert content(machine("a")) == content(machine("d"))
    assert content(machine("d")) == alone(tmp_path / "alone", [1, 2, 3, 4, 5, 6, 11, 12])


def test_the_doctor_says_whether_the_store_answers_and_which_ledger_stands_there(machine: Machine) -> None:
    def found(settings: Settings) -> dict[str, tuple[str, str]]:
        return {each.subject: (each.standing, each.says) for each in examine(settings)}

    start_empty(machine("a"))
    take(machine("a"), 1)
    assert found(machine("b"))["store"][1].endswith("answers")
    gone = found(replace(machine("c"), store="s3://no-such-bucket/x"))
    assert {gone["store"][0], gone["ledger"][0]} == {"broken"}
    assert "store" not in found(replace(machine("d"), store=None))


# --- without a store --------------------------------------------------------------------------------------------------


def test_without_a_store_nothing_of_it_is_imported(tmp_path: Path) -> None:
    asked = (
        "import sys; from displacement.cli.app import app; app(['doctor', '--json'], standalone_mode=False); "
        "print([name for name in sys.modules if name.startswith(('obstore', 'fsspec'))])"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert said.stdout.splitlines()[-1] == "[]"
