"""Whole jobs of every model of Runway, fal and Luma, as its YAML describes it, against the fakes of those services."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runners.cli.choices import options
from tests.api.fakes import FakeServer
from tests.api.fakes.fal import Fal
from tests.api.fakes.personality import Call
from tests.api.fakes.runway import Runway
from tests.api.fakes.wire import Reply
from tests.api.kit import Case, Run, running
from tests.test_conf import CONF

RUNWAY = Case("runway", "runway:Runway", "runway_gen45", "RUNWAYML_API_SECRET", "key_CANARY-runway-0a1b2c")
FAL = Case("fal", "fal:Fal", "fal_pika22", "FAL_KEY", "CANARY-fal-id-3d4e:CANARY-fal-secret-5f60")
LUMA = Case("luma", "luma:Luma", "luma_ray32", "LUMA_AGENTS_API_KEY", "luma-api-CANARY-718293")
CASES = (RUNWAY, FAL, LUMA)
GONE = {"runway_gen3"}
EXTENDING = ["runway_gemini_omni_flash_11_extend", "runway_seedance25_extend"]


def of(case: Case) -> list[str]:
    """The models of a service that begin from a picture, but for the generic one."""
    mine = [name for name in options("model", [CONF]) if name.startswith(f"{case.name}_")]
    return [name for name in mine if name not in {*GONE, *EXTENDING, "fal_seedance_25_extend"}]


@pytest.mark.parametrize(("case", "model"), [pytest.param(case, name, id=name) for case in CASES for name in of(case)])
def test_every_model_makes_a_clip_with_one_job(case: Case, model: str, tmp_path: Path) -> None:
    with running(replace(case, model=model), tmp_path) as run:
        ended = run.go()
        (job,) = run.server.jobs.values()
        assert ended.data == job.output
        assert ended.clip is not None
        assert ended.clip.leading == 1
        assert run.states() == ["fetched"]


@pytest.mark.parametrize("model", EXTENDING)
@pytest.mark.parametrize(("echoes", "leading"), [(True, 72), (False, 0)])
def test_an_extension_is_told_apart_from_what_it_goes_on_from(
    model: str, echoes: bool, leading: int, tmp_path: Path
) -> None:
    with FakeServer(Runway(RUNWAY.key, echoes=echoes), pending=1) as server:
        run = Run(replace(RUNWAY, model=model), server, tmp_path)
        ended = run.go(sizes=[[128, 72]], conditioning_frames=72)
        assert ended.clip is not None, ended.told
        assert ended.clip.leading == leading
        assert run.billed() == 1


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize(
    ("outcome", "kind", "state"),
    [
        ("moderated", "Refused", "refused"), ("failed", "AdapterError", "failed"),
        ("cancelled", "AdapterError", "failed"), ("empty", "AdapterError", "expired"),
        ("stuck", "Postponed", "submitted"),
    ],
)  # fmt: skip
def test_a_job_that_ends_without_a_clip_is_not_asked_for_again(
    case: Case, outcome: str, kind: str, state: str, tmp_path: Path
) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(None, outcome)
        assert [run.go().kind, run.go().kind] == [kind, kind]
        assert run.states() == [state]
        assert run.billed() == 1


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_failure_that_may_pass_is_followed_by_one_more_job(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(1, "failed_transient")
        assert run.go().kind == "clip"
        assert run.states() == ["failed", "fetched"]
        assert run.billed() == 2


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_job_whose_id_alone_is_known_can_be_gone_on_with(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.fault("submit", "create_rst")
        assert run.go().kind == "Ambiguous"
        (job,) = run.server.jobs.values()
        run.ledger.log("0001").append({"state": "submitted", "attempt": 1, "job_id": job.id, "adopted": True})
        assert run.go().data == job.output
        assert run.billed() == 1


def test_what_runway_documents_as_load_shedding_is_sent_again(tmp_path: Path) -> None:
    with running(RUNWAY, tmp_path) as run:
        run.server.fault("submit", "status", status=503, times=2)
        assert run.go().kind == "clip"
        assert run.billed() == 1


def test_what_runway_charged_is_what_counts(tmp_path: Path) -> None:
    with running(RUNWAY, tmp_path) as run:
        run.server.outcome(1, "failed_transient")
        run.go()
        assert [attempt.usd for attempt in run.ledger.log("0001").attempts] == [0.0, 0.6]


def test_a_failure_that_only_fal_s_result_tells_is_a_failure(tmp_path: Path) -> None:
    with running(FAL, tmp_path) as run:
        run.server.outcome(1, "failed", "image_too_large")
        ended = run.go()
        assert ended.kind == "AdapterError"
        assert "image_too_large" in str(ended.error)


class Elsewhere(Fal):
    """Its answers name another host for everything that follows: a mistake, or somebody after keys."""

    def _submit(self, call: Call) -> Reply:
        reply = super()._submit(call)
        here, there = call.request.host, call.storage_url
        names = ("status_url", "response_url", "cancel_url")
        return replace(reply, body={**reply.body, **{name: reply.body[name].replace(here, there) for name in names}})


def test_fal_s_key_goes_nowhere_else_whatever_an_answer_names_and_the_job_is_not_lost(tmp_path: Path) -> None:
    with FakeServer(Elsewhere(FAL.key), pending=1) as server:
        run = Run(FAL, server, tmp_path)
        assert run.go().kind == "clip"
        asked = [*server.captured("poll"), *server.captured("result")]
        assert {f"http://{seen.headers['host']}" for seen in asked} == {server.base_url}
        assert [fact for fact in run.ledger.log("0001").facts if "not used" in fact.get("note", "")]


def test_a_video_that_fal_goes_on_from_is_its_one_reference(tmp_path: Path) -> None:
    with running(replace(FAL, model="fal_seedance_25_extend"), tmp_path) as run:
        assert run.go().kind == "clip"
        (job,) = run.server.jobs.values()
        assert [uri.partition(";")[0] for uri in job.request["video_urls"]] == ["data:video/mp4"]
        assert (job.request["task"], job.request["aspect_ratio"], job.request["duration"]) == ("extension", "auto", "5")


def test_kling_4_at_runway_is_asked_for_a_tier_and_no_size(tmp_path: Path) -> None:
    with running(replace(RUNWAY, model="runway_kling_4"), tmp_path) as run:
        assert run.go().kind == "clip"
        (job,) = run.server.jobs.values()
        assert (job.request["ratio"], "seed" in job.request) == ("auto_720p", False)
