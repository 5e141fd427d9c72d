"""Locks end with their process, are waited for visibly, and where there are none it is said what to do."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from adapters import Cancelled
from runners.core import locks
from runners.core.errors import UserError
from runners.core.locks import Held, Lock, lock_when_free
from runners.paid.spending import Cap, Gate, Totals
from runners.runs import run_folder
from runners.runs.run_folder import OpenRun, RunFolder
from tests.run.crash import ended, forked

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from runners.runs.run_folder import OpenRun, RunFolder
run = OpenRun(RunFolder(Path(sys.argv[1])), None)
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "lock").touch()
    return tmp_path / "lock"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_disk_without_locks_is_told_with_the_path_and_a_way_out(
    path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(UserError, match=r"lock cannot be locked \(.*this disk has no file locks.*results=…"):
        Lock(path)
    with pytest.raises(UserError, match=r"journal\.jsonl cannot be locked"):
        OpenRun(RunFolder(path.parent / "run"), None)


def test_a_forked_child_does_not_hold_its_parent_s_lock(path: Path) -> None:
    lock = Lock(path)
    ours, theirs = socket.socketpair()
    child = forked(lambda: theirs.send(b"here") and len(theirs.recv(1)))
    assert ours.recv(4) == b"here"
    lock.release()
    try:
        Lock(path).release()  # while the child lives
    finally:
        ours.send(b"x")
        assert ended(child, 60) == 1
        ours.close()
        theirs.close()


def test_a_lock_is_taken_when_it_is_free_and_who_waits_says_so(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_TOLD_AFTER_S", 0.0)
    held, pauses = Lock(path), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 5:
            held.release()

    lock_when_free(path, pause).release()
    assert len(pauses) == 5
    assert capsys.readouterr().err == f"waiting for another process, which holds {path}\n"


def test_a_budget_that_another_process_looks_at_is_not_waited_for_once_the_run_stops(path: Path) -> None:
    asked: list[bool] = []

    def halted() -> bool:
        asked.append(True)
        return len(asked) > 3

    gate = Gate([Cap(1.0, Totals([path.parent]), "budget.max_usd")], path, halted)
    with Lock(path), pytest.raises(Cancelled), gate.passing(0.5, lambda: pytest.fail("it was promised")):
        pass
    assert gate.in_flight == 0


def test_a_killed_run_can_be_started_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system lets go of a dead process's locks in its own time: here only after some looks."""
    folder = RunFolder(tmp_path / "run")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder.path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match=f"process {process.pid} on "):
            OpenRun(folder, None)
        process.send_signal(signal.SIGKILL)
    lingering, looks = Lock(folder.path / "journal.jsonl"), list[float]()

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            lingering.release()

    monkeypatch.setattr("runners.runs.run_folder.time.sleep", sleep)
    OpenRun(folder, None).close()
    assert len(looks) == 3


def test_a_lock_that_nobody_alive_is_known_to_hold_is_given_up_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_folder, "_LAST_BREATH_S", 0.0)
    folder = RunFolder(tmp_path / "run")
    OpenRun(folder, None).close()
    with Lock(folder.path / "journal.jsonl"), pytest.raises(UserError, match="worked on by another process; wait"):
        OpenRun(folder, None)


def test_ctrl_c_ends_the_wait_for_a_lock_in_a_process(path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom runners.core import locks\nlocks._TOLD_AFTER_S = 0\n"
        "locks.lock_when_free(Path(sys.argv[1]))\n"
    )
    with (
        Lock(path),
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)], cwd=ROOT, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stderr is not None
        assert process.stderr.readline().startswith("waiting for another process")
        handle = os.pidfd_open(process.pid)
        process.send_signal(signal.SIGINT)
        assert select.select([handle], [], [], 60)[0]
        os.close(handle)
    with pytest.raises(Held), Lock(path):
        Lock(path)
