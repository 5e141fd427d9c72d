"""How each fake vendor tells each end of a job: the words that adapters must tell apart."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.api.fakes import FakeServer, Personality
from tests.api.fakes.fal import Fal
from tests.api.fakes.luma import Luma
from tests.api.fakes.openai import OpenAI
from tests.api.fakes.replicate import Replicate
from tests.api.fakes.runway import Runway

URL = "data:image/png;base64,AAAA"
RUNWAY = {"model": "gen4.5", "promptImage": URL, "promptText": "x", "ratio": "1280:720", "duration": 5}
SUBMITS: dict[type[Personality], tuple[str, dict[str, Any], str]] = {
    Runway: ("/v1/image_to_video", RUNWAY, "/v1/tasks/{}"),
    Fal: ("/fal-ai/pika/v2.2/image-to-video", {"prompt": "x", "image_url": URL}, "/fal-ai/pika/requests/{}/status"),
    Luma: ("/v1/generations", {"model": "ray-3.2", "type": "video", "prompt": "x"}, "/v1/generations/{}"),
    Replicate: ("/v1/models/a/b/predictions", {"input": {"prompt": "x"}}, "/v1/predictions/{}"),
    OpenAI: ("/v1/videos", {"prompt": "x"}, "/v1/videos/{}"),
}
ENDS: list[tuple[type[Personality], str, dict[str, Any]]] = [
    (Runway, "succeeded", {"status": "SUCCEEDED", "cost": {"credits": 60}}),
    (Runway, "moderated", {"failureCode": "SAFETY.INPUT.IMAGE", "cost": {"credits": 60}}),
    (Runway, "failed_transient", {"failureCode": "INTERNAL.BAD_OUTPUT.CODE01", "cost": {"credits": 0}}),
    (Runway, "failed", {"status": "FAILED", "failureCode": "ASSET.INVALID"}),
    (Runway, "cancelled", {"status": "CANCELLED", "cost": {"credits": 0}}),
    (Runway, "empty", {"status": "SUCCEEDED", "output": []}),
    (Runway, "stuck", {"status": "RUNNING"}),
    (Fal, "succeeded", {"status": "COMPLETED"}),
    (Fal, "moderated", {"status": "COMPLETED"}),
    (Fal, "failed_transient", {"status": "COMPLETED", "error_type": "runner_disconnected"}),
    (Fal, "cancelled", {"status": "COMPLETED", "error_type": "client_cancelled"}),
    (Fal, "stuck", {"status": "IN_PROGRESS"}),
    (Luma, "moderated", {"state": "failed", "failure_code": "content_moderated"}),
    (Luma, "failed_transient", {"state": "failed", "failure_code": "generation_failed"}),
    (Luma, "cancelled", {"state": "failed", "failure_code": "budget_exhausted"}),
    (Luma, "empty", {"state": "completed", "output": []}),
    (Replicate, "failed", {"status": "failed", "error": "ValueError: cannot read the image", "output": None}),
    (Replicate, "cancelled", {"status": "canceled", "error": None}),
    (Replicate, "empty", {"status": "succeeded", "output": None, "data_removed": False}),
    (Replicate, "expired", {"status": "succeeded", "output": None, "data_removed": True}),
    (OpenAI, "failed_transient", {"status": "failed"}),
    (OpenAI, "empty", {"status": "completed", "error": None}),
    (OpenAI, "stuck", {"status": "in_progress", "completed_at": None}),
]


@pytest.mark.parametrize(("vendor", "outcome", "told"), ENDS)
def test_an_outcome_is_told_in_the_vendors_words(vendor: type[Personality], outcome: str, told: dict[str, Any]) -> None:
    with FakeServer(vendor(), pending=3) as server:
        server.outcome(1, outcome)
        answer = _polled(server, 4)
    assert told.items() <= answer.items()


@pytest.mark.parametrize("vendor", [Runway, Luma])
def test_the_url_of_an_expired_clip_is_dead_from_the_start(vendor: type[Personality]) -> None:
    with FakeServer(vendor(), pending=0) as server:
        server.outcome(1, "expired")
        (output,) = _polled(server, 1)["output"]
        url = output if isinstance(output, str) else output["url"]
        assert requests.get(url, timeout=60).status_code == 403


@pytest.mark.parametrize(("ask_after_s", "status"), [(599, "starting"), (601, "canceled")])
def test_replicate_cancels_what_takes_longer_than_was_said(ask_after_s: float, status: str) -> None:
    with FakeServer(Replicate(), model_s=3600) as server:
        job = _submit(server, {"Cancel-After": "10m"})
        server.advance(ask_after_s)
        assert _get(server, f"/v1/predictions/{job}")["status"] == status


def test_runway_wants_its_version() -> None:
    with FakeServer(Runway()) as server:
        answer = requests.post(server.base_url + "/v1/image_to_video", json=RUNWAY, headers=_key(server), timeout=60)
        assert answer.status_code == 400
        assert not server.jobs


def _key(server: FakeServer) -> dict[str, str]:
    return {"Authorization": server.personality.auth_prefix + server.personality.key}


def _headers(server: FakeServer) -> dict[str, str]:
    return {**_key(server), "X-Runway-Version": "2024-11-06"}


def _submit(server: FakeServer, headers: dict[str, str]) -> str:
    path, body, _ = SUBMITS[type(server.personality)]
    requests.post(server.base_url + path, json=body, headers={**_headers(server), **headers}, timeout=60)
    return next(iter(server.jobs))


def _get(server: FakeServer, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(server.base_url + path, headers=_headers(server), timeout=60).json()
    return answer


def _polled(server: FakeServer, times: int) -> dict[str, Any]:
    path = SUBMITS[type(server.personality)][2].format(_submit(server, {}))
    return [_get(server, path) for _ in range(times)][-1]
