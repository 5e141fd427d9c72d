"""Whose process this is, and its workers: spawned, so that a threaded parent is safe; nothing of theirs outlives it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Generic, TypeVar

from runners.core.errors import UserError

_IS_GUEST: ContextVar[bool] = ContextVar("is_guest", default=False)


@contextmanager
def guest() -> Iterator[None]:
    """A run inside somebody's program, not a command of its own: the process, its signals and words are the host's."""
    before = _IS_GUEST.set(True)
    try:
        yield
    finally:
        _IS_GUEST.reset(before)


def is_guest() -> bool:
    """Whether this thread works for a program that called `runners.evaluate`."""
    return _IS_GUEST.get()


_STARTING = threading.RLock()


@contextmanager
def without_main() -> Iterator[None]:
    """Processes that are spawned in here for `evaluate` do not run the calling program's main file once more.

    They work with what they import by name; a script that trains and then calls it would train again in each of them.
    """
    if not is_guest():
        yield
        return
    with _STARTING:
        main = vars(sys.modules["__main__"])
        hidden: dict[str, object] = {name: main[name] for name in ("__file__", "__spec__") if name in main}
        main.pop("__file__", None)
        main["__spec__"] = None
        try:
            yield
        finally:
            main.pop("__spec__", None)
            main.update(hidden)


T = TypeVar("T")
R = TypeVar("R")

_LOST = (EOFError, OSError)


class WorkerDied(Exception):
    """A worker process ended in the middle of a task, killed for want of memory perhaps; `task` is its index."""

    def __init__(self, task: int, exit_code: int | None) -> None:
        super().__init__(f"the worker process of task {task} died (exit code {exit_code})")
        self.task, self.exit_code = task, exit_code


def run_in_workers(
    work: Callable[[T], R], tasks: Sequence[T], workers: int, *, scratch: Path | None = None
) -> Generator[tuple[int, R]]:
    """Yield (index, result) of each task as it is done, by up to `workers` processes; with one, in this process.

    `work` and the tasks travel by pickle, one task at a time to each process. The first error ends everything: as the
    work raised it, or `WorkerDied`. All processes are gone when the iterator ends, is closed, or raises, and soon after
    this process is, be it by SIGKILL; they remove the folder `scratch` then. Ctrl-C is heard by this process alone.
    """
    workers = min(workers, len(tasks))
    if workers <= 1:
        yield from enumerate(map(work, tasks))
        return
    waiting = deque(enumerate(tasks))
    context = multiprocessing.get_context("spawn")
    crew: dict[Connection, _Worker[T, R]] = {}
    try:
        for _ in range(workers):
            worker: _Worker[T, R] = _Worker(context, work, scratch)
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

    def __init__(self, context: SpawnContext, work: Callable[[T], R], scratch: Path | None) -> None:
        self.connection, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs, work, scratch), daemon=True)
        with _sigint_waits(), without_main():
            self._process.start()
        theirs.close()  # else its death would not end the pipe
        self._index = -1

    def give(self, index: int, task: T) -> None:
        self._index = index
        try:
            self.connection.send(task)
        except _LOST:
            raise self._died() from None

    def take(self) -> tuple[int, R]:
        try:
            result, error = self.connection.recv()
        except _LOST:
            raise self._died() from None
        if error is not None:
            raise error
        return self._index, result

    def stop(self) -> None:
        self.connection.close()
        self._process.terminate()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _died(self) -> WorkerDied:
        self._process.join(5)
        return WorkerDied(self._index, self._process.exitcode)


@contextmanager
def _sigint_waits() -> Iterator[None]:
    """A process that is started in here hears no Ctrl-C, not even while it still imports what will ignore it."""
    resource_tracker.ensure_running()  # else it is started in here, and lets SIGINT through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, work: Callable[[T], R], scratch: Path | None) -> None:
    """The worker's whole life: results or errors for tasks, until it is stopped or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches all; the parent ends its workers
    threading.Thread(target=_end_with_parent, args=(scratch,), daemon=True).start()
    import cv2

    cv2.setNumThreads(1)  # there is a process for each core
    while True:
        try:
            task: T = connection.recv()
        except _LOST:
            return
        try:
            reply: tuple[R | None, Exception | None] = work(task), None
        except Exception as error:  # noqa: BLE001  (the parent raises it)
            reply = None, _fit_to_travel(error)
        connection.send(reply)


def _fit_to_travel(error: Exception) -> Exception:
    """The error with its traceback as a note, for neither that nor a cause is pickled; its text if it cannot be.

    A `UserError` says all in its message.
    """
    if not isinstance(error, UserError):
        error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    except Exception:  # noqa: BLE001  (whatever its class does)
        told = RuntimeError(f"{type(error).__name__}: {error}")
        told.add_note(traceback.format_exc())
        return told
    return error


def _end_with_parent(scratch: Path | None) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    if scratch is not None:
        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)
