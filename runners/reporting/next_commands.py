"""The two commands that most often come next, fit to be copied into a shell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from runners.core.files import shown
from runners.core.outcome import Outcome
from runners.core.shell import command_line, list_setting, setting


def after_runs(outcomes: Sequence[Outcome]) -> list[str]:
    """What to type after runs that were made or scored, best first; nothing for clips that lie in no run."""
    results = {outcome.results for outcome in outcomes}
    if len(results) != 1 or (folder := next(iter(results))) is None:
        return []
    benchmarks = {outcome.scores.origin.benchmark for outcome in outcomes if outcome.scores is not None}
    contestants = [re.sub(r"-run_\d+$", "", outcome.name) for outcome in outcomes if not outcome.oracle]
    return next_commands(folder, contestants if len(benchmarks) == 1 else [])


def next_commands(results: Path, contestants: Sequence[str], *, compared: bool = False) -> list[str]:
    """See all runs below `results`, and hold the first two contestants against each other, if there are two.

    `contestants`: names as compare= takes them. `compared`: that was just done.
    """
    place = setting("results", shown(results))
    two = list(dict.fromkeys(contestants))[:2]
    pair = [list_setting("compare", two)] if len(two) == 2 and not compared else []
    return [f"next: {command_line('report', place)}", f"      {command_line('score', place, *pair)}"]
