"""Whole jobs of the services that came last, from MiniMax's second API on, against their fakes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.api.kit import BY_NAME, Case, Clock, running
from tests.api.record import Ledger

MINIMAX, DASHSCOPE, CLIP, OPENROUTER = (
    BY_NAME[name] for name in ("minimax_v2", "dashscope", "dashscope_clip", "openrouter")
)
MODELS = [
    *((MINIMAX, model) for model in ("minimax_api_h3", "minimax_api_h3_max")),
    *((DASHSCOPE, model) for model in ("dashscope_wan27", "dashscope_wan30", "dashscope_happyhorse_11")),
    (BY_NAME["wavespeed"], "wavespeed_kling_4"),
    (BY_NAME["wavespeed_clip"], "wavespeed_kling_4_extend"),
    (BY_NAME["together"], "together_seedance_25"),
    *((BY_NAME["vercel"], f"vercel_{model}") for model in ("seedance_25", "grok_imagine_15_lite")),
    *((OPENROUTER, f"openrouter_{model}") for model in ("kling_v30_pro", "veo31_fast", "seedance_25")),
]


@pytest.mark.parametrize(("case", "model"), MODELS)
def test_every_model_is_asked_only_for_what_it_takes(case: Case, model: str, tmp_path: Path) -> None:
    with running(replace(case, model=model), tmp_path) as run:
        assert run.go().kind == "clip", run.told
        assert run.billed() == 1


@pytest.mark.parametrize("case", [MINIMAX, DASHSCOPE, OPENROUTER], ids=str)
def test_a_lost_job_is_left_to_a_person_whatever_the_service_lists(case: Case, tmp_path: Path) -> None:
    with running(case, tmp_path) as run:
        run.server.fault("submit", "create_rst")
        assert [run.go().kind for _ in range(2)] == ["Ambiguous", "Ambiguous"]
        assert (run.billed(), "list" in run.server.hits) == (1, False)


def test_minimax_gives_a_fresh_address_when_the_old_one_is_no_longer_valid(tmp_path: Path) -> None:
    with running(MINIMAX, tmp_path) as run:
        run.server.fault("download", "403_until_repolled")
        assert run.go().kind == "clip"
        assert run.server.hits["poll"] == 3


def test_h3_max_is_told_not_to_rewrite_the_prompt(tmp_path: Path) -> None:
    with running(replace(MINIMAX, model="minimax_api_h3_max"), tmp_path) as run:
        run.go()
        (job,) = run.server.jobs.values()
        assert job.request["extra"] == {"prompt_expansion_mode": "disabled"}


def test_a_video_is_gone_on_from_and_what_was_sent_is_cut_off(tmp_path: Path) -> None:
    with running(CLIP, tmp_path, clip=None, leading="auto") as run:
        ended = run.go()
        assert ended.clip is not None, ended.told
        (job,) = run.server.jobs.values()
        (sent,) = run.server.engine.uploads.values()
        assert job.request["input"]["media"] == [{"type": "first_clip", "url": hashlib.sha256(sent).hexdigest()}]
        assert job.request["parameters"]["duration"] == 8
        assert ended.clip.info["sent"]["sha256"] == hashlib.sha256(sent).hexdigest()
        assert ended.clip.leading == 12  # of the 12 frames at 24 FPS that this test's request holds


def test_a_file_is_put_elsewhere_without_the_key(tmp_path: Path) -> None:
    with running(CLIP, tmp_path) as run:
        run.go()
        asked, put = run.server.captured("upload")[0], run.server.captured("files")[0]
        assert asked.headers["authorization"] == f"Bearer {CLIP.key}"
        assert "authorization" not in put.headers
        assert put.headers["host"].startswith("localhost:")


def test_leave_that_has_run_out_is_asked_for_anew(tmp_path: Path) -> None:
    with running(CLIP, tmp_path) as run:
        run.server.fault("files", "403", times=2)
        assert run.go().kind == "clip"
        assert (run.server.hits["upload"], run.server.hits["submit"]) == (3, 1)


def test_a_task_that_is_unknown_there_by_now_is_left_to_a_person_and_not_made_again(tmp_path: Path) -> None:
    with running(DASHSCOPE, tmp_path) as run:
        assert run.go(clock=Clock(cancel_at=1)).kind == "Cancelled"
        (job,) = run.server.jobs.values()
        job.deleted = True
        ended = run.go()
        assert (ended.kind, run.billed()) == ("Ambiguous", 1)
        assert "24 hours" in ended.told
        job.deleted = False
        assert run.go().kind == "clip"


def test_an_account_in_debt_stops_the_run(tmp_path: Path) -> None:
    with running(DASHSCOPE, tmp_path) as run:
        run.server.fault("submit", "402")
        ended = run.go()
        assert (ended.kind, run.billed()) == ("SetupError", 0)
        assert "Arrearage" in ended.told


@pytest.mark.parametrize(("byok", "usd"), [(False, 0.56), (True, 0.56)])
def test_what_openrouter_says_a_job_cost_is_recorded_but_for_keys_of_one_s_own(
    byok: bool, usd: float, tmp_path: Path
) -> None:
    case = replace(OPENROUTER, fake_changes={"byok": byok})
    with running(case, tmp_path, price={"usd_per_second": 0.112}) as run:
        assert run.go().kind == "clip"
        (attempt,) = run.ledger.log("0001").attempts
        assert attempt.usd == pytest.approx(usd)
        told: dict[str, Any] = attempt.facts["report"]
        assert told.get("is_byok", False) is byok
    assert isinstance(run.ledger, Ledger)


def test_another_price_than_the_yaml_s_is_what_counts(tmp_path: Path) -> None:
    with running(OPENROUTER, tmp_path, price={"usd_per_second": 1.0}) as run:
        run.go()
        assert run.ledger.log("0001").attempts[0].usd == pytest.approx(0.56)


def test_wavespeed_gives_back_what_was_sent_and_it_is_cut_off(tmp_path: Path) -> None:
    with running(BY_NAME["wavespeed_clip"], tmp_path, clip=None, leading="auto") as run:
        ended = run.go()
        assert ended.clip is not None, ended.told
        (sent,) = run.server.engine.uploads.values()
        assert ended.clip.info["sent"]["sha256"] == hashlib.sha256(sent).hexdigest()
        assert ended.clip.leading == 12
        assert "authorization" not in run.server.captured("files")[0].headers


def test_a_video_inside_vercel_s_answer_is_taken_as_one_that_lies_elsewhere(tmp_path: Path) -> None:
    with running(replace(BY_NAME["vercel"], fake_changes={"delivery": "base64"}), tmp_path) as run:
        ended = run.go()
        (job,) = run.server.jobs.values()
        assert ended.data == job.output
        assert (run.server.hits["download"], job.headers["idempotency-key"]) == (
            0,
            run.ledger.log("0001").attempts[0].facts["uuid"],
        )


@pytest.mark.parametrize(("name", "usd"), [("together", 1.245), ("vercel", 1.1555)])
def test_what_they_say_a_job_cost_is_what_counts(name: str, usd: float, tmp_path: Path) -> None:
    with running(BY_NAME[name], tmp_path, price={"usd_per_second": 9.0}) as run:
        run.go()
        assert run.ledger.log("0001").attempts[0].usd == pytest.approx(usd)
