"""Reading one answer from the wire: whole or not at all, within a size and a time, whatever the server sends.

Everything is counted after decompression and while it comes, so neither a small file that unpacks to a large one nor a
body without end is ever held in memory.
"""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

from displacement.sources.questions import PassingFaultError

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

CHUNK = 1 << 16
GZIP_OR_ZLIB = 47
"""Window bits that let zlib tell the two apart by the first bytes."""


class TooLargeError(Exception):
    """The answer is larger than any answer may be."""


class _Plain:
    """Counts what comes, as it comes."""

    def __init__(self, most: int) -> None:
        self.parts: list[bytes] = []
        self.room = most

    def take(self, chunk: bytes) -> None:
        self.room -= len(chunk)
        if self.room < 0:
            raise TooLargeError
        self.parts.append(chunk)

    def end(self) -> bytes:
        return b"".join(self.parts)


class _Packed(_Plain):
    """Unpacks gzip no further than there is room."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.packed_room = most
        self.inflate = zlib.decompressobj(GZIP_OR_ZLIB)

    def take(self, chunk: bytes) -> None:
        self.packed_room -= len(chunk)
        if self.packed_room < 0:
            raise TooLargeError
        if self.inflate.eof:
            raise PassingFaultError("something stands behind the end of its gzip")
        try:
            while chunk:
                super().take(self.inflate.decompress(chunk, self.room + 1))
                chunk = self.inflate.unconsumed_tail
        except zlib.error:
            raise PassingFaultError("its gzip is broken") from None

    def end(self) -> bytes:
        if not self.inflate.eof:
            raise PassingFaultError("its gzip is cut short")
        if self.inflate.unused_data:
            raise PassingFaultError("something stands behind the end of its gzip")
        return super().end()


def read_body(raw: BaseHTTPResponse, most: int, until: float) -> bytes:
    """Read a body to its end.

    Args:
        raw: the response, of which nothing has been read.
        most: bytes it may have, packed or unpacked.
        until: when it must have come, by the monotonic clock.

    Raises:
        PassingFaultError: it is cut short, broken, packed in another way than asked, or too slow.
        TooLargeError: it has more than `most` bytes.
    """
    packing = raw.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("gzip", "x-gzip", "deflate", "identity", ""):
        raise PassingFaultError(f"it is packed as {packing[:20]!r}, which was not asked for")
    body = _Plain(most) if packing in ("identity", "") else _Packed(most)
    while chunk := raw.read1(CHUNK, decode_content=False):
        body.take(chunk)
        if time.monotonic() > until:
            raise PassingFaultError("it came too slowly")
    return body.end()
