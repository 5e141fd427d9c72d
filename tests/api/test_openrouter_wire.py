"""OpenRouter's wire protocol, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.openrouter import OpenRouter
from adapters.api.wire import Answer, BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from tests.api.works import PICTURE, answer, work

TICKET = Ticket("gen-vid-1789000000-A")
HOME = "https://openrouter.ai/api/v1"
CALL = {"resolution": "720p", "aspect_ratio": "16:9", "generate_audio": False}
KLING = OpenRouter("kwaivgi/kling-v3.0-pro", call=CALL)


def told(word: str, **fields: Any) -> Answer:
    return answer({"id": TICKET.job_id, "polling_url": f"/api/v1/videos/{TICKET.job_id}", "status": word, **fields})


def no(status: int, **fields: Any) -> Answer:
    return answer({"error": {"code": status, "message": "told", **fields}}, status)


def test_a_picture_is_the_first_frame() -> None:
    call = KLING.submit(work(seed=None))
    assert (call.method, call.url) == ("POST", f"{HOME}/videos")
    assert call.json == {
        "model": "kwaivgi/kling-v3.0-pro", "duration": 5, "prompt": "A ball rolls down", **CALL,
        "frame_images": [{"type": "image_url", "image_url": {"url": PICTURE.uri}, "frame_type": "first_frame"}],
    }  # fmt: skip
    assert KLING.submit(work()).json["seed"] == 7


def test_a_vendor_s_own_parameters_go_along() -> None:
    options = {"provider": {"options": {"alibaba": {"prompt_extend": False}}}}
    assert OpenRouter("alibaba/wan-2.7", call=options).submit(work()).json["provider"] == options["provider"]


def test_without_a_model_or_with_footage_it_is_told_what_to_do() -> None:
    with pytest.raises(SetupError, match=r"model\.adapter\.model"):
        OpenRouter("").check()
    with pytest.raises(SetupError, match="mode=i2v"):
        OpenRouter("a/b", mode="multiframe").check()


def test_the_ticket_is_the_job_s_id() -> None:
    assert KLING.ticket(told("pending")) == TICKET
    assert KLING.poll(Ticket("a/b")).url == f"{HOME}/videos/a%2Fb"
    assert KLING.names(told("pending"), TICKET) == TICKET.job_id


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected), (404, Rejected), (413, Rejected), (401, SetupError), (402, SetupError), (403, SetupError),
        (429, RateLimited), (408, Ambiguous), (500, Ambiguous), (502, Ambiguous), (503, Ambiguous),
    ],
)  # fmt: skip
def test_errors_are_typed_by_their_status(status: int, kind: type[Exception]) -> None:
    assert type(KLING.fault(no(status))) is kind


@pytest.mark.parametrize("metadata", [{"reasons": ["violence"]}, {"flagged_input": "blood"}])
def test_a_flagged_input_is_a_refusal_of_this_clip_alone(metadata: Any) -> None:
    assert type(KLING.fault(no(403, metadata=metadata))) is Refused
    assert type(KLING.fault(no(403, metadata={"provider_name": "x"}))) is SetupError


@pytest.mark.parametrize("body", [{"error": "x"}, {"error": {"message": "x"}}, {"message": "x"}, b"<html>"])
def test_an_error_that_is_not_the_service_s_own_says_nothing(body: Any) -> None:
    assert type(KLING.fault(answer(body, 403))) is Ambiguous


@pytest.mark.parametrize("word", ["pending", "in_progress", "brewing"])
def test_a_job_under_way_is_pending(word: str) -> None:
    status = KLING.status(told(word), TICKET)
    assert status.state is State.PENDING
    assert bool(status.odd) == (word == "brewing")


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        (f"{HOME}/videos/{TICKET.job_id}/content?index=0", True), ("https://cdn.example/v.mp4", False),
        ("http://openrouter.ai/api/v1/videos/a/content", False), ("https://openrouter.ai.evil.example/v.mp4", False),
    ],
)  # fmt: skip
def test_the_key_goes_along_to_the_service_itself_only(url: str, signed: bool) -> None:
    status = KLING.status(told("completed", unsigned_urls=[url], usage={"cost": 0.56, "is_byok": False}), TICKET)
    assert status.output is not None
    assert (status.state, status.output.url, status.output.signed) == (State.SUCCEEDED, url, signed)
    assert status.usd == 0.56


def test_a_key_of_one_s_own_at_the_vendor_hides_the_price() -> None:
    status = KLING.status(
        told("completed", unsigned_urls=["https://h/v"], usage={"cost": 0.01, "is_byok": True}), TICKET
    )
    assert (status.usd, status.report["is_byok"]) == (None, True)


@pytest.mark.parametrize(
    ("word", "error", "state"),
    [
        ("failed", "The image could not be read", State.FAILED), ("cancelled", None, State.FAILED),
        ("expired", None, State.FAILED), ("dead", None, State.FAILED),
        ("failed", "rejected by the provider's Moderation", State.REFUSED),
    ],
)  # fmt: skip
def test_failures_say_why(word: str, error: str | None, state: State) -> None:
    status = KLING.status(told(word, error=error, usage={"cost": 0}), TICKET)
    assert (status.state, status.transient, status.usd) == (state, False, 0)
    assert status.reason == f"{word}: {error or 'no explanation'}"


def test_the_doctor_is_told_what_the_key_may_spend() -> None:
    assert KLING.probe().url == f"{HOME}/key"
    assert KLING.balance(answer({"data": {"limit_remaining": 12.5}})) == "$12.50 left of the key's limit"
    assert KLING.balance(answer({"data": {"limit_remaining": None}})) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    for read in (KLING.ticket, lambda a: KLING.status(a, TICKET)):
        with pytest.raises((BadAnswer, KeyError, TypeError)):
            read(answer(body))
