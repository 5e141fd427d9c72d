"""The engine: slots, what runs beside what, how much is in memory, and how it stops."""

from __future__ import annotations

import gc
import itertools
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import AdapterError, Cancelled, Clip, Frame, Request
from runners.generation.engine import Engine, slots
from runners.generation.interrupt import Interrupt
from runners.generation.tally import Limits
from runners.planning.task import Task
from tests.generation.engines import PATIENCE_S, engine, run
from tests.run.harness import IDS, Paint

# Slots, and what runs beside them


class Counting(Paint):
    """Counts the calls at once; each waits for as many as there may be, the first one for all threads' requests."""

    def __init__(self, width: int, prepared: threading.Semaphore, threads: int) -> None:
        super().__init__()
        self._meet = threading.Barrier(width)
        self._prepared, self._threads = prepared, threads
        self.now = self.most = 0

    def generate(self, request: Request) -> Clip:
        with self._mutex:
            self.now += 1
            self.most = max(self.most, self.now)
            first, self._threads = self._threads, 0
        for _ in range(first):
            assert self._prepared.acquire(timeout=PATIENCE_S)
        self._meet.wait(PATIENCE_S)
        clip = super().generate(request)
        with self._mutex:
            self.now -= 1
        self._meet.wait(PATIENCE_S)
        return clip


@pytest.mark.parametrize("width", [1, 2, 3])
def test_as_many_calls_at_once_as_there_are_slots_and_never_more(tmp_path: Path, width: int) -> None:
    prepared = threading.Semaphore(0)

    class Observed(Engine):
        def _prepare(self, task: Task) -> Request:
            request = super()._prepare(task)
            prepared.release()
            return request

    model = Counting(width, prepared, threads=width + 2)
    tally = run(tmp_path, model, concurrency=width, kind=Observed)
    assert (tally.published, tally.failed, model.most) == (6, {}, width)


def test_a_run_has_no_more_slots_than_the_adapter_allows() -> None:
    assert [slots(Paint(concurrency=3), wanted) for wanted in (None, 1, 3, 9, 0)] == [3, 1, 3, 3, 1]
    assert slots(Paint(concurrency=0), None) == 1


class Leaning(Paint):
    """Its first clip ends only after the model has begun on the next one: encoding must not hold the model up."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(**changes)
        self._second = threading.Event()

    def generate(self, request: Request) -> Clip:
        if self.calls:
            self._second.set()
        whole = super().generate(request)
        assert isinstance(whole.frames, np.ndarray)
        return Clip(8, self._waiting(whole.frames), leading=1)

    def _waiting(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for k, frame in enumerate(frames):
            if k == 20 and not self._second.wait(PATIENCE_S):
                raise AdapterError("the model stood still while a clip was encoded")
            yield frame


@pytest.mark.parametrize("batch", [1, 6])
def test_the_model_begins_the_next_clip_while_the_last_one_is_encoded(tmp_path: Path, batch: int) -> None:
    tally = run(tmp_path, Leaning(max_batch=batch), concurrency=1)
    assert (tally.published, tally.failed) == (6, {})


class Weighed(Paint):
    """Knows how many of its clips are in memory whenever it is about to make one more."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(**changes)
        self._made: list[weakref.ref[Clip]] = []
        self.most = 0

    def generate(self, request: Request) -> Clip:
        clip = super().generate(request)
        with self._mutex:
            self._made.append(weakref.ref(clip))
            self.most = max(self.most, sum(one() is not None for one in self._made))
        if request.scenario_id == "0003":
            raise AdapterError("with its clip in a frame of the traceback")
        return clip

    @property
    def left(self) -> int:
        return sum(one() is not None for one in self._made)


@pytest.mark.parametrize("batch", [1, 2, 6])
@pytest.mark.parametrize("width", [1, 2])
def test_no_more_clips_are_in_memory_than_calls_and_two_more(tmp_path: Path, width: int, batch: int) -> None:
    gc.disable()  # memory must not wait for the collector
    try:
        model = Weighed(max_batch=batch)
        tally = run(tmp_path, model, concurrency=width)
        assert model.left == 0
    finally:
        gc.enable()
    assert (tally.published, list(tally.failed)) == (5, ["0003"])
    assert model.most <= width + 2


# Stopping


