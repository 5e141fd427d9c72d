"""What the results of fal's queue say: a video, a refusal, a failure, or nothing yet."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.fal import Fal
from adapters.api.wire import BadAnswer, State, Ticket
from adapters.errors import Ambiguous, SetupError
from adapters.http.retry_after import Passing
from tests.api.works import answer

DECLINED = {
    "loc": ["body", "prompt"], "msg": "The content was flagged by a content checker.",
    "type": "content_policy_violation", "url": "https://docs.fal.ai/errors#content_policy_violation", "input": "…",
}  # fmt: skip


def result(body: Any, status: int = 200, *, output: str = "video", **headers: str) -> Any:
    fal = Fal("fal-ai/pika/v2.2/image-to-video", options={"output": output})
    return fal.result(answer(body, status, **headers), Ticket("764c"))


def test_a_result_gives_the_video_and_what_it_reports() -> None:
    status = result({
        "video": {"url": "https://v3.fal.media/files/a.mp4", "content_type": "video/mp4", "fps": 24, "duration": 5.04},
        "seed": 7, "expanded_prompt": "A ball, filmed by a master", "has_nsfw_concepts": [False],
    })  # fmt: skip
    assert status.state is State.SUCCEEDED
    assert (status.output.url, status.output.signed) == ("https://v3.fal.media/files/a.mp4", False)
    assert status.report == {
        "seed": 7, "prompt": "A ball, filmed by a master", "nsfw": [False], "fps": 24, "duration": 5.04,
    }  # fmt: skip
    assert status.usd is None


def test_a_result_may_hold_its_video_under_another_name() -> None:
    body = {"output_video": {"url": "https://v3.fal.media/a.mp4"}}
    assert result(body, output="output_video").output.url == "https://v3.fal.media/a.mp4"


@pytest.mark.parametrize("body", [{"video": None}, {"video": {}}])
def test_a_result_without_a_video_has_no_output(body: dict[str, Any]) -> None:
    assert (result(body).state, result(body).output) == (State.SUCCEEDED, None)


def test_a_result_that_does_not_speak_of_a_video_is_asked_for_again() -> None:
    with pytest.raises(KeyError):
        result({})


def test_a_result_that_is_declined_is_a_refusal_that_may_have_been_charged() -> None:
    status = result({"detail": [DECLINED]}, 422)
    assert (status.state, status.transient, status.usd) == (State.REFUSED, False, None)
    assert status.reason == "content_policy_violation: HTTP 422: The content was flagged by a content checker."


def test_another_422_is_a_failure_that_does_not_pass() -> None:
    detail = [{"loc": ["body", "image_url"], "msg": "Failed to load the image", "type": "image_load_error"}]
    status = result({"detail": detail}, 422)
    assert (status.state, status.transient, status.usd) == (State.FAILED, False, None)
    assert status.reason == "image_load_error: HTTP 422: Failed to load the image"


@pytest.mark.parametrize("name", ["x_fal_retryable", "x_fal_needs_retry"])
@pytest.mark.parametrize(("value", "passes"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_a_failure_of_the_model_may_pass_where_fal_says_so(name: str, value: str, passes: bool) -> None:
    detail = [{"loc": ["body"], "msg": "Downstream service error", "type": "downstream_service_error"}]
    status = result({"detail": detail}, 500, **{name: value})
    assert (status.state, status.transient, status.usd) == (State.FAILED, passes, 0.0)


@pytest.mark.parametrize(("status", "kind"), [(504, "startup_timeout"), (503, "runner_scheduling_failure")])
def test_a_flat_server_error_is_a_failure_that_may_pass_and_costs_nothing(status: int, kind: str) -> None:
    ended = result({"detail": "No runner", "error_type": kind}, status)
    assert (ended.state, ended.transient, ended.usd, ended.reason) == (
        State.FAILED,
        True,
        0.0,
        f"{kind}: HTTP {status}: No runner",
    )


def test_the_kind_of_a_flat_error_may_stand_in_the_header_alone() -> None:
    assert result({"detail": "Timed out"}, 504, x_fal_error_type="request_timeout").transient


@pytest.mark.parametrize("told", ["Request not found", "Path /image-to-vide not found"])
def test_a_result_that_cannot_be_had_is_left_to_a_person(told: str) -> None:
    with pytest.raises(Ambiguous, match=told):
        result({"detail": told}, 404)


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503])
def test_a_server_that_gives_no_verdict_is_asked_again(status: int) -> None:
    with pytest.raises(Passing):
        result({"detail": "Internal Server Error"}, status)


def test_an_internal_error_over_a_result_says_nothing_of_the_request() -> None:
    with pytest.raises(Passing):
        result({"detail": "An unexpected internal error occurred", "error_type": "internal_error"}, 500)


@pytest.mark.parametrize("status", [404, 502])
def test_a_gateway_s_page_is_no_verdict(status: int) -> None:
    with pytest.raises(BadAnswer):
        result(b"<html>", status)


def test_a_result_that_is_not_there_yet_is_pending() -> None:
    assert result({"detail": "Request is still in progress"}, 400).state is State.PENDING


def test_a_key_that_is_no_longer_taken_ends_the_run() -> None:
    with pytest.raises(SetupError, match="FAL_KEY"):
        result({"detail": "User is locked. Reason: Exhausted balance."}, 403)
