"""What deploy/README.md says of the image, asked of the image itself."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.image.engine import Engine

# A base and the image are made within the first test.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

# On top of the base: 1.16 GB were measured (packages with bytecode, browser, fonts); newer versions take a little more.
LARGEST = 1_250_000_000
USERS_OWN = ("/home/displacement", "/opt/dagster", "/var/lib/displacement", "/tmp", "/var/tmp", "/run/lock")


def inspected(podman: Engine, name: str) -> dict[str, Any]:
    (found,) = json.loads(podman("image", "inspect", name).stdout)
    return dict(found)


def test_it_runs_as_a_user_who_can_change_nothing_of_the_program(podman: Engine, container: str) -> None:
    assert podman.say(container, "id").startswith("uid=10001(displacement) gid=10001(displacement)")
    pruned = " -o ".join(f"-path {path}" for path in (*USERS_OWN, "/proc", "/dev", "/sys"))
    found = podman.say(
        container, "sh", "-c", rf"find / \( {pruned} \) -prune -o ! -type l -writable -print 2>/dev/null; true"
    )
    assert found.split() == []


def test_nothing_that_only_a_build_needs_is_left(podman: Engine, container: str) -> None:
    for name in ("pip", "uv", "hatchling", "cc", "gcc", "make"):
        assert podman("exec", container, "sh", "-c", f"command -v {name}", check=False).returncode, name
    for python in ("/opt/displacement/bin/python", "/usr/local/bin/python"):
        said = podman("exec", container, python, "-c", "import pip", check=False).stderr
        assert "No module named 'pip'" in said, python
    left = "find /opt/displacement -name '*.map' -o -type d -path '*/scipy/*/tests'; ls -A /var/lib/apt/lists"
    assert podman.say(container, "sh", "-c", left).split() == []


def test_nothing_of_the_machine_that_built_it_is_left(podman: Engine, container: str, image: str) -> None:
    files = podman("exec", "--user=0", container, "find", "/root", "/etc/apt", "-type", "f").stdout.split()
    assert {"/root/.bashrc", "/etc/apt/sources.list"} <= set(files)
    assert not {"/root/.config/pip/pip.conf", "/root/.config/uv/uv.toml", "/etc/apt/apt.conf"} & set(files)
    assert podman.say(container, "cat", "/etc/apt/sources.list") == ""
    names = {each.split("=")[0] for each in inspected(podman, image)["Config"]["Env"]}
    told = {"PYTHONUNBUFFERED", "PYTHONPATH", "PICTURES", "PATH"}
    assert {name for name in names if not name.startswith(("DAGSTER_", "DISPLACEMENT_"))} == told


def test_its_size_is_what_it_was(podman: Engine, image: str) -> None:
    sizes = {name: inspected(podman, name)["Size"] for name in ("localhost/base", image)}
    assert 500_000_000 < sizes[image] - sizes["localhost/base"] < LARGEST, sizes


def test_it_starts_from_bytecode_that_its_user_could_not_write(podman: Engine, container: str) -> None:
    cached = "[getattr(module, '__cached__', None) for module in sys.modules.values()]"
    script = f"import pipelines.definitions, sys; print(*filter(None, {cached}))"
    made = [path for path in podman.say(container, "python", "-c", script).split() if path.startswith("/opt/")]
    missing = podman.say(container, "sh", "-c", 'for path; do [ -f "$path" ] || echo "$path"; done', "sh", *made)
    assert len(made) > 500 and missing.split() == []


def test_it_builds_with_pictures_and_without_a_network(podman: Engine, container: str) -> None:
    assert "build" in podman.say(container, "displacement", "--help")
    podman.say(container, "displacement", "doctor")
    said = podman.say(container, "displacement", "build")
    assert "with PNG and SVG" in said
    public = podman.say(container, "sh", "-c", "cd $DISPLACEMENT_PUBLIC/ && ls . charts").split()
    assert {"index.html", "displacement.duckdb", "datapackage.json"} <= set(public)
    charts = {name.removesuffix(".html") for name in public if f"{name.removesuffix('.html')}.csv" in public}
    assert len(charts) > 15 and {f"{name}.png" for name in charts} <= set(public)


def test_its_command_is_a_code_server_whose_health_is_told(podman: Engine, image: str, container: str) -> None:
    none = podman("exec", container, "healthy", check=False)
    assert (none.returncode, none.stderr.splitlines()[0]) == (1, "No code server answers at port 4000.")
    # In the network of the other container, which is there when the server is not.
    server = podman.start(image, network=f"container:{container}")
    deadline = time.monotonic() + 90
    while podman("exec", server, "healthy", check=False).returncode and time.monotonic() < deadline:
        time.sleep(1)
    assert podman("healthcheck", "run", server, check=False).returncode == 0, podman("logs", server).stderr
    assert podman("exec", container, "healthy", check=False).returncode == 0
    podman("kill", server)
    gone = podman("exec", container, "healthy", check=False)
    assert (gone.returncode, gone.stderr.splitlines()[0]) == (1, "No code server answers at port 4000.")
