"""`python -m runners.score`: videos=DIR scores any folder of clips, results=DIR all runs, with a leaderboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runners.cli.command import Command, main
from runners.core.outcome import Outcome
from runners.core.settings import ScoreSettings

if TYPE_CHECKING:
    from runners.generation.session import Session


def run(settings: ScoreSettings, session: Session) -> Outcome:
    """One folder, or all runs below one. Raises UserError."""
    from runners.core.errors import UserError
    from runners.core.failures import writing
    from runners.scoring.score_folder import score_folder

    with writing():
        if settings.results or settings.compare:
            from runners.reporting.score_runs import score_runs

            return score_runs(settings, session.memory)
        if settings.published:
            raise UserError("published=true goes with results=DIR: published values stand beside a leaderboard")
        return score_folder(settings, session.memory)


COMMAND = Command(
    name="score",
    purpose="Score a folder of clips against a benchmark: videos=DIR [scores=DIR] [benchmark.root=…]; or all complete "
    "runs: results=DIR prints a leaderboard and writes it there, results=DIR compare=[A,B] compares two models.",
    schema=ScoreSettings,
    groups=("benchmark", "scorer"),
    run=run,
)

if __name__ == "__main__":
    main(COMMAND)
