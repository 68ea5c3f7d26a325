"""The site on this machine's own address: the files of the build on show, and nothing else.

A request names a file below `public`; whatever leads outside it, by dots, by a link or otherwise, is not there. Each
request follows `public` anew, so a build that is switched to is seen at once.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfileobj
from urllib.parse import unquote, urlsplit

from displacement.errors import DisplacementError
from displacement.language import LANGUAGES

ADDRESS = "127.0.0.1"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".parquet": "application/vnd.apache.parquet",
}
UNKNOWN_TYPE = "application/octet-stream"
FOR_AN_HOUR = (".woff2", ".png", ".svg")
"""What a reader may keep without asking: pictures and fonts. Anything else is asked about, and sent if it changed."""


def server(public: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of the build on show, bound to this machine's own address but not yet at work.

    Raises:
        DisplacementError: there is no build, or the port is taken.
    """
    if not (public / "index.html").is_file():
        raise DisplacementError(f"There is no site at {public}. Run `displacement build` first.")

    class Site(_Handler):
        root = staticmethod(lambda: public.resolve())

    try:
        return ThreadingHTTPServer((ADDRESS, port), Site)
    except (OSError, OverflowError) as error:
        raise DisplacementError(
            f"Port {port} cannot be used ({error}). Choose another with --port, or --port 0 for any that is free."
        ) from error


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD with a file of the build on show."""

    root: Callable[[], Path]
    protocol_version = "HTTP/1.1"
    server_version = "displacement"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        """Send a file."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Send what would be said about a file."""
        self._answer(with_body=False)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - named by http.server
        """Keep no record of who read what."""

    def _answer(self, *, with_body: bool) -> None:
        root = self.root()
        path = urlsplit(self.path).path
        file = found(root, path)
        if file is None:
            self._not_found(root, path, with_body=with_body)
            return
        if file.name == "index.html" and not path.endswith(("/", "index.html")):
            self._head(HTTPStatus.MOVED_PERMANENTLY, {"Location": f"{path}/", "Content-Length": "0"})
            return
        with file.open("rb") as stream:
            about = file.stat()
            tag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
            keep = "max-age=3600" if file.suffix in FOR_AN_HOUR else "no-cache"
            headers = {"ETag": tag, "Cache-Control": keep, "Content-Type": TYPES.get(file.suffix, UNKNOWN_TYPE)}
            if tag in self.headers.get("If-None-Match", ""):
                self._head(HTTPStatus.NOT_MODIFIED, headers)
                return
            self._head(HTTPStatus.OK, headers | {"Content-Length": str(about.st_size)})
            if with_body:
                copyfileobj(stream, self.wfile)

    def _not_found(self, root: Path, path: str, *, with_body: bool) -> None:
        language = path.split("/")[1] if path.count("/") > 1 else ""
        page = root / (language if language in LANGUAGES else "") / "404.html"
        body = page.read_bytes() if page.is_file() else b"Not found"
        self._head(HTTPStatus.NOT_FOUND, {"Content-Type": TYPES[".html"], "Content-Length": str(len(body))})
        if with_body:
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()


def found(root: Path, path: str) -> Path | None:
    """Return the file an address names, or None where it names none within `root`; a directory is its index page."""
    parts = unquote(path).split("/")
    if any(part in (".", "..") or "\\" in part or "\0" in part for part in parts):
        return None
    try:
        file = root.joinpath(*(part for part in parts if part))
        if file.is_dir():
            file /= "index.html"
        file = file.resolve(strict=True)
    except (OSError, ValueError):
        return None
    return file if file.is_file() and file.is_relative_to(root) else None
