"""A run whose first clips all break the contract ends at once, and tells how to go on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tenacity

from adapters import AdapterError, BadClip, Clip, Refused, Request, Retryable
from runners.core.settings import SelectSettings
from runners.generation.breach import FirstClips
from tests.run.harness import Paint, Scripted, run


def broken(error: Exception | None = None, clip: Clip | None = None) -> Callable[[Request, int], Any]:
    """Each clip fails alike."""

    def act(request: Request, number: int) -> Clip | None:
        if error is not None:
            raise error
        threading.Event().wait(0.3)  # a model takes longer than it takes to see that its clip is bad
        return clip

    return act


SHORT = Clip(fps=8, frames=np.zeros((9, 54, 96, 3), np.uint8))


@pytest.mark.parametrize(
    ("act", "kind"),
    [(broken(TypeError("no")), "TypeError"), (broken(clip=SHORT), "BadClip"), (broken(KeyError()), "KeyError")],
)
@pytest.mark.parametrize("max_batch", [1, 2])
def test_three_first_clips_that_break_the_contract_alike_stop_the_run(
    act: Callable[[Request, int], Any], kind: str, max_batch: int, tmp_path: Path
) -> None:
    outcome = run(tmp_path, Scripted(act, concurrency=1, max_batch=max_batch))
    assert (outcome.code, outcome.counts.published) == (1, 0)
    assert 3 <= outcome.counts.failed < 6
    (line,) = (line for line in outcome.lines if "early_stop=false" in line)
    assert f"left (the first 3 all failed by {kind}" in line
    assert "; go on with: " in line
    assert run(tmp_path, Scripted(act), early_stop=False).counts.failed == 6
    assert run(tmp_path, Paint()).code == 0  # and the mended adapter goes on with the same run


@pytest.mark.parametrize(
    "act",
    [
        broken(ConnectionError("the network")),
        broken(Refused("moderated")),
        broken(AdapterError("not this one")),
        broken(json.JSONDecodeError("no JSON", "<html>", 0)),
        lambda request, _: broken([TypeError(), ValueError()][int(request.scenario_id) % 2])(request, 1),
    ],
)
def test_what_may_differ_from_clip_to_clip_stops_nothing(act: Callable[[Request, int], Any], tmp_path: Path) -> None:
    outcome = run(tmp_path, Scripted(act, concurrency=1))
    assert outcome.code == 1
    assert outcome.counts.failed + outcome.counts.refused + outcome.counts.published == 6
    assert "early_stop=" not in "\n".join(outcome.lines)


def test_a_clip_that_is_still_being_published_speaks_for_the_adapter() -> None:
    first = FirstClips(watched=True)
    first.writing("0001")
    assert [first.failed(f"000{k}", TypeError()) for k in (2, 3, 4)] == [None] * 3
    first.clear()
    assert first.failed("0005", TypeError()) is None
    first = FirstClips(watched=True)
    first.writing("0001")
    assert [first.failed(f"000{k}", BadClip()) for k in (2, 3, 4, 1)] == [None] * 3 + ["BadClip"]


def test_another_end_among_the_first_three_clears_the_adapter() -> None:
    first = FirstClips(watched=True)
    errors = [TypeError(), Refused("no"), *[TypeError()] * 5]
    assert {first.failed(str(k), error) for k, error in enumerate(errors)} == {None}


def test_retries_in_between_are_no_end_of_a_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.generation.retry.JITTER", tenacity.wait_none())

    def act(request: Request, number: int) -> Clip | None:
        raise Retryable("busy") if number == 1 else TypeError("no")

    outcome = run(tmp_path, Scripted(act, concurrency=1))
    assert 3 <= outcome.counts.failed < 6


def test_a_run_that_published_a_clip_before_is_not_stopped_early(tmp_path: Path) -> None:
    assert run(tmp_path, select=SelectSettings(ids=["6"])).code == 0
    assert run(tmp_path, Scripted(broken(TypeError("no")), concurrency=1)).counts.failed == 5


@pytest.mark.parametrize("count", [2, 3])
def test_three_clips_or_fewer_all_fail_as_they_always_did(count: int, tmp_path: Path) -> None:
    outcome = run(tmp_path, Scripted(broken(TypeError("no")), concurrency=1), select=SelectSettings(limit=count))
    assert (outcome.code, outcome.counts.failed) == (1, count)
    assert "early_stop=" not in "\n".join(outcome.lines)
