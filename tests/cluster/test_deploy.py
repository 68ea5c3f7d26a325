"""The files of deploy/, as far as they can be checked without Kubernetes and without building the image."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

import displacement
from tests.cluster.services import free_port, running
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
HEALTHY = DEPLOY / "healthy"


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    return found


def copied() -> list[str]:
    """Return what the image is made from, of the checkout."""
    lines = re.sub(r"\\\n", " ", DOCKERFILE).splitlines()
    words = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    return [name for each in words for name in each]


def containers() -> dict[str, tuple[str | None, dict[str, Any], dict[str, Any]]]:
    """Return of everything that runs: its image, the security of its pod, and that of its container."""
    values, workers = read("kubernetes/values.yaml"), read("kubernetes/celery-workers.yaml")
    (code,) = values["dagster-user-deployments"]["deployments"]
    parts = {"code server": code, "webserver": values["dagsterWebserver"], "daemon": values["dagsterDaemon"]}
    found = {
        name: (
            f"{part['image']['repository']}:{part['image']['tag']}",
            part["podSecurityContext"],
            part["securityContext"],
        )
        for name, part in parts.items()
    }
    run = values["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]
    pod = workers["spec"]["template"]["spec"]
    (worker,) = pod["containers"]
    return found | {
        "run": (None, run["podSpecConfig"]["securityContext"], run["containerConfig"]["securityContext"]),
        "worker": (str(worker["image"]), pod["securityContext"], worker["securityContext"]),
    }


# --- the image --------------------------------------------------------------------------------------------------------


def test_the_image_is_made_from_files_that_are_there_and_that_docker_is_let_see() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    assert "*" in ignored
    for name in copied():
        assert (ROOT / name).exists(), name
        assert any(Path(name).parts[0] == part or Path(name).match(part) for part in let_in), name


def test_the_image_runs_as_nobody_in_particular_and_is_pinned(root: Path) -> None:
    last = DOCKERFILE.split("\nFROM ")[-1]
    assert re.findall(r"^USER (.*)$", last, flags=re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^ARG BASE=python:3\.\d+\.\d+-slim-\w+$", DOCKERFILE, flags=re.MULTILINE)
    assert DOCKERFILE.count("--require-hashes") == 2
    for lock in ("requirements.lock", "requirements-cluster.lock"):
        names = re.findall(r"^([\w.-]+)==\S+ .*\\$", (root / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert len(names) > 50, lock


def test_what_the_image_copies_is_enough_to_install_the_program(tmp_path: Path) -> None:
    for name in copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif "/" not in name:
            shutil.copyfile(ROOT / name, tmp_path / name)
    built = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path / "dist")]
    subprocess.run(built, cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"pipelines/definitions.py", "pipelines/workers.py", "displacement/data/figures.parquet"} <= names
    assert any(name.startswith("displacement/sql/marts/") for name in names)
    assert not any("tests" in name.split("/") for name in names)


def test_the_health_check_tells_a_code_server_at_work_from_none(tmp_path: Path) -> None:
    assert re.search(r"^COPY deploy/healthy /usr/local/bin/healthy$", DOCKERFILE, flags=re.MULTILINE)
    assert 'CMD ["healthy"]' in DOCKERFILE and os.access(HEALTHY, os.X_OK)
    port = free_port()
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }

    def check() -> tuple[int, str]:
        words = [HEALTHY, "code", str(port)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr.strip()

    none = (1, f"No code server answers at port {port}.")
    (started,) = re.findall(r'^CMD \["dagster", "api", "grpc", (.*)\]$', DOCKERFILE, flags=re.MULTILINE)
    words = re.findall(r'"([^"]+)"', started.replace("4000", str(port)))
    assert check() == none
    with running([sys.executable, "-m", "dagster", "api", "grpc", *words], port, log=tmp_path / "server.log"):
        assert check() == (0, "")
    assert check() == none


# --- Kubernetes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["code server", "webserver", "daemon", "run", "worker"])
def test_everything_runs_the_image_of_this_version_and_may_do_nothing_else(name: str) -> None:
    image, pod, container = containers()[name]
    assert image is None or image.endswith(f"/displacement:{displacement.__version__}")
    assert pod["runAsNonRoot"] is True and pod["runAsUser"] == 10001
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_what_fetches_and_builds_gets_no_token_of_kubernetes() -> None:
    values = read("kubernetes/values.yaml")
    run = values["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]
    worker = read("kubernetes/celery-workers.yaml")["spec"]["template"]["spec"]
    assert run["podSpecConfig"]["automountServiceAccountToken"] is worker["automountServiceAccountToken"] is False
    (code,) = values["dagster-user-deployments"]["deployments"]
    assert code["serviceAccount"] == {"create": True, "name": "displacement-code"}, "an account without rights"


def test_pods_may_speak_to_nobody_but_those_who_are_named() -> None:
    policies = list(yaml.safe_load_all((DEPLOY / "kubernetes/network.yaml").read_text(encoding="utf-8")))
    assert policies[0]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for policy in policies[1:]:
        for way, side in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(way, ()):
                assert rule[side] and rule["ports"], policy["metadata"]["name"]
                blocks = [each["ipBlock"] for each in rule[side] if "ipBlock" in each]
                assert all("169.254.169.254/32" in each.get("except", ()) for each in blocks if each["cidr"][0] == "0")
    (label,) = policies[2]["spec"]["podSelector"]["matchExpressions"]
    values = read("kubernetes/values.yaml")
    (code,) = values["dagster-user-deployments"]["deployments"]
    run = values["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]["podTemplateSpecMetadata"]
    worker = read("kubernetes/celery-workers.yaml")["spec"]["template"]["metadata"]
    for labels in (code["labels"], run["labels"], worker["labels"]):
        assert labels[label["key"]] in label["values"]


def test_what_the_chart_puts_into_dagster_yaml_is_what_dagster_understands() -> None:
    from dagster._config import validate_config
    from dagster._core.instance.config import dagster_instance_config_schema

    values = read("kubernetes/values.yaml")
    instance = values["additionalInstanceConfig"]
    celery = read("celery/dagster.yaml")
    limits = values["concurrency"]
    assert instance == {name: celery[name] for name in instance}, "the same on Kubernetes as with Celery"
    assert {"run_monitoring", "run_retries"} <= set(instance)
    assert limits["pools"]["defaultLimit"] == celery["concurrency"]["pools"]["default_limit"]
    assert limits["runs"]["tagConcurrencyLimits"] == celery["concurrency"]["runs"]["tag_concurrency_limits"]
    checked = validate_config(dagster_instance_config_schema(), {**instance, "concurrency": celery["concurrency"]})
    assert checked.success, checked.errors


def test_the_launcher_of_the_values_is_there_and_takes_their_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    from dagster._config import Shape, process_config

    monkeypatch.setenv("DISPLACEMENT_BROKER", "redis://127.0.0.1:1/0")
    said = read("kubernetes/values-celery.yaml")["runLauncher"]["config"]["customRunLauncher"]
    with_celery = read("celery/dagster.yaml")["run_launcher"]
    assert {name: with_celery[name] for name in ("module", "class", "config")} == said
    launcher = getattr(importlib.import_module(said["module"]), said["class"])
    checked = process_config(Shape(launcher.config_type()), said["config"])
    assert checked.success, checked.errors


def test_a_build_bears_the_tag_that_lets_one_go_on_at_a_time() -> None:
    from pipelines.definitions import definitions

    (limit,) = read("celery/dagster.yaml")["concurrency"]["runs"]["tag_concurrency_limits"]
    tags = definitions.resolve_job_def("build").tags
    assert tags[limit["key"]] == limit["value"]
    assert tags["dagster/retry_strategy"] == "ALL_STEPS", "what a lost worker had made of a build is lost"
    assert limit["key"] not in definitions.resolve_job_def("fetch").tags


def test_no_file_of_a_deployment_holds_a_key() -> None:
    for path in (path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?i)(password|secret_access_key|client_id)\s*[:=]\s*['\"]?\w{6,}", text), path
