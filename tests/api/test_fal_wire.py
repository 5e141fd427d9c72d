"""The wire protocol of fal's queue, read and written: no server."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.api.fal import Fal
from adapters.api.wire import BadAnswer, State, Ticket
from adapters.errors import Ambiguous, RateLimited, Refused, Rejected, SetupError
from tests.api.works import FOOTAGE, PICTURE, answer, work

MODEL = "fal-ai/pika/v2.2/image-to-video"
ID = "764cabcf-b745-4b3e-ae38-1200304cf45b"
HOME = f"https://queue.fal.run/fal-ai/pika/requests/{ID}"
URLS = {"status": f"{HOME}/status", "response": HOME, "cancel": f"{HOME}/cancel"}
QUEUED = {
    "status": "IN_QUEUE", "request_id": ID, "queue_position": 0,
    "response_url": URLS["response"], "status_url": URLS["status"], "cancel_url": URLS["cancel"],
}  # fmt: skip
TICKET = Ticket(ID, URLS)


def fal(**options: Any) -> Fal:
    return Fal(MODEL, options=options)


def test_a_picture_is_sent_to_the_model_s_own_path() -> None:
    call = Fal(MODEL, call={"resolution": "720p"}).submit(work(negative_prompt="blur"))
    assert (call.method, call.url) == ("POST", f"https://queue.fal.run/{MODEL}")
    assert call.json == {
        "image_url": PICTURE.uri, "prompt": "A ball rolls down", "negative_prompt": "blur", "seed": 7, "duration": 5,
        "resolution": "720p",
    }  # fmt: skip


def test_fields_have_the_names_that_the_yaml_gives_them() -> None:
    names = {"image": "start_image_url", "seed": "random_seed", "negative": "avoid"}
    body = fal(**names).submit(work(negative_prompt="blur")).json
    assert set(body) == {"start_image_url", "prompt", "avoid", "random_seed", "duration"}
    assert fal(video="clip_url").submit(work(FOOTAGE)).json["clip_url"] == FOOTAGE.uri
    assert fal(video="clip_urls", listed=True).submit(work(FOOTAGE)).json["clip_urls"] == [FOOTAGE.uri]


@pytest.mark.parametrize(("spelled", "sent"), [(5, 10), ("5", "10"), ("5s", "10s")])
def test_the_length_is_spelled_as_the_model_wants_it(spelled: Any, sent: Any) -> None:
    assert fal(duration=spelled).submit(work(seconds=10)).json["duration"] == sent


def test_a_model_that_takes_no_length_is_sent_none() -> None:
    assert "duration" not in fal(duration=None).submit(work()).json


def test_a_length_spelled_in_another_way_is_told_before_anything_is_sent() -> None:
    with pytest.raises(SetupError, match="five seconds are 5, '5' or '5s'"):
        fal(duration="five").check()


@pytest.mark.parametrize("model", [None, "pika"])
def test_a_model_that_is_no_path_is_told_before_anything_is_sent(model: Any) -> None:
    with pytest.raises(SetupError, match="owner/alias"):
        Fal(model).check()


def test_headers_of_the_yaml_go_along_and_the_queue_s_own_tries_are_left_on() -> None:
    assert fal().submit(work()).headers == {}
    assert fal(headers={"X-Fal-Request-Timeout": 3600}).submit(work()).headers == {"X-Fal-Request-Timeout": "3600"}


def test_the_key_is_called_a_key() -> None:
    assert fal().sign("a:b") == {"Authorization": "Key a:b"}


def test_the_ticket_keeps_the_addresses_that_fal_gives() -> None:
    elsewhere = {**QUEUED, "status_url": "https://queue.fal.run/another/place/status"}
    ticket = fal().ticket(answer(elsewhere))
    assert ticket == Ticket(ID, {**URLS, "status": "https://queue.fal.run/another/place/status"})
    assert fal().poll(ticket).url == "https://queue.fal.run/another/place/status"


def test_addresses_that_are_missing_are_built_as_fal_s_own_client_builds_them() -> None:
    assert fal().ticket(answer({"request_id": ID})) == TICKET


@pytest.mark.parametrize(
    ("model", "place"),
    [
        ("minimax/h3-max/image-to-video", "minimax/h3-max"),
        ("fal-ai/kling-video/v2.5-turbo/pro/image-to-video", "fal-ai/kling-video"),
        ("workflows/me/mine/deeper", "workflows/me/mine"),
    ],
)
def test_a_job_of_which_only_the_id_is_known_is_asked_about_at_owner_and_alias(model: str, place: str) -> None:
    assert Fal(model).adopt(ID).urls["status"] == f"https://queue.fal.run/{place}/requests/{ID}/status"


@pytest.mark.parametrize(
    "foreign",
    ["https://evil.example/status", "http://queue.fal.run/status", "https://queue.fal.run:444/s", "https://h:x/", "x"],
)
def test_an_address_on_another_host_is_never_asked_and_noted(foreign: str) -> None:
    ticket = fal().ticket(answer({**QUEUED, "status_url": foreign}))
    assert ticket.job_id == ID
    assert fal().poll(ticket).url == URLS["status"]
    status = fal().status(answer({"status": "COMPLETED"}), ticket)
    assert status.ask is not None
    assert status.ask.url == URLS["response"]
    assert "not used" in status.odd


def test_a_proxy_s_addresses_are_its_own() -> None:
    proxied = Fal(MODEL, "http://127.0.0.1:8000/")
    assert proxied.poll(proxied.ticket(answer(QUEUED))).url.startswith("http://127.0.0.1:8000/fal-ai/pika/requests/")


@pytest.mark.parametrize("body", [{}, {"request_id": None}, {"request_id": ""}, [], b"", b'{"request_id'])
def test_an_answer_without_an_id_is_no_ticket(body: Any) -> None:
    with pytest.raises((BadAnswer, KeyError)):
        fal().ticket(answer(body))


@pytest.mark.parametrize("word", ["IN_QUEUE", "IN_PROGRESS"])
def test_a_request_that_waits_or_runs_is_pending(word: str) -> None:
    status = fal().status(answer({"status": word}, 202), TICKET)
    assert (status.state, status.word, status.ask, status.odd) == (State.PENDING, word, None, "")


def test_an_unknown_status_is_pending_and_noted() -> None:
    status = fal().status(answer({"status": "BREWING"}), TICKET)
    assert (status.state, status.ask) == (State.PENDING, None)
    assert "BREWING" in status.odd


def test_completed_means_that_the_result_is_asked_for() -> None:
    status = fal().status(answer({"status": "COMPLETED", "metrics": {"inference_time": 41.2}}), TICKET)
    assert status.ask is not None
    assert (status.ask.method, status.ask.url, status.ask.signed) == ("GET", HOME, True)


def test_completed_with_an_error_of_unknown_kind_leaves_the_verdict_to_the_result() -> None:
    assert fal().status(answer({"status": "COMPLETED", "error": "it broke"}), TICKET).ask is not None


@pytest.mark.parametrize("kind", ["request_timeout", "startup_timeout", "runner_disconnected", "internal_error"])
def test_completed_with_a_server_s_error_is_a_failure_that_may_pass_and_costs_nothing(kind: str) -> None:
    body = {"status": "COMPLETED", "error": "Request timed out", "error_type": kind}
    status = fal().status(answer(body), TICKET)
    assert (status.state, status.transient, status.usd) == (State.FAILED, True, 0.0)
    assert status.reason == f"{kind}: Request timed out"


def test_completed_with_another_error_is_a_failure_that_does_not_pass() -> None:
    body = {"status": "COMPLETED", "error": "cancelled", "error_type": "client_cancelled"}
    status = fal().status(answer(body), TICKET)
    assert (status.state, status.transient, status.usd) == (State.FAILED, False, None)


def test_completed_and_declined_is_a_refusal() -> None:
    body = {"status": "COMPLETED", "error": "flagged", "error_type": "content_policy_violation"}
    assert fal().status(answer(body), TICKET).state is State.REFUSED


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected), (401, SetupError), (403, SetupError), (404, Rejected), (422, Rejected), (429, RateLimited),
        (500, Ambiguous), (502, Ambiguous), (503, Ambiguous), (504, Ambiguous),
    ],
)  # fmt: skip
def test_a_no_to_a_request_is_typed_by_its_status(status: int, kind: type[Exception]) -> None:
    assert type(fal().fault(answer({"detail": "no"}, status))) is kind


def test_a_request_that_is_declined_at_once_is_a_refusal() -> None:
    assert (
        type(fal().fault(answer({"detail": [{"type": "content_policy_violation", "msg": "flagged"}]}, 422))) is Refused
    )
