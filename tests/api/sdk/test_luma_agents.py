"""The luma-agents package completes jobs against the fake, so the fake is what the package expects."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.api.fakes import FakeServer
from tests.api.fakes.luma import Luma
from tests.api.sdk.support import looked_at, picture

luma_agents = pytest.importorskip("luma_agents")
FRAME = {"data": base64.b64encode(picture()).decode(), "media_type": "image/png"}
ASKED: dict[str, Any] = {
    "model": "ray-3.2", "type": "video", "prompt": "a ball rolls", "aspect_ratio": "16:9",
    "video": {"resolution": "720p", "duration": "5s", "start_frame": FRAME},
}  # fmt: skip


def _client(server: FakeServer, key: str | None = None, retries: int = 0) -> Any:
    return luma_agents.Luma(
        auth_token=key or server.personality.key, base_url=f"{server.base_url}/v1", max_retries=retries
    )


def _ended(client: Any, generation: Any) -> Any:
    """The package brings nothing that waits."""
    while generation.state in ("queued", "processing"):
        generation = client.generations.get(generation.id)
    return generation


def test_a_whole_job(tmp_path: Path) -> None:
    with FakeServer(Luma()) as server:
        client = _client(server)
        made = client.generations.create(**ASKED)
        ended = _ended(client, made)
        data = requests.get(ended.output[0].url, timeout=10).content
        job = server.jobs[made.id]
    assert (made.state, ended.state, ended.output[0].type) == ("queued", "completed", "video")
    assert data == job.output
    assert looked_at(data, tmp_path).frames == 121


def test_a_refused_job_says_why() -> None:
    with FakeServer(Luma()) as server:
        server.outcome(1, "moderated")
        client = _client(server)
        ended = _ended(client, client.generations.create(**ASKED))
    assert (ended.state, ended.failure_code, ended.output) == ("failed", "content_moderated", None)
    assert ended.failure_reason


def test_a_url_lives_an_hour_and_asking_again_renews_it() -> None:
    with FakeServer(Luma(), pending=0) as server:
        client = _client(server)
        ended = client.generations.get(client.generations.create(**ASKED).id)
        server.advance(3601)
        again = client.generations.get(ended.id)
        urls = [told.output[0].url for told in (ended, again)]
        assert [requests.get(url, timeout=10).status_code for url in urls] == [403, 200]


def test_an_uploaded_file_is_a_start_frame() -> None:
    with FakeServer(Luma()) as server:
        client = _client(server)
        made = client.files.create(mime_type="image/png", size_bytes=len(picture()))
        requests.put(made.upload.url, picture(), headers=made.upload.headers, timeout=10)
        assert client.files.complete(made.id).state == "ready"
        client.generations.create(**{**ASKED, "video": {"duration": "5s", "start_frame": {"file_id": made.id}}})
        assert len(server.jobs) == 1


def test_a_lost_answer_is_paid_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the harness does not use the package."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    with FakeServer(Luma()) as server:
        server.fault("submit", "create_rst", times=None)
        with pytest.raises(luma_agents.APIConnectionError):
            _client(server, retries=2).generations.create(**ASKED)
        assert len(server.jobs) == 3


def test_errors_are_parsed() -> None:
    with FakeServer(Luma()) as server:
        with pytest.raises(luma_agents.AuthenticationError):
            _client(server, "wrong").generations.create(**ASKED)
        with pytest.raises(luma_agents.UnprocessableEntityError, match="exactly one of"):
            _client(server).generations.create(**{**ASKED, "video": {"start_frame": {"data": "AAAA"}}})
        server.fault("submit", "429_seconds")
        with pytest.raises(luma_agents.RateLimitError):
            _client(server).generations.create(**ASKED)
        assert not server.jobs
