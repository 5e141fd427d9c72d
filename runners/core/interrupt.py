"""Ctrl-C, SIGTERM and a closed terminal: the first asks for a stop in good order, the second leaves at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from types import FrameType
from typing import Any

EXIT_INTERRUPTED = 130


class Interrupt:
    """An event that signals set; a context manager that installs the handlers and puts the old ones back."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._old: dict[int, Any] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                self._old[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def set(self) -> None:
        """Ask for a stop, as Ctrl-C would."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, unless and until a stop is asked for; returns whether it was."""
        return self._event.wait(seconds)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._event.is_set():
            # Whatever is being written is not yet published, so leaving like a kill loses nothing finished.
            os._exit(EXIT_INTERRUPTED)
        self._event.set()
        with contextlib.suppress(OSError):
            os.write(2, b"\nstopping: finishing what is being written (once more to leave at once)\n")
