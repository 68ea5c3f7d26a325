"""Publishers are asked politely, and whatever a server does on the wire is ridden out or named, never believed."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from displacement.settings import Addresses, Secret
from displacement.sources import publishers
from displacement.sources.http import REVIEWED, Limits, Session, read_limits
from displacement.sources.publishers import Answer, PassingFaultError, Question, SourceError
from tests.emulator import Emulator, faults, small_world

QUICK = replace(
    read_limits(),
    requests_per_second=1000.0,
    backoff_seconds=0.01,
    backoff_cap_seconds=0.05,
    connect_seconds=2.0,
    read_seconds=2.0,
    answer_seconds=5.0,
    total_seconds=60.0,
)
KEY = "very+secret/key=1"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(small_world(), client_id=None) as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def mended(emulator: Emulator) -> None:
    emulator.mend()
    emulator.requests.clear()


def unrwa(emulator: Emulator) -> Question:
    publisher = publishers.unhcr(Addresses(unhcr=emulator.unhcr_url))
    return publisher.question("the table unrwa", "unrwa/", {"limit": 10000, "coo_all": "true", "coa_all": "true"})


def parsed(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        raise PassingFaultError("it was no JSON") from None


def ask(question: Question, limits: Limits = QUICK) -> Any:
    with Session(limits) as session:
        return session.ask(question, parsed)


def ridden_out(emulator: Emulator, fault: faults.Fault, limits: Limits = QUICK) -> None:
    expected = ask(unrwa(emulator))
    emulator.requests.clear()
    emulator.break_("unrwa", fault)
    assert ask(unrwa(emulator), limits) == expected
    assert len(emulator.requests) > 1, "the fault never struck"


# --- what passes is ridden out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        faults.too_many_requests(times=2),
        faults.refused(status=408, times=1),
        faults.server_error(times=2),
        faults.server_error(status=503, times=3),
        faults.reset(times=1),
        faults.hang_up(times=1),
        faults.truncated_json(times=1),
        faults.html(times=2),
        faults.empty_body(times=1),
        faults.wrong_content_length(times=1),
        faults.wrong_content_length(by=-50, times=1),
    ],
    ids=str,
)
def test_what_may_pass_is_asked_for_again(emulator: Emulator, fault: faults.Fault) -> None:
    ridden_out(emulator, fault)


def test_an_answer_that_drips_is_cut_off_when_its_time_is_over_and_asked_for_again(emulator: Emulator) -> None:
    began = time.monotonic()
    ridden_out(emulator, faults.slow_drip(bytes_at_once=20, pause=0.05, times=1), replace(QUICK, answer_seconds=0.6))
    assert time.monotonic() - began < 4, "no single wait was long, so only the time of the whole answer ends it"


def test_silence_is_not_waited_out(emulator: Emulator) -> None:
    ridden_out(emulator, faults.slow_start(seconds=5, times=1), replace(QUICK, read_seconds=0.3))


def test_gzip_that_is_cut_short_is_asked_for_again() -> None:
    whole = gzip.compress(b'{"items":[]}' + b" " * 5000)
    broken, cut = bytearray(whole), whole[:-9]
    broken[-6] ^= 0xFF
    answers = iter([cut, bytes(broken), whole + b"more", whole])
    with serving(lambda: (b"Content-Encoding: gzip\r\n", next(answers))) as address:
        assert ask(Question("UNHCR", "a page", address)) == {"items": []}


def test_a_server_that_never_recovers_is_given_up_with_a_sentence(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.server_error(status=502))
    with pytest.raises(SourceError) as raised:
        ask(unrwa(emulator))
    assert str(raised.value) == (
        "UNHCR did not give the table unrwa, asked 6 times; the last time it answered 502. This may pass: run the "
        "command again later. What had come is kept."
    )
    assert len(emulator.requests) == QUICK.attempts


def test_the_time_for_the_whole_fetch_ends_even_a_patient_one(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.server_error())
    patient = replace(QUICK, attempts=1000, backoff_seconds=0.2, backoff_cap_seconds=0.2, total_seconds=1.0)
    began = time.monotonic()
    with pytest.raises(SourceError, match="the table unrwa: the time for all requests, 1 seconds, is over"):
        ask(unrwa(emulator), patient)
    assert time.monotonic() - began < 3


def test_a_server_that_is_not_there_is_named_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    """Incident: with a publisher out of reach `displacement fetch` printed nothing for two minutes."""
    caplog.set_level(logging.INFO)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        question = Question(
            "IDMC", "a page", f"http://127.0.0.1:{free.getsockname()[1]}/", keys={"client_id": Secret(KEY)}
        )
        with pytest.raises(SourceError, match="the last time it could not be reached"):
            ask(question, replace(QUICK, attempts=2))
    assert caplog.messages == [
        "IDMC is asked.",
        "IDMC did not give a page: it could not be reached. It is asked again in 0 s.",
    ]


# --- what does not pass is final --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_other_client_errors_are_final_at_once(emulator: Emulator, status: int) -> None:
    emulator.break_("unrwa", faults.refused(status=status))
    with pytest.raises(SourceError, match=f"^UNHCR does not give the table unrwa: it answered {status}.$"):
        ask(unrwa(emulator))
    assert len(emulator.requests) == 1


def test_an_error_of_the_world_bank_that_passes_under_load_is_asked_for_again(emulator: Emulator) -> None:
    bank = publishers.world_bank(Addresses(world_bank=emulator.world_bank_url))
    question = bank.question("a page", "country/all/indicator/SP.POP.TOTL", {"format": "json"})
    emulator.break_("world-bank", faults.refused(status=400, times=2))
    assert ask(question)[0]["page"] == 1
    assert len(emulator.requests) == 3


def test_a_redirect_is_named_and_not_followed() -> None:
    headers = b"Location: http://127.0.0.1:9/elsewhere\r\n"
    with (
        serving(lambda: (headers, b""), b"301 Moved Permanently") as address,
        pytest.raises(SourceError, match="it answered 301, so it has moved; set its new address in the environment"),
    ):
        ask(Question("UNHCR", "a page", address))


@pytest.mark.parametrize("fault", [faults.gzip_bomb(megabytes=64), faults.endless_body()], ids=str)
def test_a_body_without_measure_is_never_held_in_memory(emulator: Emulator, fault: faults.Fault) -> None:
    import tracemalloc

    emulator.break_("unrwa", fault)
    limits = replace(QUICK, answer_bytes=1 << 20)
    ask(Question("UNHCR", "the years", emulator.unhcr_url + "footnotes/"), limits)  # imports are no part of it
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="the answer is larger than 1 MB, which no answer may be"):
            ask(unrwa(emulator), limits)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_headers_that_drip_are_cut_off_too() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(40):
            connection.sendall(b"a")
            time.sleep(0.05)

    with raw_server(drip) as address:
        began = time.monotonic()
        with pytest.raises(SourceError, match="the last time it came too slowly"):
            ask(Question("UNHCR", "a page", address), replace(QUICK, attempts=1, answer_seconds=0.5))
        assert time.monotonic() - began < 3


def test_an_address_that_is_none_is_named() -> None:
    with pytest.raises(SourceError, match="its address is not a valid one; look at the addresses in the environment"):
        ask(Question("UNHCR", "a page", "http://"))


# --- politeness -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "least"), [("seconds", 1.0), ("date", 0.5), ("soon", 0.0)])
def test_a_server_that_asks_for_a_pause_gets_it(emulator: Emulator, form: str, least: float) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    emulator.break_(
        "unrwa", faults.too_many_requests(times=1, retry_after={"seconds": 1, "date": later}.get(form, form))
    )
    ask(unrwa(emulator))
    assert emulator.requests.gaps[0] >= least


def test_a_pause_that_one_request_is_asked_for_holds_for_all(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.too_many_requests(times=1, retry_after=1))
    with Session(QUICK) as session:
        first = threading.Thread(target=lambda: session.ask(unrwa(emulator), parsed))
        first.start()
        while not any(request.ended for request in emulator.requests):
            time.sleep(0.01)
        time.sleep(0.1)
        session.ask(Question("UNHCR", "the years", emulator.unhcr_url + "footnotes/"), parsed)
        first.join()
    assert emulator.requests.gaps[0] >= 0.9


def test_a_pause_without_end_is_capped(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.too_many_requests(times=1, retry_after=86400))
    began = time.monotonic()
    ask(unrwa(emulator), replace(QUICK, retry_after_cap_seconds=0.2))
    assert time.monotonic() - began < 3


def test_few_requests_are_at_work_at_once_and_none_faster_than_the_pace(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.slow_start(seconds=0.1))
    limits = replace(QUICK, concurrency=3, requests_per_second=20.0, burst=4)
    with Session(limits) as session:
        threads = [threading.Thread(target=lambda: session.ask(unrwa(emulator), parsed)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert emulator.requests.most_at_once <= 3
    assert emulator.requests.most_within(0.45) <= 4 + 0.45 * 20 + 1


def test_tries_wait_ever_longer_up_to_a_cap(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.server_error(times=4))
    ask(unrwa(emulator), replace(QUICK, backoff_seconds=0.1, backoff_cap_seconds=0.4))
    waits = emulator.requests.gaps
    for wait, least in zip(waits, (0.0, 0.2, 0.4, 0.4), strict=True):
        assert least <= wait < least + 0.6


def test_a_session_says_who_it_is_and_keeps_connections(emulator: Emulator) -> None:
    with Session(QUICK) as session:
        for _ in range(3):
            session.ask(unrwa(emulator), parsed)
    assert {request.connection for request in emulator.requests} == {emulator.requests[0].connection}
    assert emulator.requests[0].headers["User-Agent"].startswith("displacement/")


def test_closing_ends_what_waits_and_what_is_under_way(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.slow_start(seconds=30))
    session = Session(replace(QUICK, read_seconds=60.0, answer_seconds=60.0))
    said: list[str] = []

    def wait() -> None:
        try:
            session.ask(unrwa(emulator), parsed)
        except SourceError as error:
            said.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    while not emulator.requests:
        time.sleep(0.01)
    session.close()
    thread.join(timeout=5)
    assert said == ["The fetch was ended before it was done. Run the command again to go on."]


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_reaches_no_message_no_traceback_and_no_log(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    publisher = publishers.idmc(Addresses(idmc=emulator.idmc_url, idmc_client_id=Secret(KEY)))
    assert publisher is not None
    question = publisher.question("a page", "gidd/displacements/", {"limit": 1})
    assert ask(question)["count"] > 0
    texts = []
    for fault in (faults.reset(), faults.hang_up(), faults.refused(status=403), faults.server_error(), faults.html()):
        emulator.mend()
        emulator.break_("gidd/displacements", fault)
        with pytest.raises(SourceError) as raised:
            ask(question, replace(QUICK, attempts=2))
        texts += traceback.format_exception(raised.value, chain=True)
        assert raised.value.__context__ is None, "an exception of the libraries holds the address with the key"
    assert caplog.records, "the libraries log every request at this level"
    for text in (*texts, caplog.text, repr(question), question.shown, repr(publisher)):
        for form in (KEY, "very%2Bsecret%2Fkey%3D1", "very"):
            assert form not in text
    assert any(f"client_id={'REDACTED'}" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "link",
    [
        "https://x.org/a/?client_id=very%2Bsecret%2Fkey%3D1&limit=1",
        "https://x.org/a/?limit=1&client_id=very+secret/key=1",
        r"https:\/\/x.org\/a\/?client_id=very+secret/key=1\u0026limit=1",
        "the key very+secret/key=1 as it stands",
    ],
)
def test_a_key_that_the_publisher_repeats_is_taken_out_of_what_is_kept(link: str) -> None:
    question = Question("IDMC", "a page", "https://x.org/a/", keys={"client_id": Secret(KEY)})
    body = f'{{"next": "{link}", "results": []}}'.encode()
    kept = question.bytes_without_keys(body)
    assert b"very" not in kept
    assert b"REDACTED" in kept
    assert json.loads(kept)["results"] == []


def test_a_short_key_is_not_taken_for_a_figure() -> None:
    question = Question("IDMC", "a page", "https://x.org/", keys={"client_id": Secret("12")})
    body = b'{"next": "https://x.org/?client_id=12&limit=1", "results": [{"total": 512}]}'
    assert question.bytes_without_keys(body) == body.replace(b"client_id=12", b"client_id=REDACTED")


def test_a_secret_shows_itself_nowhere() -> None:
    addresses = Addresses.from_environment({"IDMC_CLIENT_ID": f" {KEY} "})
    assert addresses.idmc_client_id == Secret(KEY)
    assert KEY not in f"{addresses} {addresses!r} {addresses.idmc_client_id}"
    assert Addresses.from_environment({"IDMC_CLIENT_ID": " "}).idmc_client_id is None


# --- limits -----------------------------------------------------------------------------------------------------------


def test_every_limit_has_its_reason(tmp_path: Any) -> None:
    text = REVIEWED.read_text(encoding="utf-8")
    for old, new in (("reason = ", "reasons = "), ("value = 4\n", "value = 0\n"), ("[attempts]", "[trials]")):
        altered = tmp_path / f"{abs(hash(old))}.toml"
        altered.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ValueError, match="missing, unknown, not above zero or without a reason"):
            read_limits(altered)


# --- servers of this file's own, for what the emulator does not do ----------------------------------------------------


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve connections one after the other with a function that is given each, after its request has been read."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def work() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        serve(connection)
                    except OSError:
                        pass  # the client has gone, as it should

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


@contextmanager
def serving(answer: Callable[[], tuple[bytes, bytes]], status: bytes = b"200 OK") -> Iterator[str]:
    """Serve answers, each with headers and a body, and close the connection after it."""

    def serve(connection: socket.socket) -> None:
        headers, body = answer()
        length = b"Content-Length: %d\r\nConnection: close\r\n" % len(body)
        connection.sendall(b"HTTP/1.1 " + status + b"\r\n" + headers + length + b"\r\n" + body)

    with raw_server(serve) as address:
        yield address
