"""Makes all tasks of one process: threads prepare, generate in a slot, and finish outside of it.

A thread holds a slot only while the model works, so decoding and encoding hide behind it. Memory is bounded by one
clip per thread. Ctrl-C, a deadline, too many failures or a full disk stop the run in good order: nothing new is
begun, what is being encoded is published, and what is left is told (stopping.py: who still waits for what).
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from adapters import Adapter, AdapterError, Cancelled, Request, Retryable
from adapters.harness import Postponed
from runners.core.failures import failure, fatal
from runners.core.provenance import usable_cores
from runners.generation.batch import BatchCall
from runners.generation.breach import FirstClips
from runners.generation.in_hand import InHand
from runners.generation.interrupt import Interrupt
from runners.generation.produce import Handles, Made, Production, finish, made_by_model, made_from_raw, make_request
from runners.generation.retry import Left, until_settled
from runners.generation.stopping import Stopping
from runners.generation.tally import Limits, Stop, Tally, Watcher
from runners.paid.spending import Gate
from runners.planning.task import Task
from runners.runs.events import Failed
from runners.runs.run_folder import Lost


class Engine:
    """Runs the tasks of one process over one loaded adapter."""

    def __init__(
        self, production: Production, tasks: Sequence[Task], interrupt: Interrupt, watcher: Watcher, *,
        concurrency: int, limits: Limits, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`concurrency` is the number of calls to the model at once; a batch is one call."""
        self._production, self._watcher, self._interrupt, self._limits = production, watcher, interrupt, limits
        self.tally = Tally()
        self._stopping = Stopping(interrupt, limits, clock, self.tally)
        self._mutex = threading.Lock()
        self._slots = threading.BoundedSemaphore(concurrency)
        self._room = threading.BoundedSemaphore(2)
        # More decoders and encoders than cores only get in each other's way, and each holds frames.
        self._desks = threading.BoundedSemaphore(max(2, usable_cores()))
        self._units: queue.SimpleQueue[list[Task]] = queue.SimpleQueue()
        self._gate = Gate(production.caps, production.budget_lock, self._stopping.halted)
        self._count = len(tasks)
        self._first = FirstClips(watched=limits.early_stop)
        self._in_hand = InHand(self._stopping, self._gate, limits)
        for unit in _units(tasks, production.needs.max_batch):
            self._units.put(unit)
        # Beyond the slots, one thread prepares the next conditioning while one encodes the last clip.
        count = min(concurrency + 2, self._units.qsize())
        self._threads = [threading.Thread(target=self._work, daemon=True, name=f"clip-{k}") for k in range(count)]

    def run(self) -> Tally:
        """Work until everything is done or stopped; never raises for a clip."""
        for thread in self._threads:
            thread.start()
        while thread_alive := next((thread for thread in self._threads if thread.is_alive()), None):
            thread_alive.join(0.05)
            if (why := self._stopping.due()) is not None:
                self._stop(why)
            if self._interrupt.at_once() or self._in_hand.patience_ended():
                self.tally.abandoned = True
                break
            self._in_hand.tell()
        if self._interrupt.is_set():
            self._stop("interrupted")
        ended = self.tally.published + len(self.tally.ended)
        if self.tally.stop in ("deadline", "max_failures", "breach") and ended == self._count:
            self.tally.stop = None  # it was reached while the last clips were finished: nothing is left
        return self.tally

    def wait_for_abandoned(self) -> None:
        """Wait until all that was left behind has come to its end: minutes, or for ever."""
        for thread in self._threads:
            thread.join()

    def _tell(self, tell: Callable[..., None], *words: object) -> None:
        """A progress view that cannot be written to (a closed pipe) must not end the run."""
        with contextlib.suppress(OSError, ValueError):
            tell(*words)

    def _stop(self, why: Stop) -> None:
        self._stopping.stop(why)

    def _work(self) -> None:
        while not self._stopping.halted():
            try:
                unit = self._units.get_nowait()
            except queue.Empty:
                return
            try:
                self._make(unit)
            except BaseException as error:  # noqa: BLE001  (a library's sys.exit() would end this thread unheard)
                fault = AdapterError(failure(error)[1])
                for task in unit:
                    if task.state.published is None and task.id not in self.tally.ended:
                        self._failed(task, fault)

    def _make(self, unit: list[Task]) -> None:
        """Bring a unit to its end, asking again for clips that met a passing fault."""
        left = []
        for task in unit:
            if task.raw is not None and task.raw_root is not None:
                self._publish(task, partial(made_from_raw, task.raw, task.raw_root))
            else:
                left.append(task)

        def attempt() -> Left[Task]:
            again = self._attempt(left) if left and not self._stopping.halted() else []
            left[:] = [task for task, _ in again]
            return again

        for task, error in until_settled(attempt, self._limits.attempts, self._stopping.wait):
            self._failed(task, error)

    def _attempt(self, tasks: list[Task]) -> Left[Task]:
        """Generate once and publish; returns the tasks that met a passing fault."""
        if self._production.needs.max_batch == 1:
            return self._attempt_one(tasks[0])
        return self._attempt_batch(tasks)

    def _prepare(self, task: Task) -> Request:
        handles = Handles(partial(self._step, task.id), self._stopping.pause, self._gate)
        return make_request(self._production, task, handles)

    def _step(self, clip_id: str, k: int, n: int) -> None:
        self._stopping.step()
        self._tell(self._watcher.step, clip_id, k, n)

    def _attempt_one(self, task: Task) -> Left[Task]:
        try:
            with self._desks:
                request = self._prepare(task)
            with self._in_model([task]) as wanted:
                if not wanted:
                    return []
                started = time.monotonic()
                clip = self._production.adapter.generate(request)
                seconds = time.monotonic() - started
        except Retryable as error:
            return [(task, error)]
        except Exception as error:  # noqa: BLE001  (any failure is this clip's alone; the others go on)
            self._failed(task, error)
            return []
        self._publish(task, partial(made_by_model, self._production, task, request, clip, seconds))
        return []

    def _attempt_batch(self, tasks: list[Task]) -> Left[Task]:
        call = BatchCall(self._production, tasks, self._prepare, self._failed, self._publish, self._stopping.halted)
        return call.run(partial(self._in_model, tasks), self._room)

    @contextlib.contextmanager
    def _in_model(self, tasks: list[Task]) -> Iterator[bool]:
        """Holds a slot while the model works on these clips; false where the run was stopped before."""
        with self._slots:
            if self._stopping.halted():
                yield False
                return
            self._production.check()
            for task in tasks:
                self._tell(self._watcher.begun, task.id)
            with self._in_hand.in_model(tasks):
                yield True

    def _publish(self, task: Task, make: Callable[[], Made]) -> None:
        self._first.writing(task.id)
        with self._in_hand.writing():
            try:
                with self._desks:
                    task.state.published = finish(self._production, task, make())
            except Exception as error:  # noqa: BLE001  (as above)
                self._failed(task, error)
                return
        self._first.clear()
        with self._mutex:
            self.tally.published += 1
        self._tell(self._watcher.ended, task.id, "published", "")

    def _failed(self, task: Task, error: Exception) -> None:
        """Record a failure; a full disk and a wrong set-up end the run, being no fault of the clip."""
        if isinstance(error, Cancelled):
            return
        if isinstance(error, Postponed):
            self._postpone(task, error)
            return
        try:
            self._production.check()  # a folder that is gone makes everything fail
        except Lost as lost:
            error = lost
        message = fatal(error) or self._record(task, error)
        if message is None:
            self._count_failure(task, error)
            return
        self.tally.fatal = self.tally.fatal or message
        self._stop("lost" if isinstance(error, Lost) else "fatal")

    def _record(self, task: Task, error: Exception) -> str | None:
        """Put a failure into the journal; what to tell if that cannot be done, which ends the run."""
        kind, reason = failure(error)
        try:
            failed = Failed.of(task.id, kind, reason, task.own_texts)
            task.state.failed = self._production.journal.append(failed)
        except OSError as disk:
            return fatal(disk) or str(disk)
        return None

    def _count_failure(self, task: Task, error: Exception) -> None:
        """Tell of a clip's failure, and stop where there were too many, or the first clips all failed alike."""
        kind, reason = failure(error)
        with self._mutex:
            self.tally.end(task.id, kind, reason)
            too_many = self._limits.max_failures is not None and len(self.tally.failed) >= self._limits.max_failures
        self._tell(self._watcher.ended, task.id, kind, reason)
        breach = self._first.failed(task.id, error)
        if too_many:
            self._stop("max_failures")
        elif breach is not None:
            self.tally.breach = breach
            self._stop("breach")

    def _postpone(self, task: Task, error: Postponed) -> None:
        """Leave a clip for later, and the others too if none could fare better."""
        kind, reason = failure(error)
        with self._mutex:
            self.tally.postponed[task.id] = reason
        self._tell(self._watcher.ended, task.id, kind, reason)
        if error.ends_run:
            self._stop("postponed")


def _units(tasks: Sequence[Task], max_batch: int) -> list[list[Task]]:
    return [list(tasks[k : k + max_batch]) for k in range(0, len(tasks), max_batch)]


def slots(adapter: Adapter, wanted: int | None) -> int:
    """How many calls to the model at once: as configured, but never more than the adapter allows."""
    allowed = max(1, adapter.needs.concurrency)
    return allowed if wanted is None else max(1, min(wanted, allowed))
