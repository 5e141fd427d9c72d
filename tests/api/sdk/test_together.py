"""The together package completes jobs against the fake, so the fake is what the package expects."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.api.together import Together as Ours
from tests.api.fakes import FakeServer
from tests.api.fakes.together import Together
from tests.api.sdk.support import picture
from tests.api.works import work

together = pytest.importorskip("together")
URL = "data:image/png;base64," + base64.b64encode(picture()).decode()
ASKED: dict[str, Any] = {
    "model": "ByteDance/Seedance-2.5", "prompt": "a ball rolls", "seconds": "5", "resolution": "720p",
    "media": {"frame_images": [{"input_image": URL, "frame": "first"}]},
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Together()) as server:
        yield server


def videos(server: FakeServer, key: str | None = None, retries: int = 0) -> Any:
    key = key or server.personality.key
    return together.Together(api_key=key, base_url=server.base_url, max_retries=retries).videos


def test_a_whole_job(server: FakeServer) -> None:
    import requests

    told = videos(server).create(**ASKED)
    first = told.status
    while told.status == "in_progress":
        told = videos(server).retrieve(told.id)
    (job,) = server.jobs.values()
    assert (first, told.status, told.id) == ("in_progress", "completed", job.id)
    assert told.outputs.cost == pytest.approx(1.245)
    assert requests.get(told.outputs.video_url, timeout=5).content == job.output


def test_it_asks_for_a_clip_as_the_harness_does(server: FakeServer) -> None:
    videos(server).create(**ASKED)
    (job,) = server.jobs.values()
    ours = Ours(ASKED["model"], server.base_url, {"resolution": "720p"}).submit(work(prompt="a ball rolls", seed=None))
    ours.json["media"]["frame_images"][0]["input_image"] = URL
    assert (ours.json, ours.url) == (job.request, server.base_url + job.path)


def test_a_failed_job_says_why(server: FakeServer) -> None:
    server.outcome(1, "moderated")
    told = videos(server).create(**ASKED)
    while told.status == "in_progress":
        told = videos(server).retrieve(told.id)
    assert (told.status, "moderation" in told.error.message) == ("failed", True)


def test_an_error_after_the_job_was_made_is_paid_again(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the harness does not use the package: as it comes, it sends a paid request again."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.fault("submit", "create_500", times=2)
    assert videos(server, retries=2).create(**ASKED).status == "in_progress"
    assert len(server.jobs) == 3


def test_errors_are_parsed(server: FakeServer) -> None:
    with pytest.raises(together.AuthenticationError):
        videos(server, "wrong").create(**ASKED)
    with pytest.raises(together.BadRequestError, match="seconds"):
        videos(server).create(**{**ASKED, "seconds": "2"})
    server.fault("submit", "429")
    with pytest.raises(together.RateLimitError):
        videos(server).create(**ASKED)
    assert not server.jobs
