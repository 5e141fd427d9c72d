"""Ctrl-C: the first asks, the second leaves; and nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runners.core.interrupt import Interrupt

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys, threading
from runners.core.interrupt import Interrupt
go_on = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), go_on.set()), daemon=True).start()
with Interrupt() as interrupt:
    print("ready", interrupt.is_set(), flush=True)
    while not interrupt.wait(0.05):  # again and again: a signal just before a long wait is only heard after it
        pass
    print("asked", interrupt.is_set(), flush=True)
    while not go_on.wait(0.05):  # the second signal comes here
        pass
    print("left in good order", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("twice", [False, True])
def test_the_first_signal_asks_and_the_second_leaves_with_130(number: signal.Signals, twice: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "ready False\n"
        child.send_signal(number)
        assert child.stdout.readline() == "asked True\n"
        if twice:
            child.send_signal(number)
            child.wait(60)
        out, err = child.communicate("\n" if not twice else None, timeout=60)
    assert (child.returncode, out) == ((130, "") if twice else (0, "left in good order\n"))
    assert err.strip() == "stopping: finishing what is being written (once more to leave at once)"


def test_the_old_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interrupt() as interrupt:
        assert signal.getsignal(signal.SIGINT) == interrupt._handle
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_it_can_be_set_by_hand_and_wakes_who_waits(capsys: pytest.CaptureFixture[str]) -> None:
    interrupt = Interrupt()
    assert not interrupt.wait(0)
    waiting = threading.Thread(target=lambda: answers.append(interrupt.wait(60)))
    answers: list[bool] = []
    waiting.start()
    interrupt.set()
    waiting.join(60)
    assert (answers, interrupt.is_set()) == ([True], True)
    assert capsys.readouterr().err == ""


def test_outside_of_the_main_thread_it_leaves_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def elsewhere() -> None:
        with Interrupt():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(60)
    assert seen == [before]


def test_a_signal_inside_is_no_keyboard_interrupt() -> None:
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.wait(60)
