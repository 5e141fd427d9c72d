"""The Interactions API of Gemini, read and written: no server."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from adapters.api.gemini import Gemini
from adapters.api.wire import BadAnswer, State, Status, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from adapters.http.retry_after import Passing
from tests.api.works import FOOTAGE, PICTURE, answer, work

TICKET = Ticket("v1_ChdpbnRlcmFjdGlvbg")
HOME = "https://generativelanguage.googleapis.com"
CALL = {"resolution": "720p", "aspect_ratio": "16:9"}
SENT = {"type": "user_input", "content": [{"type": "video", "data": "c2VudA==", "mime_type": "video/mp4"}]}


def gemini(**options: Any) -> Gemini:
    return Gemini("gemini-omni-1.2-flash", call=CALL, options=options)


def told(status: str, *content: dict[str, Any], **fields: Any) -> Status:
    steps = [SENT, {"type": "thought"}, {"type": "model_output", "content": list(content)}]
    body = {"id": TICKET.job_id, "object": "interaction", "status": status, "steps": steps, **fields}
    return gemini().status(answer(body), TICKET)


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> Exception | None:
    body = {"error": {"code": code, "message": message, "status": status, "details": list(details)}}
    return gemini().fault(answer(body, code))


def test_a_picture_is_sent_as_the_first_frame_of_a_stored_background_interaction() -> None:
    call = gemini(task="image_to_video", prefix="<FIRST_FRAME> ").submit(work())
    assert (call.method, call.url) == ("POST", f"{HOME}/v1/interactions")
    assert call.json == {
        "model": "gemini-omni-1.2-flash",
        "input": [{
            "type": "user_input",
            "content": [
                {"type": "image", "data": PICTURE.base64, "mime_type": "image/png"},
                {"type": "text", "text": "<FIRST_FRAME> A ball rolls down"},
            ],
        }],
        "generation_config": {"video_config": {"task": "image_to_video"}, "seed": 7},
        "response_format": {
            "type": "video", "duration": "5s", "aspect_ratio": "16:9", "resolution": "720p", "delivery": "uri",
        },
        "background": True,
        "store": True,
    }  # fmt: skip


def test_footage_is_extended_and_no_seed_is_sent_where_none_is_asked_for() -> None:
    body = gemini().submit(work(FOOTAGE, seed=None)).json
    assert body["input"][0]["content"][0] == {"type": "video", "data": FOOTAGE.base64, "mime_type": "video/mp4"}
    assert body["generation_config"] == {"video_config": {"task": "extend"}}


def test_how_seconds_are_written_is_a_setting() -> None:
    assert gemini(duration="PT{}S").submit(work()).json["response_format"]["duration"] == "PT5S"
    with pytest.raises(SetupError, match=r"no \{\} for the seconds"):
        gemini(duration="5s").check()


def test_the_key_goes_into_google_s_own_header() -> None:
    assert gemini().sign("AIza") == {"x-goog-api-key": "AIza"}


def test_the_ticket_is_the_interaction_s_id_and_its_address_is_quoted() -> None:
    assert gemini().ticket(answer({"id": TICKET.job_id, "status": "in_progress"})) == TICKET
    assert gemini().poll(Ticket("v1/../x")).url == f"{HOME}/v1/interactions/v1%2F..%2Fx"


@pytest.mark.parametrize("word", ["queued", "in_progress"])
def test_an_interaction_under_way_is_pending(word: str) -> None:
    assert (told(word).state, told(word).odd) == (State.PENDING, "")


@pytest.mark.parametrize("word", ["brewing", "thinking"])
def test_a_word_that_is_no_end_is_pending_and_noted(word: str) -> None:
    status = told(word)
    assert status.state is State.PENDING
    assert word in status.odd


def test_a_video_inside_the_answer_is_taken_though_an_address_was_asked_for() -> None:
    spent = {"total_input_tokens": 1145, "total_output_tokens": 28960}
    data = base64.b64encode(b"made").decode()
    status = told("completed", {"type": "video", "data": data, "mime_type": "video/mp4"}, usage=spent)
    assert status.state is State.SUCCEEDED
    assert status.output is not None
    assert status.output.data == b"made"
    assert status.ask is None
    assert (status.report["input_tokens"], status.report["output_tokens"]) == (1145, 28960)


@pytest.mark.parametrize(
    "uri",
    [f"{HOME}/v1beta/files/abc-123:download?alt=media", f"{HOME}/v1beta/files/abc-123", "files/abc-123"],
)
def test_a_file_of_the_service_is_asked_about_and_downloaded_with_the_key(uri: str) -> None:
    status = told("completed", {"type": "video", "uri": uri, "mime_type": "video/mp4"})
    assert status.ask is not None
    assert status.ask.url == f"{HOME}/v1beta/files/abc-123"
    ready = gemini().result(answer({"name": "files/abc-123", "state": "ACTIVE"}), TICKET)
    for output in (status.output, ready.output):
        assert output is not None
        assert (output.url, output.signed) == (f"{HOME}/v1beta/files/abc-123:download?alt=media", True)


@pytest.mark.parametrize(
    "uri", ["https://storage.example/files/abc?sig=1", "http://generativelanguage.googleapis.com/files/a"]
)
def test_an_address_on_another_host_or_without_encryption_gets_no_key(uri: str) -> None:
    status = told("completed", {"type": "video", "uri": uri})
    assert status.ask is None
    assert status.output is not None
    assert (status.output.url, status.output.signed) == (uri, False)


def test_any_other_address_of_the_service_gets_the_key_too() -> None:
    status = told("completed", {"type": "video", "uri": f"{HOME}/download/v1/x.mp4?alt=media"})
    assert status.output is not None
    assert (status.output.url, status.output.signed) == (f"{HOME}/download/v1/x.mp4?alt=media", True)


@pytest.mark.parametrize(
    ("state", "expected"), [("PROCESSING", State.PENDING), ("FAILED", State.FAILED), ("BREWING", State.PENDING)]
)
def test_a_file_is_waited_for_until_it_is_active(state: str, expected: State) -> None:
    assert gemini().result(answer({"name": "files/a", "state": state}), TICKET).state is expected


@pytest.mark.parametrize("status", [403, 410])
def test_a_file_that_nobody_may_read_any_more_is_gone(status: int) -> None:
    ended = gemini().result(answer({"error": {}}, status), TICKET)
    assert (ended.state, ended.output) == (State.SUCCEEDED, None)


def test_a_key_that_is_no_longer_taken_stops_the_questions_about_a_file() -> None:
    with pytest.raises(SetupError):
        gemini().result(answer({"error": {}}, 401), TICKET)


@pytest.mark.parametrize("status", [404, 429, 500])
def test_a_file_that_cannot_be_asked_about_now_is_asked_about_later(status: int) -> None:
    with pytest.raises(Passing):
        gemini().result(answer({"error": {}}, status), TICKET)


def test_an_overload_while_a_file_is_asked_about_passes() -> None:
    with pytest.raises(Passing) as caught:
        gemini().result(answer({"error": {}}, 503, retry_after="9"), TICKET)
    assert caught.value.after_s == 9


def test_completed_without_a_video_is_no_success_and_tells_what_that_may_mean() -> None:
    status = told("completed")
    assert (status.state, status.transient, status.usd) == (State.FAILED, False, None)
    assert "EEA" in status.reason


def test_what_was_sent_is_never_taken_for_what_was_made() -> None:
    assert told("completed").output is None


def test_a_text_in_place_of_a_video_is_told() -> None:
    assert "I cannot do that" in told("completed", {"type": "text", "text": "I cannot do that"}).reason


@pytest.mark.parametrize("word", ["failed", "cancelled", "incomplete", "budget_exceeded"])
def test_every_other_end_is_a_failure_with_its_errors(word: str) -> None:
    status = told(word, errors=[{"code": "internal", "message": "No."}])
    assert (status.state, status.transient, status.reason) == (State.FAILED, False, "internal: No.")
    assert told(word).reason == f"{word}, no explanation"


@pytest.mark.parametrize("word", ["idle", "requires_action", "requires_continuation"])
def test_a_job_that_stands_still_for_good_has_failed_unless_its_video_is_there(word: str) -> None:
    halted = told(word)
    assert (halted.state, halted.transient, halted.odd) == (State.FAILED, False, "")
    assert str(halted.reason).startswith(f"{word}: it ")
    assert told(word, {"type": "video", "mime_type": "video/mp4", "data": "AAAA"}).state is State.SUCCEEDED


def test_an_error_of_a_step_is_told() -> None:
    body = {"status": "failed", "steps": [{"type": "model_output", "error": {"code": 13, "message": "No."}}]}
    assert gemini().status(answer(body), TICKET).reason == "13: No."


def test_moderation_is_told_by_its_words() -> None:
    assert told("failed", errors=[{"code": "x", "message": "It violates the usage policies."}]).state is State.REFUSED


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"status": "completed", "steps": [7]}'])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    with pytest.raises((BadAnswer, KeyError, AttributeError)):
        gemini().status(answer(body), TICKET)


def test_errors_of_a_submit_are_typed() -> None:
    assert error(200, "", "") is None
    assert isinstance(error(400, "INVALID_ARGUMENT", "duration"), Rejected)
    assert isinstance(error(400, "INVALID_ARGUMENT", "violates the usage guidelines"), Refused)
    assert isinstance(error(404, "NOT_FOUND", "models/x is not found"), Rejected)
    assert isinstance(error(403, "PERMISSION_DENIED", "no"), SetupError)
    assert isinstance(error(500, "INTERNAL", "no"), Ambiguous)
    assert isinstance(error(503, "UNAVAILABLE", "overloaded"), Ambiguous)
    assert isinstance(error(504, "DEADLINE_EXCEEDED", "late"), Ambiguous)


def test_a_bad_key_and_a_country_without_billing_stop_everything() -> None:
    assert isinstance(error(400, "INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"}), SetupError)
    assert isinstance(error(400, "FAILED_PRECONDITION", "not available in your country"), SetupError)


def test_an_error_whose_code_is_a_word_is_read_as_well() -> None:
    told = {"error": {"code": "failed_precondition", "message": "not available in your country"}}
    assert isinstance(gemini().fault(answer(told, 400)), SetupError)
    assert "failed_precondition: not" in gemini().message(answer(told, 400))


def test_too_many_requests_wait_as_long_as_the_details_say() -> None:
    fault = error(429, "RESOURCE_EXHAUSTED", "quota", {"@type": "…RetryInfo", "retryDelay": "31.5s"})
    assert isinstance(fault, RateLimited)
    assert fault.retry_after_s == 31.5
    plain = error(429, "RESOURCE_EXHAUSTED", "quota")
    assert isinstance(plain, RateLimited)
    assert plain.retry_after_s is None
    assert "RESOURCE_EXHAUSTED: quota" in str(plain)
