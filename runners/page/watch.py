"""The page while runs go on: kept current, and shown by a small server of this machine alone.

The server answers on loopback only, to nobody who does not know the token in its address, and only with what the
report holds or links. A page on disk stays as static as ever: only what this server sends out asks for news.
"""

from __future__ import annotations

import mimetypes
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from runners.core.files import sha256_json
from runners.runs.run_finder import find_run_folders

LOOK_S = 2.0
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
        self.out = out.resolve()
        self.token = secrets.token_urlsafe(16)
        self.stamp = ""
        self.linked: set[Path] = set()

    def file(self, way: str) -> Path | None:
        """The file of an address behind the token; None for what is not to be sent."""
        path = Path("/" + unquote(way)).resolve()
        inside = path.is_relative_to(self.out) and not path.name.startswith(".")
        return path if (inside or path in self.linked) and path.is_file() else None

    @property
    def index(self) -> str:
        """The way to the first page. It spells the folder out, so that relative ways out of it keep their meaning."""
        return f"/{self.token}{quote(str(self.out))}/index.html"


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD, of whole files or of one range, to this machine under its own name."""

    server_version = "physics-iq-report"
    sys_version = ""
    protocol_version = "HTTP/1.1"

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
        first, _, way = urlsplit(self.path).path.lstrip("/").partition("/")
        if not secrets.compare_digest(first.encode(), self._served.token.encode()):
            self._refuse(HTTPStatus.NOT_FOUND)
        elif way in ("live.js", "stamp.js"):
            stamp = f'window.PIQ_STAMP="{self._served.stamp}";'
            text = stamp if way == "stamp.js" else _LIVE.replace("STAMP", f"/{first}/stamp.js")
            self._send(text.encode(), "text/javascript", body=body)
        elif (path := self._served.file(way)) is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        else:
            self._file(path, first, body=body)

    def _file(self, path: Path, token: str, *, body: bool) -> None:
        try:
            content = path.read_bytes()
        except OSError:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if path.suffix == ".html":
            live = f'<script src="/{token}/live.js" data-stamp="{self._served.stamp}"></script></body>'
            content = content.replace(b"</body>", live.encode())
        self._send(content, kind, body=body)

    def _send(self, content: bytes, kind: str, *, body: bool) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        start, end = 0, len(content)
        if wanted and int(wanted[1]) < end:
            start, end = int(wanted[1]), min(end, int(wanted[2]) + 1 if wanted[2] else end)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted and end - start < len(content) else HTTPStatus.OK)
        if wanted and end - start < len(content):
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        headers = {
            "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
            "Content-Length": str(end - start), "Accept-Ranges": "bytes", "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        }  # fmt: skip
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(content[start:end])

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Requests are nobody's business: the token stands in them."""


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
    while True:
        now = stamp_of(results)
        if now != served.stamp:
            served.linked = build()
            served.stamp = now
        wait(LOOK_S)
