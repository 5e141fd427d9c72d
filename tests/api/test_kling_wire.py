"""Kling's wire protocol, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.kling import Kling
from adapters.api.wire import Answer, BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from adapters.http.retry_after import Passing
from tests.api.works import PICTURE, answer, work

TICKET = Ticket("866168216002236456")
HOME = "https://api-singapore.klingai.com/v1/videos/image2video"
KLING = Kling("kling-v3", call={"mode": "pro", "sound": "off"})


def told(code: int = 0, http: int = 200, data: Any = None, **headers: str) -> Answer:
    return answer({"code": code, "message": "told", "request_id": "q", "data": data}, http, **headers)


def task(word: str, **fields: Any) -> Answer:
    return told(data={"task_id": TICKET.job_id, "task_status": word, "created_at": 1722769557708, **fields})


def test_a_picture_goes_as_bare_base64_the_length_as_a_text_and_the_attempt_has_a_name() -> None:
    call = KLING.submit(work(negative_prompt="blur"))
    assert (call.method, call.url) == ("POST", HOME)
    assert call.json == {
        "model_name": "kling-v3", "image": PICTURE.base64, "prompt": "A ball rolls down", "negative_prompt": "blur",
        "duration": "5", "external_task_id": "0e0e", "mode": "pro", "sound": "off",
    }  # fmt: skip
    assert "prompt" not in KLING.submit(work(prompt=None)).json


def test_footage_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(SetupError, match="picture only"):
        Kling("kling-v3", mode="multiframe").check()


def test_the_ticket_is_the_task_s_id() -> None:
    accepted = told(data={"task_id": TICKET.job_id, "task_status": "submitted"})
    assert KLING.fault(accepted) is None
    assert KLING.ticket(accepted) == TICKET
    assert KLING.poll(Ticket("a/b")).url == f"{HOME}/a%2Fb"
    for body in ({"code": 0}, {"code": 0, "data": None}, {}):
        with pytest.raises((KeyError, TypeError)):
            KLING.ticket(answer(body))


@pytest.mark.parametrize(
    ("code", "http", "kind"),
    [
        (1000, 401, SetupError), (1001, 401, SetupError), (1002, 200, SetupError), (1003, 401, SetupError),
        (1004, 401, SetupError), (1100, 429, SetupError), (1101, 429, SetupError), (1102, 429, SetupError),
        (1102, 200, SetupError), (1103, 403, SetupError), (1304, 429, SetupError), (1300, 400, Refused),
        (1301, 400, Refused), (1301, 200, Refused), (1302, 429, RateLimited), (1303, 429, RateLimited),
        (1303, 200, RateLimited), (1200, 400, Rejected), (1201, 400, Rejected), (1203, 404, Rejected),
        (4242, 200, Rejected), (-1, 200, Ambiguous), (5000, 500, Ambiguous), (5000, 200, Ambiguous),
        (5002, 504, Ambiguous),
    ],
)  # fmt: skip
def test_the_envelope_s_code_counts_whatever_the_http_status_is(code: int, http: int, kind: type[Exception]) -> None:
    fault = KLING.fault(told(code, http))
    assert type(fault) is kind
    assert f"{code}: told" in str(fault) or "told" in str(fault)


def test_too_many_at_once_wait_as_long_as_the_header_says() -> None:
    fault = KLING.fault(told(1303, 429, retry_after="30"))
    assert isinstance(fault, RateLimited)
    assert fault.retry_after_s == 30


@pytest.mark.parametrize("http", [401, 429, 400, 502])
def test_answers_without_an_envelope_leave_it_open(http: int) -> None:
    assert type(KLING.fault(answer(b"<html>", http))) is Ambiguous
    assert type(KLING.fault(answer({"code": 0, "message": "ok"}, http))) is Ambiguous


def test_what_would_be_too_many_at_once_is_not_believed_of_a_server_s_own_fault() -> None:
    assert type(KLING.fault(told(1303, 502))) is Ambiguous


@pytest.mark.parametrize("word", ["submitted", "processing"])
def test_a_task_runs_until_it_says_otherwise(word: str) -> None:
    status = KLING.status(task(word), TICKET)
    assert (status.state, status.word, status.odd) == (State.PENDING, word, "")


def test_succeed_is_spelled_so() -> None:
    videos = [{"id": "v1", "url": "https://cdn.klingai.com/v.mp4", "duration": "5.041"}]
    status = KLING.status(task("succeed", task_result={"videos": videos}, final_unit_deduction="5"), TICKET)
    assert status.state is State.SUCCEEDED
    assert status.output is not None
    assert (status.output.url, status.output.signed) == ("https://cdn.klingai.com/v.mp4", False)
    assert status.report == {"created_at": 1722769557708, "duration": "5.041", "video_id": "v1", "units": "5"}
    assert status.usd is None


@pytest.mark.parametrize("result", [None, {}, {"videos": []}])
def test_a_success_without_a_video_has_no_output(result: Any) -> None:
    assert KLING.status(task("succeed", task_result=result), TICKET).output is None


@pytest.mark.parametrize(
    ("message", "state"),
    [
        ("Failure to pass the risk control system", State.REFUSED),
        ("Image pixel is invalid", State.FAILED),
        (None, State.FAILED),
    ],
)
def test_failures_tell_why_and_are_not_tried_again(message: str | None, state: State) -> None:
    status = KLING.status(task("failed", task_status_msg=message), TICKET)
    assert (status.state, status.transient) == (state, False)
    assert (message or "no explanation") in status.reason


def test_an_unknown_word_counts_as_running_and_is_noted() -> None:
    status = KLING.status(task("succeeded"), TICKET)
    assert status.state is State.PENDING
    assert "succeeded" in status.odd


def test_a_code_that_is_spelled_as_a_text_is_the_same_code() -> None:
    task_: dict[str, Any] = {"task_id": "9", "task_status": "processing"}
    body = {"code": "0", "data": task_}
    assert KLING.status(answer(body), TICKET).state is State.PENDING
    assert KLING.found(answer({**body, "data": {**task_, "task_info": {"external_task_id": "0e0e"}}}), "0e0e")
    with pytest.raises(SetupError, match="told"):
        KLING.status(answer({"code": "1002", "message": "told"}), TICKET)


@pytest.mark.parametrize(("code", "kind"), [(1002, SetupError), (1303, Passing), (1101, Passing), (5000, Passing)])
def test_a_no_while_polling_is_no_verdict_on_the_task(code: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="told"):
        KLING.status(told(code), TICKET)


@pytest.mark.parametrize(("body", "kind"), [(b"<html>", BadAnswer), ({}, KeyError), ({"code": 0}, KeyError)])
def test_an_answer_of_another_shape_is_not_read(body: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        KLING.status(answer(body), TICKET)


def test_a_lost_task_is_asked_for_by_its_name_and_only_that_one_counts() -> None:
    call = KLING.listing("0e0e")
    assert (call.method, call.url) == ("GET", f"{HOME}/0e0e")
    named = {"task_id": "9", "task_status": "processing", "task_info": {"external_task_id": "0e0e"}}
    assert KLING.found(told(data=named), "0e0e") == [Ticket("9")]
    assert KLING.found(told(data={**named, "task_info": {"external_task_id": "0e0f"}}), "0e0e") == []
    assert KLING.found(told(data={"task_id": "9"}), "0e0e") == []
    assert KLING.found(told(1203, data=None), "0e0e") == []


def test_the_doctor_lists_one_task_to_try_the_key() -> None:
    assert KLING.probe().url == f"{HOME}?pageNum=1&pageSize=1"
    assert KLING.balance(told(data=[])) is None
    with pytest.raises(SetupError, match="1102"):
        KLING.balance(told(1102))


@pytest.mark.parametrize("code", [True, 1.5, None, [], "x"])
def test_a_code_that_is_none_is_no_verdict_on_a_paid_request(code: object) -> None:
    body = {"code": code, "data": {"task_id": "7"}}
    assert KLING.fault(answer(body)) is None
    assert KLING.ticket(answer(body)).job_id == "7"
