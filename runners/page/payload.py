"""What pages and their scripts are given: plain JSON values, the whole contract between Python and the browser.

Addresses are relative to the report's top folder; a page in a folder below puts `../` before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

from runners.page.survey import ShownModel, ShownRun, ShownScene, Survey
from runners.reporting.leaderboard import LeaderboardRow, Mean
from runners.reporting.tables import COLUMNS
from runners.scoring.bootstrap import common_scenes, compare
from runners.scoring.formulas import clip_score
from runners.scoring.scores import AggregateScores, ClipScore

Json = dict[str, Any]
METRICS = ("spatial", "spatiotemporal", "weighted_spatial", "mse")
Media = Callable[[str, str], str | None]
"""(run's or truth's key of a clip, kind) → address in the report, None where there is none."""


def index_payload(survey: Survey, colours: Mapping[str, str], published: Sequence[LeaderboardRow]) -> Json:
    """data/index.js: every model and scenario, with what is sorted, filtered and compared in the browser."""
    models = [model_payload(model, colours.get(model.label, "#777777")) for model in survey.models]
    for place, line in enumerate(sorted(models, key=_rank)):
        line["rank"] = place
    return {
        "columns": dict(COLUMNS),
        "models": models,
        "published": [_published(row) for row in published],
        "scenes": [scene_line(scene, survey) for scene in survey.scenes],
        "notes": survey.notes,
        "faults": survey.faults,
    }


def model_payload(model: ShownModel, colour: str) -> Json:
    """One line of the leaderboard."""
    row, first = model.row, model.runs[0]
    scores = first.scores
    return {
        "key": model.key, "label": model.label, "benchmark": model.benchmark, "kind": first.record.kind,
        "prompts": first.record.prompts, "colour": colour, "complete": row is not None, "oracle": model.oracle,
        "why": first.why, "busy": first.busy,
        "mark": None if row is not None else partial_mark(first),
        "runs": [{"key": run.key, "name": run.name, "number": run.record.number} for run in model.runs],
        "scores": {key: _mean(row.scores[key]) for key in COLUMNS} if row is not None else None,
        "metrics": None if scores is None else metrics_of(scores.marks),
        "clips": 0 if scores is None else scores.clips, "expected": first.record.manifest.expected,
        "published": first.record.manifest.published,
        **_output(first),
        "official": row is not None and row.official, "truth_resampled": row is not None and row.truth_resampled,
        "cost_usd": total(run.record.manifest.cost_usd for run in model.runs),
        "generate_s": total(made.generate_s for run in model.runs for made in run.record.generations),
        "gpu": sorted({name for run in model.runs for name in gpus(run)}),
        "seeds": _seeds(model),
        "base_seeds": sorted({_seed(run) for run in model.runs}),
    }  # fmt: skip


def _rank(line: Json) -> tuple[bool, float, str]:
    """The ceiling first, then best first."""
    found = line["scores"] and line["scores"]["original" if line["kind"] == "original" else "verified"]
    return not line["oracle"], -(found["mean"] if found else -1.0), line["label"]


def partial_mark(run: ShownRun) -> str:
    """What stands where a score would: a score over a part of the set is none."""
    manifest = run.record.manifest
    if run.scores is None:
        return f"{manifest.published} of {manifest.expected} clips, not measured"
    return f"metrics over {run.scores.clips} of {run.scores.expected} clips, no score"


def _seeds(model: ShownModel) -> list[int]:
    """The clips' own seeds, the first few of them."""
    found = {made.seed for run in model.runs for made in run.record.generations if made.seed is not None}
    return sorted(found)[:9]


def _seed(run: ShownRun) -> str:
    """The run's base seed, as it was asked for."""
    seed = run.record.manifest.fingerprint.get("generation", {}).get("seed", {})
    return str(seed.get("seed", "")) if isinstance(seed, dict) else ""


def _output(run: ShownRun) -> Json:
    """Frames per second and pixels, of what was scored, else of what was asked for."""
    if run.scores is not None:
        origin = run.scores.origin
        return {"fps": origin.fps, "width": origin.width, "height": origin.height}
    output = run.record.manifest.fingerprint.get("publication", {}).get("output", {})
    return {key: output.get(key) if isinstance(output, dict) else None for key in ("fps", "width", "height")}


def gpus(run: ShownRun) -> list[str]:
    """The names of the GPUs that its sessions saw when the model was loaded."""
    names: list[str] = []
    for loaded in run.record.manifest.loaded:
        found = loaded.hardware.get("gpus")
        names += [str(gpu.get("name", gpu)) if isinstance(gpu, Mapping) else str(gpu) for gpu in found or ()]
    return names


def _published(row: LeaderboardRow) -> Json:
    return {
        "label": row.model, "benchmark": row.benchmark, "prompts": row.prompts, "source": row.source,
        "date": row.date, "count": row.count, "scores": {key: _mean(row.scores.get(key)) for key in COLUMNS},
    }  # fmt: skip


def pairs_payload(survey: Survey, *, resamples: int, seed: int) -> Json:
    """data/pairs.js: each two complete models of one benchmark, and their paired difference by each formula."""
    kinds = [(model, model.kind.scenes) for model in survey.models if model.kind is not None]
    pairs = {}
    for (one, a), (other, b) in combinations(kinds, 2):
        if one.benchmark != other.benchmark or not (scenes := common_scenes(a, b)):
            continue
        found = compare(a, b, resamples, seed)
        pairs[f"{one.key}|{other.key}"] = {
            "scenes": len(scenes),
            "differences": {key: None if value is None else asdict(value) for key, value in found.items()},
        }
    return {"resamples": resamples, "seed": seed, "pairs": pairs}


def scene_line(scene: ShownScene, survey: Survey) -> Json:
    """A scenario in the list, with each model's marks on it: means over its runs of the clip's own, 0 to 100."""
    values = {}
    for model in survey.models:
        found = [
            clip
            for run in model.runs
            if run.record.benchmark == scene.benchmark and (clip := run.by_clip.get(scene.id))
        ]
        if found:
            values[model.key] = mean_marks(found)
    return {
        "key": scene.key, "id": scene.id, "benchmark": scene.benchmark, "scene": scene.scene, "view": scene.view,
        "category": scene.category, "thumb": None, "preview": None, "values": values,
    }  # fmt: skip


def mean_marks(clips: list[ClipScore]) -> Json:
    """`verified` and its parts (None without a second take), and the four metrics."""
    ratios = [clip.ratios for clip in clips if clip.ratios is not None]
    known = ratios if len(ratios) == len(clips) else []
    shares = {
        f"verified_{name}": sum(100 * getattr(ratio, name) for ratio in known) / len(known) if known else None
        for name in METRICS
    }
    metrics = {name: round(sum(getattr(clip.metrics, name) for clip in clips) / len(clips), 6) for name in METRICS}
    return {
        "verified": sum(100 * clip_score(ratio) for ratio in known) / len(known) if known else None,
        **shares,
        "metrics": metrics,
    }


def metrics_of(marks: AggregateScores) -> Json:
    """The four metrics, and the physical variance of the very same clips."""
    return {
        "of": {name: getattr(marks.metrics, name) for name in METRICS},
        "variance": None if marks.variances is None else {name: getattr(marks.variances, name) for name in METRICS},
    }


def _mean(found: Mean | None) -> Json | None:
    return None if found is None else asdict(found)


def total(values: Iterable[float | None]) -> float | None:
    """The sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
