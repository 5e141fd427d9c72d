"""What a report is asked for, and who makes it."""

from __future__ import annotations

from runners.core.errors import UserError
from runners.core.files import shown, user_path
from runners.core.outcome import Outcome
from runners.core.settings import ReportSettings, ScoreSettings
from runners.reporting.collect import gather
from runners.runs.run_finder import find_run_folders
from runners.scoring.memory import Memory


def report(settings: ReportSettings, memory: Memory) -> Outcome:
    """Make what was asked for. Raises UserError."""
    results = user_path(settings.results)
    if not find_run_folders(results):
        raise UserError(f"{shown(results)} holds no runs (folders with a journal), however deep; set results=DIR")
    collected = gather(results, score_settings(settings), memory, partial=True)
    return Outcome(0, shown(results), tuple(collected.remarks()), results)


def score_settings(settings: ReportSettings) -> ScoreSettings:
    """The settings by which runs are gathered, and scored where scores are missing."""
    return ScoreSettings(
        benchmark=settings.benchmark, scorer=settings.scorer, prompts=settings.prompts, output=settings.output,
        results=settings.results, published=settings.published, resamples=settings.resamples, seed=settings.seed,
        progress=settings.progress,
    )  # fmt: skip
