"""All runs below a folder, each with its scores: made now where they are not there or not true any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runners.clips.footage import Unfit
from runners.core.errors import UserError, first_of
from runners.core.failures import fatal
from runners.core.files import sha256_file, sha256_json, shown, takes_files
from runners.core.locks import Held, Lock
from runners.core.provenance import usable_cores
from runners.core.settings import ScoreSettings
from runners.core.terminal import say
from runners.reporting.leaderboard import ScoredRun
from runners.reporting.partial_runs import PartialRun, measured
from runners.reporting.run_benchmarks import Benchmarks
from runners.runs.journal import journal_files
from runners.runs.presence import wait_for_silence
from runners.runs.run_finder import find_run_folders, left_out
from runners.runs.run_record import RunRecord, is_busy, read_record
from runners.scoring import ScoringError, check_unaltered, reuse_scores, score
from runners.scoring.inputs import ScoringInput, check_clips
from runners.scoring.memory import Memory
from runners.scoring.reuse import ensure_checked
from runners.scoring.scores import CHECKS, SCORER_VERSION, Scores
from runners.scoring.stored import read_scores
from runners.scoring.truth import find_truth


class Skipped(Exception):
    """A run that has no score, for a reason that is nobody's fault."""


@dataclass
class CollectedRuns:
    """What was found below a results folder; runs are called as `place` has it."""

    results: Path
    runs: list[ScoredRun] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    unchecked: dict[str, list[str]] = field(default_factory=dict)
    """Runs whose scores could not be held against their data set, by the reason."""
    official: list[str] = field(default_factory=list)
    """Runs whose scores the official toolbox made in an earlier call."""
    anew: int = 0
    found: int = 0
    """How many run folders there are."""
    partial: list[PartialRun] = field(default_factory=list)
    """Runs without a score, as far as they go, if they were asked for; each is in `skipped` as well."""

    def place(self, path: Path) -> str:
        """A run as it is called where there may be several benchmarks, and several of one name further below."""
        below = path.relative_to(self.results) if path.is_relative_to(self.results) else Path()
        return str(below) if len(below.parts) > len(("benchmark", "run")) else f"{path.parent.name}/{path.name}"

    def remarks(self) -> list[str]:
        """What is to be told of runs that have scores: each reason once, however many runs it holds for."""
        lines = [
            f"warning: the scores of {first_of(shown_ones)} were not checked against the data set: {why}"
            for why, names in self.unchecked.items()
            if (shown_ones := [name for name in names if name not in self.skipped])
        ]
        if self.official:
            names, them = first_of(self.official), "it" if len(self.official) == 1 else "them"
            lines.append(f"note: the scores of {names} are the official toolbox's, made before")
            lines[-1] += f" (without scores/scores.json the built-in scorer scores {them})"
        return [*self.told, *lines]


def gather(results: Path, settings: ScoreSettings, memory: Memory, *, partial: bool = False) -> CollectedRuns:
    """Every run below `results`, scored, skipped or at fault. Raises UserError for settings that fit no run.

    `partial` runs are measured over the clips that they have.
    """
    collected, benchmarks = CollectedRuns(results), Benchmarks(settings, memory)
    unread: list[Path] = []
    folders = find_run_folders(results, unread)
    collected.found = len(folders)
    collected.told += [f"warning: {told}" for told in left_out(unread)]
    benchmarks.check_used(folders)
    for path in folders:
        name = collected.place(path)
        try:
            run = _scored(path, benchmarks, collected)
            collected.runs.append(run)
        except Skipped as reason:
            collected.skipped[name] = str(reason)
            if partial and (part := _as_far_as_it_goes(path, str(reason), benchmarks, collected)):
                collected.partial.append(part)
        except (UserError, ScoringError, OSError) as error:
            collected.faults[name] = _told(error)
    collected.told += [f"warning: {warning}" for warning in benchmarks.warnings]
    return collected


def _scored(path: Path, benchmarks: Benchmarks, collected: CollectedRuns) -> ScoredRun:
    record = read_record(path)
    _check_whole(path, record)
    assert record is not None
    if record.newer is not None:
        collected.told.append(f"warning: {record.name}: {record.newer}")
    scores = _known(record, benchmarks, collected)
    if scores is None:
        check_unaltered(record.folder.videos, record.hashes)
        scores = _score(record, benchmarks, collected)
    else:
        check_unaltered(record.folder.videos, record.hashes, scores.hashes)
    if not scores.second_takes:
        raise Skipped("the benchmark has no second takes: it has metrics and no score")
    if not scores.complete or scores.verified is None:
        raise Skipped(f"its scores are over {scores.clips} of {scores.expected} clips: metrics and no score")
    return _comparable(ScoredRun(record, scores))


def _as_far_as_it_goes(path: Path, why: str, benchmarks: Benchmarks, collected: CollectedRuns) -> PartialRun | None:
    """A run without a score: what was measured of it, or is measured now; None before it has a manifest."""
    try:
        record = read_record(path)
    except UserError as error:
        collected.faults[collected.place(path)] = str(error)
        return None
    if record is None:
        return None
    busy, scores = is_busy(path), None
    try:
        if not busy:
            check_unaltered(record.folder.videos, record.hashes)
        scores = measured(record)
        if not busy and _is_to_be_measured(record, scores) and benchmarks.settings.scorer.name != "none":
            scores = _score(record, benchmarks, collected)
    except Skipped:
        busy = True
    except (UserError, ScoringError, OSError) as error:
        lacks = "has no metrics" if scores is None else f"has metrics of {scores.clips} clips alone"
        collected.told.append(f"warning: {record.name} {lacks}: {_told(error)}")
    return PartialRun(record, None if scores is not None and scores.complete else scores, why, busy)


