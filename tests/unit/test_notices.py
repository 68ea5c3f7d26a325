"""Notices reach a webhook and a mailbox, and the secret in a webhook's address reaches nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import dagster as dg
import pytest

from displacement.errors import DisplacementError
from displacement.settings import Settings
from pipelines import sensors
from pipelines.notices import Destinations, Notice, send
from tests.mailbox import mailbox, serving

NOTICE = Notice("Held back: flow_refugees", "26 years are gone.\nAccept or wait.", {"release": "2026-06-12"})
SECRET = "T0KEN-of-the-hook"


class _Hook(BaseHTTPRequestHandler):
    status: ClassVar[int] = 200
    got: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.status)
        self.end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


@pytest.fixture
def hook() -> Iterator[str]:
    _Hook.got.clear()
    _Hook.status = 200
    with serving(HTTPServer(("127.0.0.1", 0), _Hook)) as address:
        yield f"http://{address}/{SECRET}"


def test_a_webhook_gets_a_text_with_what_happened_and_the_details(hook: str) -> None:
    assert send(NOTICE, Destinations(webhook=hook)) == ("webhook",)
    assert _Hook.got == [
        {
            "title": NOTICE.title,
            "text": "Held back: flow_refugees\n\n26 years are gone.\nAccept or wait.\n\nrelease: 2026-06-12",
            "details": {"release": "2026-06-12"},
        }
    ]


def test_a_mail_address_gets_a_letter() -> None:
    with mailbox() as (address, letters):
        assert send(NOTICE, Destinations(mail="figures@example.org", mail_server=address)) == ("mail",)
    (letter,) = letters
    assert "Subject: Held back: flow_refugees" in letter
    assert "To: figures@example.org" in letter
    assert "26 years are gone." in letter


@pytest.mark.parametrize("status", [404, 500])
def test_a_webhook_that_refuses_is_an_error_without_its_address(hook: str, status: int) -> None:
    _Hook.status = status
    with pytest.raises(DisplacementError, match=str(status)) as refused:
        send(NOTICE, Destinations(webhook=hook))
    assert SECRET not in str(refused.value)


def test_a_webhook_out_of_reach_is_an_error_without_its_address_even_in_the_traceback() -> None:
    with pytest.raises(DisplacementError, match="did not answer") as unreached:
        send(NOTICE, Destinations(webhook=f"http://127.0.0.1:9/{SECRET}"))
    assert SECRET not in str(unreached.value)
    assert unreached.value.__cause__ is None
    assert SECRET not in repr(Destinations(webhook=f"http://127.0.0.1:9/{SECRET}"))


def test_one_destination_out_of_reach_does_not_keep_the_other_from_its_notice(hook: str) -> None:
    with pytest.raises(DisplacementError, match="mail server"):
        send(NOTICE, Destinations(webhook=hook, mail="figures@example.org", mail_server="127.0.0.1:9"))
    assert len(_Hook.got) == 1


def test_nothing_in_the_environment_means_nobody_is_told() -> None:
    nobody = Destinations.from_environment({})
    assert not nobody
    assert send(NOTICE, nobody) == ()
    assert Destinations.from_environment({"DISPLACEMENT_ALERT_WEBHOOK": "http://127.0.0.1/x"})


def test_people_are_told_once_of_a_table_that_could_not_be_read_though_nothing_else_was_new(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a fetch leaves nothing in the ledger, so nobody heard of it."""
    datasets = [{"dataset": "population", "outcome": "stopped", "sentence": "population: a page is missing."}]
    here.records.mkdir(parents=True)
    record = {"release": "2027-06-12", "datasets": [*datasets, {"dataset": "unrwa", "outcome": "as before"}]}
    (here.records / "release-2027-06-12.json").write_text(json.dumps(record))
    monkeypatch.setenv("DISPLACEMENT_ALERT_MAIL", "figures@example.org")
    with mailbox() as (address, letters):
        monkeypatch.setenv("DISPLACEMENT_MAIL_SERVER", address)
        context = dg.build_sensor_context()
        for _ in range(2):
            sensors.held_back_notice(context)
    (letter,) = letters
    assert "Not read: 2027-06-12 population" in letter and "a page is missing" in letter
