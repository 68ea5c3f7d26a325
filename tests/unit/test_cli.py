"""The command line where nothing has been built: help, wrong use, exit codes, one line for each error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from displacement.build import publish
from displacement.cli import app, doctor
from displacement.errors import DisplacementError, HeldBackError, WrongUseError
from displacement.settings import __version__
from tests.conftest import Run

COMMANDS = (
    "build",
    "query",
    "publish",
    "rollback",
    "doctor",
    "country",
    "explain",
    "chart",
    "revisions",
    "fetch",
    "serve",
    "mcp",
    "export",
)
GROUPS = ("claims", "forecasts", "releases")


@pytest.fixture
def run(cli: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command in this process, in a wide terminal: exit code, output, errors."""
    monkeypatch.setenv("DISPLACEMENT_DEBUG", "")
    monkeypatch.setenv("COLUMNS", "200")
    return cli


def test_the_commands_are_those_people_rely_on() -> None:
    names = tuple(command.name or command.callback.__name__ for command in app.app.registered_commands)  # type: ignore[union-attr]
    groups = tuple(group.name for group in app.app.registered_groups)
    assert (*names, *groups) == (*COMMANDS, *GROUPS)


@pytest.mark.parametrize("command", [*COMMANDS, *GROUPS])
def test_every_command_has_help_with_an_example(run: Run, command: str) -> None:
    code, said, _ = run(command, "--help")
    assert code == 0
    assert f"Example: displacement {command}" in said


@pytest.mark.parametrize("command", [*(name for name in COMMANDS if name != "mcp"), *GROUPS])
def test_every_command_can_answer_a_program(run: Run, command: str) -> None:
    assert "--json" in run(command, "--help")[1]


@pytest.mark.parametrize("command", ["query", "claims", "country", "explain", "revisions"])
def test_commands_that_show_figures_show_those_of_a_release_too(run: Run, command: str) -> None:
    assert "--as-of" in run(command, "--help")[1]


def test_the_version_is_one_line(run: Run) -> None:
    assert run("--version") == (0, f"displacement {__version__}\n", "")


def test_help_lists_the_commands(run: Run) -> None:
    code, said, _ = run("--help")
    assert code == 0
    for command in (*COMMANDS, *GROUPS):
        assert command in said


@pytest.mark.parametrize("words", [("nothing",), ("query",), ("build", "--nothing"), ("query", "a", "b"), ()])
def test_wrong_use_ends_with_2(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words)[0] == 2


@pytest.mark.parametrize("words", [("query", "select 1"), ("claims",), ("releases",)])
def test_a_missing_build_is_one_line_and_ends_with_1(run: Run, words: tuple[str, ...]) -> None:
    code, said, error = run(*words)
    assert (code, said) == (1, "")
    assert error.startswith("Error: There is no build at ")
    assert error.count("\n") == 1
    assert "Run `displacement build` first." in error


@pytest.mark.parametrize("words", [("publish",), ("rollback",), ("publish", "20260101T000000Z-none")])
def test_there_is_nothing_to_publish_or_to_return_to(run: Run, words: tuple[str, ...]) -> None:
    code, said, error = run(*words)
    assert (code, said) == (2, "")
    assert error.startswith("Error: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [(DisplacementError("It broke."), 1), (WrongUseError("Not so."), 2), (HeldBackError("Held back."), 3)],
)
def test_each_kind_of_error_has_its_exit_code_and_one_line(
    run,  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
    error: DisplacementError,
    code: int,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(publish, "rollback", fail)
    assert run("rollback") == (code, "", f"Error: {error}\n")


def test_a_traceback_is_shown_with_debug_only() -> None:
    for options, lines in (([], 1), (["--debug"], 10)):
        done = subprocess.run(
            [sys.executable, "-m", "displacement.cli.app", *options, "releases"],
            env={"DISPLACEMENT_PUBLIC": "/nonexistent", "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert ("Traceback" in done.stderr) is bool(options)
        assert "There is no build at /nonexistent" in done.stderr
        assert len(done.stderr.splitlines()) >= lines
        assert done.stdout == ""


def test_a_defect_is_shown_with_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # What escapes without a name is a defect: hiding where it happened would help nobody.
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(publish, "rollback", fail)
    with pytest.raises(ZeroDivisionError):
        run("rollback")


def test_help_imports_nothing_heavy() -> None:
    program = """
import sys
from displacement.cli import app
sys.argv = ["displacement", "--help"]
try:
    app.main()
except SystemExit:
    pass
heavy = ("duckdb", "pandas", "numpy", "dagster", "great_expectations", "plotly", "sqlglot", "pipelines", "requests")
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == "[]"


def test_the_doctor_says_what_works_here(run: Run) -> None:
    code, said, _ = run("doctor")
    assert code == 0
    subjects = {line.split("  ")[0][2:].strip() for line in said.splitlines()}
    assert {"Python", "duckdb", "dagster", "shipped data", "browser", "fonts", "network", "build"} <= subjects
    found = json.loads(run("doctor", "--json")[1])
    assert {"subject", "standing", "says"} == set(found[0])
    (of_build,) = (finding for finding in found if finding["subject"] == "build")
    assert of_build["standing"] == "missing"
    assert "run `displacement build`" in of_build["says"]


def test_the_doctor_says_when_pictures_in_chinese_would_be_empty(
    run,  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A picture made without a Chinese font once came out as rows of boxes, and nothing said why."""
    (tmp_path / "fc-list").write_text("#!/bin/sh\n[ $1 = : ] && echo Lato || :\n", encoding="utf-8")
    (tmp_path / "fc-list").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert "fonts-noto-cjk" in run("doctor")[1]
    (tmp_path / "fc-list").write_text("#!/bin/sh\necho Lato\n", encoding="utf-8")
    assert "fonts-noto-cjk" not in run("doctor")[1]


def test_the_doctor_ends_with_1_when_something_is_broken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(_: object) -> None:
        raise DisplacementError("The shipped data file figures.parquet is damaged.")

    monkeypatch.setattr(doctor, "verify", damaged)
    code, said, _ = run("doctor")
    assert code == 1
    assert "✗ shipped data" in said
