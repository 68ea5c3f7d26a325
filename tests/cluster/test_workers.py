"""Two workers that share no directory: a backfill is spread over them, and what one leaves undone the other does.

Dagster keeps its runs in PostgreSQL and hands them out through Redis; files go through an object store. The
configuration is the one in deploy/celery, but that a lost worker is looked for more often.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from displacement.ledger import Ledger
from displacement.ledger.holds import start_empty
from displacement.ledger.ingest import Arrival
from displacement.settings import Settings
from displacement.sources.release import release_of
from displacement.storage.bucket import Objects
from tests.cluster.racing import content
from tests.cluster.services import postgres, redis
from tests.conftest import ROOT
from tests.emulator import small_world

pytestmark = pytest.mark.slow

RELEASES = ("2024-06-14", "2024-10-21", "2025-06-13")
DATASETS = ("population", "unrwa")
CELERY = ROOT / "deploy" / "celery"
OFTEN = {"poll_interval_seconds: 20": "poll_interval_seconds: 2", "run_end_seconds: 30": "run_end_seconds: 1"}


WORLDS = [small_world(release).only(*DATASETS) for release in RELEASES]


def write_releases(directory: Path) -> None:
    """Write the tables of the releases, as somebody puts them on each machine."""
    for world in WORLDS:
        world.write(directory)


@dataclass
class Cluster:
    """The machines of a test: what they share, and the processes on them."""

    place: Path
    shared: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def settings(self, name: str) -> Settings:
        """Return the settings of a machine."""
        home = self.place / name
        return Settings(home=home / "var", public=home / "public", store=self.shared["DISPLACEMENT_STORE"])

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a machine, making its directories if it has none."""
        home, settings = self.place / name, self.settings(name)
        if not home.exists():
            (home / "dagster").mkdir(parents=True)
            text = (CELERY / "dagster.yaml").read_text(encoding="utf-8")
            for usual, often in OFTEN.items():
                assert usual in text
                text = text.replace(usual, often)
            (home / "dagster" / "dagster.yaml").write_text(text, encoding="utf-8")
            write_releases(home / "releases")
        own = {
            "HOME": str(home),
            "DAGSTER_HOME": str(home / "dagster"),
            "DISPLACEMENT_HOME": str(settings.home),
            "DISPLACEMENT_PUBLIC": str(settings.public),
            "DISPLACEMENT_RELEASES": str(home / "releases"),
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "src", CELERY))),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DAGSTER_DISABLE_TELEMETRY": "1",
        }
        return own | self.shared

    def start(self, name: str, *command: str) -> None:
        """Start a program on a machine."""
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_worker(self, name: str) -> None:
        """Start a worker that does one run at a time, as deploy/ starts them."""
        words = "-A dagster_celery.app worker -c 1 -Q dagster --without-gossip --without-mingle"
        self.start(name, "celery", *words.split(), "-n", f"{name}@%h")

    def kill(self, name: str) -> None:
        """End everything on a machine at once, as when it loses power."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes.pop(name).wait()

    def is_healthy(self, name: str) -> bool:
        """Return whether the health check of the image finds a worker healthy."""
        words = [str(ROOT / "deploy" / "healthy"), "worker", f"{name}@{socket.gethostname()}"]
        return subprocess.run(words, env=self.environment(name), capture_output=True, check=False).returncode == 0

    def log(self, name: str) -> Path:
        """Return the log of a machine."""
        return self.place / f"{name}.log"

    def stop(self) -> None:
        """End what still runs."""
        for process in self.processes.values():
            process.terminate()
        for name in list(self.processes):
            try:
                self.processes[name].wait(timeout=10)
            except subprocess.TimeoutExpired:
                pass
            if self.processes[name].poll() is None:
                self.kill(name)


@pytest.fixture
def cluster(store: str, s3: dict[str, str], tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as held:
        database = held.enter_context(postgres(tmp_path))
        broker = held.enter_context(redis(tmp_path))
        made = Cluster(tmp_path, {**s3, **database, "DISPLACEMENT_BROKER": broker, "DISPLACEMENT_STORE": store})
        held.callback(made.stop)
        yield made


BACKFILL = """
    mutation ($wanted: LaunchBackfillParams!) {
        launchPartitionBackfill(backfillParams: $wanted) { __typename ... on PythonError { message } }
    }
