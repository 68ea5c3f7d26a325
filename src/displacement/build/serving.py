"""The site on this machine's own address: the files of the published build, and workbooks made from it when asked for.

A request names a file below `public`; whatever leads outside it, by dots, by a link or otherwise, is not found. Each
request follows `public` again, so a build that is switched to is seen at once.
"""

from __future__ import annotations

import gzip
import io
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from displacement.errors import DisplacementError
from displacement.language import LANGUAGES

ADDRESS = "127.0.0.1"
HOSTS = (ADDRESS, "localhost")
"""The site answers to no other name, or a page of somebody else could read it through a browser."""
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".gz": "application/gzip",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
}
UNKNOWN_TYPE = "application/octet-stream"
FOR_AN_HOUR = (".woff2", ".png", ".svg")
"""What a reader may keep without asking: pictures and fonts. Anything else is asked about, and sent if it changed."""
PACKED = ("text/", "application/json", "image/svg")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
)
POLICY_OF_SQL = POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'").replace(
    "connect-src 'self'", "connect-src 'self' blob:; worker-src blob:"
)
"""The page for SQL runs a database it was sent, in a thread that has the same policy."""
Workbook = Callable[[Path, str, str], bytes | None]
"""Makes the workbook of a country from the directory of a build, the country's code and a language."""
WORKBOOK = re.compile(r"/workbooks/(\w{1,9})\.(\w{1,9})\.xlsx")
ONLY_HERE = (b"<!--serve ", b" serve-->")
"""Around what a page shows only where workbooks are made: elsewhere it is a comment, and no dead link."""
CONNECTIONS = 64
REQUEST_SECONDS = 10.0
"""Time for a request to come; once it is there, the answer has the time of the next constant."""
ANSWER_SECONDS = 60.0


def server(public: Path, port: int, workbook: Workbook | None = None) -> SiteServer:
    """Return a server of the published build, bound to this machine's own address but not yet running.

    Args:
        public: the link that shows the published build.
        port: to listen at; 0 takes any that is free.
        workbook: makes the workbooks that pages link; without it they link none.

    Raises:
        DisplacementError: there is no build, or the port is taken.
    """
    if not (public / "index.html").is_file():
        raise DisplacementError(f"There is no site at {public}. Run `displacement build` first.")
    try:
        return SiteServer(public, port, workbook)
    except (OSError, OverflowError) as error:
        raise DisplacementError(
            f"Port {port} cannot be used ({error}). Choose another with --port, or --port 0 for any that is free."
        ) from error


class SiteServer(ThreadingHTTPServer):
    """Holds so many connections, none longer than its time; where there are more, the oldest is closed."""

    def __init__(self, public: Path, port: int, workbook: Workbook | None = None) -> None:
        self.public = public
        self.workbook = workbook
        self.making = threading.Lock()
        self.until: dict[socket.socket, float] = {}
        super().__init__((ADDRESS, port), _SiteFiles)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread."""
        waiting = sorted(self.until.items(), key=lambda each: each[1])
        if len(waiting) >= CONNECTIONS:
            _cut(waiting[0][0])
        self.until[request] = time.monotonic() + REQUEST_SECONDS
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Close the connections whose time is over; called twice a second."""
        now = time.monotonic()
        for request, until in tuple(self.until.items()):
            if now > until:
                _cut(request)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self.until.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report an error, unless the reader has gone or was cut off."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):  # closed already
        connection.shutdown(socket.SHUT_RDWR)


