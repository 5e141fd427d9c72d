"""A Hugging Face hub on loopback: what fetching a model or a data set needs of its interface, and scripted faults."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_LFS = (".safetensors", ".bin", ".mp4", ".jpg")


@dataclass
class Fault:
    """An answer other than the right one, for requests whose path holds `where`; `times` of them (None: all)."""

    where: str
    status: int = 0
    code: str = ""
    cut_after: int | None = None
    """Send the right head and this many bytes of the body, then cut the connection; -1: not even the head."""
    times: int | None = None
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    wrong_bytes: bool = False


@dataclass
class Repository:
    """One repository: its files by name at each commit, and the branches.

    `members`: the tokens that may read it; None: everybody. Anybody may know of a gated one.
    """

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    members: set[str] | None = None

    def commit(self, files: dict[str, bytes], branch: str = "main") -> str:
        """Add a commit at the head of a branch."""
        tree = "".join(f"{name} {_git_id(data)}\n" for name, data in sorted(files.items()))
        sha = hashlib.sha1(tree.encode()).hexdigest()
        self.commits[sha] = dict(files)
        self.branches[branch] = sha
        return sha


class Hub:
    """The server, for a `with`; `requests` counts (method, path), `tokens` the credentials that were sent.

    A data set's name begins with `datasets/`. Trees come in pages of `page` entries.
    """

    def __init__(self, page: int = 1000) -> None:
        self.page = page
        self.ranges: list[tuple[str, str]] = []
        self.signed: list[tuple[str, str]] = []
        self.repositories: dict[str, Repository] = {}
        self.faults: list[Fault] = []
        self.requests: Counter[tuple[str, str]] = Counter()
        self.served: Counter[str] = Counter()
        self.tokens: set[str] = set()
        self.storage_tokens: set[str] = set()
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.storage = f"http://localhost:{self._server.server_address[1]}"  # another host, as the hub's is

    def __enter__(self) -> Hub:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, name: str, files: dict[str, bytes], branch: str = "main") -> str:
        """A commit of a repository; returns its hash."""
        return self.repositories.setdefault(name, Repository()).commit(files, branch)

    def fault(self, method: str, path: str) -> Fault | None:
        """The fault that is due for a request."""
        with self.lock:
            for fault in self.faults:
                if fault.where in path and fault.method in ("", method) and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        path, hub = unquote(url.path), self.hub
        with hub.lock:
            hub.requests[self.command, path] += 1
            hub.signed.append((path, self.headers.get("Authorization", "")))
            (hub.storage_tokens if path.startswith("/cdn/") else hub.tokens).add(self.headers.get("Authorization", ""))
        fault = hub.fault(self.command, path)
        if fault and fault.cut_after is None and not fault.wrong_bytes:
            self._error(fault.status, fault.code, fault.headers)
        elif fault and fault.cut_after == -1:
            self.close_connection = True
        elif path.startswith("/api/models/"):
            self._api(path.removeprefix("/api/models/").split("/"), parse_qs(url.query))
        elif path.startswith("/api/datasets/"):
            owner, name, *rest = path.removeprefix("/api/datasets/").split("/")
            self._api([f"datasets/{owner}", name, *rest], parse_qs(url.query))
        elif path.startswith("/cdn/"):
            self._contents(path.removeprefix("/cdn/"), fault)
        else:
            kind = "datasets/" if path.startswith("/datasets/") else ""
            owner, *rest = path.removeprefix(f"/{kind}").strip("/").split("/")
            self._resolve([f"{kind}{owner}", *rest], fault)

    def _error(self, status: int, code: str = "", headers: dict[str, str] | None = None) -> None:
        told = {"X-Error-Code": code, "X-Error-Message": code, **(headers or {})}
        self._send(status, b'{"error": "%s"}' % code.encode(), told)

    def _may_read(self, name: str) -> bool:
        """Whether the token is one of the repository's readers; otherwise the hub's error has been sent."""
        members = self.hub.repositories[name].members
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if members is None or token in members:
            return True
        self._error(403 if token else 401, "GatedRepo")
        return False

    def _send(self, status: int, body: bytes, headers: dict[str, str], cut_after: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body if cut_after is None else body[:cut_after])
        if cut_after is not None:
            self.close_connection = True

    def _find(self, name: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """The commit and its files; otherwise the hub's error has been sent."""
        repository = self.hub.repositories.get(name)
        if repository is None:
            self._error(401, "RepoNotFound")
            return None
        sha = repository.branches.get(revision, revision)
        if sha not in repository.commits:
            self._error(404, "RevisionNotFound")
            return None
        return sha, repository.commits[sha]

    def _api(self, parts: list[str], query: dict[str, list[str]]) -> None:
        name, rest = "/".join(parts[:2]), parts[2:]
        revision = "" if rest == ["auth-check"] else "/".join(rest[1:])
        revision = revision or "main"
        found = self._find(name, revision)
        if found is None:
            return
        sha, files = found
        if rest == ["auth-check"] and not self._may_read(name):
            return
        more = {}
        if rest[:1] == ["tree"]:
            first = int(query.get("cursor", ["0"])[0])
            answer: Any = [_entry(path, data) for path, data in files.items()][first : first + self.hub.page]
            if first + self.hub.page < len(files):
                place = f"{self.hub.endpoint}{urlsplit(self.path).path}"
                more["Link"] = f'<{place}?recursive=True&cursor={first + self.hub.page}>; rel="next"'
        else:
            blobs = query.get("blobs") == ["true"]
            answer = {
                "id": name, "modelId": name, "sha": sha, "private": False, "gated": False, "tags": [],
                "siblings": [_sibling(path, data) if blobs else {"rfilename": path} for path, data in files.items()],
            }  # fmt: skip
        self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json", **more})

    def _resolve(self, parts: list[str], fault: Fault | None) -> None:
        found = self._find("/".join(parts[:2]), parts[3] if parts[2:3] == ["resolve"] and len(parts) > 4 else "")
        if found is None:
            return
        sha, files = found
        if not self._may_read("/".join(parts[:2])):
            return
        name = "/".join(parts[4:])
        data, commit = files.get(name), {"X-Repo-Commit": sha}
        if data is None:
            self._error(404, "EntryNotFound")
        elif name.endswith(_LFS):
            digest = hashlib.sha256(data).hexdigest()
            linked = {"X-Linked-Size": str(len(data)), "X-Linked-ETag": f'"{digest}"'}
            self._send(302, b"", {**commit, **linked, "Location": f"{self.hub.storage}/cdn/{digest}"})
        else:
            self._part(name, data, {**commit, "ETag": f'"{_git_id(data)}"'}, fault)

    def _contents(self, digest: str, fault: Fault | None) -> None:
        """Large files, by their sha256, as from the hub's storage."""
        for repository in self.hub.repositories.values():
            for files in repository.commits.values():
                for name, data in files.items():
                    if name.endswith(_LFS) and hashlib.sha256(data).hexdigest() == digest:
                        self._part(name, data, {"ETag": f'"{digest}"'}, fault)
                        return
        self._error(404)

    def _part(self, name: str, data: bytes, headers: dict[str, str], fault: Fault | None) -> None:
        if self.command == "GET":
            with self.hub.lock:
                self.hub.served[name] += 1
                self.hub.ranges.append((name, self.headers.get("Range", "")))
        data = bytes(len(data)) if fault and fault.wrong_bytes else data
        start, status = 0, 200
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes="):
            start, status = int(asked.removeprefix("bytes=").partition("-")[0]), 206
            headers = {**headers, "Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        self._send(status, data[start:], {"Accept-Ranges": "bytes", **headers}, fault.cut_after if fault else None)


def _git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _lfs(path: str, data: bytes) -> str | None:
    return hashlib.sha256(data).hexdigest() if path.endswith(_LFS) else None


def _sibling(path: str, data: bytes) -> dict[str, Any]:
    sha256, entry = _lfs(path, data), {"rfilename": path, "size": len(data), "blobId": _git_id(data)}
    return {**entry, "lfs": {"sha256": sha256, "size": len(data), "pointerSize": 134}} if sha256 else entry


def _entry(path: str, data: bytes) -> dict[str, Any]:
    sha256, entry = _lfs(path, data), {"type": "file", "path": path, "size": len(data), "oid": _git_id(data)}
    return {**entry, "lfs": {"oid": sha256, "size": len(data), "pointerSize": 134}} if sha256 else entry
