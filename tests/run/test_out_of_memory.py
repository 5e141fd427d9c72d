"""Memory that runs out is nobody's wrong input: exit code 1, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters import OutOfMemory
from runners.core.errors import UserError, WorkFailed
from runners.core.outcome import BAD_INPUT, FAILED, Outcome
from runners.core.settings import ScorerSettings, SelectSettings
from runners.scoring import ScoringError
from tests.run.harness import Paint, run

TWO = SelectSettings(ids=["1", "2"])


class OutOfMemoryError(RuntimeError):
    """As torch has it: no MemoryError."""


class Heavy(Paint):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def load(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_model_that_does_not_fit_is_told_with_exit_code_1(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(WorkFailed, match=r"load\(\) ran out of memory \(.*placement=") as told:
        run(tmp_path, Heavy(error), select=TWO)
    assert Outcome.of_error(told.value).code == FAILED


def test_what_an_adapter_says_of_its_memory_is_told_with_exit_code_1(tmp_path: Path) -> None:
    with pytest.raises(WorkFailed, match="no memory left, try less"):
        run(tmp_path, Heavy(OutOfMemory("no memory left, try less")), select=TWO)


def test_a_mistake_stays_exit_code_2(tmp_path: Path) -> None:
    with pytest.raises(UserError) as told:
        run(tmp_path, Heavy(ValueError("no such weights")), select=TWO)
    assert Outcome.of_error(told.value).code == BAD_INPUT


@pytest.mark.parametrize(
    ("error", "code"),
    [(WorkFailed("a worker died"), FAILED), (ScoringError("x"), FAILED), (UserError("no truth"), BAD_INPUT)],
    ids=lambda value: type(value).__name__,
)
def test_clips_that_cannot_be_scored_are_published_and_the_exit_code_says_whose_fault_it_is(
    tmp_path: Path, error: Exception, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def score(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("runners.generation.run.score", score)
    outcome = run(tmp_path, select=TWO, scorer=ScorerSettings(name="builtin"))
    assert (outcome.code, outcome.counts.published) == (code, 2)
    assert f"error: the clips are published, but not scored: {error}" in outcome.lines
