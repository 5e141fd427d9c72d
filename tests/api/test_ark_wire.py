"""Seedance on Ark, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.ark import Ark
from adapters.api.wire import BadAnswer, State, Status, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from tests.api.works import PICTURE, answer, work

TICKET = Ticket("cgt-20261122-abcde")
TASKS = "https://ark.ap-southeast.bytepluses.com/api/v3/contents/generations/tasks"
MODEL = "seedance-1-5-pro-251215"
CALL = {"ratio": "16:9", "resolution": "720p", "generate_audio": False, "watermark": False}
SEED = 2**30 + 1


def ark(**options: Any) -> Ark:
    return Ark(MODEL, call=CALL, options=options)


def told(status: str, **fields: Any) -> Status:
    return ark().status(answer({"id": TICKET.job_id, "model": MODEL, "status": status, **fields}), TICKET)


def error(status: int, code: str, message: str = "No.") -> Exception | None:
    return ark().fault(answer({"error": {"code": code, "message": message, "param": "", "type": "x"}}, status))


def item(job_id: str = "cgt-1", **changes: Any) -> dict[str, Any]:
    return {"id": job_id, "model": MODEL, "seed": SEED, "created_at": 1_795_000_005, "status": "running", **changes}


def test_a_picture_is_sent_as_the_first_frame() -> None:
    call = ark().submit(work())
    assert (call.method, call.url) == ("POST", TASKS)
    assert call.json == {
        "model": MODEL,
        "content": [
            {"type": "text", "text": "A ball rolls down"},
            {"type": "image_url", "image_url": {"url": PICTURE.uri}, "role": "first_frame"},
        ],
        "ratio": "16:9", "resolution": "720p", "duration": 5, "generate_audio": False, "watermark": False, "seed": 7,
    }  # fmt: skip


def test_neither_a_text_nor_a_seed_is_sent_where_there_is_none() -> None:
    body = ark().submit(work(prompt=None, seed=None)).json
    assert [entry["type"] for entry in body["content"]] == ["image_url"]
    assert "seed" not in body


def test_the_attempt_s_name_is_sent_only_where_the_account_takes_it() -> None:
    assert "safety_identifier" not in ark().submit(work()).json
    assert ark(uuid="safety_identifier").submit(work()).json["safety_identifier"] == "0e0e"


def test_footage_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(SetupError, match="picture only"):
        Ark(MODEL, mode="multiframe").check()


def test_the_ticket_is_the_task_s_id() -> None:
    assert ark().ticket(answer({"id": TICKET.job_id})) == TICKET
    assert ark().poll(TICKET).url == f"{TASKS}/{TICKET.job_id}"


@pytest.mark.parametrize("word", ["queued", "running"])
def test_a_task_under_way_is_pending(word: str) -> None:
    assert (told(word).state, told(word).odd) == (State.PENDING, "")


def test_a_word_that_nobody_knows_is_pending_and_noted() -> None:
    assert told("brewing").state is State.PENDING
    assert "brewing" in told("brewing").odd


def test_a_task_that_succeeded_tells_its_tokens_seed_and_model() -> None:
    status = told(
        "succeeded", content={"video_url": "https://tos.example/v.mp4?sig=1"}, seed=7, framespersecond=24, duration=5,
        usage={"completion_tokens": 108900}, revised_prompt="",
    )  # fmt: skip
    assert status.state is State.SUCCEEDED
    assert status.output is not None
    assert (status.output.url, status.output.signed) == ("https://tos.example/v.mp4?sig=1", False)
    assert status.usd is None
    expected = {"model": MODEL, "seed": 7, "framespersecond": 24, "duration": 5, "completion_tokens": 108900}
    assert status.report == expected


def test_a_success_without_a_video_has_no_output() -> None:
    assert told("succeeded", content={}).output is None


@pytest.mark.parametrize("word", ["cancelled", "expired"])
def test_what_ended_early_is_a_failure(word: str) -> None:
    assert (told(word).state, told(word).transient) == (State.FAILED, False)
    assert word in told(word).reason


@pytest.mark.parametrize(
    ("code", "state", "transient"),
    [
        ("OutputVideoSensitiveContentDetected.PolicyViolation", State.REFUSED, False),
        ("InputImageSensitiveContentDetected", State.REFUSED, False),
        ("InternalServiceError", State.FAILED, True),
        ("InvalidParameter", State.FAILED, False),
    ],
)
def test_failures_are_typed_by_their_code(code: str, state: State, transient: bool) -> None:
    status = told("failed", error={"code": code, "message": "No."})
    assert (status.state, status.transient, status.reason) == (state, transient, f"{code}: No.")


def test_errors_of_a_submit_are_typed() -> None:
    assert isinstance(error(400, "InvalidParameter"), Rejected)
    assert isinstance(error(400, "InputTextSensitiveContentDetected"), Refused)
    assert isinstance(error(401, "AuthenticationError"), SetupError)
    assert isinstance(error(403, "AccountOverdueError"), SetupError)
    assert isinstance(error(404, "ModelNotOpen"), SetupError)
    assert isinstance(error(429, "ServerOverloaded"), RateLimited)
    assert isinstance(error(500, "InternalServiceError"), Ambiguous)
    assert "AccountOverdueError: No." in str(error(403, "AccountOverdueError"))


def test_a_lost_task_is_told_by_the_attempt_s_name_alone() -> None:
    assert ark().listing("0e0e") is None
    assert ark().found(answer({"items": [item("cgt-1"), item("cgt-2", safety_identifier="0e0e")]}), "0e0e") == []
    named = ark(uuid="safety_identifier")
    call = named.listing("0e0e")
    assert call is not None
    assert call.url == f"{TASKS}?page_num=1&page_size=100&filter.model={MODEL}"
    tasks = [item("cgt-1", safety_identifier="0e0e"), item("cgt-2", safety_identifier="other"), item("cgt-3")]
    assert named.found(answer({"items": tasks}), "0e0e") == [Ticket("cgt-1")]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    with pytest.raises((BadAnswer, KeyError)):
        ark().status(answer(body), TICKET)
    with pytest.raises((BadAnswer, KeyError)):
        ark(uuid="safety_identifier").found(answer(body), "0e0e")
