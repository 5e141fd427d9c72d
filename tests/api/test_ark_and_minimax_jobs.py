"""Whole jobs of Seedance on Ark and of MiniMax against their fakes, with what is peculiar to each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.kit import Case, Clock, Run, running

ARK = Case("ark", "ark:Ark", "ark_seedance_15_pro", "ARK_API_KEY", "CANARY-ark-99127")
UNSEEDED = Case("ark", "ark:Ark", "ark_seedance_20", "ARK_API_KEY", "CANARY-ark-99127")
MINIMAX = Case("minimax", "minimax:MiniMax", "minimax_hailuo_23", "MINIMAX_API_KEY", "CANARY-minimax-1279")


@pytest.fixture
def ark(tmp_path: Path) -> Iterator[Run]:
    with running(ARK, tmp_path) as run:
        yield run


@pytest.fixture
def minimax(tmp_path: Path) -> Iterator[Run]:
    with running(MINIMAX, tmp_path) as run:
        yield run


@pytest.mark.parametrize(
    "model",
    ["ark_seedance_25", "ark_seedance_20", "ark_seedance_20_fast", "ark_seedance_15_pro", "ark_seedance_10_pro"],
)
def test_every_seedance_is_asked_only_for_what_it_takes(model: str, tmp_path: Path) -> None:
    with running(Case("ark", "ark:Ark", model, ARK.key_env, ARK.key), tmp_path) as run:
        ended = run.go()
        assert ended.clip is not None, ended.told
        assert ended.clip.info["reported"]["completion_tokens"] == 108_900


def test_a_request_that_never_made_a_task_finds_nobody_else_s(ark: Run) -> None:
    assert ark.go("0002").kind == "clip"
    ark.server.fault("submit", "500")
    assert [ark.go().kind for _ in range(2)] == ["Ambiguous", "Ambiguous"]


def test_a_lost_task_is_left_to_a_person_though_the_service_lists_its_seed(ark: Run) -> None:
    ark.server.fault("submit", "create_rst")
    assert [ark.go().kind for _ in range(2)] == ["Ambiguous", "Ambiguous"]
    assert "list" not in ark.server.hits


def test_with_the_attempt_s_name_in_the_request_it_is_found_all_the_same(tmp_path: Path) -> None:
    with running(UNSEEDED, tmp_path, options={"uuid": "safety_identifier"}) as run:
        run.server.fault("submit", "create_rst")
        assert [run.go().kind for _ in range(2)] == ["Ambiguous", "clip"]


def test_a_task_that_expired_in_the_queue_is_a_failure(ark: Run) -> None:
    ark.server.outcome(1, "cancelled", "expired")
    assert ark.go().kind == "AdapterError"


def test_minimax_takes_three_hops_to_a_video(minimax: Run) -> None:
    ended = minimax.go()
    (job,) = minimax.server.jobs.values()
    assert ended.data == job.output
    assert set(minimax.server.hits) == {"submit", "poll", "result", "download"}
    assert job.request["prompt_optimizer"] is False


def test_an_address_that_is_no_longer_valid_is_asked_for_anew(minimax: Run) -> None:
    minimax.server.fault("download", "403_until_repolled")
    assert minimax.go().kind == "clip"
    assert minimax.server.hits["result"] == 2


def test_a_rate_limit_in_a_200_is_waited_for(minimax: Run) -> None:
    clock = Clock()
    minimax.server.fault("submit", "429_seconds", times=2)
    assert minimax.go(clock=clock).kind == "clip"
    assert minimax.billed() == 1
    assert clock.waited > 1


@pytest.mark.parametrize(("code", "kind"), [("401", "SetupError"), ("402", "SetupError"), ("422", "Rejected")])
def test_a_no_in_a_200_is_a_no(minimax: Run, code: str, kind: str) -> None:
    minimax.server.fault("submit", code)
    assert minimax.go().kind == kind
    assert minimax.billed() == 0


@pytest.mark.parametrize(
    ("outcome", "kind"), [("moderated", "Refused"), ("failed", "AdapterError"), ("empty", "AdapterError")]
)
def test_ends_without_a_video_are_what_they_are(minimax: Run, outcome: str, kind: str) -> None:
    minimax.server.outcome(1, outcome)
    assert minimax.go().kind == kind
