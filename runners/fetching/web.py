"""HTTP as downloads need it: typed faults, patience with jitter, redirects that never carry a credential elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
import tenacity
from requests.structures import CaseInsensitiveDict

from adapters.http.line import MOST_REDIRECTS, Cut, Line, NeverSent, Unsendable
from adapters.http.line import Reply as Answer
from adapters.http.retry_after import Passing, retry_after_s
from adapters.http.urls import host_of, origin, redirected
from runners.core.errors import UserError

ATTEMPTS = 6
"""How often a request is tried that brings nothing new."""
_CONNECT_S, _READ_S = 10.0, 30.0
_LONGEST_WAIT_S = 600.0
_PASSING = (408, 429, 500, 502, 503, 504)
_MOST_JSON_BYTES = 64 * 2**20
_MOST_FILE_BYTES = 2**42
_SLOWEST_LINE = 1_000
"""Bytes a second; a file over a slower line comes in many tries, each of which goes on where the last one ended."""
_JITTER = tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1)


class Denied(Exception):
    """The server does not let this user in (401, 403): no other file will fare better."""


class Lasting(Exception):
    """This one request can never succeed: the file is gone, or is another by now."""


class Stopped(Exception):
    """Somebody asked all work to end."""


@dataclass(frozen=True)
class Reply:
    """The final response behind redirects; `source` are the headers of the first host, the one that knows the file."""

    status: int
    headers: Mapping[str, str]
    source: Mapping[str, str]
    blocks: Iterator[bytes]


class Web:
    """Speaks to one source from several threads. `secret` are headers for the origin of `home` alone.

    `stop`, once set, ends pauses (its `wait`) and transfers.
    """

    def __init__(self, home: str, secret: Mapping[str, str] | None = None, *, stop: threading.Event) -> None:
        self.stop = stop
        self._home, self._secret = _origin(home), dict(secret or {})
        self._line = Line(connect_s=_CONNECT_S, read_s=_READ_S, slowest=_SLOWEST_LINE)

    def patiently(self, attempt: Callable[[], Any], progress: Callable[[], int] = lambda: 0) -> Any:
        """Call until it raises no `Passing`; gives up, raising the last, after ATTEMPTS without new `progress`."""
        stalled = _Stalled(progress)
        retrying = tenacity.Retrying(
            stop=stalled, wait=_pause, sleep=self._pause, reraise=True, retry=tenacity.retry_if_exception_type(Passing)
        )
        return retrying(attempt)

    def get_json(self, url: str, params: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Any:
        """A JSON answer, asked for patiently. Raises Passing, Denied, Lasting or UserError."""

        def once() -> Any:
            with self.open(f"{url}?{urlencode(params)}", headers, most_bytes=_MOST_JSON_BYTES) as reply:
                body = b"".join(reply.blocks)
            try:
                return json.loads(body)
            except ValueError:
                raise Passing(f"{host_of(url)} answers with something else than JSON") from None

        return self.patiently(once)

    @contextmanager
    def open(
        self, url: str, headers: Mapping[str, str] | None = None, *, signed: bool = False,
        most_bytes: int = _MOST_FILE_BYTES,
    ) -> Iterator[Reply]:  # fmt: skip
        """A response of status 200, 206 or 416; all others are raised as Passing, Denied or Lasting."""
        source: Mapping[str, str] | None = None
        for _ in range(MOST_REDIRECTS + 1):
            own = self._secret if signed and _origin(url) == self._home else {}
            with self._get(url, {**(headers or {}), **own}, most_bytes) as answer:
                told = CaseInsensitiveDict(answer.headers)
                source = told if source is None else source
                if answer.target:
                    url = _followed(url, answer.target)
                    continue
                _check_status(url, answer, moved=_origin(url) != self._home)
                yield Reply(answer.status, told, source, self._blocks(url, answer))
                return
        raise Lasting(f"{host_of(url)} redirects more than {MOST_REDIRECTS} times")

    @contextmanager
    def _get(self, url: str, headers: Mapping[str, str], most_bytes: int) -> Iterator[Answer]:
        request = requests.Request("GET", url, headers=dict(headers))
        with _typed(url), self._line.exchange(request, most_bytes=most_bytes) as answer:
            yield answer

    def _blocks(self, url: str, answer: Answer) -> Iterator[bytes]:
        """The body as it comes. A body shorter than its stated length is a cut connection, raised as Passing."""
        with _typed(url):
            for block in answer.blocks():
                if self.stop.is_set():
                    raise Stopped
                yield block

    def _pause(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped


class _Stalled(tenacity.stop.stop_base):
    """Ends after ATTEMPTS in a row that brought nothing new: a long file over a bad line is not given up early."""

    def __init__(self, progress: Callable[[], int]) -> None:
        self._progress, self._best, self._since = progress, 0, 0

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        now = self._progress()
        if now > self._best:
            self._best, self._since = now, retry_state.attempt_number
        return retry_state.attempt_number - self._since >= ATTEMPTS


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked_s = error.after_s if isinstance(error, Passing) and error.after_s else 0.0
    return max(_JITTER(state), asked_s)


def _check_status(url: str, answer: Answer, *, moved: bool) -> None:
    """`moved`: another host than the source's own answers, to an address that is signed for a short while only."""
    status, host = answer.status, host_of(url)
    if status in (200, 206, 416):
        return
    if status in _PASSING or (moved and status in (401, 403)):
        raise Passing(f"{host} answers HTTP {status}", asked_wait(answer.headers.get("retry-after")))
    if status in (401, 403):
        raise Denied(f"{host} answers HTTP {status}")
    raise Lasting(f"{host} answers HTTP {status}" + (": it is not there" if status in (404, 410) else ""))


def asked_wait(text: str | None) -> float | None:
    """Seconds of a Retry-After header, at most ten minutes; None for none, and for what makes no sense."""
    return None if text is None else retry_after_s(text, now=time.time(), shortest_s=0.0, longest_s=_LONGEST_WAIT_S)


def _followed(url: str, target: str) -> str:
    try:
        following = redirected(url, target)
    except ValueError as error:
        raise Lasting(f"{host_of(url)} redirects {error}") from None
    try:
        origin(following)
    except ValueError:
        raise Lasting(f"{host_of(url)} redirects to what is no web address") from None
    return following


def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port. Raises UserError for what is no web address."""
    try:
        return origin(url)
    except ValueError:
        raise UserError("the source's address is no web address; see STORAGE_EMULATOR_HOST and HF_ENDPOINT") from None


@contextmanager
def _typed(url: str) -> Iterator[None]:
    """Every fault of the line as one of ours; causes are left out, for they hold whole (signed) addresses."""
    host = host_of(url)
    try:
        yield
    except (NeverSent, Cut) as error:
        raise Passing(f"the connection to {host} was lost ({error})") from None
    except Unsendable as error:
        if error.fault == "certificate":
            raise UserError(f"the certificate of {host} cannot be verified; nothing was fetched") from None
        if error.fault == "header":
            told = "the token holds characters that no header can; set it again, without line breaks"
            raise UserError(told) from None
        if error.fault == "proxy":
            raise UserError("the proxy that the environment names is no web address; mend $HTTPS_PROXY") from None
        raise Lasting(f"the address of {host} is no web address; see STORAGE_EMULATOR_HOST, HF_ENDPOINT") from None
