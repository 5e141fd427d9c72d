"""Worker processes: results, errors that name the clip, and nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.scoring.pool import ScoringError, run_tasks
from tests.scoring import work

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files; every test leaves it empty, and no process."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []
    assert multiprocessing.active_children() == []


def _name(task: int) -> str:
    return f"{task}.mp4"


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_has_its_result(workers: int) -> None:
    assert dict(run_tasks(work.square, [1, 2, 3, 4, 5], workers, _name)) == {0: 1, 1: 4, 2: 9, 3: 16, 4: 25}


def test_no_tasks_need_no_workers() -> None:
    assert list(run_tasks(work.square, [], 2, _name)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_user_s_error_comes_through_as_it_was_raised(workers: int) -> None:
    with pytest.raises(UserError, match=r"^two\.mp4: damaged$"):
        list(run_tasks(work.blame_the_file, [1, 2, 3], workers, _name))


@pytest.mark.parametrize("workers", [1, 2])
def test_any_other_error_names_the_clip_and_carries_its_traceback(workers: int) -> None:
    with pytest.raises(ScoringError, match=r"scoring 2\.mp4 failed: ZeroDivisionError: by nought") as caught:
        list(run_tasks(work.break_down, [1, 2, 3], workers, _name))
    assert "in break_down" in "".join(traceback.format_exception(caught.value))


def test_a_worker_that_dies_is_told_with_its_clip() -> None:
    with pytest.raises(UserError, match=r"2\.mp4 died \(exit code 9\).*scorer\.workers=1"):
        list(run_tasks(work.die, [1, 2, 3], 2, _name))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_told_in_a_line(workers: int) -> None:
    with pytest.raises(UserError, match=r"No space left on device.*TMPDIR"):
        list(run_tasks(work.fill_the_disk, [1, 2], workers, _name))


def test_workers_hear_no_ctrl_c_not_even_while_they_start() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert all(signal.SIGINT in blocked for _, blocked in run_tasks(work.blocked_signals, [1, 2], 2, _name))
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_what_a_killed_process_without_workers_left_is_cleared_away(temporary: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.scoring.work", "1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"working\n"
        list(run_tasks(work.square, [1], 1, _name))
        assert len(list(temporary.rglob("file"))) == 1, "the folder of a living process is gone"
        parent.kill()
    assert len(list(temporary.rglob("file"))) == 1
    list(run_tasks(work.square, [1], 1, _name))


def test_stopping_in_the_middle_ends_the_workers() -> None:
    with closing(run_tasks(work.square, [1, 2, 3, 4], 2, _name)) as done:
        next(done)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("kill", [False, True], ids=["ctrl-c", "kill -9"])
def test_no_orphan_and_no_file_outlives_an_interrupted_or_killed_parent(*, kill: bool, temporary: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.scoring.work", "2"]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=quiet, start_new_session=True) as parent:
        assert parent.stdout is not None
        for _ in range(2):
            assert parent.stdout.readline() == b"working\n"
        if kill:
            parent.kill()
        else:
            os.killpg(parent.pid, signal.SIGINT)  # a terminal's Ctrl-C reaches parent and workers alike
        # The workers hold this pipe too: it ends only when the last of them does.
        parent.communicate(timeout=120)
        assert parent.returncode != 0
