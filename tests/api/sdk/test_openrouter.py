"""The openrouter package completes jobs against the fake, so the fake is what the package expects."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.fakes import FakeServer
from tests.api.fakes.openrouter import OpenRouter
from tests.api.sdk.support import looked_at, picture

openrouter = pytest.importorskip("openrouter")
URL = "data:image/png;base64," + base64.b64encode(picture()).decode()
ASKED: dict[str, Any] = {
    "model": "google/veo-3.1-fast", "prompt": "a ball rolls", "duration": 4, "resolution": "720p",
    "aspect_ratio": "16:9", "seed": 7, "generate_audio": False,
    "frame_images": [{"type": "image_url", "image_url": {"url": URL}, "frame_type": "first_frame"}],
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(OpenRouter()) as server:
        yield server


def _videos(server: FakeServer, key: str | None = None) -> Any:
    client = openrouter.OpenRouter(api_key=key or server.personality.key, server_url=f"{server.base_url}/api/v1")
    return client.video_generation


def test_a_whole_job(server: FakeServer, tmp_path: Path) -> None:
    videos = _videos(server)
    told = videos.generate(**ASKED)
    first = told.status
    while told.status in ("pending", "in_progress"):
        told = videos.get_generation(job_id=told.id)
    (job,) = server.jobs.values()
    data = videos.get_video_content(job_id=told.id, index=0).read()
    assert (first, told.status, told.id) == ("pending", "completed", job.id)
    assert told.usage.cost == pytest.approx(0.32)
    assert told.unsigned_urls == [f"{server.base_url}/api/v1/videos/{job.id}/content?index=0"]
    assert data == job.output
    assert looked_at(data, tmp_path).frames == 97


def test_it_asks_for_a_clip_as_the_harness_does(server: FakeServer) -> None:
    from adapters.api.openrouter import OpenRouter as Ours
    from tests.api.works import work

    _videos(server).generate(**ASKED)
    (job,) = server.jobs.values()
    call = {name: ASKED[name] for name in ("resolution", "aspect_ratio", "generate_audio")}
    ours = Ours(ASKED["model"], f"{server.base_url}/api/v1", call).submit(work(prompt="a ball rolls", seconds=4))
    ours.json["frame_images"][0]["image_url"]["url"] = URL
    assert ours.json == job.request
    assert ours.url == server.base_url + job.path


def test_a_failed_job_says_why(server: FakeServer) -> None:
    server.outcome(1, "moderated")
    videos = _videos(server)
    told = videos.generate(**ASKED)
    while told.status in ("pending", "in_progress"):
        told = videos.get_generation(job_id=told.id)
    assert (told.status, "moderation" in told.error, told.unsigned_urls) == ("failed", True, None)


def test_an_error_after_the_job_was_made_is_paid_again(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the harness does not use the package: by default it sends the request again for an hour."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.fault("submit", "create_500", times=2)
    assert _videos(server).generate(**ASKED).status == "pending"
    assert len(server.jobs) == 3


def test_errors_are_parsed(server: FakeServer) -> None:
    errors = openrouter.errors
    with pytest.raises(errors.UnauthorizedResponseError):
        _videos(server, "wrong").generate(**ASKED)
    with pytest.raises(errors.BadRequestResponseError, match="seed"):
        _videos(server).generate(**{**ASKED, "model": "kwaivgi/kling-v3.0-pro"})
    server.fault("submit", "402")
    with pytest.raises(errors.PaymentRequiredResponseError):
        _videos(server).generate(**ASKED)
    server.fault("submit", "429")
    with pytest.raises(errors.TooManyRequestsResponseError):
        _videos(server).generate(**ASKED)
    assert not server.jobs
