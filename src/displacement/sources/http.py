"""Requests to publishers: at a pace, within limits of size and time, tried again where a fault may pass.

It knows how an answer can be broken on its way, not what it should contain: the caller checks that with `accept`. No
exception that leaves this module, and none it was raised from, holds an address with a key of the user's.
"""

from __future__ import annotations

import logging
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from displacement.settings import __version__
from displacement.sources.publishers import Answer, PassingFaultError, Question, SourceError

if TYPE_CHECKING:
    import requests
    from urllib3 import Retry

Accepted = TypeVar("Accepted")

_LOG = logging.getLogger(__name__)
"""Tells whoever listens which publisher is asked, and how long a request waits before it is tried again."""

REVIEWED = Path(__file__).resolve().parent / "limits.toml"

PASSING = frozenset({408, 429})
"""Besides everything from 500 on: the client errors that mean "later" rather than "never"."""

TOO_SLOW = "it came too slowly"
ENDED = "The fetch was ended before it was done. Run the command again to go on."
CHUNK = 1 << 16

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"displacement/{__version__} (open pipeline for figures on forced displacement)",
}


# --- limits -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests, how fast, how long, how large, how often; `limits.toml` gives the reason for each."""

    concurrency: int
    requests_per_second: float
    burst: int
    connect_seconds: float
    read_seconds: float
    answer_seconds: float
    total_seconds: float
    probe_seconds: float
    answer_bytes: int
    attempts: int
    backoff_seconds: float
    backoff_cap_seconds: float
    retry_after_cap_seconds: float
    table_attempts: int
    journal_hours: float


@cache
def read_limits(path: Path = REVIEWED) -> Limits:
    """Return the limits of the reviewed file.

    >>> read_limits().attempts
    6

    Raises:
        ValueError: a limit is missing, unknown, not above zero or without its reason.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    known = [field.name for field in fields(Limits)]
    wrong = sorted(set(known) ^ set(document)) + [
        name for name, entry in document.items() if not entry.get("reason") or entry.get("value", 0) <= 0
    ]
    if wrong:
        raise ValueError(f"{path}: {', '.join(wrong)} missing, unknown, not above zero or without a reason")
    return Limits(**{name: document[name]["value"] for name in known})


# --- the session ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a request failed, as the end of a sentence; whether another may succeed, and when the server wants it."""

    reason: str
    passing: bool = True
    retry_after: float | None = None


class _Lane:
    """The requests to one publisher: so many at a time, and no faster than the pace."""

    def __init__(self, limits: Limits) -> None:
        self.slots = threading.BoundedSemaphore(limits.concurrency)
        self.not_before = 0.0
        self._limits = limits
        self._lock = threading.Lock()
        self._allowance = float(limits.burst)
        self._counted = time.monotonic()

    def turn(self) -> float:
        """Return the seconds to wait before the next request may be sent, and count it as sent."""
        with self._lock:
            now, rate = time.monotonic(), self._limits.requests_per_second
            self._allowance = min(self._limits.burst, self._allowance + (now - self._counted) * rate) - 1
            self._counted = now
            return max(0.0, -self._allowance / rate, self.not_before - now)


