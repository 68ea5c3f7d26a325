"""The files of a ledger: readings and decisions that nothing may damage in silence, and what is derived from them."""

from __future__ import annotations

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
from displacement.ledger import Ledger, derive, holds, pinned, readings
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.settings import Settings
from displacement.storage.files import sha256_of
from tests.shipped import SHIPPED, change_figures, change_text, small
from tests.small_releases import Small, reading_of

END_2022 = date(2022, 12, 31)


def release_of(number: int, value: int | None = None) -> Small:
    """Return a release that differs from the one before it."""
    facts = {("refugees", END_2022, "SYR", "TUR"): value or 1000 + number}
    return Small(date(2023, 1, number), {"population": END_2022}, facts)


def added(settings: Settings, number: int, value: int | None = None) -> Path:
    return add(settings, reading_of(release_of(number, value), settings.home / "intake")).ledger


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in derive.sources(directory)}


@pytest.fixture
def place(here: Settings) -> Settings:
    """Return the settings of an installation whose ledger has one release."""
    start_empty(here)
    added(here, 1)
    return here


def reading_file(settings: Settings, number: int) -> Path:
    (path,) = (settings.ledger_home / "readings" / str(date(2023, 1, number))).iterdir()
    return path


# --- which ledger is current ------------------------------------------------------------------------------------------


def test_where_nothing_was_added_the_shipped_figures_are_the_ledger(here: Settings) -> None:
    assert Ledger.open(here).directory == SHIPPED
    assert holds.held_back(here) == () and holds.decisions(here) == ()
    assert not here.home.exists()


def test_a_reading_is_one_file_named_by_its_content(place: Settings) -> None:
    path = reading_file(place, 1)
    assert path.name == f"population-{sha256_of(path)[:12]}.parquet"
    (reading,) = readings.read(place.ledger_home, readings.names(place.ledger_home))
    assert (reading.release, reading.dataset, reading.newest) == (date(2023, 1, 1), "population", END_2022)
    assert (reading.kind, reading.together, reading.replaces) == ("facts", ("population",), ())


def test_a_run_keeps_the_ledger_it_was_bound_to_while_others_write(place: Settings) -> None:
    bound = pinned(place)
    inputs = fingerprint(bound, pictures=False)
    added(place, 2)
    assert Ledger.open(bound).releases() == (date(2023, 1, 1),)
    assert Ledger.open(place).releases() == (date(2023, 1, 1), date(2023, 1, 2))
    assert str(bound.ledger) in source_select(bound, "raw_figures")
    assert fingerprint(bound, pictures=False) == inputs != fingerprint(place, pictures=False)


def test_what_the_ledger_does_not_hold_is_read_from_the_shipped_data(place: Settings) -> None:
    assert str(SHIPPED) in source_select(pinned(place), "raw_countries")
    assert str(SHIPPED) in source_select(pinned(place), "raw_denominators")


def test_a_decision_that_changes_no_figure_is_no_other_input(place: Settings) -> None:
    added(place, 2, value=5)  # held back: a fall of the world total
    added(place, 3)
    before = fingerprint(place, pictures=False)
    holds.accept(place, date(2023, 1, 2), "refugees", "It is meant.")
    holds.take_back(place, date(2023, 1, 2), "refugees", "It was not.")
    assert fingerprint(place, pictures=False) == before


def test_files_that_did_not_change_are_not_written_again(place: Settings, tmp_path: Path) -> None:
    before = derive.current(place)
    table = tmp_path / "demographics.parquet"
    duckdb.execute(f"copy (select 2022 as year, 5 as total) to '{table}' (format parquet)")
    reading = DatasetReading("demographics", None, "", 1, table=table)
    now = add(place, Reading(date(2023, 1, 1), "directory", (reading,))).ledger
    assert now != before
    assert (now / "figures.parquet").samefile(before / "figures.parquet")
    assert [path for path in readings.names(place.ledger_home) if "demographics" in path]


# --- nothing is lost --------------------------------------------------------------------------------------------------


def test_no_file_but_a_reading_or_a_decision_can_lose_anything(place: Settings) -> None:
    """Deleting one small file, the pointer to the current version, once lost every release that was added."""
    added(place, 2)
    before = content(derive.current(place))
    files = [path for path in place.ledger_home.rglob("*") if path.is_file()]
    kept = [path for path in files if path.parent.name == "decisions" or path.parents[1].name == "readings"]
    others = sorted({*files} - {*kept})
    assert len(kept) == 3 and len(others) >= 10
    for path in (*others, place.ledger_home / "derived"):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        assert content(derive.current(place)) == before, path


