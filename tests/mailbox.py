"""A mail server of a few lines, and any other server, on the loopback address while a test runs."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class Mailbox(socketserver.StreamRequestHandler):
    """Takes letters as a mail server does, and keeps them."""

    got: ClassVar[list[str]] = []

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip().upper():
            if line == "DATA":
                self._say("354 go on")
                self.got.append(self._letter())
                self._say("250 taken")
            elif line == "QUIT":
                return self._say("221 bye")
            else:
                self._say("250 fine")
        return None

    def _letter(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line)
        return "\n".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[str]:
    """Serve until the block ends; yield `host:port`."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        host, port = server.server_address[:2]
        yield f"{host}:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def mailbox() -> Iterator[tuple[str, list[str]]]:
    """Take mail; yield the address of the server and the letters it has got."""
    Mailbox.got.clear()
    with serving(socketserver.TCPServer(("127.0.0.1", 0), Mailbox)) as address:
        yield address, Mailbox.got
