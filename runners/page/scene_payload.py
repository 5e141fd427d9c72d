"""One scenario for the browser: its players, their curves, and what each clip was made from."""

from __future__ import annotations

from runners.dataset.layout import CONTINUATION_S
from runners.page.payload import METRICS, Json, Media, mean_marks
from runners.page.survey import ShownModel, ShownRun, ShownScene, Survey
from runners.runs.manifest_records import ClipRecord


def scene_payload(scene: ShownScene, survey: Survey, media: Media) -> Json:
    """data/scene-<key>.js: the players, their curves and what each clip was made from."""
    rate = scene.truth.shipped_fps if scene.truth is not None else None
    takes = range(len(scene.truth.takes)) if scene.truth is not None else ()
    players = [_truth_player(scene, take, rate, media) for take in takes]
    players += [
        _player(model, run, scene.clips[run.key], scene, media)
        for model in survey.models
        for run in model.runs
        if run.key in scene.clips
    ]
    return {
        "key": scene.key, "id": scene.id, "benchmark": scene.benchmark, "scene": scene.scene, "view": scene.view,
        "category": scene.category, "truth_fps": rate,
        "conditioning": media(scene.key, "conditioning"), "switch": media(scene.key, "switch"),
        "variance": _variance(scene, survey),
        "variance_metrics": _variance_metrics(scene, survey),
        "players": players,
    }  # fmt: skip


def _truth_player(scene: ShownScene, take: int, rate: int | None, media: Media) -> Json:
    key = f"{scene.key}-take{take + 1}"
    frames = CONTINUATION_S * rate if rate else None
    return {
        "id": f"take{take + 1}", "kind": "truth", "label": f"Take {take + 1}", "fps": rate, "frames": frames,
        "width": None, "height": None, "failed": None,
        **_media(key, media),
    }  # fmt: skip


def _media(key: str, media: Media) -> Json:
    return {kind: media(key, kind) for kind in ("preview", "clip", "thumb", "masks")}


def _player(model: ShownModel, run: ShownRun, clip: ClipRecord, scene: ShownScene, media: Media) -> Json:
    made = clip.published.generation if clip.published is not None else None
    key, mark, values = f"{run.key}-{scene.id}", run.by_clip.get(scene.id), _frames(run, scene)
    return {
        "id": run.key, "kind": "model", "label": model.label, "run": run.record.number, "model": model.key,
        **_size(clip, run),
        **_media(key, media),
        "failed": None if clip.failed is None else {"kind": clip.failed.kind, "reason": clip.failed.reason},
        "prompt": made.prompt if made else None, "negative_prompt": made.negative_prompt if made else None,
        "seed": made.seed if made else None, "mode": made.conditioning.mode if made else None,
        "cost_usd": made.cost_usd if made else None, "generate_s": made.generate_s if made else None,
        "marks": None if mark is None else mean_marks([mark]),
        "mse": values.get("mse"), "iou": values.get("iou"),
    }  # fmt: skip


def _size(clip: ClipRecord, run: ShownRun) -> Json:
    """The published clip's rate, frames and pixels, as its run noted them."""
    told: Json = dict(clip.published.publication) if clip.published is not None else {}
    fps = told.get("fps") or (run.scores.origin.fps if run.scores is not None else None)
    return {"fps": fps, **{name: told.get(name) for name in ("frames", "width", "height")}}


def _variance(scene: ShownScene, survey: Survey) -> Json | None:
    """The physical variance frame by frame, at the rate of the first run that was measured beside it."""
    for key in scene.clips:
        run = survey.runs[key]
        values = _frames(run, scene)
        if run.scores is not None and values.get("variance_mse"):
            return {"mse": values["variance_mse"], "iou": values["variance_iou"], "fps": run.scores.origin.fps}
    return None


def _variance_metrics(scene: ShownScene, survey: Survey) -> Json | None:
    """What take 2 is worth against take 1, by the first run that measured it; None without a second take."""
    for key in scene.clips:
        mark = survey.runs[key].by_clip.get(scene.id)
        if mark is not None and mark.variance is not None:
            return {name: getattr(mark.variance, name) for name in METRICS}
    return None


def _frames(run: ShownRun, scene: ShownScene) -> dict[str, list[float] | None]:
    mark = run.by_clip.get(scene.id) if run.record.benchmark == scene.benchmark else None
    found = None if mark is None else run.frame_values.get((mark.scene, mark.view))
    if found is None:
        return {}
    series = {
        "mse": found.mse,
        "iou": found.iou,
        "variance_mse": found.variance_mse,
        "variance_iou": found.variance_iou,
    }
    return {key: None if values is None else _rounded(key, values) for key, values in series.items()}


def _rounded(key: str, values: tuple[float, ...]) -> list[float]:
    """As many digits as a curve can show."""
    import numpy as np

    rounded: list[float] = np.round(values, 4 if key.endswith("iou") else 6).tolist()
    return rounded
