"""Claims of one's own: examined before they are kept, kept whole, and part of what a build is made from."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from displacement.build.fingerprint import fingerprint
from displacement.build.models import read_models
from displacement.build.warehouse import Warehouse
from displacement.catalogue import load_catalogue
from displacement.errors import DisplacementError, WrongUseError
from displacement.query import claims
from displacement.query.claims import CLAIMS, Claim, examined
from displacement.query.registers import number
from displacement.settings import Settings

TODAY = date(2026, 11, 24)
TYPED = Claim(
    claim_id="minister-2026",
    claimant="A minister",
    claim='Chad hosts  "1.3 million", or more',
    measure="refugees",
    value="1.3 million",
    unit="",
    tolerance="0.05",
    made_on="2026-07-01",
    source="a speech",
    country="tcd",
    role="Asylum",
)
WORLD = replace(TYPED, claim_id="world-2026", measure="headline_total", country="", role="")


def kept(here: Settings, typed: Claim = TYPED) -> None:
    CLAIMS.add(here, typed.claim_id, examined(here, typed, TODAY))


def test_a_claim_is_kept_as_it_was_meant(here: Settings) -> None:
    kept(here)
    claim = CLAIMS.added(here)["minister-2026"]
    assert (claim.measure, claim.country, claim.role, claim.value) == ("refugees", "TCD", "asylum", "1300000")
    assert (claim.unit, claim.tolerance, claim.made_on) == ("persons", "0.05", "2026-07-01")
    assert claim.claim == 'Chad hosts "1.3 million", or more'


def test_the_file_has_the_columns_of_the_claims_that_are_shipped(here: Settings) -> None:
    kept(here)
    with (here.data / "claims.csv").open(encoding="utf-8", newline="") as shipped:
        columns = next(csv.reader(shipped))
    assert here.added("claims").read_text(encoding="utf-8").splitlines()[0].split(",") == columns
    assert [*columns, "added_here"] == list(load_catalogue().tables["claims"].column_names)


def test_claims_are_added_to_and_taken_from_the_file_one_by_one(here: Settings) -> None:
    kept(here)
    kept(here, WORLD)
    assert list(CLAIMS.added(here)) == ["minister-2026", "world-2026"]
    assert CLAIMS.remove(here, "minister-2026").claimant == "A minister"
    assert list(CLAIMS.added(here)) == ["world-2026"]
    CLAIMS.remove(here, "world-2026")
    assert CLAIMS.added(here) == {}
    assert not here.added("claims").exists()


def test_a_claim_added_here_is_a_claim_of_the_next_build(here: Settings) -> None:
    model = read_models(here.sql)["claims"]
    here.home.mkdir()
    assert Warehouse(here, here.home / "before.duckdb").make(model) == len(CLAIMS.shipped(here))
    kept(here)
    warehouse = Warehouse(here, here.home / "after.duckdb")
    warehouse.make(model)
    found = warehouse.connection.execute("select claim, country, value from claims where added_here").fetchall()
    assert found == [('Chad hosts "1.3 million", or more', "TCD", 1_300_000)]


def test_a_claim_more_or_less_calls_for_a_new_build(here: Settings) -> None:
    before = fingerprint(here, pictures=False)
    kept(here)
    after = fingerprint(here, pictures=False)
    assert after != before
    CLAIMS.remove(here, "minister-2026")
    assert fingerprint(here, pictures=False) == before


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("110000000", 110_000_000),
        ("110,000,000", 110_000_000),
        ("110_000_000", 110_000_000),
        ("110 million", 110_000_000),
        ("1.3m", 1_300_000),
        ("12 thousand", 12_000),
        ("-5.4 million", -5_400_000),
    ],
)
def test_a_number_of_people_may_be_written_as_people_write_it(text: str, value: int) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"claim_id": "A minister"}, "is not a name for a claim. Names have small letters, digits and hyphens"),
        ({"claim_id": "wilson-total"}, "The claim wilson-total comes with the program. Give yours another name."),
        ({"claimant": " "}, "The claimant of a claim cannot be empty."),
        ({"measure": "refugee"}, "There is no measure refugee. Did you mean refugees? Known: headline_total, "),
        ({"value": "many"}, "'many' is not a number of people. Write it as 110000000 or '110 million'."),
        ({"tolerance": "5.0"}, "A tolerance is a share of the claimed value from 0 to 1, such as 0.05; not 5.0."),
        ({"made_on": "1.7.2026"}, "1.7.2026 is not a valid date."),
        ({"made_on": "2026-11-25"}, "2026-11-25 is still to come"),
        ({"country": "Korea"}, "There is no country Korea. Did you mean KOR (Republic of Korea) or PRK"),
        ({"role": "host"}, "There is no role host. Known: origin, asylum."),
        ({"role": ""}, "A claim about a country needs --country and --role"),
        ({"measure": "headline_total"}, "headline_total is about the world: leave out --country and --role."),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused_with_what_would(
    here: Settings, change: dict[str, object], says: str
) -> None:
    with pytest.raises(WrongUseError) as refused:
        kept(here, replace(TYPED, **change))  # type: ignore[arg-type]
    assert says in str(refused.value)
    assert not here.added("claims").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"value": "9" * 400}, "is not a number of people"),
        ({"value": "99999999999999999999"}, "is more than 10,000,000,000 people"),
        ({"claim": "x" * 1001}, "The text of a claim has at most 1000 characters, not 1001."),
        ({"source": "a\x00b"}, "characters that are not text"),
        ({"claimant": "\udcff"}, "characters that are not text"),
    ],
)
def test_a_claim_is_bounded(here: Settings, change: dict[str, object], says: str) -> None:
    """Numbers beyond 64 bits and undecodable text ended in tracebacks."""
    with pytest.raises(WrongUseError) as refused:
        kept(here, replace(TYPED, **change))  # type: ignore[arg-type]
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("column", "bad"),
    [
        ("value", "99999999999999999999"),
        ("value", "many"),
        ("made_on", "yesterday"),
        ("country", "ZZZ"),
        ("role", "host"),
        ("measure", "people"),
        ("tolerance", "half"),
        ("claim", ""),
        ("claim_id", "wilson-total"),
    ],
)
def test_a_bad_claim_never_stops_a_build_and_is_named(here: Settings, column: str, bad: str) -> None:
    """A number beyond 64 bits in the file of added claims failed every build."""
    kept(here)
    kept(here, WORLD)
    lines = list(csv.reader(here.added("claims").read_text(encoding="utf-8").splitlines()))
    lines[1][lines[0].index(column)] = bad
    with here.added("claims").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    warehouse = Warehouse(here, here.home / "made.duckdb")
    warehouse.make(read_models(here.sql)["claims"])
    found = warehouse.connection.execute("select claim_id from claims where added_here").fetchall()
    assert found == [("world-2026",)]
    assert len(claims.left_out(here)) == 1


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a,b\n1,2\n", b"", b'"' * 99])
def test_a_file_of_claims_that_cannot_be_read_never_stops_a_build(here: Settings, content: bytes) -> None:
    here.home.mkdir(parents=True, exist_ok=True)
    here.added("claims").write_bytes(content)
    warehouse = Warehouse(here, here.home / "made.duckdb")
    assert warehouse.make(read_models(here.sql)["claims"]) == len(CLAIMS.shipped(here))


def test_a_claim_is_not_overwritten(here: Settings) -> None:
    kept(here)
    with pytest.raises(WrongUseError, match="There is a claim minister-2026 already"):
        kept(here, replace(TYPED, value="2 million"))
    assert CLAIMS.added(here)["minister-2026"].value == "1300000"


@pytest.mark.parametrize(
    ("name", "says"),
    [("minister", r"There is no claim minister added here\. Did you mean minister-2026\?"), ("wilson-total", "stays")],
)
def test_only_what_was_added_here_can_be_taken_away(here: Settings, name: str, says: str) -> None:
    kept(here)
    with pytest.raises(WrongUseError, match=says):
        CLAIMS.remove(here, name)


def test_a_file_that_somebody_else_wrote_is_named_with_what_is_wrong(here: Settings, tmp_path: Path) -> None:
    here.home.mkdir()
    here.added("claims").write_text("claim_id,claim\nmine,That is so\n")
    with pytest.raises(DisplacementError, match=r"claims\.csv has other columns than claim_id, claimant, "):
        kept(here)


def test_every_measure_has_a_unit_and_indicators_that_are_known(here: Settings) -> None:
    catalogue = load_catalogue()
    for measure in claims.measures(here).values():
        assert measure.unit in ("persons", "persons per year")
        assert set(measure.indicators.split()) <= set(catalogue.indicators), measure.measure
        assert bool(measure.indicators) == bool(measure.noun), measure.measure