"""


def asked_for_backfill(cluster: Cluster) -> None:
    """Ask for all releases, as the pages of Dagster do."""
    paths = [*(["landing", name] for name in DATASETS), *(["intake", name] for name in DATASETS), ["taken_in"]]
    wanted = {"assetSelection": [{"path": path} for path in paths], "partitionNames": list(RELEASES)}
    words = ["-w", "workspace.yaml", "-t", BACKFILL, "-v", json.dumps({"wanted": wanted})]
    asked = subprocess.run(
        [sys.executable, "-c", "from dagster_graphql.cli import main; main()", *words],
        cwd=ROOT,
        env=cluster.environment("office"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "LaunchBackfillSuccess" in asked.stdout, asked.stdout + asked.stderr


def until(said: str, happened: Callable[[], bool], cluster: Cluster, patience: float = 240) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + patience
    while not happened():
        ended = [name for name, process in cluster.processes.items() if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            logs = "\n".join(f"{path.name}: {path.read_text()[-4000:]}" for path in cluster.place.glob("*.log"))
            raise AssertionError(f"{said} never happened ({ended} have ended)\n{logs}")
        time.sleep(0.1)


def one_machine(place: Path) -> dict[str, bytes]:
    """Return what the ledger of one machine holds that took the releases in, in their order."""
    settings = Settings(home=place / "var", public=place / "public")
    start_empty(settings)
    write_releases(place / "releases")
    for release in RELEASES:
        arrival = Arrival(settings, release_of(release), place / "releases" / release)
        arrival.capture(DATASETS), arrival.read(DATASETS), arrival.add()
    return content(settings)


def test_a_backfill_over_two_workers_of_which_one_is_killed_makes_the_ledger_of_one_machine(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster import DagsterInstance, DagsterRunStatus

    for name, value in cluster.environment("office").items():
        monkeypatch.setenv(name, value)
    start_empty(cluster.settings("office"))
    with DagsterInstance.get() as instance:
        instance.add_dynamic_partitions("release", list(RELEASES))
        cluster.start("control", "dagster._daemon", "run", "-w", "workspace.yaml")
        for name in ("one", "two"):
            cluster.start_worker(name)
        asked_for_backfill(cluster)

        objects = Objects(cluster.shared["DISPLACEMENT_STORE"])

        def busy_with(name: str) -> set[str]:
            captured = {path.name for path in (cluster.settings(name).home / "landing").glob("????-*")}
            there = {day: objects.read(f"releases/{day}.json") for day in captured}
            return {day for day, stored in there.items() if stored and b"records/release" not in stored.body}

        until("both workers busy", lambda: bool(busy_with("one") and busy_with("two")), cluster)
        doomed = busy_with("one")
        assert cluster.is_healthy("two")
        cluster.kill("one")
        assert not cluster.is_healthy("one")

        expected = one_machine(tmp_path / "alone")

        def done() -> bool:
            runs = instance.get_runs()
            good = {run.tags["dagster/partition"] for run in runs if run.status == DagsterRunStatus.SUCCESS}
            return good == set(RELEASES)

        until("every release added", done, cluster)
        lost = [run for run in instance.get_runs() if run.status == DagsterRunStatus.FAILURE]
        assert {run.tags["dagster/partition"] for run in lost} <= doomed and len(lost) == 1
        again = [run for run in instance.get_runs() if run.parent_run_id == lost[0].run_id]
        assert [run.status for run in again] == [DagsterRunStatus.SUCCESS]

    assert content(cluster.settings("three")) == expected
    assert [str(day) for day in Ledger.open(cluster.settings("three")).releases()] == list(RELEASES)
    for name in ("one", "two"):
        assert content(cluster.settings(name)) == expected, "a machine that comes back has it, too"
