"""DashScope's wire protocol, read and written: no server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.api.dashscope import DashScope
from adapters.api.wire import Answer, BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from tests.api.works import FOOTAGE, PICTURE, answer, work

TICKET = Ticket("0385dc79-5ff8")
HOME = "https://dashscope-intl.aliyuncs.com/api/v1"
CALL = {"resolution": "720P", "prompt_extend": False, "watermark": False}
WAN = DashScope("wan2.7-i2v-2026-04-25", call=CALL)
CLIP = DashScope("wan2.7-i2v-2026-04-25", call=CALL, mode="multiframe")
POLICY = {
    "policy": "cG9s", "signature": "c2ln", "upload_dir": "dashscope-instant/a", "upload_host": "https://oss.example",
    "oss_access_key_id": "LTAI", "x_oss_object_acl": "private", "x_oss_forbid_overwrite": "true",
}  # fmt: skip


def told(word: str, usage: Any = None, **fields: Any) -> Answer:
    body = {"request_id": "r", "output": {"task_id": TICKET.job_id, "task_status": word, **fields}}
    return answer(body if usage is None else {**body, "usage": usage})


def no(status: int, code: str) -> Answer:
    return answer({"code": code, "message": "told", "request_id": "7438d53d"}, status)


def test_a_picture_is_sent_as_the_first_frame_and_the_prompt_is_not_rewritten() -> None:
    call = WAN.submit(work(negative_prompt="blur"))
    assert (call.method, call.url) == ("POST", f"{HOME}/services/aigc/video-generation/video-synthesis")
    assert call.headers == {"X-DashScope-Async": "enable"}
    assert call.json == {
        "model": "wan2.7-i2v-2026-04-25",
        "input": {
            "media": [{"type": "first_frame", "url": PICTURE.uri}], "prompt": "A ball rolls down",
            "negative_prompt": "blur",
        },
        "parameters": {"duration": 5, "seed": 7, **CALL},
    }  # fmt: skip
    assert WAN.upload(PICTURE) is None


def test_a_video_is_put_into_the_vendor_s_storage_and_gone_on_from() -> None:
    asked = CLIP.upload(FOOTAGE)
    assert asked is not None
    assert (asked.method, asked.url) == ("GET", f"{HOME}/uploads?action=getPolicy&model=wan2.7-i2v-2026-04-25")
    first, second = (CLIP.put(answer({"data": POLICY}), FOOTAGE) for _ in range(2))
    assert first[1] != second[1]  # nothing is overwritten, and leave is given anew for another try
    call, reference = first
    assert (call.method, call.url, call.signed) == ("POST", "https://oss.example", False)
    assert call.form is not None
    assert list(call.form)[-1] == "file"
    assert call.form["file"].data == FOOTAGE.data
    assert {name: part.data for name, part in call.form.items() if name != "file"} == {
        "OSSAccessKeyId": "LTAI", "Signature": "c2ln", "policy": "cG9s", "key": reference.removeprefix("oss://"),
        "x-oss-object-acl": "private", "x-oss-forbid-overwrite": "true", "success_action_status": "200",
    }  # fmt: skip
    assert reference.startswith("oss://dashscope-instant/a/")
    sent = CLIP.submit(work(replace(FOOTAGE, reference=reference), seconds=8))
    assert sent.json["input"]["media"] == [{"type": "first_clip", "url": reference}]
    assert sent.headers == {"X-DashScope-Async": "enable", "X-DashScope-OssResourceResolve": "enable"}


def test_an_answer_that_names_no_place_is_unreadable() -> None:
    with pytest.raises((BadAnswer, KeyError)):
        CLIP.put(answer({"data": {}}), FOOTAGE)


@pytest.mark.parametrize(
    "base", ["https://w1.ap-southeast-1.maas.aliyuncs.com", "https://h/api/v1", "https://h/api/v1/"]
)
def test_the_base_may_be_written_with_and_without_its_path(base: str) -> None:
    host = base.removesuffix("/").removesuffix("/api/v1")
    assert DashScope("m", base).poll(TICKET).url == f"{host}/api/v1/tasks/0385dc79-5ff8"


def test_the_ticket_is_the_task_s_id() -> None:
    assert WAN.ticket(told("PENDING")) == TICKET
    assert WAN.names(told("PENDING"), TICKET) == TICKET.job_id


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidParameter", Rejected), (400, "Arrearage", SetupError), (401, "InvalidApiKey", SetupError),
        (403, "AccessDenied.Unpurchased", SetupError), (403, "Model.AccessDenied", SetupError),
        (429, "Throttling.RateQuota", RateLimited), (400, "DataInspectionFailed", Refused),
        (404, "ModelNotFound", Rejected), (500, "InternalError", Ambiguous), (503, "Arrearage", Ambiguous),
    ],
)  # fmt: skip
def test_errors_are_typed_by_status_and_code(status: int, code: str, kind: type[Exception]) -> None:
    fault = WAN.fault(no(status, code))
    assert type(fault) is kind
    assert code in str(fault)


@pytest.mark.parametrize("body", [{"code": 400, "message": "x"}, {"code": "X"}, {"error": {"code": "X"}}, b"<html>"])
def test_an_error_that_is_not_the_service_s_own_says_nothing(body: Any) -> None:
    assert type(WAN.fault(answer(body, 400))) is Ambiguous


@pytest.mark.parametrize("word", ["PENDING", "RUNNING", "SUSPENDED", "BREWING"])
def test_a_task_under_way_is_pending(word: str) -> None:
    status = WAN.status(told(word), TICKET)
    assert status.state is State.PENDING
    assert bool(status.odd) == (word == "BREWING")


def test_a_task_that_is_unknown_by_now_is_no_failure() -> None:
    with pytest.raises(Ambiguous, match="24 hours"):
        WAN.status(told("UNKNOWN"), TICKET)


def test_a_finished_task_names_its_video_and_what_counts() -> None:
    usage = {"duration": 8, "input_video_duration": 3, "output_video_duration": 8, "SR": 720}
    status = WAN.status(told("SUCCEEDED", usage, video_url="https://oss/v.mp4", actual_prompt="another"), TICKET)
    assert status.state is State.SUCCEEDED
    assert status.output is not None
    assert (status.output.url, status.usd) == ("https://oss/v.mp4", None)
    assert (status.report["usage"], status.report["actual_prompt"]) == (usage, "another")


@pytest.mark.parametrize(
    ("word", "code", "state", "transient"),
    [
        ("FAILED", "DataInspectionFailed", State.REFUSED, False),
        ("FAILED", "InternalError.Timeout", State.FAILED, True),
        ("FAILED", "InvalidParameter.DataInspection", State.FAILED, False), ("CANCELED", "", State.FAILED, False),
    ],
)  # fmt: skip
def test_failures_are_typed_by_their_code(word: str, code: str, state: State, transient: bool) -> None:
    status = WAN.status(told(word, code=code, message="why"), TICKET)
    assert (status.state, status.transient) == (state, transient)
    assert status.reason == f"{code or word}: why"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"output": []}'])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    for read in (WAN.ticket, lambda a: WAN.status(a, TICKET)):
        with pytest.raises((BadAnswer, KeyError, TypeError)):
            read(answer(body))
