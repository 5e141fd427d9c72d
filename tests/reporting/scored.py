"""Scored runs as they would be read from disk, made of numbers alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runners.reporting.leaderboard import ScoredRun
from runners.runs.manifest_records import Manifest
from runners.runs.records import decode
from runners.runs.run_folder import RunFolder
from runners.runs.run_record import RunRecord
from runners.scoring.formulas import MetricValues
from runners.scoring.scores import ClipScore, Origin, Scores

VARIANCE = MetricValues(spatial=0.5, spatiotemporal=0.4, weighted_spatial=0.5, mse=0.002)
SHARES = (0.1, 0.3, 0.8)
"""How much of the physical variance each scene of a run reaches."""


def values(share: float) -> MetricValues:
    return MetricValues(0.5 * share, 0.4 * share, 0.5 * share, 0.002)


def clips(shares: Sequence[float], salt: str) -> list[ClipScore]:
    """Three views a scene; all files' hashes follow from the scores and the salt."""
    made: list[ClipScore] = []
    for k, share in enumerate(shares):
        for view in ("left", "center", "right"):
            number = f"{len(made) + 1:04d}"
            name = f"{number}_perspective-{view}_trimmed-scene-{k}.mp4"
            sha256 = hashlib.sha256(f"{name}{share}{salt}".encode()).hexdigest()
            made.append(ClipScore(number, f"trimmed-scene-{k}", view, "Optics", name, sha256, values(share), VARIANCE))
    return made


def scored_run(
    model: str = "svd",
    number: int = 1,
    shares: Sequence[float] = SHARES,
    *,
    benchmark: str = "verified",
    prompts: str = "bpp",
    tag: str | None = None,
    fps: int = 24,
    width: int = 1280,
    oracle: bool = False,
    text: str = "A ball rolls.",
    revision: str | None = None,
    crf: int = 12,
    parent: str = "results",
    salt: str | None = None,
    adapter: dict[str, Any] | None = None,
    truth: str = "truth",
    opencv: str = "5.0",
    official: bool = False,
) -> ScoredRun:
    """One complete run; what is not named is as in every other."""
    made = clips(shares, str(number) if salt is None else salt)
    origin = Origin(benchmark, fps, width, 720, opencv, "bt709", fps, "made", truth)
    scores = Scores.of(made, origin, expected=len(made), missing=[])
    if official:
        scores = replace(scores, scorer="official", scorer_version="official:abc")
    name = f"{model}{f'+{tag}' if tag else ''}-{prompts}-run_{number:02d}"
    output = {"width": width, "height": 720, "fps": fps, "crf": crf}
    generation = {
        "sha256": f"sum-of-{name}",
        "model": {"name": model, "adapter": adapter or {}},
        "seed": {"seed": 0, "seeds": "derived", "run": number},
    }
    configuration = {
        "model": {"name": model, "adapter": adapter or {}, "short": "error"},
        "benchmark": {"name": benchmark, "kind": benchmark},
        "prompts": {"mode": prompts},
        "run": number,
        "tag": tag,
    }
    fingerprint = {"generation": generation, "publication": {"sha256": "sum", "output": output}}
    manifest = _manifest(made, configuration, fingerprint, text) | {"name": name, "oracle": oracle}
    manifest["loaded"] = [{"facts": {"revision": revision}}] if revision else []
    return ScoredRun(RunRecord(RunFolder(Path(parent) / benchmark / name), decode(Manifest, manifest)), scores)


def _manifest(
    made: Sequence[ClipScore], configuration: dict[str, Any], fingerprint: dict[str, Any], text: str
) -> dict[str, Any]:
    """The manifest of a complete run whose model was given the same text for every clip."""
    generation = {"prompt_given": text, "prompt": text}
    return {
        "complete": True,
        "mode": "i2v",
        "expected": len(made),
        "published": len(made),
        "fingerprint": fingerprint,
        "configuration": configuration,
        "sessions": [],
        "clips": {
            clip.id: {
                "name": clip.file,
                "view": clip.view,
                "category": clip.category,
                "published": {"sha256": clip.sha256, "generation": dict(generation)},
            }
            for clip in made
        },
    }