def test_a_damaged_byte_of_what_is_derived_is_repaired_in_silence(place: Settings) -> None:
    directory = derive.current(place)
    before = content(directory)
    for name in before:
        data = (directory / name).read_bytes()
        (directory / name).unlink()  # the ledger before may have the same file
        (directory / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        assert content(Ledger.open(place).directory) == before, name


def test_a_bound_ledger_that_was_damaged_is_refused(place: Settings) -> None:
    bound = pinned(place)
    (derive.current(place) / "releases.csv").unlink()
    with pytest.raises(DisplacementError, match="Run the command again"):
        Ledger.open(bound)


def test_a_reading_with_a_changed_byte_is_refused_by_name_with_the_way_back(place: Settings) -> None:
    added(place, 2)
    path = reading_file(place, 2)
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    for refused in (lambda: Ledger.open(place), lambda: added(place, 3)):
        with pytest.raises(DisplacementError, match=r"The ledger is damaged: .*population-.*Restore the file") as error:
            refused()
        assert str(path) in str(error.value)
    assert not (place.ledger_home / "readings" / "2023-01-03").exists()
    path.write_bytes(data)
    assert len(Ledger.open(place).releases()) == 2


def test_a_reading_with_another_name_is_refused(place: Settings) -> None:
    path = reading_file(place, 1)
    path.rename(path.with_name("population.parquet"))
    with pytest.raises(DisplacementError, match="does not have the name of a reading"):
        Ledger.open(place)


@pytest.mark.parametrize("text", ["", "{}", "not JSON"])
def test_an_unreadable_decision_is_refused_by_name(place: Settings, text: str) -> None:
    (path,) = (place.ledger_home / "decisions").iterdir()
    path.write_text(text, encoding="utf-8")
    shutil.rmtree(place.ledger_home / "derived")
    with pytest.raises(DisplacementError, match=r"The ledger is damaged: the decision .*Restore the file"):
        Ledger.open(place)


def test_taking_a_release_away_restores_the_ledger_before_it(place: Settings) -> None:
    before = content(derive.current(place))
    added(place, 2)
    shutil.rmtree(place.ledger_home / "readings" / "2023-01-02")
    assert content(derive.current(place)) == before


def test_the_doctor_reports_which_ledger_is_current_and_whether_it_is_whole(place: Settings, tmp_path: Path) -> None:
    def found(settings: Settings) -> tuple[str, str]:
        return next((one.standing, one.says) for one in examine(settings) if one.subject == "ledger")

    where = place.home / "ledger"
    assert found(place) == ("good", f"1 releases up to 2023-01-01, 1 readings and 0 decisions in {where}")
    without = Settings(home=tmp_path / "without", public=tmp_path / "public")
    assert found(without) == ("good", "11 releases up to 2026-06-25, as shipped")
    reading_file(place, 1).write_bytes(b"")
    assert found(place)[0] == "broken"


# --- several writers --------------------------------------------------------------------------------------------------


def two_datasets(number: int, value: int = 5) -> Small:
    facts = {("refugees", END_2022, "SYR", "TUR"): 1000, ("flow_refugees", END_2022, "SYR", "TUR"): value}
    return Small(date(2023, 1, number), {"flows": END_2022, "population": END_2022}, facts)


def test_half_a_release_that_a_killed_process_left_does_not_count_until_the_rest_is_there(place: Settings) -> None:
    before = content(derive.current(place))
    directory = place.ledger_home / "readings" / "2023-01-02"
    add(place, reading_of(two_datasets(2), place.home / "intake"))
    whole = content(derive.current(place))
    (flows,) = directory.glob("flows-*")
    flows.unlink()
    (directory / ".flows.parquet.99999999.partial").write_text("half", encoding="utf-8")
    assert content(derive.current(place)) == before
    add(place, reading_of(two_datasets(2), place.home / "intake"))
    assert content(derive.current(place)) == whole
    assert list(place.ledger_home.rglob(".*.partial")) == []


def test_two_readings_that_know_nothing_of_each_other_count_alike_whichever_came_first(
    place: Settings, tmp_path: Path
) -> None:
    """Two machines added the same release with other content, and each gets what the other has."""
    ledgers = []
    for name in ("a", "b"):
        settings = replace(place, home=tmp_path / name)
        shutil.copytree(place.home, settings.home)
        added(settings, 2, value=1002 if name == "a" else 1003)
        ledgers.append(settings)
    for one, other in (ledgers, ledgers[::-1]):
        shutil.copytree(one.ledger_home / "readings", other.ledger_home / "readings", dirs_exist_ok=True)
    assert content(derive.current(ledgers[0])) == content(derive.current(ledgers[1]))
    assert len(readings.names(ledgers[0].ledger_home)) == 3


def test_derived_ledgers_of_long_ago_are_removed(place: Settings) -> None:
    for number in range(2, 7):
        added(place, number)
    derived = place.ledger_home / "derived"
    assert len(list(derived.iterdir())) == 7  # they are young: a run may be bound to them
    old = time.time() - 2 * derive.KEPT_SECONDS
    for path in derived.iterdir():
        os.utime(path, (old, old))
    added(place, 7)
    assert len(list(derived.iterdir())) == derive.KEPT


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


def test_releases_that_a_newer_program_ships_are_there_and_supersede_readings_of_them(
    tmp_path: Path, here: Settings
) -> None:
    settings = replace(here, data=older(tmp_path))
    end = date(2025, 12, 31)
    future = Small(date(2026, 9, 1), {"flows": end}, {("flow_refugees", end, "KGZ", "DEU"): 1})
    same = Small(date(2026, 6, 25), {"flows": end}, {("flow_refugees", end, "KGZ", "DEU"): 2})
    for each in (future, same):
        add(settings, reading_of(each, tmp_path / "intake"))
    assert len(Ledger.open(settings).releases()) == 12
    newer = replace(settings, data=small(tmp_path / "newer"))
    opened = Ledger.open(newer)
    assert opened.releases()[-2:] == (date(2026, 6, 25), date(2026, 9, 1))
    as_shipped = Ledger.open(Settings(home=tmp_path / "other", public=tmp_path, data=newer.data)).as_of("2026-06-25")
    assert opened.as_of("2026-06-25").fetchall() == as_shipped.fetchall()


def test_a_ledger_that_was_begun_empty_is_not_filled_by_the_program(place: Settings) -> None:
    assert Ledger.open(place).releases() == (date(2023, 1, 1),)