class Session:
    """Asks publishers. Threads share it; `close` ends whatever still waits."""

    def __init__(self, limits: Limits) -> None:
        from urllib3 import Retry

        self.limits = limits
        self._until = time.monotonic() + limits.total_seconds
        self._ended = threading.Event()
        self._guard = threading.Lock()
        self._lanes: dict[str, _Lane] = {}
        self._pending: set[Future[Answer | _Fault]] = set()
        self._requests = _requests_session(limits.concurrency)
        self._retry = Retry(
            total=limits.attempts - 1,
            backoff_factor=limits.backoff_seconds,
            backoff_max=limits.backoff_cap_seconds,
            backoff_jitter=limits.backoff_seconds,
        )

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what waits and what is under way, and close the connections."""
        self._ended.set()
        for future in tuple(self._pending):
            future.cancel()
        self._requests.close()

    def ask(self, question: Question, accept: Callable[[Answer], Accepted]) -> Accepted:
        """Ask until an answer is accepted, or until there is no hope of one.

        Args:
            question: what to ask.
            accept: turns a whole answer with status 200 into what is wanted. It raises `PassingFaultError` for an
                answer that is broken, such as JSON that does not parse: it is asked for again. Whatever else it
                raises goes through.

        Raises:
            SourceError: the publisher refuses, or did not give it in as many attempts or as much time as the limits
                allow.
        """
        with self._guard:
            if question.publisher not in self._lanes:
                _LOG.info("%s is asked.", question.publisher)
                self._lanes[question.publisher] = _Lane(self.limits)
            lane = self._lanes[question.publisher]
        retry = self._retry
        while True:
            fault = self._attempt(lane, question)
            if isinstance(fault, Answer):
                try:
                    return accept(fault)
                except PassingFaultError as error:
                    fault = _Fault(question.without_keys(str(error)))
            if not fault.passing:
                raise SourceError(f"{question.publisher} does not give {question.what}: {fault.reason}.")
            if not retry.total:
                times = f"{self.limits.attempts} times" if self.limits.attempts > 1 else "once"
                raise SourceError(
                    f"{question.publisher} did not give {question.what}, asked {times}; the last time {fault.reason}. "
                    "This may pass: run the command again later. What had come is kept."
                )
            retry = retry.increment("GET", question.shown)
            self._pause(lane, question, retry, fault)

    def _pause(self, lane: _Lane, question: Question, retry: Retry, fault: _Fault) -> None:
        """Wait before the next attempt; a pause that the server asks for holds for all its requests."""
        seconds = retry.get_backoff_time()
        if fault.retry_after is not None:
            seconds = min(fault.retry_after, self.limits.retry_after_cap_seconds)
            lane.not_before = max(lane.not_before, time.monotonic() + seconds)
        asked = (question.publisher, question.what, fault.reason, seconds)
        _LOG.info("%s did not give %s: %s. It is asked again in %.0f s.", *asked)
        self._wait(question, seconds)

    def _wait(self, question: Question, seconds: float) -> None:
        if time.monotonic() + seconds > self._until:
            raise self._over(question)
        if self._ended.wait(seconds):
            raise SourceError(ENDED)

    def _over(self, question: Question) -> SourceError:
        total = self.limits.total_seconds
        amount = f"{total / 60:.3g} minutes" if total > 60 else f"{total:.3g} seconds"
        return SourceError(
            f"{question.publisher} did not give {question.what}: the time for all requests, {amount}, is over. What "
            "had come is kept; run the command again to go on."
        )

    def _attempt(self, lane: _Lane, question: Question) -> Answer | _Fault:
        """Send a request in a thread of its own, and do not wait for it longer than the limits allow.

        Timeouts of a socket end silence only: a byte now and then, or a name server that does not answer, would hold a
        request for ever. A thread that is given up ends with its connection, or with the process.
        """
        if not lane.slots.acquire(timeout=max(0.0, self._until - time.monotonic())):
            raise self._over(question)
        future: Future[Answer | _Fault] = Future()
        try:
            self._wait(question, lane.turn())
            until = min(time.monotonic() + self.limits.answer_seconds, self._until)
            self._pending.add(future)
            threading.Thread(target=self._send, args=(question, until, future), name="request", daemon=True).start()
            if self._ended.is_set():  # closed meanwhile
                future.cancel()
            return future.result(timeout=max(0.0, until - time.monotonic()))
        except TimeoutError:
            return _Fault(TOO_SLOW)
        except CancelledError:
            raise SourceError(ENDED) from None
        finally:
            self._pending.discard(future)
            lane.slots.release()

    def _send(self, question: Question, until: float, future: Future[Answer | _Fault]) -> None:
        try:
            answer = self._answer(question, until)
        except BaseException as error:
            with suppress(InvalidStateError):
                future.set_exception(error)
        else:
            with suppress(InvalidStateError):
                future.set_result(answer)

    def _answer(self, question: Question, until: float) -> Answer | _Fault:
        """Send a request and read its answer; the libraries' exceptions end here, since their texts hold addresses."""
        import requests
        from urllib3.exceptions import HTTPError

        silence = min(self.limits.read_seconds, max(0.1, until - time.monotonic()))
        try:
            with (
                _no_key_logged(question),
                self._requests.get(
                    question.address,
                    params=question.sent,
                    timeout=(min(self.limits.connect_seconds, silence), silence),
                    stream=True,
                    allow_redirects=False,
                ) as response,
            ):
                return self._refused(response, question) or self._body(response, question, until)
        except (requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL):
            return _Fault("its address is not a valid one; look at the addresses in the environment", passing=False)
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            return _Fault(_cause(error))

    def _refused(self, response: requests.Response, question: Question) -> _Fault | None:
        """Return the fault of an answer whose status is not 200."""
        from urllib3.exceptions import InvalidHeader

        status = response.status_code
        if status == 200:
            return None
        if status in (401, 403) and question.keys:
            return _Fault(f"it answered {status}, so it does not accept the key that was sent", passing=False)
        if 300 <= status < 400:
            reason = f"it answered {status}, so it has moved; set its new address in the environment"
            return _Fault(reason, passing=False)
        try:
            after = self._retry.get_retry_after(response.raw)
        except InvalidHeader:
            after = None
        passing = status >= 500 or status in PASSING or status in question.also_passing
        return _Fault(f"it answered {status}", passing, after)

    def _body(self, response: requests.Response, question: Question, until: float) -> Answer | _Fault:
        """Read a body to its end, unpacked by urllib3 no further than a chunk at a time, and count it as it comes."""
        body, most = bytearray(), self.limits.answer_bytes
        packing = response.headers.get("Content-Encoding", "").strip().lower()
        if packing not in ("gzip", "x-gzip", "deflate", "identity", ""):
            return _Fault(f"it is packed as {packing[:20]!r}, which was not asked for")
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            body += chunk
            if len(body) > most:
                reason = f"the answer is larger than {most / 2**20:.3g} MB, which no answer may be"
                return _Fault(reason, passing=False)
            if time.monotonic() > until:
                return _Fault(TOO_SLOW)
        start = bytes(body[:200]).lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start:
            return _Fault("the answer was empty")
        if start.startswith(b"<"):
            return _Fault("a page of HTML came where JSON should be")
        fetched_at = datetime.now(UTC).isoformat(timespec="seconds")
        return Answer(question, response.status_code, question.bytes_without_keys(bytes(body)), fetched_at)


