"""The emulator: an HTTP server on the loopback address that stands in for three publishers.

    with Emulator(small_world()) as emulator:
        emulator.break_("population", faults.too_many_requests(times=2, retry_after=1))
        fetch(emulator.unhcr_url)
        assert emulator.requests.most_at_once <= 2

Routes, faults and the record of requests meet here; what is answered stands in `answers`, `world_bank` and `idmc`, how
it is sent in `wire`.
"""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.emulator import idmc, world_bank
from tests.emulator.alterations import Alteration
from tests.emulator.answers import Answers, Kept
from tests.emulator.faults import Fault
from tests.emulator.layouts import BY_ENDPOINT, DATA, LAYOUTS
from tests.emulator.questions import Parameters, Question, understood
from tests.emulator.record import Record, Request
from tests.emulator.wire import HTML, Line, Reply, gzipped
from tests.emulator.world import World

UNHCR, WORLD_BANK, IDMC = "/population/v1/", "/v2/", "/external-api/"
CLIENT_ID = "emulator-client"
EVERYWHERE = "*"
NOT_FOUND = (
    b'<!DOCTYPE html>\n<html lang="en"><head><title>Not Found</title></head><body>404 | Not Found</body></html>\n'
)


@dataclass(frozen=True)
class Asked:
    """A request on its way through the emulator: where it goes, and the question if it is one to a table."""

    endpoint: str
    path: str
    parameters: Parameters
    question: Question | None = None


@dataclass
class Shown:
    """The world on show: its answers, and the pages of them that were compressed before."""

    world: World
    answers: Answers
    compressed: Kept[bytes] = field(default_factory=lambda: Kept(400))


