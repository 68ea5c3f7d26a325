"""Revisions in the real figures: what releases changed, withdrew, brought back and added, one by one."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from tests.pipeline.conftest import Connection, rows


def test_every_value_that_no_longer_stands_is_a_revision_and_nothing_else_ends(published: Connection) -> None:
    (ended,) = rows(published, "select count(*) from revisions where event in ('changed', 'withdrawn')")
    assert ended == rows(published, "select count(*) from figures_superseded")[0] == (10_269,)


def test_a_mid_year_figure_is_no_revision_of_a_year_end(published: Connection) -> None:
    # year=2025 meant 30 June from November 2025 and 31 December from June 2026.
    assert rows(published, "from revisions where period = 'mid-year'") == []
    first = rows(published, "from revisions where release = '2026-06-12' and reference_date = '2025-12-31'")
    assert first == []


def test_figures_of_a_date_that_a_release_covers_first_are_no_revisions(published: Connection) -> None:
    assert rows(published, "from revisions where release_before is null or release_before >= release") == []
    early = "from revisions where release = (select min(release) from releases)"
    assert rows(published, early) == []
    new_dataset = "from revisions where release = '2023-08-15' and starts_with(indicator, 'flow_')"
    assert rows(published, new_dataset) == []


def test_returned_refugees_of_2022_were_revised_up_and_down(published: Connection) -> None:
    found = rows(
        published,
        "select release, sum(difference) from revisions "
        "where indicator = 'returned_refugees' and reference_date = '2022-12-31' group by all order by all",
    )
    changes = dict(found)
    first = rows(
        published,
        "select sum(value) from figures_as_of('2023-06-14') "
        "where indicator = 'returned_refugees' and reference_date = '2022-12-31'",
    )[0][0]
    assert first == 339_261
    assert first + changes[dt.date(2024, 6, 17)] == 1_356_261
    assert first + changes[dt.date(2024, 6, 17)] + changes[dt.date(2026, 3, 30)] == 999_261


def test_what_idmc_withdrew_in_june_2025_is_withdrawn(published: Connection) -> None:
    found = rows(
        published,
        "select asylum::varchar, list(year order by year), max(value_before) from revisions "
        "where release = '2025-06-12' and indicator = 'idmc_idps' and event = 'withdrawn' group by all order by all",
    )
    withdrawn = {country: (years, value) for country, years, value in found}
    assert withdrawn["TUR"] == ([2020, 2021, 2022, 2023], 1_099_000)
    assert {"THA", "KGZ", "MDG", "UNK"} <= set(withdrawn)
    assert withdrawn["UNK"][0][0] == 1989  # one world figure of unknown place


def test_naturalisations_vanished_in_one_release_and_came_back_in_the_next(published: Connection) -> None:
    found = rows(
        published,
        "select release, event, count(*), sum(difference) from revisions where indicator = 'naturalisation' "
        "and release between '2024-10-18' and '2025-06-12' and event <> 'added' group by all order by all",
    )
    assert found[0] == (dt.date(2024, 10, 18), "withdrawn", 6344, -2_617_408)
    assert found[1][:2] == (dt.date(2025, 6, 12), "returned")
    assert found[1][2] > 6300


def test_new_refugees_vanished_on_one_day_and_came_back_on_another(published: Connection) -> None:
    found = rows(
        published,
        "select release, event, count(*), min(year), max(year) from revisions where indicator = 'flow_refugees' "
        "and release >= '2026-06-12' and event in ('withdrawn', 'returned') group by all order by all",
    )
    assert found == [
        (dt.date(2026, 6, 12), "withdrawn", 2722, 2000, 2024),
        (dt.date(2026, 6, 25), "returned", 2722, 2000, 2024),
    ]


def test_a_change_says_before_after_difference_and_share(published: Connection) -> None:
    (found,) = rows(
        published,
        "select release_before, value_before, value_after, difference, round(difference_share, 4) from revisions "
        "where indicator = 'returned_refugees' and reference_date = '2022-12-31' and asylum = 'POL' "
        "and origin = 'UKR' and event = 'changed'",
    )
    assert found == (dt.date(2025, 11, 10), 403_000, 285_000, -118_000, round(-118 / 403, 4))


def test_revisions_as_of_a_release_end_with_it(published: Connection) -> None:
    newest = "select max(release), count(*) from revisions_as_of('2024-10-18')"
    assert rows(published, newest) == rows(
        published, "select max(release), count(*) from revisions where release <= '2024-10-18'"
    )


# --- roll-ups ---------------------------------------------------------------------------------------------------------


def test_a_release_is_told_indicator_by_indicator_the_largest_change_first(published: Connection) -> None:
    found = rows(
        published, "select indicator::varchar, figures_revised, difference from revisions_by_release('2025-06-12')"
    )
    assert found[0][0] == "idmc_idps"
    assert {name for name, _, _ in found} >= {"naturalisation", "resettlement", "unrwa_refugees"}
    (count,) = rows(published, "select count(*) from revisions where release = '2025-06-12'")[0]
    assert sum(figures for _, figures, _ in found) == count


def test_an_indicator_is_told_release_by_release(published: Connection) -> None:
    found = rows(
        published,
        "select release, difference from revisions_by_indicator('idmc_idps') where reference_date = '2022-12-31'",
    )
    # 62.5 million as first published; IDMC has revised itself down since.
    assert [day for day, _ in found] == sorted(day for day, _ in found)
    now = rows(
        published,
        "select sum(value) from figures where indicator = 'idmc_idps' and reference_date = '2022-12-31'",
    )[0][0]
    then = rows(
        published,
        "select sum(value) from figures_as_of('2023-06-14') "
        "where indicator = 'idmc_idps' and reference_date = '2022-12-31'",
    )[0][0]
    assert sum(difference for _, difference in found) == now - then < -1_000_000


def test_a_country_is_told_in_both_roles(published: Connection) -> None:
    found = rows(published, "select distinct role, indicator::varchar from revisions_by_country('TUR')")
    assert {("asylum", "idmc_idps"), ("origin", "idmc_idps"), ("asylum", "returned_refugees")} <= set(found)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("revisions_by_indicator('refugee')", "There is no indicator refugee. Did you mean refugees"),
        ("revisions_by_country('GFR')", "There is no country GFR"),
        ("revisions_by_release('2025-06-13')", "There is no release 2025-06-13. Known releases"),
    ],
)
def test_what_is_unknown_is_named_with_what_is_known(published: Connection, call: str, said: str) -> None:
    with pytest.raises(duckdb.Error, match=said):
        rows(published, f"from {call}")


# --- one figure explained ---------------------------------------------------------------------------------------------


def test_a_figure_is_explained_with_every_value_it_had_and_where_it_comes_from(published: Connection) -> None:
    found = published.execute("from explain_figure('returned_refugees', 'UKR', 'POL', '2022-12-31')").fetchall()
    names = [column[0] for column in published.description or []]
    first, second = (dict(zip(names, row, strict=True)) for row in found)
    assert (first["value"], first["stands"], first["superseded_in"]) == (403_000, False, dt.date(2026, 3, 30))
    assert (second["value"], second["stands"], second["change"]) == (285_000, True, -118_000)
    assert second["published_as"] == "Mid-Year Trends 2025, corrected"
    assert (second["unit"], second["kind"], second["dataset"]) == ("persons", "flow", "population")
    assert second["publisher"] == "UNHCR"
    assert second["citation"].startswith(
        "UNHCR Refugee Population Statistics Database, release of 2026-03-30: Returned refugees, Ukraine to Poland, "
        "31 December 2022; displacement "
    )


def test_figures_of_idmc_and_unrwa_name_them(published: Connection) -> None:
    (idmc,) = rows(
        published, "select publisher, licence, citation from explain_figure('idmc_idps', 'SDN', 'SDN', '2025-12-31')"
    )
    assert idmc[0] == "IDMC"
    assert "Name IDMC" in idmc[1]
    assert ": Internally displaced people (IDMC), Sudan, 31 December 2025" in idmc[2]
    unrwa = rows(published, "select publisher from explain_figure('unrwa_refugees', 'PSE', 'LBN', '2025-12-31')")
    assert unrwa == [("UNRWA",)]


def test_a_withdrawn_figure_is_explained_and_does_not_stand(published: Connection) -> None:
    found = rows(
        published, "select value, stands, superseded_in from explain_figure('idmc_idps', 'TUR', 'TUR', '2023-12-31')"
    )
    assert found == [(1_099_000, False, dt.date(2025, 6, 12))]


def test_a_figure_there_never_was_has_no_row_and_an_unknown_code_is_an_error(published: Connection) -> None:
    assert rows(published, "from explain_figure('refugees', 'UKR', 'POL', '1980-12-31')") == []
    with pytest.raises(duckdb.Error, match=r"There is no country Poland\. .*did you mean POL"):
        rows(published, "from explain_figure('refugees', 'UKR', 'Poland', '2025-12-31')")
    with pytest.raises(duckdb.Error, match="There is no indicator refugee"):
        rows(published, "from explain_figure('refugee', 'UKR', 'POL', '2025-12-31')")
    with pytest.raises(duckdb.Error, match=r"31 December .* or 30 June"):  # it answered as where there never was one
        rows(published, "from explain_figure('refugees', 'UKR', 'POL', '2025-12-30')")
