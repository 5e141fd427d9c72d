"""WaveSpeed's wire protocol, read and written: no server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.api.wavespeed import WaveSpeed
from adapters.api.wire import Answer, BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from tests.api.works import FOOTAGE, PICTURE, answer, work

TICKET = Ticket("9f6c0e")
HOME = "https://api.wavespeed.ai/api/v3"
KLING = WaveSpeed("kwaivgi/kling-v4.0/image-to-video", call={"resolution": "720p"})
LEAVE = {
    "upload": {"method": "PUT", "url": "https://files.example/x?signature=1", "headers": {"Content-Type": "video/mp4"}},
    "download_url": "https://files.example/x.mp4",
}


def told(word: str, **fields: Any) -> Answer:
    data = {"id": TICKET.job_id, "status": word, "outputs": [], "error": "", **fields}
    return answer({"code": 200, "message": "success", "data": data})


def test_a_picture_is_sent_to_the_model_s_own_path() -> None:
    call = KLING.submit(work(seed=None))
    assert (call.method, call.url) == ("POST", f"{HOME}/kwaivgi/kling-v4.0/image-to-video")
    assert call.json == {"image": PICTURE.uri, "duration": 5, "prompt": "A ball rolls down", "resolution": "720p"}


def test_fields_have_the_names_that_the_yaml_gives_them() -> None:
    names = {"image": "first", "negative": "avoid", "seed": "number"}
    body = WaveSpeed("a/b", options=names).submit(work(negative_prompt="blur")).json
    assert set(body) == {"first", "duration", "prompt", "avoid", "number"}


def test_a_video_is_put_into_the_storage_without_the_key() -> None:
    assert KLING.upload(PICTURE) is None
    asked = KLING.upload(FOOTAGE)
    assert asked is not None
    assert asked.json == {"filename": "conditioning.mp4", "size": len(FOOTAGE.data), "content_type": "video/mp4"}
    call, reference = KLING.put(answer({"code": 200, "data": LEAVE}), FOOTAGE)
    assert (call.method, call.url, call.data, call.signed) == ("PUT", LEAVE["upload"]["url"], FOOTAGE.data, False)  # type: ignore[index]
    sent = KLING.submit(work(replace(FOOTAGE, reference=reference)))
    assert sent.json["video"] == LEAVE["download_url"]


def test_leave_to_put_a_file_in_another_way_is_not_understood() -> None:
    with pytest.raises(BadAnswer):
        KLING.put(answer({"data": {**LEAVE, "upload": {"method": "POST", "url": "https://x"}}}), FOOTAGE)


def test_without_a_model_it_is_told_what_to_do() -> None:
    with pytest.raises(SetupError, match=r"model\.adapter\.model"):
        WaveSpeed("").check()


def test_the_ticket_is_the_prediction_s_id() -> None:
    assert KLING.ticket(told("created")) == TICKET
    assert KLING.poll(Ticket("a/b")).url == f"{HOME}/predictions/a%2Fb/result"
    assert KLING.names(told("created"), TICKET) == TICKET.job_id


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "invalid", Rejected), (404, "not found", Rejected), (401, "x", SetupError), (402, "x", SetupError),
        (429, "x", RateLimited), (400, "flagged as sensitive", Refused), (500, "x", Ambiguous), (503, "x", Ambiguous),
    ],
)  # fmt: skip
def test_errors_are_typed_by_their_status(status: int, message: str, kind: type[Exception]) -> None:
    assert type(KLING.fault(answer({"code": status, "message": message}, status))) is kind


@pytest.mark.parametrize(
    "body", [{"message": "x"}, {"code": "400", "message": "x"}, {"code": True, "message": "x"}, b""]
)
def test_an_error_that_is_not_the_service_s_own_says_nothing(body: Any) -> None:
    assert type(KLING.fault(answer(body, 400))) is Ambiguous


@pytest.mark.parametrize("word", ["created", "processing", "brewing"])
def test_a_prediction_under_way_is_pending(word: str) -> None:
    status = KLING.status(told(word), TICKET)
    assert status.state is State.PENDING
    assert bool(status.odd) == (word == "brewing")


def test_a_finished_prediction_names_its_video() -> None:
    status = KLING.status(told("completed", outputs=["https://cdn/v.mp4"]), TICKET)
    assert status.output is not None
    assert (status.state, status.output.url, status.output.signed) == (State.SUCCEEDED, "https://cdn/v.mp4", False)


@pytest.mark.parametrize(
    ("word", "error", "state", "transient"),
    [
        ("failed", "upstream: HTTP 503", State.FAILED, True), ("failed", "bad image", State.FAILED, False),
        ("failed", "NSFW content", State.REFUSED, False), ("timeout", "HTTP 504", State.FAILED, False),
        ("cancelled", "", State.FAILED, False), ("deleted", "", State.FAILED, False),
    ],
)  # fmt: skip
def test_failures_say_why(word: str, error: str, state: State, transient: bool) -> None:
    status = KLING.status(told(word, error=error), TICKET)
    assert (status.state, status.transient) == (state, transient)
    assert status.reason == f"{word}: {error or 'no explanation'}"


def test_the_doctor_is_told_the_balance() -> None:
    assert KLING.balance(answer({"code": 200, "data": {"balance": 12.5}})) == "$12.50 left"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"data": []}'])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    for read in (KLING.ticket, lambda a: KLING.status(a, TICKET)):
        with pytest.raises((BadAnswer, KeyError, TypeError)):
            read(answer(body))
