"""Who is at work on a run is known without locks: by what lives here, and by what moves elsewhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.core.locks import Held
from runners.runs import presence
from runners.runs.presence import Presence, Worker, at_work, wait_for_silence
from runners.runs.process_ids import is_alive, started_at
from runners.runs.run_folder import Lost, OpenRun, RunFolder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for."""
    monkeypatch.setattr(presence, "PATIENCE_S", 0.0)


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files that another machine touches between two looks."""
    moving: list[Path] = []

    def sleep(_: float) -> None:
        for path in moving:
            status = path.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 10**12))  # its clock is far behind

    monkeypatch.setattr("runners.runs.presence.time.sleep", sleep)
    return moving


def put_down(folder: Path, worker: Worker, name: str = ".at_work") -> Path:
    (folder / name).write_text(json.dumps(asdict(worker)), encoding="utf-8")
    return folder / name


def elsewhere() -> Worker:
    return replace(Worker.this(), token="x", machine="another", host="far", pid=1)


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_process_says_that_it_is_at_work_and_that_it_is_no_longer(tmp_path: Path) -> None:
    mine = Presence(tmp_path)
    worker = at_work(tmp_path)
    assert worker is not None
    assert (worker.pid, worker.here, worker.lives) == (os.getpid(), True, True)
    with pytest.raises(Held):
        Presence(tmp_path)
    mine.end()
    assert list(tmp_path.iterdir()) == []


def test_shards_of_one_count_are_at_work_beside_each_other(tmp_path: Path) -> None:
    both = [Presence(tmp_path, "1of2"), Presence(tmp_path, "2of2")]
    for part in ("1of2", "1of3", None):
        with pytest.raises(Held):
            Presence(tmp_path, part)
    for each in both:
        each.end()


def test_what_a_dead_process_of_this_machine_left_is_taken_over_at_once(tmp_path: Path) -> None:
    put_down(tmp_path, replace(Worker.this(), token="x", pid=ended_process()))
    reused = replace(Worker.this(), token="y", pid=os.getppid(), started="1")  # its number is another process's by now
    put_down(tmp_path, reused, ".at_work-1of2")
    assert at_work(tmp_path) is None
    Presence(tmp_path).end()
    assert list(tmp_path.iterdir()) == []


def test_a_living_process_of_this_machine_is_left_alone(tmp_path: Path) -> None:
    parent = replace(Worker.this(), token="x", pid=os.getppid(), started=started_at(os.getppid()))
    path = put_down(tmp_path, parent)
    with pytest.raises(Held):
        Presence(tmp_path)
    assert path.exists()


@pytest.mark.usefixtures("impatient")
def test_what_stands_still_is_taken_over_from_another_machine(tmp_path: Path) -> None:
    put_down(tmp_path, elsewhere())
    mine = Presence(tmp_path)
    assert mine.is_known()
    mine.end()


def test_what_moves_is_another_machine_s_whatever_its_clock_says(
    tmp_path: Path, touched: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    touched.append(put_down(tmp_path, elsewhere()))
    with pytest.raises(UserError, match=r"is being worked on by process 1 on far, since .*remove .*at_work") as refused:
        OpenRun(RunFolder(tmp_path), None)
    assert "if that process is surely gone" in str(refused.value)
    assert "was worked on by process 1 on far" in capsys.readouterr().err


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("content", [b"", b"{", b'{"pid": "x"}', b"\xff", b"[]"])
def test_a_file_that_says_nothing_is_somebody_s_until_it_stands_still(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".at_work").write_bytes(content)
    assert at_work(tmp_path) is not None
    wait_for_silence(tmp_path, None)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_taken_over_makes_nothing_more(tmp_path: Path) -> None:
    with OpenRun(RunFolder(tmp_path), None) as run:
        run.check()
        put_down(tmp_path, elsewhere())
        with pytest.raises(Lost, match="taken over by another process"):
            run.check()
    assert (tmp_path / ".at_work").exists()  # it is theirs


def test_only_who_lives_is_named(tmp_path: Path) -> None:
    """A scorer, say, holds the lock, and the process that wrote down its start last is dead."""
    put_down(tmp_path, replace(Worker.this(), token="x", pid=ended_process()))
    assert str(presence.busy(tmp_path)) == f"{tmp_path} is being worked on by another process; wait for it or stop it"


def test_a_process_that_is_being_killed_is_dead_already() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        began = started_at(process.pid)
        assert is_alive(process.pid, began)
        assert not is_alive(process.pid, "1")
        process.send_signal(signal.SIGKILL)
        assert not is_alive(process.pid, began)
