"""The google-genai package completes jobs against the fakes of Gemini and Vertex AI, so they are what it expects."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.api.gemini import Gemini as Adapter
from adapters.api.vertex import Vertex as CloudAdapter
from adapters.api.wire import Media, Work
from tests.api.fakes import FakeServer
from tests.api.fakes.gemini import Gemini
from tests.api.fakes.vertex import Vertex
from tests.api.sdk.support import looked_at, picture

genai = pytest.importorskip("google.genai")
types = pytest.importorskip("google.genai.types")
oauth = pytest.importorskip("google.oauth2.credentials")
IMAGE = {"type": "image", "data": base64.b64encode(picture()).decode(), "mime_type": "image/png"}
FORMAT = {"type": "video", "duration": "5s", "aspect_ratio": "16:9", "resolution": "720p", "delivery": "uri"}
ASKED: dict[str, Any] = {
    "model": "gemini-omni-1.1-flash", "input": [IMAGE, {"type": "text", "text": "a ball rolls"}],
    "generation_config": {"video_config": {"task": "image_to_video"}, "seed": 7}, "response_format": FORMAT,
    "background": True, "store": True,
}  # fmt: skip
VEO: dict[str, Any] = {
    "number_of_videos": 1, "duration_seconds": 6, "aspect_ratio": "16:9", "resolution": "720p", "seed": 7,
    "generate_audio": False,
}  # fmt: skip


def client(server: FakeServer, key: str | None = None) -> Any:
    """Keep it: the package's connections end with the object."""
    return genai.Client(api_key=key or server.personality.key, http_options={"base_url": server.base_url})


def cloud(server: FakeServer) -> Any:
    token = oauth.Credentials(token=server.personality.key)
    where = {"project": "p-1", "location": "us-central1", "http_options": {"base_url": server.base_url}}
    return genai.Client(vertexai=True, credentials=token, **where)


def ended(told: Any, asked: Any) -> Any:
    """What the package has no waiter for."""
    while asked.status in ("queued", "in_progress"):
        asked = told.interactions.get(asked.id)
    return asked


def veo(server: FakeServer, **source: Any) -> Any:
    """A finished operation."""
    told = cloud(server)
    config = types.GenerateVideosConfig(**VEO)
    asked = types.GenerateVideosSource(prompt="a ball rolls", **source)
    operation = told.models.generate_videos(model="veo-3.1-generate-001", source=asked, config=config)
    while not operation.done:
        operation = told.operations.get(operation)
    return operation


def work(seconds: int) -> Work:
    frame = Media(picture(), "image/png", "switch-frame.png", "p")
    return Work("a ball rolls", None, seconds, (1280, 720), 7, "", frame)


def test_a_whole_interaction_whose_video_is_a_file(tmp_path: Path) -> None:
    with FakeServer(Gemini(delivery="uri"), pending=3) as server:
        told = client(server)
        made = ended(told, told.interactions.create(**ASKED))
        name = "files/" + made.output_video.uri.partition("/files/")[2].partition(":")[0]
        states = [told.files.get(name=name).state.name for _ in range(2)]
        data = told.files.download(file=name)
        job = server.jobs[made.id]
    assert (made.status, states) == ("completed", ["PROCESSING", "ACTIVE"])
    assert data == job.output
    assert looked_at(data, tmp_path).frames == 121
    assert made.usage.total_output_tokens > 0


def test_a_whole_interaction_whose_video_is_in_the_answer() -> None:
    with FakeServer(Gemini()) as server:
        told = client(server)
        made = ended(told, told.interactions.create(**ASKED))
        job = server.jobs[made.id]
    assert base64.b64decode(made.output_video.data) == job.output


def test_the_adapter_asks_in_the_very_words_of_the_package() -> None:
    with FakeServer(Gemini()) as server:
        told = client(server)
        told.interactions.create(**ASKED)
        (sent,) = server.captured("submit")
        adapter = Adapter(ASKED["model"], server.base_url, {"aspect_ratio": "16:9", "resolution": "720p"})
        call = adapter.submit(work(5))
    assert (f"{server.base_url}{sent.path}", json.loads(sent.body)) == (call.url, call.json)


