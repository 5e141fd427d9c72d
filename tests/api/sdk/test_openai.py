"""The openai package completes jobs against the fake, so the fake is what the package expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.fakes import FakeServer
from tests.api.fakes.openai import OpenAI
from tests.api.sdk.support import looked_at, picture

openai = pytest.importorskip("openai")
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API")
ASKED = {"prompt": "a ball rolls", "model": "sora-2", "seconds": "4", "size": "1280x720"}


def _client(server: FakeServer, key: str | None = None) -> Any:
    return openai.OpenAI(api_key=key or server.personality.key, base_url=f"{server.base_url}/v1", max_retries=0)


def test_a_whole_job(tmp_path: Path) -> None:
    with FakeServer(OpenAI(poll_after_ms=1)) as server:
        client = _client(server)
        made = client.videos.create(**ASKED, input_reference=("frame.png", picture(1280, 720), "image/png"))
        ended = client.videos.poll(made.id)  # waits as long as the header openai-poll-after-ms says
        data = client.videos.download_content(ended.id).read()
        job = server.jobs[made.id]
    assert (made.status, ended.status, ended.progress, ended.seconds) == ("queued", "completed", 100, "4")
    assert data == job.output
    assert looked_at(data, tmp_path).frames == 97
    assert job.request == ASKED
    assert job.files["input_reference"].data == picture(1280, 720)


def test_a_refused_job_says_why() -> None:
    with FakeServer(OpenAI()) as server:
        server.outcome(1, "moderated")
        ended = _client(server).videos.create_and_poll(**ASKED, poll_interval_ms=1)
    assert (ended.status, ended.error.code) == ("failed", "moderation_blocked")


def test_an_extension_comes_with_what_it_extends(tmp_path: Path) -> None:
    with FakeServer(OpenAI()) as server:
        client = _client(server)
        made = client.videos.extend(prompt="on", seconds="4", video=("clip.mp4", b"bytes of a clip", "video/mp4"))
        ended = client.videos.poll(made.id, poll_interval_ms=1)
        data = client.videos.download_content(made.id).read()
    assert ended.seconds == "7"
    assert looked_at(data, tmp_path).frames == 72 + 97


def test_the_list_has_every_job() -> None:
    with FakeServer(OpenAI()) as server:
        client = _client(server)
        made = [client.videos.create(**ASKED).id for _ in range(3)]
        assert [video.id for video in client.videos.list(limit=2)] == made[::-1]


def test_errors_are_parsed() -> None:
    with FakeServer(OpenAI()) as server:
        with pytest.raises(openai.AuthenticationError) as wrong_key:
            _client(server, "sk-wrong").videos.create(**ASKED)
        with pytest.raises(openai.BadRequestError, match="Inpaint image must match"):
            _client(server).videos.create(**ASKED, input_reference=("frame.png", picture(), "image/png"))
        server.fault("submit", "429_seconds")
        with pytest.raises(openai.RateLimitError):
            _client(server).videos.create(**ASKED)
        assert not server.jobs
    assert wrong_key.value.code == "invalid_api_key"
