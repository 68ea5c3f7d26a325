"""Names people ask for: known whatever their case, or answered with the nearest and those there are."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from displacement.errors import WrongUseError
from displacement.language import LANGUAGES, place, reviewed_names
from displacement.query import names
from displacement.settings import PACKAGE


@pytest.fixture
def file() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database with four countries, two releases and an indicator."""
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table countries as from (values
                ('DEU', 'Germany', 'GFR', true),
                ('AUS', 'Australia', 'AUL', true),
                ('AUT', 'Austria', 'AUS', true),
                ('UNK', 'Unknown', 'UKN', true),
                ('UKR', 'Ukraine', 'UKR', true),
                ('VEN', 'Venezuela (Bolivarian Republic of)', 'VEN', false)
            ) as listed (iso3, name, unhcr_code, in_figures)
            """
        )
        connection.execute("create table releases as select unnest([date '2023-06-14', date '2024-06-17']) as release")
        connection.execute("create table indicators as select 'refugees' as indicator")
        yield connection


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("DEU", "DEU"),
        ("deu", "DEU"),
        (" Ukr ", "UKR"),
        ("AUS", "AUS"),
        ("germany", "DEU"),
        ("Венесуэла", "VEN"),
    ],
)
def test_a_country_is_known_by_its_iso_code_and_its_name_in_either_case(
    file: duckdb.DuckDBPyConnection, wanted: str, code: str
) -> None:
    # AUS is Australia here and Austria in UNHCR's own codes: ISO comes first.
    assert names.country(file, wanted) == code


ALL = dict(reviewed_names("en"))


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("Syria", "SYR"),
        ("UK", "GBR"),
        ("Russia", "RUS"),
        ("DRC", "COD"),
        ("Turkey", "TUR"),
        ("Ivory Coast", "CIV"),
        ("cote d'ivoire", "CIV"),
        ("Burma", "MMR"),
        ("Gaza", "PSE"),
        ("Hong Kong", "HKG"),
        ("Siria", "SYR"),
        ("США", "USA"),
        ("英国", "GBR"),
        ("سوريا", "SYR"),
        ("Corée du Sud", "KOR"),
    ],
)
def test_a_name_people_use_is_the_country_they_mean(wanted: str, code: str) -> None:
    """Syria was once answered with Serbia, and the UK with Ukraine."""
    assert names.country_code(wanted, ALL, {}) == code


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("Congo", "Did you mean COD (Democratic Republic of the Congo) or COG (Congo)?"),
        ("Korea", "Did you mean KOR (Republic of Korea) or PRK (Democratic People's Republic of Korea)?"),
        ("Taiwan", "count it as a province of China; ask for CHN (China)."),
        ("Kosovo", "figures of Serbia include Kosovo (S/RES/1244 (1999)); ask for SRB (Serbia)."),
    ],
)
def test_a_name_of_several_countries_or_of_a_part_of_one_is_refused(wanted: str, says: str) -> None:
    with pytest.raises(WrongUseError) as refused:
        names.country_code(wanted, ALL, {})
    assert says in str(refused.value)


def test_no_name_people_use_is_that_of_another_country() -> None:
    """A reviewed alias that is also the UN's name of another country would answer for the wrong one."""
    with (PACKAGE / "data/country_aliases.csv").open(encoding="utf-8", newline="") as stream:
        listed = list(csv.DictReader(stream))
    assert {row["language"] for row in listed} == set(LANGUAGES)
    assert {row["country"] for row in listed} <= set(ALL)
    ambiguous = {row["alias"] for row in listed if not place(row["alias"]).is_certain}
    assert ambiguous == {"Congo", "الكونغو", "Конго", "刚果"}


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("germny", "Did you mean DEU (Germany)?"),
        ("GFR", "GFR is UNHCR's own code of Germany; did you mean DEU?"),
        ("UKX", "Did you mean UKR (Ukraine)?"),
        ("qqqqqq", "There is no country qqqqqq. Known: "),
    ],
)
def test_another_name_of_a_country_is_answered_with_its_code(
    file: duckdb.DuckDBPyConnection, wanted: str, says: str
) -> None:
    with pytest.raises(WrongUseError) as refused:
        names.country(file, wanted)
    assert says in str(refused.value)


def test_the_nearest_release_is_that_of_the_nearest_day(file: duckdb.DuckDBPyConnection) -> None:
    assert names.release(file, "2024-06-17") == "2024-06-17"
    with pytest.raises(WrongUseError, match=r"Did you mean 2024-06-17\? Known: 2023-06-14, 2024-06-17\."):
        names.release(file, "2025-01-01")
    with pytest.raises(WrongUseError, match=r"There is no release newest\. Known: 2023-06-14, "):
        names.release(file, "newest")


def test_a_reference_date_is_one_of_those_there_are() -> None:
    known = [date(2023, 12, 31), date(2024, 6, 30)]
    assert names.reference_date("2024-06-30", known, "refugees") == known[1]
    with pytest.raises(WrongUseError) as refused:
        names.reference_date("2024-12-31", known, "refugees")
    said = "There is no reference date 2024-12-31 of refugees. Did you mean 2024-06-30? Known: 2024-06-30, 2023-12-31."
    assert str(refused.value) == said
    with pytest.raises(WrongUseError, match=r"^There are no figures of refugees\.$"):
        names.reference_date("2024-12-31", [], "refugees")


def test_a_long_list_is_cut_and_says_how_much_is_left_out() -> None:
    assert names.listed([str(n) for n in range(13)]).endswith("11, 12.")
    assert names.listed([str(n) for n in range(14)], "the table numbers").endswith(
        "11 … and 2 more (the table numbers)."
    )
    assert names.listed([]) == "None is known."


def test_a_name_that_is_like_none_suggests_none() -> None:
    assert names.nearest("refugee", ["refugees", "returned_refugees"]) == "refugees"
    assert names.nearest("zzz", ["refugees"]) is None
    assert "Did you mean" not in str(names.unknown("thing", "zzz", ["refugees"]))
    assert "Did you mean" not in str(names.unknown("thing", "refugee", ["refugees"], suggested=""))