def test_failures_are_parsed() -> None:
    with FakeServer(Gemini()) as server:
        server.outcome(1, "moderated")
        server.outcome(2, "empty")
        server.outcome(3, "failed", "budget_exceeded")
        told = client(server)
        blocked, empty, broke = (ended(told, told.interactions.create(**ASKED)) for _ in range(3))
    assert (blocked.status, blocked.errors[0].code) == ("failed", "prohibited_content")
    assert (empty.status, empty.output_video) == ("completed", None)
    assert broke.status == "budget_exceeded"


def test_a_lost_answer_is_not_paid_twice_but_an_error_is_paid_five_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the harness does not use the package."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    for kind, jobs, words in (("create_rst", 1, "reset"), ("create_500", 5, "Internal Server Error")):
        with FakeServer(Gemini()) as server:
            server.fault("submit", kind, times=None)
            told = client(server)
            with pytest.raises(Exception, match=words):
                told.interactions.create(**ASKED)
            assert len(server.jobs) == jobs


def test_a_wrong_key_is_an_http_400() -> None:
    with FakeServer(Gemini()) as server:
        told = client(server, "AIza-wrong")
        with pytest.raises(Exception, match="API key not valid") as refused:
            told.interactions.create(**ASKED)
        assert type(refused.value).__name__ == "BadRequestError"
        assert not server.jobs


def test_veo_on_vertex_ai_makes_a_video_from_a_picture(tmp_path: Path) -> None:
    with FakeServer(Vertex(), pending=3) as server:
        made = veo(server, image=types.Image(image_bytes=picture(), mime_type="image/png"))
        job = server.jobs[made.name]
    data = made.result.generated_videos[0].video.video_bytes
    assert data == job.output
    assert looked_at(data, tmp_path).frames == 145


def test_veo_on_vertex_ai_extends_a_video(tmp_path: Path) -> None:
    with FakeServer(Vertex()) as server:
        made = veo(server, video=types.Video(video_bytes=b"bytes of a clip", mime_type="video/mp4"))
    data = made.result.generated_videos[0].video.video_bytes
    assert looked_at(data, tmp_path).frames == 72 + 169


def test_the_adapter_asks_vertex_ai_in_the_very_words_of_the_package() -> None:
    with FakeServer(Vertex()) as server:
        made = veo(server, image=types.Image(image_bytes=picture(), mime_type="image/png"))
        (sent,), asked = server.captured("submit"), server.captured("poll")[0]
        call = {"aspectRatio": "16:9", "resolution": "720p", "generateAudio": False}
        adapter = CloudAdapter("veo-3.1-generate-001", server.base_url, call, {"project": "p-1"})
        ours = adapter.submit(work(6)), adapter.poll(adapter.ticket(_named(made.name)))
    # The package speaks v1beta1 by default; the documentation, and the adapter, v1.
    assert [server.base_url + seen.path.replace("v1beta1", "v1") for seen in (sent, asked)] == [one.url for one in ours]
    assert [json.loads(seen.body) for seen in (sent, asked)] == [one.json for one in ours]


def _named(name: str) -> Any:
    from adapters.api.wire import Answer

    return Answer(200, {}, json.dumps({"name": name}).encode())


def test_filtered_and_failed_operations_are_parsed() -> None:
    frame = types.Image(image_bytes=picture(), mime_type="image/png")
    with FakeServer(Vertex()) as server:
        server.outcome(1, "moderated")
        server.outcome(2, "failed")
        filtered, failed = veo(server, image=frame), veo(server, image=frame)
    assert (filtered.error, filtered.result.rai_media_filtered_count) == (None, 1)
    assert not filtered.result.generated_videos
    assert (failed.error["code"], failed.result) == (3, None)
