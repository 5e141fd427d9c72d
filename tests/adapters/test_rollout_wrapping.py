"""Rolling out as a wrapper: costs, jobs, progress and batches of the inner adapter stay right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from adapters import AdapterError, Clip, Request
from adapters.harness import RollOut
from tests.adapters.clockwork import Clock, dark


def test_costs_of_the_segments_are_added_up(tmp_path: Path) -> None:
    class Paid(Clock):
        def generate(self, request: Request) -> Clip:
            return replace(super().generate(request), info={"cost_usd": 0.25})

    assert RollOut(Paid(frames=4)).generate(dark(tmp_path, seconds=1.0)).info["cost_usd"] == 0.75


@dataclass
class Log:
    kept: list[dict[str, Any]] = field(default_factory=list)

    def append(self, event: dict[str, Any]) -> None:
        self.kept.append(event)

    def events(self) -> list[dict[str, Any]]:
        return self.kept


def test_a_paid_segment_never_picks_up_the_job_of_another(tmp_path: Path) -> None:
    class Jobber(Clock):
        def generate(self, request: Request) -> Clip:
            assert request.jobs is not None
            if not request.jobs.events():
                request.jobs.append({"submitted": len(self.asked)})
            return super().generate(request)

    log = Log()
    request = dark(tmp_path, seconds=1.0, jobs=log)
    RollOut(Jobber(frames=4)).generate(request)
    once = list(log.kept)
    RollOut(Jobber(frames=4)).generate(request)  # as after a kill: every job is found again
    assert [event["submitted"] for event in once] == [0, 1, 2]
    assert log.kept == once


def test_progress_is_told_over_all_segments(tmp_path: Path) -> None:
    class Stepping(Clock):
        def generate(self, request: Request) -> Clip:
            request.step(1, 2)
            request.step(2, 2)
            return super().generate(request)

    steps: list[tuple[int, int]] = []
    request = dark(tmp_path, seconds=1.0, step=lambda k, n: steps.append((k, n)))
    RollOut(Stepping(frames=4)).generate(request)
    assert steps == [(1, 2), (2, 2), (3, 6), (4, 6), (5, 6), (6, 6)]


def test_a_batch_is_rolled_out_together_and_comes_back_in_order(tmp_path: Path) -> None:
    class Batching(Clock):
        sizes: list[int]

        def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
            taken = list(requests)
            self.sizes = [*getattr(self, "sizes", []), len(taken)]
            for request in taken:
                if request.scenario_id == "0002":
                    yield AdapterError("not this one")
                else:
                    yield self.generate(request)

    inner = Batching(frames=4)
    requests = (dark(tmp_path / str(k), seconds=k / 4, scenario_id=f"000{k}") for k in (4, 2, 1))
    results = list(RollOut(inner).generate_many(requests))
    assert [type(result).__name__ for result in results] == ["Clip", "AdapterError", "Clip"]
    assert [len(np.asarray(clip.frames)) for clip in results if isinstance(clip, Clip)] == [10, 4]
    assert inner.sizes == [3, 1, 1]


def test_a_clip_of_a_batch_comes_as_soon_as_those_before_it_are_there(tmp_path: Path) -> None:
    inner = Clock(frames=9)
    results = RollOut(inner).generate_many(dark(tmp_path / str(k), seconds=1.0) for k in range(3))
    next(results)
    assert len(inner.asked) == 1


def test_a_batch_that_loses_a_result_says_so(tmp_path: Path) -> None:
    class Silent(Clock):
        def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
            list(requests)
            yield from ()

    results = list(RollOut(Silent(frames=4)).generate_many([dark(tmp_path)]))
    assert "no result" in str(results[0])


def test_it_is_the_inner_adapter_in_all_else() -> None:
    told: list[str] = []

    class Inner(Clock):
        neutral = frozenset({"timeout_s"})

        def load(self) -> None:
            told.append("load")

        def close(self) -> None:
            told.append("close")

        def describe(self) -> dict[str, Any]:
            return {"revision": "abc"}

    inner = Inner(frames=4)
    wrapped = RollOut(inner)
    wrapped.load()
    wrapped.close()
    assert told == ["load", "close"]
    assert wrapped.describe() == {"revision": "abc"}
    assert wrapped.needs is inner.needs
    assert wrapped.neutral == {"timeout_s"}
