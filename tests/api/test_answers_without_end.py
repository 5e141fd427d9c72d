"""An answer has one deadline and one limit of bytes, whatever part of it is on its way."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from adapters.api.gemini import Gemini
from adapters.api.http.redaction import Redactor
from adapters.api.http.transport import Lost, Transport
from adapters.api.jobs.download import fetch
from adapters.api.jobs.poll import Asking
from adapters.api.luma import Luma
from adapters.api.wire import Call, Output, Ticket
from adapters.http.retry_after import Passing
from tests.api.front import speaking

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
READ_S = 0.3
EMPTY_GZIP = gzip.compress(b"", mtime=0)
DRIPS = {
    "nothing": (b"", b""),
    "the status line": (b"HTTP/1.1 ", b"2"),
    "a header": (OK + b"X: ", b"x"),
    "headers": (OK, b"X: 1\r\n"),
    "interim answers": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "the headers of an interim answer": (b"HTTP/1.1 103 Early Hints\r\n", b"X: 1\r\n"),
    "the body": (OK + b"Content-Length: 900\r\n\r\n", b"x"),
    "a body without a length": (OK + b"\r\n", b"x"),
    "the size of a chunk": (CHUNKED + b"\r\n", b"0"),
    "what follows the size of a chunk": (CHUNKED + b"\r\n5;", b"x"),
    "trailers": (CHUNKED + b"\r\n2\r\n{}\r\n0\r\n", b"X: 1\r\n"),
    "packed nothing": (OK + b"Content-Encoding: gzip\r\n\r\n", EMPTY_GZIP),
}


@pytest.mark.parametrize("part", DRIPS)
def test_whatever_drips_ends_with_the_deadline(part: str) -> None:
    begun, drip = DRIPS[part]
    with speaking(begun, forever=drip) as base_url:
        started = time.monotonic()
        with pytest.raises(Lost):
            Transport(base_url, dict, Redactor(), read_s=READ_S).send(Call("POST", base_url, json={}), fresh=True)
        assert time.monotonic() - started < 100 * READ_S


def test_what_comes_steadily_may_take_its_time() -> None:
    block = b"x" * 20_000
    with speaking(OK + b"Content-Length: 400000\r\n\r\n", forever=block, every_s=0.06) as base_url:
        answer = Transport(base_url, dict, Redactor(), read_s=1.0).send(Call("GET", base_url))
    assert len(answer.body) == 400_000  # over more than `read_s`


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"X: " + b"x" * 60_000,  # within what http.client takes for one line
        OK + b"Content-Length: 900000\r\n\r\n" + b"x" * 900_000,
        CHUNKED + b"\r\n" + b"1\r\nx\r\n" * 40_000,
        CHUNKED + b"\r\n1;" + b"x" * 60_000 + b"\r\nx\r\n0\r\n\r\n",
    ],
    ids=["head", "body", "chunks", "names of chunks"],
)
def test_whatever_part_is_too_long_ends_it(answer: bytes) -> None:
    with speaking(answer) as base_url, pytest.raises(Lost):
        Transport(base_url, dict, Redactor(), read_s=5).send(Call("GET", base_url), most_bytes=30_000)


def bomb(size: int) -> bytes:
    """So many zeros, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(2**20)) for _ in range(size // 2**20)), packer.flush()])


def test_what_unfolds_is_given_up_at_the_limit() -> None:
    packed = bomb(128 * 2**20)
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with speaking(head + packed) as base_url:
        transport = Transport(base_url, dict, Redactor())
        tracemalloc.start()
        with pytest.raises(Lost, match="more than 4194304 bytes"):
            transport.send(Call("GET", base_url), most_bytes=4 * 2**20)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 32 * 2**20


@pytest.mark.parametrize(
    "flood", [b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]
)
def test_a_flood_of_interim_answers_is_not_waited_out(flood: bytes) -> None:
    with speaking(flood * 400_000, OK + b"Content-Length: 2\r\n\r\n{}") as base_url:
        started = time.monotonic()
        with pytest.raises(Lost):
            Transport(base_url, dict, Redactor(), read_s=60).send(Call("POST", base_url, json={}), fresh=True)
        assert time.monotonic() - started < 40


def test_only_where_a_video_may_come_inside_an_answer_is_a_long_one_read() -> None:
    body = b'{"id": "j", "status": "in_progress", "padding": "' + b"x" * 33 * 2**20 + b'"}'
    told = {}
    with speaking(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body) as base_url:
        for name, provider in {"gemini": Gemini("m", base_url), "luma": Luma("m", base_url)}.items():
            asking = Asking(provider, Transport(base_url, dict, Redactor()), Ticket("j"), 0.0, time.time)
            try:
                told[name] = asking.look().state.name
            except Passing as passing:
                told[name] = str(passing)
    assert told["gemini"] == "PENDING"
    assert "more than 33554432 bytes" in told["luma"]


def test_the_body_of_a_redirect_is_not_read(tmp_path: Path) -> None:
    packed = bomb(2**28)
    head = b"HTTP/1.1 302 Found\r\nLocation: /on\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with speaking(head + packed) as base_url:
        transport = Transport(base_url, dict, Redactor())
        tracemalloc.start()
        with pytest.raises(Passing, match="redirects more than"):
            fetch(transport, Output(url=f"{base_url}/video"), tmp_path / "v.mp4", time.time, lambda: None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 16 * 2**20
