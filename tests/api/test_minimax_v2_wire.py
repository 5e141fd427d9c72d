"""MiniMax's second API, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.minimax_v2 import MiniMaxV2
from adapters.api.wire import Answer, BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from tests.api.works import FOOTAGE, PICTURE, answer, work

TICKET = Ticket("424010985738629")
HOME = "https://api.minimax.io/v2"
CALL = {"resolution": "768P", "ratio": "adaptive"}
H3 = MiniMaxV2("MiniMax-H3", call=CALL)


def told(status: str, **fields: Any) -> Answer:
    return answer({"task": {"id": TICKET.job_id, "status": status, "usage": {}, **fields}})


def no(status: int, message: str = "told") -> Answer:
    """As the OpenAPI states every error."""
    error = {"type": "some_error", "message": message, "http_code": str(status)}
    return answer({"type": "error", "error": error, "request_id": "0217"}, status)


def test_a_text_and_a_first_frame_are_sent() -> None:
    call = H3.submit(work())
    assert (call.method, call.url, call.headers) == ("POST", f"{HOME}/video_generation", {})
    frame = {"type": "image_url", "image_url": {"url": PICTURE.uri}, "role": "first_frame"}
    assert call.json == {
        "model": "MiniMax-H3", "content": [{"type": "text", "text": "A ball rolls down"}, frame], "duration": 5,
        "resolution": "768P", "ratio": "adaptive",
    }  # fmt: skip


def test_footage_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(SetupError, match="picture only"):
        MiniMaxV2("MiniMax-H3", mode="multiframe").check()
    assert FOOTAGE.uri.startswith("data:video/mp4")


def test_the_ticket_is_the_task_s_id() -> None:
    assert H3.ticket(answer({"task_id": TICKET.job_id})) == TICKET
    assert H3.poll(Ticket("1/2")).url == f"{HOME}/query/video_generation/1%2F2"
    assert H3.names(told("queued"), TICKET) == TICKET.job_id


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "invalid params (2013)", Rejected), (401, "login fail (1004)", SetupError),
        (402, "insufficient balance (1008)", SetupError), (429, "rate limit (1002)", RateLimited),
        (422, "video description contains sensitive content (1026)", Refused), (422, "unprocessable", Rejected),
        (500, "internal error (1000)", Ambiguous), (529, "overloaded", Ambiguous),
    ],
)  # fmt: skip
def test_errors_are_typed_by_their_status(status: int, message: str, kind: type[Exception]) -> None:
    assert type(H3.fault(no(status, message))) is kind


def test_an_error_that_is_not_the_service_s_own_says_nothing() -> None:
    assert type(H3.fault(answer({"error": "bad gateway"}, 400))) is Ambiguous


@pytest.mark.parametrize("word", ["queued", "running", "brewing"])
def test_a_task_under_way_is_pending(word: str) -> None:
    status = H3.status(told(word), TICKET)
    assert status.state is State.PENDING
    assert bool(status.odd) == (word == "brewing")


def test_a_finished_task_names_its_video_and_its_seconds() -> None:
    usage = {"total_seconds": 5, "output_seconds": 5, "total_tokens": 273890}
    status = H3.status(told("succeeded", content={"url": "https://cdn/v.mp4"}, ratio="16:9", usage=usage), TICKET)
    assert status.state is State.SUCCEEDED
    assert status.output is not None
    assert (status.output.url, status.output.signed, status.usd) == ("https://cdn/v.mp4", False, None)
    assert (status.report["usage"], status.report["ratio"]) == (usage, "16:9")


@pytest.mark.parametrize(
    ("word", "code", "state", "transient"),
    [
        ("failed", "1026", State.REFUSED, False), ("failed", "1027", State.REFUSED, False),
        ("failed", "1024", State.FAILED, True), ("failed", "2013", State.FAILED, False),
        ("cancelled", None, State.FAILED, False), ("expired", None, State.FAILED, False),
    ],
)  # fmt: skip
def test_failures_are_typed_by_their_code(word: str, code: str | None, state: State, transient: bool) -> None:
    status = H3.status(told(word, **({"error": {"code": code, "message": "why"}} if code else {})), TICKET)
    assert (status.state, status.transient, status.output) == (state, transient, None)
    assert status.reason == (f"{code}: why" if code else f"{word}: no explanation")


def test_its_list_is_no_evidence_of_whose_a_task_is() -> None:
    assert H3.listing("0e0e") is None
    assert H3.probe().url == f"{HOME}/query/video_generation?page_num=1&page_size=1"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"task": []}'])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    with pytest.raises((BadAnswer, KeyError)):
        H3.ticket(answer(body))
    with pytest.raises((BadAnswer, KeyError, TypeError)):
        H3.status(answer(body), TICKET)
