"""One polite session for all publishers: few requests at a time, at a pace, tried again where a fault may pass.

It knows how an answer can be broken, not what it should hold: whoever asks says so with `accept`. No exception that
leaves this module, and none it was made from, holds an address with a key of the user's.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from displacement import __version__
from displacement.sources.bodies import TooLargeError, read_body
from displacement.sources.limits import Limits
from displacement.sources.pace import Pace, seconds_asked_for
from displacement.sources.questions import Answer, PassingFaultError, Question, SourceError

if TYPE_CHECKING:
    import requests

Accepted = TypeVar("Accepted")

PASSING = frozenset({408, 429})
"""Besides everything from 500 on: the client errors that say "later" rather than "never"."""

TOO_SLOW = "it came too slowly"

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"displacement/{__version__} (open pipeline for figures on forced displacement)",
}


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a try failed, as the end of a sentence; whether another may do better, and when the server wants it."""

    reason: str
    passing: bool = True
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class _Taken(Generic[Accepted]):
    """What was made of an answer that was accepted."""

    what: Accepted


class Session:
    """Asks publishers. Threads share it; `close` ends whatever still waits."""

    def __init__(self, limits: Limits) -> None:
        from displacement.sources.connections import Connections

        self.limits = limits
        self._pace = Pace(limits)
        self._slots = threading.BoundedSemaphore(limits.concurrency)
        self._connections = Connections(limits.concurrency)
        self._requests = _requests_session(self._connections)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what waits and what is under way, and close the connections."""
        self._pace.end()
        self._connections.cut()
        self._requests.close()

    def ask(self, question: Question, accept: Callable[[Answer], Accepted]) -> Accepted:
        """Ask until there is an answer that is accepted, or until there is no hope of one.

        Args:
            question: what to ask.
            accept: makes of a whole answer with status 200 what is wanted of it. It raises `PassingFaultError` for an
                answer that is broken, such as JSON that does not parse: it is asked for again. Whatever else it
                raises goes through.

        Raises:
            SourceError: the publisher refuses, or did not give it in as many tries as the limits allow.
        """
        reason = ""
        for tries in range(1, self.limits.attempts + 1):
            outcome = self._try(question, accept)
            if isinstance(outcome, _Taken):
                return outcome.what
            reason = outcome.reason
            if not outcome.passing:
                raise SourceError(f"{question.publisher} does not give {question.what}: {reason}.")
            if tries < self.limits.attempts:
                self._pause(tries, outcome)
        raise SourceError(
            f"{question.publisher} did not give {question.what}, asked {self._times}; the last time {reason}. "
            "This may pass: run the command again later. What had come is kept."
        )

    @property
    def _times(self) -> str:
        return f"{self.limits.attempts} times" if self.limits.attempts > 1 else "once"

    def _pause(self, tries: int, fault: _Fault) -> None:
        seconds = self._pace.before_next_try(tries, fault.retry_after)
        if fault.retry_after is not None:
            self._pace.leave_alone(seconds)
        self._pace.wait(seconds)

    def _try(self, question: Question, accept: Callable[[Answer], Accepted]) -> _Taken[Accepted] | _Fault:
        try:
            with self._slots:
                answer = self._answer(question)
            return answer if isinstance(answer, _Fault) else _Taken(accept(answer))
        except PassingFaultError as error:
            return _Fault(question.without_keys(str(error)))

    def _answer(self, question: Question) -> Answer | _Fault:
        """Send a request and read its answer; the libraries' exceptions end here, since their texts hold addresses."""
        import requests
        from urllib3.exceptions import HTTPError

        self._pace.take_turn()
        until = min(time.monotonic() + self.limits.answer_seconds, self._pace.until)
        try:
            with (
                self._connections.until(until) as watch,
                _no_key_logged(question),
                self._response(question) as response,
            ):
                fault = _refused(response, question)
                if fault is not None:
                    return fault
                body = read_body(response.raw, self.limits.answer_bytes, until)
        except (requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL):
            return _Fault("its address is none; look at the addresses in the environment", passing=False)
        except TooLargeError:
            most = self.limits.answer_bytes / 2**20
            return _Fault(f"the answer is larger than {most:.3g} MB, which no answer may be", passing=False)
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            return _Fault(TOO_SLOW if watch.rang else _cause(error))
        return _Fault(TOO_SLOW) if watch.rang else _whole(question, response.status_code, body)

    def _response(self, question: Question) -> requests.Response:
        return self._requests.get(
            question.address,
            params=question.sent,
            timeout=(self.limits.connect_seconds, self.limits.read_seconds),
            stream=True,
            allow_redirects=False,
        )


def _requests_session(connections: Any) -> requests.Session:
    import requests

    session = requests.Session()
    session.headers.update(HEADERS)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("http://", connections)
    session.mount("https://", connections)
    return session


# --- what a failed try says -------------------------------------------------------------------------------------------


def _refused(response: requests.Response, question: Question) -> _Fault | None:
    """Return the fault of an answer whose status is not 200."""
    status = response.status_code
    if status == 200:
        return None
    passing = status >= 500 or status in PASSING or status in question.also_passing
    after = seconds_asked_for(response.headers.get("Retry-After")) if passing else None
    if status in (401, 403) and question.keys:
        return _Fault(f"it answered {status}, so it does not accept the key that was sent", passing=False)
    if 300 <= status < 400:
        return _Fault(f"it answered {status}, so it has moved; set its new address in the environment", passing=False)
    return _Fault(f"it answered {status}", passing, after)


def _whole(question: Question, status: int, body: bytes) -> Answer | _Fault:
    """Return a body as an answer, or what is plainly wrong with it."""
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return _Fault("the answer was empty")
    if start.startswith(b"<"):
        return _Fault("a page of HTML came where JSON should be")
    fetched_at = datetime.now(UTC).isoformat(timespec="seconds")
    return Answer(question, status, question.bytes_without_keys(body), fetched_at)


def _cause(error: BaseException) -> str:
    """Return what went wrong on the way, in words that hold nothing of the exception's own text."""
    from requests.exceptions import ConnectTimeout, SSLError
    from requests.exceptions import ReadTimeout as SlowStart
    from urllib3.exceptions import IncompleteRead, NewConnectionError, ReadTimeoutError

    chain: list[BaseException] = []
    _collect(error, chain)
    causes: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
        (ConnectTimeout, "it could not be reached in time"),
        ((SlowStart, ReadTimeoutError, TimeoutError), "it fell silent"),
        (SSLError, "no secure connection could be made"),
        (NewConnectionError, "it could not be reached"),
        (IncompleteRead, "the answer was cut short"),
    )
    for kinds, words in causes:
        if any(isinstance(each, kinds) for each in chain):
            return words
    return "the connection was cut"


def _collect(error: BaseException, chain: list[BaseException]) -> None:
    """Gather an exception and those it wraps: as arguments, as reason, as cause or context."""
    wrapped = [*error.args, getattr(error, "reason", None), error.__cause__, error.__context__]
    chain.append(error)
    for each in wrapped:
        if isinstance(each, BaseException) and each not in chain:
            _collect(each, chain)


# --- no key in a log --------------------------------------------------------------------------------------------------


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
