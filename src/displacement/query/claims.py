"""Claims added to an installation: `home/claims.csv`, written whole, with the columns of those that are shipped.

What a claim can be about is in `data/claim_measures.csv`; the model `claim_checks` compares claims with figures at the
next build.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from displacement.build.models import read_models
from displacement.catalogue import load_catalogue
from displacement.errors import WrongUseError
from displacement.query import names
from displacement.query.registers import Register, made_on, number, read_rows, row_name, sentence
from displacement.storage.duck import execute, rows, sql_text

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

MEASURES = "claim_measures.csv"
LARGEST_TOLERANCE = 1.0


@dataclass(frozen=True, slots=True)
class Measure:
    """Something a claim can be about; `indicators` is empty for measures of the published total."""

    measure: str
    unit: str
    indicators: str
    noun: str
    description: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, as text in the columns of the file."""

    claim_id: str
    claimant: str
    claim: str
    measure: str
    country: str
    role: str
    value: str
    unit: str
    tolerance: str
    made_on: str
    source: str


def measures(settings: Settings) -> dict[str, Measure]:
    """Return what a claim can be about, by name."""
    return {row["measure"]: Measure(**row) for row in read_rows(settings.data / MEASURES)}


CLAIMS = Register("claim", Claim)
"""The claims added to an installation."""


def left_out(settings: Settings) -> tuple[str, ...]:
    """Return a sentence for each row of the file of added claims that no build reads, and why."""
    return CLAIMS.left_out(settings, lambda claim: examined(settings, claim, date.max))


def check(connection: duckdb.DuckDBPyConnection, settings: Settings, claim: Claim) -> dict[str, Any]:
    """Return the row that the model `claim_checks` has for one claim, which need not be kept.

    Raises:
        WrongUseError: DuckDB refuses it.
    """
    typed = {"value": "bigint", "tolerance": "double", "made_on": "date"}
    columns = [
        f"cast(nullif('{sql_text(value)}', '') as {typed.get(name, 'varchar')}) as {name}"
        for name, value in asdict(claim).items()
    ]
    execute(connection, f"create or replace temp table claims as select {', '.join(columns)}")
    model, described = read_models(settings.sql, frozenset({"claim_checks"}))["claim_checks"], load_catalogue().tables
    for table in (described[name] for name in model.reads_models):
        if table.schema != "main":  # a model names tables without their schema
            execute(connection, f"create or replace temp view {table.name} as from {table.address}")
    [found] = rows(connection, model.sql)
    execute(connection, "drop table temp.claims")
    return found


# --- a claim as it is typed -------------------------------------------------------------------------------------------


def examined(settings: Settings, typed: Claim, today: date) -> Claim:
    """Return a claim as it is kept, from one as it is typed: each part made sense of.

    Raises:
        WrongUseError: a part does not; the message has what would.
    """
    known = measures(settings)
    measure = known[names.one_of("measure", typed.measure, known)]
    country, role = _place(settings, typed, measure)
    return Claim(
        claim_id=row_name("claim", typed.claim_id),
        claimant=sentence("claim", "claimant", typed.claimant, 200),
        claim=sentence("claim", "text", typed.claim, 1000),
        measure=measure.measure,
        country=country,
        role=role,
        value=str(number(typed.value)),
        unit=measure.unit,
        tolerance=_tolerance(typed.tolerance),
        made_on=str(made_on("claim", typed.made_on, today)),
        source=sentence("claim", "source", typed.source, 1000),
    )


def _tolerance(text: str) -> str:
    share = float(text) if re.fullmatch(r"[0-9]*\.?[0-9]+", text) else -1.0
    if not 0 <= share <= LARGEST_TOLERANCE:
        raise WrongUseError(f"A tolerance is a share of the claimed value from 0 to 1, such as 0.05; not {text[:20]}.")
    return f"{share:g}"


def _place(settings: Settings, typed: Claim, measure: Measure) -> tuple[str, str]:
    """Return the country and the role of a claim, both empty for the world."""
    if not typed.country and not typed.role:
        return "", ""
    if not measure.indicators:
        raise WrongUseError(f"{measure.measure} is about the world: leave out --country and --role.")
    if not (typed.country and typed.role):
        raise WrongUseError("A claim about a country needs --country and --role: origin (from it) or asylum (in it).")
    found = read_rows(settings.data / "countries.csv")
    by_code = {row["iso3"]: row["name"] for row in found}
    country = names.country_code(typed.country, by_code, {row["unhcr_code"]: row["iso3"] for row in found})
    return country, names.one_of("role", typed.role, ("origin", "asylum"))
