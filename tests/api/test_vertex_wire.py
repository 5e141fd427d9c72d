"""Veo on Vertex AI, read and written, and where its credential comes from: no server."""

from __future__ import annotations

import base64
import importlib.util
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.api.http.transport import NotDelivered
from adapters.api.vertex import Vertex
from adapters.api.wire import BadAnswer, State, Status, Ticket
from adapters.errors import Ambiguous, MissingDependency, RateLimited, Refused, Rejected, SetupError
from tests.api.works import FOOTAGE, PICTURE, answer, work

MODEL = "projects/p-1/locations/us-central1/publishers/google/models/veo-3.1-generate-001"
TICKET = Ticket(f"{MODEL}/operations/0b1c")
HOME = "https://us-central1-aiplatform.googleapis.com/v1"
CALL = {"sampleCount": 1, "aspectRatio": "16:9", "resolution": "720p", "generateAudio": False}


def vertex(call: dict[str, Any] | None = None, **options: Any) -> Vertex:
    return Vertex("veo-3.1-generate-001", call=call or CALL, options={"project": "p-1", **options})


def done(response: dict[str, Any] | None = None, error: dict[str, Any] | None = None) -> Status:
    body = {"name": TICKET.job_id, "done": True, **({"error": error} if error else {"response": response})}
    return vertex().status(answer(body), TICKET)


def test_a_picture_is_sent_with_every_parameter_of_a_fair_comparison() -> None:
    call = vertex().submit(work(seconds=6, negative_prompt="blur"))
    assert (call.method, call.url) == ("POST", f"{HOME}/{MODEL}:predictLongRunning")
    image = {"bytesBase64Encoded": PICTURE.base64, "mimeType": "image/png"}
    assert call.json == {
        "instances": [{"prompt": "A ball rolls down", "image": image}],
        "parameters": {
            "sampleCount": 1, "durationSeconds": 6, "aspectRatio": "16:9", "resolution": "720p", "seed": 7,
            "generateAudio": False, "negativePrompt": "blur",
        },
    }  # fmt: skip


def test_footage_is_sent_without_a_length_where_the_model_alone_decides_on_it() -> None:
    body = vertex(duration=False).submit(work(FOOTAGE, prompt=None, seed=None, seconds=7)).json
    video = {"bytesBase64Encoded": FOOTAGE.base64, "mimeType": "video/mp4"}
    assert body == {"instances": [{"video": video}], "parameters": CALL}


def test_the_host_follows_from_the_location_unless_it_is_given() -> None:
    assert vertex(location="europe-west4").base == "https://europe-west4-aiplatform.googleapis.com"
    assert vertex(location="global").base == "https://aiplatform.googleapis.com"
    assert Vertex("veo", "http://127.0.0.1:1/", options={"location": "global"}).base == "http://127.0.0.1:1"


def test_the_project_comes_from_the_environment_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_PROJECT", "p-2")
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    assert Vertex("veo", options={"project_env": "MY_PROJECT"}).project == "p-2"
    with pytest.raises(SetupError, match=r"\$GOOGLE_CLOUD_PROJECT"):
        Vertex("veo").check()


def test_a_bucket_is_not_asked_for() -> None:
    with pytest.raises(SetupError, match="bucket"):
        vertex({"storageUri": "gs://b/"}).check()


def test_without_google_auth_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"pip install -e '\.\[vertex\]'"):
        vertex().check()


def test_the_ticket_is_the_operation_s_name() -> None:
    assert vertex().ticket(answer({"name": TICKET.job_id})) == TICKET


def test_an_operation_is_asked_about_at_the_model_that_it_names() -> None:
    other = f"{MODEL.replace('p-1', 'p-9').replace('generate', 'fast-generate')}/operations/1"
    call = vertex().poll(Ticket(other))
    assert (call.method, call.json) == ("POST", {"operationName": other})
    assert call.url == f"{HOME}/{other.partition('/operations/')[0]}:fetchPredictOperation"


@pytest.mark.parametrize("name", ["0b1c", "../../../secrets/operations/1", f"{MODEL}/operations/1/../../x"])
def test_a_name_of_another_shape_is_asked_about_at_this_model(name: str) -> None:
    call = vertex().poll(Ticket(name))
    assert (call.url, call.json["operationName"]) == (f"{HOME}/{MODEL}:fetchPredictOperation", name)


@pytest.mark.parametrize("body", [{"name": TICKET.job_id}, {"name": TICKET.job_id, "done": False, "metadata": {}}])
def test_an_operation_that_is_not_done_is_pending(body: dict[str, Any]) -> None:
    assert vertex().status(answer(body), TICKET).state is State.PENDING


def test_a_video_comes_inside_the_answer() -> None:
    video = {"bytesBase64Encoded": base64.b64encode(b"made").decode(), "mimeType": "video/mp4"}
    status = done({"raiMediaFilteredCount": 0, "videos": [video]})
    assert status.state is State.SUCCEEDED
    assert status.output is not None
    assert status.output.data == b"made"


def test_a_video_in_a_bucket_is_a_failure_that_tells_where_it_lies() -> None:
    status = done({"videos": [{"gcsUri": "gs://bucket/sample_0.mp4", "mimeType": "video/mp4"}]})
    assert (status.state, status.transient, status.usd) == (State.FAILED, False, None)
    assert "gs://bucket/sample_0.mp4" in status.reason


