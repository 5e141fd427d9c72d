"""Together's wire protocol, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.together import Together
from adapters.api.wire import Answer, BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from tests.api.works import FOOTAGE, PICTURE, answer, work

TICKET = Ticket("019a-video")
HOME = "https://api.together.ai/v2/videos"
SEEDANCE = Together("ByteDance/Seedance-2.5", call={"resolution": "720p"})


def told(word: str, **fields: Any) -> Answer:
    return answer({"id": TICKET.job_id, "object": "video", "status": word, "seconds": "5", **fields})


def test_a_picture_is_the_first_frame_and_a_length_a_text() -> None:
    call = SEEDANCE.submit(work())
    assert (call.method, call.url) == ("POST", HOME)
    assert call.json == {
        "model": "ByteDance/Seedance-2.5", "seconds": "5", "prompt": "A ball rolls down", "seed": 7,
        "media": {"frame_images": [{"input_image": PICTURE.uri, "frame": "first"}]}, "resolution": "720p",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "field"), [({}, "frame_videos"), ({"video": "reference_videos"}, "reference_videos")]
)
def test_footage_goes_where_the_yaml_says(options: dict[str, str], field: str) -> None:
    body = Together("a/b", options=options, mode="multiframe").submit(work(FOOTAGE)).json
    assert body["media"] == {field: [{"video": FOOTAGE.uri}]}


def test_without_a_model_it_is_told_what_to_do() -> None:
    with pytest.raises(SetupError, match=r"model\.adapter\.model"):
        Together("").check()


def test_the_ticket_is_the_job_s_id() -> None:
    assert SEEDANCE.ticket(told("in_progress")) == TICKET
    assert SEEDANCE.poll(Ticket("a/b")).url == f"{HOME}/a%2Fb"
    assert SEEDANCE.names(told("in_progress"), TICKET) == TICKET.job_id


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "invalid", Rejected), (404, "x", Rejected), (401, "x", SetupError), (402, "x", SetupError),
        (429, "x", RateLimited), (422, "content policy", Refused), (500, "x", Ambiguous), (503, "x", Ambiguous),
    ],
)  # fmt: skip
def test_errors_are_typed_by_their_status(status: int, message: str, kind: type[Exception]) -> None:
    body = {"error": {"message": message, "type": "some_error", "param": None, "code": None}}
    assert type(SEEDANCE.fault(answer(body, status))) is kind


@pytest.mark.parametrize("body", [{"error": "x"}, {"error": {"message": "x"}}, {"message": "x"}, b"<html>"])
def test_an_error_that_is_not_the_service_s_own_says_nothing(body: Any) -> None:
    assert type(SEEDANCE.fault(answer(body, 400))) is Ambiguous


@pytest.mark.parametrize("word", ["queued", "in_progress", "brewing"])
def test_a_job_under_way_is_pending(word: str) -> None:
    status = SEEDANCE.status(told(word), TICKET)
    assert status.state is State.PENDING
    assert bool(status.odd) == (word == "brewing")


def test_a_finished_job_names_its_video_and_what_it_cost() -> None:
    status = SEEDANCE.status(told("completed", outputs={"cost": 1.245, "video_url": "https://cdn/v.mp4"}), TICKET)
    assert status.output is not None
    assert (status.state, status.output.url, status.usd) == (State.SUCCEEDED, "https://cdn/v.mp4", 1.245)


@pytest.mark.parametrize(
    ("word", "error", "state"),
    [
        ("failed", {"message": "bad image", "code": None}, State.FAILED), ("cancelled", None, State.FAILED),
        ("failed", {"message": "blocked by Moderation"}, State.REFUSED),
    ],
)  # fmt: skip
def test_failures_say_why(word: str, error: Any, state: State) -> None:
    status = SEEDANCE.status(told(word, error=error), TICKET)
    assert (status.state, status.transient) == (state, False)
    assert status.reason == f"{word}: {error['message'] if error else 'no explanation'}"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    for read in (SEEDANCE.ticket, lambda a: SEEDANCE.status(a, TICKET)):
        with pytest.raises((BadAnswer, KeyError, TypeError)):
            read(answer(body))
