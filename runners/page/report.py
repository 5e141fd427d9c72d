"""What a report is asked for, and who makes it."""

from __future__ import annotations

from runners.core.errors import UserError
from runners.core.files import shown, user_path
from runners.core.outcome import DONE, FAILED, Outcome
from runners.core.settings import ReportSettings, ScoreSettings
from runners.page.build import build_page
from runners.page.survey import survey
from runners.reporting.collect import gather
from runners.runs.run_finder import find_run_folders
from runners.scoring.memory import Memory


def report(settings: ReportSettings, memory: Memory) -> Outcome:
    """Make what was asked for. Raises UserError."""
    results = user_path(settings.results)
    if not find_run_folders(results):
        raise UserError(f"{shown(results)} holds no runs (folders with a journal), however deep; set results=DIR")
    out = user_path(settings.out) if settings.out else results / "report"
    asked = score_settings(settings)
    collected = gather(results, asked, memory, partial=True)
    found = survey(collected, asked, memory)
    index = build_page(found, out, settings.progress)
    lines = [*collected.remarks(), *(f"note: {note}" for note in found.notes)]
    lines += [f"error: {name}: {why}" for name, why in collected.faults.items()]
    lines.append(f"the report is in {shown(out)}: open {shown(index)} in a browser")
    return Outcome(FAILED if collected.faults else DONE, shown(results), tuple(lines), out)


def score_settings(settings: ReportSettings) -> ScoreSettings:
    """The settings by which runs are gathered, and scored where scores are missing."""
    return ScoreSettings(
        benchmark=settings.benchmark, scorer=settings.scorer, prompts=settings.prompts, output=settings.output,
        results=settings.results, published=settings.published, resamples=settings.resamples, seed=settings.seed,
        progress=settings.progress,
    )  # fmt: skip
