"""What a report is asked for, and who makes it."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from runners.core.errors import UserError, WorkFailed
from runners.core.files import shown, user_path
from runners.core.outcome import DONE, FAILED, Outcome
from runners.core.progress import make_bar
from runners.core.provenance import usable_cores
from runners.core.settings import ReportSettings, ScoreSettings
from runners.core.terminal import say
from runners.figures.asked import figures_alone, write_asked
from runners.figures.colours import colours
from runners.page.build import Folder, alone, build_page, check_place, known_files
from runners.page.media import MediaFolder, check_media, make_missing, make_truth_masks, plan_media
from runners.page.reproduce import command_of
from runners.page.scenarios import find_scenes
from runners.page.survey import survey
from runners.page.under_way import runs_under_way
from runners.page.watch import Served, keep_current, serving
from runners.previews.cache import open_previews
from runners.reporting.collect import CollectedRuns, gather
from runners.reporting.run_benchmarks import Benchmarks
from runners.reporting.show import show_scenario
from runners.runs.run_finder import find_run_folders
from runners.scoring.cache import open_cache
from runners.scoring.memory import Memory
from runners.scoring.pool import ScoringError, run_tasks
from runners.sharing.share import check_sharing, share


def report(settings: ReportSettings, memory: Memory) -> Outcome:
    """Make what was asked for. Raises UserError."""
    results = user_path(settings.results)
    if not find_run_folders(results):
        raise UserError(f"{shown(results)} holds no runs (folders with a journal), however deep; set results=DIR")
    if settings.show is not None:
        return show_scenario(results, settings.show, score_settings(settings), memory)
    if check_sharing(settings) and settings.out is None:
        return share_only(results, settings, memory)
    out = user_path(settings.out) if settings.out else results / "report"
    check_media(settings.report)
    check_place(out)
    if figures_alone(settings):
        return figures_only(results, out, settings, memory)
    if settings.watch:
        return watch(results, out, settings, memory)
    with alone(out):
        collected, media = make_page(results, out, settings, memory)
    lines = [*collected.remarks(), *(f"error: {name}: {why}" for name, why in collected.faults.items())]
    lines += write_asked(collected, out, settings, Benchmarks(score_settings(settings), memory))
    lines += share(settings, collected, command_of)
    lines.append(f"the report is in {shown(out)}: open {shown(media.out / 'index.html')} in a browser")
    return Outcome(FAILED if collected.faults else DONE, shown(results), tuple(lines), out)


def figures_only(results: Path, out: Path, settings: ReportSettings, memory: Memory) -> Outcome:
    """The figures without the page. Raises UserError, OSError."""
    asked = score_settings(settings)
    with alone(out):
        if known_files(out) is None:
            Folder(out).begin()
        collected = gather(results, asked, memory)
        lines = [*collected.remarks(), *(f"error: {name}: {why}" for name, why in collected.faults.items())]
        lines += write_asked(collected, out, settings, Benchmarks(asked, memory))
    return Outcome(FAILED if collected.faults else DONE, shown(results), tuple(lines), out)


def share_only(results: Path, settings: ReportSettings, memory: Memory) -> Outcome:
    """The runs shared, without a page, which out=FOLDER adds. Raises UserError, OSError."""
    collected = gather(results, score_settings(settings), memory, partial=True)
    lines = [*collected.remarks(), *(f"error: {name}: {why}" for name, why in collected.faults.items())]
    lines += share(settings, collected, command_of)
    return Outcome(FAILED if collected.faults else DONE, shown(results), tuple(lines))


def watch(results: Path, out: Path, settings: ReportSettings, memory: Memory) -> Outcome:
    """Keep the page current until Ctrl-C, and serve it to this machine. Raises UserError."""
    served = Served(out)

    def build() -> set[Path]:
        with alone(out):
            return make_page(results, out, settings, memory)[1].linked

    try:
        served.linked = build()
        with serving(served) as address:
            say(f"the report, kept current: {address}")
            say("Ctrl-C ends this; the runs go on, and the page stays as it is")
            keep_current(results, served, build, time.sleep)
    except KeyboardInterrupt:
        pass
    return Outcome(DONE, shown(results), (f"the report is in {shown(out)}: open {shown(out / 'index.html')}",), out)


def make_page(results: Path, out: Path, settings: ReportSettings, memory: Memory) -> tuple[CollectedRuns, MediaFolder]:
    """The page over all runs; returns them, and where their media are. Raises UserError, OSError."""
    cache = open_previews()
    if cache is None:
        raise UserError("PHYSICS_IQ_PREVIEWS=off: a report shows previews; name a folder for them, or unset it")
    asked = score_settings(settings)
    collected = gather(results, asked, memory, partial=True)
    found = survey(collected, list(runs_under_way(results)), asked)
    found.scenes = find_scenes(found.models, Benchmarks(asked, memory), memory)
    folder = Folder(out)
    folder.begin()
    media = plan_media(found, out, settings.report, cache, memory.hashes.of)
    make_previews_of(media, settings.progress)
    make_truth_masks(found, media, open_cache(settings.scorer))
    build_page(found, media, folder, colours(model.label for model in found.models), settings)
    return collected, media


def make_previews_of(media: MediaFolder, progress: str) -> None:
    """What no publishing and no scoring has made yet; each is kept as soon as it is there."""
    tasks = [(path, sha256, media.cache) for path, sha256 in media.missing()]
    if not tasks:
        return
    with (
        make_bar(progress, "making previews") as bar,
        closing(run_tasks(make_missing, tasks, usable_cores(), lambda task: str(task[0]))) as made,
    ):
        try:
            for done, _ in enumerate(made, 1):
                bar(done, len(tasks))
        except (WorkFailed, ScoringError) as error:  # a clip that breaks its decoder takes no page away
            say(f"warning: previews are missing: {error}")


def score_settings(settings: ReportSettings) -> ScoreSettings:
    """The settings by which runs are gathered, and scored where scores are missing."""
    return ScoreSettings(
        benchmark=settings.benchmark, scorer=settings.scorer, prompts=settings.prompts, output=settings.output,
        results=settings.results, published=settings.published, resamples=settings.resamples, seed=settings.seed,
        progress=settings.progress,
    )  # fmt: skip
