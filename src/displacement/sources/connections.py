"""Connections with an alarm: an answer that drips, even one whose headers do, is cut off when its time is over.

Timeouts of a socket end silence only: a byte now and then would keep a request alive for ever.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_here = threading.local()


class Watch:
    """Watches the one request of a thread, and cuts its connection when the time is over."""

    def __init__(self) -> None:
        self.rang = False
        self._socket: socket.socket | None = None

    def see(self, connection: HTTPConnection) -> None:
        """Remember the socket that is in use; one that comes after the alarm is cut at once."""
        self._socket = connection.sock
        if self.rang:
            self.ring()

    def ring(self) -> None:
        """Cut the connection; whoever reads from it gets an error at once."""
        self.rang = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed already, which is as good


def _see(connection: HTTPConnection) -> None:
    watch: Watch | None = getattr(_here, "watch", None)
    if watch is not None:
        watch.see(connection)


class _SeenHTTP(HTTPConnection):
    def request(self, *args: Any, **named: Any) -> None:
        _see(self)
        super().request(*args, **named)
        _see(self)  # a connection that was closed has been opened again


class _SeenHTTPS(HTTPSConnection):
    def request(self, *args: Any, **named: Any) -> None:
        _see(self)
        super().request(*args, **named)
        _see(self)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _SeenHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _SeenHTTPS


class Connections(HTTPAdapter):
    """Keeps as many connections as there are requests at a time, and lets each be watched."""

    def __init__(self, most: int) -> None:
        super().__init__(pool_connections=most, pool_maxsize=most, max_retries=0)
        self._watches: set[Watch] = set()

    def init_poolmanager(self, *args: Any, **named: Any) -> None:
        """Let the pools be of our connections."""
        super().init_poolmanager(*args, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    @contextmanager
    def until(self, moment: float) -> Iterator[Watch]:
        """Watch the request that this thread makes in the block, up to a moment of the monotonic clock."""
        watch = Watch()
        alarm = threading.Timer(max(0.0, moment - time.monotonic()), watch.ring)
        alarm.daemon = True
        _here.watch = watch
        self._watches.add(watch)
        alarm.start()
        try:
            yield watch
        finally:
            alarm.cancel()
            self._watches.discard(watch)
            _here.watch = None

    def cut(self) -> None:
        """Cut whatever is under way."""
        for watch in tuple(self._watches):
            watch.ring()
