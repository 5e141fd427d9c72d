"""A batch of clips in one call of the model: requests prepared as they are taken, results published as they come.

Who is to blame when a call fails as a whole? Only clips whose request was taken can have caused it: they fail (or are
asked for again, if the fault may pass), and those that the adapter never took go into a call of their own. Where
nothing was taken, nobody in particular met the fault: it is everybody's.

Memory: a clip is held by the model's iterator or by the one thread that publishes it, and by nothing else. That is why
names are deleted as soon as they have been handed on, a thread's function lies in a list that it empties, and an
error's traceback is dropped: each of them would keep a clip of a GB until the next one is there.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

from adapters import AdapterError, BadClip, Request, Retryable
from runners.generation.produce import Made, Production, made_by_model
from runners.generation.retry import Left
from runners.planning.task import Task

Prepare = Callable[[Task], Request]
Fail = Callable[[Task, Exception], None]
Publish = Callable[[Task, Callable[[], Made]], None]


class BatchCall:
    """One call of `generate_many`, and those that follow from it for clips that it did not take."""

    def __init__(
        self, production: Production, tasks: list[Task], prepare: Prepare, failed: Fail, publish: Publish,
        halted: Callable[[], bool],
    ) -> None:  # fmt: skip
        """`publish` and `failed` end a clip and raise nothing; once `halted`, no further request is handed out."""
        self._production, self._prepare, self._failed = production, prepare, failed
        self._publish, self._halted = publish, halted
        self._batch = Batch(tasks, prepare, failed, halted)
        self._again = Left[Task]()

    def run(self, in_model: Callable[[], AbstractContextManager[bool]], room: threading.BoundedSemaphore) -> Left[Task]:
        """Ask for all of them; returns those that met a passing fault. `room` counts clips that are being published."""
        writer = BackgroundWriter(room)
        try:
            with in_model() as wanted:
                if not wanted:
                    return []
                self._take_results(writer)
        except Exception as error:  # noqa: BLE001  (the call failed as a whole; what it gave before stays)
            problem = error
        else:
            problem = BadClip("the adapter's batch ended without a result for this clip")
        finally:
            writer.join()  # also before a library's sys.exit() ends this call
        innocent = self._blame(problem)
        problem.__traceback__ = None
        return self._again + (self._anew(innocent).run(in_model, room) if innocent else [])

    def _anew(self, tasks: list[Task]) -> BatchCall:
        return BatchCall(self._production, tasks, self._prepare, self._failed, self._publish, self._halted)

    def _blame(self, problem: Exception) -> list[Task]:
        """End the clips that may have caused the call's end, or ask for them again; returns those that did not."""
        guilty, innocent = self._batch.unsettled(), [] if self._halted() else self._batch.untaken()
        if not guilty or isinstance(problem, Retryable):
            guilty, innocent = guilty + innocent, []
        for task in guilty:
            if isinstance(problem, Retryable):
                self._again.append((task, problem))
            else:
                self._failed(task, problem)
        return innocent

    def _take_results(self, writer: BackgroundWriter) -> None:
        started = time.monotonic()
        for result in self._production.adapter.generate_many(self._batch.requests()):
            seconds, started = time.monotonic() - started, time.monotonic()
            task, request = self._batch.settle()
            if isinstance(result, Retryable):
                self._again.append((task, result))
            elif isinstance(result, AdapterError):
                self._failed(task, result)
            else:
                make = partial(made_by_model, self._production, task, request, result, seconds)
                writer.run(partial(self._publish, task, make))
                del make
            del result


class Batch:
    """Matches the lazily taken requests of one `generate_many` call to its results, which come in their order."""

    def __init__(
        self, tasks: list[Task], prepare: Callable[[Task], Request], failed: Callable[[Task, Exception], None],
        halted: Callable[[], bool],
    ) -> None:  # fmt: skip
        """`failed` is told of a task whose request cannot be prepared; once `halted`, no further one is handed out."""
        self._waiting, self._prepare, self._failed, self._halted = deque(tasks), prepare, failed, halted
        self._taken: deque[tuple[Task, Request]] = deque()

    def requests(self) -> Iterator[Request]:
        """The batch as the adapter sees it."""
        while self._waiting and not self._halted():
            task = self._waiting.popleft()
            try:
                request = self._prepare(task)
            except Exception as error:  # noqa: BLE001  (this clip's alone)
                self._failed(task, error)
                continue
            self._taken.append((task, request))
            yield request

    def settle(self) -> tuple[Task, Request]:
        """The task and request that the next result belongs to. Raises BadClip if there is none."""
        if not self._taken:
            raise BadClip("the adapter's batch gave more results than it took requests")
        return self._taken.popleft()

    def unsettled(self) -> list[Task]:
        """Tasks whose request was taken and got no result."""
        return [task for task, _ in self._taken]

    def untaken(self) -> list[Task]:
        """Tasks that the adapter never asked for."""
        return list(self._waiting)


class BackgroundWriter:
    """Runs functions beside the caller while there is room; one more makes the caller wait, which bounds memory."""

    def __init__(self, room: threading.BoundedSemaphore) -> None:
        """`room` counts functions at once; several callers may share it."""
        self._room = room
        self._threads: list[threading.Thread] = []

    def run(self, function: Callable[[], None]) -> None:
        """Start a function that raises nothing, as soon as there is room."""
        self._room.acquire()
        thread = threading.Thread(target=self._run, args=([function],), daemon=True, name="publishing")
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        """Wait for all of them."""
        for thread in self._threads:
            thread.join()

    def _run(self, box: list[Callable[[], None]]) -> None:
        try:
            box.pop()()
        finally:
            self._room.release()
