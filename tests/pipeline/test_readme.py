"""Every command and every line of Python in the README does what it says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from displacement.build import publish
from displacement.build.manifest import MANIFEST, read_build
from displacement.settings import Settings
from tests.conftest import ROOT, Built

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    return [re.split(r"\s{2,}#", line)[0].strip() for line in lines]


ELSEWHERE = {
    "displacement fetch": "tests/pipeline/test_arrivals.py",  # needs publishers to ask
    "make run": "tests/pipeline/test_setup.py",
    "displacement serve": "tests/unit/test_serving.py",
    "make test": ".ci/run",
    "make screenshots": "tests/site/test_screenshots.py",
    "dagster dev -w workspace.yaml": "tests/pipeline/test_setup.py",
}
DISPLACEMENT = [line for line in commands() if line.startswith("displacement ") and line not in ELSEWHERE]


@pytest.fixture(scope="module")
def two_builds(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return an installation that shows a build and keeps one before it, so that every command has its object."""
    directory = tmp_path_factory.mktemp("readme")
    settings = Settings(home=directory / "var", public=directory / "public")
    for day in ("2026-01-01", "2026-01-02"):
        copy = settings.builds / f"{day}-copy"
        shutil.copytree(built.build.directory, copy)
        identity = replace(built.build.identity, build_id=copy.name, built_at=day)
        (copy / MANIFEST).write_text(json.dumps({"identity": asdict(identity), "files": built.build.files}))
        build = read_build(copy)
        assert build
        publish.publish(settings, build)
    return settings


def run(line: str, settings: Settings) -> subprocess.CompletedProcess[str]:
    program, *words = shlex.split(line)
    assert program == "displacement"
    environment = os.environ | {
        "DISPLACEMENT_HOME": str(settings.home),
        "DISPLACEMENT_PUBLIC": str(settings.public),
        "PICTURES": "yes" if (settings.public / "charts/world-total.png").exists() else "no",  # else it builds again
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }
    command = [sys.executable, "-m", "displacement.cli.app", *words]
    settings.home.mkdir(parents=True, exist_ok=True)
    where = settings.home.parent  # what a command writes stays out of the checkout
    return subprocess.run(command, env=environment, cwd=where, capture_output=True, text=True, timeout=300, check=False)


def test_the_readme_has_commands_for_each_kind_of_user() -> None:
    assert len(DISPLACEMENT) >= 14
    assert {"build", "query", "claims", "releases", "rollback", "publish", "doctor"} <= {
        line.split()[1] for line in DISPLACEMENT
    }


def test_no_command_of_the_readme_goes_untested() -> None:
    assert [line for line in commands() if line not in DISPLACEMENT and line not in ELSEWHERE] == []
    for path in ELSEWHERE.values():
        assert (ROOT / path).is_file()


@pytest.mark.parametrize("line", DISPLACEMENT)
def test_a_command_of_the_readme_works_and_says_something(line: str, two_builds: Settings) -> None:
    done = run(line, two_builds)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_claims_are_answered_in_the_words_of_the_readme(two_builds: Settings) -> None:
    said = " ".join(run("displacement claims", two_builds).stdout.split())
    quoted = " ".join(line.removeprefix(">").strip() for line in README.splitlines() if line.startswith(">"))
    quoted = " ".join(quoted.split())
    for sentence in said.split("Wilson Center")[1:]:
        assert sentence.strip() in quoted


def test_the_python_of_the_readme_runs_as_it_stands(two_builds: Settings, tmp_path: Path) -> None:
    (tmp_path / "public").symlink_to(two_builds.public.resolve())
    said = ""
    for code in blocks("python"):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        said += done.stdout
    assert "117830238" in said


def test_every_file_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []


def test_every_place_the_readme_promises_is_in_a_build(built: Built) -> None:
    for place in re.findall(r"`public/([\w./]+)`", README):
        assert (built.public / place).exists(), place
