"""The rehearsal of a release: it reports what adding the release would do, and changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from displacement.intake.model import DatasetReading, Reading
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.releases import Arrival
from displacement.settings import Settings
from tests.conftest import Run
from tests.small_release import small_release
from tests.small_releases import write_facts

INDICATOR = "unrwa_refugees"


def home_with(settings: Settings, *years: int) -> Settings:
    """Add one release for each year, with 40 figures of the year before, to an empty ledger."""
    start_empty(settings)
    path = settings.home / "facts.parquet"
    for year in years:
        facts = [(INDICATOR, date(then, 12, 31), "PSE", "EGY", 1000 + then) for then in range(1980, year)]
        reading = DatasetReading("unrwa", date(year - 1, 12, 31), "", 1, facts=write_facts(path, facts))
        add(settings, Reading(date(year, 6, 12), "directory", (reading,)))
    return settings


def bytes_of(place: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(place)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in place.rglob("*")
        if path.is_file()
    }


def test_a_rehearsal_reports_what_adding_the_release_does_then_and_changes_no_file(
    here: Settings, tmp_path: Path, cli: Run
) -> None:
    home_with(here, 2024, 2026)
    directory = small_release(tmp_path, "unrwa", release="2025-06-12")
    before = bytes_of(here.home)
    words = ("fetch", "--from", str(directory), "--dry-run", "--ledger-as-of", "2024-06-12")
    code, text, error = cli(*words, "--json")
    assert (code, bytes_of(here.home)) == (3, before)
    rehearsed = json.loads(text)
    assert {each["indicator"] for each in rehearsed["held"]} == {INDICATOR}
    assert f"Held back of release 2025-06-12: {INDICATOR}." in error and "rehearsal" in error
    # As of June 2024 the later release of the home is not known, as in a home without it.
    arrival = Arrival(home_with(replace(here, home=tmp_path / "other"), 2024), date(2025, 6, 12), directory)
    arrival.capture()
    arrival.read()
    apart = ("ledger", "rehearsal")
    added = {name: value for name, value in arrival.add().as_json().items() if name not in apart}
    assert {name: value for name, value in rehearsed.items() if name not in apart} == added


def test_a_rehearsal_with_the_shipped_ledger_as_it_was_needs_no_home(here: Settings, tmp_path: Path, cli: Run) -> None:
    directory = small_release(tmp_path, "unrwa", release="2026-06-12")
    words = ("fetch", "--from", str(directory), "--dry-run", "--ledger-as-of")
    code, text, error = cli(*words, "2025-06-12")
    assert code == 3 and not here.home.exists()
    assert text.startswith("A rehearsal with the ledger as of release 2025-06-12: nothing was added")
    assert "in release 2025-06-12" in text  # and not in the release 2026-06-12, which is shipped
    for wrong, sentence in (
        ((*words, "2025-06-13"), "There is no release 2025-06-13. Known releases: 2023-04-27, 2023-06-14"),
        (("fetch", "--from", str(directory), "--ledger-as-of", "2025-06-12"), "give --dry-run as well"),
        (("fetch", "--dry-run"), "give their directory with --from"),
    ):
        code, _, error = cli(*wrong)
        assert (code, sentence in error) == (2, True), error
    assert not here.home.exists()
