"""What holds for all tests."""

from __future__ import annotations

import signal

import hypothesis

collect_ignore = ["example_plugin"]  # its test runs where it is installed: run/test_stranger.py

hypothesis.settings.register_profile("untimed", deadline=None)  # no test fails because a machine is busy
hypothesis.settings.load_profile("untimed")


def pytest_configure() -> None:
    """Started in the background (`make test &`), the tests would be deaf to Ctrl-C, and so would what they start."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
