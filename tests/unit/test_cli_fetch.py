"""What `displacement fetch` tells of a release of which a part is not in the figures."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from displacement.cli import app, fetch
from displacement.errors import HeldBackError
from tests.conftest import Run

WHOLE = {"dataset": "unrwa", "outcome": "taken in", "newest_reference_date": "2025-12-31", "why": "It is June."}
STOPPED = {"dataset": "population", "outcome": "stopped", "newest_reference_date": None, "why": ""}
HELD = {"indicator": "idps", "sentence": "idps: it fell."}


@pytest.mark.parametrize(
    ("datasets", "held", "code", "sentence"),
    [
        ([WHOLE], [], 0, ""),
        ([WHOLE, STOPPED], [], 3, "Not read of release 2026-06-12: population. Their former figures remain current"),
        ([WHOLE], [HELD], 3, "Held back of release 2026-06-12: idps. Their former figures remain current"),
        ([STOPPED], [HELD], 3, "Held back of release 2026-06-12: idps. Not read of release 2026-06-12: population."),
    ],
)
def test_a_table_that_stopped_is_no_success(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    datasets: list[Any],
    held: list[Any],
    code: int,
    sentence: str,
) -> None:
    """A fetch of which one table of eleven came, the others cut short, ended with exit code 0."""
    came = {"release": "2026-06-12", "is_new": False, "datasets": datasets, "held": held, "sentences": ["It came."]}
    monkeypatch.setattr(fetch, "_arrival", lambda *_: None)
    monkeypatch.setattr(fetch, "_fetched", lambda *_, **__: came | {"is_held": bool(held)})
    monkeypatch.setattr(sys, "argv", ["displacement", "fetch", "--from", "anywhere", "--no-build"])
    ended = 0
    try:
        app.main()
    except SystemExit as end:
        ended = int(end.code or 0)
    assert ended == code
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_what_was_added_is_told_in_json_even_where_the_build_is_stopped(
    monkeypatch: pytest.MonkeyPatch, cli: Run
) -> None:
    """An odd figure stops the build after the release was added, and a program that read the report got nothing."""
    came = {"release": "2027-06-12", "is_new": True, "datasets": [WHOLE], "held": [], "sentences": ["It came."]}

    def stopped(*_: object) -> None:
        raise HeldBackError("The build was stopped.")

    monkeypatch.setattr(fetch, "_arrival", lambda *_: None)
    monkeypatch.setattr(fetch, "_fetched", lambda *_, **__: came)
    monkeypatch.setattr(fetch, "_build", stopped)
    code, text, error = cli("fetch", "--from", "anywhere", "--json")
    assert (code, json.loads(text)["release"], error) == (3, "2027-06-12", "Error: The build was stopped.\n")
