"""The scenarios of a report: every one that any run has made or tried to, with the truth where its data is at hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from runners.benchmarks.benchmark import Benchmark
from runners.core.errors import UserError
from runners.dataset.scenarios import Scenario
from runners.page.survey import ShownModel, ShownRun, ShownScene, free_name, slug
from runners.reporting.leaderboard import one_line
from runners.reporting.run_benchmarks import Benchmarks
from runners.runs.manifest_records import ClipRecord
from runners.scoring.memory import Memory
from runners.scoring.truth import TruthSource, all_files, find_truth


@dataclass(frozen=True)
class Data:
    """What is at hand of one benchmark, at the rate of most of its runs if it ships truth at that."""

    benchmark: Benchmark
    scenarios: Mapping[str, Scenario]
    rate: int

    @property
    def free(self) -> bool:
        """It is the built-in one, of which no terms forbid to pass the videos on."""
        return self.benchmark.settings.kind == "demo"


def find_scenes(models: Iterable[ShownModel], benchmarks: Benchmarks, memory: Memory) -> list[ShownScene]:
    """By benchmark and id. Truth is known by its hashes, which are remembered for large files."""
    clips: dict[tuple[str, str], dict[str, ClipRecord]] = {}
    runs: dict[str, list[ShownRun]] = {}
    for run in (run for model in models for run in model.runs):
        runs.setdefault(run.record.benchmark, []).append(run)
        for clip_id, clip in run.record.clips.items():
            clips.setdefault((run.record.benchmark, clip_id), {})[run.key] = clip
    data = {name: _data(members, benchmarks) for name, members in runs.items()}
    scenes: list[ShownScene] = []
    taken: set[str] = set()
    for (name, clip_id), made in sorted(clips.items(), key=_place):
        key = free_name(slug(f"{name}-{clip_id}"), taken)
        taken.add(key)
        scenes.append(replace(_scene(name, clip_id, made, data[name]), key=key))
    hashes = memory.hashes.of(all_files([scene.truth for scene in scenes if scene.truth is not None]))
    return [scene if scene.truth is None else replace(scene, identity=scene.truth.identity(hashes)) for scene in scenes]


def _place(entry: tuple[tuple[str, str], object]) -> tuple[str, int, str]:
    benchmark, clip_id = entry[0]
    return benchmark, int(clip_id) if clip_id.isdecimal() and len(clip_id) < 10 else 0, clip_id


def _data(runs: list[ShownRun], benchmarks: Benchmarks) -> Data | None:
    try:
        found = benchmarks.of(runs[0].record)
    except UserError:
        return None
    rates = found.dataset.rates("testing")
    if not rates:
        return None
    common = Counter(run.scores.origin.fps for run in runs if run.scores is not None).most_common()
    rate = next((fps for fps, _ in common if fps in rates), rates[0])
    return Data(found, {scenario.id: scenario for scenario in found.scenarios}, rate)


def _scene(name: str, clip_id: str, clips: Mapping[str, ClipRecord], data: Data | None) -> ShownScene:
    clip = next(iter(clips.values()))
    title = re.sub(rf"^{re.escape(clip_id)}_perspective-{re.escape(clip.view)}_(trimmed-)?", "", clip.name)
    plain = ShownScene(
        slug(f"{name}-{clip_id}"), one_line(name), clip_id, one_line(title.removesuffix(".mp4")), one_line(clip.view),
        one_line(clip.category), clips,
    )  # fmt: skip
    scenario = data.scenarios.get(clip_id) if data is not None else None
    if data is None or scenario is None:
        return plain
    return replace(
        plain, truth=_truth(data, scenario), conditioning=_conditioning(data, scenario),
        switch=data.benchmark.dataset.find("switch", scenario.item, data.rate), free=data.free,
    )  # fmt: skip


def _truth(data: Data, scenario: Scenario) -> TruthSource | None:
    try:
        return find_truth(data.benchmark.dataset, [scenario], data.rate)[0]
    except UserError:
        return None


def _conditioning(data: Data, scenario: Scenario) -> Path | None:
    dataset = data.benchmark.dataset
    rates = dataset.rates("conditioning")
    nearest = sorted(rates, key=lambda fps: (fps != data.rate, -fps))
    return next((path for fps in nearest if (path := dataset.find("conditioning", scenario.item, fps))), None)
