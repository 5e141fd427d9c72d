"""What holds for all tests."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Started in the background (`make test &`), the tests would be deaf to Ctrl-C, and so would what they start."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
