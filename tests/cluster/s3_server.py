"""An S3 server on the loopback address: moto, with the one thing a real store does that it does not.

A store compares and writes in one step. moto compares, and then writes, while other requests are answered, and lists
objects while others are put there; so requests are let in one by one here. Prints its port; ends when its standard
input does.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

Start = Callable[..., Any]


class OneByOne:
    """A WSGI application that answers one request after the other."""

    def __init__(self, application: Callable[[dict[str, Any], Start], Iterable[bytes]]) -> None:
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, environment: dict[str, Any], start: Start) -> Iterable[bytes]:
        with self._lock:
            return list(self._application(environment, start))


class KeepsConnections(WSGIRequestHandler):
    """Answers many requests on one connection, as a store does."""

    protocol_version = "HTTP/1.1"


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, OneByOne(application), threaded=True, request_handler=KeepsConnections)
    print(server.port, flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
