"""Every way in which the one paid request can end between its first byte and the recorded answer."""

from __future__ import annotations

import http.client
import inspect
import json
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests.exceptions
import urllib3.exceptions

from adapters.api.http.redaction import Redactor
from adapters.api.http.transport import Lost, NotDelivered, Transport
from adapters.api.wire import Answer, Call
from adapters.errors import SetupError
from adapters.http import connection as _connection
from tests.api.front import Front, speaking
from tests.api.kit import CASES, Case, Clock, Run, running, service

MODULES: tuple[ModuleType, ...] = (requests.exceptions, urllib3.exceptions, http.client, ssl, socket, zlib)


def faults() -> Iterator[Exception]:
    """One of every class of exception of the libraries that a request passes, and of those that any code may raise."""
    kinds = {
        kind
        for module in MODULES
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, Exception) and not issubclass(kind, Warning)
    }
    own = {OSError, TimeoutError, ConnectionResetError, BrokenPipeError, InterruptedError, EOFError, MemoryError}
    general = {ValueError, TypeError, KeyError, AttributeError, AssertionError, RuntimeError, RecursionError}
    text = {UnicodeError, LookupError, StopIteration}
    for kind in sorted(kinds | own | general | text, key=lambda kind: f"{kind.__module__}.{kind.__qualname__}"):
        made = kind.__new__(kind)
        made.args = ("odd",)
        yield made


FAULTS = list(faults())


def test_the_faults_are_many() -> None:
    names = {type(fault).__name__ for fault in FAULTS}
    assert len(FAULTS) > 80
    assert {"InvalidHeader", "ProtocolError", "IncompleteRead", "SSLError", "error", "gaierror"} <= names


def end_of(base_url: str, transport: Transport | None = None) -> type[BaseException] | None:
    """What sending one paid request ends with."""
    transport = transport or Transport(base_url, dict, Redactor(), read_s=30.0)
    try:
        transport.send(Call("POST", f"{base_url}/v1/jobs", json={"picture": "x" * 200_000}), fresh=True)
    except Exception as error:  # noqa: BLE001  (that is what is looked at)
        return type(error)
    return None


