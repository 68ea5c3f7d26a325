"""What CI makes of a ratio, and what a peer is given and compared by: noise passes, a different result never does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from benchmarks.modelling import asked, with_r
from benchmarks.modelling.rows import MARTS, same_marts
from benchmarks.rows import Row, Trial
from benchmarks.short import key_of, worse

ROW = Row("six marts", "pandas", 1.0, 1.0, None, 0.0, same=True, cpu_ratio=1.0)


@pytest.mark.parametrize(
    ("ratios", "failed"),
    [([1.45], None), ([4.0, 1.1], None), ([2.0, 1.8, 1.6], "six marts / pandas: 1.60 times")],
    ids=["within half of what is recorded", "worse once and well again", "worse three times"],
)
def test_only_a_ratio_that_stays_worse_fails(ratios: list[float], failed: str | None) -> None:
    left = iter(ratios)

    def measured(trial: Trial) -> Iterator[Row]:
        yield replace(ROW, cpu_ratio=next(left))
        yield replace(ROW, what="opening", cpu_ratio=None)

    found = worse(measured, Trial(Path(), 1, 1), {key_of(ROW): 1.0})
    assert list(left) == []
    assert [sentence.startswith(failed or "?") for sentence in found] == ([True] if failed else [])


def test_results_that_differ_fail_however_fast_they_came() -> None:
    assert worse(lambda trial: iter([replace(ROW, same=False)]), Trial(Path(), 1, 1), {key_of(ROW): 1.0}) == [
        "six marts / pandas: the results differ."
    ]


@pytest.mark.parametrize("name", ["COMPONENTS", "ACROSS", "OTHERS", "SOLUTIONS", "KEY", "NO_PLACE"])
def test_r_is_asked_the_same_as_the_others(name: str) -> None:
    (listed,) = re.findall(rf"^{name} <- c\((.*)\)$", with_r.SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r'"(\w+)"', listed) == getattr(asked, name)


@pytest.mark.parametrize("change", [None, (",0.12345678901", ",0.12345678902"), ("AFG", "AGO"), (",28000000,", ",,")])
def test_tables_of_a_peer_are_the_same_to_twelve_digits_or_not_at_all(
    tmp_path: Path, change: tuple[str, str] | None
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for place in (ours, theirs):
        place.mkdir()
    with duckdb.connect() as connection:
        for name, columns in MARTS.items():
            row = ", ".join(f"{_value(column)} as {column}" for column in columns.split(", "))
            connection.execute(f"copy (select {row}) to '{ours / name}.parquet'")
            connection.execute(f"copy (select {row}) to '{theirs / name}.csv'")
    path = theirs / "rankings.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(*change, 1) if change else text, encoding="utf-8")
    assert (path.read_text(encoding="utf-8") == text) is (change is None)
    assert same_marts(ours, theirs) is (change is None)


def _value(column: str) -> str:
    values = dict.fromkeys(["share", "cumulative_share"], "0.12345678901234567")
    values |= dict.fromkeys(["superseded_in", "release_before"], "null::date")
    values |= dict.fromkeys(["reference_date", "published_in", "release"], "date '2025-12-31'")
    texts = ("country", "role", "origin", "asylum", "indicator", "event", "measure")
    return values.get(column, "'AFG'" if column in texts else "28000000")
