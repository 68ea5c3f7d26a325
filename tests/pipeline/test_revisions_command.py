"""`displacement revisions`: what releases changed in figures published before, in plain lines and for programs."""

from __future__ import annotations

import json

import pytest

from tests.pipeline.conftest import Run


def test_the_revisions_of_a_country_and_an_indicator_are_told_line_by_line(run: Run) -> None:
    # IDMC withdrew Türkiye for 2020-2023 in June 2025, and cut the years before.
    code, said, error = run("revisions", "--country", "TUR", "--indicator", "idmc_idps")
    assert (code, error) == (0, "")
    lines = said.splitlines()
    assert lines[0] == "8 revisions (country TUR, indicator idmc_idps)"
    assert lines[1] == "2025-06-12  Global Trends 2024: 4 changed, 4 withdrawn"
    assert "2025-06-12  idmc_idps, Türkiye, end of 2023: 1,099,000, then withdrawn" in lines
    assert "2025-06-12  idmc_idps, Türkiye, end of 2019: 1,099,000, then 2,000 (-1,097,000)" in lines


def test_the_largest_come_first_and_the_rest_is_counted(run: Run) -> None:
    found = json.loads(run("revisions", "--since", "2026-06-12", "--limit", "3", "--json")[1])
    assert found["chosen"] == {"since": "2026-06-12"}
    assert [row["release"] for row in found["releases"]] == ["2026-06-25", "2026-06-12"]
    assert found["figures"] == sum(row["figures"] for row in found["releases"]) > 3
    # The new refugees of 2000-2025 vanished on 2026-06-12 and came back on 2026-06-25.
    assert (found["releases"][1]["withdrawn"], found["releases"][0]["returned"]) == (2722, 2722)
    assert [abs(row["difference"]) for row in found["largest"]] == sorted(
        (abs(row["difference"]) for row in found["largest"]), reverse=True
    )
    said = run("revisions", "--since", "2026-06-12", "--limit", "3")[1]
    assert "The 3 largest:" in said
    assert "back after a withdrawal" in said


def test_a_country_is_meant_as_origin_and_as_asylum(run: Run) -> None:
    found = json.loads(run("revisions", "--country", "deu", "--limit", "500", "--json")[1])
    assert {row["origin"] == "DEU" for row in found["largest"]} == {True, False}
    assert all("DEU" in (row["origin"], row["asylum"]) for row in found["largest"])


def test_revisions_can_be_asked_as_of_a_release(run: Run) -> None:
    found = json.loads(run("revisions", "--as-of", "2024-06-17", "--json")[1])
    assert found["releases"][0]["release"] == "2024-06-17"


def test_nothing_revised_is_said_in_one_line(run: Run) -> None:
    assert run("revisions", "--country", "NRU", "--indicator", "hst")[:2] == (
        0,
        "No figure was revised (country NRU, indicator hst).\n",
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--country", "Turkie"), "There is no country Turkie. Did you mean TUR (Türkiye)?"),
        (("--indicator", "idmc"), "There is no indicator idmc. Did you mean idmc_idps?"),
        (("--since", "2025-06-13"), "There is no release 2025-06-13. Did you mean 2025-06-12? Known: 2023-04-27, "),
        (("--limit", "0"), "--limit"),
    ],
)
def test_what_is_not_known_is_answered_with_what_is(run: Run, words: tuple[str, ...], says: str) -> None:
    code, said, error = run("revisions", *words)
    assert (code, said) == (2, "")
    assert says in error
