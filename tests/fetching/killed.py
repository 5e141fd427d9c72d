"""A fetch that dies (kill -9) at a chosen moment: `python -m tests.fetching.killed ROOT MOMENT NUMBER`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runners.core import files
from runners.fetching import kept, run
from tests.fetching.sets import Fetched


def dying(real: Callable[..., Any], number: int) -> Callable[..., Any]:
    """The real call, after the numberth of which nothing follows."""
    calls = 0

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        result = real(*args, **kwargs)
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call


def main(root: str, moment: str, number: str) -> None:
    """Fetch until the moment has come for the numberth time."""
    count = int(number)
    if moment == "block":
        run.FetchJob.__init__ = _with_dying_progress(run.FetchJob.__init__, count)  # type: ignore[method-assign]
    elif moment == "link":
        files.os.link = dying(os.link, count)  # type: ignore[attr-defined]
    elif moment == "mkdir":
        Path.mkdir = dying(Path.mkdir, count)  # type: ignore[method-assign]
    else:
        kept.Kept.remember = dying(kept.Kept.remember, count)  # type: ignore[method-assign]
    Fetched(Path(root), purpose="score", connections=2)


def _with_dying_progress(real: Callable[..., None], count: int) -> Callable[..., None]:
    def init(self: run.FetchJob, *args: Any) -> None:
        *before, progress, say = args
        real(self, *before, dying(progress, count), say)

    return init


if __name__ == "__main__":
    main(*sys.argv[1:])
