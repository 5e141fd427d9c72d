"""The wavespeed package completes jobs against the fake, so the fake is what the package expects."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.api.wavespeed import WaveSpeed as Ours
from tests.api.fakes import FakeServer
from tests.api.fakes.wavespeed import WaveSpeed
from tests.api.sdk.support import picture
from tests.api.works import FOOTAGE, work

wavespeed = pytest.importorskip("wavespeed")
MODEL = "kwaivgi/kling-v4.0/image-to-video"
ASKED: dict[str, Any] = {
    "image": "data:image/png;base64," + base64.b64encode(picture()).decode(), "duration": 5, "resolution": "720p",
    "prompt": "a ball rolls",
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(WaveSpeed()) as server:
        yield server


def client(server: FakeServer, key: str | None = None) -> Any:
    return wavespeed.Client(api_key=key or server.personality.key, base_url=server.base_url, retry_interval=0.01)


def test_a_whole_job(server: FakeServer) -> None:
    import requests

    made = client(server).run(MODEL, ASKED, poll_interval=0.01)
    (job,) = server.jobs.values()
    (url,) = made["outputs"]
    assert requests.get(url, timeout=5).content == job.output


def test_it_asks_for_a_clip_as_the_harness_does(server: FakeServer) -> None:
    client(server).run(MODEL, ASKED, poll_interval=0.01)
    (job,) = server.jobs.values()
    ours = Ours(MODEL, server.base_url, {"resolution": "720p"}).submit(work(prompt="a ball rolls", seed=None))
    ours.json["image"] = ASKED["image"]
    assert (ours.json, ours.url) == (job.request, server.base_url + job.path)


def test_it_puts_a_file_where_the_harness_does(server: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / FOOTAGE.name
    path.write_bytes(FOOTAGE.data)
    url = client(server).upload(str(path))
    ours = Ours("kwaivgi/kling-v4.0/video-extend", server.base_url).upload(FOOTAGE)
    (leave,), (put,) = server.captured("upload"), server.captured("files")
    assert ours is not None
    assert ours.json == json.loads(leave.body)
    assert (put.method, put.body, put.headers["content-type"]) == ("PUT", FOOTAGE.data, "video/mp4")
    assert url.rpartition("/")[2] == put.path.rpartition("/")[2]


def test_a_failed_job_says_why(server: FakeServer) -> None:
    server.outcome(1, "moderated")
    with pytest.raises(RuntimeError, match="flagged as sensitive"):
        client(server).run(MODEL, ASKED, poll_interval=0.01)


def test_a_submission_is_sent_once_by_the_package_as_well(server: FakeServer) -> None:
    server.fault("submit", "create_500")
    with pytest.raises(RuntimeError, match="HTTP 500"):
        client(server).run(MODEL, ASKED, poll_interval=0.01)
    assert len(server.jobs) == 1


def test_errors_are_told(server: FakeServer) -> None:
    with pytest.raises(RuntimeError, match="401"):
        client(server, "wrong").run(MODEL, ASKED)
    with pytest.raises(RuntimeError, match="duration"):
        client(server).run(MODEL, {**ASKED, "duration": 2})
    assert not server.jobs
