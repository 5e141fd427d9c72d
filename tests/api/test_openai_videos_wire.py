"""The shape of OpenAI's videos as servers of one's own and gateways speak it, read and written: no server."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.api.openai_videos import OpenAIVideos
from adapters.api.service import Service
from adapters.api.wire import BadAnswer, Call, Part, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from runners.cli.making import instantiate_adapter
from tests.api.works import FOOTAGE, PICTURE, answer, work
from tests.test_conf import composed

TICKET = Ticket("video_1")
HOME = "http://localhost:8091/v1"
WAN = "Wan-AI/Wan2.2-I2V-A14B-Diffusers"
SERVER = OpenAIVideos(WAN, HOME, call={"fps": 16, "num_frames": 81, "extra_params": {"a": True}, "user": None})


def record(word: str = "queued", **fields: Any) -> dict[str, Any]:
    return {"id": "video_1", "object": "video", "status": word, "model": WAN, "progress": 0, **fields}


def form(call: Call) -> Mapping[str, Part]:
    assert call.form is not None
    return call.form


def test_a_picture_is_a_file_in_a_form_and_the_rest_are_its_texts() -> None:
    call = SERVER.submit(work(negative_prompt="blur"))
    assert (call.method, call.url, call.json, call.signed) == ("POST", f"{HOME}/videos", None, True)
    assert call.headers == {"X-Client-Request-Id": "0e0e"}
    assert form(call) == {
        "model": Part(WAN), "prompt": Part("A ball rolls down"), "seconds": Part("5"), "size": Part("1280x720"),
        "seed": Part("7"), "negative_prompt": Part("blur"), "fps": Part("16"), "num_frames": Part("81"),
        "extra_params": Part('{"a": true}'), "input_reference": Part(PICTURE.data, "switch-frame.png", "image/png"),
    }  # fmt: skip


TEMPLATES = {"use_resolution_template": False, "use_duration_template": False}


def test_cosmos_templates_are_switched_off_as_each_server_spells_it() -> None:
    omni = {"flow_shift": 10.0, "extra_params": {**TEMPLATES, "guardrails": False}}
    fields = form(OpenAIVideos("nvidia/Cosmos3-Super", HOME, call=omni).submit(work()))
    assert (fields["flow_shift"], fields["extra_params"]) == (
        Part("10.0"),
        Part('{"use_resolution_template": false, "use_duration_template": false, "guardrails": false}'),
    )
    sglang = {**TEMPLATES, "use_guardrails": False}
    fields = form(OpenAIVideos("nvidia/Cosmos3-Super", HOME, call=sglang).submit(work()))
    assert {fields[name] for name in sglang} == {Part("false")}
    sent = OpenAIVideos("nvidia/Cosmos3-Super", HOME, call=omni, options={"json": True}).submit(work()).json
    assert sent["extra_params"] == omni["extra_params"]


def test_extra_fields_are_typed_on_the_command_line_and_are_part_of_what_is_compared() -> None:
    typed = "+model.adapter.call={fps: 24, extra_params: {use_resolution_template: false, guardrails: false}}"
    node = composed(
        "generate", "model=openai_videos", "model.adapter.model=m", "model.adapter.base_url=[http://a:1]", typed
    )
    made = instantiate_adapter(node.model.adapter)
    assert isinstance(made, Service)
    fields = form(made.provider.submit(work()))
    assert fields["extra_params"] == Part('{"use_resolution_template": false, "guardrails": false}')
    told = made.identity({"model": "m", "call": made.provider.call, "base_url": ["http://a:1"]})
    assert told["call"]["extra_params"] == {"use_resolution_template": False, "guardrails": False}
    assert "base_url" not in told


def test_what_a_server_does_not_take_is_left_out() -> None:
    fields = form(OpenAIVideos(WAN, HOME, options={"size": False}).submit(work(seed=None)))
    assert sorted(fields) == ["input_reference", "model", "prompt", "seconds"]


@pytest.mark.parametrize(
    ("options", "field"), [({}, "video_reference"), ({"media": "input_reference"}, "input_reference")]
)
def test_footage_is_a_file_as_well(options: dict[str, Any], field: str) -> None:
    fields = form(OpenAIVideos(WAN, HOME, options=options, mode="multiframe").submit(work(FOOTAGE)))
    assert fields[field] == Part(FOOTAGE.data, "conditioning.mp4", "video/mp4")


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [({}, "input_reference", {"image_url": PICTURE.uri}), ({"media": "image_url"}, "image_url", PICTURE.uri)],
)
def test_a_gateway_that_takes_no_forms_gets_json(options: dict[str, Any], field: str, value: Any) -> None:
    call = OpenAIVideos(WAN, HOME, options={"json": True, **options}).submit(work())
    assert call.form is None
    assert call.json == {
        "model": WAN, "prompt": "A ball rolls down", "seconds": "5", "size": "1280x720", "seed": 7, field: value,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("base_url", "whole"),
    [
        ("http://localhost:8091", "http://localhost:8091/v1/videos"),
        ("http://localhost:8091/", "http://localhost:8091/v1/videos"),
        ("http://localhost:8091/v1/", "http://localhost:8091/v1/videos"),
        ("https://gateway.example/openai/v1", "https://gateway.example/openai/v1/videos"),
    ],
)
def test_the_base_is_written_as_openai_s_clients_take_it(base_url: str, whole: str) -> None:
    assert OpenAIVideos(WAN, base_url).submit(work()).url == whole


def test_without_a_server_or_a_model_it_is_told_what_to_set() -> None:
    with pytest.raises(SetupError, match=r"base_url.*ended on 2026-09-24"):
        OpenAIVideos(WAN).check()
    with pytest.raises(SetupError, match=r"model\.adapter\.model"):
        OpenAIVideos("", HOME).check()
    SERVER.check()


def test_the_ticket_is_the_video_s_id() -> None:
    assert SERVER.ticket(answer(record())) == TICKET
    assert SERVER.poll(Ticket("a/b")).url == f"{HOME}/videos/a%2Fb"
    with pytest.raises(KeyError):
        SERVER.ticket(answer({}))


@pytest.mark.parametrize("word", ["queued", "in_progress"])
def test_a_video_is_made_until_its_record_says_otherwise(word: str) -> None:
    status = SERVER.status(answer(record(word, progress=40)), TICKET)
    assert (status.state, status.progress, status.output) == (State.PENDING, 0.4, None)


def test_a_finished_video_is_got_at_the_server_with_the_key() -> None:
    body = record("completed", progress=100, seconds="5", size="832x480", fps=16.0, revised_prompt="", error=None)
    status = SERVER.status(answer(body), TICKET)
    assert status.state is State.SUCCEEDED
    assert status.output is not None
    assert (status.output.url, status.output.signed) == (f"{HOME}/videos/video_1/content", True)
    assert status.report == {"model": WAN, "seconds": "5", "size": "832x480", "fps": 16.0}


def test_a_video_in_a_cloud_is_got_there_without_the_key() -> None:
    status = SERVER.status(answer(record("completed", url="https://bucket.example/v.mp4")), TICKET)
    assert status.output is not None
    assert (status.output.url, status.output.signed) == ("https://bucket.example/v.mp4", False)


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        ({"code": "moderation_blocked", "message": "no"}, State.REFUSED, "no"),
        ({"code": "x", "type": "content_policy_violation", "message": "no"}, State.REFUSED, "no"),
        ({"code": 500, "message": "out of memory"}, State.FAILED, "out of memory"),
        ({"message": "CUDA"}, State.FAILED, "CUDA"),
        ("CUDA", State.FAILED, "CUDA"),
        (None, State.FAILED, "no explanation"),
    ],
)
def test_failures_tell_why(error: Any, state: State, told: str) -> None:
    status = SERVER.status(answer(record("failed", error=error)), TICKET)
    assert (status.state, status.reason, status.transient) == (state, f"failed: {told}", False)


def test_a_failed_job_that_is_told_by_an_http_error_is_read_all_the_same() -> None:
    failed = answer(record("failed", error={"code": 500, "message": "out of memory"}), 500)
    assert SERVER.speaks(failed)
    assert SERVER.status(failed, TICKET).state is State.FAILED


@pytest.mark.parametrize(
    "body", [b"<html>", {"detail": "Video not found"}, {"error": {"message": "oh"}}, [], {"status": "failed"}]
)
def test_an_http_error_of_the_server_itself_says_nothing_of_the_job(body: Any) -> None:
    assert not SERVER.speaks(answer(body, 500))
    assert SERVER.speaks(answer(body, 200))


def test_an_unknown_word_counts_as_running_and_is_noted() -> None:
    status = SERVER.status(answer(record("brewing")), TICKET)
    assert status.state is State.PENDING
    assert "brewing" in status.odd


@pytest.mark.parametrize(("body", "kind"), [(b"<html>", BadAnswer), ({}, KeyError), ([], BadAnswer)])
def test_an_answer_of_another_shape_is_not_read(body: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        SERVER.status(answer(body), TICKET)


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (400, {"error": {"message": "bad size", "code": None}}, Rejected, "bad size"),
        (422, {"detail": [{"loc": ["body", "prompt"], "msg": "Field required"}]}, Rejected, "Field required"),
        (400, {"error": {"message": "no", "code": "moderation_blocked"}}, Refused, "no"),
        (400, b"bad", Ambiguous, "bad"),
        (401, {"error": {"message": "no key"}}, SetupError, "model.adapter.key_env"),
        (403, {"error": {"message": "no"}}, SetupError, "allow"),
        (429, {"error": {"message": "slow"}}, RateLimited, "slow"),
        (500, {"detail": "oh"}, Ambiguous, "oh"),
    ],
)
def test_errors_are_typed_by_what_may_be_done(status: int, body: Any, kind: type[Exception], told: str) -> None:
    fault = SERVER.fault(answer(body, status))
    assert type(fault) is kind
    assert told in str(fault)


def test_a_lost_request_is_not_looked_for_by_what_the_views_of_a_scene_share() -> None:
    assert SERVER.listing("0e0e") is None
    assert SERVER.found(answer({"data": [record(prompt="A ball rolls down", seconds="5")]}), "0e0e") == []


def test_a_lost_request_is_found_where_the_server_keeps_a_name() -> None:
    named = OpenAIVideos(WAN, HOME, options={"uuid": "user"})
    assert form(named.submit(work()))["user"] == Part("0e0e")
    call = named.listing("0e0e")
    assert call is not None
    assert call.url == f"{HOME}/videos?limit=100&order=desc"
    listed = answer({"object": "list", "data": [record(user="0e0e"), record(id="video_2", user="0e0f"), record()]})
    assert named.found(listed, "0e0e") == [TICKET]


def test_the_doctor_is_told_whether_the_model_is_served() -> None:
    assert SERVER.probe().url == f"{HOME}/models"
    assert SERVER.balance(answer({"data": [{"id": WAN}]})) == f"serves {WAN}"
    with pytest.raises(SetupError, match="there is: other"):
        SERVER.balance(answer({"data": [{"id": "other"}]}))


def test_a_record_names_its_job_also_where_a_gateway_spells_the_id_anew() -> None:
    def packed(model: str) -> str:
        told = f"litellm:custom_llm_provider:runwayml;model_id:{model};video_id:task-1"
        return f"video_{base64.b64encode(told.encode()).decode()}"

    given = Ticket(packed("gen4.5"))
    assert SERVER.names(answer(record(id=packed(""))), given) == given.job_id
    assert SERVER.names(answer(record(id="upstream-7", task_id=TICKET.job_id)), TICKET) == TICKET.job_id
    assert SERVER.names(answer(record(id="video_2")), TICKET) == "video_2"
    assert SERVER.names(answer({"status": "queued"}), TICKET) is None
