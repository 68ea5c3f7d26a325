"""What was asked of the emulator, and when: so that a test can say whether a client was polite.

Requests are kept as they came; what counts as polite is for the test to say.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass
class Request:
    """One request.

    Attributes:
        endpoint: the name by which faults are given to it, such as `population`, `world-bank`, `gidd/conflicts`.
        began: when it was read, by the monotonic clock.
        ended: when the last byte of the reply was out, or the client had gone; None while it lasts.
        faults: the names of the faults that spoiled it.
        status: the status that was answered; 0 for none.
        sent: bytes sent, heads included.
        connection: a number for the connection it came over.
    """

    endpoint: str
    path: str
    parameters: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    began: float
    connection: int
    ended: float | None = None
    status: int = 0
    sent: int = 0
    faults: tuple[str, ...] = ()

    def parameter(self, name: str) -> str | None:
        """Return the last value given for a parameter."""
        values = self.parameters.get(name)
        return values[-1] if values else None

    @property
    def page(self) -> int:
        """The page asked for."""
        return int(self.parameter("page") or 1)

    @property
    def is_probe(self) -> bool:
        """Whether it only wants to know how many rows there are."""
        return self.parameter("limit") == "1"


@dataclass
class Record(Sequence[Request]):
    """The requests so far, oldest first."""

    requests: list[Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __len__(self) -> int:
        return len(self.requests)

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        return self.requests[place]

    def __iter__(self) -> Iterator[Request]:
        return iter(list(self.requests))

    def add(self, request: Request) -> None:
        """Keep a request."""
        with self._lock:
            self.requests.append(request)

    def clear(self) -> None:
        """Forget what was asked."""
        with self._lock:
            self.requests.clear()

    def of(self, endpoint: str) -> Record:
        """Return the requests to one endpoint."""
        return Record([request for request in self if request.endpoint == endpoint])

    @property
    def most_at_once(self) -> int:
        """The largest number of requests that were under way at the same time."""
        ends = [(request.ended or float("inf"), -1) for request in self]
        events = sorted([(request.began, 1) for request in self] + ends)
        under_way = most = 0
        for _, change in events:
            under_way += change
            most = max(most, under_way)
        return most

    def most_within(self, seconds: float) -> int:
        """Return the largest number of requests that began within so many seconds."""
        began = sorted(request.began for request in self)
        first = most = 0
        for last, moment in enumerate(began):
            while moment - began[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    @property
    def gaps(self) -> list[float]:
        """The seconds from each beginning to the next."""
        began = sorted(request.began for request in self)
        return [after - before for before, after in pairwise(began)]
