"""One HTTP request at a time: typed by whether it was surely not delivered, never retried, never followed blindly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests

from adapters.api.http.addresses import ForbiddenAddress, PublicOnly, resolves_privately
from adapters.api.http.redaction import Redactor
from adapters.api.wire import Answer, Call
from adapters.errors import AdapterError, SetupError
from adapters.http.connection import LineAdapter
from adapters.http.line import MOST_REDIRECTS, Cut, Line, NeverSent, Reply, Unsendable
from adapters.http.urls import host_of, origin, redirected

MAX_ANSWER_BYTES = 32 * 2**20
"""An answer may repeat the picture or footage that was sent. JSON unfolds to some thirty times its size in memory."""
MAX_INLINE_BYTES = 512 * 2**20
"""Of an answer that may hold a finished video, as base64."""
MAX_VIDEO_BYTES = 2 * 2**30 + 2**20
"""Of a video that is fetched, with what comes around it."""


class NotDelivered(AdapterError):
    """The request surely never reached the service: no byte of it was handed to a connection."""


class Lost(AdapterError):
    """The request may have reached the service, and its answer did not come back whole."""


class Transport:
    """Speaks to one service. The credential goes to the origin of `base_url` and nowhere else.

    `credential()` gives the headers that sign a request. Private addresses are spoken to only if `base_url` itself is
    one. Safe to use from several threads: each has a session of its own.
    """

    def __init__(
        self, base_url: str, credential: Callable[[], Mapping[str, str]], redact: Redactor, *,
        connect_s: float = 10.0, read_s: float = 180.0, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.base_url, self.redact = base_url, redact
        self._credential = credential
        self._line = Line(connect_s=connect_s, read_s=read_s, clock=clock)
        self._trusted = origin(base_url)
        self._private = resolves_privately(base_url)

    def send(self, call: Call, *, fresh: bool = False, most_bytes: int = MAX_ANSWER_BYTES) -> Answer:
        """Send one request and read its answer, whatever its status. `fresh`: on a connection of its own.

        Raises `NotDelivered`, `Lost`, or `SetupError` for what no request could ever get through with;
        `ForbiddenAddress` for one that the service wants sent to a place where nothing of its own can be.
        """
        elsewhere = not call.signed and not self._is_own(call.url)
        if elsewhere:
            self._check_address(call.url)
        with self._exchange(call, most_bytes, fresh=fresh, public=elsewhere and not self._private) as (reply, blocks):
            body = bytearray()
            for block in blocks:
                body += block
                if len(body) > most_bytes:  # a little that was packed may unfold into much
                    raise Lost(f"{host_of(call.url)} answers with more than {most_bytes} bytes")
            return Answer(reply.status, reply.headers, bytes(body))

    @contextmanager
    def open(self, url: str, *, signed: bool) -> Iterator[tuple[Reply, Iterator[bytes]]]:
        """The final answer at an address and its bytes, redirects followed one by one, their bodies unread.

        The credential is sent only where `signed` and the origin is the service's own. Raises as `send` does, and
        `ForbiddenAddress`.
        """
        for _ in range(MOST_REDIRECTS + 1):
            self._check_address(url)
            call = Call("GET", url, signed=signed and origin(url) == self._trusted)
            with self._exchange(call, MAX_VIDEO_BYTES, public=not self._private) as (reply, blocks):
                if not reply.target:
                    yield reply, blocks
                    return
                url = _following(url, reply.target)
        raise Lost(f"{host_of(url)} redirects more than {MOST_REDIRECTS} times")

    def _is_own(self, url: str) -> bool:
        try:
            return origin(url) == self._trusted
        except ValueError:
            return False

    def _check_address(self, url: str) -> None:
        try:
            scheme, host, _ = origin(url)
        except ValueError:  # a port that is no number, a broken IPv6 address
            scheme, host = "", ""
        if scheme not in ("http", "https") or not host:
            raise ForbiddenAddress(
                f"the service names a file at {self.redact(url[:1000])[:200]!r}, which is no web address"
            )
        if not self._private and resolves_privately(url):
            raise ForbiddenAddress(f"the service names a file at the private address {host}; nothing was sent there")

    @contextmanager
    def _exchange(
        self, call: Call, most_bytes: int, *, fresh: bool = False, public: bool = False
    ) -> Iterator[tuple[Reply, Iterator[bytes]]]:
        headers = self._headers(call, fresh=fresh)
        request = requests.Request(
            call.method, call.url, json=call.json, files=_files(call), data=call.data, headers=headers
        )
        kind = PublicOnly if public else LineAdapter
        with (
            self._typed(call.url),
            self._line.exchange(request, most_bytes=most_bytes, fresh=fresh, kind=kind) as reply,
        ):
            yield reply, reply.blocks()

    def _headers(self, call: Call, *, fresh: bool) -> dict[str, str]:
        headers = dict(call.headers)
        if call.signed:
            if origin(call.url) != self._trusted:
                raise SetupError(f"no credential is sent to {host_of(call.url)}, only to {host_of(self.base_url)}")
            headers |= (credential := self._credential())
            self.redact.learn(credential.get("Authorization", "").rpartition(" ")[2])  # a token that changes
        return headers | ({"Connection": "close"} if fresh else {})

    @contextmanager
    def _typed(self, url: str) -> Iterator[None]:
        """Every fault of the line as one of ours."""
        host = host_of(url)
        try:
            yield
        except NeverSent as error:
            raise NotDelivered(f"{host} cannot be reached ({error})") from None
        except Cut as error:
            raise Lost(f"the answer of {host} was lost ({error})") from None
        except Unsendable as error:
            told = {
                "address": f"{self.redact(url[:1000])[:200]!r} is no web address; mend model.adapter.base_url",
                "proxy": "the proxy that the environment names is no web address; mend $HTTPS_PROXY or $HTTP_PROXY",
                "header": "the key holds characters that no header can; set it again, without line breaks",
                "content": "the request holds what JSON or a form cannot (NaN, perhaps); mend model.adapter.call",
                "certificate": f"the certificate of {host} cannot be verified; nothing was sent",
            }[error.fault]
            raise SetupError(told) from None


def _following(url: str, target: str) -> str:
    """Where a redirect leads. Raises `ForbiddenAddress`."""
    try:
        return redirected(url, target)
    except ValueError as error:
        raise ForbiddenAddress(f"{host_of(url)} redirects {error}") from None


def _files(call: Call) -> list[tuple[str, Any]] | None:
    if call.form is None:
        return None
    return [(key, (part.name, part.data, part.mime)) for key, part in call.form.items()]
