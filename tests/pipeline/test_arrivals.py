"""Releases come in: fetched from an emulated interface or from a directory, judged, merged, and built from."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
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
from displacement.ledger.ingest import Arrival
from displacement.settings import Settings
from displacement.sources.nowcasts import kept
from displacement.sources.release import today
from pipelines import sensors
from pipelines.assets.releases import RELEASES
from pipelines.definitions import build_definitions
from pipelines.fetch import run_fetch
from tests.conftest import Run, forget_environment
from tests.emulator import Emulator, World, alterations, faults, small_world
from tests.mailbox import mailbox

FIRST, SECOND, LATER = date(2024, 6, 14), date(2024, 10, 21), date(2025, 6, 13)
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


@pytest.fixture
def first(once: Callable[[str, Callable[[Path], Any]], Any], here: Settings) -> Settings:
    """Return an installation whose ledger holds the invented world's first release."""
    return _copied(once("first", _with_first), here)


@pytest.fixture
def holding(once: Callable[[str, Callable[[Path], Any]], Any], here: Settings) -> Settings:
    """Return an installation whose ledger holds the first release, and holds back the refugees of a later one."""
    return _copied(once("holding", _with_refugees_held), here)


def _copied(home: Path, settings: Settings) -> Settings:
    shutil.copytree(home, settings.home)
    return settings


def _with_first(directory: Path) -> Path:
    return _with(directory, small_world(str(FIRST)))


def _with_refugees_held(directory: Path) -> Path:
    later = small_world(str(LATER)).altered("population", TENFOLD)
    return _with(directory, small_world(str(FIRST)).only("population"), later.only("population"))


def _with(directory: Path, *worlds: World) -> Path:
    settings = Settings(home=directory / "var", public=directory / "public")
    with pytest.MonkeyPatch.context() as monkeypatch:
        forget_environment(monkeypatch)
        start_empty(settings)
        for world in worlds:
            from_directory(settings, world.write(directory))
    return settings.home


def figures(settings: Settings) -> dict[tuple[Any, ...], int]:
    ledger = Ledger.open(settings)
    newest = ledger.releases()[-1]
    return {row[:4]: row[4] for row in ledger.as_of(newest).fetchall()}


def refugees(settings: Settings) -> dict[tuple[Any, ...], int]:
    return {key: value for key, value in figures(settings).items() if key[0] == "refugees"}


def from_directory(settings: Settings, directory: Path) -> dict[str, Any]:
    return run_fetch(Arrival(settings, date.fromisoformat(directory.name), directory))


def outcomes(came: dict[str, Any]) -> dict[str, str]:
    return {each["dataset"]: each["outcome"] for each in came["datasets"]}


def test_what_publishers_serve_is_added_once_and_a_dataset_that_cannot_be_had_stops_alone(
    empty: Settings, emulator: Emulator, instance: dg.DagsterInstance, cli: Run
) -> None:
    emulator.break_("solutions", faults.refused())
    came = run_fetch(Arrival(empty, today()), ("population", "solutions"))
    assert came["is_new"]
    assert outcomes(came) == {"population": "taken in", "solutions": "stopped"}
    (run,) = instance.get_runs()
    evaluations = [
        event.dagster_event.asset_check_evaluation_data
        for event in instance.all_logs(run.run_id)
        if event.dagster_event and event.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    whole = {one.asset_key.to_user_string(): one.passed for one in evaluations if one.check_name == "whole"}
    assert (whole["landing/population"], whole["landing/solutions"]) == (True, False)

    emulator.mend()
    code, said, error = cli("fetch", "--no-build")
    assert (code, error) == (0, "UNHCR is asked.\nThe World Bank is asked.\n")
    assert f"Release {today()}" in said
    assert re.search(r"solutions +taken in +\d{4}-\d{2}-\d{2} +A release", said)
    assert re.search(r"denominators +taken in", said)
    assert said.count("IDMC is not asked without a key") == 1
    [nowcast] = kept(empty)
    assert f"A new nowcast is kept in {nowcast}." in said
    assert Ledger.open(empty).releases() == (today(),)
    assert len(figures(empty)) > 1_000
    assert {run.tags["dagster/partition"] for run in instance.get_runs()} == {str(today())}
    assert instance.get_dynamic_partitions(str(RELEASES.name)) == [str(today())]

    before = pinned(empty).ledger
    emulator.break_("nowcasting", faults.refused())
    came = run_fetch(Arrival(empty, today()))
    assert "UNHCR does not give its nowcast" in came["nowcast"][0], "and the release is added all the same"
    assert not came["is_new"]
    assert not came["is_held"]
    assert "brings nothing new" in came["sentences"][0]
    assert pinned(empty).ledger == before

    # The probe asks for a fetch only when something changed.
    asked = sensors.source_changes(dg.build_sensor_context())
    assert isinstance(asked, dg.SkipReason)
    assert "Nothing has changed" in str(asked.skip_message)
    emulator.show(emulator.world.altered("population", alterations.revised("refugees", "refugees + 7", "coo = 'SYR'")))
    wanted = sensors.source_changes(dg.build_sensor_context())
    assert isinstance(wanted, dg.SensorResult)
    (request,) = wanted.run_requests or []
    assert request.partition_key == str(today())
    assert "refugees" in request.tags["displacement/why"]


def test_a_workbook_of_flows_is_ingested_by_itself_and_no_publisher_is_asked(
    tmp_path: Path, empty: Settings, cli: Run
) -> None:
    header = ["Year", "OriginISO", "OriginName", "origin", "AsylumISO", "AsylumName", "asylum", "AsylumRegion"]
    book = openpyxl.Workbook()
    book.active.append([*header, "PT", "Count"])
    for kind, count in (("REF", 3120), ("ASY", 2045)):
        book.active.append([2024, "SYR", "Syrian Arab Rep.", "SYR", "DEU", "Germany", "GFR", "Europe", kind, count])
    book.save(tmp_path / "flows.xlsx")
    code, said, error = cli("fetch", "--flows", str(tmp_path / "flows.xlsx"), "--release", "2025-06-20", "--no-build")
    assert (code, error) == (0, "")
    assert "2 figures are new" in said
    assert "IDMC" not in said
    day = date(2024, 12, 31)
    assert figures(empty) == {
        ("flow_refugees", day, "SYR", "DEU"): 3120,
        ("flow_asylum_seekers", day, "SYR", "DEU"): 2045,
    }


def test_a_workbook_goes_with_no_other_source_of_tables(tmp_path: Path, cli: Run) -> None:
    code, _, error = cli("fetch", "--flows", "flows.xlsx", "--from", str(tmp_path))
    assert code == 2
    assert "goes with neither --from nor --dataset" in error


def test_when_nothing_can_be_had_the_run_fails_with_the_reason_and_the_ledger_stays(
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


@pytest.mark.slow
def test_releases_from_directories_come_in_any_order_and_make_the_same_ledger(tmp_path: Path, here: Settings) -> None:
    worlds = [small_world(str(day)).only("population", "solutions") for day in (FIRST, SECOND)]
    made = []
    for name, order in (("a", worlds), ("b", worlds[::-1])):
        ledger = pinned(replace(here, home=_with(tmp_path / name, *order))).ledger
        assert ledger
        made.append({path.name: path.read_bytes() for path in sorted(ledger.glob("*.parquet"))})
    assert made[0]
    assert made[0] == made[1]


def test_what_the_gate_holds_back_keeps_its_figures_until_a_person_accepts_it(tmp_path: Path, first: Settings) -> None:
    """All naturalisations of 1990-2023 vanished in one release and came back in the next."""
    before = refugees(first)
    later = small_world(str(LATER)).altered("population", TENFOLD).only("population")
    came = from_directory(first, later.write(tmp_path))
    assert came["is_held"]
    assert {finding["indicator"] for finding in came["held"]} == {"refugees"}
    assert "displacement releases accept 2025-06-13 refugees" in " ".join(came["sentences"])
    assert refugees(first) == before
    assert {one.indicator for one in held_back(first)} == {"refugees"}

    accept(first, LATER, "refugees", "it was so")
    assert refugees(first) != before
    take_back(first, LATER, "refugees", "it was not")
    assert refugees(first) == before


@pytest.mark.slow
def test_a_table_multiplied_by_ten_changes_no_figure_that_was_known(tmp_path: Path, first: Settings) -> None:
    """Only the components of the headline have a limit on their world total; the rest was published tenfold."""
    before = figures(first)
    later = small_world(str(LATER)).altered("population", alterations.times(10)).without("demographics", "unrwa")
    came = from_directory(first, later.write(tmp_path))
    assert {"refugees", "idps", "stateless"} <= {finding["indicator"] for finding in came["held"]}
    tenfold = {key for key, value in figures(first).items() if before.get(key) and value == before[key] * 10}
    assert tenfold == set()


def test_a_person_can_say_what_the_newest_year_describes(tmp_path: Path, empty: Settings) -> None:
    directory = small_world(str(FIRST)).only("population", "solutions").write(tmp_path)
    middle = date(2023, 6, 30)
    came = run_fetch(Arrival(empty, FIRST, directory, {"population": middle}))
    dated = {each["dataset"]: each["newest_reference_date"] for each in came["datasets"]}
    assert dated["population"] == "2023-06-30"
    assert dated["solutions"] == "2023-12-31"


# --- what happens by itself -------------------------------------------------------------------------------------------


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
    from_directory(empty, small_world(str(FIRST)).only("unrwa").write(tmp_path))
    second, third = (sensors.ledger_changes(dg.build_sensor_context()) for _ in range(2))
    keys = [asked.run_key for asked in (first, second, third) if isinstance(asked, dg.RunRequest)]
    assert len(keys) == 3
    assert keys[0] != keys[1] == keys[2]


def test_people_are_told_once_what_is_held_back(holding: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_jobs_accept_and_take_back_do_what_the_command_does(holding: Settings) -> None:
    config = {"release": "2025-06-13", "indicator": "refugees", "reason": "it was so"}
    definitions = build_definitions()
    with dg.DagsterInstance.ephemeral() as kept:
        accepted = definitions.resolve_job_def("accept_held").execute_in_process(
            instance=kept, run_config={"ops": {"accept": {"config": config}}}
        )
        assert accepted.success
        assert held_back(holding) == ()
        taken_back = definitions.resolve_job_def("take_back_accepted").execute_in_process(
            instance=kept, run_config={"ops": {"take_back": {"config": config}}}
        )
    assert taken_back.success
    assert {one.indicator for one in held_back(holding)} == {"refugees"}
