"""From scored runs to the rows of a leaderboard: runs of one model and setting together, never two settings in one row.

A row's score is the mean over its runs, its spread their sample standard deviation (n − 1), its interval that of a
bootstrap over scenes (runners/scoring/bootstrap.py). Partial runs have no score and never come here.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from runners.core.files import sha256_json, shown
from runners.planning.fingerprint import differences
from runners.reporting.tables import COLUMNS
from runners.runs.run_record import RunRecord
from runners.scoring.bootstrap import Scenes, intervals
from runners.scoring.formulas import sample_std
from runners.scoring.scores import Ceiling, ScoreName, Scores

_FIRST = {"verified": 0, "original": 1}
_MOST_DIFFERENCES = 3


@dataclass(frozen=True)
class ScoredRun:
    """A complete run with its scores."""

    record: RunRecord
    scores: Scores

    @property
    def label(self) -> str:
        """The run's name without its number: `<model>[+<tag>]-<op|bpp|none>`."""
        tag = f"+{self.record.tag}" if self.record.tag else ""
        return f"{self.record.model}{tag}-{self.record.prompts}"

    def facts(self) -> dict[str, Any]:
        """Everything in which two runs that are averaged must agree: all but the number and its seeds.

        The truth is compared by what counts of it, the physical variance of every view of every scene.
        """
        fingerprint = _plain(self.record.manifest.fingerprint)
        seed = fingerprint.get("generation", {}).pop("seed", {})
        revisions = {str(event.revision) for event in self.record.manifest.loaded}
        texts = {name: clip.generation.prompt_given for name, clip in self.record.clips.items()}
        variances = [
            [clip.scene, clip.view, None if clip.variance is None else asdict(clip.variance)]
            for clip in self.scores.per_clip
        ]
        return {
            "name": self.label,
            "oracle": self.record.oracle,
            **fingerprint,
            "seeds": seed.get("seeds") if isinstance(seed, dict) else None,
            "short": self.record.configuration.model.short,
            "revision": sorted(revisions - {"None"}),
            "prompts_given": sha256_json(texts)[:12],
            "scores": _made_with(self.scores),
            "physical_variance": sha256_json(variances)[:12],
        }


def _made_with(scores: Scores) -> dict[str, Any]:
    origin = scores.origin
    return {
        "benchmark": origin.benchmark,
        "fps": origin.fps,
        "width": origin.width,
        "height": origin.height,
        "expected": scores.expected,
        "truth_fps": origin.truth_fps,
        "masks": origin.masks,
        "opencv": origin.opencv,
        "scorer": scores.scorer,
        "scorer_version": scores.scorer_version,
    }


