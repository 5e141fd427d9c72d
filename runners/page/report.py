"""What a report is asked for, and who makes it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from runners.core.errors import UserError
from runners.core.files import shown, user_path
from runners.core.outcome import DONE, FAILED, Outcome
from runners.core.progress import make_bar
from runners.core.provenance import usable_cores
from runners.core.settings import ReportSettings, ScoreSettings
from runners.figures.colours import colours
from runners.page.build import Folder, alone, build_page, check_place
from runners.page.media import MediaFolder, check_media, make_missing, make_truth_masks, plan_media
from runners.page.scenarios import find_scenes
from runners.page.survey import survey
from runners.previews.cache import open_previews
from runners.reporting.collect import CollectedRuns, gather
from runners.reporting.run_benchmarks import Benchmarks
from runners.reporting.show import show_scenario
from runners.runs.run_finder import find_run_folders
from runners.scoring.cache import open_cache
from runners.scoring.memory import Memory
from runners.scoring.pool import run_tasks


def report(settings: ReportSettings, memory: Memory) -> Outcome:
    """Make what was asked for. Raises UserError."""
    results = user_path(settings.results)
    if not find_run_folders(results):
        raise UserError(f"{shown(results)} holds no runs (folders with a journal), however deep; set results=DIR")
    if settings.show is not None:
        return show_scenario(results, settings.show, score_settings(settings), memory)
    out = user_path(settings.out) if settings.out else results / "report"
    check_media(settings.report)
    check_place(out)
    asked = score_settings(settings)
    with alone(out):
        collected = gather(results, asked, memory, partial=True)
        index = make_page(collected, out, settings, memory)
    lines = [*collected.remarks(), *(f"error: {name}: {why}" for name, why in collected.faults.items())]
    lines.append(f"the report is in {shown(out)}: open {shown(index)} in a browser")
    return Outcome(FAILED if collected.faults else DONE, shown(results), tuple(lines), out)


def make_page(collected: CollectedRuns, out: Path, settings: ReportSettings, memory: Memory) -> Path:
    """The page over the runs that were gathered; returns the path of its index. Raises UserError, OSError."""
    asked = score_settings(settings)
    found = survey(collected, asked)
    found.scenes = find_scenes(found.models, Benchmarks(asked, memory), memory)
    cache = open_previews()
    if cache is None:
        raise UserError("PHYSICS_IQ_PREVIEWS=off: a report shows previews; name a folder for them, or unset it")
    folder = Folder(out)
    folder.begin()
    media = plan_media(found, out, settings.report, cache, memory.hashes.of)
    make_previews_of(media, settings.progress)
    make_truth_masks(found, media, open_cache(settings.scorer))
    index = build_page(found, media, folder, colours(model.label for model in found.models), settings)
    cache.clean()
    return index


def make_previews_of(media: MediaFolder, progress: str) -> None:
    """What no publishing and no scoring has made yet; each is kept as soon as it is there."""
    tasks = [(path, sha256, media.cache) for path, sha256 in media.missing()]
    if not tasks:
        return
    with (
        make_bar(progress, "making previews") as bar,
        closing(run_tasks(make_missing, tasks, usable_cores(), lambda task: str(task[0]))) as made,
    ):
        for done, _ in enumerate(made, 1):
            bar(done, len(tasks))


def score_settings(settings: ReportSettings) -> ScoreSettings:
    """The settings by which runs are gathered, and scored where scores are missing."""
    return ScoreSettings(
        benchmark=settings.benchmark, scorer=settings.scorer, prompts=settings.prompts, output=settings.output,
        results=settings.results, published=settings.published, resamples=settings.resamples, seed=settings.seed,
        progress=settings.progress,
    )  # fmt: skip
