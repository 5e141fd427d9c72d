"""All runs below a folder, each with its scores: made now where they are not there or not true any more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from runners.core.benchmark import Benchmark, ensure_rate, open_benchmark
from runners.core.errors import UserError, first_of
from runners.core.files import sha256_file, shown
from runners.core.journal import journal_files
from runners.core.locks import Held, Lock
from runners.core.progress import make_bar
from runners.core.run_record import RunRecord, find_run_folders, is_busy, read_record
from runners.core.settings import BenchmarkSettings, ScoreSettings
from runners.reporting.leaderboard import ScoredRun
from runners.scoring import ScoringError, folder_rate, reuse_scores, score
from runners.scoring.scores import SCORER_VERSION
from runners.scoring.stored import read_scores, stored_clips


class Skipped(Exception):
    """A run that has no score, for a reason that is nobody's fault."""


@dataclass
class Harvest:
    """What was found below a results folder."""

    runs: list[ScoredRun] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    anew: int = 0


def gather(results: Path, settings: ScoreSettings) -> Harvest:
    """Every run below `results`, scored, skipped or at fault. Raises UserError for settings that fit no run."""
    harvest, benchmarks = Harvest(), Benchmarks(settings)
    for path in find_run_folders(results):
        name = f"{path.parent.name}/{path.name}"
        try:
            run = _scored(path, benchmarks, harvest)
            harvest.runs.append(run)
        except Skipped as reason:
            harvest.skipped[name] = str(reason)
        except (UserError, ScoringError) as error:
            harvest.faults[name] = str(error)
    benchmarks.check_used()
    harvest.told += [f"warning: {warning}" for warning in benchmarks.warnings]
    return harvest


def _scored(path: Path, benchmarks: Benchmarks, harvest: Harvest) -> ScoredRun:
    record = read_record(path)
    _check_whole(path, record)
    assert record is not None
    scores = _known(record, benchmarks, harvest)
    if scores is None:
        scores = _score(record, benchmarks, harvest)
    if not scores.get("second_takes", True):
        raise Skipped("the benchmark has no second takes: it has metrics and no score")
    if not scores.get("complete") or scores.get("verified") is None:
        raise Skipped(f"its scores are over {scores['clips']} of {scores['expected']} clips: metrics and no score")
    foreign = sum(record.hashes.get(clip.file) != clip.sha256 for clip in stored_clips(scores))
    if foreign:
        are = "is not the one" if foreign == 1 else "are not those"
        harvest.told.append(f"warning: {record.name}: {foreign} of its clips {are} that the run published")
    return ScoredRun(record, scores)


def _check_whole(path: Path, record: RunRecord | None) -> None:
    """Raise Skipped unless the run is whole: a score over part of the set is none."""
    if record is not None and record.complete and not (lost := record.lost()):
        return
    if is_busy(path):
        raise Skipped("it is being worked on")
    if record is None:
        raise Skipped("it has no manifest yet; go on with the command that made it")
    if record.complete:
        raise Skipped(f"incomplete: {len(lost)} of its clips are gone ({first_of(lost, 2)}); make them again")
    if record.refused:
        raise Skipped(f"refused clips ({len(record.refused)} of {record.manifest['expected']}): metrics and no score")
    published, expected = record.manifest["published"], record.manifest["expected"]
    raise Skipped(f"incomplete: {published} of {expected} clips; go on with the command that made it")


