"""What is logged of a run: its scores, tables and a few clips, as plain JSON that names no place of this machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from runners.core.files import sha256_json
from runners.runs.records import encode
from runners.runs.run_record import RunRecord
from runners.scoring.formulas import MetricValues, clip_score
from runners.scoring.scores import ClipScore, GroupScores, ScoreName, Scores
from runners.sharing.redaction import place_free, without_places

MOST_CLIPS = 6
"""Half of them the best, half the worst."""
METRICS = ("spatial", "spatiotemporal", "weighted_spatial", "mse")
SCORES: tuple[ScoreName, ...] = get_args(ScoreName)
_LONGEST_ID = 64

Payload = dict[str, Any]


def summarize(record: RunRecord, scores: Scores) -> Payload:
    """All that a tracker is told of a run. `clips` hold paths of this machine, which the tracker reads and never logs.

    A run over part of the set has no score: its metrics, beside the physical variance of the same clips.
    """
    payload: Payload = {
        "id": run_id(record),
        "name": place_free(record.name),
        "notes": note(record, scores),
        "tags": tags(record, scores),
        "config": configuration(record, scores),
        "scalars": scalars(scores),
        "tables": tables(scores),
        "clips": [] if record.oracle else chosen_clips(record, scores),  # an oracle's clips are truth
    }
    told = {**payload, "clips": [[clip["caption"], clip["sha256"]] for clip in payload["clips"]]}
    return {**payload, "sha256": sha256_json(told)}


def fingerprint_sha256(record: RunRecord) -> str:
    """One digest of both fingerprints of a run."""
    return sha256_json({key: part.get("sha256") for key, part in encode(record.manifest)["fingerprint"].items()})


def run_id(record: RunRecord) -> str:
    """The run folder's name and its fingerprint: the same for every later call, another for another setting."""
    name = re.sub(r"[^A-Za-z0-9_.+-]", "-", place_free(record.name))[:_LONGEST_ID]
    return f"{name.replace('+', '-')}-{fingerprint_sha256(record)[:12]}"


def note(record: RunRecord, scores: Scores) -> str:
    """What the numbers are, in a line."""
    if not is_scored(scores):
        return f"metrics over {scores.clips} of {scores.expected} clips, no score"
    ceiling = "; its model saw take 2: a ceiling, no contestant" if record.oracle else ""
    return f"scores over all {scores.clips} clips of {scores.origin.benchmark}{ceiling}"


def is_scored(scores: Scores) -> bool:
    """Whether it has a score: over all clips, each with a second take."""
    return scores.complete and scores.verified is not None


def tags(record: RunRecord, scores: Scores) -> list[str]:
    """Words to filter runs by."""
    marks = ["oracle"] * record.oracle + ([] if is_scored(scores) else ["no score"])
    return [place_free(word)[:_LONGEST_ID] for word in (record.benchmark, record.model, record.prompts, *marks)]


def configuration(record: RunRecord, scores: Scores) -> dict[str, Any]:
    """What was run, from a list of what may be told; no settings of this machine are among them."""
    origin = scores.origin
    whole = encode(record.manifest)["fingerprint"]
    return {
        "model": place_free(record.model), "tag": record.tag and place_free(record.tag), "run": record.number,
        "benchmark": record.benchmark, "prompts": record.prompts, "mode": record.manifest.mode,
        "oracle": record.oracle, "fps": origin.fps, "width": origin.width, "height": origin.height,
        "clips": scores.clips, "expected": scores.expected, "complete": is_scored(scores),
        "masks": origin.masks, "scorer_version": scores.scorer_version, "fingerprint": fingerprint_sha256(record),
        "identity": without_places({key: whole.get("generation", {}).get(key) for key in ("model", "seed")}),
        "cost_usd": record.manifest.cost_usd,
    }  # fmt: skip


def scalars(scores: Scores) -> dict[str, float]:
    """Name → value: `score/…` from 0 to 100, `metric/…` and `variance/…` as they are measured."""
    found: dict[str, float | None] = {}
    if is_scored(scores):
        found |= {f"score/{name}": scores.marks.score(name) for name in SCORES}
    found |= _metrics("metric", scores.marks.metrics) | _metrics("variance", scores.marks.variances)
    return {**{key: value for key, value in found.items() if value is not None}, "clips": scores.clips}


def _metrics(prefix: str, values: MetricValues | None) -> dict[str, float | None]:
    return {} if values is None else {f"{prefix}/{name}": getattr(values, name) for name in METRICS}


def tables(scores: Scores) -> dict[str, dict[str, Any]]:
    """Tables by category, view and scene, and one of the clips: columns, and rows of texts and numbers."""
    groups = {"categories": scores.per_category, "views": scores.per_view, "scenes": scores.per_scene}
    found = {name: _group_table(name, parts, scored=is_scored(scores)) for name, parts in groups.items()}
    rows = [
        [place_free(text) for text in (clip.id, clip.scene, clip.view, clip.category)] + clip_values(clip, scores)
        for clip in scores.per_clip
    ]
    return {**found, "clips": {"columns": ["id", "scene", "view", "category", *CLIP_COLUMNS], "rows": rows}}


CLIP_COLUMNS = ("score", *METRICS, *(f"variance_{name}" for name in METRICS))


def clip_values(clip: ClipScore, scores: Scores) -> list[float | None]:
    """The values of `CLIP_COLUMNS`; the score is None in a run that has none."""
    score = one_score(clip) if is_scored(scores) else None
    variance = [None] * len(METRICS) if clip.variance is None else [getattr(clip.variance, name) for name in METRICS]
    return [score, *(getattr(clip.metrics, name) for name in METRICS), *variance]


def one_score(clip: ClipScore) -> float | None:
    """What a clip alone is worth, 0 to 100, by the Verified formula; None without a second take."""
    return None if clip.ratios is None else 100.0 * clip_score(clip.ratios)


def _group_table(name: str, groups: Sequence[GroupScores], *, scored: bool) -> dict[str, Any]:
    shown = SCORES if scored else ()
    rows = [
        [place_free(group.name), group.clips, *(group.marks.score(key) for key in shown)]
        + [getattr(group.marks.metrics, key) for key in METRICS]
        for group in groups
    ]
    return {"columns": [name, "clips", *shown, *METRICS], "rows": rows}


def chosen_clips(record: RunRecord, scores: Scores) -> list[dict[str, str]]:
    """A few clips, best and worst: by score, or where there is none by error."""
    there = [clip for clip in scores.per_clip if (record.folder.videos / clip.file).is_file()]
    order = sorted(there, key=lambda clip: (-(one_score(clip) or 0.0), clip.metrics.mse, clip.id))
    half = MOST_CLIPS // 2
    best = [(f"best_{k}", clip) for k, clip in enumerate(order[:half], 1)]
    worst = [(f"worst_{k}", clip) for k, clip in enumerate(reversed(order[half:][-half:]), 1)]
    return [_clip(key, clip, record, scores) for key, clip in best + worst]


def _clip(key: str, clip: ClipScore, record: RunRecord, scores: Scores) -> dict[str, str]:
    score = one_score(clip) if is_scored(scores) else None
    value = f"MSE {clip.metrics.mse:.4f}" if score is None else f"score {score:.1f}"
    caption = place_free(f"{clip.id} {clip.scene} {clip.view}, {value}")
    path = str(record.folder.videos / clip.file)
    return {"key": key, "path": path, "caption": caption, "sha256": clip.sha256}
