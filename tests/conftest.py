"""What every test shares: a place of its own to build in, no settings of the person who runs it, and the test material.

Fixtures that only one directory of tests needs belong into that directory.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from displacement.settings import Settings

if TYPE_CHECKING:
    import duckdb
    from dagster import DagsterEvent

    from displacement.build.manifest import Build
    from displacement.quality import Result

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

Run = Callable[..., tuple[int, str, str]]


def forget_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the environment says about this project and Dagster."""
    for name in list(os.environ):
        if name.startswith(("DISPLACEMENT_", "IDMC_", "DAGSTER_")) or name in ("PICTURES", "SITE", "SITE_SQL"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")


@pytest.fixture(autouse=True)
def isolated_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Build below the test's own directory, and forget what the environment says about this project and Dagster."""
    forget_environment(monkeypatch)
    monkeypatch.setenv("DISPLACEMENT_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(tmp_path / "public"))


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """Return the settings of an installation below the test's own directory, where nothing has been built."""
    return Settings(home=tmp_path / "var", public=tmp_path / "public")


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `displacement` in this process: exit code, output, errors."""
    from displacement.cli import app

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["displacement", *words])
        code = 0
        try:
            app.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the directory of real tables and recorded answers that stands beside the checkout, or skip the test."""
    if not SHARED.is_dir():
        pytest.skip("needs the real tables and recorded answers of ../shared, which are not beside this checkout")
    return SHARED


# --- one real build ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], Any]], Any]:
    """Return a function that makes something once for all workers: the first calls `make`, the others wait for it.

    What `make` returns is pickled beside the directory it was given; no class of this file may be in it, which pytest
    imports under two names.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], Any]) -> Any:
        directory, kept = shared / name, shared / f"{name}.pickle"
        with (shared / f"{name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                shutil.rmtree(directory, ignore_errors=True)  # an attempt that failed
                directory.mkdir()
                kept.write_bytes(pickle.dumps(make(directory)))
        return pickle.loads(kept.read_bytes())

    return made


@dataclass(frozen=True)
class Built:
    """A real build of the shipped figures with its whole site, and the events of its run. Only to be read."""

    settings: Settings
    build: Build
    results: list[Result]
    steps: list[tuple[str, int, int]]
    events: list[DagsterEvent]

    @property
    def public(self) -> Path:
        return self.settings.public

    @property
    def file(self) -> Path:
        return self.public / "displacement.duckdb"


@pytest.fixture(scope="session")
def built(once: Callable[[str, Callable[[Path], Any]], Any]) -> Built:
    """Build once for all tests of all workers that read a build: it takes most of the time of any of them."""
    return Built(**once("built", _build))


def _build(directory: Path) -> dict[str, Any]:
    from dagster import DagsterInstance

    from displacement.charts.browser import find_browser
    from pipelines import run

    settings = Settings(home=directory / "var", public=directory / "public")
    pictures = find_browser() is not None and os.environ.get("PICTURES") != "no"
    steps: list[tuple[str, int, int]] = []
    with pytest.MonkeyPatch.context() as monkeypatch, DagsterInstance.ephemeral() as instance:
        forget_environment(monkeypatch)

        @contextmanager
        def kept() -> Iterator[DagsterInstance]:
            yield instance

        # So that the events of the run can be read afterwards.
        monkeypatch.setattr(run, "instance_of_environment", kept)
        outcome = run.run_build(settings, pictures=pictures, watch=lambda *step: steps.append(step))
        (one_run,) = instance.get_runs()
        logged = instance.all_logs(one_run.run_id)
    events = [entry.dagster_event for entry in logged if entry.dagster_event]
    return {
        "settings": settings,
        "build": outcome.build,
        "results": outcome.results,
        "steps": steps,
        "events": events,
    }


@pytest.fixture(scope="session")
def published(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a copy of the file of the build, opened read-only as a user opens it.

    A copy, because a process cannot open one file twice with different settings, as the command line does.
    """
    import duckdb

    copy = Path(shutil.copyfile(built.file, tmp_path_factory.mktemp("published") / built.file.name))
    with duckdb.connect(str(copy), read_only=True) as connection:
        yield connection