class Benchmarks:
    """The benchmarks of runs, as their manifests name them, each opened once; `benchmark.*` of the command wins."""

    def __init__(self, settings: ScoreSettings) -> None:
        """Nothing is opened yet."""
        self.settings = settings
        self._open: dict[str, Benchmark | UserError] = {}
        given = settings.benchmark
        self._moved = {key: value for key in ("root", "descriptions") if (value := getattr(given, key))}
        self._used = False

    def of(self, record: RunRecord) -> Benchmark:
        """The run's benchmark with the truth at its rate. Raises UserError if its data is not at hand."""
        chosen = self._chosen(record)
        key = repr(chosen)
        if key not in self._open:
            try:
                with make_bar(self.settings.progress, "preparing the data set") as bar:
                    self._open[key] = open_benchmark(chosen, progress=bar)
            except UserError as error:
                self._open[key] = error
        found = self._open[key]
        if isinstance(found, UserError):
            raise found
        with make_bar(self.settings.progress, "preparing the data set") as bar:
            return ensure_rate(found, folder_rate(record.folder.videos), bar)

    @property
    def warnings(self) -> list[str]:
        """What is to be said of those that were opened, each once."""
        opened = [found for found in self._open.values() if isinstance(found, Benchmark)]
        return list(dict.fromkeys(warning for found in opened for warning in found.warnings))

    def check_used(self) -> None:
        """Raise UserError if the command names a data set's place, and no run is over that data set."""
        if self._moved and not self._used:
            name, key = self.settings.benchmark.name, next(iter(self._moved))
            raise UserError(f"benchmark.{key} is that of {name}, and no run is over it; say benchmark=NAME as well")

    def _chosen(self, record: RunRecord) -> BenchmarkSettings:
        known = {setting.name for setting in fields(BenchmarkSettings)}
        recorded = record.configuration["benchmark"]
        chosen = BenchmarkSettings(**{key: value for key, value in recorded.items() if key in known})
        data = record.manifest.get("data")
        made_over = data.get("root") if isinstance(data, dict) else None
        if not chosen.root and chosen.kind != "demo" and isinstance(made_over, str) and Path(made_over).is_dir():
            chosen.root = made_over  # where it lay when the run was made, whatever the environment says now
        if chosen.name == self.settings.benchmark.name and self._moved:
            self._used = True
            chosen = replace(chosen, **self._moved)
        return chosen


def _known(record: RunRecord, benchmarks: Benchmarks, harvest: Harvest) -> dict[str, Any] | None:
    """Scores that are still those of these very clips, None if there are none."""
    if benchmarks.settings.scorer.name in ("official", "both"):
        return None  # which reads its own results back, where they are still true
    try:
        found = read_scores(record.folder.scores)
    except UserError as error:
        if (record.folder.scores / "scores.json").exists():
            harvest.told.append(f"note: {record.name} has to be scored again: {error}")
        found = {}
    if found.get("scorer") == "official" and _is_of_these_clips(found, record):
        harvest.told.append(f"note: {record.name}: its scores are the official toolbox's, made before")
        return found
    try:
        benchmark = benchmarks.of(record)
        return reuse_scores(
            record.folder.videos, benchmark.dataset, benchmark.scenarios, benchmark=benchmark.name,
            expected=len(benchmark.scenarios), out=record.folder.scores,
        )  # fmt: skip
    except UserError as error:
        if found.get("scorer_version") != SCORER_VERSION or not _is_of_these_clips(found, record):
            raise
        harvest.told.append(f"warning: {record.name}: its scores were not checked against the data set: {error}")
        return found


def _is_of_these_clips(scores: dict[str, Any], record: RunRecord) -> bool:
    """Whether scores are of these very clips; whether of this truth, only the data set can say."""
    hashes = {clip.file: clip.sha256 for clip in stored_clips(scores)}
    return hashes == record.hashes and all(
        sha256_file(record.folder.videos / name) == sha256 for name, sha256 in hashes.items()
    )


def _score(record: RunRecord, benchmarks: Benchmarks, harvest: Harvest) -> dict[str, Any]:
    """Score a run whose scores are not there or not true any more; nobody else may work on it meanwhile."""
    settings = benchmarks.settings
    if settings.scorer.name == "none":
        raise Skipped("it is not scored, and scorer=none")
    if not os.access(record.path, os.W_OK):
        raise UserError(f"{shown(record.path)} is not writable, and its scores go there")
    benchmark, out = benchmarks.of(record), record.folder.scores
    with _alone(record):
        before = _content(out / "scores.json")
        scores = score(record.folder.videos, benchmark, settings.scorer, out=out, progress=settings.progress)
        harvest.anew += _content(out / "scores.json") != before
    return scores


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@contextmanager
def _alone(record: RunRecord) -> Iterator[None]:
    """Hold the run's journals, or its folder if it has none. Raises Skipped if somebody else does."""
    with ExitStack() as held:
        try:
            for place in journal_files(record.path) or [record.path]:
                held.enter_context(Lock(place))
        except Held:
            raise Skipped("it is being worked on") from None
        yield
