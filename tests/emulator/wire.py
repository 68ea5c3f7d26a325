"""A reply and how it goes over the wire: whole and at once, or slowly, in part, with a wrong length, without an end.

What stands in a reply is said elsewhere; here only how bytes and headers get to the client.
"""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Literal

HTML = "text/html; charset=utf-8"
AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Reply:
    """An answer, and what may be wrong with the way it is sent.

    Attributes:
        body: before compression.
        encoded: the body as it is sent, where it already is what it claims to be in `Content-Encoding: gzip`.
        delay: seconds before the first byte.
        drip: bytes at a time and seconds between them.
        share: how much of the body is sent.
        excess: by how much the declared length is above what is there.
        ending: what becomes of the connection afterwards.
        endless: whether the body is sent again and again, in chunks, until the client hangs up.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    encoded: bytes | None = None
    delay: float = 0.0
    drip: tuple[int, float] | None = None
    share: float = 1.0
    excess: int = 0
    ending: Literal["kept", "closed", "reset"] = "kept"
    endless: bool = False


NO_REPLY = Reply(status=0, ending="closed")
"""The connection is closed without a word."""


class Line:
    """One connection, over which replies are sent until it or the emulator is closed."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing
        self.sent = 0

    def send(self, reply: Reply, *, compressed: bool) -> bool:
        """Send a reply; return whether the connection can be used again.

        Raises:
            OSError: the client went away.
        """
        if reply.status:
            if self._closing.wait(reply.delay):
                return False
            body = reply.encoded if compressed and reply.encoded is not None else reply.body
            head = _head(reply, len(body), gzipped=compressed and reply.encoded is not None)
            for piece in _pieces(reply, head, body):
                self._connection.sendall(piece)
                self.sent += len(piece)
                if self._closing.wait(reply.drip[1] if reply.drip else 0):
                    return False
        if reply.ending == "reset":  # lingering for no time makes the system send a reset instead of a farewell
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._connection.close()
        return reply.ending == "kept"


def gzipped(body: bytes) -> bytes:
    """Return a body compressed, always in the same way."""
    return gzip.compress(body, compresslevel=1, mtime=0)


def bomb(start: bytes, megabytes: int) -> bytes:
    """Return little gzip that becomes `start` and many megabytes of spaces, with the right checksum."""
    blank = b" " * (1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(blank) + packer.flush(zlib.Z_FULL_FLUSH)  # after a full flush the same bytes give the same
    checksum = zlib.crc32(start)
    for _ in range(megabytes):
        checksum = zlib.crc32(blank, checksum)
    size = (len(start) + megabytes * len(blank)) % 2**32
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + first + piece * megabytes + packer.flush() + struct.pack("<II", checksum, size)


def _head(reply: Reply, length: int, *, gzipped: bool) -> bytes:
    status = HTTPStatus(reply.status)
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Date: {formatdate(usegmt=True)}",
        "Server: emulator",
        f"Content-Type: {reply.content_type}",
        "Cache-Control: no-cache, private",
        "Vary: Accept-Encoding",
        "Transfer-Encoding: chunked" if reply.endless else f"Content-Length: {length + reply.excess}",
        *(["Content-Encoding: gzip"] if gzipped else []),
        *(f"{name}: {value}" for name, value in reply.headers),
        *([] if reply.ending == "kept" else ["Connection: close"] if reply.ending == "closed" else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _pieces(reply: Reply, head: bytes, body: bytes) -> Iterator[bytes]:
    """Yield what goes over the wire, head first; a short reply goes out in one piece."""
    if reply.endless:
        yield head
        while True:
            yield f"{len(body):x}\r\n".encode() + body + b"\r\n"
    part = body[: int(len(body) * reply.share)]
    at_once = reply.drip[0] if reply.drip else AT_ONCE
    if not reply.drip and len(part) < at_once:
        yield head + part
        return
    yield head
    for start in range(0, len(part), at_once):
        yield part[start : start + at_once]
