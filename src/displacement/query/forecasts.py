"""Published forecasts added to an installation: `home/forecasts.csv`, with the columns of those that are shipped.

What a forecast can be about is in `data/forecast_measures.csv`, of which countries in `data/forecast_scopes.csv`; the
model `forecast_scores` compares forecasts with figures at the next build.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from displacement.errors import WrongUseError
from displacement.query import names
from displacement.query.registers import Register, made_on, number, read_rows, row_name, sentence
from displacement.storage.duck import rows

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

KINDS = ("forecast", "nowcast", "planning")
BOUNDS = ("", "at least", "at most")
WORLD = "world"


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast, as text in the columns of the file. A change counts from `from_date`; a level has none."""

    forecast_id: str
    publisher: str
    title: str
    made_on: str
    kind: str
    measure: str
    scope: str
    scope_as_published: str
    quantity: str
    from_date: str
    target_date: str
    value: str
    bound: str
    standing: str
    quoted_by: str
    url: str
    not_compared: str
    note: str


FORECASTS = Register("forecast", Forecast)
"""The forecasts added to an installation."""


def measures(settings: Settings) -> dict[str, str]:
    """Return what a forecast can be about, each with its description."""
    return {row["measure"]: row["description"] for row in read_rows(settings.data / "forecast_measures.csv")}


def forecasts(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the forecasts, in the order they were made."""
    return rows(connection, "select * from forecasts order by made_on, forecast_id")


def scores(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the forecasts with what followed, in the order they were made."""
    return rows(connection, "select * from forecast_scores order by made_on, forecast_id")


def left_out(settings: Settings) -> tuple[str, ...]:
    """Return a sentence for each row of the file of added forecasts that no build reads, and why."""
    return FORECASTS.left_out(settings, lambda forecast: examined(settings, forecast, date.max))


def examined(settings: Settings, typed: Forecast, today: date) -> Forecast:
    """Return a forecast as it is kept, from one as it is typed.

    Raises:
        WrongUseError: a part makes no sense; the message has what would.
    """
    from_date, target = typed.from_date and names.day(typed.from_date), names.day(typed.target_date)
    quantity = names.one_of("quantity", typed.quantity, ("change", "level"))
    if (quantity == "change") != bool(from_date):
        raise WrongUseError("A change counts from a date (--from-date); a level has none.")
    if from_date and from_date >= target:
        raise WrongUseError(f"The forecast is of {target}, which does not come after {from_date}.")
    return Forecast(
        forecast_id=row_name("forecast", typed.forecast_id),
        publisher=sentence("forecast", "publisher", typed.publisher, 200),
        title=sentence("forecast", "title", typed.title, 1000),
        made_on=str(made_on("forecast", typed.made_on, today)),
        kind=names.one_of("kind", typed.kind, KINDS),
        measure=names.one_of("measure", typed.measure, measures(settings)),
        scope=_scope(settings, typed.scope),
        scope_as_published=sentence("forecast", "scope", typed.scope_as_published or typed.scope, 1000),
        quantity=quantity,
        from_date=str(from_date),
        target_date=str(target),
        value=str(number(typed.value)),
        bound=names.one_of("bound", typed.bound, BOUNDS),
        standing="secondary" if typed.quoted_by else "published",
        quoted_by=typed.quoted_by and sentence("forecast", "quotation", typed.quoted_by, 1000),
        url=typed.url and sentence("forecast", "address", typed.url, 1000),
        not_compared="",
        note=typed.note and sentence("forecast", "note", typed.note, 1000),
    )


def _scope(settings: Settings, typed: str) -> str:
    """Return a scope: the world, a list of countries that is known, or the code of a country."""
    known = [WORLD, *dict.fromkeys(row["scope"] for row in read_rows(settings.data / "forecast_scopes.csv"))]
    if typed.lower() in (scope.lower() for scope in known):
        return names.one_of("scope", typed, known)
    found = read_rows(settings.data / "countries.csv")
    by_code = {row["iso3"]: row["name"] for row in found}
    return names.country_code(typed, by_code, {row["unhcr_code"]: row["iso3"] for row in found})
