"""The wire protocol of Luma's Agents API, read and written: no server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.api.luma import Luma
from adapters.api.wire import BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Rejected, SetupError
from tests.api.works import PICTURE, answer, work

TICKET = Ticket("5c2b9f0e-9d3a-4c0e-8f5a-0c1d2e3f4a5b")
CALL = {"aspect_ratio": "16:9", "video": {"resolution": "720p"}}


def told(body: dict[str, Any]) -> Any:
    return Luma("ray-3.2").status(answer(body), TICKET)


def failed(code: str) -> Any:
    return told({"id": TICKET.job_id, "state": "failed", "failure_code": code, "failure_reason": "No."})


def test_a_picture_is_sent_inline_as_the_first_frame() -> None:
    call = Luma("ray-3.2", call=CALL).submit(work(seed=None))
    assert (call.method, call.url) == ("POST", "https://agents.lumalabs.ai/v1/generations")
    frame = {"data": PICTURE.base64, "media_type": "image/png"}
    assert call.json == {
        "model": "ray-3.2", "type": "video", "prompt": "A ball rolls down", "aspect_ratio": "16:9",
        "video": {"resolution": "720p", "duration": "5s", "start_frame": frame},
    }  # fmt: skip


def test_seeds_and_negative_prompts_which_it_lacks_are_not_sent() -> None:
    body = Luma("ray-3.2", call=CALL).submit(work(negative_prompt="blur")).json
    assert set(body) == {"model", "type", "prompt", "aspect_ratio", "video"}
    assert set(body["video"]) == {"resolution", "duration", "start_frame"}


def test_a_picture_that_lies_at_an_address_is_named_by_it() -> None:
    there = replace(PICTURE, reference="https://files.example/a.png")
    frame = Luma("ray-3.2").submit(work(picture=there)).json["video"]["start_frame"]
    assert frame == {"url": "https://files.example/a.png"}


def test_footage_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(SetupError, match="mode=i2v"):
        Luma("ray-3.2", mode="multiframe").check()
    Luma("ray-3.2").check()


def test_the_ticket_is_the_generation_s_id() -> None:
    body = {"id": TICKET.job_id, "state": "queued", "created_at": "2026-11-22T10:00:00Z", "model": "ray-3.2"}
    assert Luma("ray-3.2").ticket(answer(body, 201)) == TICKET
    assert Luma("ray-3.2").poll(TICKET).url == f"https://agents.lumalabs.ai/v1/generations/{TICKET.job_id}"


@pytest.mark.parametrize("body", [{}, {"detail": "no"}, [], b"", b'{"id": "5c'])
def test_an_answer_without_an_id_is_no_ticket(body: Any) -> None:
    with pytest.raises((BadAnswer, KeyError)):
        Luma("ray-3.2").ticket(answer(body, 201))


def test_an_id_that_is_null_is_no_ticket() -> None:
    assert not Luma("ray-3.2").ticket(answer({"id": None}, 201)).job_id


@pytest.mark.parametrize("word", ["queued", "processing"])
def test_a_generation_that_waits_or_runs_is_pending(word: str) -> None:
    status = told({"state": word, "output": None, "failure_code": None})
    assert (status.state, status.word, status.odd) == (State.PENDING, word, "")


def test_a_generation_that_is_done_gives_its_video() -> None:
    status = told({
        "state": "completed", "model": "ray-3.2", "created_at": "2026-11-22T10:00:00Z",
        "output": [{"type": "image", "url": "https://s3/a.png"}, {"type": "video", "url": "https://s3/a.mp4?sig=1"}],
    })  # fmt: skip
    assert status.state is State.SUCCEEDED
    assert (status.output.url, status.output.signed) == ("https://s3/a.mp4?sig=1", False)
    assert status.report == {"created_at": "2026-11-22T10:00:00Z", "model": "ray-3.2"}
    assert status.usd is None


@pytest.mark.parametrize("output", [None, []])
def test_a_generation_that_is_done_with_nothing_has_no_output(output: Any) -> None:
    status = told({"state": "completed", "output": output})
    assert (status.state, status.output) == (State.SUCCEEDED, None)


def test_moderation_is_a_refusal() -> None:
    status = failed("content_moderated")
    assert (status.state, status.transient, status.reason) == (State.REFUSED, False, "content_moderated: No.")


@pytest.mark.parametrize("code", ["generation_failed", "output_not_found", "rate_limited"])
def test_a_failure_that_luma_says_may_be_tried_again_may_pass(code: str) -> None:
    assert (failed(code).state, failed(code).transient, failed(code).usd) == (State.FAILED, True, None)


@pytest.mark.parametrize(
    "code",
    ["budget_exhausted", "image_too_large", "unsupported_format", "corrupt_input", "invalid_request", "new_one", ""],
)
def test_any_other_failure_does_not_pass(code: str) -> None:
    assert (failed(code).state, failed(code).transient) == (State.FAILED, False)


def test_an_unknown_state_is_pending_and_noted() -> None:
    status = told({"state": "brewing"})
    assert status.state is State.PENDING
    assert "brewing" in status.odd


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected), (401, SetupError), (402, SetupError), (403, SetupError), (413, Rejected), (422, Rejected),
        (429, RateLimited), (500, Ambiguous), (502, Ambiguous), (503, Ambiguous),
    ],
)  # fmt: skip
def test_a_no_to_a_request_is_typed_by_its_status(status: int, kind: type[Exception]) -> None:
    fault = Luma("ray-3.2").fault(answer({"detail": "Too many concurrent jobs"}, status))
    assert type(fault) is kind
    assert "Too many concurrent jobs" in str(fault)
