"""The HTTP side of a fake server: requests in, answers out, whole or broken."""

from __future__ import annotations

import select
import socket
import struct
import traceback
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from tests.api.fakes.wire import Incoming, Reply

_GONE = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)


class Answers(Protocol):
    """What the handler needs of its server."""

    wake: socket.socket
    """Readable once the server is being closed."""

    def answer(self, request: Incoming) -> Reply:
        """The reply to a request."""

    def failed(self, trace: str) -> None:
        """Take note of a bug in a fake."""

    def enter(self, connection: socket.socket) -> None:
        """A connection began."""

    def leave(self, connection: socket.socket) -> None:
        """A connection ended."""


class Handler(BaseHTTPRequestHandler):
    """Reads whole requests and delivers replies, each in one write."""

    fake: Answers
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 1 << 16

    def setup(self) -> None:
        super().setup()
        self.fake.enter(self.connection)

    def finish(self) -> None:
        self.fake.leave(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""

    def handle(self) -> None:
        try:
            super().handle()
        except _GONE:
            pass  # the client gave up, which is its right
        except OSError as error:
            if self.connection.fileno() != -1:  # closed by our own hand: the server's end, or a scripted reset
                self.fake.failed(repr(error))

    def _any(self) -> None:
        body = self._body()
        if body is None:  # the client went away in the middle of it: never delivered
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            reply = self.fake.answer(Incoming(self.command, self.path, headers, body))
        except Exception:  # noqa: BLE001 - a bug of a fake: the test that meets it fails when its server is closed
            trace = traceback.format_exc()
            self.fake.failed(trace)
            reply = Reply(500, trace.encode(), {"Content-Type": "text/plain"})
        self._deliver(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _any  # noqa: N815

    def _body(self) -> bytes | None:
        """The request's body; None if it did not come whole."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        return body if len(body) == length else None

    def _chunks(self) -> bytes | None:
        body = b""
        while line := self.rfile.readline().strip():
            length = int(line.partition(b";")[0], 16)
            chunk = self.rfile.read(length)
            self.rfile.readline()
            body += chunk
            if length == 0:
                return body
            if len(chunk) < length:
                break
        return None

    def _deliver(self, reply: Reply) -> None:
        content = b"" if self.command == "HEAD" else reply.content
        if reply.delivery == "whole":
            self.wfile.write(reply.head(length=len(reply.content)) + content)
            return
        self.close_connection = True
        getattr(self, f"_{reply.delivery}")(reply, content)

    def _fin(self, reply: Reply, content: bytes) -> None:
        """Close without a word."""

    def _rst(self, reply: Reply, content: bytes) -> None:
        """Throw the connection away: what the client is reading fails with a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()  # holds the socket open otherwise, and the orderly end would come first
        self.connection.close()

    def _hang(self, reply: Reply, content: bytes) -> None:
        self._wait(None)

    def _cut(self, reply: Reply, content: bytes) -> None:
        self.wfile.write(reply.head(length=len(content)) + content[: len(content) // 2])

    def _cut_rst(self, reply: Reply, content: bytes) -> None:
        self._cut(reply, content)
        self._rst(reply, content)

    def _no_length(self, reply: Reply, content: bytes) -> None:
        head = reply.head(length=None).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        self.wfile.write(head + content[: len(content) // 2])

    def _chunked_cut(self, reply: Reply, content: bytes) -> None:
        head = reply.head(length=None).replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        half = content[: len(content) // 2]
        self.wfile.write(head + b"%x\r\n" % len(half) + half + b"\r\n")

    def _drip(self, reply: Reply, content: bytes) -> None:
        self.wfile.write(reply.head(length=len(content)))
        step = max(1, -(-len(content) // reply.pieces))
        for start in range(0, len(content), step):
            if not self._wait(reply.gap_s):
                return
            self.wfile.write(content[start : start + step])

    def _wait(self, seconds: float | None) -> bool:
        """True once the time is over; False as soon as the client goes away or the server is being closed."""
        return not select.select([self.connection, self.fake.wake], [], [], seconds)[0]
