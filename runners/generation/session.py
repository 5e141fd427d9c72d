"""What the jobs of one command, or the calls of one Python program, have in common."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runners.generation.model_cache import Lender
    from runners.scoring.memory import Memory


@dataclass(frozen=True, eq=False)
class Session:
    """Keeps a loaded model, and what scoring found out about the truth, from one job or call to the next.

    A command makes one for its jobs; in Python, `with Session() as session: evaluate("svd", run=2, session=session)`.
    At most one model is loaded: another one has it closed first, and the end of the `with` closes the last. For one
    thread at a time: `turn` sees to it.
    """

    again: str = "the same call of evaluate"
    """What goes on with the work: the command that was typed, fit to be copied into a shell."""
    sweep: tuple[Path, ...] = ()
    """The folders of all runs of the sweep that the jobs are of, which may share a budget."""
    _working: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @cached_property
    def lender(self) -> Lender:
        """Who holds the loaded model."""
        from runners.core.terminal import say
        from runners.generation.model_cache import Lender

        return Lender(say)

    @cached_property
    def memory(self) -> Memory:
        """What scoring need not find out again."""
        from runners.scoring.memory import Memory

        return Memory()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While one call works with it. Raises UserError for another one: it would close, or call, the same model."""
        from runners.core.errors import UserError

        if not self._working.acquire(blocking=False):
            raise UserError(
                "session= is at work in another call; give each thread a Session of its own, or wait for it"
            )
        try:
            yield
        finally:
            self._working.release()

    def close(self) -> None:
        """Close the loaded model, if there is one; the session can be used again."""
        if "lender" in vars(self):
            self.lender.close()

    def __enter__(self) -> Session:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the loaded model."""
        self.close()
