"""A model's own page: how it was run, what it is good and bad at, what failed, every exact prompt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from runners.page.payload import METRICS, Json, Media, gpus, metrics_of, total
from runners.page.reproduce import command_of
from runners.page.survey import ShownModel, ShownRun, ShownScene, Survey
from runners.reporting.tables import COLUMNS
from runners.runs.records import encode
from runners.scoring.formulas import clip_score
from runners.scoring.scores import GroupScores
from runners.sharing.redaction import place_free, without_places

_SHOWN = 6
"""How many of the best and of the worst scenarios are shown."""


def model_page(model: ShownModel, survey: Survey, media: Media) -> Json:
    """What the template of a model's page is given beside its line of the leaderboard."""
    first = model.runs[0]
    scenes = [scene for scene in survey.scenes if any(run.key in scene.clips for run in model.runs)]
    ranked = sorted(_judged(first, scenes), key=lambda pair: (pair[1], pair[0].key))
    return {
        "columns": dict(COLUMNS),
        "metrics": METRICS,
        "commands": [{"run": run.name, "command": command_of(run.record)} for run in model.runs],
        "configuration": _configuration(first),
        "provenance": [_provenance(run) for run in model.runs],
        "categories": [_group(group) for group in (first.scores.per_category if first.scores is not None else ())],
        "views": [_group(group) for group in (first.scores.per_view if first.scores is not None else ())],
        "worst": [_thumbnail(scene, score, first, media) for scene, score in ranked[:_SHOWN]],
        "best": [_thumbnail(scene, score, first, media) for scene, score in ranked[: -_SHOWN - 1 : -1]],
        "failures": list(_failures(model, scenes)),
        "prompts": list(_prompts(model, scenes)),
        "warnings": [place_free(text) for run in model.runs for text in run.record.manifest.warnings or ()],
    }


def _judged(run: ShownRun, scenes: list[ShownScene]) -> Iterator[tuple[ShownScene, float]]:
    for scene in scenes:
        mark = run.by_clip.get(scene.id)
        if mark is not None and mark.ratios is not None:
            yield scene, 100 * clip_score(mark.ratios)


def _thumbnail(scene: ShownScene, score: float, run: ShownRun, media: Media) -> Json:
    key = f"{run.key}-{scene.id}"
    return {
        "key": scene.key, "id": scene.id, "scene": scene.scene, "view": scene.view, "score": score,
        "thumb": media(key, "thumb"), "preview": media(key, "preview"),
    }  # fmt: skip


def _group(group: GroupScores) -> Json:
    scores = {key: group.marks.score(key) for key in COLUMNS}
    return {"name": group.name, "clips": group.clips, "scores": scores, **metrics_of(group.marks)}


def _configuration(run: ShownRun) -> list[Json]:
    """(setting, value) for everything that the run was asked for, without places of the machine."""
    return list(_flat(without_places(encode(run.record.configuration)), ""))


def _flat(value: Any, above: str) -> Iterator[Json]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _flat(each, f"{above}.{key}" if above else str(key))
    elif value not in (None, {}, [], ""):
        yield {"key": above, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}


def _provenance(run: ShownRun) -> Json:
    manifest = run.record.manifest
    sessions = [
        {
            "time": session.time, "versions": list(_flat(without_places(session.versions), "")),
            "hardware": list(_flat(without_places(session.hardware), "")),
        }
        for session in manifest.sessions
    ]  # fmt: skip
    loaded = [item for event in manifest.loaded for item in _flat(without_places(event.facts), "")]
    scored = [] if run.scores is None else list(_flat({"scorer": run.scores.scorer or "builtin",
        "scorer_version": run.scores.scorer_version, **vars(run.scores.origin)}, ""))  # fmt: skip
    return {
        "run": run.name, "sessions": sessions, "loaded": loaded, "scored": scored, "gpu": sorted(set(gpus(run))),
        "cost_usd": total([manifest.cost_usd]), "why": run.why,
        "generate_s": total(made.generate_s for made in run.record.generations) or 0,
    }  # fmt: skip


def _failures(model: ShownModel, scenes: list[ShownScene]) -> Iterator[Json]:
    for run in model.runs:
        for scene in scenes:
            clip = scene.clips.get(run.key)
            if clip is not None and clip.failed is not None:
                yield {
                    "run": run.name, "key": scene.key, "id": scene.id, "scene": scene.scene, "view": scene.view,
                    "kind": clip.failed.kind, "reason": place_free(clip.failed.reason),
                }  # fmt: skip


def _prompts(model: ShownModel, scenes: list[ShownScene]) -> Iterator[Json]:
    """Every exact prompt, told once where all runs were given the same."""
    for scene in scenes:
        told: dict[tuple[str | None, str | None], list[int]] = {}
        for run in model.runs:
            clip = scene.clips.get(run.key)
            if clip is not None and clip.published is not None:
                made = clip.published.generation
                told.setdefault((made.prompt, made.negative_prompt), []).append(run.record.number)
        for (prompt, negative), runs in told.items():
            yield {
                "key": scene.key, "id": scene.id, "scene": scene.scene, "view": scene.view, "prompt": prompt,
                "negative": negative, "runs": runs if len(told) > 1 else [],
            }  # fmt: skip
