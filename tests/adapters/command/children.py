"""Child processes for the tests of `adapters.command.adapter`: short pieces of Python, real files, and no clock."""

from __future__ import annotations

import os
import select
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters import Clip
from adapters.command.adapter import Command
from adapters.testing import make_request

OUT = "open(sys.argv[1], 'wb').write(b'clip')"


def python(code: str, *arguments: str) -> list[str]:
    """A command line that runs a piece of Python with little start-up."""
    return [sys.executable, "-S", "-E", "-c", "import json, os, sys, time\n" + textwrap.dedent(code), *arguments]


def run(tmp_path: Path, code: str, *arguments: str, request: dict[str, Any] | None = None, **settings: Any) -> Clip:
    adapter = Command(python(code, *(arguments or ("{output}",))), **settings)
    adapter.check()
    adapter.load()
    return adapter.generate(make_request(tmp_path, adapter.needs, **(request or {})))


def told(tmp_path: Path, *arguments: str, request: dict[str, Any] | None = None, **settings: Any) -> list[str]:
    """What the command finds in its arguments."""
    code = f"{OUT}\nprint(json.dumps({{'info': {{'arguments': sys.argv[2:]}}}}))"
    clip = run(tmp_path, code, "{output}", *arguments, request=request, **settings)
    return list(clip.info["arguments"])


def alive(pid: int) -> bool:
    """Whether a process that should have been killed still runs; one that is just dying is given its time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    ended, _, _ = select.select([handle], [], [], 20)
    os.close(handle)
    return not ended


def when_ready(folder: Path, then: Exception | None = None) -> Callable[[int, int], None]:
    """A step report that first waits until the command has opened the pipe `ready`, so that no test needs a clock."""
    os.mkfifo(folder / "ready")
    waiting = [True]

    def step(k: int, n: int) -> None:
        if waiting.pop() if waiting else False:
            (folder / "ready").read_bytes()
        if then is not None:
            raise then

    return step


def pids(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / "pids").read_text(encoding="utf-8").split()]
