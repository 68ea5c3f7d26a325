"""Versions of the ledger: whole or not there, one writer at a time, and a way back to the ones before."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.build.fingerprint import fingerprint
from displacement.build.models import source_select
from displacement.cli.doctor import examine
from displacement.errors import DisplacementError, WrongUseError
from displacement.intake.model import DatasetReading, Reading
from displacement.ledger import Ledger, holds, versions
from displacement.ledger.shipped import PROVENANCE
from displacement.ledger.taking import take_in
from displacement.ledger.upgrade import start_empty
from displacement.settings import Settings
from displacement.storage.files import sha256_of
from tests.shipped import SHIPPED, change_figures, change_text, small
from tests.small_releases import Small, reading_of

END_2022 = date(2022, 12, 31)


def release_of(number: int) -> Small:
    """Return a release that differs from the one before it."""
    return Small(date(2023, 1, number), {"population": END_2022}, {("refugees", END_2022, "SYR", "TUR"): 1000 + number})


def taken(settings: Settings, number: int) -> Path:
    return take_in(settings, reading_of(release_of(number), settings.home / "intake")).ledger


@pytest.fixture
def place(here: Settings) -> Settings:
    """Return the settings of an installation whose ledger has one release."""
    start_empty(here)
    taken(here, 1)
    return here


# --- which one stands -------------------------------------------------------------------------------------------------


def test_without_a_ledger_of_its_own_the_figures_that_came_with_the_program_are_the_ledger(here: Settings) -> None:
    assert versions.on_show(here) == SHIPPED
    assert Ledger.open(here).directory == SHIPPED
    assert holds.held_back(here) == () and holds.decisions(here) == ()
    assert not here.home.exists()


def test_a_version_is_named_by_its_number_and_what_it_holds(place: Settings) -> None:
    name = versions.on_show(place).name
    assert name.startswith("2-") and len(name) == 14
    assert (place.home / "ledger" / "current").read_text(encoding="utf-8") == f"{name}\n"


def test_a_run_keeps_the_ledger_it_was_bound_to_while_others_write(place: Settings) -> None:
    bound = versions.pinned(place)
    inputs = fingerprint(bound, pictures=False)
    taken(place, 2)
    assert Ledger.open(bound).releases() == (date(2023, 1, 1),)
    assert Ledger.open(place).releases() == (date(2023, 1, 1), date(2023, 1, 2))
    assert str(bound.ledger) in source_select(bound, "raw_figures")
    assert fingerprint(bound, pictures=False) == inputs != fingerprint(place, pictures=False)


def test_what_the_ledger_does_not_hold_is_read_from_the_shipped_data(place: Settings) -> None:
    bound = versions.pinned(place)
    assert str(SHIPPED) in source_select(bound, "raw_countries")
    assert str(SHIPPED) in source_select(bound, "raw_denominators")


def test_a_decision_that_changes_no_figure_is_no_other_input(place: Settings) -> None:
    before = fingerprint(place, pictures=False)
    directory = versions.on_show(place)
    decided = directory / "book" / "decisions.csv"
    decided.write_text(decided.read_text(encoding="utf-8") + "2026-01-01,me,2023-01-01,refugees,accepted,why\n")
    assert fingerprint(place, pictures=False) == before


def test_files_that_did_not_change_are_not_written_again(place: Settings, tmp_path: Path) -> None:
    before = versions.on_show(place)
    table = tmp_path / "demographics.parquet"
    duckdb.execute(f"copy (select 2022 as year, 5 as total) to '{table}' (format parquet)")
    reading = DatasetReading("demographics", None, "", 1, table=table)
    now = take_in(place, Reading(date(2023, 1, 1), "directory", (reading,))).ledger
    assert now != before
    assert (now / "figures.parquet").samefile(before / "figures.parquet")
    assert (now / "demographics.parquet").samefile(now / "demographics" / "2023-01-01.parquet")


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["figures.parquet", "releases.csv", "held_back.csv", "book/decisions.csv"])
def test_a_changed_byte_is_refused_by_name_with_the_way_back(place: Settings, name: str) -> None:
    before = versions.on_show(place)
    directory = taken(place, 2)
    path = directory / name
    content = path.read_bytes()
    path.unlink()  # the version before may hold the same file
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DisplacementError) as refused:
        Ledger.open(place)
    assert str(path) in str(refused.value)
    assert f"write {before.name} into {place.home / 'ledger' / 'current'}" in str(refused.value)
    with pytest.raises(DisplacementError, match="is damaged"):
        taken(place, 3)
    versions.return_to(place, before.name)
    assert Ledger.open(place).directory == before


@pytest.mark.parametrize("name", ["figures.parquet", "ledger.toml"])
def test_a_missing_file_is_refused_by_name(place: Settings, name: str) -> None:
    (versions.on_show(place) / name).unlink()
    with pytest.raises(DisplacementError, match=name.replace(".", r"\.")):
        Ledger.open(place)


def test_a_version_that_is_not_there_is_refused_with_the_way_back(place: Settings) -> None:
    shutil.rmtree(versions.on_show(place))
    with pytest.raises(DisplacementError, match=r"is not there\. To return to a version before it, write 1-"):
        Ledger.open(place)


def test_nobody_is_led_out_of_the_ledger_by_the_name_of_a_version(place: Settings) -> None:
    (place.home / "ledger" / "current").write_text("../../elsewhere\n", encoding="utf-8")
    with pytest.raises(DisplacementError, match="is not there"):
        Ledger.open(place)


def test_a_ledger_of_a_newer_program_is_refused_with_a_sentence(place: Settings) -> None:
    path = versions.on_show(place) / "ledger.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("format = 1", "format = 2"), encoding="utf-8")
    with pytest.raises(DisplacementError, match=r"has format 2; this program knows formats up to 1\. Install"):
        Ledger.open(place)


def test_the_doctor_says_which_ledger_stands_and_whether_it_is_whole(place: Settings, tmp_path: Path) -> None:
    def said(settings: Settings) -> tuple[str, str]:
        return next((one.standing, one.says) for one in examine(settings) if one.subject == "ledger")

    assert said(place) == ("good", f"1 releases up to 2023-01-01, one of 2 versions in {place.home / 'ledger'}")
    without = Settings(home=tmp_path / "without", public=tmp_path / "public")
    assert said(without) == ("good", "11 releases up to 2026-06-25, as it came with the program")
    (versions.on_show(place) / "figures.parquet").unlink()
    assert said(place)[0] == "broken"


# --- one writer -------------------------------------------------------------------------------------------------------


def test_a_second_writer_waits_and_then_says_so_while_readers_go_on(
    place: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "PATIENCE", 0.2)
    with (place.home / "ledger" / "lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert Ledger.open(place).releases() == (date(2023, 1, 1),)
        with pytest.raises(DisplacementError, match="Another process has been writing the ledger"):
            taken(place, 2)
    taken(place, 2)
    assert len(Ledger.open(place).releases()) == 2


def test_what_a_killed_writer_left_is_removed_by_the_next_one(place: Settings) -> None:
    left = place.home / "ledger" / "versions"
    (left / ".next.1.partial" / "held").mkdir(parents=True)
    (left / ".current.1.partial").write_text("9-0123456789ab", encoding="utf-8")
    taken(place, 2)
    assert sorted(path.name for path in left.iterdir() if path.name.startswith(".")) == []


def test_a_version_that_was_finished_but_not_shown_does_no_harm(place: Settings) -> None:
    # Killed between giving the directory its name and switching to it.
    before = versions.on_show(place)
    taken(place, 2)
    (place.home / "ledger" / "current").write_text(before.name, encoding="utf-8")
    assert Ledger.open(place).directory == before
    after = taken(place, 2)
    assert after.name.startswith("4-") and Ledger.open(place).directory == after


def test_a_merge_that_fails_leaves_nothing_and_changes_nothing(place: Settings) -> None:
    before = versions.on_show(place)

    def fail() -> None:
        with versions.writing(place) as draft:
            draft.write_text("figures.parquet", "half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert versions.on_show(place) == before
    assert [path.name for path in (place.home / "ledger" / "versions").glob(".*")] == []


# --- the way back -----------------------------------------------------------------------------------------------------


def test_the_versions_before_stay_as_backups_and_old_ones_go(place: Settings) -> None:
    for number in range(2, 9):
        taken(place, number)
    assert len(versions.versions(place)) == 9  # they are young: somebody may be reading them
    old = time.time() - 2 * versions.KEPT_SECONDS
    for path in versions.versions(place):
        os.utime(path, (old, old))
    taken(place, 9)
    assert [path.name.split("-")[0] for path in versions.versions(place)] == ["6", "7", "8", "9", "10"]


def test_one_returns_to_a_version_and_goes_on_from_there(place: Settings) -> None:
    before = versions.on_show(place)
    newest = taken(place, 2)
    assert versions.return_to(place, before.name) == before
    assert Ledger.open(place).releases() == (date(2023, 1, 1),)
    taken(place, 3)
    assert Ledger.open(place).releases() == (date(2023, 1, 1), date(2023, 1, 3))
    assert newest in versions.versions(place)


def test_a_version_that_is_not_there_cannot_be_returned_to(place: Settings) -> None:
    with pytest.raises(WrongUseError, match=f"no version 7-.*Versions: .*{versions.on_show(place).name}"):
        versions.return_to(place, "7-0123456789ab")


def test_an_empty_ledger_is_not_begun_over_another(place: Settings) -> None:
    with pytest.raises(WrongUseError, match="There is a ledger in"):
        start_empty(place)


# --- a newer program --------------------------------------------------------------------------------------------------


def older(tmp_path: Path) -> Path:
    """Return few of the shipped facts, as a program shipped them that did not know the newest release yet."""
    directory = small(tmp_path / "older")
    newest = "date '2026-06-25'"
    change_figures(directory, f"delete from figures where published_in = {newest}")
    change_figures(directory, f"update figures set superseded_in = null where superseded_in = {newest}")
    for name in ("releases.csv", "release_datasets.csv"):
        text = (directory / name).read_text(encoding="utf-8")
        for line in text.splitlines(keepends=True):
            if line.startswith("2026-06-25"):
                change_text(directory, name, line, "")
    return directory


def test_releases_that_a_newer_program_brings_along_are_taken_in_when_the_ledger_is_opened(
    tmp_path: Path, here: Settings
) -> None:
    settings = replace(here, data=older(tmp_path))
    future = Small(
        date(2026, 9, 1), {"flows": date(2025, 12, 31)}, {("flow_refugees", date(2025, 12, 31), "KGZ", "DEU"): 1}
    )
    take_in(settings, reading_of(future, tmp_path / "intake"))
    assert len(Ledger.open(settings).releases()) == 11
    newer = replace(settings, data=small(tmp_path / "newer"))
    opened = Ledger.open(newer)
    assert opened.releases()[-2:] == (date(2026, 6, 25), date(2026, 9, 1))
    as_shipped = Ledger.open(Settings(home=tmp_path / "other", public=tmp_path, data=newer.data)).as_of("2026-06-25")
    assert opened.as_of("2026-06-25").fetchall() == as_shipped.fetchall()
    assert versions.on_show(newer) == opened.directory == Ledger.open(newer).directory


def test_a_ledger_that_was_begun_empty_is_not_filled_by_a_newer_program(place: Settings) -> None:
    assert Ledger.open(place).releases() == (date(2023, 1, 1),)


def test_every_table_that_the_ledger_keeps_release_by_release_says_of_which_release_it_came(tmp_path: Path) -> None:
    text = (SHIPPED / PROVENANCE).read_text(encoding="utf-8")
    assert text.count("\nrelease = ") == 2
    assert sha256_of(SHIPPED / "figures.parquet") == Ledger.open(Settings(home=tmp_path, public=tmp_path)).sha256
