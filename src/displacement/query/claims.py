"""Claims added to an installation: `home/claims.csv`, written whole, with the columns of those that are shipped.

What a claim can be about is in `data/claim_measures.csv`; the model `claim_checks` compares claims with figures at the
next build.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.errors import DisplacementError, WrongUseError
from displacement.query import names
from displacement.storage.duck import execute, rows, sql_text
from displacement.storage.files import write_text
from displacement.storage.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

SHIPPED = "claims.csv"
MEASURES = "claim_measures.csv"
LARGEST_TOLERANCE = 1.0
LARGEST = 10_000_000_000
"""People a claim may be about: more than live."""

LENGTHS = {"claimant": 200, "text": 1000, "source": 1000}
"""Characters a part of a claim may have."""


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


COLUMNS = tuple(field.name for field in fields(Claim))


def measures(settings: Settings) -> dict[str, Measure]:
    """Return what a claim can be about, by name."""
    return {row["measure"]: Measure(**row) for row in _rows(settings.data / MEASURES)}


def shipped(settings: Settings) -> dict[str, Claim]:
    """Return the claims that come with the program, by name."""
    return {row["claim_id"]: Claim(**row) for row in _rows(settings.data / SHIPPED)}


def added(settings: Settings) -> dict[str, Claim]:
    """Return the claims added to this installation, by name.

    Raises:
        DisplacementError: the file has other columns than it should.
    """
    path = settings.added_claims
    if not path.exists():
        return {}
    found = _rows(path)
    for row in found:
        if set(row) != set(COLUMNS) or None in row.values():
            raise DisplacementError(
                f"The file {path} has other columns than {', '.join(COLUMNS)}. Mend it, or move it away and add the "
                "claims again."
            )
    return {row["claim_id"]: Claim(**row) for row in found}


def add(settings: Settings, claim: Claim) -> None:
    """Keep a claim that has been examined.

    Raises:
        WrongUseError: there is a claim of that name.
    """
    if claim.claim_id in shipped(settings):
        raise WrongUseError(f"The claim {claim.claim_id} comes with the program. Give yours another name.")
    from displacement.storage import mirror  # asked of the store only by those who write

    with mirror.claims(settings):
        there = added(settings)
        if claim.claim_id in there:
            raise WrongUseError(
                f"There is a claim {claim.claim_id} already. Give yours another name, or take that one away first: "
                f"displacement claims remove {claim.claim_id}."
            )
        _write(settings.added_claims, [*there.values(), claim])


def remove(settings: Settings, claim_id: str) -> Claim:
    """Take away a claim that was added here, and return it.

    Raises:
        WrongUseError: it comes with the program, or there is none of that name.
    """
    if claim_id in shipped(settings):
        raise WrongUseError(f"The claim {claim_id} comes with the program and stays. Only claims added here can go.")
    from displacement.storage import mirror  # asked of the store only by those who write

    with mirror.claims(settings):
        there = added(settings)
        if claim_id not in there:
            raise names.unknown("claim", claim_id, list(there), of="added here")
        _write(settings.added_claims, [claim for name, claim in there.items() if name != claim_id])
    return there[claim_id]


def left_out(settings: Settings) -> tuple[str, ...]:
    """Return a sentence for each row of the file of added claims that no build reads, and why."""
    path = settings.added_claims
    try:
        claims = added(settings) if path.exists() else {}
    except (DisplacementError, UnicodeDecodeError, csv.Error) as error:
        return (f"The claims in {path} are left out: {error}",)
    found = []
    for claim in claims.values():
        try:
            if claim.claim_id in shipped(settings):
                raise WrongUseError("a claim of that name comes with the program.")
            examined(settings, claim, date.max)
        except WrongUseError as error:
            found.append(f"The claim {claim.claim_id[:60]} in {path} is left out: {error}")
    return tuple(found)


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
    [found] = rows(connection, read_sql(settings.sql / "marts" / "claim_checks.sql").statement)
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
        claim_id=_name(typed.claim_id),
        claimant=_said("claimant", typed.claimant),
        claim=_said("text", typed.claim),
        measure=measure.measure,
        country=country,
        role=role,
        value=str(number(typed.value)),
        unit=measure.unit,
        tolerance=_tolerance(typed.tolerance),
        made_on=str(_made_on(typed.made_on, today)),
        source=_said("source", typed.source),
    )


def number(text: str) -> int:
    """Return a number of people written as 110000000, 110,000,000, 110 million or 110m.

    >>> number("1.3 million")
    1300000

    Raises:
        WrongUseError: it is not written so, or larger than any number of people.
    """
    found = re.fullmatch(r"([+-]?[0-9_,]*\.?[0-9]+)\s*(m|million|k|thousand|)", text.strip().lower())
    if not found or len(text) > 40:
        raise WrongUseError(f"{text[:40]!r} is not a number of people. Write it as 110000000 or '110 million'.")
    times = {"m": 1_000_000, "million": 1_000_000, "k": 1_000, "thousand": 1_000, "": 1}[found[2]]
    people = round(Decimal(found[1].replace(",", "").replace("_", "")) * times)
    if abs(people) > LARGEST:
        raise WrongUseError(f"{text} is more than {LARGEST:,} people. Give the number in people, not in thousands.")
    return people


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,59}", text):
        raise WrongUseError(
            f"{text!r} is not a name for a claim. Names have small letters, digits and hyphens: minister-2026-refugees."
        )
    return text


def _said(what: str, text: str) -> str:
    said = " ".join(text.split())
    if not said:
        raise WrongUseError(f"The {what} of a claim cannot be empty.")
    if len(said) > LENGTHS[what]:
        raise WrongUseError(f"The {what} of a claim has at most {LENGTHS[what]} characters, not {len(said)}.")
    if not said.isprintable():
        raise WrongUseError(f"The {what} of a claim has characters that are not text: {said[:60]!r}.")
    return said


def _tolerance(text: str) -> str:
    share = float(text) if re.fullmatch(r"[0-9]*\.?[0-9]+", text) else -1.0
    if not 0 <= share <= LARGEST_TOLERANCE:
        raise WrongUseError(f"A tolerance is a share of the claimed value from 0 to 1, such as 0.05; not {text[:20]}.")
    return f"{share:g}"


def _made_on(text: str, today: date) -> date:
    day = names.day(text)
    if day > today:
        raise WrongUseError(f"{day} is still to come; a claim is compared with what was known on the day it was made.")
    return day


def _place(settings: Settings, typed: Claim, measure: Measure) -> tuple[str, str]:
    """Return the country and the role of a claim, both empty for the world."""
    if not typed.country and not typed.role:
        return "", ""
    if not measure.indicators:
        raise WrongUseError(f"{measure.measure} is about the world: leave out --country and --role.")
    if not (typed.country and typed.role):
        raise WrongUseError("A claim about a country needs --country and --role: origin (from it) or asylum (in it).")
    found = _rows(settings.data / "countries.csv")
    by_code = {row["iso3"]: row["name"] for row in found}
    country = names.country_code(typed.country, by_code, {row["unhcr_code"]: row["iso3"] for row in found})
    return country, names.one_of("role", typed.role, ("origin", "asylum"))


# --- files ------------------------------------------------------------------------------------------------------------


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, claims: list[Claim]) -> None:
    """Write the file whole, or remove it where no claim is left."""
    if not claims:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(claim) for claim in claims)
    write_text(path, text.getvalue())