def _plain(fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest's fingerprint without the hashes that sum its parts up, the number of the run among them."""
    plain = {}
    for part, content in fingerprint.items():
        whole = not isinstance(content, dict)
        plain[part] = content if whole else {key: value for key, value in content.items() if key != "sha256"}
    return plain


@dataclass(frozen=True)
class RunGroup:
    """Runs that differ in nothing but their number."""

    label: str
    runs: tuple[ScoredRun, ...]
    facts: dict[str, Any] = field(repr=False)

    @property
    def scenes(self) -> list[Scenes]:
        """Each run's clips by scene."""
        return [Scenes.of(run.scores.per_clip) for run in self.runs]

    @property
    def first(self) -> ScoredRun:
        """Any of them, for what they all share."""
        return self.runs[0]


@dataclass(frozen=True)
class Mean:
    """A score of some runs; `std` is None for a single one, `low` … `high` the 95 % interval over scenes."""

    mean: float
    std: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class LeaderboardRow:
    """One line of the leaderboard; `scores` by the keys of `COLUMNS`, None where undefined or not published."""

    benchmark: str
    kind: str
    model: str
    prompts: str
    runs: tuple[str, ...]
    count: int
    scores: Mapping[ScoreName, Mean | None]
    clips: int | None = None
    expected: int | None = None
    fps: int | None = None
    width: int | None = None
    height: int | None = None
    ceiling: bool = False
    truth_resampled: bool = False
    official: bool = False
    """Scored by the official toolbox, not by the built-in scorer."""
    truth: str | None = None
    """Identity of the files that were compared with."""
    reachable: Ceiling | None = None
    """What take 2 itself scores with the data set's masks; None where nobody measured it."""
    source: str | None = None
    date: str | None = None

    @property
    def published(self) -> bool:
        """Somebody else's number, not made here."""
        return self.source is not None

    @property
    def own_score(self) -> Literal["verified", "original"]:
        """The formula that belongs to the benchmark: rows are ranked by it."""
        return "original" if self.kind == "original" else "verified"


def group(runs: Iterable[ScoredRun]) -> tuple[list[RunGroup], list[str]]:
    """Runs by kind, and notes: copies of a run count once, and what keeps runs of one name apart is told."""
    kinds: dict[str, list[ScoredRun]] = {}
    facts: dict[str, dict[str, Any]] = {}
    notes = []
    for run in sorted(runs, key=lambda run: str(run.record.path)):
        shared = run.facts()
        key = sha256_json(shared)
        members = kinds.setdefault(key, [])
        twin = next((other for other in members if _is_copy(run, other)), None)
        if twin is None:
            members.append(run)
            facts[key] = shared
        else:
            places = f"{shown(run.record.path)} is a copy of {shown(twin.record.path)}"
            notes.append(f"{places} (same number, same clips): it counts once")
    found = [RunGroup(members[0].label, tuple(members), facts[key]) for key, members in kinds.items()]
    return found, [*notes, *_why_apart(found), *(note for kind in found for note in _same_seeds(kind))]


def _is_copy(run: ScoredRun, other: ScoredRun) -> bool:
    return run.record.number == other.record.number and run.record.hashes == other.record.hashes


def _same_seeds(kind: RunGroup) -> Iterator[str]:
    """Runs of one seed and number, made in two places: averaged, but they say little of how much runs differ."""
    first: dict[str, ScoredRun] = {}
    for run in kind.runs:
        seed = run.record.manifest.fingerprint.get("generation", {}).get("seed")
        known = first.setdefault(sha256_json(seed), run)
        if known is not run:
            places = f"{shown(known.record.path)} and {shown(run.record.path)}"
            yield f"{places} were made with the same seeds: no independent runs, so the ± is too small"


def _why_apart(kinds: Sequence[RunGroup]) -> list[str]:
    """Why runs of one name are not in one mean."""
    first: dict[tuple[str, str], RunGroup] = {}
    notes = []
    for kind in kinds:
        key = (kind.first.record.benchmark, kind.label)
        known = first.setdefault(key, kind)
        if known is not kind:
            found = list(differences(known.facts, kind.facts))
            more = f" and {len(found) - _MOST_DIFFERENCES} more" if len(found) > _MOST_DIFFERENCES else ""
            names = f"{known.first.record.name} and {kind.first.record.name}"
            notes.append(f"{names} are not averaged: {'; '.join(found[:_MOST_DIFFERENCES])}{more}")
    return notes


def rows(kinds: Iterable[RunGroup], *, resamples: int, seed: int) -> list[LeaderboardRow]:
    """A row per kind, in the leaderboard's order."""
    return ranked([row(kind, resamples=resamples, seed=seed) for kind in kinds])


def row(kind: RunGroup, *, resamples: int, seed: int) -> LeaderboardRow:
    """One kind's means, spreads and intervals."""
    record, scores = kind.first.record, kind.first.scores
    bounds = intervals(kind.scenes, resamples, seed)
    values = {key: _mean([run.scores.marks.score(key) for run in kind.runs], bounds.get(key)) for key in COLUMNS}
    return LeaderboardRow(
        benchmark=record.benchmark,
        kind=record.kind,
        model=kind.label.removesuffix(f"-{record.prompts}"),
        prompts=record.prompts,
        runs=tuple(run.record.name for run in kind.runs),
        count=len(kind.runs),
        clips=scores.clips,
        expected=scores.expected,
        fps=scores.origin.fps,
        width=scores.origin.width,
        height=scores.origin.height,
        scores=values,
        ceiling=record.oracle,
        truth_resampled=scores.origin.truth_resampled,
        official=scores.by_toolbox,
        truth=scores.origin.truth_sha256,
        reachable=scores.ceiling,
    )


def _mean(values: Sequence[float | None], bounds: tuple[float, float] | None) -> Mean | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):  # undefined for one is undefined for their mean
        return None
    low, high = bounds or (None, None)
    return Mean(statistics.fmean(known), sample_std(known), low, high)


def ranked(found: Iterable[LeaderboardRow]) -> list[LeaderboardRow]:
    """Verified first, then Original, then others; in each the ceiling, then best first, then what others published."""
    return sorted(found, key=_rank)


def _rank(row: LeaderboardRow) -> tuple[Any, ...]:
    own = row.scores.get(row.own_score)
    place = (_FIRST.get(row.kind, 2), row.benchmark)
    return (*place, row.published, not row.ceiling, own is None, -(own.mean if own else 0.0), one_line(row.model))


def one_line(text: str) -> str:
    """A name as one printable line, whatever somebody put into a manifest."""
    return re.sub(r"\s+", " ", "".join(char if char.isprintable() else " " for char in text)).strip()
