"""The record a figure came from: rows of the raw answer where the release was fetched, else the embedded file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from displacement.query.provenance import RecordPlace, record_of
from displacement.settings import Settings
from displacement.sources.landing import Landing
from tests.emulator import Emulator, small_world
from tests.unit import sources_places

SYRIANS_IN_GERMANY = RecordPlace("population", 2020, "SYR", "GFR")


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sources_places.Place]:
    """Return a place into which the population was captured."""
    with Emulator(small_world()) as emulator:
        place = sources_places.Place(tmp_path_factory.mktemp("captured"), emulator)
        place.table("population")
        yield place


@pytest.fixture
def fetched(captured: sources_places.Place, here: Settings) -> Settings:
    return replace(here, home=captured.home)


def test_a_fetched_figure_leads_to_the_page_and_row_as_they_were_sent(
    captured: sources_places.Place, fetched: Settings
) -> None:
    record = record_of(fetched, captured.day, SYRIANS_IN_GERMANY)
    assert record.kind == "raw answer"
    (raw,) = record.rows
    page = Landing(fetched.home).page(raw.sha256)
    assert json.loads(gzip.decompress(page.read_bytes()))["items"][raw.row - 1] == raw.values
    assert (raw.values["coo"], raw.values["coa"], raw.values["year"]) == ("SYR", "GFR", 2020)
    assert record.says.startswith(f"page 1, row {raw.row} of http://")
    assert raw.sha256[:12] in record.says
    assert "coo SYR" in record.says


def test_a_release_that_was_not_fetched_here_is_said_to_be_elsewhere(fetched: Settings) -> None:
    record = record_of(fetched, date(2030, 6, 1), SYRIANS_IN_GERMANY)
    assert (record.kind, record.rows) == ("unknown", ())
    assert record.says == f"The raw answers of the release of 2030-06-01 are not in {fetched.home}."


def test_a_figure_that_came_with_the_program_names_its_file(here: Settings) -> None:
    record = record_of(here, date(2026, 6, 12), SYRIANS_IN_GERMANY)
    assert record.kind == "embedded"
    assert "shipped as figures.parquet" in record.says
    assert record.sha256


def test_a_raw_page_that_is_gone_is_named_instead_of_the_row(
    captured: sources_places.Place, fetched: Settings, tmp_path: Path
) -> None:
    import shutil

    copy = replace(fetched, home=Path(shutil.copytree(fetched.home, tmp_path / "home")))
    (raw,) = record_of(copy, captured.day, SYRIANS_IN_GERMANY).rows
    Landing(copy.home).page(raw.sha256).write_bytes(b"")
    record = record_of(copy, captured.day, SYRIANS_IN_GERMANY)
    assert record.kind == "unknown"
    assert "is gone or damaged" in record.says
