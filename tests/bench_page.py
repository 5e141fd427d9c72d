"""What the report costs over 10 models × 198 clips: `make bench-report`, or `python -m tests.bench_page [FOLDER]`.

Runs are laid out by the project's own writers, over a data set of the real one's shape whose videos are tiny. Clips are
one film under 1980 contents: each ends in an mp4 box of its own that players skip, so that hashes, previews and files
are as many as in earnest. Every build is a process of its own. A folder on the command line keeps it all. Takes a few
minutes, asserts nothing.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from adapters.harness import Writer
from runners.benchmarks.benchmark import Benchmark, open_benchmark
from runners.core.files import link_or_copy, write_json, write_text
from runners.core.settings import BenchmarkSettings
from runners.dataset.scenarios import Scenario
from runners.previews.cache import PreviewCache
from runners.previews.make import make_previews
from runners.scoring.formulas import MetricValues
from runners.scoring.memory import Memory
from runners.scoring.metrics import PairMetrics
from runners.scoring.scores import ClipScore, Origin, Scores
from runners.scoring.stored import write_scores
from runners.scoring.table import Measured, metrics_csv
from runners.scoring.truth import find_truth, truth_identity
from tests.bench_report import Line
from tests.tools.make_full_shape import make_full_shape

FPS, SECONDS = 30, 5


@dataclass(frozen=True)
class Scale:
    """How large everything is; the defaults are what `make bench-report` measures."""

    models: int = 10
    scenes: int = 66
    size: tuple[int, int] = (480, 270)


@dataclass(frozen=True)
class Build:
    """One build of the report, in a process of its own."""

    wall_s: float
    peak_mb: float


def report(scale: Scale, work: Path) -> Iterator[Line]:
    """Every figure, as soon as it is known."""
    results, out, cache = work / "results", work / "report", PreviewCache(work / "previews")
    if not results.exists():
        make_results(scale, work, cache)
    first = build(results, out, cache)
    yield Line("first build, previews there", f"{first.wall_s:.1f} s, {first.peak_mb:.0f} MB", "< 60 s on 2 cores")
    again = build(results, out, cache)
    yield Line("second build", f"{again.wall_s:.1f} s, {again.peak_mb:.0f} MB", "< 10 s")
    files = [path for path in out.rglob("*") if path.is_file()]
    for name in ("", "data", "scenes", "models", "media", "assets"):
        sizes = [path.stat().st_size for path in files if not name or path.is_relative_to(out / name)]
        yield Line(name or "the folder", f"{sum(sizes) / 1e6:.2f} MB in {len(sizes)} files")
    seen = [out / "index.html", out / "data" / "index.js", *(out / "assets").iterdir()]
    yield Line("first view", f"{sum(path.stat().st_size for path in seen) / 1e6:.2f} MB", "< 2 MB")
    scripts = sorted(path.stat().st_size for path in (out / "data").glob("scene-*.js"))
    yield Line("a scenario's data", f"{scripts[-1] / 1e3:.1f} kB at most", "≤ 30 kB")


def build(results: Path, out: Path, cache: PreviewCache) -> Build:
    """Make the report, or renew it."""
    environment = os.environ | {"PHYSICS_IQ_PREVIEWS": str(cache.folder), "XDG_CACHE_HOME": str(out.parent / "cache")}
    command = [sys.executable, "-m", "runners.report", f"results={results}", f"out={out}", "progress=plain"]
    start = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"the report could not be made (status {status})")
    return Build(time.perf_counter() - start, usage.ru_maxrss / 1024)


def make_results(scale: Scale, work: Path, cache: PreviewCache) -> None:
    """A results folder with that many complete, scored runs, and the previews of all their clips."""
    root = make_full_shape(work / "set", scenes=scale.scenes)
    chosen = BenchmarkSettings(name="full", kind="original", root=str(root), fps=FPS)
    benchmark, memory = open_benchmark(chosen), Memory()
    truth = truth_identity(find_truth(benchmark.dataset, benchmark.scenarios, FPS), memory.hashes)
    film = work / "film.mp4"
    _film(film, scale.size)
    made = make_previews(film, sha256(film.read_bytes()).hexdigest(), cache)
    assert made is not None
    for number in range(scale.models):
        folder = work / "draft" / "full" / f"model-{number:02d}-op-run_01"
        hashes = _clips(folder / "videos", number, film, benchmark.scenarios)
        for each in hashes.values():
            for kind, path in (("preview", made.preview), ("thumb", made.thumb)):
                place = cache.place(each, kind)  # type: ignore[arg-type]
                place.parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(path, place)
        _write_run(folder, number, benchmark, hashes, truth)
    (work / "draft").rename(work / "results")


def _film(path: Path, size: tuple[int, int]) -> None:
    """A square that crosses a ground of noise, of about the size on disk of a real clip's preview."""
    rng = np.random.default_rng(0)
    ground = rng.integers(90, 130, (size[1] // 8 + 1, size[0] // 8 + 1, 3), dtype=np.uint8)
    ground = ground.repeat(8, axis=0).repeat(8, axis=1)[: size[1], : size[0]]
    with Writer(path, *size, FPS) as writer:
        for index in range(FPS * SECONDS):
            frame = ground.copy()
            left = (size[0] - 40) * index // (FPS * SECONDS)
            frame[size[1] // 3 : size[1] // 3 + 40, left : left + 40] = (220, 60, 30)
            writer.write(frame)


def _clips(videos: Path, number: int, film: Path, scenarios: Sequence[Scenario]) -> dict[str, str]:
    """The clips of one model; returns their sha256 by file name."""
    videos.mkdir(parents=True)
    content, hashes = film.read_bytes(), {}
    for scenario in scenarios:
        own = f"{number} {scenario.id}".encode()
        clip = content + struct.pack(">I4s", 8 + len(own), b"free") + own
        (videos / scenario.output_name).write_bytes(clip)
        hashes[scenario.output_name] = sha256(clip).hexdigest()
    return hashes


def _write_run(folder: Path, number: int, benchmark: Benchmark, hashes: dict[str, str], truth: str) -> None:
    import cv2

    rng = np.random.default_rng(number)
    clips, rows = [], []
    for scenario in benchmark.scenarios:
        pair, variance = _pair(rng, 0.1 + 0.04 * number), _pair(np.random.default_rng(int(scenario.id)), 0.7)
        name = scenario.output_name
        clips.append(
            ClipScore(
                scenario.id, scenario.name, scenario.view, scenario.category, name, hashes[name], _values(pair),
                _values(variance),
            )
        )  # fmt: skip
        rows.append(Measured(scenario.name, scenario.view, pair, pair, variance))
    origin = Origin("full", FPS, 480, 270, cv2.__version__, "bt709", FPS, "made", truth)
    scores = Scores.of(clips, origin, expected=len(clips), missing=[])
    (folder / "scores").mkdir()
    write_scores(folder / "scores", scores)
    write_text(folder / "scores" / "metrics.csv", metrics_csv(rows))
    write_json(folder / "manifest.json", _manifest(folder.name, number, benchmark, clips))
    (folder / "journal.jsonl").touch()


def _pair(rng: np.random.Generator, level: float) -> PairMetrics:
    iou = np.clip(level + rng.normal(0, 0.05, FPS * SECONDS).cumsum() / 10, 0, 1)
    mse = np.abs(rng.normal(0.004, 0.001, FPS * SECONDS))
    return PairMetrics(tuple(map(float, mse)), tuple(map(float, iou)), float(iou.mean()), float(iou.mean() * 0.9))


def _values(pair: PairMetrics) -> MetricValues:
    iou, mse = float(np.mean(pair.spatiotemporal_iou)), float(np.mean(pair.mse))
    return MetricValues(pair.spatial_iou, iou, pair.weighted_spatial_iou, mse)


def _manifest(name: str, number: int, benchmark: Benchmark, clips: Sequence[ClipScore]) -> dict[str, Any]:
    model, told = {"name": name.split("-op-", maxsplit=1)[0], "adapter": {}, "short": "error"}, benchmark.settings
    made = {scenario.id: {"prompt_given": scenario.prompt, "prompt": scenario.prompt, "seed": number, "generate_s": 9.5}
            for scenario in benchmark.scenarios}  # fmt: skip
    output = {"width": 480, "height": 270, "fps": FPS, "crf": 12}
    kept = {"fps": FPS, "frames": FPS * SECONDS, "width": 480, "height": 270}
    return {
        "name": name, "complete": True, "mode": "i2v", "oracle": False, "expected": len(clips),
        "published": len(clips), "loaded": [], "sessions": [], "data": {"root": told.root},
        "fingerprint": {
            "generation": {"sha256": name, "model": model, "seed": {"seed": 0, "seeds": "derived", "run": 1}},
            "publication": {"sha256": "sum", "output": output},
        },
        "configuration": {
            "model": model, "prompts": {"mode": "op"}, "run": 1, "tag": None,
            "benchmark": {"name": told.name, "kind": told.kind, "root": told.root, "fps": FPS},
        },
        "clips": {
            clip.id: {
                "name": clip.file, "view": clip.view, "category": clip.category,
                "published": {"sha256": clip.sha256, "generation": made[clip.id], "publication": kept},
            }
            for clip in clips
        },
    }  # fmt: skip


def main(keep: Path | None) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        work = keep or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        for line in report(Scale(), work):
            print(f"{line.name:<30} {line.figure:<34} {line.aim}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else None)
