"""What tests of the command line over a real build share."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from displacement import cli
from tests.conftest import Built

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(built: Built, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command against the build: exit code, output, errors."""
    monkeypatch.setenv("DISPLACEMENT_HOME", str(built.settings.home))
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(built.public))

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["displacement", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command
