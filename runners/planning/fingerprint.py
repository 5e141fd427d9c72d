"""What a run's clips depend on, written out as a list and not only as a hash, so that a difference can be shown.

Two of them. *generation*: whether a raw clip may be used again. *publication*: whether `videos/` may be continued;
it holds what standardizing adds. Selection, shards, limits, budgets, scorer, device and concurrency are in neither,
nor is `model.short`: it touches only clips that would fail without it, and the manifest says of each clip whether it
was rolled out or held. Texts and files are compared clip by clip (runners/planning/task.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from adapters import Adapter, Needs
from runners.benchmarks.benchmark import Benchmark
from runners.clips.geometry import DEFAULT_FIT
from runners.clips.standardize import Output
from runners.core.errors import UserError
from runners.core.files import sha256_file, sha256_json
from runners.core.settings import GenerateSettings
from runners.planning.seeds import seed_identity

Fingerprint = dict[str, Any]
BY_CLIP = ["by clip"]
"""Instead of a run's negative prompt, where each clip has its own; a list, as no negative prompt is."""


def benchmark_identity(benchmark: Benchmark) -> dict[str, Any]:
    """Which scenarios there are, under which names; their files and prompts are recorded clip by clip.

    A data set that the program made itself says in its dataset.json what it holds.
    """
    scenarios, record = benchmark.scenarios, benchmark.root / "dataset.json"
    content = _content(record) if record.is_file() else None
    rows = [[scenario.id, scenario.view, scenario.name, scenario.output_name] for scenario in scenarios]
    return {"name": benchmark.name, "scenarios": len(rows), "rows_sha256": sha256_json(rows), "content": content}


def _content(record: Path) -> Any:
    """What a data set's own record says it holds. Raises UserError for a damaged one."""
    try:
        return json.loads(record.read_bytes()).get("content") or sha256_file(record)
    except (ValueError, AttributeError):
        raise UserError(f"{record} is damaged; make the data set again with: python -m runners.fetch") from None


def fingerprint(
    settings: GenerateSettings, adapter: Adapter, benchmark: Benchmark, output: Output, prompts: dict[str, Any]
) -> Fingerprint:
    """Both fingerprints of a run, as plain JSON values; all of the benchmark counts, whatever is selected."""
    generation = {
        "benchmark": benchmark_identity(benchmark),
        "model": {"name": settings.model.name, "adapter": adapter.identity(settings.model.adapter)},
        "prompts": {"mode": prompts["mode"], "template": prompts.get("template")},
        "negative_prompt": BY_CLIP if own_negatives(settings, prompts) else negative_prompt(settings),
        "seed": seed_identity(settings),
        "conditioning": conditioning_identity(adapter.needs, settings.model.fit or DEFAULT_FIT, output),
    }
    publication = {"output": asdict(output)}
    return {"generation": generation, "publication": publication}


def conditioning_identity(needs: Needs, fit: str, output: Output) -> dict[str, Any]:
    """What the model is shown and asked for; a model without a size or rate of its own gets the run's."""
    return {
        "mode": needs.mode,
        "frames": needs.conditioning_frames,
        "fps": needs.conditioning_fps,
        "fit": fit,
        "sizes": [list(size) for size in needs.sizes] or [[output.width, output.height]],
        "clip_fps": needs.native_fps or output.fps,
    }


def own_negatives(settings: GenerateSettings, prompts: dict[str, Any]) -> bool:
    """Whether each clip has a negative prompt of its own, from the prompts file; `prompts.negative` replaces them."""
    return "negatives_sha256" in prompts and settings.prompts.negative is None


def negative_prompt(settings: GenerateSettings) -> str | None:
    """`prompts.negative`, else the model's own; none where no prompt is sent at all."""
    if settings.prompts.mode == "none":
        return settings.prompts.negative
    return settings.model.negative_prompt if settings.prompts.negative is None else settings.prompts.negative


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Where two fingerprints differ: lines such as `publication.output.fps: 24 → 30`."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif old != new:
        yield f"{path}: {old!r} → {new!r}"
