"""MiniMax's wire protocol, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.minimax import MiniMax
from adapters.api.wire import Answer, BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from adapters.http.retry_after import Passing
from tests.api.works import PICTURE, answer, work

TICKET = Ticket("106916112212032")
HOME = "https://api.minimax.io/v1"
CALL = {"resolution": "768P", "prompt_optimizer": False}
MINIMAX = MiniMax("MiniMax-Hailuo-2.3", call=CALL)


def told(code: int = 0, http: int = 200, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
    return answer({**fields, "base_resp": {"status_code": code, "status_msg": "told"}}, http, **(headers or {}))


def test_a_picture_is_sent_as_the_first_frame_and_the_prompt_is_not_rewritten() -> None:
    call = MINIMAX.submit(work(seconds=6))
    assert (call.method, call.url) == ("POST", f"{HOME}/video_generation")
    assert call.json == {
        "model": "MiniMax-Hailuo-2.3", "first_frame_image": PICTURE.uri, "prompt": "A ball rolls down", "duration": 6,
        "resolution": "768P", "prompt_optimizer": False,
    }  # fmt: skip
    assert "prompt" not in MINIMAX.submit(work(prompt=None)).json


def test_footage_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(SetupError, match="picture only"):
        MiniMax("MiniMax-Hailuo-2.3", mode="multiframe").check()


def test_the_ticket_is_the_task_s_id() -> None:
    assert MINIMAX.ticket(told(task_id=TICKET.job_id)) == TICKET
    assert MINIMAX.poll(Ticket("1&x=2")).url == f"{HOME}/query/video_generation?task_id=1%26x%3D2"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1002, RateLimited), (2056, RateLimited), (1004, SetupError), (2049, SetupError), (1008, SetupError),
        (1026, Refused), (1027, Refused), (2013, Rejected), (1000, Ambiguous), (1001, Ambiguous), (4242, Ambiguous),
    ],
)  # fmt: skip
def test_a_no_in_a_200_is_typed_by_its_code(code: int, kind: type[Exception]) -> None:
    assert MINIMAX.fault(told(code, task_id="")) is None
    with pytest.raises(kind, match=f"{code}: told") as caught:
        MINIMAX.ticket(told(code, task_id=""))
    assert type(caught.value) is kind


def test_too_many_requests_wait_as_long_as_the_header_says() -> None:
    with pytest.raises(RateLimited) as caught:
        MINIMAX.ticket(told(1002, headers={"retry_after": "30"}))
    assert caught.value.retry_after_s == 30


@pytest.mark.parametrize(("status", "kind"), [(401, SetupError), (429, RateLimited), (400, Rejected), (500, Ambiguous)])
def test_http_errors_are_typed_too(status: int, kind: type[Exception]) -> None:
    assert type(MINIMAX.fault(told(1, status))) is kind


@pytest.mark.parametrize("word", ["Preparing", "Queueing", "Processing"])
def test_a_task_under_way_is_pending(word: str) -> None:
    status = MINIMAX.status(told(status=word, file_id=""), TICKET)
    assert (status.state, status.odd) == (State.PENDING, "")


def test_a_word_that_nobody_knows_is_pending_and_noted() -> None:
    status = MINIMAX.status(told(status="Brewing"), TICKET)
    assert status.state is State.PENDING
    assert "Brewing" in status.odd


def test_a_finished_task_leads_to_its_file_and_the_file_to_its_address() -> None:
    status = MINIMAX.status(told(status="Success", file_id="205258526306433"), TICKET)
    assert status.ask is not None
    assert status.ask.url == f"{HOME}/files/retrieve?file_id=205258526306433"
    file = {"file_id": 205258526306433, "download_url": "https://cdn.example/output.mp4?Expires=1"}
    ended = MINIMAX.result(told(file=file), TICKET)
    assert ended.state is State.SUCCEEDED
    assert ended.output is not None
    assert (ended.output.url, ended.output.signed) == (file["download_url"], False)


def test_a_success_without_a_file_is_a_failure() -> None:
    assert MINIMAX.status(told(status="Success", file_id=""), TICKET).state is State.FAILED


@pytest.mark.parametrize(
    ("code", "state", "transient"),
    [
        (1026, State.REFUSED, False), (1027, State.REFUSED, False), (1024, State.FAILED, True),
        (2013, State.FAILED, False), (0, State.FAILED, False),
    ],
)  # fmt: skip
def test_failures_are_typed_by_their_code(code: int, state: State, transient: bool) -> None:
    status = MINIMAX.status(told(code, status="Fail", file_id=""), TICKET)
    assert (status.state, status.transient, status.usd) == (state, transient, None)
    assert status.reason


@pytest.mark.parametrize("code", [1002, 1000, 1024, 2013, 2056, 4242])
def test_a_no_to_a_question_is_no_verdict_about_the_task(code: int) -> None:
    with pytest.raises(Passing):
        MINIMAX.status(told(code), TICKET)
    with pytest.raises(Passing):
        MINIMAX.result(told(code), TICKET)


@pytest.mark.parametrize("code", [1004, 1008, 2049])
def test_a_key_that_is_no_longer_taken_stops_the_questions(code: int) -> None:
    with pytest.raises(SetupError, match="MINIMAX_API_KEY"):
        MINIMAX.status(told(code), TICKET)


def test_a_file_that_cannot_be_asked_about_now_is_asked_about_later() -> None:
    with pytest.raises(Passing):
        MINIMAX.result(answer({"error": "x"}, 503), TICKET)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"base_resp": {"status_code": "x"}}'])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    for read in (MINIMAX.ticket, lambda a: MINIMAX.status(a, TICKET), lambda a: MINIMAX.result(a, TICKET)):
        with pytest.raises((BadAnswer, KeyError, ValueError)):
            read(answer(body))
