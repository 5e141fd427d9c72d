"""One HTTP request at a time: typed by whether it was surely not delivered, never retried, never followed blindly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
)

from adapters.api.addresses import ForbiddenAddress, PublicOnly, host_of, origin, resolves_privately
from adapters.api.redaction import Redactor
from adapters.api.wire import Answer, Call
from adapters.errors import AdapterError, SetupError

MAX_ANSWER_BYTES = 512 * 2**20
"""A finished video may come inside an answer, as base64."""
_CHUNK_BYTES = 64 * 1024
_SLOWEST_LINE = 50_000
"""Bytes a second at which a large video may come over."""
_MOST_REDIRECTS = 5
_Known = dict[tuple[str, str, int | None], Any]
_REDIRECTS = (301, 302, 303, 307, 308)


class NotDelivered(AdapterError):
    """The request surely never reached the service: no connection was made."""


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
        self._credential, self._timeout, self._clock = credential, (connect_s, read_s), clock
        self._local = threading.local()
        self._environment: _Known = {}
        self._trusted = origin(base_url)
        self._private = resolves_privately(base_url)

    def send(self, call: Call, *, fresh: bool = False, most_bytes: int = MAX_ANSWER_BYTES) -> Answer:
        """Send one request and read its answer, whatever its status. `fresh`: on a connection of its own.

        Raises `NotDelivered`, `Lost`, or `SetupError` for what no request could ever get through with.
        """
        with self._exchange(call, fresh=fresh) as response:
            body = bytearray()
            for chunk in self._chunks(response):
                body += chunk
                if len(body) > most_bytes:
                    raise Lost(f"{host_of(call.url)} answers with more than {most_bytes} bytes")
            return Answer(response.status_code, _lowered(response.headers), bytes(body))

    @contextmanager
    def open(self, url: str, *, signed: bool) -> Iterator[tuple[requests.Response, Iterator[bytes]]]:
        """The final response at an address and its bytes, redirects followed one by one.

        The credential is sent only where `signed` and the origin is the service's own. Raises as `send` does, and
        `ForbiddenAddress`.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            self._check_address(url)
            trusted = origin(url) == self._trusted
            with self._exchange(Call("GET", url, signed=signed and trusted), public=not self._private) as response:
                target = response.headers.get("Location")
                if response.status_code not in _REDIRECTS or not target:
                    yield response, self._chunks(response)
                    return
                following = urljoin(url, target)
                if url.startswith("https:") and not following.startswith("https:"):
                    raise ForbiddenAddress(f"{host_of(url)} redirects to an address without encryption")
                url = following
        raise Lost(f"{host_of(url)} redirects more than {_MOST_REDIRECTS} times")

    def _check_address(self, url: str) -> None:
        try:
            scheme, host, _ = origin(url)
        except ValueError:  # a port that is no number, a broken IPv6 address
            scheme, host = "", ""
        if scheme not in ("http", "https") or not host:
            raise ForbiddenAddress(f"the service names a file at {self.redact(url)[:200]!r}, which is no web address")
        if not self._private and resolves_privately(url):
            raise ForbiddenAddress(f"the service names a file at the private address {host}; nothing was sent there")

    @contextmanager
    def _exchange(self, call: Call, *, fresh: bool = False, public: bool = False) -> Iterator[requests.Response]:
        session = self._new_session(public=public) if fresh else self._session(public=public)
        try:
            with _typed(call.url, self.redact):
                response = session.request(
                    call.method, call.url, json=call.json, files=_files(call), headers=self._headers(call, fresh=fresh),
                    timeout=self._timeout, allow_redirects=False, stream=True, auth=_no_netrc,
                )  # fmt: skip
            with response:
                yield response
        finally:
            if fresh:
                session.close()

    def _headers(self, call: Call, *, fresh: bool) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity", "User-Agent": "physics-iq-harness", **call.headers}
        if call.signed:
            if origin(call.url) != self._trusted:
                raise SetupError(f"no credential is sent to {host_of(call.url)}, only to {host_of(self.base_url)}")
            headers |= (credential := self._credential())
            self.redact.learn(credential.get("Authorization", "").rpartition(" ")[2])  # a token that changes
        return headers | ({"Connection": "close"} if fresh else {})

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        """The body as it comes. One that drips ends after the read time-out; what comes steadily may take its time."""
        begun, received = self._clock(), 0
        with _typed(response.url, self.redact):
            # Not iter_content, which waits until a whole chunk is there, however slowly it comes.
            while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
                yield chunk
                received += len(chunk)
                taken_s = self._clock() - begun
                if taken_s > self._timeout[1] + received / _SLOWEST_LINE:
                    raise Lost(f"{host_of(response.url)} gave {received} bytes in {taken_s:.0f} s: too slow a line")

    def _session(self, *, public: bool) -> requests.Session:
        name = "public" if public else "any"
        session: requests.Session | None = getattr(self._local, name, None)
        if session is None:
            session = self._new_session(public=public)
            setattr(self._local, name, session)
        return session

    def _new_session(self, *, public: bool) -> requests.Session:
        session = _Session(self._environment)
        kind = PublicOnly if public else HTTPAdapter
        for scheme in ("https://", "http://"):
            session.mount(scheme, kind(max_retries=0))
        return session


class _Session(requests.Session):
    """Looks up once for each host which proxy and certificates the environment names: it takes as long as a request."""

    def __init__(self, known: _Known) -> None:
        super().__init__()
        self._known = known

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """As requests does; all requests of a transport have the same settings of their own."""
        place = origin(url)
        if place not in self._known:
            self._known[place] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return dict(self._known[place])


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stands in for an `auth`, since requests would else add whatever ~/.netrc holds for the host."""
    return request


def _files(call: Call) -> list[tuple[str, Any]] | None:
    if call.form is None:
        return None
    return [(key, (part.name, part.data, part.mime)) for key, part in call.form.items()]


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@contextmanager
def _typed(url: str, redact: Redactor) -> Iterator[None]:
    """Every fault of the network as one of ours; the causes are left out, for they hold whole addresses."""
    host = host_of(url)
    try:
        yield
    except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
        raise SetupError(f"{redact(url)[:200]!r} is no web address; mend model.adapter.base_url") from None
    except (requests.exceptions.InvalidHeader, UnicodeError):
        raise SetupError("the key holds characters that no header can; set it again, without line breaks") from None
    except requests.exceptions.SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise SetupError(f"the certificate of {host} cannot be verified; nothing was sent") from None
        raise Lost(f"the encrypted connection to {host} broke") from None
    except (requests.exceptions.RequestException, HTTPError, OSError) as error:
        what = type(error).__name__
        if _never_delivered(error):
            raise NotDelivered(f"{host} cannot be reached ({what})") from None
        raise Lost(f"the answer of {host} was lost ({what})") from None


def _never_delivered(error: BaseException) -> bool:
    """Whether no connection was made at all (spec: requests and urllib3 by what they raise)."""
    reason: Any = error.args[0] if error.args else None
    if isinstance(reason, MaxRetryError):
        reason = reason.reason
    if isinstance(reason, ProxyError):
        reason = reason.original_error
    return isinstance(reason, NewConnectionError | NameResolutionError | ConnectTimeoutError)
