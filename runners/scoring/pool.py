"""Worker processes for scoring: spawned, so that a threaded parent is safe; nothing of theirs outlives the parent."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Generic, TypeVar

from runners.core.errors import UserError, WorkFailed
from runners.core.failures import fatal
from runners.core.processes import without_main
from runners.scoring.scratch import scratch_folder

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[T, Path], R]
"""What is done to a task; the path is an empty folder, removed afterwards. Importable by name, as it is pickled."""

_LOST = (EOFError, OSError)


class ScoringError(Exception):
    """Scoring a clip failed for a reason that is not in the user's files; the message names the clip."""


def run_tasks(work: Work[T, R], tasks: Sequence[T], workers: int, name: Callable[[T], str]) -> Generator[tuple[int, R]]:
    """Yield (index, result) of each task as it is done, by up to `workers` processes; with one, in this process.

    The first error ends everything: `UserError` as the work raised it, `WorkFailed` if a worker died, `ScoringError`
    for anything else. Processes and temporary files are gone when the iterator ends, is closed, or raises.
    """
    workers = min(workers, len(tasks))
    with scratch_folder(Path(tempfile.gettempdir()), "physics-iq-score-") as folder:
        if workers > 1:
            yield from _run_in_processes(work, tasks, workers, name, folder)
        else:
            for index, task in enumerate(tasks):
                yield index, _attempt(work, task, name(task), folder)


def _attempt(work: Work[T, R], task: T, name: str, folder: Path) -> R:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            return work(task, Path(scratch))
        except UserError:
            raise
        except Exception as error:
            if told := fatal(error):
                raise UserError(f"{folder}: {told}, or set TMPDIR to a larger disk") from error
            failure = ScoringError(f"scoring {name} failed: {type(error).__name__}: {error}")
            failure.add_note(traceback.format_exc())  # a cause does not travel between processes, a note does
            raise failure from error


def _run_in_processes(
    work: Work[T, R], tasks: Sequence[T], workers: int, name: Callable[[T], str], folder: Path
) -> Generator[tuple[int, R]]:
    waiting = deque((index, task, name(task)) for index, task in enumerate(tasks))
    context = multiprocessing.get_context("spawn")
    crew: dict[Connection, _Worker[T, R]] = {}
    try:
        for _ in range(workers):
            worker: _Worker[T, R] = _Worker(context, work, folder)
            crew[worker.connection] = worker
            worker.give(*waiting.popleft())
        busy = set(crew)
        while busy:
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection)
                worker = crew[connection]
                yield worker.take()
                if waiting:
                    worker.give(*waiting.popleft())
                else:
                    busy.remove(connection)
    finally:
        for worker in crew.values():
            worker.stop()


class _Worker(Generic[T, R]):
    """One process with one task at a time, so that it is always known what a dead one was doing."""

    def __init__(self, context: SpawnContext, work: Work[T, R], folder: Path) -> None:
        self.connection, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs, work, folder), daemon=True)
        with _sigint_waits(), without_main():
            self._process.start()
        theirs.close()  # else its death would not end the pipe
        self._index, self._name = -1, ""

    def give(self, index: int, task: T, name: str) -> None:
        self._index, self._name = index, name
        try:
            self.connection.send((task, name))
        except _LOST:
            raise self._died() from None

    def take(self) -> tuple[int, R]:
        try:
            reply: R | Exception = self.connection.recv()
        except _LOST:
            raise self._died() from None
        if isinstance(reply, Exception):
            raise reply
        return self._index, reply

    def stop(self) -> None:
        self.connection.close()
        self._process.terminate()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _died(self) -> WorkFailed:
        self._process.join(5)
        return WorkFailed(
            f"the worker process that scored {self._name} died (exit code {self._process.exitcode}), perhaps for want "
            "of memory; score again with scorer.workers=1"
        )


@contextlib.contextmanager
def _sigint_waits() -> Iterator[None]:
    """A process that is started in here hears no Ctrl-C, not even while it still imports what will ignore it."""
    resource_tracker.ensure_running()  # else it is started in here, and lets SIGINT through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, work: Work[T, R], folder: Path) -> None:
    """The worker's whole life: results or errors for tasks, until it is stopped or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches all; the parent ends its workers
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    import cv2

    cv2.setNumThreads(1)
    while True:
        try:
            task, name = connection.recv()
        except _LOST:
            return
        try:
            reply: R | Exception = _attempt(work, task, name, folder)
        except (UserError, ScoringError) as error:
            reply = error
        connection.send(reply)


def _end_with_parent(folder: Path) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
