"""A front before a fake service: a proxy or load balancer that passes requests on and answers what it likes itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self
from urllib.parse import urlsplit


class Front:
    """Passes every request on, whole, and gives back the service's answer, or else the next of `answers`.

    `answers` are raw bytes in place of the answers to the next POSTs that submit; the service has done its work by
    then. An empty one closes the connection.
    """

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._there = str(parts.hostname), int(parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.answers: list[bytes] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            request = whole_message(client)
            if not request:
                return
            answer = self._passed_on(request)
            if self.answers and request.startswith(b"POST"):
                answer = self.answers.pop(0)
            client.sendall(answer)

    def _passed_on(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"host:"))]
        lines += [b"Host: %s:%d" % (self._there[0].encode(), self._there[1]), b"Connection: close"]
        with socket.create_connection(self._there, 10) as there:
            there.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            return b"".join(iter(lambda: there.recv(65536), b""))


def whole_message(sock: socket.socket) -> bytes:
    """A request with the body that its Content-Length states; empty if the other side closed before one came."""
    data = b""
    while b"\r\n\r\n" not in data:
        block = sock.recv(65536)
        if not block:
            return b""
        data += block
    head, _, body = data.partition(b"\r\n\r\n")
    stated = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    parts, left = [data], int(stated[0]) - len(body) if stated else 0
    while left > 0:
        block = sock.recv(65536)
        parts.append(block)
        left -= len(block) or left
    return b"".join(parts)


@contextmanager
def speaking(*parts: bytes, forever: bytes = b"", every_s: float = 0.02) -> Iterator[str]:
    """The address of a server that answers each request with these bytes, and then `forever` with one more part."""
    stopped = threading.Event()

    def serve(client: socket.socket) -> None:
        with client:
            try:
                if whole_message(client):
                    client.sendall(b"".join(parts))
                while forever and not stopped.wait(every_s):
                    client.sendall(forever)
            except OSError:
                return

    def accept() -> None:
        while not stopped.is_set():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