def test_filtered_videos_are_a_refusal_that_costs_nothing() -> None:
    status = done({"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["The audio was filtered."]})
    assert (status.state, status.usd) == (State.REFUSED, 0.0)
    assert "The audio was filtered." in status.reason


def test_done_without_anything_is_a_failure() -> None:
    assert done({}).state is State.FAILED


@pytest.mark.parametrize(
    ("code", "message", "state", "transient"),
    [
        (3, "Image is not in a supported format.", State.FAILED, False),
        (3, "The input image violates Vertex AI's usage guidelines. Support codes: 152", State.REFUSED, False),
        (8, "Quota exceeded.", State.FAILED, False),
        (13, "Internal error.", State.FAILED, False),
        (14, "The service is currently unavailable.", State.FAILED, True),
    ],
)
def test_errors_of_an_operation_are_typed(code: int, message: str, state: State, transient: bool) -> None:
    status = done(error={"code": code, "message": message})
    assert (status.state, status.transient, status.usd) == (state, transient, None)
    assert message in status.reason


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"done": true}', b'{"done": true, "response": 7}'])
def test_an_answer_of_another_shape_cannot_be_read(body: bytes) -> None:
    with pytest.raises((BadAnswer, KeyError, AttributeError)):
        vertex().status(answer(body), TICKET)


def test_errors_of_a_submit_are_typed() -> None:
    kinds = {
        (400, "Unsupported duration"): Rejected, (400, "violates Google's Responsible AI practices"): Refused,
        (401, "bad token"): SetupError, (403, "no permission"): SetupError, (404, "no such model"): Rejected,
        (429, "Quota exceeded"): RateLimited, (500, "x"): Ambiguous, (503, "x"): Ambiguous,
    }  # fmt: skip
    for (code, message), kind in kinds.items():
        assert type(vertex().fault(answer({"error": {"code": code, "message": message}}, code))) is kind, message


# --- the credential


@dataclass
class FakeCredentials:
    """As google-auth's: a token that is good for so many looks."""

    looks: int = 1
    token: str = ""
    renewed: int = 0
    fault: Exception | None = None

    @property
    def valid(self) -> bool:
        self.looks -= 1
        return bool(self.token) and self.looks >= 0

    def refresh(self, request: object) -> None:
        if self.fault is not None:
            raise self.fault
        self.renewed += 1
        self.token, self.looks = f"token-{self.renewed}", 1


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> FakeCredentials:
    auth = pytest.importorskip("google.auth")
    found = FakeCredentials()

    def default(scopes: list[str]) -> tuple[FakeCredentials, None]:
        assert scopes == ["https://www.googleapis.com/auth/cloud-platform"]
        return found, None

    monkeypatch.setattr(auth, "default", default)
    return found


def test_a_token_is_renewed_when_it_is_no_longer_valid(credentials: FakeCredentials) -> None:
    headers = vertex().credential("")
    assert [headers()["Authorization"] for _ in range(4)] == ["Bearer token-1", "Bearer token-1"] + [
        "Bearer token-2"
    ] * 2


def test_credentials_are_looked_up_at_the_first_request_only(monkeypatch: pytest.MonkeyPatch) -> None:
    auth = pytest.importorskip("google.auth")
    looked: list[list[str]] = []

    def default(scopes: list[str]) -> tuple[FakeCredentials, None]:
        looked.append(scopes)
        return FakeCredentials(), None

    monkeypatch.setattr(auth, "default", default)
    headers = vertex().credential("")
    assert looked == []
    assert headers() == headers()
    assert len(looked) == 1


def test_without_credentials_it_is_told_how_to_get_some(monkeypatch: pytest.MonkeyPatch) -> None:
    auth = pytest.importorskip("google.auth")

    def default(scopes: list[str]) -> None:
        raise auth.exceptions.DefaultCredentialsError("none were found")

    monkeypatch.setattr(auth, "default", default)
    with pytest.raises(SetupError, match="gcloud auth application-default login"):
        vertex().credential("")()


def test_a_token_server_that_cannot_be_reached_means_that_nothing_was_sent(credentials: FakeCredentials) -> None:
    exceptions = pytest.importorskip("google.auth.exceptions")
    for fault in (exceptions.TransportError("down"), exceptions.RefreshError("busy", retryable=True)):
        credentials.fault = fault
        with pytest.raises(NotDelivered):
            vertex().credential("")()


def test_credentials_that_are_no_longer_good_stop_everything(credentials: FakeCredentials) -> None:
    credentials.fault = pytest.importorskip("google.auth.exceptions").RefreshError("invalid_grant")
    with pytest.raises(SetupError, match="invalid_grant"):
        vertex().credential("")()


def test_an_operation_is_told_by_its_last_part_since_a_project_has_two_names() -> None:
    numbered = TICKET.job_id.replace("projects/p-1/", "projects/123456/")
    assert numbered != TICKET.job_id
    assert vertex().names(answer({"name": numbered}), TICKET) == TICKET.job_id
    other = f"{MODEL}/operations/0b1d"
    assert vertex().names(answer({"name": other}), TICKET) == other
    assert vertex().names(answer({}), TICKET) is None