class Deaf(Paint):
    """Waits inside its first call until the test lets it go, whatever happens around it."""

    def __init__(self, begun: Callable[[], None], **changes: Any) -> None:
        super().__init__(**changes)
        self._begun = begun
        self.let_go = threading.Event()

    def generate(self, request: Request) -> Clip:
        self._begun()
        assert self.let_go.wait(PATIENCE_S)
        return super().generate(request)


def test_a_model_that_hears_nothing_is_abandoned_after_the_grace_time(tmp_path: Path) -> None:
    interrupt = Interrupt()
    times = iter([0.0, 100.0, 102.0, 105.0, 105.1])  # made, interrupted, two looks within 5 s, one after
    model = Deaf(interrupt.set)
    with engine(
        tmp_path, model, interrupt=interrupt, clock=lambda: next(times), limits=Limits(grace_s=5), ids=IDS[:2]
    ) as ready:
        tally = ready.run()
        assert (tally.stop, tally.abandoned, tally.published) == ("interrupted", True, 0)
        assert next(times, None) is None
        model.let_go.set()
        for thread in ready._threads:
            thread.join(PATIENCE_S)


def test_an_interrupted_run_begins_nothing_new_and_publishes_what_the_model_gave(tmp_path: Path) -> None:
    interrupt = Interrupt()

    class Last(Paint):
        def generate(self, request: Request) -> Clip:
            interrupt.set()
            return super().generate(request)

    model = Last()
    tally = run(tmp_path, model, interrupt=interrupt)
    assert (tally.stop, tally.abandoned, tally.published, len(model.calls)) == ("interrupted", False, 1, 1)


def test_a_cancelled_clip_is_neither_failed_nor_recorded(tmp_path: Path) -> None:
    interrupt = Interrupt()
    heard: list[str] = []

    class Hears(Paint):
        def generate(self, request: Request) -> Clip:
            request.step(1, 3)
            interrupt.set()
            try:
                request.step(2, 3)
            except Cancelled:
                heard.append(request.scenario_id)
                raise
            return super().generate(request)

    tally = run(tmp_path, Hears(), interrupt=interrupt)
    assert (len(heard), tally.failed, tally.published, tally.stop) == (1, {}, 0, "interrupted")
    journal = next(tmp_path.rglob("journal.jsonl"))
    assert journal.read_text("utf-8") == ""


def test_a_deadline_by_the_clock_lets_the_clips_in_hand_finish(tmp_path: Path) -> None:
    late = threading.Event()

    class Slow(Paint):
        def generate(self, request: Request) -> Clip:
            late.set()
            assert stopped.wait(PATIENCE_S)
            return super().generate(request)

    stopped = threading.Event()

    class Told(Engine):
        def _stop(self, why: Any) -> None:
            super()._stop(why)
            stopped.set()

    model = Slow()
    tally = run(
        tmp_path, model, limits=Limits(deadline_s=60), clock=lambda: 61.0 if late.is_set() else 0.0, kind=Told
    )  # fmt: skip
    assert (tally.stop, tally.published, len(model.calls)) == ("deadline", 1, 1)


def test_a_clip_that_is_made_here_is_finished_however_late_and_that_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = itertools.count(61.0, 100.0)  # each look is long after the grace time
    late = threading.Event()

    def clock() -> float:
        if not late.is_set():
            return 0.0
        now = next(times)
        if now > 2000:
            model.let_go.set()
        return now

    model = Deaf(late.set)
    tally = run(tmp_path, model, limits=Limits(deadline_s=60), clock=clock)
    assert (tally.stop, tally.abandoned, tally.published, len(model.calls)) == ("deadline", False, 1, 1)
    made = model.calls[0].scenario_id  # requests are prepared side by side: either of the first two may come first
    told = f"deadline_s=60 is over: the run ends as soon as the model has ended its work on {made}\n"
    assert capsys.readouterr().err.count(told) == 1


def test_a_failure_s_reason_is_one_line(tmp_path: Path) -> None:
    class Wordy(Paint):
        def generate(self, request: Request) -> Clip:
            raise AdapterError("exit code 1:\n  no such\n\tdevice")

    tally = run(tmp_path, Wordy(), ids=IDS[:1])
    assert tally.failed == {"0001": "exit code 1: no such device"}
