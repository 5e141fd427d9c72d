"""One HTTP exchange at a time, over requests: whether anything left, and how long and how much may come back.

requests follows, reads and takes apart what nobody asked for (the body of a redirect, where it leads, cookies); here
nothing is looked at but what the caller reads, and everything that comes passes adapters/http/connection.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3.exceptions import LocationParseError

from adapters.errors import AdapterError
from adapters.http.connection import PIECE_BYTES, Exchange, Limits, LineAdapter, at

MOST_REDIRECTS = 5
"""So many are followed, by those who follow any."""
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "physics-iq-harness"}
_Known = dict[tuple[str, str], Any]
Fault = Literal["address", "proxy", "header", "certificate", "content"]


class NeverSent(Exception):
    """No byte of the request was handed to a connection; the message names what happened, never an address."""


class Cut(Exception):
    """Something of the request left, and no whole answer came back; the message says what happened."""


class Unsendable(Exception):
    """No request like this one can ever be sent, and nothing was; `fault` says what is wrong."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True)
class Reply:
    """An answer whose head came; header names in lower case. `blocks()` gives its body as it comes, once.

    `blocks` raises `Cut`.
    """

    status: int
    headers: Mapping[str, str]
    blocks: Callable[[], Iterator[bytes]]

    @property
    def target(self) -> str:
        """Where a redirect leads, as it is written there; "" for every other answer."""
        return self.headers.get("location", "") if self.status in _REDIRECTS else ""


class Line:
    """Sends requests as they are: never again, never elsewhere. Safe to use from several threads.

    `slowest`: bytes a second below which a long answer is given up.
    """

    def __init__(
        self, *, connect_s: float, read_s: float, slowest: int = 50_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._connect_s, self._read_s, self._slowest, self._clock = connect_s, read_s, slowest, clock
        self._local = threading.local()
        self._environment: _Known = {}

    @contextmanager
    def exchange(
        self, request: requests.Request, *, most_bytes: int, fresh: bool = False, kind: type[LineAdapter] = LineAdapter
    ) -> Iterator[Reply]:
        """Send one request and give its answer, whatever its status. `fresh`: on a connection of its own.

        Raises `NeverSent`, `Cut` or `Unsendable`.
        """
        session = self._new_session(kind) if fresh else self._session(kind)
        exchange = Exchange(Limits(self._read_s, most_bytes, self._slowest), self._clock)
        try:
            with _typed(exchange):
                response = self._send(session, request, exchange)
            with response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                yield Reply(response.status_code, headers, lambda: _blocks(response, exchange))
        finally:
            if fresh:
                session.close()

    def _send(self, session: requests.Session, request: requests.Request, exchange: Exchange) -> requests.Response:
        """As `Session.request` does, without what it does with redirects and cookies."""
        request.auth = _no_netrc
        request.headers = {**_HEADERS, **request.headers}
        prepared = session.prepare_request(request)
        settings: Any = session.merge_environment_settings(prepared.url, {}, True, None, None)
        with at(exchange):
            adapter = session.get_adapter(str(prepared.url))
            return adapter.send(prepared, timeout=(self._connect_s, self._read_s), **settings)

    def _session(self, kind: type[LineAdapter]) -> requests.Session:
        session: requests.Session | None = getattr(self._local, kind.__name__, None)
        if session is None:
            session = self._new_session(kind)
            setattr(self._local, kind.__name__, session)
        return session

    def _new_session(self, kind: type[LineAdapter]) -> requests.Session:
        session = _Session(self._environment)
        for scheme in ("https://", "http://"):
            session.mount(scheme, kind(max_retries=0))
        return session


class _Session(requests.Session):
    """Looks up once for each host which proxy and certificates the environment names: it takes as long as a request."""

    def __init__(self, known: _Known) -> None:
        super().__init__()
        self._known = known

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """As requests does; all requests of a line have the same settings of their own."""
        place = urlsplit(url)[:2]
        if place not in self._known:
            self._known[place] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return dict(self._known[place])


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stands in for an `auth`, since requests would else add whatever ~/.netrc holds for the host."""
    return request


def _blocks(response: requests.Response, exchange: Exchange) -> Iterator[bytes]:
    """The body as it comes. Not iter_content, which waits until a whole block is there, however slowly it comes."""
    while True:
        with _typed(exchange):
            block: bytes = response.raw.read1(PIECE_BYTES, decode_content=True)
        if not block:
            return
        yield block


@contextmanager
def _typed(exchange: Exchange) -> Iterator[None]:
    """Every fault by what it means for the request; the causes are left out, for they hold whole addresses.

    What a library calls an error is no evidence: urllib3 speaks of a header that is not valid both for one that was to
    be sent and for one that came. Only whether a byte was handed over is.
    """
    try:
        yield
    except Exception as error:
        if exchange.handed:
            raise Cut(exchange.pace.told or type(error).__name__) from None
        if isinstance(error, AdapterError):
            raise
        fault = _fault(error)
        if fault is not None:
            raise Unsendable(fault) from None
        raise NeverSent(exchange.pace.told or type(error).__name__) from None


def _fault(error: Exception) -> Fault | None:
    """What is wrong with a request that never left, if it is the request."""
    if isinstance(error, exceptions.InvalidProxyURL):
        return "proxy"
    if isinstance(
        error, exceptions.InvalidURL | exceptions.MissingSchema | exceptions.InvalidSchema | LocationParseError
    ):
        return "address"
    if isinstance(error, exceptions.InvalidHeader | UnicodeError):
        return "header"
    if isinstance(error, exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "certificate"
    if isinstance(error, exceptions.InvalidJSONError | ValueError | TypeError):
        return "content"
    return None
