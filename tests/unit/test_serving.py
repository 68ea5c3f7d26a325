"""The site served on this machine: the files of the build on show, with their types, and nothing else."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from displacement.build import serving
from displacement.build.serving import server
from displacement.errors import DisplacementError

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """Return a link to a small build, as `public` is one, beside a file that must stay private."""
    build = tmp_path / "builds" / "one"
    for name, text in {
        "index.html": "<h1>Home</h1>",
        "404.html": '<a href="/index.html">Home</a>',
        "ar/404.html": '<a href="/ar/index.html">Home</a>',
        "data/figures.csv": "a,b",
        "assets/site.css": "p {}",
        "assets/site.js": "",
        "assets/fonts/one.woff2": "font",
        "displacement.duckdb": "file",
        "charts/corridors.html": "<p>chart</p>" * 1000,
        "countries/index.html": "all",
    }.items():
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_text(text, encoding="utf-8")
    (tmp_path / "private.txt").write_text("secret", encoding="utf-8")
    (build / "leads-out.txt").symlink_to(tmp_path / "private.txt")
    (build / "leads-out").symlink_to(tmp_path)
    (tmp_path / "public").symlink_to("builds/one")
    return tmp_path / "public"


@pytest.fixture
def port(public: Path) -> Iterator[int]:
    with server(public, 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running.server_port
        running.shutdown()


def ask(port: int, path: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding="Accept_Encoding" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    result = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return result


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/countries/", "text/html; charset=utf-8"),
        ("/data/figures.csv", "text/csv; charset=utf-8"),
        ("/assets/site.css", "text/css; charset=utf-8"),
        ("/assets/site.js?v=1", "text/javascript; charset=utf-8"),
        ("/assets/fonts/one.woff2", "font/woff2"),
        ("/displacement.duckdb", "application/octet-stream"),
    ],
)
def test_a_file_comes_with_its_type_and_its_length(port: int, path: str, kind: str) -> None:
    status, headers, body = ask(port, path)
    assert status == 200
    assert headers["Content-Type"] == kind
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert int(headers["Content-Length"]) == len(body)


@pytest.mark.parametrize(
    "path",
    [
        "/../private.txt",
        "/../../private.txt",
        "/%2e%2e/private.txt",
        "/data/..%2f..%2f..%2fprivate.txt",
        "/..%5c..%5cprivate.txt",
        "/leads-out.txt",
        "/leads-out/private.txt",
        "/leads-out",
        "//private.txt",
        "/%00",
        "/data",
        "/data/",
        "/assets",
        "/no/such/page.html",
    ],
)
def test_nothing_outside_the_build_and_no_list_of_files_is_given(port: int, path: str) -> None:
    status, _, body = ask(port, path)
    assert status == 404
    assert b"secret" not in body
    assert b"figures.csv" not in body


def test_a_missing_page_is_answered_in_the_language_it_was_looked_for_in(port: int) -> None:
    assert b'href="/index.html"' in ask(port, "/countries/XXX/deep.html")[2]
    assert b'href="/ar/index.html"' in ask(port, "/ar/countries/XXX.html")[2]


def test_what_has_not_changed_is_not_sent_again(port: int, public: Path) -> None:
    _, headers, _ = ask(port, "/index.html")
    assert headers["Cache-Control"] == "no-cache"
    assert ask(port, "/index.html", If_None_Match=headers["ETag"])[0] == 304
    (public / "index.html").write_text("<h1>Changed</h1>", encoding="utf-8")
    status, _, body = ask(port, "/index.html", If_None_Match=headers["ETag"])
    assert status == 200
    assert b"Changed" in body
    assert ask(port, "/assets/fonts/one.woff2")[1]["Cache-Control"] == "max-age=3600"


def test_a_build_that_is_switched_to_is_seen_at_once(port: int, public: Path) -> None:
    other = public.parent / "builds" / "two"
    other.mkdir()
    (other / "index.html").write_text("two", encoding="utf-8")
    public.unlink()
    public.symlink_to("builds/two")
    assert ask(port, "/")[2] == b"two"


def test_a_directory_is_shown_under_its_own_address(port: int) -> None:
    status, headers, _ = ask(port, "/countries")
    assert status == 301
    assert headers["Location"] == "/countries/"


def test_only_reading_is_answered(port: int) -> None:
    assert ask(port, "/", "HEAD")[::2] == (200, b"")
    assert ask(port, "/", "POST", Content_Length="0")[0] == 501
    assert ask(port, "/", "DELETE")[0] == 501


def test_a_port_that_is_taken_and_a_missing_build_are_said_in_a_sentence(public: Path, port: int) -> None:
    with pytest.raises(DisplacementError, match=f"Port {port} cannot be used"):
        server(public, port)
    with pytest.raises(DisplacementError, match="Run `displacement build` first"):
        server(public.parent / "nothing", 0)


def test_it_listens_on_this_machine_only(public: Path) -> None:
    with server(public, 0) as running:
        assert running.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "LOCALHOST"])
def test_the_site_answers_to_the_names_of_this_machine(port: int, host: str) -> None:
    assert ask(port, "/", Host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "[::1"])
def test_a_page_of_somebody_else_cannot_read_the_site_under_a_name_of_its_own(port: int, host: str) -> None:
    """A browser lets a page read what its own name answers, and anybody's name can lead to this machine."""
    status, _, body = ask(port, "/", Host=host)
    assert status == 421
    assert b"Home" not in body


