"""The replicate package completes jobs against the fake, so the fake is what the package expects."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.api.fakes import FakeServer
from tests.api.fakes.replicate import Replicate
from tests.api.sdk.support import looked_at

replicate = pytest.importorskip("replicate")
MODEL = "bytedance/seedance-1-pro"
ASKED = {"prompt": "a ball rolls", "image": "data:image/png;base64,AAAA", "duration": 5, "seed": 7}


def _client(server: FakeServer, key: str | None = None) -> Any:
    client = replicate.Client(api_token=key or server.personality.key, base_url=server.base_url)
    client.poll_interval = 0
    return client


def test_a_whole_job(tmp_path: Path) -> None:
    with FakeServer(Replicate()) as server:
        made = _client(server).models.predictions.create(model=MODEL, input=ASKED)
        assert (made.status, made.model) == ("starting", MODEL)
        made.wait()
        data = requests.get(made.output, timeout=10).content
        job = server.jobs[made.id]
    assert made.status == "succeeded"
    assert data == job.output
    assert looked_at(data, tmp_path).frames == 121


def test_run_waits_for_a_list_of_outputs() -> None:
    with FakeServer(Replicate(listed=True)) as server:
        (url,) = _client(server).run(MODEL, input=ASKED, use_file_output=False)
        assert requests.get(url, timeout=10).content == next(iter(server.jobs.values())).output


def test_a_refused_job_says_why() -> None:
    with FakeServer(Replicate()) as server:
        server.outcome(1, "moderated")
        with pytest.raises(replicate.exceptions.ModelError, match="E005") as failed:
            _client(server).run(MODEL, input=ASKED)
    assert failed.value.prediction.status == "failed"


def test_a_cancelled_job_is_told() -> None:
    with FakeServer(Replicate()) as server:
        client = _client(server)
        made = client.predictions.create(model=MODEL, input=ASKED)
        made.cancel()
        made.wait()
    assert made.status == "canceled"


def test_what_is_an_hour_old_is_gone() -> None:
    with FakeServer(Replicate(), pending=0) as server:
        client = _client(server)
        made = client.models.predictions.create(model=MODEL, input=ASKED)
        made.wait()
        url = made.output
        server.advance(3601)
        made.reload()
        assert requests.get(url, timeout=10).status_code == 404
    assert (made.status, made.output, made.input) == ("succeeded", None, {})


def test_the_list_has_every_job_page_by_page() -> None:
    with FakeServer(Replicate()) as server:
        client = _client(server)
        made = [client.predictions.create(version="owner/name:abc", input=ASKED).id for _ in range(101)]
        first = client.predictions.list()
        second = client.predictions.list(first.next)
    assert [job.id for job in (*first.results, *second.results)] == made[::-1]
    assert second.next is None


def test_a_file_is_uploaded() -> None:
    with FakeServer(Replicate()) as server:
        told = _client(server).files.create(io.BytesIO(b"bytes of a clip"), filename="clip.mp4")
        assert requests.get(told.urls["get"], timeout=10).content == b"bytes of a clip"


def test_a_lost_answer_is_paid_once() -> None:
    """Of all the vendors' packages this one does not send a POST again."""
    with FakeServer(Replicate()) as server:
        server.fault("submit", "create_rst", times=None)
        with pytest.raises(Exception, match="reset by peer"):
            _client(server).models.predictions.create(model=MODEL, input=ASKED)
        assert len(server.jobs) == 1


def test_errors_are_parsed() -> None:
    with FakeServer(Replicate()) as server:
        with pytest.raises(replicate.exceptions.ReplicateError) as wrong_key:
            _client(server, "wrong").models.predictions.create(model=MODEL, input=ASKED)
        with pytest.raises(replicate.exceptions.ReplicateError, match="prompt is required"):
            _client(server).models.predictions.create(model=MODEL, input={})
        server.fault("submit", "429")
        with pytest.raises(replicate.exceptions.ReplicateError, match="throttled"):
            _client(server).models.predictions.create(model=MODEL, input=ASKED)
        assert not server.jobs
    assert (wrong_key.value.status, wrong_key.value.title) == (401, "Unauthenticated")
