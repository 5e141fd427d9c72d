"""What a report is asked for of figures: beside the page, alone, and as a paper's parts."""

from __future__ import annotations

from pathlib import Path

from runners.core.errors import UserError
from runners.core.files import shown
from runners.core.progress import make_bar
from runners.core.settings import ReportSettings
from runners.figures.paper import write_paper
from runners.figures.write import write_figures
from runners.reporting.collect import CollectedRuns
from runners.reporting.leaderboard import group, ranked, rows
from runners.reporting.published import published_rows
from runners.reporting.run_benchmarks import Benchmarks


def figures_alone(settings: ReportSettings) -> bool:
    """Whether figures are wanted without the page. Raises UserError for a word that is none."""
    if settings.figures not in (None, "only"):
        raise UserError(f"figures={settings.figures}: it is figures=only; beside the page they are report.figures=true")
    return settings.figures == "only"


def write_asked(collected: CollectedRuns, out: Path, settings: ReportSettings, benchmarks: Benchmarks) -> list[str]:
    """Write `out`/figures and `out`/paper as far as they are asked for; returns lines for people. Raises UserError."""
    if not (settings.figures or settings.report.figures or settings.paper):
        return []
    lines: list[str] = []
    with make_bar(settings.progress, "drawing figures") as bar:
        figures = write_figures(collected, out / "figures", settings, benchmarks, bar, lines)
    lines.append(f"{len(figures)} figures, each with its data as CSV, are in {shown(out / 'figures')}")
    if settings.paper:
        table = rows(group(collected.runs)[0], resamples=settings.resamples, seed=settings.seed)
        theirs = {row.benchmark for row in table}
        if settings.published:
            table = ranked([*table, *(row for row in published_rows() if row.benchmark in theirs)])
        told = f"95 % intervals: a bootstrap over scenes, {settings.resamples} resamples, seed {settings.seed}"
        lines.append(f"the paper's tables and figures: {shown(write_paper(table, figures, out / 'paper', told))}")
    return lines