def raising(fault: Exception, after: Callable[..., Any] | None = None, nth: int = 1) -> Callable[..., Any]:
    """Raises at the nth call; those before go `after` the real thing, and so does the nth if there is one."""
    calls = 0

    def fails(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        done = after(*args, **kwargs) if after is not None else None
        if calls == nth:
            raise fault
        return done

    return fails


@pytest.mark.parametrize("point", ["_new_conn", "connect"])
def test_whatever_fails_before_a_byte_is_handed_over_was_surely_not_delivered(
    point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with speaking(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as base_url:
        transport = Transport(base_url, dict, Redactor(), read_s=30.0)
        for fault in FAULTS:
            monkeypatch.setattr(_connection.Connection, point, raising(fault))
            assert end_of(base_url, transport) in (NotDelivered, SetupError), repr(fault)


@pytest.mark.parametrize(
    ("owner", "name", "nth"),
    [
        (http.client.HTTPConnection, "send", 1),  # of the head
        (http.client.HTTPConnection, "send", 2),  # of the body
        (http.client.HTTPConnection, "send", 4),  # … in the middle of it
        (http.client.HTTPConnection, "getresponse", 1),
        (http.client.HTTPResponse, "begin", 1),
        (_connection._Watched, "readinto", 1),
        (http.client.HTTPResponse, "read1", 1),
        (http.client.HTTPResponse, "read1", 2),
    ],
)
def test_whatever_fails_after_a_byte_was_handed_over_may_have_been_delivered(
    owner: Any, name: str, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(owner, name)
    with speaking(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x" * 100_000) as base_url:
        transport = Transport(base_url, dict, Redactor(), read_s=1.0)
        for fault in FAULTS:
            monkeypatch.setattr(owner, name, raising(fault, real, nth))
            # urllib3 goes on to read the answer where the other side has closed early.
            assert end_of(base_url, transport) in ((Lost, None) if isinstance(fault, BrokenPipeError) else (Lost,)), (
                repr(fault)
            )


OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"id": "job-1"}'
ODD = {
    "two lengths": OK + b"Content-Length: 15\r\nContent-Length: 16\r\n\r\n" + BODY,
    "a negative length": OK + b"Content-Length: -15\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    "no status line": b"what?\r\n\r\n",
    "an endless status line": b"HTTP/1.1 " + b"9" * 70_000,
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n" + BODY,
    "too many headers": OK + b"".join(b"X-%d: 1\r\n" % number for number in range(200)) + b"\r\n" + BODY,
    "a chunk that is none": OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n" + BODY,
    "gzip that is none": OK + b"Content-Encoding: gzip\r\nContent-Length: 15\r\n\r\n" + BODY,
    "deflate that is none": OK + b"Content-Encoding: deflate, gzip, br\r\nContent-Length: 15\r\n\r\n" + BODY,
    "half a body": OK + b"Content-Length: 150\r\n\r\n" + BODY,
    "nothing": b"",
}


@pytest.mark.parametrize("odd", ODD)
def test_an_answer_that_no_library_can_digest_leaves_it_open(odd: str) -> None:
    with speaking(ODD[odd]) as base_url:
        assert end_of(base_url) is Lost


@pytest.mark.parametrize("target", [b"http://", b"//", b"http://[::1", b"/\xff\xfe", b"http://x:port/", b"", b"\x00"])
def test_where_a_redirect_leads_is_no_matter_of_the_answer(target: bytes) -> None:
    with speaking(b"HTTP/1.1 307 Elsewhere\r\nLocation: " + target + b"\r\nContent-Length: 0\r\n\r\n") as base_url:
        assert end_of(base_url) is None


def test_interim_answers_are_passed_over() -> None:
    interim = (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    )
    with speaking(interim, OK + b"Content-Length: 15\r\n\r\n" + BODY) as base_url:
        answer = Transport(base_url, dict, Redactor()).send(Call("POST", base_url, json={}), fresh=True)
        assert (answer.status, answer.body) == (200, BODY)


# --- what a whole answer may mean

STATUSES = (101, 204, 300, 302, 304, 307, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 422, 425, 429,
            499, 500, 501, 502, 503, 504, 520, 529, 599)  # fmt: skip
GATEWAYS = {
    "html": ("text/html", b"<html><h1>An error of a gateway</h1></html>"),
    "empty": ("text/plain", b""),
    "words": ("text/plain", b"upstream connect error or disconnect/reset before headers"),
    "json": ("application/json", b'{"message": "no Route matched with those values"}'),
    "list": ("application/json", b'[{"error": {"code": 7}}]'),
    "bytes": ("application/octet-stream", b"\xff\xfe\x00"),
}


def raw(status: int, kind: str, body: bytes, *more: bytes) -> bytes:
    """An answer as bytes."""
    lines = [b"HTTP/1.1 %d X" % status, b"Content-Type: " + kind.encode(), b"Content-Length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


NO_UPLOAD: dict[str, dict[str, Any]] = {"replicate": {"options": {"upload": None}}}
"""A case whose first POST is a free one, and not the paid request."""


QUARTERS = [0, *(pytest.param(quarter, marks=pytest.mark.full) for quarter in (1, 2, 3))]
"""Of what is asked of every service: over all of them the first quarters alone leave nothing out."""


def quarter_of(things: Sequence[Any], case: Case, quarter: int) -> Sequence[Any]:
    """Of three services in a row the same quarter, of the next three the next one."""
    return things[(CASES.index(case) // 3 + quarter) % 4 :: 4]


def test_first_quarters_of_all_services_make_a_whole() -> None:
    assert {each for case in CASES for each in quarter_of(STATUSES, case, 0)} == set(STATUSES)
    assert len({each for case in CASES for each in quarter_of(answers_for(case), case, 0)}) == len(STATUSES) * len(
        GATEWAYS
    )


def answers_for(case: Case) -> list[tuple[int, str]]:
    """Every status with every body, over all services: each alone with a third of them."""
    place = CASES.index(case)
    return [(s, n) for at, s in enumerate(STATUSES) for to, n in enumerate(GATEWAYS) if (at + to + place) % 3 == 0]


@pytest.mark.parametrize("quarter", QUARTERS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_a_gateway_answers_after_the_job_was_made_never_makes_a_second_one(
    case: Case, quarter: int, tmp_path: Path
) -> None:
    answers = quarter_of(answers_for(case), case, quarter)
    with running(case, tmp_path, **NO_UPLOAD.get(case.name, {})) as run, Front(run.server.base_url) as front:
        for number, (status, name) in enumerate(answers):
            front.answers.append(raw(status, *GATEWAYS[name], b"Retry-After: 1"))
            ended = ends(run, f"{number:04}", front)
            assert ended == ["Ambiguous"] * 2 or case.evidence, (status, name, ended)
            assert run.billed(f"{number:04}") == 1, (status, name, ended)


@pytest.mark.parametrize("quarter", QUARTERS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_the_service_s_own_word_that_nothing_was_taken_is_free(case: Case, quarter: int, tmp_path: Path) -> None:
    with running(case, tmp_path, **NO_UPLOAD.get(case.name, {})) as run, Front(run.server.base_url) as front:
        for number, status in enumerate(quarter_of(STATUSES, case, quarter)):
            own = case.fake().error(status)
            kind = own.headers.get("Content-Type", "application/json")
            body = own.body if isinstance(own.body, bytes) else json.dumps(own.body).encode()
            front.answers.append(raw(own.status, kind, body))
            provider = made(run).provider
            shaped = provider.owns(Answer(own.status, {}, body))
            ended = ends(run, f"{number:04}", front)
            free = shaped and (status in provider.sheds or (400 <= status < 500 and status not in (408, 409, 425)))
            if case.name == "kling":
                free = shaped and own.status < 500 and "Ambiguous" not in ended
            assert (run.billed(f"{number:04}") == 1) is not free, (status, ended, body)


def made(run: Run) -> Any:
    return service(run.case, run.server, Clock(), **run.changes)


def ends(run: Run, clip_id: str, front: Front) -> list[str]:
    """How two invocations through the front end."""
    return [run.go(clip_id, base_url=front.base_url).kind for _ in range(2)]
