"""Whole jobs of Gemini and of Veo on Vertex AI against their fakes, with what is peculiar to each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.fakes import ClipSpec, FakeServer
from tests.api.fakes.gemini import Gemini
from tests.api.fakes.vertex import Vertex
from tests.api.kit import TINY, Case, Clock, Run, check_secrets, running, service

GEMINI = Case("gemini", "gemini:Gemini", "gemini_omni_12_flash", "GEMINI_API_KEY", "AIza_CANARY-gemini-7712")
WHOLE = ClipSpec(width=64, height=36, fps=8, frames=41)


def gemini(tmp_path: Path, fake: Gemini, clip: ClipSpec = TINY) -> Iterator[Run]:
    with FakeServer(fake, clip=clip, pending=1) as server:
        run = Run(GEMINI, server, tmp_path)
        yield run
        check_secrets(run)


@pytest.fixture
def inline(tmp_path: Path) -> Iterator[Run]:
    yield from gemini(tmp_path, Gemini(GEMINI.key))


@pytest.fixture
def as_file(tmp_path: Path) -> Iterator[Run]:
    yield from gemini(tmp_path, Gemini(GEMINI.key, delivery="uri", getting_ready=2))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Run]:
    yield from gemini(tmp_path, Gemini(GEMINI.key, delivery="elsewhere"))


@pytest.fixture
def extending(tmp_path: Path) -> Iterator[Run]:
    yield from gemini(tmp_path, Gemini(GEMINI.key), WHOLE)


def output(run: Run) -> bytes:
    (job,) = run.server.jobs.values()
    return job.output


def test_a_video_inside_the_answer_is_taken_without_a_download(inline: Run) -> None:
    assert inline.go().data == output(inline)
    assert set(inline.server.hits) == {"submit", "poll"}


def test_a_file_is_waited_for_and_downloaded_with_the_key(as_file: Run) -> None:
    assert as_file.go().data == output(as_file)
    assert as_file.server.hits["result"] == 3
    (download,) = as_file.server.captured("download")
    assert download.headers["x-goog-api-key"] == GEMINI.key


def test_an_address_on_another_host_is_fetched_without_the_key(elsewhere: Run) -> None:
    assert elsewhere.go().data == output(elsewhere)
    (download,) = elsewhere.server.captured("download")
    assert "x-goog-api-key" not in download.headers


def test_a_file_that_is_gone_is_told_as_paid_for_and_gone(as_file: Run) -> None:
    as_file.server.outcome(1, "expired")
    ended = as_file.go()
    assert "its video is gone" in ended.told
    assert as_file.states() == ["expired"]


@pytest.mark.parametrize(("echoes", "leading"), [(True, 24), (False, 0)])
def test_an_extension_is_told_from_what_was_sent_by_its_length(tmp_path: Path, echoes: bool, leading: int) -> None:
    for run in gemini(tmp_path, Gemini(GEMINI.key, echoes=echoes), WHOLE):
        ended = Run(
            Case("x", "gemini:Gemini", "gemini_omni_11_flash_extend", GEMINI.key_env, GEMINI.key), run.server, tmp_path,
            {"conditioning_frames": 72},
        ).go()  # fmt: skip
        assert ended.clip is not None, ended.told
        assert ended.clip.leading == leading


def test_an_empty_end_fails_the_clip_once_and_is_not_tried_again(inline: Run) -> None:
    inline.server.outcome(None, "empty")
    assert "EEA" in inline.go().told
    assert inline.go().kind == "AdapterError"
    assert inline.billed() == 1


@pytest.mark.parametrize("word", ["idle", "requires_action", "requires_continuation"])
def test_a_job_that_stands_still_is_not_waited_for_and_is_not_tried_again(inline: Run, word: str) -> None:
    inline.server.outcome(None, "cancelled", word)
    assert word in inline.go().told
    assert inline.go().kind == "AdapterError"
    assert inline.billed() == 1


def test_a_blocked_prompt_is_a_refusal(inline: Run) -> None:
    inline.server.outcome(1, "moderated")
    assert inline.go().kind == "Refused"
    assert inline.states() == ["refused"]


def test_a_wrong_key_stops_the_run_and_bills_nothing(tmp_path: Path) -> None:
    for run in gemini(tmp_path, Gemini("AIza-another")):
        assert run.go().kind == "SetupError"
        assert run.billed() == 0


# --- Vertex AI, with real credentials of a service account and a token server on loopback


@pytest.fixture(scope="session")
def private_key() -> str:
    """An RSA key as Google gives it out; of a size that is quickly made."""
    pytest.importorskip("google.auth")
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    made: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return made.decode()


class Cloud:
    """A fake of Vertex AI, and the environment of somebody who may use it."""

    def __init__(self, folder: Path, private_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._private_key, self._patch = folder, private_key, monkeypatch

    def running(self, fake: Vertex, model: str = "vertex_veo31", **changes: Any) -> Iterator[Run]:
        with FakeServer(fake, clip=WHOLE, pending=2) as server:
            account = {
                "type": "service_account", "project_id": "p-1", "private_key_id": "1", "private_key": self._private_key,
                "client_email": "tests@p-1.iam.gserviceaccount.com", "token_uri": f"{server.base_url}/token",
            }  # fmt: skip
            path = self._folder / "account.json"
            path.write_text(json.dumps(account), "utf-8")
            self._patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
            self._patch.setenv("GOOGLE_CLOUD_PROJECT", "p-1")
            case = Case("vertex", "vertex:Vertex", model, "GOOGLE_APPLICATION_CREDENTIALS", fake.key, inline="poll")
            run = Run(case, server, self._folder, changes)
            yield run
            check_secrets(run)


@pytest.fixture
def cloud(tmp_path: Path, private_key: str, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    return Cloud(tmp_path, private_key, monkeypatch)


def test_a_service_account_s_token_signs_every_request(cloud: Cloud) -> None:
    for run in cloud.running(Vertex()):
        ended = run.go()
        assert ended.data == output(run)
        assert run.server.hits["token"] == 1
        assert set(run.server.hits) == {"token", "submit", "poll"}
        (job,) = run.server.jobs.values()
        assert job.request["parameters"]["durationSeconds"] == 6
        assert job.id.startswith("projects/p-1/locations/us-central1/publishers/google/models/veo-3.1-generate-001/")


def test_a_token_that_runs_out_is_renewed_while_a_job_runs(cloud: Cloud) -> None:
    for run in cloud.running(Vertex(lives_s=60)):
        assert run.go().kind == "clip"
        assert run.server.hits["token"] == run.server.hits["submit"] + run.server.hits["poll"]


def test_a_token_server_that_is_down_costs_nothing_and_is_waited_for(cloud: Cloud) -> None:
    for run in cloud.running(Vertex()):
        run.server.fault("token", "rst", times=2)
        assert run.go().kind == "clip"
        assert run.billed() == 1
        assert run.states() == ["fetched"]


def test_an_account_that_is_no_longer_good_stops_the_run_and_bills_nothing(cloud: Cloud) -> None:
    for run in cloud.running(Vertex()):
        run.server.fault("token", "status", status=400, times=None, body='{"error": "invalid_grant"}')
        ended = run.go()
        assert ended.kind == "SetupError", ended.told
        assert "invalid_grant" in ended.told
        assert run.billed() == 0


def test_a_filtered_video_is_refused_free_and_asked_for_again_only_where_that_is_wanted(cloud: Cloud) -> None:
    for run in cloud.running(Vertex()):
        run.server.outcome(1, "moderated")
        assert run.go().kind == "Refused"
        assert run.ledger.log("0001").attempts[0].usd == 0
        assert run.go(moderation_retries=1).kind == "clip"
        assert run.states() == ["refused", "fetched"]


def test_an_operation_that_failed_for_now_may_be_followed_by_one_more(cloud: Cloud) -> None:
    for run in cloud.running(Vertex()):
        run.server.outcome(1, "failed_transient")
        run.server.outcome(2, "failed")
        assert run.go().kind == "AdapterError"
        assert run.states() == ["failed", "failed"]


def test_a_lost_answer_is_ambiguous_for_there_is_no_listing(cloud: Cloud) -> None:
    for run in cloud.running(Vertex()):
        run.server.fault("submit", "create_rst")
        assert [run.go().kind for _ in range(2)] == ["Ambiguous", "Ambiguous"]
        assert run.billed() == 1


def test_an_extension_sends_the_footage_and_cuts_what_comes_back_of_it(cloud: Cloud) -> None:
    for run in cloud.running(Vertex(), "vertex_veo31_extend", conditioning_frames=72):
        ended = run.go()
        assert ended.clip is not None, ended.told
        assert ended.clip.leading == 24
        (job,) = run.server.jobs.values()
        assert "video" in job.request["instances"][0]
        assert "durationSeconds" not in job.request["parameters"]


def test_omni_on_vertex_is_asked_in_the_project_and_gives_its_video_in_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("google.auth")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p-1")
    name, key = "vertex_gemini_omni_12_flash", "ya29.CANARY-omni-4471"
    case = Case(
        "vertex_omni", "gemini:VertexOmni", name, "GOOGLE_APPLICATION_CREDENTIALS", key, inline="poll", bearer=True
    )
    with running(case, tmp_path) as run:
        ended = run.go()
        (job,) = run.server.jobs.values()
        assert ended.data == job.output
        assert set(run.server.hits) == {"submit", "poll"}
        assert job.path == "/v1beta1/projects/p-1/locations/global/interactions"
        assert job.request["response_format"]["delivery"] == "inline"


@pytest.mark.parametrize(("retired", "level"), [(set(), "ok"), ({"veo-3.1-generate-001"}, "fault")])
def test_the_doctor_asks_for_the_model_itself(cloud: Cloud, retired: set[str], level: str) -> None:
    fake = Vertex()
    fake.retired = retired
    for run in cloud.running(fake):
        made = service(run.case, run.server, Clock())
        told = {found.what: found.verdict for found in made.diagnose()}
        assert (told["service"], told["model"]) == ("ok", level)
        assert len(run.server.jobs) == 0