def _told(error: Exception) -> str:
    """What is wrong with one run, in a line. Raises an OSError again that is of the disk, and would be every run's."""
    if not isinstance(error, OSError):
        return str(error)
    if fatal(error):
        raise error
    return f"{error.filename2 or error.filename or 'a file'} is in the way or unreadable ({error.strerror or error})"


def _is_to_be_measured(record: RunRecord, scores: Scores | None) -> bool:
    """Whether clips are there that have no metrics; where others are gone, the scores of all stay as they are."""
    return bool(record.hashes) and not record.lost() and (scores is None or scores.hashes != record.hashes)


def _comparable(run: ScoredRun) -> ScoredRun:
    """The run, if its manifest holds all in which runs are compared. Raises UserError."""
    try:
        run.facts()
        sha256_json(run.record.manifest.fingerprint)
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # ValueError: NaN has no hash
        manifest, why = shown(run.record.folder.manifest), type(error).__name__
        raise UserError(f"{manifest} is damaged ({why}); the command that made the run writes it anew") from None
    return run


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
        raise Skipped(f"refused clips ({len(record.refused)} of {record.manifest.expected}): metrics and no score")
    published, expected = record.manifest.published, record.manifest.expected
    raise Skipped(f"incomplete: {published} of {expected} clips; go on with the command that made it")


def _known(record: RunRecord, benchmarks: Benchmarks, collected: CollectedRuns) -> Scores | None:
    """Scores that are still those of these very clips, None if there are none."""
    if benchmarks.settings.scorer.name in ("official", "both"):
        return None  # which reads its own results back, where they are still true
    try:
        found = read_scores(record.folder.scores)
    except UserError as error:
        if (record.folder.scores / "scores.json").exists():
            collected.told.append(f"note: {record.name} has to be scored again: {error}")
        return None
    masks = benchmarks.settings.scorer.masks
    as_asked = masks == "shipped" or found.origin.masks == "made"
    if found.by_toolbox and as_asked and _is_of_these_clips(found, record):
        _check_older(found, record, benchmarks)
        collected.official.append(collected.place(record.path))
        return found
    try:
        benchmark = benchmarks.of(record)
        given = ScoringInput.of(record.folder.videos, benchmark, masks)
        return reuse_scores(given, record.folder.scores, benchmarks.memory)
    except Unfit:
        raise
    except UserError as error:
        if found.scorer_version != SCORER_VERSION or not as_asked or not _is_of_these_clips(found, record):
            raise
        _check_older(found, record, benchmarks)
        collected.unchecked.setdefault(str(error), []).append(collected.place(record.path))
        return found


def _check_older(scores: Scores, record: RunRecord, benchmarks: Benchmarks) -> None:
    """Raise `Unfit` for scores of the time before today's checks whose clips, or truth if it is at hand, fail them."""
    if scores.checks == CHECKS:
        return
    clips = [record.folder.videos / name for name in record.hashes]
    masks = "made" if scores.origin.masks == "made" else "shipped"
    try:
        benchmark = benchmarks.of(record)
        sources = find_truth(benchmark.dataset, benchmark.scenarios, scores.origin.fps, masks)
    except Unfit:
        raise
    except UserError:
        check_clips(clips, usable_cores())
    else:
        ensure_checked(scores, clips, sources, record.folder.scores, benchmarks.memory)


def _is_of_these_clips(scores: Scores, record: RunRecord) -> bool:
    """Whether scores are of these very clips; whether of this truth, only the data set can say."""
    hashes = scores.hashes
    return hashes == record.hashes and all(
        sha256_file(record.folder.videos / name) == sha256 for name, sha256 in hashes.items()
    )


def _score(record: RunRecord, benchmarks: Benchmarks, collected: CollectedRuns) -> Scores:
    """Score a run whose scores are not there or not true any more; nobody else may work on it meanwhile."""
    settings = benchmarks.settings
    if settings.scorer.name == "none":
        raise Skipped("it is not scored, and scorer=none")
    if not takes_files(record.path):
        raise UserError(f"{shown(record.path)} is not writable, and its scores go there")
    benchmark, out = benchmarks.of(record), record.folder.scores
    with _alone(record):
        say(f"scoring {record.name}")  # above the bars, which do not name it
        found = score(
            record.folder.videos, benchmark, settings.scorer, out=out, progress=settings.progress,
            memory=benchmarks.memory,
        )  # fmt: skip
        collected.anew += found.anew
    return found.scores


@contextmanager
def _alone(record: RunRecord) -> Iterator[None]:
    """Hold the run's journals, or its folder if it has none. Raises Skipped if somebody else does."""
    with ExitStack() as held:
        try:
            wait_for_silence(record.path, None)
            for place in journal_files(record.path) or [record.path]:
                held.enter_context(Lock(place))
        except Held:
            raise Skipped("it is being worked on") from None
        yield
