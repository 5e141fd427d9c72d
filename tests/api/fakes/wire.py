"""One HTTP request as it came and one answer as it goes out, and the body formats that vendors use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Incoming:
    """A request. Header names are lower case; `target` is the path with its query, as sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def path(self) -> str:
        """The path alone, unquoted."""
        return unquote(urlsplit(self.target).path)

    @cached_property
    def query(self) -> dict[str, str]:
        """The last value of every name in the query."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @cached_property
    def host(self) -> str:
        """The scheme, host and port by which the client reached this server."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @cached_property
    def form(self) -> dict[str, Part]:
        """The parts of a multipart body by name; empty if it is none."""
        _, _, boundary = self.headers.get("content-type", "").partition("boundary=")
        return _parts(self.body, boundary.strip('"')) if boundary else {}


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    data: bytes
    filename: str = ""
    content_type: str = ""

    @property
    def text(self) -> str:
        """As a plain field."""
        return self.data.decode()


def _parts(body: bytes, boundary: str) -> dict[str, Part]:
    # Not the email package: it takes a video's bytes for lines of text.
    parts = {}
    for piece in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = [line.partition(":") for line in head.decode().split("\r\n")]
        headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        words = [word.strip().partition("=") for word in headers.get("content-disposition", "").split(";")]
        names = {name: value.strip('"') for name, _, value in words}
        data = data.removesuffix(b"\r\n")
        parts[names.get("name", "")] = Part(data, names.get("filename", ""), headers.get("content-type", ""))
    return parts


@dataclass(frozen=True)
class Reply:
    """An answer: `body` bytes go out as they are, anything else but None as JSON. `delivery`: how much of it arrives.

    whole, rst, fin, hang (none of it), cut and cut_rst (half, after a head that promises all), no_length (half, and
    no promise), chunked_cut, drip (in `pieces`, `gap_s` apart).
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: str = "whole"
    pieces: int = 20
    gap_s: float = 0.05

    @cached_property
    def content(self) -> bytes:
        """The body's bytes."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def head(self, *, length: int | None) -> bytes:
        """The status line and headers; `length` None leaves Content-Length away."""
        headers = {} if self.body is None or isinstance(self.body, bytes) else {"Content-Type": "application/json"}
        if length is not None and self.status not in (204, 304):
            headers["Content-Length"] = str(length)
        lines = [f"{name}: {value}" for name, value in {**headers, **self.headers}.items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} {_reason(self.status)}", *lines, "", ""]).encode()


def _reason(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class Answer(Exception):
    """Ends a handler with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply
