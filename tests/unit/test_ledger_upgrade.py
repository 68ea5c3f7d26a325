"""A home of version 0.1 becomes readings and decisions, or is refused and left as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.errors import DisplacementError
from displacement.ledger import Ledger, derive, holds, readings
from displacement.settings import Settings
from displacement.storage.files import sha256_of
from tests.small_releases import spans_in, write_facts

FIRST, SECOND = date(2023, 6, 14), date(2024, 6, 17)
SPANS = [
    ("refugees", "2022-12-31", "SYR", "TUR", 1000, "2023-06-14", None),
    ("refugees", "2022-12-31", "AFG", "IRN", 700, "2023-06-14", None),
    ("flow_refugees", "2022-12-31", "SYR", "TUR", 5, "2023-06-14", "2024-06-17"),
    ("flow_refugees", "2022-12-31", "SYR", "TUR", 6, "2024-06-17", None),
]
FILES = {
    "releases.csv": "release,title,published_on\n2023-06-14,Global Trends 2022,\n2024-06-17,Global Trends 2023,\n",
    "release_datasets.csv": "release,dataset,newest_reference_date,figures\n2023-06-14,population,2022-12-31,2\n"
    "2023-06-14,flows,2022-12-31,1\n2024-06-17,population,2022-12-31,2\n2024-06-17,flows,2022-12-31,1\n",
    "held_back.csv": "release,dataset,indicator,rule,sentence,numbers,reference_dates,superseded_in\n"
    "2024-06-17,population,refugees,known_origin,A ship.,{},2022-12-31,\n",
    "book/stopped.csv": "release,dataset,subject,is_whole,rule,newest,sentence\n"
    "2024-06-17,population,refugees,no,known_origin,,A ship.\n"
    "2024-06-17,solutions,solutions,yes,layout,,The layout is on no list.\n",
    "book/decisions.csv": "decided_at,decided_by,release,subject,verdict,reason\n"
    "2024-06-18T10:00:00+00:00,Ada,2024-06-17,refugees,accepted,It is a ship.\n"
    "2024-06-18T10:00:00+00:00,Ada,2024-06-17,refugees,taken back,It is not.\n",
}


@pytest.fixture
def old(here: Settings) -> Settings:
    """Return an installation with a ledger as 0.1 wrote it: begun empty, two releases, an indicator held back."""
    directory = here.ledger_home / "versions" / "3-0123456789ab"
    rows = ", ".join(str(row).replace("None", "null") for row in SPANS)
    (directory / "book").mkdir(parents=True)
    duckdb.execute(
        f"copy (select indicator, reference_date::date as reference_date, origin, asylum, value::bigint as value, "
        f"published_in::date as published_in, superseded_in::date as superseded_in from (values {rows}) as span("
        "indicator, reference_date, origin, asylum, value, published_in, superseded_in)) "
        f"to '{directory / 'figures.parquet'}' (format parquet)"
    )
    for name, text in FILES.items():
        (directory / name).write_text(text, encoding="utf-8")
    day = date(2022, 12, 31)
    write_facts(directory / "held" / f"{SECOND}.refugees.parquet", [("refugees", day, "SYR", "TUR", 999)])
    write_facts(directory / "held" / f"{SECOND}.returned_refugees.parquet", [])
    write_facts(directory / "unknown" / f"{SECOND}.parquet", [("refugees", day, "AFG", "IRN")], value=False)
    for release in (FIRST, SECOND):
        table = directory / "demographics" / f"{release}.parquet"
        table.parent.mkdir(exist_ok=True)
        duckdb.execute(f"copy (select 2022 as year, {release.year} as total) to '{table}' (format parquet)")
    files = {str(path.relative_to(directory)): sha256_of(path) for path in directory.rglob("*") if path.is_file()}
    listed = "".join(f'"{name}" = "{sha256}"\n' for name, sha256 in files.items())
    (directory / "ledger.toml").write_text(
        f"format = 1\nfollows_program = false\n\n[base]\n\n[files]\n{listed}", encoding="utf-8"
    )
    (here.ledger_home / "current").write_text(f"{directory.name}\n", encoding="utf-8")
    return here


def test_the_releases_and_decisions_of_0_1_are_there_and_the_old_directory_is_kept(
    old: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger.open(old)
    assert "7 readings of 2 releases and 3 decisions" in caplog.text
    expected = {
        (code, date.fromisoformat(day), *rest, date.fromisoformat(since), until and date.fromisoformat(until))
        for code, day, *rest, since, until in SPANS
    }
    assert spans_in(ledger.directory / "figures.parquet") == expected
    assert ledger.releases() == (FIRST, SECOND)
    held = [(row.indicator, row.rule) for row in holds.held_back(old)]
    assert held == [("refugees", "known_origin"), ("solutions", "layout")]
    assert [(one.verdict, one.reason) for one in holds.decisions(old)] == [
        ("accepted", "It is a ship."),
        ("taken back", "It is not."),
    ]
    total = f"select total from '{ledger.directory / 'demographics.parquet'}'"
    assert duckdb.execute(total).fetchall() == [(2024,)]
    assert (old.ledger_home / "of-0.1" / "versions" / "3-0123456789ab" / "figures.parquet").exists()
    assert not (old.ledger_home / "versions").exists() and not (old.ledger_home / "current").exists()
    holds.accept(old, SECOND, "refugees", "It was a ship after all.")
    assert Ledger.open(old).as_of(SECOND).filter("indicator = 'refugees'").project("value").fetchall() == [
        (700,),
        (999,),
    ]


def damaged(directory: Path) -> None:
    (directory / "versions" / "3-0123456789ab" / "releases.csv").write_text("release\n", encoding="utf-8")


def newer(directory: Path) -> None:
    path = directory / "versions" / "3-0123456789ab" / "ledger.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("format = 1", "format = 2"), encoding="utf-8")


def without_pointer(directory: Path) -> None:
    (directory / "current").unlink()


def led_elsewhere(directory: Path) -> None:
    (directory / "current").write_text("../../elsewhere\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (damaged, "does not have the checksum"),
        (newer, "has format 2"),
        (without_pointer, "Write its name, such as 3-0123456789ab, into"),
        (led_elsewhere, "is not there"),
    ],
)
def test_a_home_that_cannot_be_read_is_refused_in_a_sentence_and_left_as_it_is(
    old: Settings, damage: Callable[[Path], None], text: str
) -> None:
    damage(old.ledger_home)
    before = {path: path.read_bytes() for path in old.home.rglob("*") if path.is_file()}
    with pytest.raises(DisplacementError, match=text):
        derive.current(old)
    assert {path: path.read_bytes() for path in old.home.rglob("*") if path.is_file()} == before
    assert readings.names(old.ledger_home) == []
