"""The clips that a run has in hand: which are in the model, which are being written, and who waits for them at the end.

Once a run is being stopped, these decide how long its process stays.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from runners.core.errors import first_of
from runners.core.terminal import say
from runners.generation.stopping import Stopping
from runners.generation.tally import Limits
from runners.paid.spending import Gate
from runners.planning.task import Task

_TOLD_AFTER_S = 1.0
"""A run that goes on for longer than this after its deadline says what it waits for."""


class InHand:
    """Counts what is at work; safe to use from several threads."""

    def __init__(self, stopping: Stopping, gate: Gate, limits: Limits) -> None:
        self._stopping, self._gate, self._limits = stopping, gate, limits
        self._mutex = threading.Lock()
        self._in_model: dict[str, Task] = {}
        self._writing = 0
        self._told = False

    @contextmanager
    def in_model(self, tasks: Sequence[Task]) -> Iterator[None]:
        """Around a call to the model."""
        with self._mutex:
            self._in_model |= {task.id: task for task in tasks}
        try:
            yield
        finally:
            with self._mutex:
                for task in tasks:
                    del self._in_model[task.id]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around the publishing of a clip that the model has returned."""
        with self._mutex:
            self._writing += 1
        try:
            yield
        finally:
            with self._mutex:
                self._writing -= 1

    def patience_ended(self) -> bool:
        """A model that hears nothing is left behind; a clip that it has returned is first written, within reason.

        Paid requests that are on their way are waited for longest: their answers must be on record. After a deadline
        only services that do not answer are left behind: what is made here is finished.
        """
        limits, waited_s = self._limits, self._stopping.waited_s("interrupted")
        if waited_s is None:
            waited_s = self._stopping.waited_s("deadline")
            if waited_s is None or self._writing or not self._only_services():
                return False
        if self._gate.in_flight and waited_s <= limits.promise_grace_s:
            return False
        return waited_s > limits.grace_s and (not self._writing or waited_s > limits.writing_grace_s)

    def _only_services(self) -> bool:
        """Whether each clip in the model has its job on record, and so goes on without this process."""
        with self._mutex:
            return bool(self._in_model) and all(task.state.events for task in self._in_model.values())

    def tell(self) -> None:
        """Say once, after a deadline, what the run still waits for."""
        late_s = self._stopping.waited_s("deadline")
        if self._told or late_s is None or late_s < _TOLD_AFTER_S:
            return
        with self._mutex:
            tasks = [task for task in self._in_model.values() if task.state.published is None]
            making = sorted(task.id for task in tasks if not task.state.events)
        waits = [f"the model has ended its work on {first_of(making)}"] if making else []
        if sent := self._gate.in_flight:
            answers = "the answer to 1 paid request is" if sent == 1 else f"the answers to {sent} paid requests are"
            waits.append(f"{answers} on record")
        if waits:
            self._told = True
            say(f"deadline_s={self._limits.deadline_s:g} is over: the run ends as soon as {' and '.join(waits)}")
