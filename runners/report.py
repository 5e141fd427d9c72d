"""`python -m runners.report`: the page, the figures, and what else shows or shares the runs below a folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runners.cli.command import Command, main
from runners.core.outcome import Outcome
from runners.core.settings import ReportSettings

if TYPE_CHECKING:
    from runners.generation.session import Session


def run(settings: ReportSettings, session: Session) -> Outcome:
    """What was asked for. Raises UserError."""
    from runners.core.failures import writing
    from runners.page.report import report

    with writing():
        return report(settings, session.memory)


def words_of(typed: Sequence[str]) -> list[str]:
    """What was typed as settings: a scenario's id is a text, whatever YAML makes of 0007."""
    return [f"show='{word[5:]}'" if word.startswith("show=") and word[5:].isdigit() else word for word in typed]


COMMAND = Command(
    name="report",
    purpose="All runs below results=DIR, to be seen: out=FOLDER gets a page (index.html) that opens from disk in any "
    "browser; report.figures=true figures beside it, watch=true keeps it current while runs go on; show=0007 prints "
    "one scenario; hub=DIR makes a folder to share, tracker=NAME logs the scores.",
    schema=ReportSettings,
    groups=("benchmark", "scorer"),
    run=run,
    words=words_of,
)

if __name__ == "__main__":
    main(COMMAND)
