"""scores.json: the one place that writes it and reads it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from runners.core.errors import UserError
from runners.core.files import shown, write_json
from runners.scoring.formulas import MetricValues, clip_score
from runners.scoring.nodes import Damaged, Node
from runners.scoring.scores import AggregateScores, Ceiling, ClipScore, GroupScores, Masks, Origin, Scores
from runners.scoring.toolbox_result import Beside, Differences, Final, MetricDifference, ToolboxResult

NAME = "scores.json"
_MASKS: tuple[Masks, ...] = ("shipped", "made", "mixed")


def read_scores(folder: Path) -> Scores:
    """A scores folder's scores. Raises UserError if they are not there or damaged."""
    path = folder / NAME
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{shown(path)}: there is no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, type(error).__name__) from None
    try:
        return decode(content)
    except Damaged as why:
        raise _damaged(path, str(why)) from None


def write_scores(folder: Path, scores: Scores) -> None:
    """Write a scores folder's scores.json atomically. Raises OSError."""
    write_json(folder / NAME, encode(scores))


def _damaged(path: Path, why: str) -> UserError:
    return UserError(f"{shown(path)} is damaged ({why}); remove it, and score the run again")


def encode(scores: Scores) -> dict[str, Any]:
    """The content of scores.json: the totals flat at its top, then the breakdowns. Holds no NaN.

    Of scores that were read, everything stays as the file had it, also what a newer version wrote into it, but for
    what was replaced since.
    """
    whole = _whole(scores)
    if scores.stored is None:
        return whole
    before = _whole(decode(scores.stored))
    absent = object()
    return {**scores.stored, **{key: value for key, value in whole.items() if value != before.get(key, absent)}}


def _whole(scores: Scores) -> dict[str, Any]:
    return {
        **asdict(scores.marks),
        "clips": scores.clips,
        "expected": scores.expected,
        "complete": scores.complete,
        "second_takes": scores.second_takes,
        **asdict(scores.origin),
        "truth_resampled": scores.origin.truth_resampled,
        "ceiling": scores.ceiling and asdict(scores.ceiling),
        "scorer_version": scores.scorer_version,
        "checks": scores.checks,
        "remarks": list(scores.remarks),
        "missing": list(scores.missing),
        "per_category": [_group_json(group) for group in scores.per_category],
        "per_view": [_group_json(group) for group in scores.per_view],
        "per_scene": [_group_json(group) for group in scores.per_scene],
        "per_clip": [_clip_json(clip) for clip in scores.per_clip],
        **({"scorer": scores.scorer} if scores.scorer is not None else {}),
        **({"official": _toolbox_json(scores.official)} if scores.official is not None else {}),
    }


def _group_json(group: GroupScores) -> dict[str, Any]:
    return {"name": group.name, "clips": group.clips, **asdict(group.marks)}


def _clip_json(clip: ClipScore) -> dict[str, Any]:
    ratios = clip.ratios
    scores: dict[str, float | None] = {"verified": None if ratios is None else 100 * clip_score(ratios)}
    for field in fields(MetricValues):
        scores[f"verified_{field.name}"] = None if ratios is None else 100 * getattr(ratios, field.name)
    return {**asdict(clip), **scores}


def _toolbox_json(result: ToolboxResult) -> dict[str, Any]:
    """Flat, and without what stands beside the built-in scorer's scores where only the toolbox scored."""
    alone = asdict(replace(result, beside=None))
    del alone["beside"]
    return {**alone, **(asdict(result.beside) if result.beside is not None else {})}


