"""A newcomer's first commands, in a clone of what is committed: `make run`, `dagster dev`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

LEFT_OUT = (
    "__pycache__",
    ".git",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    "var",
    "public",
)


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a person who has set nothing: no virtual environment, none of our variables."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DISPLACEMENT_", "DAGSTER_", "PYTHON", "PYTEST_", "VIRTUAL_ENV", "MAKE", "MFLAGS"))
    }
    path = os.pathsep.join(
        part for part in kept["PATH"].split(os.pathsep) if not part.startswith(str(Path(sys.prefix)))
    )
    return kept | {"PATH": path, "PICTURES": "no"} | more


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the checkout without anything that was made in it."""
    directory = tmp_path_factory.mktemp("clone") / "displacement"
    shutil.copytree(ROOT, directory, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    return directory


def make(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words], cwd=clone, env=environment(), capture_output=True, text=True, timeout=600, check=False
    )


@pytest.mark.timeout(900)
def test_make_run_sets_up_and_builds_then_reinstalls_nothing(clone: Path) -> None:
    first = make(clone, "run")
    assert first.returncode == 0, first.stdout + first.stderr
    for said in ("public/index.html", "public/displacement.duckdb", "checks passed", "117.8 million people"):
        assert said in first.stdout
    assert (clone / "public" / "displacement.duckdb").is_file()
    assert not list((clone / "public" / "charts").glob("*.png")), "PICTURES=no"

    began = time.monotonic()
    second = make(clone, "run")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "Nothing has changed" in second.stdout
    assert time.monotonic() - began < 30


@pytest.fixture
def dagster_dev(tmp_path: Path) -> Iterator[str]:
    """Yield the address of `dagster dev -w workspace.yaml`, begun in the checkout with no configuration."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "dagster"), "dev", "-w", "workspace.yaml", "-h", "127.0.0.1"]
    output = (tmp_path / "dagster.log").open("w")
    process = subprocess.Popen(
        [*command, "-p", str(port)],
        cwd=ROOT,
        env=environment(PYTHONPATH=os.pathsep.join([str(ROOT / "src"), str(ROOT)]), HOME=str(tmp_path)),
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}/graphql"
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # it takes half a minute to end when asked to
        process.wait()
        output.close()


QUESTION = """
{ repositoriesOrError { ... on RepositoryConnection { nodes {
    jobs { name } schedules { name scheduleState { status } }
    assetNodes { assetKey { path } groupName description hasAssetChecks }
} } } }
"""


def ask(address: str) -> dict[str, list[dict[str, object]]] | None:
    request = urllib.request.Request(
        address, json.dumps({"query": QUESTION}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            nodes = json.load(response)["data"]["repositoriesOrError"]["nodes"]
    except OSError:
        return None
    return nodes[0] if nodes else None


@pytest.mark.timeout(600)
def test_dagster_dev_shows_every_asset_with_no_configuration(dagster_dev: str) -> None:
    deadline = time.monotonic() + 180
    while (found := ask(dagster_dev)) is None and time.monotonic() < deadline:
        time.sleep(1)
    assert found, "dagster dev did not answer within three minutes"
    assets = {node["assetKey"]["path"][-1]: node for node in found["assetNodes"]}  # type: ignore[index]
    assert {"ledger", "figures", "global_totals", "claim_checks", "warehouse", "charts", "publication"} <= set(assets)
    assert all(node["description"] and node["groupName"] != "default" for node in assets.values())
    assert assets["global_totals"]["hasAssetChecks"]
    assert {"build", "publish"} <= {job["name"] for job in found["jobs"]}
    assert [schedule["name"] for schedule in found["schedules"]] == ["weekly_fetch"]
