"""What a home forgets: old captures that brought nothing new; never anything that a release of the ledger rests on."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from displacement.errors import WrongUseError
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.ledger.retention import prune
from displacement.settings import Settings
from displacement.sources.landing import Landing
from pipelines.sensors import remove_old_runs
from tests.small_releases import Small, reading_of

TODAY = date(2027, 1, 1)
END_2025 = date(2025, 12, 31)
OLD, NEW = TODAY - timedelta(days=91), TODAY - timedelta(days=89)


def aged(path: Path, day: date) -> Path:
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    return path


def captured(home: Path, release: str, pages: str, day: date, dataset: str = "population") -> list[Path]:
    """Leave what fetching and reading a release leaves, as of a day: tables, record, raw pages, rows in quarantine."""
    landed, read = home / "landing" / release, home / "intake" / release
    landed.mkdir(parents=True)
    read.mkdir(parents=True)
    (landed / f"{dataset}.parquet").write_text("rows")
    state: dict[str, object] = {"rows": 1, "captured_at": release, "state": None}
    state["pages"] = [page_record(page * 64) | {"rows": 1} for page in pages]
    (landed / "provenance.json").write_text(json.dumps({"tables": {dataset: state}}))
    aside = home / "quarantine" / f"{release}.{dataset}.rule.csv"
    aside.parent.mkdir(exist_ok=True)
    aside.write_text("row\n")
    files = []
    for page in pages:
        files.append(Landing(home).page(page * 64))
        files[-1].parent.mkdir(parents=True, exist_ok=True)
        files[-1].write_text("page")
    return [aged(path, day) for path in (*files, aside, read, landed)]


def page_record(sha256: str) -> dict[str, object]:
    texts = dict.fromkeys(("publisher", "url", "fetched_at", "licence", "citation"), "")
    return {**texts, "parameters": {}, "status": 200, "bytes": 4, "sha256": sha256}


def test_nothing_that_a_release_rests_on_is_ever_removed(here: Settings, tmp_path: Path) -> None:
    start_empty(here)
    fact = ("refugees", END_2025, "SYR", "TUR")
    add(here, reading_of(Small(date(2026, 6, 1), {"population": END_2025}, {fact: 5}), tmp_path))
    stay = captured(here.home, "2026-06-01", "ab", OLD)  # in the ledger
    stay += captured(here.home, "2026-06-12", "b", OLD)  # came with the program
    stay += captured(here.home, "2026-09-01", "c", OLD, "unrwa")  # the newest with this table
    stay += captured(here.home, "2026-10-01", "d", NEW)  # young
    stay.append(Landing(here.home).page("e" * 64))
    stay[-1].parent.mkdir(parents=True)
    stay[-1].write_text("page")
    aged(stay[-1], OLD)
    journal = here.home / "landing/journal/population/page-1.json"
    journal.parent.mkdir(parents=True)
    journal.write_text(json.dumps(page_record("e" * 64)))  # of a fetch that was interrupted
    gone = captured(here.home, "2026-07-01", "bf", OLD)
    shared_page = gone.pop(0)
    ledger = {path: path.read_bytes() for path in here.ledger_home.rglob("*") if path.is_file()}
    assert sorted(prune(here, TODAY)) == sorted(gone)
    assert shared_page.exists() and all(path.exists() for path in stay) and not any(path.exists() for path in gone)
    assert {path: path.read_bytes() for path in here.ledger_home.rglob("*") if path.is_file()} == ledger
    assert prune(here, TODAY) == []


def test_the_days_are_a_setting_and_none_keeps_everything(here: Settings) -> None:
    captured(here.home, "2026-07-01", "f", OLD)
    captured(here.home, "2026-08-01", "f", NEW)
    assert Settings.from_environment({}).keep_days == 90
    for_ever = Settings.from_environment({"DISPLACEMENT_HOME": str(here.home), "DISPLACEMENT_KEEP_DAYS": "0"})
    assert prune(for_ever, TODAY) == []
    with pytest.raises(WrongUseError, match="DISPLACEMENT_KEEP_DAYS is 'ninety'"):
        Settings.from_environment({"DISPLACEMENT_KEEP_DAYS": "ninety"})
    with Landing(here.home).only_fetch():
        assert prune(here, TODAY) == [], "while a fetch is running"
    assert len(prune(here, TODAY)) == 3, "tables, what was read of them, rows in quarantine"


@dg.job(name="fetch")
def nothing() -> None:
    """Do nothing, as a job of the name that fetches."""


def test_old_runs_are_removed_but_those_that_added_a_release_of_the_ledger(here: Settings, tmp_path: Path) -> None:
    start_empty(here)
    fact = ("refugees", END_2025, "SYR", "TUR")
    add(here, reading_of(Small(date(2026, 6, 1), {"population": END_2025}, {fact: 5}), tmp_path))
    with dg.DagsterInstance.ephemeral() as instance:
        for release in ("2026-06-01", "2026-07-01", "2026-08-01"):
            nothing.execute_in_process(instance=instance, tags={"dagster/partition": release})
        assert remove_old_runs(instance, here, datetime.now(UTC) + timedelta(days=89)) == 0
        assert remove_old_runs(instance, here, datetime.now(UTC) + timedelta(days=91)) == 1
        left = {run.tags["dagster/partition"] for run in instance.get_runs()}
    assert left == {"2026-06-01", "2026-08-01"}, "one in the ledger, and the newest"


def test_ticks_are_removed_as_well(root: Path) -> None:
    for place in ("dagster.yaml", "deploy/celery/dagster.yaml"):
        assert "retention:\n  schedule:\n    purge_after_days: 90\n" in (root / place).read_text(encoding="utf-8")
