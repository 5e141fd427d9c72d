"""xAI's wire protocol, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.wire import BadAnswer, State, Ticket
from adapters.api.xai import XAI
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from tests.api.works import FOOTAGE, PICTURE, answer, work

TICKET = Ticket("r-1")
VIDEO = {"url": "https://vidgen.x.ai/v.mp4", "duration": 5, "respect_moderation": True}
XAI_15 = XAI("grok-imagine-video-1.5", call={"resolution": "720p", "generate_audio": False})
EXTEND = XAI("grok-imagine-video-1.5", mode="multiframe")


def test_a_picture_goes_inline_without_a_shape_or_a_seed() -> None:
    call = XAI_15.submit(work())
    assert (call.method, call.url, call.signed) == ("POST", "https://api.x.ai/v1/videos/generations", True)
    assert call.json == {
        "model": "grok-imagine-video-1.5", "prompt": "A ball rolls down", "image": {"url": PICTURE.uri}, "duration": 5,
        "resolution": "720p", "generate_audio": False,
    }  # fmt: skip


def test_footage_is_extended_and_nothing_is_said_of_size_or_sound() -> None:
    call = EXTEND.submit(work(FOOTAGE))
    assert call.url == "https://api.x.ai/v1/videos/extensions"
    assert call.json == {
        "model": "grok-imagine-video-1.5", "prompt": "A ball rolls down", "video": {"url": FOOTAGE.uri}, "duration": 5,
    }  # fmt: skip


def test_the_ticket_is_the_request_s_id() -> None:
    assert XAI_15.ticket(answer({"request_id": "r-1"})) == TICKET
    assert XAI_15.poll(Ticket("a/b")).url == "https://api.x.ai/v1/videos/a%2Fb"
    with pytest.raises(KeyError):
        XAI_15.ticket(answer({}))


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "pending"),
        (b"  \n", "pending"),
        (b"<html>", "pending"),
        ({"status": "pending"}, "pending"),
        ([], "pending"),
    ],
)
def test_a_202_says_that_it_runs_whatever_its_body_is(body: Any, word: str) -> None:
    status = XAI_15.status(answer(body, 202), TICKET)
    assert (status.state, status.word, status.odd) == (State.PENDING, word, "")


def test_progress_is_a_share() -> None:
    assert XAI_15.status(answer({"status": "pending", "progress": 60}, 202), TICKET).progress == 0.6


def test_a_video_says_where_it_is_and_what_it_cost() -> None:
    body = {
        "status": "done", "video": VIDEO, "model": "grok-imagine-video-1.5-0701", "progress": 100,
        "usage": {"cost_in_usd_ticks": 7_100_000_000},
    }  # fmt: skip
    status = XAI_15.status(answer(body), TICKET)
    assert (status.state, status.usd) == (State.SUCCEEDED, 0.71)
    assert status.output is not None
    assert (status.output.url, status.output.signed) == (VIDEO["url"], False)
    assert status.report == {"model": "grok-imagine-video-1.5-0701", "duration": 5, "usd": 0.71}


def test_a_video_without_a_status_is_done() -> None:
    assert XAI_15.status(answer({"video": VIDEO}), TICKET).state is State.SUCCEEDED


def test_a_video_in_the_account_s_storage_is_taken_from_there() -> None:
    body = {"status": "done", "video": {"file_output": {"file_id": "f", "public_url": "https://files.x.ai/f"}}}
    status = XAI_15.status(answer(body), TICKET)
    assert status.output is not None
    assert status.output.url == "https://files.x.ai/f"


def test_a_done_that_did_not_pass_moderation_is_a_refusal_and_keeps_its_price() -> None:
    body = {"status": "done", "video": {"respect_moderation": False}, "usage": {"cost_in_usd_ticks": 7e9}}
    status = XAI_15.status(answer(body), TICKET)
    assert (status.state, status.output, status.usd) == (State.REFUSED, None, 0.7)


def test_a_done_without_a_video_is_no_refusal() -> None:
    status = XAI_15.status(answer({"status": "done", "video": {}}), TICKET)
    assert (status.state, status.output, status.usd) == (State.SUCCEEDED, None, None)


@pytest.mark.parametrize(
    ("body", "state", "reason"),
    [
        ({"status": "failed", "error": {"code": "internal", "message": "oh"}}, State.FAILED, "failed: internal: oh"),
        ({"status": "failed", "error": {"message": "oh"}}, State.FAILED, "failed: oh"),
        ({"status": "failed", "error": "oh"}, State.FAILED, "failed: oh"),
        ({"status": "failed"}, State.FAILED, "failed, no explanation"),
        ({"status": "expired"}, State.FAILED, "expired, no explanation"),
        (
            {"status": "failed", "error": {"code": "content_policy", "message": "no"}},
            State.REFUSED,
            "failed: content_policy: no",
        ),
    ],
)
def test_failures_tell_why_and_are_not_tried_again(body: Any, state: State, reason: str) -> None:
    status = XAI_15.status(answer(body), TICKET)
    assert (status.state, status.reason, status.transient, status.usd) == (state, reason, False, None)


def test_an_unknown_word_counts_as_running_and_is_noted() -> None:
    status = XAI_15.status(answer({"status": "brewing"}), TICKET)
    assert status.state is State.PENDING
    assert "brewing" in status.odd


@pytest.mark.parametrize(("body", "kind"), [(b"<html>", BadAnswer), ({}, KeyError), ([], BadAnswer)])
def test_an_answer_of_another_shape_is_not_read(body: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        XAI_15.status(answer(body), TICKET)


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (400, {"error": {"message": "bad", "type": "t", "param": "p", "code": "c"}}, Rejected, "c: bad"),
        (422, {"code": "invalid-argument", "error": "bad duration"}, Rejected, "invalid-argument: bad duration"),
        (415, {"error": "bad"}, Rejected, "bad"),
        (400, {"code": "invalid-argument", "error": "Incorrect API key provided: xa***ke."}, SetupError, "XAI_API_KEY"),
        (401, {"error": "no key"}, SetupError, "XAI_API_KEY"),
        (
            403,
            {"code": "personal-team-blocked:spending-limit", "error": "out of credits"},
            SetupError,
            "out of credits",
        ),
        (429, {"error": "Your team t has either used all available credits or reached …"}, SetupError, "credits"),
        (429, {"error": "too many requests"}, RateLimited, "too many"),
        (400, {"code": "invalid-argument", "error": "Rejected by content moderation."}, Refused, "moderation"),
        (500, {"error": {"message": "oh"}}, Ambiguous, "oh"),
        (502, b"<html>", Ambiguous, "502"),
    ],
)
def test_errors_are_typed_by_what_may_be_done(status: int, body: Any, kind: type[Exception], told: str) -> None:
    fault = XAI_15.fault(answer(body, status))
    assert type(fault) is kind
    assert told in str(fault)


def test_the_doctor_is_told_of_a_barred_key() -> None:
    assert XAI_15.probe().url == "https://api.x.ai/v1/api-key"
    assert XAI_15.balance(answer({"name": "n", "api_key_blocked": False})) is None
    with pytest.raises(SetupError, match="team_blocked"):
        XAI_15.balance(answer({"team_blocked": True}))


def test_a_picture_that_is_declined_at_once_costs_what_the_answer_says() -> None:
    body = {"error": "rejected by content moderation", "usage": {"cost_in_usd_ticks": 100_000_000}}
    fault = XAI_15.fault(answer(body, 400))
    assert isinstance(fault, Refused)
    assert fault.usd == 0.01
