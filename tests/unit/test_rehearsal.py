"""The rehearsal of a release: it reports what adding the release would do, and changes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from displacement.intake.model import DatasetReading, Reading
from displacement.ledger import holds
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.ledger.ingest import Arrival
from displacement.quality import write_report
from displacement.settings import Settings
from tests.conftest import Run
from tests.small_release import altered, small_release
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
    added = json.loads(json.dumps(arrival.add().as_json()))
    assert {name: value for name, value in rehearsed.items() if name not in apart} == {
        name: value for name, value in added.items() if name not in apart
    }


def test_rows_in_quarantine_are_counted_with_their_people_and_listed_in_public(
    here: Settings, tmp_path: Path, cli: Run
) -> None:
    """Five negative cells were left out of a total, and neither the command nor the report told anybody."""
    home_with(here, 2025)
    directory = small_release(tmp_path, "unrwa", release="2026-06-12", first=1980)
    altered(
        directory,
        "unrwa",
        "select * replace (if(year = 2025, -5, if(year = 2024, 1e6::bigint, total)) as total) from t",
    )
    code, text, _ = cli("fetch", "--from", str(directory), "--no-build")
    (row,) = holds.in_quarantine(here)
    assert (row.dataset, row.rule, row.rows, row.people) == ("unrwa", "counts_not_negative", 1, 0)
    assert row.sentence in text and (here.home / row.file).read_text(encoding="utf-8").count("\n") == 2
    # A row in quarantine is unknown, and no fall of the total.
    assert code == 3 and "the world total for 2025-12-31" not in text, text
    write_report([], tmp_path / "quality", {}, [asdict(row)])
    page = (tmp_path / "quality/index.html").read_text(encoding="utf-8")
    assert "<h2>Rows in quarantine</h2>" in page and "counts_not_negative" in page


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
