"""Whole jobs of xAI, Kling, Replicate and servers of OpenAI's shape, at their fakes: what is special about each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.api.fakes import ClipSpec
from tests.api.kit import BY_NAME, Case, running

XAI, KLING, REPLICATE, OPENAI = (BY_NAME[name] for name in ("xai", "kling", "replicate", "openai"))
EXTEND = replace(XAI, name="xai-extend", model="xai_grok_imagine_15_extend")
INLINE = replace(REPLICATE, name="replicate-inline", changes={})
ALL = (
    XAI, replace(XAI, name="xai-base", model="xai_grok_imagine"), EXTEND, KLING,
    replace(XAI, name="xai-lite", model="xai_grok_imagine_15_lite"),
    replace(KLING, name="kling-std", model="kling_v3_std"), REPLICATE, INLINE, OPENAI,
)  # fmt: skip
REPLICATES = ("replicate_p_video", "replicate_seedance_10_pro", "replicate_wan21_720p", "replicate_kling25_turbo_pro")


@pytest.mark.parametrize("case", ALL, ids=str)
def test_a_clip_is_made_and_billed_once(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        ended = run.go()
        (job,) = run.server.jobs.values()
        assert ended.data == job.output, ended.told
        assert run.states() == ["fetched"]


@pytest.mark.parametrize("case", ALL, ids=str)
def test_what_was_declined_is_told_as_that_and_never_bought_again(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(None, "moderated")
        assert [run.go().kind for _ in range(2)] == ["Refused", "Refused"]
        assert (run.states(), run.billed()) == (["refused"], 1)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_a_failed_job_is_a_failed_clip(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(None, "failed")
        assert run.go().kind == "AdapterError"
        assert (run.states(), run.billed()) == (["failed"], 1)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_a_job_that_ends_without_a_video_is_told_as_gone(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.outcome(None, "empty")
        ended = run.go()
        assert (ended.kind, run.states()) == ("AdapterError", ["expired"])
        assert "gone" in ended.told


def test_a_lost_job_is_found_again_among_others_like_it(tmp_path: Path) -> None:
    with running(KLING, tmp_path) as run:
        run.server.fault("submit", "create_rst", nth=2)
        assert [run.go(clip_id).kind for clip_id in ("0001", "0002", "0003")] == ["clip", "Ambiguous", "clip"]
        ended = run.go("0002")
        assert ended.kind == "clip", ended.told
        assert ended.data == list(run.server.jobs.values())[1].output
        assert [run.billed(clip_id) for clip_id in ("0001", "0002", "0003")] == [1, 1, 1]


def test_a_task_that_was_never_made_stays_in_doubt(tmp_path: Path) -> None:
    with running(KLING, tmp_path) as run:
        run.server.fault("submit", "rst")
        assert [run.go().kind for _ in range(3)] == ["Ambiguous"] * 3
        assert run.billed() == 0


@pytest.mark.parametrize("case", [XAI, KLING], ids=str)
@pytest.mark.parametrize("status", ["401", "402"])
def test_a_wrong_key_and_an_empty_account_stop_the_run_whatever_their_status(
    case: Case, status: str, tmp_path: Path
) -> None:
    with running(case, tmp_path) as run:
        run.server.fault("submit", status)
        assert run.go().kind == "SetupError"
        assert run.states() == ["held"]
        assert run.go().kind == "clip"


def test_an_extension_begins_with_what_was_sent_and_that_is_cut_off(tmp_path: Path) -> None:
    with running(EXTEND, tmp_path, clip=ClipSpec(width=64, height=36, fps=24, frames=120)) as run:
        ended = run.go()
        assert ended.clip is not None, ended.told
        sent_s = 12 / 24  # what `kit.request` sends; the fake puts 3 s before what is new
        assert ended.clip.leading == round(sent_s * 24)


def test_what_moderation_costs_is_on_record(tmp_path: Path) -> None:
    with running(XAI, tmp_path) as run:
        run.server.outcome(None, "moderated")
        run.go()
        assert run.ledger.log("0001").attempts[0].usd == 0.7


def test_a_large_picture_is_uploaded_and_its_address_is_sent(tmp_path: Path) -> None:
    with running(REPLICATE, tmp_path) as run:
        assert run.go().kind == "clip"
        (job,) = run.server.jobs.values()
        assert "/__static/" in job.request["input"]["image"]
        assert run.server.hits["upload"] == 1


@pytest.mark.parametrize("model", REPLICATES)
def test_every_model_of_replicate_is_asked_in_its_own_words(model: str, tmp_path: Path) -> None:
    with running(replace(INLINE, model=model), tmp_path) as run:
        assert run.go().kind == "clip"
        (job,) = run.server.jobs.values()
        given, picture = job.request["input"], "start_image" if "kling" in model else "image"
        assert given[picture].startswith("data:image/")
        assert given.get("duration") == (None if "wan" in model else 5)
        assert ("seed" in given) is ("kling" not in model)
        assert job.headers["cancel-after"] == "30m"


@pytest.mark.parametrize("case", [REPLICATE, INLINE], ids=str)
def test_a_lost_prediction_is_left_to_a_person_though_its_inputs_are_listed(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.fault("submit", "create_rst")
        assert [run.go().kind for _ in range(3)] == ["Ambiguous"] * 3
        assert run.billed() == 1


def test_a_server_of_one_s_own_is_simply_asked_again(tmp_path: Path) -> None:
    with running(OPENAI, tmp_path, price={"free": True, "usd_per_clip": 0.0}) as run:
        run.server.fault("submit", "create_rst")
        assert [run.go().kind for _ in range(2)] == ["Retryable", "clip"]
        assert run.billed() == 2


def test_a_failure_that_a_server_tells_by_an_http_error_is_a_verdict(tmp_path: Path) -> None:
    error = {"code": 500, "message": "out of memory"}
    with running(OPENAI, tmp_path) as run:
        run.server.engine.uuid = lambda *parts: "1"  # type: ignore[method-assign]
        failed = {"id": "video_1", "object": "video", "status": "failed", "error": error}
        run.server.fault("poll", "status", status=500, body=failed)
        ended = run.go()
        assert (ended.kind, run.states()) == ("AdapterError", ["failed"])
        assert "out of memory" in ended.told
