"""Scoring in worker processes: each task with a folder of its own for temporary files, each error with its clip."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from runners.core.errors import UserError, WorkFailed
from runners.core.failures import fatal
from runners.core.processes import WorkerDied, run_in_workers
from runners.scoring.scratch import scratch_folder

T = TypeVar("T")
R = TypeVar("R")
TaskFunction = Callable[[T, Path], R]
"""What is done to a task; the path is an empty folder, removed afterwards. Importable by name, as it is pickled."""


class ScoringError(Exception):
    """Scoring a clip failed for a reason that is not in the user's files; the message names the clip."""


@dataclass(frozen=True)
class _Attempt(Generic[T, R]):
    """The work on one task, whose name is that of a clip, in a new folder inside `folder`."""

    work: TaskFunction[T, R]
    folder: Path

    def __call__(self, named: tuple[T, str]) -> R:
        task, name = named
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            try:
                return self.work(task, Path(scratch))
            except UserError:
                raise
            except Exception as error:
                if told := fatal(error):
                    raise UserError(f"{self.folder}: {told}, or set TMPDIR to a larger disk") from error
                raise ScoringError(f"scoring {name} failed: {type(error).__name__}: {error}") from error


def run_tasks(
    work: TaskFunction[T, R], tasks: Sequence[T], workers: int, name: Callable[[T], str]
) -> Generator[tuple[int, R]]:
    """Yield (index, result) of each task as it is done, by up to `workers` processes; with one, in this process.

    The first error ends everything: `UserError` as the work raised it, `WorkFailed` if a worker died, `ScoringError`
    for anything else. Processes and temporary files are gone when the iterator ends, is closed, or raises.
    """
    named = [(task, name(task)) for task in tasks]
    with scratch_folder(Path(tempfile.gettempdir()), "physics-iq-score-") as folder:
        try:
            yield from run_in_workers(_Attempt(work, folder), named, workers, scratch=folder)
        except WorkerDied as death:
            raise WorkFailed(
                f"the worker process that scored {named[death.task][1]} died (exit code {death.exit_code}), perhaps "
                "for want of memory; score again with scorer.workers=1"
            ) from None