def test_only_a_chart_made_to_be_embedded_may_be_in_the_frame_of_another_site(port: int) -> None:
    for path, ancestors in (
        ("/", "'self'"),
        ("/charts/corridors.html", "'self'"),
        ("/charts/corridors.html?embed", "*"),
        ("/index.html?embed", "'self'"),
        ("/no/such/page", "'self'"),
    ):
        policy = ask(port, path)[1]["Content-Security-Policy"]
        assert policy.endswith(f"frame-ancestors {ancestors}")
        assert policy.startswith("default-src 'none'; script-src 'self';")
    of_sql = ask(port, "/fr/sql.html")[1]["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in of_sql and "worker-src blob:;" in of_sql


@pytest.mark.parametrize(
    ("asked", "status", "named", "body"),
    [
        ("bytes=1-2", 206, "bytes 1-2/4", b"il"),
        ("bytes=2-", 206, "bytes 2-3/4", b"le"),
        ("bytes=-1", 206, "bytes 3-3/4", b"e"),
        ("bytes=0-99", 206, "bytes 0-3/4", b"file"),
        ("bytes=4-", 416, "bytes */4", b""),
        ("bytes=2-1", 200, None, b"file"),
        ("bytes=0-0,2-3", 200, None, b"file"),
        ("lines=0-1", 200, None, b"file"),
    ],
)
def test_a_file_is_sent_in_parts(port: int, asked: str, status: int, named: str | None, body: bytes) -> None:
    """The page for SQL reads the file so: a question needs a hundredth of it."""
    answer = ask(port, "/displacement.duckdb", Range=asked)
    assert (answer[0], answer[1].get("Content-Range"), answer[2]) == (status, named, body)
    assert ask(port, "/displacement.duckdb", "HEAD", Range=asked)[::2] == (status, b"")
    changed = ask(port, "/displacement.duckdb", Range=asked, If_Range='"other"')
    assert changed[::2] == (200, b"file")


def test_text_is_packed_for_who_accepts_it(port: int) -> None:
    plain, packed = ask(port, "/charts/corridors.html"), ask(port, "/charts/corridors.html", Accept_Encoding="gzip, br")
    assert gzip.decompress(packed[2]) == plain[2]
    assert len(packed[2]) == int(packed[1]["Content-Length"]) < len(plain[2]) / 10
    assert packed[1]["ETag"] != plain[1]["ETag"]
    assert "Content-Encoding" not in ask(port, "/assets/fonts/one.woff2", Accept_Encoding="gzip")[1]


def test_slow_readers_keep_nobody_from_reading_and_are_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300 connections that sent a byte now and then 136 stayed, each with a thread of its own."""
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 1.0)
    monkeypatch.setattr(serving, "CONNECTIONS", 20)
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(60)]
        for each in slow:
            each.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert ask(port, "/")[0] == 200
        until = time.monotonic() + 20
        while slow and time.monotonic() < until:
            time.sleep(0.2)
            slow = [each for each in slow if _still_open(each)]
        assert not slow, f"{len(slow)} slow connections stayed"
        assert ask(port, "/")[0] == 200


def _still_open(connection: socket.socket) -> bool:
    """Send a byte more; return whether the server still listens."""
    try:
        connection.sendall(b"a")
        connection.settimeout(0.01)
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_a_reader_who_hangs_up_leaves_no_traceback(port: int, public: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (public / "displacement.duckdb").write_bytes(bytes(30_000_000))
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET /displacement.duckdb HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.recv(100)
    assert ask(port, "/")[0] == 200
    time.sleep(0.5)
    assert capfd.readouterr().err == ""
