"""What a scored run is: its totals, its breakdowns and what they were made with, as one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from runners.scoring.formulas import (
    MetricValues,
    clip_score,
    mean_over_scenes,
    original_score,
    percent_mean,
    verified_ratios,
)
from runners.scoring.toolbox_result import ToolboxResult

SCORER_VERSION = 1
"""Raised whenever a change of this package may change a number."""
CHECKS = 1
"""Raised whenever inputs are refused that were scored before: of older scores, theirs are looked at again."""

Masks = Literal["shipped", "made", "mixed"]
"""`mixed` only in older records."""
ScoreName = Literal[
    "verified", "original", "verified_spatial", "verified_spatiotemporal", "verified_weighted_spatial", "verified_mse"
]
"""The scores of `AggregateScores`: the two, and the four parts of the Verified one."""


@dataclass(frozen=True)
class ClipScore:
    """One clip: `metrics` and `variance` as they enter the scores, scores from 0 to 100.

    Without a second take `variance` and the scores are None.
    """

    id: str
    scene: str
    view: str
    category: str
    file: str
    sha256: str
    metrics: MetricValues
    variance: MetricValues | None
    ceiling: MetricValues | None = None
    """What take 2 itself is worth as a clip, where that is not the variance; None also where nobody measured it."""

    @property
    def ratios(self) -> MetricValues | None:
        """The four shares of the physical variance, 0 to 1."""
        return None if self.variance is None else verified_ratios(self.metrics, self.variance)


@dataclass(frozen=True)
class AggregateScores:
    """Scores from 0 to 100, None where clips or second takes are missing, and the means behind them.

    `metrics` and `variances` are means over views, then scenes; `metrics` always stands, over the clips there are.
    """

    original: float | None
    verified: float | None
    verified_spatial: float | None
    verified_spatiotemporal: float | None
    verified_weighted_spatial: float | None
    verified_mse: float | None
    metrics: MetricValues
    variances: MetricValues | None

    def score(self, name: ScoreName) -> float | None:
        """One of the scores by its name."""
        value: float | None = getattr(self, name)
        return value

    @classmethod
    def of(cls, clips: Sequence[ClipScore], *, complete: bool) -> AggregateScores:
        """The marks of some clips; only of a complete set are they scores."""
        scenes = [clip.scene for clip in clips]
        metrics = mean_over_scenes(scenes, [clip.metrics for clip in clips])
        known = [clip.variance for clip in clips if clip.variance is not None]
        variances = mean_over_scenes(scenes, known) if len(known) == len(clips) else None
        if variances is None or not complete:
            return cls(None, None, None, None, None, None, metrics, variances)
        ratios = [clip.ratios for clip in clips if clip.ratios is not None]
        return cls(
            original=original_score(metrics, variances),
            verified=percent_mean(ratios, clip_score),
            verified_spatial=percent_mean(ratios, lambda ratio: ratio.spatial),
            verified_spatiotemporal=percent_mean(ratios, lambda ratio: ratio.spatiotemporal),
            verified_weighted_spatial=percent_mean(ratios, lambda ratio: ratio.weighted_spatial),
            verified_mse=percent_mean(ratios, lambda ratio: ratio.mse),
            metrics=metrics,
            variances=variances,
        )


@dataclass(frozen=True)
class Ceiling:
    """The scores, 0 to 100, that take 2 of the real experiment reaches as a clip: as far as physics alone gets.

    100 where the truth's masks are made as a clip's are. Masks that came with the data set may have been edited by
    hand: then those that are made of take 2 differ from its shipped ones, by which the variance is measured.
    """

    verified: float | None
    original: float | None

    @classmethod
    def of(cls, clips: Sequence[ClipScore], masks: Masks) -> Ceiling | None:
        """The ceiling of a complete set; None where it was not measured."""
        pairs = [(clip.ceiling or clip.variance, clip.variance) for clip in clips]
        known = [(value, variance) for value, variance in pairs if value is not None and variance is not None]
        if len(known) < len(pairs) or (masks != "made" and any(clip.ceiling is None for clip in clips)):
            return None
        scenes = [clip.scene for clip in clips]
        means, variances = (mean_over_scenes(scenes, values) for values in zip(*known, strict=True))
        ratios = [verified_ratios(value, variance) for value, variance in known]
        return cls(percent_mean(ratios, clip_score), original_score(means, variances))


@dataclass(frozen=True)
class GroupScores:
    """The marks of the clips that share a scene, a view or a category."""

    name: str
    clips: int
    marks: AggregateScores


@dataclass(frozen=True)
class Origin:
    """What a score was made of and with; two scores are only comparable where these agree."""

    benchmark: str
    fps: int
    width: int
    height: int
    opencv: str
    truth_colour: str
    """The tag of the truth's colour matrix; several, with commas, if files differ."""
    truth_fps: int
    """The rate of the truth files that were read; not `fps` if the truth was resampled."""
    masks: Masks
    """Whether the truth's masks came with the data set or were made here."""
    truth_sha256: str
    """Identity of the truth's files (runners/scoring/truth.py): another one makes a score stale."""

    @property
    def truth_resampled(self) -> bool:
        """The data set ships no truth at the clips' rate, so it was made from another one."""
        return self.truth_fps != self.fps


