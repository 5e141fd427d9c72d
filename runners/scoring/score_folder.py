"""Scoring one folder of clips, wherever they were made."""

from __future__ import annotations

from pathlib import Path

from runners.benchmarks.benchmark import ensure_rate, open_benchmark
from runners.core.errors import UserError
from runners.core.files import shown, standing, takes_files, user_path
from runners.core.outcome import DONE, Outcome
from runners.core.progress import make_bar
from runners.core.settings import ScoreSettings
from runners.runs.run_record import RunRecord, read_record
from runners.runs.twins import twins_within
from runners.scoring import check_scorer_settings, check_unaltered, folder_rate, score
from runners.scoring.memory import Memory


def score_folder(settings: ScoreSettings, memory: Memory | None = None) -> Outcome:
    """Score `videos`, writing scores.json and metrics.csv. Raises UserError for clips or truth that do not fit."""
    check_scorer_settings(settings.scorer)
    if not settings.videos:
        raise UserError("say which clips: videos=DIR, e.g. videos=results/demo/freeze-op-run_01/videos")
    videos = user_path(settings.videos)
    out = user_path(settings.scores) if settings.scores else videos.parent / "scores"
    if out == videos or videos in out.parents:
        raise UserError(f"scores={out} lies inside the folder of clips, which must hold nothing else; choose another")
    if not takes_files(there := standing(out)):
        raise UserError(f"scores={out} cannot be written ({there} is no folder of yours); choose another")
    record, unread = _record(videos)
    if record is not None and videos == record.folder.videos:
        check_unaltered(videos, record.hashes)
    with make_bar(settings.progress, "preparing the data set") as bar:
        benchmark = open_benchmark(settings.benchmark, progress=bar)
        benchmark = ensure_rate(benchmark, folder_rate(videos), bar)
    scores = score(videos, benchmark, settings.scorer, out=out, progress=settings.progress, memory=memory).scores
    oracle = record is not None and record.oracle
    name = videos.parent.name if videos.name == "videos" else videos.name
    lines = [f"warning: {warning}" for warning in (*benchmark.warnings, *unread)]
    lines += [f"warning: {line}" for line in (twins_within(record.clips) if record is not None else ())]
    lines += [f"note: {remark}" for remark in scores.remarks]
    lines.append(f"scores and metrics are in {shown(out)}")
    results = record.path.parent.parent if record is not None else None
    return Outcome(DONE, name, tuple(lines), out, scores, oracle=oracle, results=results)


def _record(videos: Path) -> tuple[RunRecord | None, list[str]]:
    """The record of the run in whose folder the clips lie, None where they stand by themselves; what is to be told."""
    try:
        return read_record(videos.parent), []
    except UserError as error:
        return None, [f"{error}; so it is not known whether these clips are that run's, and what its model saw"]
