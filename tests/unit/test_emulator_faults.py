"""Each fault does on the wire what its declaration says, for as long as it was told to, and nothing else."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator import CLIENT_ID, Emulator, faults, small_world
from tests.emulator.declaring import REGISTRY

EVERYTHING = {"coo_all": "1", "coa_all": "1", "limit": "20000"}
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(small_world()) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator) -> Iterator[Emulator]:
    served.requests.clear()
    yield served
    served.mend()


@pytest.fixture(scope="module")
def sound(served: Emulator) -> bytes:
    """Return the body of an answer that nothing spoils."""
    return get(served).content


def get(emulator: Emulator, endpoint: str = "population", **parameters: str) -> requests.Response:
    return requests.get(f"{emulator.unhcr_url}{endpoint}/", params=parameters or EVERYTHING, timeout=10)


def rows(emulator: Emulator, endpoint: str = "population", **parameters: str) -> Rows:
    found: Rows = get(emulator, endpoint, **parameters).json()["items"]
    return found


# --- when a fault strikes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "struck"),
    [
        ({}, "111111"),
        ({"times": 2}, "110000"),
        ({"after": 2}, "001111"),
        ({"after": 1, "times": 3}, "011100"),
        ({"every": 2}, "101010"),
        ({"every": 3, "times": 1, "after": 1}, "010000"),
    ],
)
def test_a_fault_strikes_the_requests_it_was_told_to(emulator: Emulator, told: dict[str, int], struck: str) -> None:
    emulator.break_("unrwa", faults.server_error(**told))
    assert "".join("01"[get(emulator, "unrwa").status_code == 500] for _ in range(6)) == struck
    assert [request.faults for request in emulator.requests] == [
        ("server_error",) if one == "1" else () for one in struck
    ]


def test_a_fault_leaves_other_endpoints_alone(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.server_error())
    assert [get(emulator, name).status_code for name in ("unrwa", "idmc", "countries")] == [500, 200, 200]


def test_a_fault_can_be_everywhere(emulator: Emulator) -> None:
    emulator.break_("*", faults.server_error())
    addresses = [f"{emulator.unhcr_url}unrwa/", f"{emulator.world_bank_url}country/all/indicator/SP.POP.TOTL"]
    addresses.append(f"{emulator.idmc_url}gidd/conflicts/?client_id={CLIENT_ID}")
    assert [requests.get(address, timeout=10).status_code for address in addresses] == [500, 500, 500]


def test_the_name_of_a_dataset_will_do_for_its_endpoint(emulator: Emulator) -> None:
    emulator.break_("asylum_decisions", faults.server_error())
    assert get(emulator, "asylum-decisions").status_code == 500


def test_a_fault_can_mean_one_page_or_probes_only(emulator: Emulator) -> None:
    emulator.break_("population", faults.server_error(page=3), faults.refused(only="probes"))
    pages = [get(emulator, limit="1000", coo_all="1", coa_all="1", page=str(page)).status_code for page in (2, 3, 4)]
    assert pages == [200, 500, 200]
    assert get(emulator, limit="1").status_code == 400


def test_faults_add_up(emulator: Emulator) -> None:
    emulator.break_("population", faults.times_ten(), faults.column_dropped("hst"), faults.numbers_as_text())
    before = small_world().table("population").to_pylist()[0]
    after = rows(emulator)[0]
    assert after["idps"] == str(10 * before["idps"]) and "hst" not in after


def test_mended_it_answers_as_before(emulator: Emulator, sound: bytes) -> None:
    emulator.break_("population", faults.times_ten(), faults.truncated_json())
    assert get(emulator).content != sound
    emulator.mend("population")
    assert get(emulator).content == sound


# --- replies ----------------------------------------------------------------------------------------------------------


def test_too_many_requests_says_when_to_come_back_if_told_to(emulator: Emulator) -> None:
    emulator.break_("population", faults.too_many_requests(times=1), faults.too_many_requests(after=1, retry_after=7))
    first, second = get(emulator), get(emulator)
    assert (first.status_code, first.headers.get("Retry-After")) == (429, None)
    assert (second.status_code, second.headers.get("Retry-After")) == (429, "7")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_come_with_a_page_of_html(emulator: Emulator, status: int) -> None:
    emulator.break_("population", faults.server_error(status=status))
    answer = get(emulator)
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (status, "text/html")


@pytest.mark.parametrize("status", [400, 403, 404])
def test_refusals_are_answered(emulator: Emulator, status: int) -> None:
    emulator.break_("population", faults.refused(status=status))
    assert get(emulator).status_code == status


def test_a_slow_start_waits_before_the_first_byte(emulator: Emulator, sound: bytes) -> None:
    emulator.break_("population", faults.slow_start(seconds=0.5))
    began = time.monotonic()
    assert get(emulator).content == sound
    assert time.monotonic() - began > 0.5


def test_a_slow_drip_comes_a_few_bytes_at_a_time(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.slow_drip(bytes_at_once=16, pause=0.05))
    arrivals = []
    with requests.get(emulator.unhcr_url + "unrwa/", stream=True, timeout=10) as answer:
        for _ in islice(answer.raw.stream(16, decode_content=False), 6):
            arrivals.append(time.monotonic())
    assert arrivals[-1] - arrivals[0] > 0.15


def test_a_reset_comes_in_the_middle_of_the_body(emulator: Emulator, sound: bytes) -> None:
    emulator.break_("population", faults.reset(share=0.5))
    arrived = 0
    with (
        pytest.raises(requests.exceptions.ChunkedEncodingError, match="reset by peer"),
        requests.get(
            emulator.unhcr_url + "population/",
            params=EVERYTHING,
            headers={"Accept-Encoding": ""},
            stream=True,
            timeout=10,
        ) as answer,
    ):
        assert int(answer.headers["Content-Length"]) == len(sound)
        for piece in answer.iter_content(1000):
            arrived += len(piece)
    assert arrived < len(sound)


def test_hanging_up_leaves_the_client_without_an_answer(emulator: Emulator) -> None:
    emulator.break_("population", faults.hang_up())
    with pytest.raises(requests.exceptions.ConnectionError, match="without response"):
        get(emulator)


def test_truncated_json_has_a_length_that_fits(emulator: Emulator, sound: bytes) -> None:
    emulator.break_("population", faults.truncated_json(share=0.5))
    answer = get(emulator)
    assert (answer.status_code, answer.content) == (200, sound[: len(sound) // 2])
    with pytest.raises(ValueError, match="Unterminated string"):
        answer.json()


def test_html_comes_with_200(emulator: Emulator) -> None:
    emulator.break_("population", faults.html())
    answer = get(emulator)
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_an_empty_body_comes_with_200(emulator: Emulator) -> None:
    emulator.break_("population", faults.empty_body())
    assert (get(emulator).status_code, get(emulator).content) == (200, b"")


def test_a_declared_length_can_be_too_large(emulator: Emulator) -> None:
    emulator.break_("population", faults.wrong_content_length(by=100))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="100 more expected"):
        get(emulator)


def test_a_declared_length_can_be_too_small(emulator: Emulator, sound: bytes) -> None:
    emulator.break_("population", faults.wrong_content_length(by=-100))
    assert get(emulator).content == sound[:-100]


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_a_bomb_is_small_on_the_wire_and_large_when_unpacked(emulator: Emulator, accepted: str) -> None:
    emulator.break_("unrwa", faults.gzip_bomb(megabytes=64))
    headers = {"Accept-Encoding": accepted}
    with requests.get(emulator.unhcr_url + "unrwa/", headers=headers, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = answer.raw.read(decode_content=False)
    assert len(packed) < 1 << 18
    unpacked = zlib.decompress(packed, wbits=31)  # the checksum at its end is right
    assert len(unpacked) > 64 << 20
    assert unpacked.startswith(b'{"page":1,')


def test_an_endless_body_ends_when_the_client_hangs_up(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.endless_body())
    arrived = 0
    with requests.get(emulator.unhcr_url + "unrwa/", stream=True, timeout=10) as answer:
        for piece in answer.iter_content(1 << 20):
            arrived += len(piece)
            if arrived > 32 << 20:
                break
    deadline = time.monotonic() + 5
    while emulator.requests[-1].ended is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert emulator.requests[-1].ended is not None


def test_a_byte_order_mark_stands_before_the_json(emulator: Emulator) -> None:
    emulator.break_("world-bank", faults.byte_order_mark())
    answer = requests.get(emulator.world_bank_url + "country/all/indicator/SP.POP.TOTL?format=json", timeout=10)
    assert answer.content.startswith(b"\xef\xbb\xbf[{")


# --- pages, counts and questions --------------------------------------------------------------------------------------


def pages(emulator: Emulator) -> list[Rows]:
    question = {"coo_all": "1", "coa_all": "1", "limit": "2000"}
    return [rows(emulator, page=str(page), **question) for page in (1, 2, 3, 4)]


def test_a_page_can_hold_the_rows_of_the_page_before(emulator: Emulator) -> None:
    first, _, third, fourth = pages(emulator)
    emulator.break_("population", faults.duplicate_page(page=2))
    assert pages(emulator) == [first, first, third, fourth]
    assert get(emulator, page="2", limit="2000", coo_all="1", coa_all="1").json()["page"] == 2


def test_a_page_can_be_missing(emulator: Emulator) -> None:
    first, _, third, fourth = pages(emulator)
    emulator.break_("population", faults.missing_page(page=2))
    assert pages(emulator) == [first, [], third, fourth]


def test_a_table_can_change_during_the_fetch_and_stay_so(emulator: Emulator) -> None:
    count = len(rows(emulator))
    emulator.break_("population", faults.changing_table(after=2))
    assert [len(rows(emulator)) for _ in range(4)] == [count, count, count - 5, count - 5]


def test_a_table_can_change_all_the_time(emulator: Emulator) -> None:
    count = len(rows(emulator))
    emulator.break_("population", faults.changing_table(every=2))
    assert [len(rows(emulator)) for _ in range(4)] == [count - 5, count, count - 5, count]


def test_probes_can_count_other_rows_than_there_are(emulator: Emulator) -> None:
    count = len(rows(emulator))
    emulator.break_("population", faults.wrong_count(by=3))
    assert get(emulator, limit="1", coo_all="1", coa_all="1").json()["maxPages"] == count + 3
    assert get(emulator).json()["maxPages"] == 1


def test_an_envelope_can_count_other_pages_than_there_are(emulator: Emulator) -> None:
    emulator.break_("population", faults.wrong_pages(by=-1))
    assert get(emulator, limit="2000", coo_all="1", coa_all="1").json()["maxPages"] == 3
    assert get(emulator, limit="1", coo_all="1", coa_all="1").json()["maxPages"] == len(rows(emulator))


def test_totals_can_differ_from_the_sums_of_the_rows(emulator: Emulator) -> None:
    emulator.break_("solutions", faults.wrong_total(by=1000))
    found = get(emulator, "solutions").json()
    returned = sum(int(row["returned_refugees"]) for row in found["items"] if row["returned_refugees"] != "-")
    assert found["total"]["returned_refugees"] == returned + 1000


def test_counts_can_all_be_text(emulator: Emulator) -> None:
    before = rows(emulator)
    emulator.break_("population", faults.numbers_as_text())
    after = rows(emulator)
    assert {type(row["refugees"]) for row in after} == {str}
    assert [int(row["refugees"]) for row in after] == [int(row["refugees"]) for row in before]
    assert {type(after[0][key]) for key in ("year", "coo_id", "coa_id")} == {int}


def test_an_expanded_question_can_be_answered_without_identities(emulator: Emulator) -> None:
    emulator.break_("population", faults.summed_over())
    found = rows(emulator)
    assert {(row["coo"], row["coa_iso"], row["coa_id"]) for row in found} == {("-", "-", "-")}


def test_years_can_be_ignored(emulator: Emulator) -> None:
    emulator.break_("population", faults.years_ignored())
    assert {row["year"] for row in rows(emulator, yearFrom="2020", yearTo="2021")} == set(range(2007, 2024))


# --- the list of faults -----------------------------------------------------------------------------------------------


def test_every_example_makes_the_fault_it_stands_beside() -> None:
    for declaration in REGISTRY.values():
        assert faults.named(declaration.example).name == declaration.name
        assert declaration.says.endswith(".")


def test_every_fault_is_described_in_the_readme(root: Path) -> None:
    readme = (root / "tests" / "emulator" / "README.md").read_text(encoding="utf-8")
    for declaration in REGISTRY.values():
        assert f"| `{declaration.name}` | {declaration.says} |" in readme, declaration.name


def test_every_fault_has_a_test() -> None:
    here = Path(__file__)
    text = "".join(path.read_text(encoding="utf-8") for path in here.parent.glob(f"{here.stem}*.py"))
    assert [name for name in REGISTRY if f"faults.{name}(" not in text] == []


def test_an_unknown_fault_or_parameter_is_named() -> None:
    with pytest.raises(ValueError, match=r"There is no fault flood\. Faults: byte_order_mark, "):
        faults.named("flood,times=2")
    with pytest.raises(ValueError, match=r"The fault html cannot be made: .*colour"):
        faults.named("html,colour=blue")
