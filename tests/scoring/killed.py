"""Scores a tiny run over and over, killed with SIGKILL at each step in turn, and then once more to its end.

A step is where something becomes durable or is about to: a take of an entry is written, a file is synced, a name is
given. `python -m tests.scoring.killed DATA VIDEOS WORK` prints, per kill, a JSON line of what the next process found.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runners.dataset.layout import DataSet
from runners.scoring.cache import TruthCache
from runners.scoring.inputs import ScoringInput
from runners.scoring.lossless import StreamWriter
from runners.scoring.pipeline import score_videos
from runners.scoring.views import Resources
from tests.scoring import tiny

LIMIT_BYTES = 10_000_000


class Steps:
    """Counts steps, and dies before the one that is given."""

    def __init__(self, fatal: int) -> None:
        self.taken, self._fatal = 0, fatal

    def before(self, owner: Any, name: str) -> None:
        """Make a function a step."""
        real: Callable[..., Any] = getattr(owner, name)

        def step(*words: Any, **named: Any) -> Any:
            self.taken += 1
            if self.taken == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*words, **named)

        setattr(owner, name, step)


def score(data: Path, videos: Path, work: Path, tell: Callable[[str], None] = lambda _: None) -> None:
    """Two views, in this process."""
    dataset, scenarios = DataSet(data), tiny.scenarios_of(["left", "center"])
    score_videos(
        ScoringInput(videos, dataset, scenarios, benchmark="tiny", expected=2),
        work / "scores",
        Resources(workers=1, cache=TruthCache(work / "cache", LIMIT_BYTES), tell=tell),
    )


def killed(fatal: int, data: Path, videos: Path, work: Path) -> bool:
    """Whether a child that dies at this step died, and did not come to its end before."""
    child = os.fork()
    if child == 0:
        steps = Steps(fatal)
        steps.before(StreamWriter, "close")
        steps.before(os, "fsync")
        steps.before(Path, "replace")
        score(data, videos, work)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(data: Path, videos: Path, place: Path) -> None:
    """Kill at every step there is."""
    fatal = 1
    while killed(fatal, data, videos, place / str(fatal)):
        work, told = place / str(fatal), list[str]()
        left = sorted(path.name for path in (work / "cache").iterdir() if path.name != ".lock")
        score(data, videos, work, told.append)
        print(json.dumps({"work": str(work), "left": left, "told": told}), flush=True)
        fatal += 1


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
