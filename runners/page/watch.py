"""The page while runs go on: kept current, and shown by a small server of this machine alone.

The server answers on loopback only, to nobody who does not know the token in its address, and only with what the
report holds or links. A page on disk stays as static as ever: only what this server sends out asks for news.
"""

from __future__ import annotations

import mimetypes
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote_to_bytes, urlsplit

from runners.core.errors import UserError
from runners.core.files import sha256_json
from runners.core.terminal import say
from runners.runs.run_finder import find_run_folders
from runners.scoring.pool import ScoringError

LOOK_S = 2.0
_PIECE_BYTES = 1 << 18
_WATCHED = ("journal*.jsonl", "manifest.json", "scores/scores.json")
_LIVE = """"use strict";
// Asks whether the report was built anew, and shows it then; a clip that plays is not interrupted.
(function () {
  const known = document.currentScript.dataset.stamp;
  const playing = () => [...document.querySelectorAll("video")].some((video) => !video.paused);
  setInterval(() => {
    const ask = document.createElement("script");
    ask.src = `STAMP?${Date.now()}`;
    ask.onload = () => {
      ask.remove();
      if (window.PIQ_STAMP !== known && !playing()) location.reload();
    };
    ask.onerror = () => ask.remove();
    document.head.append(ask);
  }, 2000);
})();
"""


def stamp_of(results: Path) -> str:
    """Changes whenever a journal, a manifest or scores below the folder do."""
    found = []
    for folder in find_run_folders(results):
        for pattern in _WATCHED:
            for path in sorted(folder.glob(pattern)):
                try:
                    status = path.stat()
                except OSError:
                    continue
                found.append([str(path), status.st_size, status.st_mtime_ns])
    return sha256_json(found)


class Served:
    """What may be sent: the report's own files, and those that its pages link."""

    def __init__(self, out: Path) -> None:
        self.out = out.absolute()
        self._real = self.out.resolve()
        self.token = secrets.token_urlsafe(16)
        self.stamp = ""
        self.linked: set[Path] = set()

    def file(self, way: str) -> Path | None:
        """The file of an address behind the token; None for what is not to be sent."""
        try:
            path = Path("/" + os.fsdecode(unquote_to_bytes(way))).resolve()
            below = path.relative_to(self._real).parts if path.is_relative_to(self._real) else (".",)
            inside = not any(part.startswith(".") for part in below)
            return path if (inside or path in self.linked) and path.is_file() else None
        except (OSError, ValueError, RuntimeError):  # too long, a NUL, links that lead round
            return None

    @property
    def index(self) -> str:
        """The way to the first page. It spells the folder out, so that relative ways out of it keep their meaning."""
        return f"/{self.token}{quote(os.fsencode(self.out))}/index.html"


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD, of whole files or of one range, to this machine under its own name."""

    server_version = "physics-iq-report"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 60.0
    """Seconds after which a connection that says nothing, or takes nothing, is ended."""

    def __init__(self, served: Served, *args: Any) -> None:
        self._served = served
        super().__init__(*args)

    def do_GET(self) -> None:
        """Send a file."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Send what a file is."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost"):  # another name that was made to point here
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        try:
            first, _, way = urlsplit(self.path).path.lstrip("/").partition("/")
        except ValueError:
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        if not secrets.compare_digest(first.encode(), self._served.token.encode()):
            self._refuse(HTTPStatus.NOT_FOUND)
        elif way in ("live.js", "stamp.js"):
            stamp = f'window.PIQ_STAMP="{self._served.stamp}";'
            text = stamp if way == "stamp.js" else _LIVE.replace("STAMP", f"/{first}/stamp.js")
            self._send_bytes(text.encode(), "text/javascript", body=body)
        elif (path := self._served.file(way)) is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        else:
            self._file(path, first, body=body)

    def _file(self, path: Path, token: str, *, body: bool) -> None:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        try:
            with path.open("rb") as file:
                if path.suffix != ".html":
                    self._send(file, os.fstat(file.fileno()).st_size, kind, body=body)
                    return
                content = file.read()
        except FileNotFoundError:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        live = f'<script src="/{token}/live.js" data-stamp="{self._served.stamp}"></script></body>'
        self._send_bytes(content.replace(b"</body>", live.encode()), kind, body=body)

    def _send_bytes(self, content: bytes, kind: str, *, body: bool) -> None:
        self._send(BytesIO(content), len(content), kind, body=body)

    def _send(self, content: BinaryIO, size: int, kind: str, *, body: bool) -> None:
        """The whole or what a range asks for, piece by piece: a video of the truth may be larger than the memory."""
        start, end = _range(self.headers.get("Range") or "", size)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if end - start < size else HTTPStatus.OK)
        if end - start < size:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        headers = {
            "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
            "Content-Length": str(end - start), "Accept-Ranges": "bytes", "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        }  # fmt: skip
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        content.seek(start)
        while body and start < end and (piece := content.read(min(_PIECE_BYTES, end - start))):
            self.wfile.write(piece)
            start += len(piece)
        if body and start < end:  # it was cut short meanwhile: what was promised cannot be kept
            self.close_connection = True

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Requests are nobody's business: the token stands in them."""


def _range(asked: str, size: int) -> tuple[int, int]:
    """(first byte, byte after the last) that a Range header asks for; the whole file where it makes no sense."""
    wanted = re.fullmatch(r"bytes=([0-9]{1,18})-([0-9]{0,18})", asked)
    if wanted is None:
        return 0, size
    start, end = int(wanted[1]), min(size, int(wanted[2]) + 1 if wanted[2] else size)
    return (start, end) if start < end else (0, size)


@contextmanager
def serving(served: Served) -> Iterator[str]:
    """A server on a free port of loopback while the block runs; yields the address of the first page."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A reader who goes away in the middle is no fault."""

    server = Server(("127.0.0.1", 0), partial(_Handler, served))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{served.index}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def keep_current(
    results: Path, served: Served, build: Callable[[], set[Path]], wait: Callable[[float], object]
) -> None:
    """Build anew whenever something below `results` changed, until `wait` raises; `build` returns what it links."""
    given_up = ""
    while True:
        try:
            now = stamp_of(results)
            if now not in (served.stamp, given_up):
                given_up = now
                served.linked = build()
                served.stamp = now
        except (UserError, ScoringError, OSError) as error:  # the page stays as it was until something changes
            say(f"warning: the page could not be renewed: {error}")
        wait(LOOK_S)
