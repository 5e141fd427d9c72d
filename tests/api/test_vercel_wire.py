"""The wire protocol of Vercel's AI Gateway, read and written: no server."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from adapters.api.vercel import Vercel
from adapters.api.wire import Answer, BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from tests.api.works import PICTURE, answer, work

TICKET = Ticket("job_1")
HOME = "https://ai-gateway.vercel.sh/v4/ai/video-model"
CALL = {"resolution": "1280x720", "aspectRatio": "16:9", "generateAudio": False}
SEEDANCE = Vercel("bytedance/seedance-2.5", call=CALL)
HEADERS = {
    "ai-gateway-protocol-version": "0.0.1", "ai-gateway-auth-method": "api-key",
    "ai-video-model-specification-version": "4", "ai-model-id": "bytedance/seedance-2.5",
}  # fmt: skip


def told(word: str, gateway: Any = None, **fields: Any) -> Answer:
    metadata = {"gateway": {"asyncJob": {"jobId": TICKET.job_id}, **(gateway or {})}}
    return answer({"status": word, "providerMetadata": metadata, **fields})


def test_a_picture_is_the_first_frame_and_the_model_stands_in_a_header() -> None:
    call = SEEDANCE.submit(work(seed=None))
    assert (call.method, call.url) == ("POST", f"{HOME}/start")
    assert call.headers == {**HEADERS, "idempotency-key": "0e0e"}
    image = {"type": "file", "mediaType": "image/png", "data": PICTURE.base64}
    assert call.json == {
        "n": 1, "duration": 5, "prompt": "A ball rolls down", **CALL,
        "frameImages": [{"image": image, "frameType": "first_frame"}],
    }  # fmt: skip
    assert SEEDANCE.submit(work()).json["seed"] == 7


def test_without_a_model_or_with_footage_it_is_told_what_to_do() -> None:
    with pytest.raises(SetupError, match=r"model\.adapter\.model"):
        Vercel("").check()
    with pytest.raises(SetupError, match="mode=i2v"):
        Vercel("a/b", mode="multiframe").check()


def test_the_ticket_is_the_gateway_s_id_and_the_model_goes_along_with_each_question() -> None:
    assert SEEDANCE.ticket(answer({"operation": {"gatewayJobId": "job_1"}})) == TICKET
    assert SEEDANCE.ticket(told("queued", operation=None)) == TICKET
    call = SEEDANCE.poll(TICKET)
    assert (call.method, call.url, call.headers) == ("POST", f"{HOME}/status", HEADERS)
    assert call.json == {"operation": {"gatewayJobId": "job_1"}}
    assert SEEDANCE.names(told("pending"), TICKET) == "job_1"
    assert SEEDANCE.names(answer({"status": "pending"}), TICKET) is None


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "invalid", Rejected), (404, "x", Rejected), (413, "x", Rejected), (401, "x", SetupError),
        (402, "x", SetupError), (403, "x", SetupError), (429, "x", RateLimited), (400, "content policy", Refused),
        (424, "a vendor behind failed", Ambiguous), (408, "x", Ambiguous), (500, "x", Ambiguous), (502, "x", Ambiguous),
    ],
)  # fmt: skip
def test_errors_are_typed_by_their_status(status: int, message: str, kind: type[Exception]) -> None:
    assert type(SEEDANCE.fault(answer({"error": {"message": message, "type": "some_error"}}, status))) is kind


@pytest.mark.parametrize("body", [{"error": "x"}, {"error": {"message": "x"}}, {"message": "x"}, b"<html>"])
def test_an_error_that_is_not_the_service_s_own_says_nothing(body: Any) -> None:
    assert type(SEEDANCE.fault(answer(body, 403))) is Ambiguous


@pytest.mark.parametrize("word", ["pending", "brewing"])
def test_a_job_under_way_is_pending(word: str) -> None:
    status = SEEDANCE.status(told(word), TICKET)
    assert status.state is State.PENDING
    assert bool(status.odd) == (word == "brewing")


def test_a_finished_job_names_its_video_or_holds_it() -> None:
    linked = [{"type": "url", "url": "https://cdn/v.mp4", "mediaType": "video/mp4"}]
    status = SEEDANCE.status(told("completed", {"cost": 1.16}, videos=linked), TICKET)
    assert status.output is not None
    assert (status.state, status.output.url, status.output.signed) == (State.SUCCEEDED, "https://cdn/v.mp4", False)
    assert status.usd == 1.16
    inside = [{"type": "base64", "data": base64.b64encode(b"mp4").decode(), "mediaType": "video/mp4"}]
    status = SEEDANCE.status(told("completed", videos=inside), TICKET)
    assert status.output is not None
    assert (status.output.data, status.usd) == (b"mp4", None)


def test_a_video_given_in_another_way_is_asked_for_again() -> None:
    with pytest.raises(BadAnswer, match="uploaded"):
        SEEDANCE.status(told("completed", videos=[{"type": "uploaded", "mediaType": "video/mp4"}]), TICKET)


@pytest.mark.parametrize(
    ("word", "error", "state"),
    [
        ("error", "The image could not be read", State.FAILED), ("cancelled", None, State.FAILED),
        ("error", {"message": "blocked by Moderation"}, State.REFUSED),
    ],
)  # fmt: skip
def test_failures_say_why(word: str, error: Any, state: State) -> None:
    status = SEEDANCE.status(told(word, error=error), TICKET)
    assert (status.state, status.transient, status.output) == (state, False, None)
    assert ("no explanation" in status.reason) == (error is None)


def test_the_doctor_is_told_the_credits() -> None:
    assert SEEDANCE.balance(answer({"balance": "95.50", "total_used": "4.50"})) == "$95.50 left"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    for read in (SEEDANCE.ticket, lambda a: SEEDANCE.status(a, TICKET)):
        with pytest.raises((BadAnswer, KeyError, TypeError)):
            read(answer(body))
