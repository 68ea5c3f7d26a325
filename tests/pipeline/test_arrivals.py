"""Releases come in: fetched from an emulated interface or from a directory, judged, merged, and built from."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import openpyxl
import pytest

from displacement.errors import DisplacementError, WrongUseError
from displacement.ledger import Ledger, pinned
from displacement.ledger.holds import accept, held_back, start_empty, take_back
from displacement.releases import Arrival
from displacement.settings import Settings
from displacement.sources.release import today
from pipelines import sensors
from pipelines.assets.releases import RELEASES
from pipelines.definitions import build_definitions
from pipelines.fetch import run_fetch
from tests.emulator import Emulator, World, alterations, faults, small_world
from tests.mailbox import mailbox

FIRST, SECOND = date(2024, 6, 14), date(2024, 10, 21)
TENFOLD = alterations.revised("refugees", "refugees * 10", "true")


@pytest.fixture
def empty(here: Settings) -> Settings:
    """Return an installation whose ledger holds nothing, so that invented worlds need not follow the real one."""
    start_empty(here)
    return here


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve an invented world as publishers would today, and point the environment there."""
    with Emulator(small_world(today().isoformat())) as served:
        for name, value in served.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("IDMC_CLIENT_ID")
        yield served


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Keep what runs record, so that it can be looked at afterwards."""
    with dg.DagsterInstance.ephemeral() as kept:

        @contextmanager
        def same() -> Iterator[dg.DagsterInstance]:
            yield kept

        monkeypatch.setattr("pipelines.fetch.instance_of_environment", same)
        yield kept


def figures(settings: Settings) -> dict[tuple[Any, ...], int]:
    ledger = Ledger.open(settings)
    newest = ledger.releases()[-1]
    return {row[:4]: row[4] for row in ledger.as_of(newest).fetchall()}


def given(directory: Path, world: World) -> Path:
    return world.write(directory)


def from_directory(settings: Settings, directory: Path) -> dict[str, Any]:
    return run_fetch(Arrival(settings, date.fromisoformat(directory.name), directory))


def test_what_publishers_serve_is_fetched_read_and_taken_into_the_ledger(
    empty: Settings, emulator: Emulator, instance: dg.DagsterInstance
) -> None:
    came = run_fetch(Arrival(empty, today()))
    assert came["is_new"]
    assert not came["is_held"]
    outcomes = {each["dataset"]: each["outcome"] for each in came["datasets"]}
    assert outcomes["population"] == outcomes["denominators"] == "taken in"
    assert Ledger.open(empty).releases() == (today(),)
    assert sum(each["figures"] for each in came["datasets"]) >= len(figures(empty)) > 1_000
    (run,) = instance.get_runs()
    assert run.tags["dagster/partition"] == str(today())
    assert instance.get_dynamic_partitions(str(RELEASES.name)) == [str(today())]


def test_the_command_says_what_came_in_and_by_which_rule_it_was_dated(empty: Settings, emulator: Emulator) -> None:
    done = command("fetch", "--no-build")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Release {today()}" in done.stdout
    assert re.search(r"population +taken in +\d{4}-\d{2}-\d{2} +A release", done.stdout)
    assert done.stdout.count("IDMC is not asked without a key") == 1


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "displacement.cli.app", *arguments], capture_output=True, text=True, check=False
    )


def test_a_workbook_of_flows_is_taken_in_by_itself_and_asks_nobody(tmp_path: Path, empty: Settings) -> None:
    header = ["Year", "OriginISO", "OriginName", "origin", "AsylumISO", "AsylumName", "asylum", "AsylumRegion"]
    book = openpyxl.Workbook()
    book.active.append([*header, "PT", "Count"])
    for kind, count in (("REF", 3120), ("ASY", 2045)):
        book.active.append([2024, "SYR", "Syrian Arab Rep.", "SYR", "DEU", "Germany", "GFR", "Europe", kind, count])
    book.save(tmp_path / "flows.xlsx")
    done = command("fetch", "--flows", str(tmp_path / "flows.xlsx"), "--release", "2025-06-20", "--no-build")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 figures are new" in done.stdout
    assert "IDMC" not in done.stdout
    day = date(2024, 12, 31)
    assert figures(empty) == {
        ("flow_refugees", day, "SYR", "DEU"): 3120,
        ("flow_asylum_seekers", day, "SYR", "DEU"): 2045,
    }


def test_a_workbook_goes_with_no_other_source_of_tables(tmp_path: Path, empty: Settings) -> None:
    done = command("fetch", "--flows", "flows.xlsx", "--from", str(tmp_path))
    assert done.returncode == 2
    assert "goes with neither --from nor --dataset" in done.stderr


def test_the_same_again_makes_no_new_release_and_changes_no_byte(empty: Settings, emulator: Emulator) -> None:
    run_fetch(Arrival(empty, today()))
    before = pinned(empty).ledger
    came = run_fetch(Arrival(empty, today()))
    assert not came["is_new"]
    assert "brings nothing new" in came["sentences"][0]
    assert pinned(empty).ledger == before


def test_a_dataset_that_cannot_be_had_stops_alone_and_is_named(
    empty: Settings, emulator: Emulator, instance: dg.DagsterInstance
) -> None:
    emulator.break_("solutions", faults.refused())
    came = run_fetch(Arrival(empty, today()))
    outcomes = {each["dataset"]: each["outcome"] for each in came["datasets"]}
    assert outcomes["solutions"] == "stopped"
    assert outcomes["population"] == "taken in"
    (run,) = instance.get_runs()
    evaluations = [
        event.dagster_event.asset_check_evaluation_data
        for event in instance.all_logs(run.run_id)
        if event.dagster_event and event.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    failed = {(one.asset_key.to_user_string(), one.check_name) for one in evaluations if not one.passed}
    assert ("landing/solutions", "whole") in failed
    assert ("landing/population", "whole") not in failed


def test_when_nothing_can_be_had_the_run_fails_with_the_reason_and_the_ledger_stands(
    empty: Settings, emulator: Emulator
) -> None:
    before = pinned(empty).ledger
    emulator.break_("*", faults.refused(404))
    with pytest.raises(DisplacementError, match=r"Nothing of the release .* could be captured"):
        run_fetch(Arrival(empty, today()))
    assert pinned(empty).ledger == before


def test_publishers_are_not_asked_for_another_day(empty: Settings, emulator: Emulator) -> None:
    with pytest.raises(WrongUseError, match="Publishers serve what is current today"):
        run_fetch(Arrival(empty, FIRST))
    assert not emulator.requests.of("population")


def test_releases_from_directories_come_in_any_order_and_make_the_same_ledger(tmp_path: Path, here: Settings) -> None:
    first, second = (given(tmp_path, small_world(day.isoformat())) for day in (FIRST, SECOND))
    made = []
    for name, order in (("a", (first, second)), ("b", (second, first))):
        settings = replace(here, home=tmp_path / name)
        start_empty(settings)
        for directory in order:
            from_directory(settings, directory)
        ledger = pinned(settings).ledger
        assert ledger
        made.append({path.name: path.read_bytes() for path in sorted(ledger.glob("*.parquet"))})
    assert made[0] == made[1]


def test_what_the_gate_holds_back_keeps_its_figures_until_a_person_accepts_it(
    tmp_path: Path, empty: Settings, instance: dg.DagsterInstance
) -> None:
    """All naturalisations of 1990-2023 vanished in one release and came back in the next."""
    from_directory(empty, given(tmp_path, small_world(FIRST.isoformat())))
    before = {key: value for key, value in figures(empty).items() if key[0] == "refugees"}
    later = small_world("2025-06-13").altered("population", TENFOLD).named("2025-06-13")
    came = from_directory(empty, given(tmp_path, later))
    assert came["is_held"]
    assert {finding["indicator"] for finding in came["held"]} == {"refugees"}
    assert "displacement releases accept 2025-06-13 refugees" in " ".join(came["sentences"])
    assert {key: value for key, value in figures(empty).items() if key[0] == "refugees"} == before
    assert {one.indicator for one in held_back(empty)} == {"refugees"}

    accept(empty, date(2025, 6, 13), "refugees", "it was so")
    assert {key: value for key, value in figures(empty).items() if key[0] == "refugees"} != before
    take_back(empty, date(2025, 6, 13), "refugees", "it was not")
    assert {key: value for key, value in figures(empty).items() if key[0] == "refugees"} == before


def test_a_table_multiplied_by_ten_changes_no_figure_that_was_known(tmp_path: Path, empty: Settings) -> None:
    """Only the components of the headline have a limit on their world total; the rest was published tenfold."""
    from_directory(empty, given(tmp_path, small_world(FIRST.isoformat())))
    before = figures(empty)
    later = small_world("2025-06-13").altered("population", alterations.times(10)).named("2025-06-13")
    came = from_directory(empty, given(tmp_path, later))
    assert {"refugees", "idps", "stateless"} <= {finding["indicator"] for finding in came["held"]}
    tenfold = {key for key, value in figures(empty).items() if before.get(key) and value == before[key] * 10}
    assert tenfold == set()


def test_a_person_can_say_what_the_newest_year_describes(tmp_path: Path, empty: Settings) -> None:
    directory = given(tmp_path, small_world(FIRST.isoformat()))
    middle = date(2023, 6, 30)
    came = run_fetch(Arrival(empty, FIRST, directory, {"population": middle}))
    dated = {each["dataset"]: each["newest_reference_date"] for each in came["datasets"]}
    assert dated["population"] == "2023-06-30"
    assert dated["solutions"] == "2023-12-31"


# --- what happens by itself -------------------------------------------------------------------------------------------


def test_the_probe_asks_for_a_fetch_only_when_something_changed(empty: Settings, emulator: Emulator) -> None:
    run_fetch(Arrival(empty, today()))
    asked = sensors.source_changes(dg.build_sensor_context())
    assert isinstance(asked, dg.SkipReason)
    assert "Nothing has changed" in str(asked.skip_message)
    emulator.show(emulator.world.altered("population", alterations.revised("refugees", "refugees + 7", "coo = 'SYR'")))
    wanted = sensors.source_changes(dg.build_sensor_context())
    assert isinstance(wanted, dg.SensorResult)
    (request,) = wanted.run_requests or []
    assert request.partition_key == str(today())
    assert "refugees" in request.tags["displacement/why"]


def test_every_week_there_is_a_full_fetch_whatever_the_probe_says() -> None:
    """People who moved from one country to another leave every sum as it was."""
    monday = datetime(2026, 6, 29, 4, tzinfo=UTC)
    with (
        dg.instance_for_test() as kept,
        dg.build_schedule_context(instance=kept, scheduled_execution_time=monday) as context,
    ):
        asked = sensors.weekly_fetch(context)
        assert isinstance(asked, dg.RunRequest)
        assert asked.partition_key == "2026-06-29"
        assert kept.get_dynamic_partitions(str(RELEASES.name)) == ["2026-06-29"]


def test_a_build_is_asked_for_once_for_each_state_of_the_ledger(tmp_path: Path, empty: Settings) -> None:
    first = sensors.ledger_changes(dg.build_sensor_context())
    from_directory(empty, given(tmp_path, small_world(FIRST.isoformat())))
    second, third = (sensors.ledger_changes(dg.build_sensor_context()) for _ in range(2))
    keys = [asked.run_key for asked in (first, second, third) if isinstance(asked, dg.RunRequest)]
    assert len(keys) == 3
    assert keys[0] != keys[1] == keys[2]


def test_people_are_told_once_what_is_held_back(
    tmp_path: Path, empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hold_refugees(tmp_path, empty)
    told = []
    monkeypatch.setenv("DISPLACEMENT_ALERT_MAIL", "figures@example.org")
    with mailbox() as (address, letters):
        monkeypatch.setenv("DISPLACEMENT_MAIL_SERVER", address)
        context = dg.build_sensor_context()
        for _ in range(2):
            told.append(sensors.held_back_notice(context))
    assert len(letters) == 1
    assert "refugees" in letters[0]
    assert "2025-06-13" in letters[0]
    assert [str(one.skip_message) for one in told] == ["1 told of, 1 held back.", "0 told of, 1 held back."]


def test_the_jobs_accept_and_take_back_do_what_the_command_does(tmp_path: Path, empty: Settings) -> None:
    _hold_refugees(tmp_path, empty)
    config = {"release": "2025-06-13", "indicator": "refugees", "reason": "it was so"}
    definitions = build_definitions()
    with dg.DagsterInstance.ephemeral() as kept:
        accepted = definitions.resolve_job_def("accept_held").execute_in_process(
            instance=kept, run_config={"ops": {"accept": {"config": config}}}
        )
        assert accepted.success
        assert held_back(empty) == ()
        taken_back = definitions.resolve_job_def("take_back_accepted").execute_in_process(
            instance=kept, run_config={"ops": {"take_back": {"config": config}}}
        )
    assert taken_back.success
    assert {one.indicator for one in held_back(empty)} == {"refugees"}


def _hold_refugees(tmp_path: Path, settings: Settings) -> None:
    from_directory(settings, given(tmp_path, small_world(FIRST.isoformat())))
    later = small_world("2025-06-13").altered("population", TENFOLD).named("2025-06-13")
    from_directory(settings, given(tmp_path, later))
