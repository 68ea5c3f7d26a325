"""Builds and the link that shows one: switched whole, returned to, tidied up, and nobody else's things touched."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from displacement.build import builds, publish
from displacement.build.fingerprint import fingerprint
from displacement.build.manifest import (
    FILE_NAME,
    KEPT_BUILDS,
    MANIFEST,
    ROLLED_BACK,
    Build,
    damaged,
    read_build,
    write_manifest,
)
from displacement.errors import DisplacementError, WrongUseError
from displacement.settings import Settings
from pipelines import sensors
from tests.conftest import Run

RELEASES = ("2026-06-12", "2026-06-25")


def made(here: Settings, run: str, inputs: str = "") -> Build:
    """Make a build of two small files, whole but not on show."""
    build = builds.begin(here, run, releases=RELEASES, inputs=inputs or f"inputs of {run}", figures="f")
    (build.directory / "data").mkdir()
    (build.directory / "index.html").write_text(f"made by {run}")
    (build.directory / "data/figures.csv").write_text("indicator\n")
    return builds.finish(here, build)


def shown(here: Settings, run: str, inputs: str = "") -> Build:
    build = made(here, run, inputs)
    publish.publish(here, build)
    return build


def names(here: Settings) -> list[str]:
    return [build.build_id.split("-")[1] for build in builds.builds(here)]


# --- making -----------------------------------------------------------------------------------------------------------


def test_a_build_in_the_making_is_neither_listed_nor_shown(here: Settings) -> None:
    build = builds.begin(here, "run-1", releases=RELEASES, inputs="i", figures="f")
    assert builds.in_the_making(here, "run-1") == build
    assert build.directory.name == f"{build.build_id}.partial"
    assert builds.builds(here) == []
    assert builds.published(here) is None
    assert not here.public.exists()


def test_the_identity_says_what_a_build_was_made_from(here: Settings) -> None:
    identity = builds.begin(here, "0123456789", releases=RELEASES, inputs="i", figures="f").identity
    assert re.fullmatch(r"\d{8}T\d{6}Z-01234567", identity.build_id)
    assert (identity.newest_release, identity.releases) == ("2026-06-25", "2026-06-12, 2026-06-25")
    assert (identity.inputs_sha256, identity.figures_sha256) == ("i", "f")


def test_the_manifest_lists_every_file_with_its_size_and_checksum(here: Settings) -> None:
    build = made(here, "a")
    manifest = json.loads((build.directory / MANIFEST).read_text())
    assert sorted(manifest["files"]) == ["data/figures.csv", "index.html"]
    assert manifest["files"]["data/figures.csv"]["bytes"] == len("indicator\n")
    assert len(manifest["files"]["index.html"]["sha256"]) == 64
    assert manifest["identity"]["build_id"] == build.build_id
    assert read_build(build.directory) == build
    assert damaged(here, build) == []


@pytest.mark.parametrize("damage", ["lost", "cut short", "a digit changed"])
def test_a_file_of_a_build_that_is_not_as_it_was_made_is_found(here: Settings, damage: str, cli: Run) -> None:
    """A changed digit in a CSV went unseen: only sizes were compared."""
    build = shown(here, "a", inputs="i")
    path = build.directory / "data/figures.csv"
    if damage == "lost":
        path.unlink()
    else:
        path.write_text("" if damage == "cut short" else "indicat0r\n")
    assert damaged(here, build) == ["data/figures.csv"]
    assert publish.reason_not_to_build(here, "i") is None, "the build is made again"
    with pytest.raises(DisplacementError, match=r"is damaged: data/figures.csv is missing or does not have"):
        publish.publish_again(here, build.build_id)
    code, said, _ = cli("doctor")
    assert code == 1 and "data/figures.csv is missing or does not have the checksum" in " ".join(said.split())


def test_a_service_makes_a_damaged_build_again_although_it_made_one_of_these_inputs(here: Settings) -> None:
    build = shown(here, "a", inputs=fingerprint(here, pictures=True))
    assert isinstance(sensors.ledger_changes(dg.build_sensor_context()), dg.SkipReason)
    (build.directory / "index.html").unlink()
    asked = sensors.ledger_changes(dg.build_sensor_context())
    assert isinstance(asked, dg.RunRequest) and str(asked.run_key).endswith(build.build_id)


def test_what_has_the_size_time_and_inode_it_had_is_read_again_only_by_a_deep_look(here: Settings, cli: Run) -> None:
    build = shown(here, "a")
    path = build.directory / "data/figures.csv"
    before = path.stat()
    path.write_text("indicat0r\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert damaged(here, build) == []
    assert cli("doctor")[0] == 0
    assert cli("doctor", "--deep")[0] == 1
    assert damaged(here, build) == ["data/figures.csv"], "what was found is remembered"


def test_builds_are_in_the_order_in_which_they_were_made_even_if_the_clock_goes_back(here: Settings) -> None:
    first, second = shown(here, "a"), shown(here, "b")
    later = replace(first, identity=replace(first.identity, built_at="2999-01-01 00:00:00.0"))
    write_manifest(later)
    assert builds.builds(here) == [later, second]
    assert publish.rollback(here) == later
    assert publish.publish_again(here) == second
    assert shown(here, "c").number == 3


def test_a_run_that_began_no_build_works_on_a_copy_of_the_published_file(
    here: Settings,
) -> None:
    assert builds.in_the_making(here, "run-1") is None
    with pytest.raises(DisplacementError, match="no build is published whose tables it could go on from"):
        builds.trial(here, "run-1")
    build = builds.begin(here, "run-0", releases=RELEASES, inputs="i", figures="f")
    (build.directory / FILE_NAME).write_text("tables")
    kept = builds.finish(here, build)
    publish.publish(here, kept)
    tried = builds.trial(here, "run-1")
    (tried / FILE_NAME).write_text("other tables")
    assert builds.trial(here, "run-1") == tried, "every step of the run works on the same file"
    assert builds.in_the_making(here, "run-1") is None
    assert (here.public / FILE_NAME).read_text() == "tables"
    builds.begin(here, "run-2", releases=RELEASES, inputs="i", figures="f")
    assert not tried.exists()


def test_what_a_killed_build_left_is_tidied_up_and_nothing_else(here: Settings) -> None:
    kept = shown(here, "a")
    build = builds.begin(here, "killed", releases=RELEASES, inputs="i", figures="f")
    (build.directory / "half").write_text("half")
    here.quality.mkdir()
    (here.quality / f".corridors.json.{2**31 - 1}.partial").write_text("half")
    (here.quality / f".rankings.json.{os.getppid()}.partial").write_text("being written by a living process")
    (here.quality / "corridors.json").write_text("whole")
    link = here.public.with_name(".public.12.partial")
    link.symlink_to("nowhere")
    builds.tidy(here)
    assert builds.tidy(here) == []
    assert [path.name for path in here.builds.iterdir()] == [kept.build_id]
    assert {path.name for path in here.quality.iterdir()} == {
        "corridors.json",
        f".rankings.json.{os.getppid()}.partial",
    }
    assert not link.is_symlink()
    assert builds.published(here) == kept


def test_a_new_build_tidies_up_first(here: Settings) -> None:
    builds.begin(here, "killed", releases=RELEASES, inputs="i", figures="f")
    made(here, "next")
    assert names(here) == ["next"]
    assert list(here.builds.glob("*.partial")) == []


def test_only_one_run_builds_at_a_time_and_the_other_is_told_what_to_do(here: Settings) -> None:
    with builds.only_build(here, "run-1"):
        with builds.only_build(here, "run-1"):
            pass  # another process of the same run
        at_work = pytest.raises(DisplacementError, match=r"Another build is running .* \(run run-1\)")
        with at_work, builds.only_build(here, "run-2"):
            pass
    with builds.only_build(here, "run-2"):
        pass


# --- showing ----------------------------------------------------------------------------------------------------------


def test_the_build_on_show_is_the_one_that_was_shown_last(here: Settings) -> None:
    shown(here, "a")
    second = shown(here, "b")
    assert builds.published(here) == second
    assert (here.public / "index.html").read_text() == "made by b"


def test_a_build_that_is_whole_is_not_on_show_before_it_is_switched_to(here: Settings) -> None:
    first = shown(here, "a")
    made(here, "b")
    assert builds.published(here) == first


def test_the_link_is_relative_so_that_the_tree_can_be_moved(here: Settings, tmp_path: Path) -> None:
    shown(here, "a")
    assert not here.public.readlink().is_absolute()
    moved = tmp_path / "elsewhere" / "deeper"
    moved.mkdir(parents=True)
    for path in (here.home, here.public):
        path.rename(moved / path.name)
    found = builds.published(Settings(home=moved / "var", public=moved / "public"))
    assert found is not None
    assert (moved / "public/index.html").read_text() == "made by a"
    assert damaged(here, found) == []


@pytest.mark.parametrize("again", [False, True])
def test_the_link_leads_to_the_build_from_behind_another_link(tmp_path: Path, again: bool) -> None:
    real = tmp_path / "a/long/way/down"
    real.mkdir(parents=True)
    (tmp_path / "short").symlink_to(real)
    here = Settings(home=tmp_path / "var", public=tmp_path / "short" / "public")
    build = shown(here, "a")
    if again:
        publish.publish_again(here)
    assert builds.published(here) == build


@pytest.mark.parametrize("foreign", ["a directory", "a file"])
def test_what_somebody_else_put_there_is_not_replaced(here: Settings, foreign: str) -> None:
    build = made(here, "a")
    if foreign == "a directory":
        here.public.mkdir()
        (here.public / "thesis.txt").write_text("years of work")
    else:
        here.public.write_text("years of work")
    with pytest.raises(DisplacementError, match="that displacement did not make, so it was not replaced") as refused:
        publish.publish(here, build)
    assert str(build.directory) in str(refused.value)
    mine = here.public / "thesis.txt" if here.public.is_dir() else here.public
    assert mine.read_text() == "years of work"


def test_the_published_build_of_another_home_is_replaced_only_when_told_so(here: Settings, tmp_path: Path) -> None:
    """With only DISPLACEMENT_HOME set elsewhere, readers ended at a link to nothing once that home was removed."""
    first = shown(here, "a")
    other = replace(here, home=tmp_path / "elsewhere")
    build = made(other, "b")
    refused = pytest.raises(DisplacementError, match=r"leads to a build of another home, .*--take-over")
    with refused:
        publish.require_place(other)
    with refused:
        publish.publish(other, build)
    assert builds.published(here) == first
    publish.require_place(other, take_over=True)
    publish.publish(other, build, take_over=True)
    assert builds.published(other) == build
    publish.require_place(other)


def test_a_link_that_leads_nowhere_is_replaced(here: Settings) -> None:
    first = shown(here, "a")
    shutil.rmtree(first.directory)
    assert builds.published(here) is None
    second = shown(here, "b")
    assert builds.published(here) == second


def test_builds_too_old_to_return_to_are_removed(here: Settings) -> None:
    for run in "abcde":
        shown(here, run)
    assert names(here) == list("abcde")[-KEPT_BUILDS:]


def test_the_build_on_show_is_never_removed(here: Settings) -> None:
    for run in "abc":
        shown(here, run)
    first = publish.publish_again(here, builds.builds(here)[0].build_id)
    for run in "de":
        made(here, run)
    publish.publish(here, first)
    assert "a" in names(here)
    assert builds.published(here) == first


def test_a_directory_without_a_manifest_that_can_be_read_is_no_build(here: Settings) -> None:
    build = shown(here, "a")
    for broken in ("", "[]", "{}", '{"identity": {}, "files": {}}'):
        (build.directory / MANIFEST).write_text(broken)
        assert builds.builds(here) == []
        assert builds.published(here) is None


# --- rollback and publish ---------------------------------------------------------------------------------------------


def test_a_rollback_shows_the_build_before_and_a_publish_the_newest_again(here: Settings) -> None:
    first, second = shown(here, "a"), shown(here, "b")
    assert publish.rollback(here) == first
    assert builds.published(here) == first
    assert publish.publish_again(here) == second
    assert builds.published(here) == second


def test_a_rollback_keeps_the_build_it_turned_down(here: Settings) -> None:
    shown(here, "a")
    shown(here, "b")
    publish.rollback(here)
    assert names(here) == ["a", "b"]


def test_any_build_can_be_published_by_its_name(here: Settings) -> None:
    first = shown(here, "a")
    shown(here, "b")
    assert publish.publish_again(here, first.build_id) == first
    assert builds.published(here) == first


def test_an_unknown_build_is_an_error_that_lists_those_there_are(here: Settings) -> None:
    build = shown(here, "a")
    with pytest.raises(WrongUseError, match=f"There is no build b. Builds: {build.build_id}"):
        publish.publish_again(here, "b")


def test_without_builds_the_errors_say_to_build(here: Settings) -> None:
    with pytest.raises(WrongUseError, match=r"There is no build yet\. Builds: none; run `displacement build`"):
        publish.publish_again(here)
    with pytest.raises(WrongUseError, match=r"shows no build\. Run `displacement build` first"):
        publish.rollback(here)


def test_the_oldest_build_has_none_before_it(here: Settings) -> None:
    build = shown(here, "a")
    with pytest.raises(WrongUseError, match=f"There is no build before {build.build_id}"):
        publish.rollback(here)
    assert builds.published(here) == build


def test_a_build_that_lost_files_is_not_shown_again(here: Settings) -> None:
    first, second = shown(here, "a"), shown(here, "b")
    (first.directory / "index.html").unlink()
    with pytest.raises(DisplacementError, match=r"(no build before|lost files)"):
        publish.rollback(here)
    with pytest.raises(DisplacementError, match=r"is damaged: index\.html"):
        publish.publish_again(here, first.build_id)
    assert builds.published(here) == second


# --- is a build due? --------------------------------------------------------------------------------------------------


def test_a_build_is_due_where_there_is_none(here: Settings) -> None:
    assert publish.reason_not_to_build(here, "i") is None


def test_the_same_inputs_need_not_be_built_again_and_others_must(here: Settings) -> None:
    build = shown(here, "a", inputs="i")
    reason = publish.reason_not_to_build(here, "i")
    assert reason == f"Nothing has changed since build {build.build_id}, which {here.public} shows."
    assert publish.reason_not_to_build(here, "other") is None


def test_a_build_that_lost_files_is_built_again(here: Settings) -> None:
    build = shown(here, "a", inputs="i")
    (build.directory / "index.html").unlink()
    assert publish.reason_not_to_build(here, "i") is None


def test_inputs_that_were_turned_down_are_not_built_again_by_themselves(here: Settings) -> None:
    first, second = shown(here, "a", inputs="1"), shown(here, "b", inputs="2")
    publish.rollback(here)
    reason = publish.reason_not_to_build(here, "2")
    assert reason is not None
    assert f"Build {second.build_id} of these inputs was rolled back" in reason
    assert first.build_id in reason
    assert publish.reason_not_to_build(here, "3") is None


def test_inputs_turned_down_before_the_last_rollback_stay_turned_down(here: Settings) -> None:
    for run, inputs in (("a", "1"), ("b", "2"), ("c", "3")):
        shown(here, run, inputs)
    publish.rollback(here)
    publish.rollback(here)
    for inputs in ("1", "2", "3"):
        assert publish.reason_not_to_build(here, inputs) is not None, inputs


def test_a_publish_takes_a_rollback_back(here: Settings) -> None:
    shown(here, "a", inputs="1")
    shown(here, "b", inputs="2")
    publish.rollback(here)
    publish.publish_again(here, builds.builds(here)[0].build_id)
    assert publish.reason_not_to_build(here, "2") is None


def test_a_rollback_never_returns_to_a_build_that_was_turned_down(here: Settings) -> None:
    good = shown(here, "a", inputs="1")
    shown(here, "b", inputs="2")
    publish.rollback(here)
    shown(here, "c", inputs="3")
    assert publish.rollback(here) == good


def test_a_build_that_can_be_returned_to_outlives_those_that_were_turned_down(here: Settings) -> None:
    good = shown(here, "a")
    for run in "bcde":
        shown(here, run)
        assert publish.rollback(here) == good


def test_a_record_of_rollbacks_that_cannot_be_read_is_passed_over(here: Settings) -> None:
    shown(here, "a", inputs="1")
    shown(here, "b", inputs="2")
    publish.rollback(here)
    (here.records / ROLLED_BACK).write_text("{")
    assert publish.reason_not_to_build(here, "2") is None
    assert publish.reason_not_to_build(here, "1") is not None


def test_a_build_of_other_options_is_due(here: Settings) -> None:
    # The options are part of the fingerprint: asking for pictures after a build without them makes a new build.
    build = shown(here, "a", inputs="without pictures")
    assert publish.reason_not_to_build(here, "with pictures") is None
    assert replace(build.identity, inputs_sha256="x") != build.identity


def test_a_place_that_cannot_be_written_is_named(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    build = made(here, "a")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(DisplacementError, match=r"Cannot write .*public: Permission denied. Choose a directory"):
        publish.publish(here, build)
