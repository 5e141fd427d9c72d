"""Google Cloud Storage's JSON API and GitHub's trees and blobs on loopback, as far as reading goes, with faults.

After cloud.google.com/storage/docs/json_api/v1 (objects list and get, `alt=media`, `generation`, ranges, `fields`) and
docs.github.com/rest/git (trees, blobs).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import google_crc32c


@dataclass
class Fault:
    """Another answer than the right one to requests whose unquoted path holds `where`; `times` of them (None: all)."""

    where: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Send the right head and so many bytes of the body, then cut the connection."""
    silent: bool = False
    """Do not cut it, but say nothing more until the server is closed."""
    wrong_bytes: bool = False
    """The right length, other bytes."""
    no_ranges: bool = False
    redirect: str = ""
    times: int | None = None


@dataclass
class Stored:
    """An object, at a generation; composite ones have no MD5."""

    data: bytes
    generation: int = 1
    composite: bool = False


@dataclass(frozen=True)
class Asked:
    """One request for contents."""

    name: str
    start: int
    headers: dict[str, str]


class _Server(ThreadingHTTPServer):
    """Knows which connections it has taken, and which of them it still serves."""

    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.taken: set[Any] = set()
        self.open: set[Any] = set()
        self.changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.changed:
            self.taken.add(client_address)
            self.open.add(client_address)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        with self.changed:
            self.open.discard(client_address)
            self.changed.notify_all()


class Storage:
    """The server, for a `with`. `asked` are the requests for contents, `listed` those for lists."""

    def __init__(self, *, page: int = 1000) -> None:
        self.buckets: dict[str, dict[str, Stored]] = {}
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.listed: list[dict[str, str]] = []
        self.page = page
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"storage": self}))
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Storage:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def forget_the_dead(self) -> None:
        """Forget what was asked for, also what a killed process asked for and this server comes to only now."""
        with socket.create_connection(("127.0.0.1", self.port)) as last:  # connections are taken in turn
            place = last.getsockname()
        server = self._server
        with server.changed:
            assert server.changed.wait_for(lambda: place in server.taken and not server.open, 60)
        self.asked.clear()

    def starts(self, name: str) -> list[int]:
        """The first byte of each request for an object's contents."""
        return [asked.start for asked in self.asked if asked.name == name]

    def fault(self, path: str) -> Fault:
        """The fault that is due for a request; one that changes nothing if there is none."""
        with self.lock:
            for fault in self.faults:
                if fault.where in path and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return Fault("")


class _Handler(BaseHTTPRequestHandler):
    storage: Storage
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        fault = self.storage.fault(unquote(url.path))
        if fault.redirect:
            self._send(302, b"", {"Location": fault.redirect})
        elif fault.status:
            self._error(fault.status, fault.headers)
        elif match := re.fullmatch(r"/storage/v1/b/([^/]+)/o(?:/([^/]+))?", url.path):
            bucket = self.storage.buckets.get(unquote(match[1]))
            if bucket is None:
                self._error(404)
            elif match[2] is None:
                self._list(bucket, query)
            else:
                self._object(bucket, unquote(match[2]), query, fault)
        elif match := re.fullmatch(r"/repos/([^/]+/[^/]+)/git/(trees|blobs)/(\w+)", url.path):
            self._repository(self.storage.repositories.get(match[1]), match[2], match[3])
        else:
            self._error(404)

    def _list(self, bucket: dict[str, Stored], query: dict[str, str]) -> None:
        with self.storage.lock:
            self.storage.listed.append(query)
        names = sorted(name for name in bucket if name.startswith(query.get("prefix", "")))
        first = int(base64.b64decode(query["pageToken"])) if "pageToken" in query else 0
        last = first + min(self.storage.page, int(query.get("maxResults", 1000)))
        answer: dict[str, Any] = {"kind": "storage#objects"}
        if names[first:last]:
            answer["items"] = [_resource(name, bucket[name]) for name in names[first:last]]
        if last < len(names):
            answer["nextPageToken"] = base64.b64encode(str(last).encode()).decode()
        self._json(_partial(answer, query.get("fields", "")))

    def _object(self, bucket: dict[str, Stored], name: str, query: dict[str, str], fault: Fault) -> None:
        stored = bucket.get(name)
        if stored is None or query.get("generation", str(stored.generation)) != str(stored.generation):
            self._error(404)
        elif query.get("alt") != "media":
            self._json(_resource(name, stored))
        else:
            tag = {"x-goog-generation": str(stored.generation), "ETag": f'"{stored.generation}"'}
            self._contents(name, stored.data, {**tag, **fault.headers}, fault)

    def _contents(self, name: str, data: bytes, headers: dict[str, str], fault: Fault) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        with self.storage.lock:
            self.storage.asked.append(Asked(name, start, dict(self.headers)))
        if fault.wrong_bytes:
            data = bytes(len(data))
        if fault.no_ranges or not asked:
            self._send(200, data, headers, fault)
        elif start >= len(data):
            self._send(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        else:
            span = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            self._send(206, data[start:], {**headers, **span}, fault)

    def _repository(self, files: dict[str, bytes] | None, kind: str, name: str) -> None:
        blobs = {_git_id(data): data for data in (files or {}).values()}
        if files is None or (kind == "blobs" and name not in blobs):
            self._error(404)
        elif kind == "trees":
            entries = [
                {"path": path, "mode": "100644", "type": "blob", "sha": _git_id(data), "size": len(data)}
                for path, data in files.items()
            ]
            folder = {"path": "descriptions", "mode": "040000", "type": "tree", "sha": "0" * 40}
            self._json({"sha": "0" * 40, "tree": [folder, *entries], "truncated": False})
        elif self.headers.get("Accept") == "application/vnd.github.raw+json":
            self._contents(name, blobs[name], {}, Fault(""))
        else:
            self._json({"sha": name, "encoding": "base64", "content": base64.b64encode(blobs[name]).decode()})

    def _json(self, answer: Any) -> None:
        self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json; charset=UTF-8"})

    def _error(self, status: int, headers: dict[str, str] | None = None) -> None:
        body = json.dumps({"error": {"code": status, "message": "no", "errors": []}}).encode()
        self._send(status, body, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, body: bytes, headers: dict[str, str], fault: Fault | None = None) -> None:
        fault = fault or Fault("")
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if fault.cut_after is None else body[: fault.cut_after])
        if fault.silent:
            self.wfile.flush()
            self.storage.closing.wait()
        if fault.cut_after is not None:
            self.close_connection = True


def _resource(name: str, stored: Stored) -> dict[str, Any]:
    """An object resource; numbers are texts, checksums base64."""
    crc = google_crc32c.Checksum(stored.data).digest()
    md5 = {} if stored.composite else {"md5Hash": base64.b64encode(hashlib.md5(stored.data).digest()).decode()}
    return {
        "kind": "storage#object", "name": name, "size": str(len(stored.data)), "generation": str(stored.generation),
        "crc32c": base64.b64encode(crc).decode(), **md5,
    }  # fmt: skip


def _partial(answer: dict[str, Any], fields: str) -> dict[str, Any]:
    """A partial response: `nextPageToken,items(name,size)`."""
    if not fields:
        return answer
    inner = re.search(r"items\(([^)]*)\)", fields)
    outer = {name.partition("(")[0] for name in re.split(r",(?![^(]*\))", fields)}
    kept = {key: value for key, value in answer.items() if key in outer}
    if inner and "items" in kept:
        names = inner[1].split(",")
        kept["items"] = [{key: item[key] for key in names if key in item} for item in kept["items"]]
    return kept


def _git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
