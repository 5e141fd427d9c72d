"""Kills runs: a process that has everything imported forks children that do the job, and kills them with SIGKILL.

`python -m tests.run.crash RESULTS random 50 SEED` kills at 50 random instants; `… RESULTS steps N` lets a child die
at its N-th durable step (before a write, an fsync or a rename). Prints what it did as one JSON line.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from runners.core.errors import UserError
from runners.core.settings import SelectSettings
from tests.run.harness import run


def job(results: Path, changes: dict[str, Any]) -> int:
    """One invocation, silent; the exit code as the command line would have it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        return run(results, concurrency=2, **changes).code
    except UserError:
        return 2


def forked(work: Callable[[], int]) -> int:
    """Start a child that does the work; its process id."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    return child


def ended(child: int, within_s: float) -> int | None:
    """The child's exit code, or None if it was still at work after that time and was killed."""
    handle = os.pidfd_open(child)
    ready, _, _ = select.select([handle], [], [], within_s)
    os.close(handle)
    if not ready:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def kill_at_random(results: Path, kills: int, seed: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Run after run, each killed again and again until it gets through, until `kills` were made."""
    chance = random.Random(seed)
    begun = time.monotonic()
    ended(forked(partial(job, results / "timing", changes)), 600)
    whole_s = time.monotonic() - begun
    made, number = 0, 0
    while made < kills:
        folder = results / f"{number:03d}"
        code = ended(forked(partial(job, folder, changes)), chance.uniform(0, 0.6 * whole_s))
        if code is None:
            made += 1
        elif code == 0:
            number += 1
        else:
            return {"kills": made, "code": code}
    return {"kills": made, "code": ended(forked(partial(job, results / f"{number:03d}", changes)), 600)}


def _nothing(name: str, args: Any) -> None:
    """Nobody looks."""


def watch(before: Callable[[str, Any], None], after: Callable[[str, Any], None] = _nothing) -> None:
    """From now on, call these around every write, fsync and rename of the process, with its name and arguments."""

    def watched(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            before(name, args)
            result = function(*args, **kwargs)
            after(name, args)
            return result

        return wrapper

    for name in ("write", "fsync", "replace"):
        setattr(os, name, watched(name, getattr(os, name)))


def die_before_step(step: int) -> None:
    """Let this process die before its step-th write, fsync or rename from now on."""
    steps = itertools.count(1)

    def before(name: str, args: Any) -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(before)


def die_at_step(results: Path, step: int, changes: dict[str, Any]) -> dict[str, Any]:
    """One run that dies before its step-th write, fsync or rename; says whether it got that far."""

    def work() -> int:
        die_before_step(step)
        return job(results, changes)

    return {"code": ended(forked(work), 600)}


def main(words: list[str]) -> dict[str, Any]:
    """The command line, as the module's first lines say it."""
    results, mode = Path(words[0]), words[1]
    changes: dict[str, Any] = {"keep_raw": "raw" in words}
    if mode == "random":
        return kill_at_random(results, int(words[2]), int(words[3]), changes)
    changes["select"] = SelectSettings(ids=["1", "2"])
    steps = []
    for step in range(1, int(words[2]) + 1):
        died = die_at_step(results / f"{step:03d}", step, changes)["code"] is None
        code = ended(forked(partial(job, results / f"{step:03d}", changes)), 600)
        steps.append({"died": died, "code": code})
        if not died:
            break
    return {"steps": steps}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