class _SiteFiles(SimpleHTTPRequestHandler):
    """Answers GET and HEAD with a file of the published build."""

    server: SiteServer
    protocol_version = "HTTP/1.1"
    server_version = "displacement"
    sys_version = ""
    timeout = REQUEST_SECONDS

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - named by http.server
        """Keep no record of who read what."""

    def send_head(self) -> BinaryIO | None:
        """Send the headers of a file, and return what is to follow them."""
        self.server.until[self.connection] = time.monotonic() + ANSWER_SECONDS
        if self.headers.get("Host", "").lower().partition(":")[0] not in HOSTS:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "This is not the name of this site")
            return None
        self.directory = str(self.server.public.resolve())
        path = urlsplit(self.path).path
        if (asked := WORKBOOK.fullmatch(path)) and self.server.workbook:
            with self.server.making:  # one at a time, however many ask
                body = self.server.workbook(Path(self.directory), *asked.groups())
            if body:
                return self._send(HTTPStatus.OK, body, {"Content-Type": TYPES[".xlsx"], "Cache-Control": "no-cache"})
        file = found(Path(self.directory), Path(self.translate_path(path)))
        if file is None:
            language = path.split("/")[1] if path.count("/") > 1 else ""
            missing = Path(self.directory, language if language in LANGUAGES else "", "404.html")
            return self._send(HTTPStatus.NOT_FOUND, missing.read_bytes() if missing.is_file() else b"Not found", {})
        if file.name == "index.html" and not path.endswith(("/", "index.html")):
            return self._send(HTTPStatus.MOVED_PERMANENTLY, b"", {"Location": f"{path}/"})
        about = file.stat()
        kind = TYPES.get(file.suffix, UNKNOWN_TYPE)
        is_packed = kind.startswith(PACKED) and "gzip" in self.headers.get("Accept-Encoding", "")
        tag = f'"{about.st_mtime_ns:x}-{about.st_size:x}{"-gzip" if is_packed else ""}"'
        headers = {
            "ETag": tag,
            "Cache-Control": "max-age=3600" if file.suffix in FOR_AN_HOUR else "no-cache",
            "Content-Type": kind,
            "Vary": "Accept-Encoding",
        }
        if tag in self.headers.get("If-None-Match", ""):
            return self._send(HTTPStatus.NOT_MODIFIED, None, headers)
        links_workbook = self.server.workbook is not None and file.parent.name == "countries" and kind == TYPES[".html"]
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        if is_packed or links_workbook:
            return self._send(HTTPStatus.OK, _content(file, tag, links_workbook, is_packed), headers)
        headers["Accept-Ranges"] = "bytes"
        part = wanted(self.headers.get("Range", ""), about.st_size)
        if part is None or self.headers.get("If-Range", tag) != tag:
            self._send(HTTPStatus.OK, None, headers | {"Content-Length": str(about.st_size)})
            return file.open("rb")
        if not part:
            none = headers | {"Content-Range": f"bytes */{about.st_size}"}
            return self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", none)
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{about.st_size}"
        self._send(HTTPStatus.PARTIAL_CONTENT, None, headers | {"Content-Length": str(len(part))})
        with file.open("rb") as stream:
            stream.seek(part.start)
            return io.BytesIO(stream.read(len(part)) if self.command == "GET" else b"")

    def _send(self, status: HTTPStatus, body: bytes | None, headers: dict[str, str]) -> BinaryIO | None:
        self.send_response(status)
        if body is not None:
            headers = {"Content-Type": TYPES[".html"], "Content-Length": str(len(body))} | headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        return io.BytesIO(body) if body else None

    def end_headers(self) -> None:
        """Say what a browser may do with the answer: only charts may be in the frame of another site, as embeds."""
        address = urlsplit(getattr(self, "path", ""))
        is_embed = "/charts/" in address.path and "embed" in address.query.split("&")
        policy = POLICY_OF_SQL if address.path.endswith("/sql.html") else POLICY
        self.send_header("Content-Security-Policy", policy + ("*" if is_embed else "'self'"))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        super().end_headers()


def wanted(header: str, size: int) -> range | None:
    """Return the bytes of a file that a `Range` header names: empty where there are none, None for the whole file.

    >>> wanted("bytes=0-99", 1000), wanted("bytes=-10", 1000), wanted("bytes=2000-", 1000), wanted("", 1000)
    (range(0, 100), range(990, 1000), range(0, 0), None)
    """
    named = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", header.strip())
    if named is None or not any(named.groups()):
        return None  # several parts, another unit: a server may answer with the whole
    first, last = named.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if first and last and int(last) < int(first):
        return None
    return range(start, stop) if start < stop else range(0)


def found(root: Path, named: Path) -> Path | None:
    """Return the file that is named, or None where it is not one below `root`; a directory is its index page."""
    try:
        file = (named / "index.html" if named.is_dir() else named).resolve(strict=True)
    except (OSError, ValueError):
        return None
    return file if file.is_file() and file.is_relative_to(root) else None


@lru_cache(maxsize=64)
def _content(file: Path, _tag: str, links_workbook: bool, is_packed: bool) -> bytes:
    """Return what is sent of a file; `_tag` tells one content from another under the same name."""
    content = file.read_bytes()
    for mark in ONLY_HERE if links_workbook else ():
        content = content.replace(mark, b"")
    return gzip.compress(content, 5, mtime=0) if is_packed else content