@dataclass(frozen=True)
class Scored:
    """What a call of a scorer gave; `anew`: it scored, and did not read back all that was still true."""

    scores: Scores
    anew: bool


@dataclass(frozen=True)
class Scores:
    """A scored run. `complete` means: all expected clips, each with a second take to measure the variance with."""

    marks: AggregateScores
    origin: Origin
    expected: int
    complete: bool
    missing: tuple[str, ...]
    per_clip: tuple[ClipScore, ...]
    per_scene: tuple[GroupScores, ...]
    per_view: tuple[GroupScores, ...]
    per_category: tuple[GroupScores, ...]
    ceiling: Ceiling | None = None
    """None also in records of the time before it was measured."""
    remarks: tuple[str, ...] = ()
    """What does not change the score and is to be known of the clips: lines for people."""
    scorer_version: int | str = SCORER_VERSION
    """The built-in scorer's, or `official:<sha256 of the toolbox>`."""
    scorer: str | None = None
    """`official` where the toolbox came to these scores; None where the built-in scorer did, also with both asked."""
    checks: int | None = CHECKS
    """Which checks its inputs passed; None for those of the time before there were any."""
    official: ToolboxResult | None = None
    """What the official toolbox came to, where it was asked."""
    stored: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    """The content of the file that it was read from, for runners/scoring/stored.py alone, which keeps what it does
    not know when it writes the file anew. None for scores that were just made."""

    @classmethod
    def of(
        cls, clips: Sequence[ClipScore], origin: Origin, *, expected: int, missing: Sequence[str],
        remarks: Sequence[str] = (),
    ) -> Scores:  # fmt: skip
        """Aggregate scored clips; `missing` are the names of those that should be there and are not."""
        second_takes = all(clip.variance is not None for clip in clips)
        complete = second_takes and not missing and len(clips) == expected
        return cls(
            marks=AggregateScores.of(clips, complete=complete),
            origin=origin,
            expected=expected,
            complete=complete,
            missing=tuple(missing),
            per_clip=tuple(clips),
            per_scene=_groups(clips, lambda clip: clip.scene, complete=complete),
            per_view=_groups(clips, lambda clip: clip.view, complete=complete),
            per_category=_groups(clips, lambda clip: clip.category, complete=complete),
            ceiling=Ceiling.of(clips, origin.masks) if complete else None,
            remarks=tuple(remarks),
        )

    @property
    def original(self) -> float | None:
        """The original Physics-IQ score, 0 to 100."""
        return self.marks.original

    @property
    def verified(self) -> float | None:
        """The Physics-IQ Verified score, 0 to 100."""
        return self.marks.verified

    @property
    def clips(self) -> int:
        """How many clips were scored."""
        return len(self.per_clip)

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of every clip that was scored, by the name of its file."""
        return {clip.file: clip.sha256 for clip in self.per_clip}

    @property
    def second_takes(self) -> bool:
        """Every clip has a second take, so that the physical variance is known."""
        return self.marks.variances is not None

    @property
    def by_toolbox(self) -> bool:
        """The official toolbox came to these scores; where both scored, it is the built-in scorer."""
        return self.scorer == "official"


def _groups(clips: Sequence[ClipScore], key: Callable[[ClipScore], str], *, complete: bool) -> tuple[GroupScores, ...]:
    members: dict[str, list[ClipScore]] = {}
    for clip in clips:
        members.setdefault(key(clip), []).append(clip)
    return tuple(
        GroupScores(name, len(group), AggregateScores.of(group, complete=complete)) for name, group in members.items()
    )
