"""PostgreSQL and Redis on the loopback address, each in a directory of its own, from what Debian installs."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 60.0


def program(name: str) -> str:
    """Return where a server program is, or skip the test."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, places), os.environ["PATH"]]))
    if found is None:
        pytest.skip(f"needs {name}; `make test-cluster` installs it as root on Debian")
    return found


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int, *, user: str | None = None, log: Path) -> Iterator[None]:
    """Run a server until the block ends."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, user=user, start_new_session=True
        )
    try:
        _wait_for(port, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def postgres(logs: Path) -> Iterator[Mapping[str, str]]:
    """Run a PostgreSQL with one empty database; yield the variables that deploy/ reads."""
    # It refuses to run as root, and whom it runs as must reach its directory.
    user = "postgres" if os.geteuid() == 0 else None
    if user and user not in {each.pw_name for each in pwd.getpwall()}:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres; Debian's package makes one")
    server, initdb, port, password = program("postgres"), program("initdb"), free_port(), secrets.token_hex(8)
    directory = Path(tempfile.mkdtemp(prefix="cluster-postgres-"))
    try:
        (directory / "password").write_text(password)
        if user:
            for path in (directory, directory / "password"):
                shutil.chown(path, user)
        data = directory / "data"
        made = [initdb, "-D", str(data), "-U", "dagster", "-A", "scram-sha-256", "--no-sync"]
        subprocess.run([*made, f"--pwfile={directory / 'password'}"], check=True, capture_output=True, user=user)
        command = [server, "-D", str(data), "-p", str(port), "-k", str(directory), "-h", "127.0.0.1", "-c", "fsync=off"]
        with running(command, port, user=user, log=logs / "postgres.log"):
            yield {
                "DAGSTER_PG_HOST": "127.0.0.1",
                "DAGSTER_PG_PORT": str(port),
                "DAGSTER_PG_USERNAME": "dagster",
                "DAGSTER_PG_PASSWORD": password,
                "DAGSTER_PG_DB": "postgres",
            }
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def redis(logs: Path) -> Iterator[str]:
    """Run a Redis that keeps nothing on the disk; yield its address."""
    server, port = program("redis-server"), free_port()
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(logs)]
    with running(command, port, log=logs / "redis.log"):
        yield f"redis://127.0.0.1:{port}/0"
