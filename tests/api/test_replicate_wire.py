"""Replicate's wire protocol, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.replicate import Replicate
from adapters.api.wire import BadAnswer, Media, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Rejected, SetupError
from tests.api.works import FOOTAGE, PICTURE, answer, work

TICKET = Ticket("gm3qorzdhgbfurvjtvhg6dckhu")
HOME = "https://api.replicate.com/v1"
VERSION = "68b33d8b" * 8
CALL = {"resolution": "720p", "prompt_upsampling": False}
P_VIDEO = Replicate("prunaai/p-video", call=CALL)
INPUT = {"prompt": "A ball rolls down", "image": PICTURE.uri, "duration": 5, "seed": 7, **CALL}
BIG = Media(b"\x89PNG" + bytes(256_000), "image/png", "switch-frame.png", content="p2")


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "id": TICKET.job_id, "model": "prunaai/p-video", "version": "hidden", "created_at": "2026-11-24T09:00:00.5Z",
        "status": "processing", "input": INPUT, **changes,
    }  # fmt: skip


def test_an_official_model_is_asked_by_its_name_and_nothing_makes_the_answer_wait() -> None:
    call = P_VIDEO.submit(work())
    assert (call.method, call.url) == ("POST", f"{HOME}/models/prunaai/p-video/predictions")
    assert call.json == {"input": INPUT}
    assert call.headers == {}


@pytest.mark.parametrize("version", [VERSION, f"owner/name:{VERSION}"])
def test_a_pinned_version_is_asked_by_its_number(version: str) -> None:
    call = Replicate("owner/name", options={"version": version}).submit(work(seed=None))
    assert call.url == f"{HOME}/predictions"
    assert call.json["version"] == VERSION
    assert "seed" not in call.json["input"]


def test_inputs_are_called_what_the_yaml_says_and_those_without_a_name_are_left_out() -> None:
    names = {"image": "start_image", "duration": None, "seed": "noise", "negative": "avoid"}
    call = Replicate("a/b", options=names).submit(work(negative_prompt="blur"))
    assert call.json["input"] == {
        "prompt": "A ball rolls down", "start_image": PICTURE.uri, "noise": 7, "avoid": "blur",
    }  # fmt: skip


def test_footage_goes_into_the_input_for_videos() -> None:
    provider = Replicate("a/b", mode="multiframe")
    assert provider.submit(work(FOOTAGE)).json["input"]["video"] == FOOTAGE.uri


def test_a_model_that_takes_references_gets_its_footage_in_a_list() -> None:
    provider = Replicate("a/b", mode="multiframe", options={"video": "reference_videos", "listed": True})
    assert provider.submit(work(FOOTAGE)).json["input"]["reference_videos"] == [FOOTAGE.uri]


def test_a_job_that_hangs_is_ended_where_the_yaml_says_so() -> None:
    call = Replicate("a/b", options={"cancel_after": "30m"}).submit(work())
    assert call.headers == {"Cancel-After": "30m"}


@pytest.mark.parametrize("model", [None, "", "p-video", "a/b/c"])
def test_a_model_has_an_owner_and_a_name(model: Any) -> None:
    with pytest.raises(SetupError, match=r"model\.adapter\.model"):
        Replicate(model).check()


def test_a_large_picture_is_uploaded_first_and_a_small_one_goes_inline() -> None:
    assert P_VIDEO.upload(PICTURE) is None
    call = P_VIDEO.upload(BIG)
    assert call is not None
    assert (call.method, call.url) == ("POST", f"{HOME}/files")
    assert call.form is not None
    part = call.form["content"]
    assert (part.data, part.name, part.mime) == (BIG.data, "switch-frame.png", "image/png")
    assert P_VIDEO.uploaded(answer({"id": "f", "urls": {"get": f"{HOME}/files/f"}}, 201)) == f"{HOME}/files/f"


@pytest.mark.parametrize(("most", "uploads"), [(None, False), (0, True), (10, True), (10**6, False)])
def test_how_large_is_the_yaml_s_to_say(most: int | None, uploads: bool) -> None:
    assert (Replicate("a/b", options={"upload": most}).upload(BIG) is not None) is uploads


def test_the_ticket_is_the_prediction_s_id() -> None:
    assert P_VIDEO.ticket(answer(entry(status="starting"), 201)) == TICKET
    assert P_VIDEO.poll(TICKET).url == f"{HOME}/predictions/{TICKET.job_id}"
    with pytest.raises(KeyError):
        P_VIDEO.ticket(answer({}, 201))


@pytest.mark.parametrize("word", ["starting", "processing"])
def test_a_prediction_runs_until_it_says_otherwise(word: str) -> None:
    assert P_VIDEO.status(answer(entry(status=word)), TICKET).state is State.PENDING


@pytest.mark.parametrize(
    "output",
    [
        "https://replicate.delivery/v.mp4",
        ["https://replicate.delivery/v.mp4"],
        {"video": "https://replicate.delivery/v.mp4"},
    ],
)
def test_the_output_may_be_an_address_or_hold_one(output: Any) -> None:
    status = P_VIDEO.status(answer(entry(status="succeeded", output=output, metrics={"predict_time": 9.5})), TICKET)
    assert status.state is State.SUCCEEDED
    assert status.output is not None
    assert (status.output.url, status.output.signed) == ("https://replicate.delivery/v.mp4", False)
    assert (status.report["predict_s"], status.report["version"], status.report["seed"]) == (9.5, "hidden", 7)
    assert status.usd is None


def test_a_file_at_the_service_itself_is_got_with_the_key() -> None:
    status = P_VIDEO.status(answer(entry(status="succeeded", output=f"{HOME}/files/f/download")), TICKET)
    assert status.output is not None
    assert status.output.signed


@pytest.mark.parametrize(
    "changes", [{"output": None}, {"output": []}, {"output": "https://x/v.mp4", "data_removed": True}]
)
def test_an_output_that_was_deleted_is_none(changes: dict[str, Any]) -> None:
    status = P_VIDEO.status(answer(entry(status="succeeded", **changes)), TICKET)
    assert (status.state, status.output) == (State.SUCCEEDED, None)


@pytest.mark.parametrize(
    ("word", "error", "state", "transient", "usd"),
    [
        ("failed", "ValueError: no picture", State.FAILED, False, None),
        ("failed", None, State.FAILED, False, None),
        ("failed", "Prediction interrupted; please retry (code: PA)", State.FAILED, True, None),
        ("failed", "The input or output was flagged as sensitive. (E005)", State.REFUSED, False, None),
        ("canceled", None, State.FAILED, False, None),
        ("aborted", None, State.FAILED, True, 0.0),
    ],
)
def test_failures_tell_why(word: str, error: str | None, state: State, transient: bool, usd: float | None) -> None:
    status = P_VIDEO.status(answer(entry(status=word, error=error)), TICKET)
    assert (status.state, status.transient, status.usd) == (state, transient, usd)
    assert (error or "no explanation") in status.reason


def test_an_unknown_word_counts_as_running_and_is_noted() -> None:
    status = P_VIDEO.status(answer(entry(status="brewing")), TICKET)
    assert status.state is State.PENDING
    assert "brewing" in status.odd


@pytest.mark.parametrize(("body", "kind"), [(b"<html>", BadAnswer), ({}, KeyError), ([], BadAnswer)])
def test_an_answer_of_another_shape_is_not_read(body: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        P_VIDEO.status(answer(body), TICKET)


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (401, SetupError, "REPLICATE_API_TOKEN"), (402, SetupError, "paid first"), (404, Rejected, "told"),
        (422, Rejected, "told"), (429, RateLimited, "told"), (500, Ambiguous, "told"),
    ],
)  # fmt: skip
def test_errors_are_typed_by_what_may_be_done(status: int, kind: type[Exception], told: str) -> None:
    fault = P_VIDEO.fault(answer({"title": "Title", "detail": "told", "status": status}, status))
    assert type(fault) is kind
    assert told in str(fault)


def test_a_lost_prediction_is_not_looked_for_since_other_runs_have_the_same_inputs() -> None:
    assert P_VIDEO.listing("0e0e") is None
    assert P_VIDEO.found(answer({"results": [entry()]}), "0e0e") == []


def test_the_doctor_is_told_whose_account_it_is() -> None:
    assert P_VIDEO.probe().url == f"{HOME}/account"
    assert P_VIDEO.balance(answer({"type": "organization", "username": "acme"})) == "account acme (organization)"