def decode(content: object) -> Scores:
    """The scores that are a scores.json's content. Raises `Damaged` if it lacks what every version of it has."""
    if not isinstance(content, dict):
        raise Damaged("no object")
    top = Node(content)
    fps, width, height, _, expected = (top.whole(key) for key in ("fps", "width", "height", "clips", "expected"))
    for key in ("verified", "original"):
        if key not in content:
            raise Damaged(f"{key} is no number")
        top.number(key)
    clips = tuple(_clip(row) for row in top.rows("per_clip"))
    if not clips:
        raise Damaged("no per_clip")
    masks = next((known for known in _MASKS if known == top.text("masks")), None)
    if masks is None:
        raise Damaged("masks is none of those there are")
    return Scores(
        marks=_marks(top),
        origin=Origin(
            benchmark=top.text("benchmark"), fps=fps, width=width, height=height, opencv=top.text("opencv"),
            truth_colour=top.text("truth_colour"), truth_fps=top.whole("truth_fps"),
            masks=masks, truth_sha256=top.text("truth_sha256"),
        ),
        expected=expected,
        complete=top.flag("complete"),
        missing=top.texts("missing"),
        per_clip=clips,
        per_scene=_groups(top, "per_scene"),
        per_view=_groups(top, "per_view"),
        per_category=_groups(top, "per_category"),
        ceiling=None if (node := top.node("ceiling")) is None else Ceiling(*map(node.number, ("verified", "original"))),
        remarks=top.texts("remarks"),
        scorer_version=top.version("scorer_version"),
        scorer=top.text_or_none("scorer"),
        checks=top.whole_or_none("checks"),
        official=None if (node := top.node("official")) is None else _toolbox(node),
        stored=content,
    )  # fmt: skip


def _clip(row: Node) -> ClipScore:
    try:
        clip_id, scene, view, category, file, sha256 = (
            row.text(key) for key in ("id", "scene", "view", "category", "file", "sha256")
        )
    except Damaged:
        raise Damaged("an entry of per_clip is incomplete") from None
    metrics, variance = _values(row, "metrics"), _values(row, "variance")
    if metrics is None or (variance is None and row.has("variance")):
        raise Damaged(f"the metrics of clip {clip_id} are incomplete")
    return ClipScore(clip_id, scene, view, category, file, sha256, metrics, variance, _values(row, "ceiling"))


def _groups(top: Node, key: str) -> tuple[GroupScores, ...]:
    return tuple(GroupScores(row.text("name"), row.whole("clips"), _marks(row)) for row in top.rows(key))


def _marks(node: Node) -> AggregateScores:
    """A score that is not there is None, as one that is not defined."""
    metrics, variances = _values(node, "metrics"), _values(node, "variances")
    if metrics is None or (variances is None and node.has("variances")):
        raise Damaged("its metrics are incomplete")
    return AggregateScores(
        node.number("original"), node.number("verified"), node.number("verified_spatial"),
        node.number("verified_spatiotemporal"), node.number("verified_weighted_spatial"),
        node.number("verified_mse"), metrics, variances,
    )  # fmt: skip


def _values(node: Node, key: str) -> MetricValues | None:
    """None for none, and for what holds no four numbers."""
    try:
        found = node.node(key)
        numbers = [found.number(field.name) for field in fields(MetricValues)] if found is not None else []
    except Damaged:
        return None
    known = [number for number in numbers if number is not None]
    return MetricValues(*known) if len(known) == len(fields(MetricValues)) else None


def _toolbox(node: Node) -> ToolboxResult:
    final = node.node("final")
    return ToolboxResult(
        command_line=node.text("command_line"),
        checkout=node.text("checkout"),
        revision=node.text_or_none("revision"),
        sha256=node.text("sha256"),
        versions=node.mapping_of_texts("versions"),
        processes=node.whole("processes"),
        final=Final() if final is None else Final(*(final.number(field.name) for field in fields(Final))),
        original_rounded=node.number("original_rounded"),
        failed=node.text_or_none("failed"),
        agrees=node.flag("agrees"),
        identity=node.text("identity"),
        beside=None if (found := node.node("differences")) is None else _beside(node, found),
    )


def _beside(node: Node, differences: Node) -> Beside:
    metrics = {
        name: MetricDifference(each.finite("largest"), each.finite("mean"), each.numbers("largest_by_pair"))
        for name, each in differences.nodes("metrics").items()
    }
    scores = differences.node("scores")
    told: Mapping[str, float | None] = {} if scores is None else {key: scores.number(key) for key in scores}
    return Beside(
        node.number("verified"), node.number("original"), node.text("opencv"), node.text("masks"),
        Differences(metrics, told),
    )  # fmt: skip
