"""The dashscope package completes jobs against the fake, so the fake is what the package expects."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.api.fakes import FakeServer
from tests.api.fakes.dashscope import DashScope
from tests.api.sdk.support import looked_at, picture

dashscope = pytest.importorskip("dashscope")
errors = pytest.importorskip("dashscope.v2.errors")
FRAME = {"type": "first_frame", "url": "data:image/png;base64," + base64.b64encode(picture()).decode()}
ASKED: dict[str, Any] = {
    "model": "wan2.7-i2v-2026-04-25", "prompt": "a ball rolls", "resolution": "720P", "duration": 5, "seed": 7,
    "prompt_extend": False, "watermark": False,
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(DashScope()) as server:
        yield server


def _client(server: FakeServer, key: str | None = None, retries: int = 0) -> Any:
    base = f"{server.base_url}/api/v1"
    return dashscope.Client(api_key=key or server.personality.key, base_url=base, max_retries=retries)


def test_a_whole_job(server: FakeServer, tmp_path: Path) -> None:
    videos = _client(server).videos
    ended = videos.jobs.wait(videos.jobs.create(media=[FRAME], **ASKED), poll_interval=0.001)
    (job,) = server.jobs.values()
    data = requests.get(ended.video_url, timeout=10).content
    assert (ended.status, ended.task_id, data == job.output) == ("SUCCEEDED", job.id, True)
    assert looked_at(data, tmp_path).frames == 121


def test_it_asks_for_a_clip_as_the_harness_does(server: FakeServer) -> None:
    from adapters.api.dashscope import DashScope as Ours
    from tests.api.works import work

    _client(server).videos.jobs.create(media=[FRAME], **ASKED)
    (job,) = server.jobs.values()
    call = {name: ASKED[name] for name in ("resolution", "prompt_extend", "watermark")}
    ours = Ours(ASKED["model"], server.base_url, call).submit(work(prompt="a ball rolls"))
    ours.json["input"]["media"] = [FRAME]
    assert ours.json == job.request
    assert ours.url == server.base_url + job.path
    assert ours.headers.items() <= {("X-DashScope-Async", "enable")}
    assert job.headers["x-dashscope-async"] == "enable"


def test_a_file_is_put_into_the_storage_and_gone_on_from(server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"a video")
    media = [{"type": "first_clip", "url": str(tmp_path / "clip.mp4")}]
    _client(server).videos.jobs.create(media=media, **{**ASKED, "duration": 8})
    assert (len(server.jobs), list(server.engine.uploads.values())) == (1, [b"a video"])
    (asked,) = server.captured("submit")
    assert asked.headers["x-dashscope-ossresourceresolve"] == "enable"


def test_a_refused_job_says_why(server: FakeServer) -> None:
    server.outcome(1, "moderated")
    videos = _client(server).videos
    job = videos.jobs.create(media=[FRAME], **ASKED)
    with pytest.raises(Exception, match=r"DataInspectionFailed|inappropriate"):
        videos.jobs.wait(job, poll_interval=0.001)


def test_a_job_that_is_unknown_has_ended_for_the_package(server: FakeServer) -> None:
    told = _client(server).videos.jobs.fetch("0385dc79")
    assert (told.status, told.finished) == ("UNKNOWN", True)


def test_its_list_is_read(server: FakeServer) -> None:
    videos = _client(server).videos
    videos.jobs.create(media=[FRAME], **ASKED)
    listed = videos.jobs.list()
    assert (listed.total, [one.task_id for one in listed.tasks]) == (1, list(server.jobs))


def test_a_lost_answer_is_paid_three_times(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the harness does not use the package."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.fault("submit", "create_rst", times=None)
    with pytest.raises(errors.APIConnectionError):
        _client(server, retries=2).videos.jobs.create(media=[FRAME], **ASKED)
    assert len(server.jobs) == 3


def test_errors_are_parsed(server: FakeServer) -> None:
    with pytest.raises(errors.AuthenticationError):
        _client(server, "sk-wrong").videos.jobs.create(media=[FRAME], **ASKED)
    with pytest.raises(errors.BadRequestError, match="duration"):
        _client(server).videos.jobs.create(media=[FRAME], **{**ASKED, "duration": 16})
    server.fault("submit", "429_seconds")
    with pytest.raises(errors.RateLimitError):
        _client(server).videos.jobs.create(media=[FRAME], **ASKED)
    assert not server.jobs
