"""The emulator answers as the publishers do, quirks included; recorded answers are in test_emulator_recorded.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.emulator import CLIENT_ID, Emulator, small_world
from tests.emulator.layouts import DATA

EVERYTHING = {"coo_all": "true", "coa_all": "true", "limit": 20_000}
SHOWN = {"ptype_show": 1, "locationDescription_show": 1, "locationUR_show": 1, "locationAccType_show": 1}
IDENTITY = ["coo_id", "coo_name", "coo", "coo_iso", "coa_id", "coa_name", "coa", "coa_iso"]
NEWEST = 2023
"""The newest year of the world that is served."""


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(small_world("2024-06-14")) as served:
        yield served


def ask(emulator: Emulator, endpoint: str, **parameters: Any) -> dict[str, Any]:
    answer = requests.get(f"{emulator.unhcr_url}{endpoint}/", params=parameters, timeout=60)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def rows(emulator: Emulator, endpoint: str, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(emulator, endpoint, **parameters)["items"]
    return found


def number(value: Any) -> int:
    return 0 if value == "-" else int(value)


# --- questions it does not understand ---------------------------------------------------------------------------------


def test_a_misspelt_parameter_is_ignored_and_the_answer_is_world_totals(emulator: Emulator) -> None:
    assert ask(emulator, "population", cooo="SYR")["items"] == ask(emulator, "population")["items"]
    assert {row["coo"] for row in rows(emulator, "population", cooo="SYR")} == {"-"}


def test_a_dimension_left_out_is_summed_into_rows_without_identity(emulator: Emulator) -> None:
    (world,) = rows(emulator, "population", year=NEWEST)
    every = rows(emulator, "population", year=NEWEST, **EVERYTHING)
    assert [world[column] for column in IDENTITY] == ["-"] * 8
    assert number(world["refugees"]) == sum(number(row["refugees"]) for row in every)
    by_origin = rows(emulator, "population", year=NEWEST, coo_all=1)
    assert {row["coa_iso"] for row in by_origin} == {"-"}
    assert sum(number(row["idps"]) for row in by_origin) == number(world["idps"])


def test_a_lone_bound_of_years_is_ignored(emulator: Emulator) -> None:
    whole = ask(emulator, "population")["items"]
    assert ask(emulator, "population", yearFrom=NEWEST)["items"] == whole
    assert ask(emulator, "population", yearTo=2000)["items"] == whole
    both = rows(emulator, "population", yearFrom=NEWEST - 1, yearTo=NEWEST + 9)
    assert [row["year"] for row in both] == [NEWEST - 1, NEWEST]


def test_several_years_need_brackets(emulator: Emulator) -> None:
    assert [row["year"] for row in rows(emulator, "population", **{"year[]": [2010, 2012]})] == [2010, 2012]
    assert [row["year"] for row in rows(emulator, "population", year="2010,2012")] == [2010]


def test_codes_are_the_publishers_own_unless_iso_is_asked_for(emulator: Emulator) -> None:
    def places(**parameters: Any) -> set[str]:
        return {row["coa_name"] for row in rows(emulator, "population", **parameters)}

    assert places(coa="AUS") == {"Austria"}
    assert places(coa="AUS", cf_type="ISO") == {"Australia"}
    assert places(coa="DEU") == set()
    assert places(coa="DEU", cf_type="iso") == {"Germany"}
    assert places(coa="AUS,DEU", cf_type="ISO") == {"Australia", "Germany"}


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": -5}, {"limit": "many"}, {"page": 0}])
def test_a_page_or_limit_that_makes_no_sense_is_ignored(emulator: Emulator, wrong: dict[str, Any]) -> None:
    found = ask(emulator, "asylum-applications", coo_all=1, coa_all=1, **wrong)
    assert (found["page"], len(found["items"])) == (1, 100)


# --- rows and envelopes -----------------------------------------------------------------------------------------------


def test_numbers_zeros_and_dashes_are_mixed_in_a_row(emulator: Emulator) -> None:
    found = rows(emulator, "population", coo="SYR", coa="GFR", year=NEWEST)[0]
    assert found["oip"] == "-"
    assert found["idps"] == "0"
    assert type(found["refugees"]) is int
    assert list(found)[:9] == ["year", *IDENTITY]


def test_with_a_limit_of_one_the_pages_are_the_number_of_rows(emulator: Emulator) -> None:
    count = ask(emulator, "solutions", coo_all=1, coa_all=1, limit=1)["maxPages"]
    assert count == len(rows(emulator, "solutions", **EVERYTHING)) == small_world().table("solutions").num_rows


def test_pages_make_up_the_table_in_ascending_years_and_end_with_empty_ones(emulator: Emulator) -> None:
    question = {"coo_all": 1, "coa_all": 1, "limit": 700}
    pages = [ask(emulator, "population", page=page, **question) for page in range(1, 12)]
    assert {page["maxPages"] for page in pages} == {9}
    assert [page["page"] for page in pages] == list(range(1, 12))
    put_together = [row for page in pages for row in page["items"]]
    assert put_together == rows(emulator, "population", **EVERYTHING)
    assert [row["year"] for row in put_together] == sorted(row["year"] for row in put_together)
    assert pages[9]["items"] == pages[10]["items"] == []


def test_the_tables_of_the_world_are_served_to_the_last_value(emulator: Emulator) -> None:
    for dataset, layout in DATA.items():
        served = rows(emulator, layout.endpoint, **EVERYTHING, **SHOWN)
        table = small_world().table(dataset)
        sent = [tuple(row[name] for name in table.column_names) for row in served]
        here = [
            tuple("-" if value is None else "0" if value == 0 else value for value in row.values())
            for row in table.to_pylist()
        ]
        assert sent == here, dataset


def test_a_question_without_an_answer_has_no_pages(emulator: Emulator) -> None:
    assert {**ask(emulator, "population", coo="XYZ"), "short-url": ""} == {
        "page": 1,
        "short-url": "",
        "maxPages": 0,
        "total": [],
        "items": [],
    }
    assert rows(emulator, "population", yearFrom=NEWEST, yearTo=NEWEST - 1) == []


def test_totals_add_cases_to_persons_where_there_are_totals_at_all(emulator: Emulator) -> None:
    with_totals = {
        layout.endpoint
        for layout in DATA.values()
        if isinstance(ask(emulator, layout.endpoint, year=NEWEST)["total"], dict)
    }
    assert with_totals == {"asylum-applications", "asylum-decisions", "solutions"}
    found = ask(emulator, "asylum-applications", coa="USA", year=NEWEST)
    assert {row["app_pc"] for row in found["items"]} == {"P", "C"}
    assert found["total"] == {"applied": sum(row["applied"] for row in found["items"])}


def test_details_of_demographics_are_summed_unless_they_are_asked_for(emulator: Emulator) -> None:
    question = {"coo_all": 1, "coa_all": 1, "year": NEWEST, "limit": 20_000}
    summed = rows(emulator, "demographics", **question)
    by_type = rows(emulator, "demographics", ptype_show="true", **question)
    by_place = rows(emulator, "demographics", **SHOWN, **question)
    assert "pop_type" not in summed[0]
    assert "location" not in by_type[0] and by_type[0]["pop_type"]
    assert by_place[0]["location"] and by_place[0]["loc_type"] and by_place[0]["acc_type"]
    assert len(summed) < len(by_type) < len(by_place)
    assert len({sum(number(row["total"]) for row in each) for each in (summed, by_type, by_place)}) == 1


def test_idps_by_origin_stand_there_without_a_place_of_asylum(emulator: Emulator) -> None:
    found = rows(emulator, "idmc", coo="SYR", year=NEWEST)
    assert [(row["coo"], row["coa"]) for row in found] == [("SYR", "-")]


# --- the lists beside the figures -------------------------------------------------------------------------------------


def test_years_are_listed_that_have_no_data(emulator: Emulator) -> None:
    assert [row["year"] for row in rows(emulator, "years")][-2:] == [NEWEST + 1, NEWEST + 2]
    assert rows(emulator, "population", year=NEWEST + 1) == []


def test_countries_have_codes_of_two_kinds_stray_spaces_and_now_and_then_no_iso_code(emulator: Emulator) -> None:
    found = {row["code"]: row for row in rows(emulator, "countries", limit=1000)}
    assert len(found) == ask(emulator, "countries", limit=1)["maxPages"] == 232
    assert (found["AUS"]["iso"], found["GFR"]["iso"], found["CRB"]["iso"]) == ("AUT", "DEU", None)
    assert (found["UKN"]["name"], found["CUW"]["name"], found["STA"]["iso"]) == ("Unknown ", "Curacao ", "XXA")
    assert "_unhcr_region" not in found["AUS"]


def test_countries_can_be_asked_for_by_region(emulator: Emulator) -> None:
    regions = {row["name"]: row["id"] for row in rows(emulator, "regions")}
    assert len(regions) == 6
    europe = rows(emulator, "countries", unhcr_region=regions["Europe"], limit=1000)
    assert "GFR" in {row["code"] for row in europe} and len(europe) < 100


def test_rows_carry_the_number_their_country_has_in_the_list(emulator: Emulator) -> None:
    numbers = {row["code"]: row["id"] for row in rows(emulator, "countries", limit=1000)}
    for row in rows(emulator, "population", year=NEWEST, **EVERYTHING):
        assert (row["coo_id"], row["coa_id"]) == (numbers[row["coo"]], numbers[row["coa"]])


def test_footnotes_have_another_envelope_and_blanks_for_everybody(emulator: Emulator) -> None:
    found = ask(emulator, "footnotes")
    assert set(found) == {"page", "maxPages", "items"}
    assert any(row["coa"] == " " and row["coa_iso"] == "" for row in found["items"])
    assert any("\r\r\n" in row["footnote"] for row in found["items"])


def test_the_nowcast_knows_places_of_asylum_only(emulator: Emulator) -> None:
    (world,) = rows(emulator, "nowcasting")
    assert (world["year"], world["coa"], world["month"]) == (NEWEST + 1, "-", "August")
    assert [row["coa"] for row in rows(emulator, "nowcasting", coa="DEU", cf_type="ISO")] == ["GFR"]
    assert rows(emulator, "nowcasting", coo="SYR") == []


# --- HTTP -------------------------------------------------------------------------------------------------------------


def test_an_unknown_path_is_answered_with_a_page_of_html(emulator: Emulator) -> None:
    answer = requests.get(emulator.unhcr_url + "refugees/", timeout=10)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_nothing_says_whether_an_answer_has_changed(emulator: Emulator) -> None:
    headers = requests.get(
        emulator.unhcr_url + "unrwa/", headers={"If-Modified-Since": "Tue, 24 Nov 2099 00:00:00 GMT"}, timeout=10
    ).headers
    assert not {"ETag", "Last-Modified"} & set(headers)
    assert headers["Cache-Control"] == "no-cache, private"


def test_answers_are_compressed_for_those_who_accept_it(emulator: Emulator) -> None:
    address = emulator.unhcr_url + "population/"
    packed = requests.get(address, headers={"Accept-Encoding": "gzip"}, timeout=10)
    plain = requests.get(address, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])


def test_connections_are_kept_open(emulator: Emulator) -> None:
    emulator.requests.clear()
    with requests.Session() as session:
        for _ in range(3):
            assert session.get(emulator.unhcr_url + "unrwa/", timeout=10).ok
    assert len({request.connection for request in emulator.requests.of("unrwa")}) == 1


def test_another_world_is_served_as_soon_as_it_is_shown(emulator: Emulator) -> None:
    try:
        emulator.show(small_world("2025-06-13"))
        assert rows(emulator, "population")[-1]["year"] == NEWEST + 1
    finally:
        emulator.show(small_world("2024-06-14"))
    assert rows(emulator, "population")[-1]["year"] == NEWEST


# --- the other publishers ---------------------------------------------------------------------------------------------


def test_the_world_bank_answers_pages_newest_first_with_aggregates_among_the_countries(emulator: Emulator) -> None:
    address = emulator.world_bank_url + "country/all/indicator/SP.POP.TOTL"
    head, found = requests.get(address, params={"format": "json", "date": "2019:2021"}, timeout=10).json()
    assert (head["page"], head["per_page"], len(found)) == (1, 50, 50)
    assert head["pages"] == -(-head["total"] // 50)
    assert [row["date"] for row in found[:3]] == ["2021", "2020", "2019"]
    question = {"format": "json", "date": "2019:2021", "per_page": 20_000}
    every = requests.get(address, params=question, timeout=10).json()[1]
    assert len(every) == head["total"]
    assert {"WLD", "AFE", ""} < {row["countryiso3code"] for row in every}
    assert requests.get(address, params={**question, "page": 2}, timeout=10).json()[1] is None


def test_the_world_bank_has_no_value_for_what_was_not_reported(emulator: Emulator) -> None:
    address = emulator.world_bank_url + "country/all/indicator/NY.GDP.MKTP.CD"
    found = requests.get(address, params={"format": "json", "date": "2023", "per_page": 500}, timeout=10).json()[1]
    assert {row["countryiso3code"]: row["value"] for row in found}["SYR"] is None


def test_the_world_bank_answers_200_to_a_wrong_question(emulator: Emulator) -> None:
    answer = requests.get(emulator.world_bank_url + "country/all/indicator/NONE?format=json", timeout=10)
    assert (answer.status_code, answer.json()[0]["message"][0]["id"]) == (200, "120")


def test_the_world_bank_speaks_xml_unless_json_is_asked_for(emulator: Emulator) -> None:
    answer = requests.get(emulator.world_bank_url + "country/all/indicator/SP.POP.TOTL", timeout=10)
    assert answer.headers["Content-Type"].startswith("text/xml")


@pytest.mark.parametrize("key", [{}, {"client_id": ""}, {"client_id": "somebody-else"}])
def test_idmc_turns_away_clients_it_does_not_know(emulator: Emulator, key: dict[str, str]) -> None:
    assert requests.get(emulator.idmc_url + "gidd/conflicts/", params=key, timeout=10).status_code == 403


def test_idmc_repeats_the_key_in_the_addresses_of_other_pages(emulator: Emulator) -> None:
    address: str | None = f"{emulator.idmc_url}gidd/conflicts/?client_id={CLIENT_ID}&format=json&limit=70"
    found: list[dict[str, Any]] = []
    addresses, pages = [], 0
    while address:
        pages += 1
        page = requests.get(address, timeout=10).json()
        found += page["results"]
        address = page["next"]
        addresses += [each for each in (page["next"], page["previous"]) if each]
    assert len(found) == page["count"] > 140
    assert pages == -(-len(found) // 70)
    assert all(f"client_id={CLIENT_ID}" in each for each in addresses)
    assert len({(row["iso3"], row["year"]) for row in found}) == len(found)


def test_idmc_sends_twenty_rows_unless_it_is_told_otherwise(emulator: Emulator) -> None:
    page = requests.get(emulator.idmc_url + "gidd/disasters/", params={"client_id": CLIENT_ID}, timeout=10).json()
    assert len(page["results"]) == 20


def test_idmcs_stocks_of_conflict_are_those_of_unhcrs_table(emulator: Emulator) -> None:
    question = {"client_id": CLIENT_ID, "limit": 10_000}
    found = requests.get(emulator.idmc_url + "gidd/conflicts/", params=question, timeout=10).json()["results"]
    here = {(row["coo_iso"], row["year"]): row["total"] for row in rows(emulator, "idmc", **EVERYTHING)}
    assert {(row["iso3"], row["year"]): row["total_displacement"] for row in found} == {
        key: total for key, total in here.items() if key[0] != "UNK"
    }
    assert any(row["new_displacement"] == 0 and row["new_displacement_rounded"] is None for row in found)


def test_idmcs_disasters_have_stocks_from_the_year_they_were_first_counted(emulator: Emulator) -> None:
    question = {"client_id": CLIENT_ID, "limit": 10_000}
    found = requests.get(emulator.idmc_url + "gidd/disasters/", params=question, timeout=10).json()["results"]
    assert {row["year"] >= 2019 for row in found if row["total_displacement"] is not None} == {True}
    both = requests.get(emulator.idmc_url + "gidd/displacements/", params=question, timeout=10).json()["results"]
    assert sum(row["disaster_new_displacement"] or 0 for row in both) == sum(row["new_displacement"] for row in found)
