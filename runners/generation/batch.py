"""A batch of clips in one call of the model: requests prepared as they are taken, results finished aside."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

from adapters import BadClip, Request
from runners.planning.task import Task


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


class Aside:
    """Runs functions beside the caller while there is room; one more makes the caller wait, which bounds memory."""

    def __init__(self, room: threading.BoundedSemaphore) -> None:
        """`room` counts functions at once; several callers may share it."""
        self._room = room
        self._threads: list[threading.Thread] = []

    def run(self, function: Callable[[], None]) -> None:
        """Start a function that raises nothing, as soon as there is room."""
        self._room.acquire()
        thread = threading.Thread(target=self._run, args=([function],), daemon=True, name="aside")
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        """Wait for all of them."""
        for thread in self._threads:
            thread.join()

    def _run(self, box: list[Callable[[], None]]) -> None:
        try:
            box.pop()()  # nobody else holds it: its clip is gone before there is room for another
        finally:
            self._room.release()
