"""The newest published total, and the verdict on each claim, from the published file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from displacement.query.formats import printed_day
from displacement.storage.duck import rows

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Headline:
    """The newest published year-end total in persons, with its change in a year; `standing` is that of `headlines`."""

    reference_date: date
    title: str
    published_total: int
    published_yearly_change: int | None
    standing: str

    @property
    def sentence(self) -> str:
        """The headline in one sentence."""
        day = printed_day(self.reference_date)
        said = f"{millions(self.published_total)} million people were forcibly displaced on {day}"
        if self.published_yearly_change is not None:
            change = self.published_yearly_change
            said += f", {millions(abs(change))} million {'fewer' if change < 0 else 'more'} than a year before"
        quoted = "" if self.standing == "published" else ", as others quote it"
        return f"{said} (UNHCR, {self.title}{quoted})."


def headline(connection: duckdb.DuckDBPyConnection) -> Headline:
    """Return the newest published year-end total."""
    found = rows(
        connection,
        """
        select
            global_totals.reference_date,
            headlines.title,
            headlines.standing,
            published_total,
            published_yearly_change
        from global_totals
        inner join headlines on global_totals.reference_date = headlines.reference_date
        where global_totals.period = 'year-end' and published_total is not null
        order by global_totals.reference_date desc
        limit 1
        """,
    )
    return Headline(**found[0])


def claims(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the claims with their verdicts, in the order they were made, the total before its growth."""
    return rows(connection, "select * from claim_checks order by made_on, abs(claimed_value) desc, claim_id")


def millions(persons: int) -> str:
    """Return a number of people in millions with one decimal, as headlines are printed."""
    return f"{persons / 1_000_000:.1f}"
