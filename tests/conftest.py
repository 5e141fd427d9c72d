"""What holds for all tests."""

from __future__ import annotations

import os
import signal

import hypothesis
import pytest

from tests.full import in_part, mark_full

collect_ignore = ["example_plugin"]  # its test runs where it is installed: run/test_stranger.py

hypothesis.settings.register_profile("untimed", deadline=None)  # no test fails because a machine is busy
hypothesis.settings.load_profile("untimed")


LONG = ("test_readme.py", "test_kill.py", "test_killed_process.py", "test_tiny.py", "test_faults.py")


def pytest_configure() -> None:
    """Started in the background (`make test &`), the tests would be deaf to Ctrl-C, and so would what they start."""
    os.environ.setdefault("PHYSICS_IQ_PREVIEWS", "off")  # small pictures for a report that nobody makes
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` runs what is not marked `full`; files of few long tests come first, so that none is waited for."""
    mark_full(items)
    if part := os.environ.get("TESTS_PART"):
        items[:] = [item for item in items if in_part(item.nodeid, part)]
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
