"""`python -m runners.score videos=DIR`: score any folder of clips."""

from __future__ import annotations

from collections.abc import Sequence

from runners.core.outcome import Outcome
from runners.core.settings import ScoreSettings
from runners.entry import Command, main


def run(settings: ScoreSettings) -> Outcome:
    """One folder."""
    from runners.core.faults import writing
    from runners.score_folder import score_folder

    with writing():
        return score_folder(settings)


def conclude(outcomes: Sequence[Outcome]) -> None:
    """The table."""
    from runners.reporting.tables import print_outcomes

    print_outcomes(outcomes)


COMMAND = Command(
    name="score",
    purpose="Score a folder of clips against a benchmark: videos=DIR [scores=DIR] [benchmark.root=…].",
    schema=ScoreSettings,
    groups=("benchmark", "scorer"),
    run=run,
    conclude=conclude,
)

if __name__ == "__main__":
    main(COMMAND)
