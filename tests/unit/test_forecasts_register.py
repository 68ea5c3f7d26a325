"""Forecasts of one's own: examined before they are kept, and part of the next build unless they cannot be read."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date

import pytest

from displacement.build.models import read_models
from displacement.build.warehouse import Warehouse
from displacement.errors import WrongUseError
from displacement.query.forecasts import FORECASTS, Forecast, examined, left_out
from displacement.settings import Settings

TYPED = Forecast(
    *("ministry-2027", "A ministry", "Outlook 2027", "2026-07-01", "Forecast", "refugees", "sdn", "", "level", ""),
    *("2027-12-31", "3 million", "", "", "a newspaper", "https://example.org", "", "rounded"),
)
CHANGE = replace(
    TYPED, forecast_id="more-2027", scope="DRC", quantity="change", from_date="2026-12-31", bound="At least"
)


def kept(here: Settings, typed: Forecast) -> None:
    FORECASTS.add(here, typed.forecast_id, examined(here, typed, date(2026, 11, 28)))


def added(here: Settings) -> list[tuple[object, ...]]:
    warehouse = Warehouse(here, here.home / "made.duckdb")
    for model in read_models(here.sql, frozenset({"countries", "forecasts"})).values():
        warehouse.make(model)
    found = warehouse.connection.execute(
        "select forecast_id, scope, value, bound, standing, made_on_precision from forecasts where added_here"
    ).fetchall()
    warehouse.close()
    return found


def test_a_forecast_added_here_is_one_of_the_next_build(here: Settings) -> None:
    kept(here, TYPED)
    kept(here, CHANGE)
    assert (
        added(here)
        == [
            ("more-2027", "drc", 3_000_000, "at least", "secondary", "day"),
            ("ministry-2027", "SDN", 3_000_000, None, "secondary", "day"),
        ][::-1]
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"forecast_id": "drc-2025-y2025"}, "comes with the program"),
        ({"kind": "hope"}, "There is no kind hope"),
        ({"measure": "refugee"}, "Did you mean refugees?"),
        ({"scope": "Korea"}, "There is no country Korea"),
        ({"from_date": "2026-12-31"}, "A change counts from a date"),
        ({"quantity": "change", "from_date": "2028-01-01"}, "does not come after 2028-01-01"),
        ({"made_on": "2026-12-01"}, "is still to come; a forecast is compared"),
        ({"bound": "about"}, "There is no bound about"),
    ],
)
def test_a_forecast_that_makes_no_sense_is_refused(here: Settings, change: dict[str, str], says: str) -> None:
    with pytest.raises(WrongUseError) as refused:
        kept(here, replace(TYPED, **change))
    assert says in str(refused.value)
    assert not here.added("forecasts").exists()


@pytest.mark.parametrize(
    ("column", "bad"),
    [
        ("value", "99999999999999999999"),
        ("made_on", "2026"),
        ("target_date", "soon"),
        ("scope", "ZZZ"),
        ("measure", "people"),
        ("from_date", "2026-01-01"),
        ("forecast_id", "drc-2025-y2025"),
    ],
)
def test_a_bad_forecast_never_stops_a_build_and_is_named(here: Settings, column: str, bad: str) -> None:
    kept(here, TYPED)
    lines = list(csv.reader(here.added("forecasts").read_text(encoding="utf-8").splitlines()))
    lines[1][lines[0].index(column)] = bad
    with here.added("forecasts").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    assert added(here) == []
    assert len(left_out(here)) == 1
