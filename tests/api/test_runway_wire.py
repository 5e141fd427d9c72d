"""Runway's wire protocol, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.runway import Runway
from adapters.api.wire import BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Rejected, SetupError
from tests.api.works import FOOTAGE, PICTURE, answer, work

TICKET = Ticket("17f20503-6c24-4c16-946b-35dbbce2af2f")
FRAME = [{"uri": PICTURE.uri, "position": "first"}]


def told(body: dict[str, Any]) -> Any:
    return Runway("gen4.5").status(answer(body), TICKET)


def failed(code: str, credits_: int = 0) -> Any:
    body = {
        "id": TICKET.job_id,
        "status": "FAILED",
        "failure": "No.",
        "failureCode": code,
        "cost": {"credits": credits_},
    }
    return told(body)


def test_a_picture_is_sent_as_the_first_frame_with_size_length_and_seed() -> None:
    call = Runway("gen4.5").submit(work())
    assert (call.method, call.url) == ("POST", "https://api.dev.runwayml.com/v1/image_to_video")
    assert call.json == {
        "model": "gen4.5", "duration": 5, "promptText": "A ball rolls down", "ratio": "1280:720", "seed": 7,
        "promptImage": FRAME,
    }  # fmt: skip


def test_what_a_model_does_not_take_is_left_out() -> None:
    provider = Runway("grok_imagine_1_5", call={"resolution": "720p"}, options={"ratio": False})
    body = provider.submit(work(prompt=None, seed=None)).json
    assert body == {"model": "grok_imagine_1_5", "duration": 5, "promptImage": FRAME, "resolution": "720p"}


def test_the_yaml_s_own_parameters_stand_over_those_that_are_derived() -> None:
    assert Runway("wan3", call={"ratio": "auto_720p"}).submit(work()).json["ratio"] == "auto_720p"


def test_a_negative_prompt_is_sent_where_there_is_one() -> None:
    assert Runway("veo3.1").submit(work(negative_prompt="blur")).json["negativePrompt"] == "blur"


def test_gemini_omni_goes_on_from_footage_of_its_size() -> None:
    provider = Runway("gemini_omni_flash_1.1", call={"mode": "extend"}, mode="multiframe")
    call = provider.submit(work(FOOTAGE, seed=None))
    assert call.url == "https://api.dev.runwayml.com/v1/video_to_video"
    assert call.json == {
        "model": "gemini_omni_flash_1.1", "duration": 5, "promptText": "A ball rolls down", "ratio": "1280:720",
        "videoUri": FOOTAGE.uri, "mode": "extend",
    }  # fmt: skip


def test_seedance_goes_on_from_footage_and_is_told_no_size() -> None:
    options = {"video": "promptVideo", "ratio": False}
    body = Runway("seedance2_5", call={"mode": "extend", "audio": False}, options=options).submit(work(FOOTAGE)).json
    assert body == {
        "model": "seedance2_5", "duration": 5, "promptText": "A ball rolls down", "seed": 7,
        "promptVideo": FOOTAGE.uri, "mode": "extend", "audio": False,
    }  # fmt: skip


def test_every_request_names_the_version_of_the_api() -> None:
    assert Runway("gen4.5").sign("key_1") == {"Authorization": "Bearer key_1", "X-Runway-Version": "2024-11-06"}


def test_the_ticket_is_the_task_s_id() -> None:
    made = answer({"id": TICKET.job_id, "estimatedCost": {"credits": 60}})
    assert Runway("gen4.5").ticket(made) == TICKET


@pytest.mark.parametrize("body", [{}, {"error": "no"}, [], b"<html>", b'{"id": "17f2'])
def test_an_answer_without_an_id_is_no_ticket(body: Any) -> None:
    with pytest.raises((BadAnswer, KeyError)):
        Runway("gen4.5").ticket(answer(body))


def test_an_id_that_is_null_is_no_ticket() -> None:
    assert Runway("gen4.5").ticket(answer({"id": None})).job_id == ""


@pytest.mark.parametrize("word", ["PENDING", "THROTTLED", "RUNNING"])
def test_a_task_that_waits_or_runs_is_pending(word: str) -> None:
    status = told({"id": TICKET.job_id, "status": word, "estimatedCost": {"credits": 60}})
    assert (status.state, status.word, status.odd, status.usd) == (State.PENDING, word, "", None)


def test_progress_is_told() -> None:
    assert told({"status": "RUNNING", "progress": 0.3}).progress == 0.3


def test_a_task_that_is_done_gives_its_address_its_cost_and_what_it_reports() -> None:
    status = told({
        "id": TICKET.job_id, "status": "SUCCEEDED", "createdAt": "2026-11-22T10:00:00.000Z", "cost": {"credits": 60},
        "output": ["https://cdn.example/a.mp4?_jwt=1"],
    })  # fmt: skip
    assert (status.state, status.usd) == (State.SUCCEEDED, 0.6)
    assert status.output is not None
    assert (status.output.url, status.output.signed) == ("https://cdn.example/a.mp4?_jwt=1", False)
    assert status.report == {"created_at": "2026-11-22T10:00:00.000Z", "credits": 60}


@pytest.mark.parametrize("output", [[], None])
def test_a_task_that_is_done_with_nothing_has_no_output(output: Any) -> None:
    status = told({"status": "SUCCEEDED", "cost": {"credits": 60}, "output": output})
    assert (status.state, status.output, status.usd) == (State.SUCCEEDED, None, 0.6)


@pytest.mark.parametrize(
    "code", ["SAFETY.INPUT.TEXT", "SAFETY.INPUT.IMAGE", "SAFETY.OUTPUT.VIDEO", "INPUT_PREPROCESSING.SAFETY.TEXT"]
)
def test_moderation_is_a_refusal_that_is_charged(code: str) -> None:
    status = failed(code, 60)
    assert (status.state, status.transient, status.usd) == (State.REFUSED, False, 0.6)
    assert status.reason == f"{code}: No."


@pytest.mark.parametrize(
    "code",
    ["INTERNAL", "INTERNAL.BAD_OUTPUT.CODE01", "INPUT_PREPROCESSING.INTERNAL", "THIRD_PARTY.UNAVAILABLE"],
)
def test_a_failure_that_runway_says_may_be_tried_again_may_pass(code: str) -> None:
    status = failed(code)
    assert (status.state, status.transient, status.usd) == (State.FAILED, True, 0.0)


@pytest.mark.parametrize("code", ["ASSET.INVALID", "INPUT_PREPROCESSING.MEDIA", "SOMETHING.NEW", ""])
def test_any_other_failure_does_not_pass(code: str) -> None:
    assert (failed(code).state, failed(code).transient) == (State.FAILED, False)


def test_a_failure_without_a_word_of_its_cost_counts_as_its_estimate() -> None:
    assert told({"status": "FAILED", "failure": "No.", "failureCode": None}).usd is None


def test_a_cancelled_task_has_ended() -> None:
    status = told({"status": "CANCELLED", "cost": {"credits": 0}})
    assert (status.state, status.transient, status.usd) == (State.FAILED, False, 0.0)


def test_an_unknown_status_is_pending_and_noted() -> None:
    status = told({"status": "BREWING"})
    assert status.state is State.PENDING
    assert "BREWING" in status.odd


@pytest.mark.parametrize("body", [{}, {"id": "a"}, [1]])
def test_an_answer_about_a_task_that_has_no_status_cannot_be_read(body: Any) -> None:
    with pytest.raises((KeyError, BadAnswer)):
        told(body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected), (401, SetupError), (404, Rejected), (429, RateLimited), (500, Ambiguous), (502, Ambiguous),
        (503, RateLimited), (504, Ambiguous),
    ],
)  # fmt: skip
def test_a_no_to_a_request_is_typed_by_its_status(status: int, kind: type[Exception]) -> None:
    fault = Runway("gen4.5").fault(answer({"error": "Validation of body failed"}, status))
    assert type(fault) is kind
    assert "Validation of body failed" in str(fault)


def test_the_balance_tells_credits_and_the_limits_of_the_model() -> None:
    body = {
        "creditBalance": 1234,
        "tier": {"maxMonthlyCreditSpend": 10000, "models": {
            "gen4.5": {"maxConcurrentGenerations": 2, "maxDailyGenerations": 200},
        }},
        "usage": {"models": {"gen4.5": {"dailyGenerations": 17}}},
    }  # fmt: skip
    assert Runway("gen4.5").balance(answer(body)) == "1234 credits ($12.34), 2 at once, 200 a day (17 used)"
    assert Runway("wan3").balance(answer(body)) == "1234 credits ($12.34)"


def test_limits_that_are_null_are_none() -> None:
    models = {"gen4.5": {"maxConcurrentGenerations": None, "maxDailyGenerations": None}}
    body = {"creditBalance": 5, "tier": {"models": models}, "usage": {"models": {}}}
    assert Runway("gen4.5").balance(answer(body)) == "5 credits ($0.05)"


def test_an_option_that_runway_lacks_is_told() -> None:
    with pytest.raises(SetupError, match="knows no 'rato'"):
        Runway("gen4.5", options={"rato": False})
