"""The World Bank's figures become denominators: those of countries, that were reported, and that were asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from displacement.settings import PACKAGE
from displacement.sources.fetch import capture_denominators
from displacement.sources.landing import Landing
from displacement.sources.release import CapturedTable
from tests.emulator import Emulator, faults, small_world
from tests.unit.sources_places import QUICK, Place

SHIPPED = PACKAGE / "data" / "denominators.parquet"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(small_world()) as emulator:
        yield emulator


@pytest.fixture
def place(emulator: Emulator, tmp_path: Path) -> Place:
    emulator.mend()
    emulator.requests.clear()
    return Place(tmp_path / "home", emulator, date(2026, 6, 12))


def fetched(place: Place) -> CapturedTable:
    return capture_denominators(
        place.settings, addresses=place.addresses, release=place.day, limits=replace(QUICK, answer_seconds=5.0)
    )


def content(path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(f"from read_parquet('{path}')").fetchall()


def described(path: Path) -> list[tuple[str, str]]:
    with duckdb.connect() as connection:
        return [row[:2] for row in connection.execute(f"describe from read_parquet('{path}')").fetchall()]


def test_denominators_have_the_form_of_those_shipped_and_the_same_figures(place: Place) -> None:
    """The emulator serves the shipped figures, aggregates and countries without a figure beside them."""
    table = fetched(place)
    assert table.stopped is None
    assert table.path == place.directory / "denominators.parquet"
    assert described(table.path) == described(SHIPPED)
    assert content(table.path) == sorted(content(SHIPPED))
    assert table.rows == len(content(SHIPPED))
    record = Landing(place.home).record(table.pages[0])
    assert (record.publisher, record.licence) == ("The World Bank", "CC BY 4.0")
    assert "country/all/indicator/SP.POP.TOTL?format=json&date=1960%3A2026&per_page=20000&page=1" in record.url


def test_aggregates_are_dropped_and_nothing_reported_is_no_figure(place: Place) -> None:
    table = fetched(place)
    assert table.path is not None
    page = Landing(place.home).read(table.pages[0])
    assert page is not None
    rows = json.loads(page)[1]
    assert {"WLD", "ARB", ""} <= {row["countryiso3code"] for row in rows}
    assert any(row["value"] is None for row in rows)
    figures = content(table.path)
    assert not {"WLD", "ARB", ""} & {country for _, country, _, _ in figures}
    assert all(value > 0 for *_, value in figures)


@pytest.mark.parametrize(
    "fault",
    [
        faults.byte_order_mark(),
        faults.truncated_json(times=1),
    ],
    ids=str,
)
def test_what_the_world_bank_does_under_load_is_ridden_out(place: Place, fault: faults.Fault) -> None:
    place.emulator.break_("world-bank", fault)
    table = fetched(place)
    assert table.stopped is None
    assert table.path is not None
    assert content(table.path) == sorted(content(SHIPPED))


def test_an_error_that_comes_as_an_answer_is_an_error(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from displacement.sources import publishers

    gone = (publishers.Series("population", "SP.POP.GONE", 1960),)
    monkeypatch.setattr(publishers, "world_bank_series", lambda: gone)
    table = fetched(place)
    assert str(table.stopped).startswith("The World Bank does not give SP.POP.GONE; its message: [{")
    assert "The provided parameter value is not valid" in str(table.stopped)
    assert not (place.directory / "denominators.parquet").exists()


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"value": 5}], "The World Bank gave a row of SP.POP.TOTL in a form that is not known."),
        (
            [("SP.POP.OTHER", "AFG", "2020", 5)],
            "was asked for SP.POP.TOTL and gave SP.POP.OTHER of 2020, so none is used.",
        ),
        (
            [("SP.POP.TOTL", "AFG", "1950", 5)],
            "was asked for SP.POP.TOTL and gave SP.POP.TOTL of 1950, so none is used.",
        ),
        ([("SP.POP.TOTL", "AFG", "2020", "many")], "gave a row of SP.POP.TOTL in a form that is not known."),
        ([("SP.POP.TOTL", "AFG", "2020", 5)] * 2, "gave figures of the same country and year twice, so none is used."),
        ([], "The World Bank gave 0 rows of SP.POP.TOTL of 2 that it states, so none is used."),
    ],
)
def test_an_answer_to_another_question_is_refused(
    tmp_path: Path, rows: list[Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    from displacement.settings import Addresses, Settings
    from displacement.sources import publishers

    asked = (publishers.Series("population", "SP.POP.TOTL", 1960),)
    monkeypatch.setattr(publishers, "world_bank_series", lambda: asked)

    made = [row if isinstance(row, dict) else _row(*row) for row in rows]
    head = {"page": 1, "pages": "1", "per_page": "20000", "total": len(made) or 2, "lastupdated": "2026-01-01"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps([head, made or None]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        addresses = Addresses(world_bank=f"http://127.0.0.1:{server.server_address[1]}")
        settings = Settings(home=tmp_path, public=tmp_path)
        table = capture_denominators(settings, addresses=addresses, release=date(2026, 6, 12), limits=QUICK)
        server.shutdown()
        thread.join()
    assert sentence in str(table.stopped)
    assert table.path is None


def _row(code: str, country: str, year: str, value: object) -> dict[str, Any]:
    return {"indicator": {"id": code}, "country": {"id": "x"}, "countryiso3code": country, "date": year, "value": value}


def test_denominators_captured_today_are_not_fetched_again(place: Place) -> None:
    first = fetched(place)
    place.emulator.requests.clear()
    assert fetched(place) == first
    assert all(request.parameter("per_page") == "1" for request in place.emulator.requests)