class Emulator:
    """Serves a world, with its quirks, and with faults where it is told so.

    Args:
        client_id: the only key IDMC's interface knows; any key will do if there is none.
        compress: whether answers are compressed for clients that accept it.
        port: 0 for any that is free.
    """

    def __init__(
        self, world: World, *, port: int = 0, client_id: str | None = CLIENT_ID, compress: bool = True
    ) -> None:
        self.client_id = client_id
        self.compress = compress
        self.requests = Record()
        self.failures: list[BaseException] = []
        self._shown = Shown(world, Answers(world))
        self._faults: list[tuple[str, Fault]] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), self, self._closing)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="emulator", daemon=True)

    # --- beginning and end --------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.close()
        if self.failures and error is None:
            raise AssertionError(f"The emulator itself failed: {self.failures[0]!r}") from self.failures[0]

    def close(self) -> None:
        """Stop serving, whatever is under way; forget what was kept."""
        self._closing.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()
        self._shown.answers.close()

    # --- addresses ----------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The address of the server, without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def unhcr_url(self) -> str:
        """The base address of UNHCR's interface."""
        return self.url + UNHCR

    @property
    def world_bank_url(self) -> str:
        """The base address of the World Bank's interface."""
        return self.url + WORLD_BANK

    @property
    def idmc_url(self) -> str:
        """The base address of IDMC's interface."""
        return self.url + IDMC

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the project at this emulator."""
        return {
            "DISPLACEMENT_UNHCR_URL": self.unhcr_url,
            "DISPLACEMENT_WORLD_BANK_URL": self.world_bank_url,
            "DISPLACEMENT_IDMC_URL": self.idmc_url,
            "IDMC_CLIENT_ID": self.client_id or CLIENT_ID,
        }

    # --- what it serves, and how badly --------------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """The world on show."""
        return self._shown.world

    def show(self, world: World) -> None:
        """Serve another world from now on, as a publisher does overnight."""
        with self._lock:
            self._shown = Shown(world, Answers(world))

    def break_(self, endpoint: str, *faults: Fault) -> None:
        """Put faults to work on an endpoint, such as `population`, `world-bank` or `gidd/conflicts`; `*` means all."""
        with self._lock:
            self._faults += [(_endpoint(endpoint), fault) for fault in faults]

    def mend(self, endpoint: str = EVERYWHERE) -> None:
        """Take the faults of an endpoint away, or all of them."""
        with self._lock:
            name = _endpoint(endpoint)
            self._faults = [each for each in self._faults if EVERYWHERE != name != each[0]]

    def warm(self, limit: int = 10_000) -> None:
        """Make every page of every table ready, so that what is measured afterwards is the client."""
        shown = {parameter: ["1"] for layout in DATA.values() for parameter in layout.shown_by.values()}
        asked: Parameters = {"coo_all": ["1"], "coa_all": ["1"], "limit": [str(limit)], **shown}
        for dataset in (name for name in self.world.datasets if name in DATA):
            question = understood(dataset, LAYOUTS[dataset], asked)
            pages = self._shown.answers.envelope(question).max_pages
            for page in range(1, pages + 1):
                self._answered(replace(question, page=page), ())

    @property
    def faults(self) -> list[tuple[str, Fault]]:
        """The faults at work, each with its endpoint."""
        return list(self._faults)

    # --- answers ------------------------------------------------------------------------------------------------------

    def reply(self, asked: Asked) -> tuple[Reply, tuple[Fault, ...]]:
        """Return the reply to a request, and the faults that spoiled it."""
        striking = self._striking(asked)
        if asked.question is not None:
            reply = self._answered(asked.question, striking)
        elif asked.path.startswith(WORLD_BANK):
            reply = world_bank.answer(asked.path.removeprefix(WORLD_BANK), asked.parameters)
        elif asked.path.startswith(IDMC):
            path = asked.path.removeprefix(IDMC)
            reply = idmc.answer(path, asked.parameters, self.world, self.idmc_url, self.client_id)
        else:
            reply = Reply(404, NOT_FOUND, HTML)
        for fault in striking:
            if fault.place == "reply":
                reply = fault.act(reply)
        return reply, striking

    def _answered(self, question: Question, striking: Iterable[Fault]) -> Reply:
        shown = self._shown
        altered: list[Alteration] = [fault.act for fault in striking if fault.place == "table"]
        others = [fault for fault in striking if fault.place in ("question", "envelope")]
        page = question.page
        for fault in others:
            question = fault.act(question) if fault.place == "question" else question
        envelope = replace(shown.answers.envelope(question, tuple(altered)), page=page)
        for fault in others:
            envelope = fault.act(envelope) if fault.place == "envelope" else envelope
        body = envelope.body()
        return Reply(200, body, encoded=self._compressed(shown, (question, page, tuple(altered), tuple(others)), body))

    def _compressed(self, shown: Shown, key: Any, body: bytes) -> bytes | None:
        if not self.compress:
            return None
        if (kept := shown.compressed.get(key)) is None:
            kept = gzipped(body)
            shown.compressed.put(key, kept)
        return kept

    def _striking(self, asked: Asked) -> tuple[Fault, ...]:
        return tuple(
            fault
            for endpoint, fault in self.faults
            if endpoint in (asked.endpoint, EVERYWHERE)
            and (fault.place == "reply" or self._can_strike(endpoint, asked))
            and fault.strikes(asked.question)
        )

    def _can_strike(self, endpoint: str, asked: Asked) -> bool:
        """Say whether a fault of tables, pages and questions means this request: everywhere means the figures."""
        return asked.question is not None and (endpoint != EVERYWHERE or asked.question.dataset in DATA)


def understand(path: str, query: str) -> Asked:
    """Return what a request is about."""
    parameters = parse_qs(query, keep_blank_values=True)
    if path.startswith(UNHCR):
        name = path.removeprefix(UNHCR).strip("/")
        if (dataset := BY_ENDPOINT.get(name)) is not None:
            return Asked(name, path, parameters, understood(dataset, LAYOUTS[dataset], parameters))
    if path.startswith(WORLD_BANK):
        return Asked("world-bank", path, parameters)
    if path.startswith(IDMC):
        return Asked(path.removeprefix(IDMC).strip("/"), path, parameters)
    return Asked(path, path, parameters)


def _endpoint(name: str) -> str:
    """Return the name of an endpoint; that of a dataset will do, too."""
    return LAYOUTS[name].endpoint if name in LAYOUTS else name


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], emulator: Emulator, closing: threading.Event) -> None:
        self.emulator = emulator
        self.closing = closing
        self._open: dict[socket.socket, int] = {}
        self._count = 0
        super().__init__(address, _Handler)

    def number(self, connection: socket.socket) -> int:
        """Return the number of a connection, and remember it as open."""
        self._count += 1
        self._open[connection] = self._count
        return self._count

    def hang_up(self) -> None:
        """Close the connections that clients keep open, so that their threads end."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the client was first

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let clients go away in silence, also at the end; keep what is a failure of the emulator's own."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError) and not self.closing.is_set():
            self.emulator.failures.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.number = self.server.number(self.connection)

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        path = unquote(address.path)
        line = Line(self.connection, self.server.closing)
        asked = understand(path, address.query)
        request = Request(asked.endpoint, path, asked.parameters, dict(self.headers), time.monotonic(), self.number)
        self.server.emulator.requests.add(request)
        try:
            self._serve(asked, request, line)
        finally:
            request.ended, request.sent = time.monotonic(), line.sent

    def _serve(self, asked: Asked, request: Request, line: Line) -> None:
        self.close_connection = True
        reply, striking = self.server.emulator.reply(asked)
        request.status, request.faults = reply.status, tuple(fault.name for fault in striking)
        accepts = "gzip" in self.headers.get("Accept-Encoding", "")
        usable = line.send(reply, compressed=accepts)
        self.close_connection = not usable or self.headers.get("Connection", "").lower() == "close"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: requests are recorded, and tests print only what fails."""
