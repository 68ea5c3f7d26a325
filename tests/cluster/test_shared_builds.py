"""Builds that machines share: each publishes the published one, and a rollback on one is a rollback on all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from displacement.build import builds, publish
from displacement.build.manifest import Build, damaged
from displacement.errors import DisplacementError
from displacement.query.remote import open_remote
from displacement.settings import Settings
from displacement.storage.bucket import Objects

Machine = Callable[[str], Settings]


def made(settings: Settings, run: str, at: str) -> Build:
    """Make a build of two small files, as of a time, whole but not published."""
    begun = builds.begin(settings, run, releases=("2026-06-12",), inputs=f"inputs of {run}", figures="f")
    directory = begun.directory
    identity = replace(begun.identity, build_id=f"{at}-{run}", built_at=at)
    (directory / "data").mkdir()
    (directory / "index.html").write_text(f"made by {run}")
    (directory / "data/figures.csv").write_text("indicator\n")
    return builds.finish(settings, replace(begun, identity=identity))


def published(settings: Settings) -> str:
    return (settings.public / "index.html").read_text(encoding="utf-8")


def built(settings: Settings, run: str, at: str) -> Build:
    """Build as the job does, and publish what was built."""
    publish.pull_inputs(settings, run)
    build = made(settings, run, at)
    publish.publish(settings, build)
    return build


def test_what_one_machine_builds_every_machine_publishes(machine: Machine) -> None:
    built(machine("a"), "r1", "2026-01-01")
    publish.follow(machine("b"))
    assert published(machine("b")) == "made by r1"
    current = builds.published(machine("b"))
    assert current and damaged(machine("b"), current) == []
    assert publish.reason_not_to_build(machine("c"), "inputs of r1")
    assert publish.reason_not_to_build(machine("c"), "others") is None


def test_of_two_builds_made_at_once_the_second_to_end_is_told_and_published_nowhere(machine: Machine) -> None:
    built(machine("a"), "r1", "2026-01-01")
    for name, run in (("a", "r2"), ("b", "r3")):
        publish.pull_inputs(machine(name), run)
    publish.publish(machine("b"), made(machine("b"), "r3", "2026-01-03"))
    publish.pull_inputs(machine("a"), "r2")  # a later process of the same run, which starts from the same
    with pytest.raises(DisplacementError, match="has published build 2026-01-03-r3"):
        publish.publish(machine("a"), made(machine("a"), "r2", "2026-01-02"))
    assert published(machine("a")) == "made by r1", "what this machine published, until it looks again"
    publish.follow(machine("a"))
    assert {published(machine(name)) for name in "ab"} == {"made by r3"}


def test_a_machine_that_never_looked_does_not_replace_what_is_published(machine: Machine) -> None:
    built(machine("a"), "r1", "2026-01-01")
    with pytest.raises(DisplacementError, match="has published build 2026-01-01-r1"):
        publish.publish(machine("b"), made(machine("b"), "r2", "2026-01-02"))
    assert builds.published(machine("b")) is None


def test_a_rollback_and_its_end_hold_for_every_machine(machine: Machine) -> None:
    built(machine("a"), "r1", "2026-01-01")
    built(machine("a"), "r2", "2026-01-02")
    assert publish.rollback(machine("b")).build_id == "2026-01-01-r1"
    publish.follow(machine("a"))
    assert published(machine("a")) == "made by r1"
    assert "was rolled back" in str(publish.reason_not_to_build(machine("c"), "inputs of r2"))
    assert publish.publish_again(machine("c")).build_id == "2026-01-02-r2"
    assert publish.reason_not_to_build(machine("a"), "inputs of r1") is None
    assert published(machine("a")) == "made by r2"


def test_a_good_build_stays_however_many_after_it_are_rolled_back(machine: Machine) -> None:
    built(machine("a"), "r1", "2026-01-01")
    for day in range(2, 7):
        built(machine("ab"[day % 2]), f"r{day}", f"2026-01-0{day}")
        assert publish.rollback(machine("c")).build_id == "2026-01-01-r1"
    current = Objects(str(machine("a").store)).read("current.json")
    assert current and json.loads(current.body)["kept"] == ["2026-01-05-r5", "2026-01-06-r6", "2026-01-01-r1"]


def test_a_build_of_which_a_machine_lost_files_is_copied_whole_again_and_a_damaged_one_is_not(machine: Machine) -> None:
    build = built(machine("a"), "r1", "2026-01-01")
    publish.follow(machine("b"))
    directory = machine("b").builds / build.build_id
    shutil.rmtree(directory / "data")
    publish.follow(machine("b"))
    current = builds.published(machine("b"))
    assert current and damaged(machine("b"), current) == [] and (directory / "data/figures.csv").exists()
    Objects(str(machine("a").store)).write(f"builds/{build.build_id}/index.html", b"made by somebody")
    with pytest.raises(DisplacementError, match=r"index\.html is damaged"):
        publish.follow(machine("c"))
    assert builds.published(machine("c")) is None


def test_a_shared_store_is_read_as_any_published_build(machine: Machine) -> None:
    built(machine("a"), "r1", "2026-01-01")
    with open_remote(str(machine("a").store)) as connection:
        assert connection.execute("show tables").fetchall() == []
