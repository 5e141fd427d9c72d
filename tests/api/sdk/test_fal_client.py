"""The fal-client package completes jobs against the fake, so the fake is what the package expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.api.fakes import FakeServer
from tests.api.fakes.fal import Fal
from tests.api.sdk.support import looked_at

fal_client = pytest.importorskip("fal_client")
APP = "fal-ai/pika/v2.2/image-to-video"
ASKED = {"prompt": "a ball rolls", "image_url": "data:image/png;base64,AAAA", "duration": 5, "seed": 7}


def _client(server: FakeServer, monkeypatch: pytest.MonkeyPatch, key: str | None = None) -> Any:
    monkeypatch.setattr("fal_client.client.QUEUE_URL_FORMAT", f"{server.base_url}/")
    monkeypatch.setattr("fal_client.client.REST_URL", server.base_url)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return fal_client.SyncClient(key=key or server.personality.key)


def test_a_whole_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(Fal()) as server:
        handle = _client(server, monkeypatch).submit(APP, ASKED)
        states = list(handle.iter_events(interval=0))
        told = handle.get(interval=0)
        data = requests.get(told["video"]["url"], timeout=10).content
        job = server.jobs[handle.request_id]
    assert [type(state).__name__ for state in states] == ["Queued", "InProgress", "Completed"]
    assert handle.status_url.endswith(f"/fal-ai/pika/requests/{job.id}/status")  # without the sub-path
    assert (told["seed"], told["video"]["file_size"]) == (7, len(data))
    assert data == job.output
    assert looked_at(data, tmp_path).frames == 121


def test_a_refused_job_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(Fal()) as server:
        server.outcome(1, "moderated")
        with pytest.raises(fal_client.FalClientHTTPError) as failed:
            _client(server, monkeypatch).subscribe(APP, ASKED, interval=0)
    assert failed.value.status_code == 422
    assert failed.value.message[0]["type"] == "content_policy_violation"


def test_a_failure_of_the_queue_is_told_with_its_status_and_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(Fal(), pending=0) as server:
        server.outcome(1, "failed_transient")
        handle = _client(server, monkeypatch).submit(APP, ASKED)
        status = handle.status()
        with pytest.raises(fal_client.FalClientHTTPError) as failed:
            handle.get(interval=0)
    assert (type(status).__name__, status.error_type) == ("Completed", "runner_disconnected")
    assert (failed.value.status_code, failed.value.error_type) == (504, "runner_disconnected")


def test_wrong_input_is_taken_and_told_as_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(Fal(), pending=0) as server:
        with pytest.raises(fal_client.FalClientHTTPError) as failed:
            _client(server, monkeypatch).subscribe(APP, {"prompt": "no picture"}, interval=0)
        assert len(server.jobs) == 1
    assert failed.value.message[0]["loc"] == ["body", "image_url"]


def test_a_file_is_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(Fal()) as server:
        url = _client(server, monkeypatch).upload(b"bytes of a clip", "video/mp4", repository="fal")
        assert requests.get(url, timeout=10).content == b"bytes of a clip"


def test_a_lost_answer_is_paid_ten_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the harness does not use the package."""
    with FakeServer(Fal()) as server:
        server.fault("submit", "create_rst", times=None)
        with pytest.raises(Exception, match="reset by peer"):
            _client(server, monkeypatch).submit(APP, ASKED)
        assert len(server.jobs) == 10


def test_a_wrong_key_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(Fal()) as server:
        with pytest.raises(fal_client.FalClientHTTPError, match="Authentication is required"):
            _client(server, monkeypatch, "wrong").submit(APP, ASKED)
        assert not server.jobs
