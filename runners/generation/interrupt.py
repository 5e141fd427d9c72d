"""Ctrl-C, SIGTERM and a closed terminal: the first asks for a stop in good order, a later one leaves at once."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import threading
import time
from types import FrameType
from typing import Any

from runners.core.outcome import INTERRUPTED
from runners.core.processes import is_guest

_ONE_WISH_S = 0.5
"""`timeout`, `uv run` and a closing terminal send the same wish twice, microseconds apart; no hand is as fast."""


class Interrupt:
    """An event that signals set; a context manager that installs the handlers and puts the old ones back.

    Inside somebody's program only Ctrl-C is heard, and a second one leaves behind what is at work; a third raises
    KeyboardInterrupt: the process is not ours.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._old: dict[int, Any] = {}
        self._asked_at = math.inf
        self._is_guest = False
        self._at_once = False

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            self._is_guest = is_guest()
            for number in (signal.SIGINT,) if self._is_guest else (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                    continue  # nohup: the run is to outlive its terminal
                self._old[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def set(self) -> None:
        """Ask for a stop, as Ctrl-C would."""
        self._asked_at = time.monotonic()
        self._event.set()

    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        return self._event.is_set()

    def at_once(self) -> bool:
        """Whether nobody is to be waited for any more."""
        return self._at_once

    def wait(self, seconds: float) -> bool:
        """Sleep, unless and until a stop is asked for; returns whether it was."""
        return self._event.wait(seconds)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if not self._event.is_set():
            self.set()
            with contextlib.suppress(OSError):
                os.write(2, b"\nstopping: finishing what is being written (once more to leave at once)\n")
        elif time.monotonic() - self._asked_at > _ONE_WISH_S:
            if self._is_guest and not self._at_once:
                self._at_once = True
                return
            if self._is_guest:
                raise KeyboardInterrupt
            # Whatever is being written is not yet published, so leaving like a kill loses nothing finished.
            os._exit(INTERRUPTED)


def hear_wishes_once() -> None:
    """Let Ctrl-C raise KeyboardInterrupt once per wish: a second one on its heels would hit whoever tidies up."""
    heard_at = -math.inf

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal heard_at
        if time.monotonic() - heard_at > _ONE_WISH_S:
            heard_at = time.monotonic()
            raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, handle)
