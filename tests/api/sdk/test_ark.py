"""BytePlus's own package completes tasks against the fake, so the fake is what the package expects."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters.api.ark import Ark as Adapter
from adapters.api.wire import Media, Work
from tests.api.fakes import FakeServer
from tests.api.fakes.ark import Ark
from tests.api.sdk.support import looked_at, picture

runtime = pytest.importorskip("byteplussdkarkruntime")
URL = "data:image/png;base64," + base64.b64encode(picture()).decode()
FRAME = {"type": "image_url", "image_url": {"url": URL}, "role": "first_frame"}
ASKED: dict[str, Any] = {
    "model": "seedance-1-5-pro-251215", "content": [{"type": "text", "text": "a ball rolls"}, FRAME], "ratio": "16:9",
    "resolution": "720p", "duration": 5, "generate_audio": False, "watermark": False, "seed": 7,
}  # fmt: skip


def tasks(server: FakeServer, key: str | None = None, retries: int = 0) -> Any:
    told = runtime.Ark(
        api_key=key or server.personality.key, base_url=f"{server.base_url}/api/v3", max_retries=retries
    )  # fmt: skip
    return told.content_generation.tasks


def ended(told: Any, task_id: str) -> Any:
    """The package brings nothing that waits."""
    while (task := told.get(task_id=task_id)).status in ("queued", "running"):
        pass
    return task


def test_a_whole_task(tmp_path: Path) -> None:
    with FakeServer(Ark(), pending=3) as server:
        told = tasks(server)
        made = ended(told, told.create(**ASKED).id)
        data = requests.get(made.content.video_url, timeout=10).content
        job = server.jobs[made.id]
    assert (made.status, made.seed, made.usage.completion_tokens) == ("succeeded", 7, 108_900)
    assert data == job.output
    assert looked_at(data, tmp_path).frames == 121


def test_the_adapter_asks_in_the_very_words_of_the_package() -> None:
    frame = Media(picture(), "image/png", "switch-frame.png", "p")
    with FakeServer(Ark()) as server:
        tasks(server).create(**ASKED)
        (sent,) = server.captured("submit")
        call = {"ratio": "16:9", "resolution": "720p", "generate_audio": False, "watermark": False}
        adapter = Adapter(ASKED["model"], f"{server.base_url}/api/v3", call)
        ours = adapter.submit(Work("a ball rolls", None, 5, (1280, 720), 7, "", frame))
    body = {name: value for name, value in json.loads(sent.body).items() if value is not None}
    assert (f"{server.base_url}{sent.path}", body) == (ours.url, ours.json)


def test_the_listing_is_filtered_by_model_status_and_id() -> None:
    with FakeServer(Ark(), pending=0) as server:
        told = tasks(server)
        first, second = (told.create(**{**ASKED, "seed": seed}).id for seed in (1, 2))
        ended(told, first)
        assert [task.seed for task in told.list(model=ASKED["model"]).items] == [2, 1]
        assert [task.id for task in told.list(task_ids=[second]).items] == [second]
        assert told.list(model="another").total == 0
        assert {task.status for task in told.list(status="succeeded").items} == {"succeeded"}


def test_a_refused_task_says_why() -> None:
    with FakeServer(Ark()) as server:
        server.outcome(1, "moderated")
        told = tasks(server)
        made = ended(told, told.create(**ASKED).id)
    assert (made.status, made.error.code) == ("failed", "OutputVideoSensitiveContentDetected")


def test_a_lost_answer_is_paid_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the harness does not use the package."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    with FakeServer(Ark()) as server:
        server.fault("submit", "create_rst", times=None)
        with pytest.raises(runtime._exceptions.ArkAPIConnectionError):
            tasks(server, retries=2).create(**ASKED)
        assert len(server.jobs) == 3


def test_errors_are_parsed() -> None:
    with FakeServer(Ark()) as server:
        for key, changes, code in (
            ("wrong", {}, 401),
            (None, {"model": "seedance-9"}, 404),
            (None, {"model": "dreamina-seedance-2-0-260128"}, 400),  # takes no seed
        ):
            with pytest.raises(runtime._exceptions.ArkAPIStatusError) as refused:
                tasks(server, key).create(**{**ASKED, **changes})
            assert refused.value.status_code == code
        assert not server.jobs
