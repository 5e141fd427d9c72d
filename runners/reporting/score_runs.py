"""What becomes of the scores of all runs below a folder: a leaderboard, or two models compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runners.core.errors import UserError
from runners.core.files import shown, takes_files, user_path
from runners.core.outcome import BAD_INPUT, DONE, FAILED, Outcome
from runners.core.settings import ScoreSettings
from runners.core.terminal import make_console
from runners.reporting.collect import CollectedRuns, gather
from runners.reporting.leaderboard import RunGroup, ScoredRun, group, ranked, rows
from runners.reporting.next_commands import next_commands
from runners.reporting.partial_runs import PartialRun, metrics_table
from runners.runs.run_finder import find_run_folders
from runners.runs.twins import twins_between, twins_within
from runners.scoring import check_scorer_settings
from runners.scoring.memory import Memory


def score_runs(settings: ScoreSettings, memory: Memory | None = None) -> Outcome:
    """Score what is complete and not yet scored, then print and write the leaderboard, or compare two models.

    Runs that are incomplete, refused, being worked on or damaged are named with the reason and have no score; the
    metrics of those that have any stand below, apart.
    Raises UserError.
    """
    results = _results(settings)
    collected = gather(results, settings, memory or Memory(), partial=True)
    kinds, notes = group(collected.runs)
    count = len(collected.runs)
    lines = [f"{shown(results)}: {count} of {collected.found} runs have scores, {collected.anew} made now"]
    lines += [*(f"note: {note}" for note in notes), *collected.remarks()]
    twins = _twins(collected.runs)
    lines += twins
    lines += [f"  {name} skipped: {why}" for name, why in collected.skipped.items()]
    lines += [f"error: {name}: {why}" for name, why in collected.faults.items()]
    code = FAILED if collected.faults or not (kinds or settings.published) else DONE
    if settings.compare:
        try:
            _print_comparisons(kinds, collected.partial, settings)
            lines += next_commands(results, settings.compare, compared=True)
        except UserError as error:  # told beside what was skipped, which may be why
            code = BAD_INPUT
            lines.append(f"error: {error}")
    elif kinds or settings.published:
        lines += _print_leaderboard(results, kinds, settings, twins)
        _print_metrics(collected)
        lines += next_commands(results, _contestants(kinds, settings))
    else:
        _print_metrics(collected)
        lines += _empty_leaderboard(results)
        lines.append("error: there is no score to show")
    return Outcome(code, shown(results), tuple(lines), results)


def _results(settings: ScoreSettings) -> Path:
    """The folder, with all that can be wrong with the question. Raises UserError."""
    from runners.reporting.leaderboard_files import check_places

    if settings.videos or settings.scores:
        raise UserError("videos=DIR scores one folder, results=DIR all runs below one; leave one of them out")
    if settings.resamples < 1:
        raise UserError(f"resamples={settings.resamples} must be at least 1")
    if settings.seed < 0:
        raise UserError(f"seed={settings.seed} must be at least 0")
    check_scorer_settings(settings.scorer)
    if settings.compare and len(settings.compare) != 2:
        raise UserError(f"compare takes two models, e.g. compare=[svd,freeze]; {len(settings.compare)} are named")
    results = user_path(settings.results or "results")
    if not find_run_folders(results):
        raise UserError(f"{shown(results)} holds no runs (folders with a journal), however deep; set results=DIR")
    if not settings.compare:
        if not takes_files(results):
            raise UserError(f"{shown(results)} is not writable, and the leaderboard is written there")
        check_places(results)
    return results


def _twins(runs: Sequence[ScoredRun]) -> list[str]:
    """Warnings for paid clips that are one video: a score over them is not what it says."""
    named = [(shown(run.record.path), run.record.clips) for run in runs]
    within = [f"{name}: {line}" for name, clips in named for line in twins_within(clips)]
    return [f"warning: {line}" for line in (*within, *twins_between(named))]


def _print_leaderboard(results: Path, kinds: list[RunGroup], settings: ScoreSettings, twins: list[str]) -> list[str]:
    """Print and write it, with what must stand below it; returns what else is to be told of it."""
    from runners.reporting.leaderboard_files import write_leaderboard
    from runners.reporting.leaderboard_table import LOG_COLUMNS, notes, print_leaderboard
    from runners.reporting.published import published_rows

    found = rows(kinds, resamples=settings.resamples, seed=settings.seed)
    if settings.published:
        found = ranked([*found, *published_rows()])
    told = notes(found, resamples=settings.resamples, seed=settings.seed)
    print_leaderboard(found, make_console(log_columns=LOG_COLUMNS))
    written = write_leaderboard(results, found, [*told, *twins])
    return [*told, f"written: {', '.join(shown(path) for path in written)}"]


def _print_metrics(collected: CollectedRuns) -> None:
    """Runs that have no score, apart: their metrics over the clips that they have."""
    from runners.reporting.leaderboard_table import WIDEST

    console = make_console(log_columns=WIDEST)
    parts = [(collected.place(part.record.path), part.scores) for part in collected.partial if part.scores is not None]
    if parts:
        console.print(metrics_table(parts, min(console.width, WIDEST)))


def _contestants(kinds: list[RunGroup], settings: ScoreSettings) -> list[str]:
    """The labels of one benchmark's models, best first; those that would be no answer to compare= are left out."""
    labels = [kind.label for kind in kinds]
    found = [line for line in rows(kinds, resamples=1, seed=settings.seed) if not line.ceiling]
    here = [line for line in found if line.benchmark == found[0].benchmark]
    named = [f"{line.model}-{line.prompts}" for line in here]
    return [name for name in named if labels.count(name) == 1]


def _empty_leaderboard(results: Path) -> list[str]:
    """Take the rows of an earlier call out of its files: what they stood for is not there any more."""
    from runners.reporting.leaderboard_files import write_leaderboard

    if not (results / "leaderboard.csv").exists():
        return []
    written = write_leaderboard(results, [], [])
    return [f"written, with no row: {', '.join(shown(path) for path in written)}"]


def _print_comparisons(kinds: list[RunGroup], partial: Sequence[PartialRun], settings: ScoreSettings) -> None:
    from runners.reporting.comparison import compare_models, comparison_notes, comparison_table, partial_groups
    from runners.reporting.leaderboard_table import LOG_COLUMNS

    console = make_console(log_columns=LOG_COLUMNS)
    resamples, seed, parts = settings.resamples, settings.seed, partial_groups(partial)
    for comparison in compare_models(kinds, settings.compare, resamples=resamples, seed=seed, partial=parts):
        console.print(comparison_table(comparison))
        for note in comparison_notes(comparison, resamples=resamples, seed=seed):
            console.print(note, highlight=False, markup=False, soft_wrap=True)
