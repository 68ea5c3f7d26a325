"""Builds that machines share: each shows the one on show, and a rollback on one is a rollback on all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from displacement.build import builds, sharing
from displacement.build.builds import Build
from displacement.settings import Settings
from displacement.storage.bucket import Objects, OvertakenError
from displacement.storage.mirror import WORK
from displacement.storage.tree import Tree

Machine = Callable[[str], Settings]


def made(settings: Settings, run: str, at: str) -> Build:
    """Make a build of two small files, as of a time, whole but not on show."""
    identity = builds.begin(settings, run, releases=("2026-06-12",), inputs=f"inputs of {run}", figures="f")
    directory = builds.in_the_making(settings, run)
    identity = replace(identity, build_id=f"{at}-{run}", built_at=at)
    (directory / "data").mkdir()
    (directory / "index.html").write_text(f"made by {run}")
    (directory / "data/figures.csv").write_text("indicator\n")
    return builds.finish(settings, directory, identity)


def shown(settings: Settings) -> str:
    return (settings.public / "index.html").read_text(encoding="utf-8")


def built(settings: Settings, run: str, at: str) -> Build:
    """Build as the job does, and show what was built."""
    sharing.bring_work(settings, run)
    build = made(settings, run, at)
    builds.show(settings, build)
    sharing.share_work(settings)
    return build


def test_what_one_machine_builds_every_machine_shows(machine: Machine) -> None:
    built(machine("a"), "r1", "2026-01-01")
    sharing.follow_builds(machine("b"))
    assert shown(machine("b")) == "made by r1"
    current = builds.shown(machine("b"))
    assert current and current.is_intact()
    assert builds.reason_not_to_build(machine("c"), "inputs of r1")
    assert builds.reason_not_to_build(machine("c"), "others") is None


def test_of_two_builds_made_at_once_the_second_to_end_is_told_and_shown_nowhere(machine: Machine) -> None:
    built(machine("a"), "r1", "2026-01-01")
    for name, run in (("a", "r2"), ("b", "r3")):
        sharing.bring_work(machine(name), run)
    builds.show(machine("b"), made(machine("b"), "r3", "2026-01-03"))
    with pytest.raises(OvertakenError, match="has put build 2026-01-03-r3 on show meanwhile"):
        builds.show(machine("a"), made(machine("a"), "r2", "2026-01-02"))
    assert shown(machine("a")) == "made by r1", "what this machine showed, until it looks again"
    sharing.follow_builds(machine("a"))
    assert {shown(machine(name)) for name in "ab"} == {"made by r3"}


def test_a_rollback_and_its_end_hold_for_every_machine(machine: Machine) -> None:
    built(machine("a"), "r1", "2026-01-01")
    built(machine("a"), "r2", "2026-01-02")
    assert builds.rollback(machine("b")).build_id == "2026-01-01-r1"
    sharing.follow_builds(machine("a"))
    assert shown(machine("a")) == "made by r1"
    assert "was rolled back" in str(builds.reason_not_to_build(machine("c"), "inputs of r2"))
    assert builds.publish(machine("c")).build_id == "2026-01-02-r2"
    assert builds.reason_not_to_build(machine("a"), "inputs of r1") is None
    assert shown(machine("a")) == "made by r2"


def test_as_many_builds_stay_as_on_one_machine_and_files_they_share_are_kept_once(machine: Machine) -> None:
    for day in range(1, 6):
        built(machine("ab"[day % 2]), f"r{day}", f"2026-01-0{day}")
    state = Tree(Objects(str(machine("a").store)), "builds").read()
    assert {name.split("/")[1] for name in state.files if name.startswith("builds/")} == {
        f"2026-01-0{day}-r{day}" for day in (3, 4, 5)
    }
    csv = {entry.object for name, entry in state.files.items() if name.endswith("figures.csv")}
    assert len(csv) == 1


def test_the_next_build_on_another_machine_finds_the_tables_of_the_last_one(machine: Machine) -> None:
    for name in ("models/figures.parquet", "records/release-2026-01-01.json", "quarantine/2026-01-01.flows.rule.csv"):
        path = machine("a").home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("made here")
    built(machine("a"), "r1", "2026-01-01")
    sharing.bring_work(machine("b"), "r2")
    assert set(WORK.files(machine("b").home)) >= {"models/figures.parquet"}
    assert not (machine("b").home / "quarantine").exists(), "what belongs to a release is not a build's"
    (machine("b").home / "models/figures.parquet").write_text("made anew in this run")
    sharing.bring_work(machine("b"), "r2")
    assert (machine("b").home / "models/figures.parquet").read_text() == "made anew in this run"


def test_a_build_of_which_a_machine_lost_files_is_brought_whole_again(machine: Machine) -> None:
    build = built(machine("a"), "r1", "2026-01-01")
    sharing.follow_builds(machine("b"))
    directory: Path = machine("b").builds / build.build_id
    shutil.rmtree(directory / "data")
    sharing.follow_builds(machine("b"))
    current = builds.shown(machine("b"))
    assert current and current.is_intact() and (directory / "data/figures.csv").exists()
