"""The official toolbox as a process: its output as it comes, its failures told, its end with ours."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.scoring.official.child import run_child
from tests.scoring.conftest import MINI
from tests.scoring.official_run import make_place
from tests.scoring.stand_in import make_checkout, make_ffprobe

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def ffprobe(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(make_ffprobe(tmp_path_factory.mktemp("bin"))), prepend=":")


def python(code: str, cwd: Path) -> tuple[int, list[str], tuple[str, ...]]:
    lines: list[str] = []
    ended = run_child([sys.executable, "-c", code], cwd=cwd, env=os.environ, hear=lines.append)
    return ended.code, lines, ended.last_lines


def test_every_line_is_heard_bars_that_redraw_themselves_too(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.buffer.write('one\\n 10%\\r 20%\\r\\n\\n\\xe9\\xff'.encode('latin-1'))"
    assert python(code, tmp_path) == (0, ["one", " 10%", " 20%", "��"], ("one", " 10%", " 20%", "��"))


def test_an_exit_code_comes_back_with_the_last_lines_of_both_streams(tmp_path: Path) -> None:
    code, _, last = python(
        "import sys; [print(k) for k in range(30)]; sys.stdout.flush(); sys.exit('the end')", tmp_path
    )
    assert code == 1
    assert last == (*map(str, range(19, 30)), "the end")


def test_a_listener_that_gives_up_ends_the_child_and_its_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, threading\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\nthreading.Event().wait()\n"
    )
    pids: list[int] = []

    def give_up(line: str) -> None:
        pids.append(os.pidfd_open(int(line)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_child([sys.executable, "-c", code], cwd=tmp_path, env=os.environ, hear=give_up)
    assert select.select(pids, [], [], 60)[0], "the grandchild lives on"
    os.close(pids[0])


def test_a_program_that_dies_and_leaves_children_with_its_output_open_is_not_waited_for(tmp_path: Path) -> None:
    """As when one of several is killed for want of memory: the others wait for work for ever."""
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True); time.sleep(2); os.kill(os.getpid(), 9)\n"
    )
    pids: list[int] = []
    began = time.monotonic()
    ended = run_child(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ,
        hear=lambda line: pids.append(os.pidfd_open(int(line))),
    )  # fmt: skip
    assert ended.code == -signal.SIGKILL
    assert time.monotonic() - began < 300
    assert select.select(pids, [], [], 60)[0], "the child lives on"
    os.close(pids[0])


def test_signal_handlers_are_put_back(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    python("", tmp_path)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_a_toolbox_that_fails_is_told_with_its_exit_code_and_last_words(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    place.act("print('about to'); raise RuntimeError('no such luck')")
    with pytest.raises(UserError, match=r"failed \(exit code 1\); its last lines:(.|\n)*about to(.|\n)*no such luck"):
        place.score()


def test_a_toolbox_that_is_killed_for_want_of_memory_says_what_to_try(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    place.act("import os; os.kill(os.getpid(), 9)")
    with pytest.raises(UserError, match=r"ended by signal 9; was there too little memory\? try scorer\.workers=1"):
        place.score()


def test_a_toolbox_that_writes_no_result_is_told(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    place.act("raise SystemExit(0)")
    with pytest.raises(UserError, match=r"ended without an error, but wrote no clips-[0-9a-f]{16}\.csv"):
        place.score()


def words(tmp_path: Path, *more: str) -> list[str]:
    checkout = tmp_path / "check out"
    return [
        sys.executable, "-m", "runners.score",
        f"videos={MINI / 'generated' / 'flawed-24'}", f"scores={tmp_path / 'out'}",
        "benchmark=original", f"benchmark.root={MINI / 'dataset'}", "benchmark.expected=6", "scorer=official",
        f"scorer.path='{checkout}'", "scorer.workers=1", "progress=plain", *more,
    ]  # fmt: skip


@pytest.mark.full
def test_the_command_shows_output_table_and_differences(tmp_path: Path) -> None:
    make_checkout(tmp_path / "check out", "code")
    done = subprocess.run(words(tmp_path, "scorer=both"), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "official: -- Processing scenario: trimmed-scene-1.mp4 -- view: right" in done.stderr.splitlines()
    assert "flawed-24: built-in scorer and official toolbox" in done.stdout
    assert "largest difference" in done.stdout
    assert "code/run_physics_iq.py" in done.stdout
    scores = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert scores["official"]["differences"]["metrics"]["mse"]["largest"] < 1e-3


def test_a_wrong_path_is_a_line_and_exit_code_2(tmp_path: Path) -> None:
    done = subprocess.run(words(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is no folder; git clone" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def heed_signals() -> None:
    """Tests that run in a shell's background, or under nohup, were told to ignore some; children inherit that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def hanging(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command while its toolbox hangs, and a handle of the toolbox's process."""
    script = make_checkout(tmp_path / "check out", "physiq") / "physiq" / "run_physics_iq.py"
    script.write_text("import os, threading\nprint('pid', os.getpid())\nthreading.Event().wait()\n")
    process = subprocess.Popen(
        words(tmp_path), cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=heed_signals,  # noqa: PLW1509  (no thread of this process holds a lock that it needs)
    )  # fmt: skip
    assert process.stderr is not None
    try:
        line = next((line for line in process.stderr if line.startswith("official: pid")), None)
        assert line is not None, process.communicate()
        yield process, os.pidfd_open(int(line.split()[-1]))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.full)])
def test_a_signal_ends_both_and_the_staging_is_gone(number: signal.Signals, tmp_path: Path) -> None:
    with hanging(tmp_path) as (process, toolbox):
        process.send_signal(number)
        out, err = process.communicate()
        assert process.returncode == 130, out + err
        assert select.select([toolbox], [], [], 60)[0], "the toolbox lives on"
        os.close(toolbox)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.full
def test_sigkill_ends_the_toolbox_too(tmp_path: Path) -> None:
    with hanging(tmp_path) as (process, toolbox):
        process.kill()
        assert select.select([toolbox], [], [], 60)[0], "the toolbox lives on"
        os.close(toolbox)
