"""The runwayml package completes jobs against the fake, so the fake is what the package expects."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.api.fakes import FakeServer
from tests.api.fakes.runway import Runway
from tests.api.sdk.support import looked_at, picture

runwayml = pytest.importorskip("runwayml")
ASKED: dict[str, Any] = {
    "model": "gen4.5", "prompt_text": "a ball rolls", "ratio": "1280:720", "duration": 5, "seed": 7,
    "prompt_image": "data:image/png;base64," + base64.b64encode(picture()).decode(),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runwayml.lib.polling.POLL_TIME", 0.001)
    monkeypatch.setattr("runwayml.lib.polling.POLL_JITTER", 0)


def _client(server: FakeServer, key: str | None = None, retries: int = 0) -> Any:
    return runwayml.RunwayML(api_key=key or server.personality.key, base_url=server.base_url, max_retries=retries)


def test_a_whole_job(tmp_path: Path) -> None:
    with FakeServer(Runway(), pending=3) as server:
        made = _client(server).image_to_video.create(**ASKED)
        ended = made.wait_for_task_output()
        data = requests.get(ended.output[0], timeout=10).content
        job = server.jobs[made.id]
    assert (ended.status, ended.cost.credits, made.estimated_cost.credits) == ("SUCCEEDED", 60, 60)
    assert data == job.output
    assert looked_at(data, tmp_path).frames == 121
    assert job.headers["x-runway-version"] == "2024-11-06"


def test_states_under_way_are_parsed() -> None:
    with FakeServer(Runway(), pending=3) as server:
        client = _client(server)
        made = client.image_to_video.create(**ASKED)
        seen = [client.tasks.retrieve(made.id) for _ in range(4)]
    assert [task.status for task in seen] == ["PENDING", "THROTTLED", "RUNNING", "SUCCEEDED"]
    assert seen[2].progress > 0


def test_a_refused_job_says_why() -> None:
    with FakeServer(Runway()) as server:
        server.outcome(1, "moderated")
        with pytest.raises(runwayml.TaskFailedError) as failed:
            _client(server).image_to_video.create(**ASKED).wait_for_task_output()
    told = failed.value.task_details
    assert (told.status, told.failure_code, told.cost.credits) == ("FAILED", "SAFETY.INPUT.IMAGE", 60)


def test_a_cancelled_job_is_polled_until_time_is_up() -> None:
    """The package's synchronous waiter does not know that CANCELLED is an end."""
    with FakeServer(Runway()) as server:
        client = _client(server)
        made = client.image_to_video.create(**ASKED)
        client.tasks.delete(made.id)
        with pytest.raises(runwayml.TaskTimeoutError) as late:
            made.wait_for_task_output(timeout=0.02)
        assert server.hits["poll"] > 1
    assert late.value.task_details.status == "CANCELLED"


def test_an_uploaded_video_is_extended(tmp_path: Path) -> None:
    with FakeServer(Runway()) as server:
        client = _client(server)
        source = client.uploads.create_ephemeral(file=("clip.mp4", b"bytes of a clip", "video/mp4"))
        made = client.video_to_video.create(
            model="gemini_omni_flash_1.1", mode="extend", prompt_text="on", video_uri=source.uri, duration=5
        )
        ended = made.wait_for_task_output()
        data = requests.get(ended.output[0], timeout=10).content
        assert server.engine.uploads[source.uri.removeprefix("runway://")] == b"bytes of a clip"
        assert "authorization" not in server.captured("files")[0].headers
    assert looked_at(data, tmp_path).frames == 72 + 121


def test_the_organization_is_parsed() -> None:
    with FakeServer(Runway()) as server:
        told = _client(server).organization.retrieve()
    assert told.credit_balance > 0
    assert told.tier.models["gen4.5"].max_concurrent_generations == 2


def test_a_lost_answer_is_paid_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the harness does not use the package."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    with FakeServer(Runway()) as server:
        server.fault("submit", "create_rst", times=None)
        with pytest.raises(runwayml.APIConnectionError):
            _client(server, retries=2).image_to_video.create(**ASKED)
        assert len(server.jobs) == 3


def test_errors_are_parsed() -> None:
    with FakeServer(Runway()) as server:
        with pytest.raises(runwayml.AuthenticationError):
            _client(server, "wrong").image_to_video.create(**ASKED)
        with pytest.raises(runwayml.BadRequestError, match="promptText"):
            _client(server).image_to_video.create(**{**ASKED, "prompt_text": ""})
        with pytest.raises(runwayml.NotFoundError):
            _client(server).tasks.retrieve("no-such-task")
        assert not server.jobs
