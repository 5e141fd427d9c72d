"""The engine with models that take many clips in a call: whatever a batch does, each clip comes to its own end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tenacity

from adapters import AdapterError, Clip, Refused, Request, Retryable, SetupError
from runners.generation.engine import Engine
from runners.planning.task import Task
from tests.generation.engines import run
from tests.run.harness import IDS, Batched, Paint

Made = Iterator[Clip | AdapterError]


class Says(Batched):
    """A batch that does what a function says with the requests that it is given."""

    def __init__(self, say: Callable[[Says, Iterator[Request]], Made], **changes: Any) -> None:
        super().__init__(**{"max_batch": 6, **changes})
        self._say = say

    def generate_many(self, requests: Iterable[Request]) -> Made:
        return self._say(self, iter(requests))

    @property
    def asked(self) -> list[str]:
        return [request.scenario_id for request in self.calls]


def test_a_batch_that_ends_early_fails_the_clips_without_a_result_and_keeps_the_others(tmp_path: Path) -> None:
    def short(model: Says, requests: Iterator[Request]) -> Made:
        taken = list(requests)
        yield from map(model.generate, taken[:4])

    tally = run(tmp_path, Says(short))
    assert tally.published == 4
    assert tally.failed == dict.fromkeys(IDS[4:], "the adapter's batch ended without a result for this clip")


def test_no_clip_of_a_batch_is_passed_over_in_silence(tmp_path: Path) -> None:
    def lazy(model: Says, requests: Iterator[Request]) -> Made:
        yield model.generate(next(requests))

    tally = run(tmp_path, Says(lazy))
    assert tally.published == 1
    assert list(tally.failed) == IDS[1:]


def test_more_results_than_requests_fail_what_has_none_yet(tmp_path: Path) -> None:
    def twice(model: Says, requests: Iterator[Request]) -> Made:
        for request in requests:
            yield model.generate(request)
            yield model.generate(request)

    tally = run(tmp_path, Says(twice))
    assert tally.published == 1
    assert list(tally.failed) == IDS[1:]
    assert set(tally.failed.values()) == {"the adapter's batch gave more results than it took requests"}


def test_a_surplus_at_the_end_costs_no_clip(tmp_path: Path) -> None:
    def surplus(model: Says, requests: Iterator[Request]) -> Made:
        taken = list(requests)
        yield from map(model.generate, [*taken, taken[-1]])

    tally = run(tmp_path, Says(surplus))
    assert (tally.published, tally.failed) == (6, {})


def test_an_error_in_a_batch_is_that_clip_s_alone(tmp_path: Path) -> None:
    def errors(model: Says, requests: Iterator[Request]) -> Made:
        for request in requests:
            if request.scenario_id == "0002":
                yield Refused("moderated")
            elif request.scenario_id == "0005":
                yield AdapterError("no")
            else:
                yield model.generate(request)

    tally = run(tmp_path, Says(errors))
    assert (tally.published, tally.refused, tally.failed) == (4, {"0002": "moderated"}, {"0005": "no"})


def test_only_what_met_a_passing_fault_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.generation.retry.JITTER", tenacity.wait_none())
    seen: list[list[str]] = []

    def busy(model: Says, requests: Iterator[Request]) -> Made:
        seen.append([])
        for request in requests:
            seen[-1].append(request.scenario_id)
            yield Retryable("busy") if len(seen) == 1 and request.scenario_id in IDS[2:4] else model.generate(request)

    tally = run(tmp_path, Says(busy))
    assert (tally.published, seen) == (6, [IDS, IDS[2:4]])


def test_a_batch_that_breaks_half_way_keeps_what_came_before(tmp_path: Path) -> None:
    def breaks(model: Says, requests: Iterator[Request]) -> Made:
        taken = list(requests)
        yield from map(model.generate, taken[:3])
        raise ZeroDivisionError("half a model")

    tally = run(tmp_path, Says(breaks))
    assert tally.published == 3
    assert list(tally.failed) == IDS[3:]
    assert all("ZeroDivisionError: half a model" in reason for reason in tally.failed.values())


def test_a_clip_that_breaks_its_call_takes_no_clip_with_it_that_was_not_begun(tmp_path: Path) -> None:
    class Breaks(Paint):
        def generate(self, request: Request) -> Clip:
            if request.scenario_id == "0003":
                raise ZeroDivisionError("half a model")
            return super().generate(request)

    tally = run(tmp_path, Breaks(max_batch=6))
    assert (tally.published, list(tally.failed)) == (5, ["0003"])


def test_a_batch_that_meets_a_passing_fault_as_a_whole_is_asked_again_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runners.generation.retry.JITTER", tenacity.wait_none())
    seen: list[list[str]] = []

    def busy(model: Says, requests: Iterator[Request]) -> Made:
        seen.append([])
        for request in requests:
            seen[-1].append(request.scenario_id)
            if len(seen[-1]) == 3 and len(seen) == 1:
                raise Retryable("busy")
            yield model.generate(request)

    tally = run(tmp_path, Says(busy))
    assert (tally.published, seen) == (6, [IDS[:3], IDS[2:]])


def test_a_wrong_set_up_found_by_a_batch_ends_the_run_with_its_message(tmp_path: Path) -> None:
    def unready(model: Says, requests: Iterator[Request]) -> Made:
        raise SetupError("set ACME_HOME")

    tally = run(tmp_path, Says(unready, max_batch=2))
    assert (tally.stop, tally.fatal, tally.failed) == ("fatal", "set ACME_HOME", {})


def test_a_conditioning_that_cannot_be_read_fails_alone_in_a_batch(tmp_path: Path) -> None:
    def gone(task: Task) -> None:
        if task.id == "0002":
            raise OSError("unplugged")

    class Unplugged(Engine):
        def _prepare(self, task: Task) -> Request:
            gone(task)
            return super()._prepare(task)

    tally = run(tmp_path, Batched(max_batch=6), kind=Unplugged)
    assert (tally.published, list(tally.failed)) == (5, ["0002"])
