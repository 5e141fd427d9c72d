"""Ctrl-C: the first asks, a later one leaves; and nothing of it stays behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.generation.interrupt import Interrupt, hear_wishes_once

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
CHILD = """
import sys, threading
from runners.generation.interrupt import Interrupt
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


@contextlib.contextmanager
def asked(number: signal.Signals, times: int = 1) -> Iterator[subprocess.Popen[str]]:
    """A process that was sent a signal, so many times at once, and said that it heard it."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "ready False\n"
        for _ in range(times):
            child.send_signal(number)
        assert child.stdout.readline() == "asked True\n"
        yield child


def check_told(err: str) -> None:
    assert err.strip() == "stopping: finishing what is being written (once more to leave at once)"


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("times", [1, 2, 5])
def test_one_wish_however_often_it_is_sent_at_once_is_heard_once(number: signal.Signals, times: int) -> None:
    """GNU timeout, uv run and a closing terminal send a signal twice within microseconds."""
    with asked(number, times) as child:
        out, err = child.communicate("\n", timeout=60)
    assert (child.returncode, out) == (0, "left in good order\n")
    check_told(err)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_wish_that_is_repeated_leaves_with_130(number: signal.Signals) -> None:
    with asked(number) as child:
        while child.poll() is None:
            child.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.05)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, "")
    check_told(err)


@pytest.mark.parametrize(("later_s", "leaves"), [(0.0002, False), (0.4, False), (0.6, True), (60.0, True)])
def test_a_second_signal_counts_after_half_a_second(
    later_s: float, leaves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, left = iter([100.0, 100.0 + later_s]), list[int]()
    monkeypatch.setattr("runners.generation.interrupt.time.monotonic", lambda: next(clock))
    monkeypatch.setattr(os, "_exit", left.append)
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupt.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
    assert left == ([130] if leaves else [])


def test_nohup_keeps_a_run_alive_when_its_terminal_closes() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupt.is_set()
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_ctrl_c_twice_at_once_interrupts_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    tidied = False
    try:
        hear_wishes_once()
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            os.kill(os.getpid(), signal.SIGINT)
            tidied = True
    finally:
        signal.signal(signal.SIGINT, before)
    assert tidied


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