def _requests_session(most: int) -> requests.Session:
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.headers.update(HEADERS)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=most))
    return session


def _cause(error: BaseException) -> str:
    """Return what went wrong on the way, in words that hold nothing of the exception's own text."""
    from requests.exceptions import ConnectTimeout, SSLError
    from requests.exceptions import ReadTimeout as SlowStart
    from urllib3.exceptions import DecodeError, IncompleteRead, NewConnectionError, ReadTimeoutError

    chain: list[BaseException] = [error]
    for each in chain:  # grows: those it wraps, as arguments, as reason, as cause or context
        wrapped = (*each.args, getattr(each, "reason", None), each.__cause__, each.__context__)
        chain += [one for one in wrapped if isinstance(one, BaseException) and one not in chain]
    causes: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
        (ConnectTimeout, "it could not be reached in time"),
        ((SlowStart, ReadTimeoutError, TimeoutError), "it fell silent"),
        (SSLError, "no secure connection could be made"),
        (NewConnectionError, "it could not be reached"),
        (IncompleteRead, "the answer was cut short"),
        (DecodeError, "its gzip is broken"),
    )
    for kinds, words in causes:
        if any(isinstance(each, kinds) for each in chain):
            return words
    return "the connection was cut"


@contextmanager
def _no_key_logged(question: Question) -> Iterator[None]:
    """Take this question's keys out of what the libraries log while it is asked."""
    if not question.keys:
        yield
        return
    logger = logging.getLogger("urllib3.connectionpool")

    def clean(record: logging.LogRecord) -> bool:
        record.msg, record.args = question.without_keys(record.getMessage()), None
        return True

    logger.addFilter(clean)
    try:
        yield
    finally:
        logger.removeFilter(clean)
