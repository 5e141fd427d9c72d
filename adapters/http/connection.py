"""Connections on which every byte is counted and timed, and which know whether any of a request was handed over.

requests and urllib3 bound each single wait for bytes, and whatever is not the body not at all: a head, interim answers,
the size line of a chunk, trailers or empty blocks of gzip that drip outlive every time-out.
"""

from __future__ import annotations

import http.client
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

PIECE_BYTES = 64 * 1024
_SWITCHING = 101
_MOST_INTERIM = 1000
"""Answers before the answer: one a second, for the longest wait; a flood of them would be read for hours."""


@dataclass(frozen=True)
class Limits:
    """`read_s`: how long an answer may take that brings nothing; for each `slowest` bytes it has a second more.

    `most_bytes`: of one answer as it travels, its head and all.
    """

    read_s: float
    most_bytes: int
    slowest: int


class _Pace:
    """What passed in one direction of an exchange, and whether it may go on."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits, self._clock, self._begun = limits, clock, clock()
        self.bytes, self.told = 0, ""

    def left_s(self) -> float:
        """Seconds until it is too slow. Raises TimeoutError if it is by now."""
        taken_s = self._clock() - self._begun
        left_s = self._limits.read_s + self.bytes / self._limits.slowest - taken_s
        if left_s <= 0:
            self.told = f"{self.bytes} bytes in {taken_s:.0f} s: too slow a line"
            raise TimeoutError(self.told)
        return left_s

    def add(self, count: int) -> None:
        """Count what came. Raises OSError for more than there may be."""
        self.bytes += count
        if self.bytes > self._limits.most_bytes:
            self.told = f"more than {self._limits.most_bytes} bytes"
            raise OSError(self.told)


class Exchange:
    """One request on its way; `handed` from the moment in which its first byte is given to an open connection."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits, self.clock = limits, clock
        self.handed = False
        self.pace = self.new_pace()

    def new_pace(self) -> _Pace:
        """Of the next thing that passes: what is sent, a proxy's greeting, the answer."""
        self.pace = _Pace(self.limits, self.clock)
        return self.pace


class _Local(threading.local):
    exchange: Exchange | None = None


_now = _Local()
"""The exchange that this thread is at, for the connections below: urllib3 hands nothing down to them."""


@contextmanager
def at(exchange: Exchange) -> Iterator[None]:
    """While this lasts, what this thread sends and reads on new or kept connections belongs to the exchange."""
    _now.exchange = exchange
    try:
        yield
    finally:
        _now.exchange = None


class _Watched(io.RawIOBase):
    """What comes from a socket, counted and timed."""

    def __init__(self, raw: io.RawIOBase, sock: Any, pace: _Pace) -> None:
        self._raw, self._sock, self._pace = raw, sock, pace

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """As a socket does. Raises TimeoutError and OSError as `_Pace` does."""
        self._sock.settimeout(self._pace.left_s())
        count: int | None = self._raw.readinto(buffer)
        self._pace.add(count or 0)
        return count

    def close(self) -> None:
        """Give the socket back."""
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer whose every byte is watched, behind interim ones (100, 102, 103), which say nothing."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if _now.exchange is not None:
            watched = _Watched(self.fp.detach(), sock, _now.exchange.new_pace())
            self.fp = io.BufferedReader(watched)

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MOST_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == _SWITCHING:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.BadStatusLine("interim answers without end")


class Connection(HTTPConnection):
    """Notes when the first byte of a request is handed over: what fails before never left."""

    response_class = _Answer
    _joining = False

    def connect(self) -> None:
        """As urllib3 does; what is said to a proxy meanwhile is not yet the request."""
        self._joining = True
        try:
            super().connect()
        finally:
            self._joining = False

    def send(self, data: Any) -> None:
        """In pieces, each within what is left of the time: a large picture may take longer than one wait."""
        exchange = _now.exchange
        if exchange is None or self._joining or not isinstance(data, bytes | bytearray):
            super().send(data)
            return
        if self.sock is None:
            self.connect()
        pace = exchange.pace if exchange.handed else exchange.new_pace()
        exchange.handed = True
        for begin in range(0, len(data), PIECE_BYTES):
            piece = data[begin : begin + PIECE_BYTES]
            self.sock.settimeout(pace.left_s())
            super().send(piece)
            pace.bytes += len(piece)


class SecureConnection(Connection, HTTPSConnection):
    """The same, encrypted."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = SecureConnection


class LineAdapter(HTTPAdapter):
    """requests' adapter with the connections above, also behind a proxy."""

    pools: ClassVar[dict[str, Any]] = {"http": _Pool, "https": _SecurePool}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As requests does."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """As requests does; the proxy itself is the only peer that there is to look at."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = LineAdapter.pools
        return manager
