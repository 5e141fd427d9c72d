"""What scoring costs beside a plain reference: `make bench-score`, or `python -m tests.bench_score [FOOTAGE_FOLDER]`.

The reference (tests/scoring/reference_pipeline.py) does what the official toolbox does, for every clip anew. Both run
in processes of their own, on one core, view by view; figures are CPU seconds, which others on the machine disturb
least. *Cold* is with an empty cache, which is built on the way, *warm* with a full one. Takes about half an hour with
4K footage, most of it the reference's and filming; a folder named on the command line keeps the footage. Asserts
nothing.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from adapters import Size
from runners.dataset.layout import VIEWS, DataSet, relative_path
from tests.bench_report import Line, peak_mb
from tests.tools.make_4k_scene import FPS, SIZE, Scene, make_clips, make_scene

AIMS = {(SIZE, (1280, 720)): {"cold": "≥ 3", "warm": "≥ 12"}, (SIZE, SIZE): {"warm": "≥ 2"}}
"""By the sizes of truth and clip."""


@dataclass(frozen=True)
class Scale:
    """How large everything is; the defaults are what `make bench-score` measures."""

    truths: tuple[Size, ...] = ((960, 540), SIZE)
    clips: tuple[Size, ...] = ((1280, 720), SIZE)
    fps: int = FPS
    views: int = 3


class Spent(NamedTuple):
    """What a process took, in CPU and wall seconds and MB, and the values that it found, by column and scene."""

    cpu: float
    wall: float
    peak_mb: float
    values: dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What a process of its own is asked for."""

    how: str
    """reference, shipped (the reference with the truth's masks at hand), off, or cached."""
    data: str
    clips: str
    truth: Size
    fps: int
    views: int
    work: str
    """A folder for what is written."""
    cache: str = ""


def report(scale: Scale, footage: Path, work: Path) -> Iterator[Line]:
    """Every figure, as soon as it is known."""
    for size in scale.truths:
        data = footage / f"{_words(size)}-{scale.fps}"
        scene = make_scene(data, size, scale.fps, VIEWS[: scale.views])
        millions = sum(path.stat().st_size for path in data.rglob("*testing-videos*.mp4")) / 1e6
        yield Line(
            f"truth {_words(size)}", f"{millions / (2 * scale.views):.1f} MB a file, {scale.views} views × 2 takes"
        )
        for clip_size in scale.clips:
            clips = make_clips(
                footage / f"{_words(size)}-{scale.fps}-clips-{_words(clip_size)}", scene, clip_size, scale.fps
            )
            place = work / _words(size) / _words(clip_size)
            job = Job("", str(data), str(clips), size, scale.fps, scale.views, str(place))
            yield from _compare(job, f"{_words(clip_size)} clip", AIMS.get((size, clip_size), {}))
        yield from _with_shipped_masks(job, scene, work / _words(size))


def _compare(job: Job, name: str, aims: Mapping[str, str]) -> Iterator[Line]:
    """The reference, and ours without a cache, cold and warm, one after the other."""
    base = spend(job, "reference")
    yield Line(f"  {name}, reference", _seconds(base, job))
    for how in ("off", "cold", "warm"):
        ours = spend(job, "off" if how == "off" else "cached")
        figure = f"{base.cpu / ours.cpu:.1f} × as fast; {_seconds(ours, job)}"
        yield Line(f"  {name}, {'no cache' if how == 'off' else how}", figure, aims.get(how, ""))
        yield Line(f"  {name}, {how}: largest difference", f"{difference(base.values, ours.values):.1e}", "0")
    entries = [path.stat().st_size for path in _cache(job).glob("*.truth")]
    yield Line(f"  {name}, cache", f"{np.mean(entries) / 1e6:.1f} MB a view", "≤ 60 MB")


def _with_shipped_masks(job: Job, scene: Scene, work: Path) -> Iterator[Line]:
    """The same for a data set that ships masks, as the real ones do at their own rates."""
    data = work / "shipped"
    (data / "split-videos").mkdir(parents=True)
    (data / "split-videos" / "testing").symlink_to(scene.dataset.root / "split-videos" / "testing")
    for number, scenario in enumerate(scene.scenarios):
        assert scenario.second is not None
        for take, item in enumerate((scenario.item, scenario.second), 1):
            target = data / relative_path("masks", item, job.fps)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(Path(job.work) / f"reference-{number}" / f"take-{take}.mp4")
    shipped = Job(**{**asdict(job), "data": str(data), "work": str(work / "shipped-work")})
    base, cold = spend(shipped, "shipped"), spend(shipped, "cached")
    yield Line("  the same, masks shipped, reference", _seconds(base, job))
    yield Line("  the same, masks shipped, cold", f"{base.cpu / cold.cpu:.1f} × as fast; {_seconds(cold, job)}")
    yield Line("  the same, masks shipped: largest difference", f"{difference(base.values, cold.values):.1e}", "0")


def spend(job: Job, how: str) -> Spent:
    """Do the job in a process of its own."""
    asked = json.dumps({**asdict(job), "how": how, "cache": str(_cache(job))})
    code = "import sys; from tests.bench_score import do; do(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, asked], stdout=subprocess.PIPE, text=True, check=True)
    return Spent(**json.loads(done.stdout))


def do(asked: str) -> None:
    """What the process does: one core, one thread; prints what it took."""
    import cv2

    job = Job(**json.loads(asked))
    cv2.setNumThreads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    Path(job.work).mkdir(parents=True, exist_ok=True)
    scene = make_scene(Path(job.data), (job.truth[0], job.truth[1]), job.fps, VIEWS[: job.views])  # filmed already
    began = time.process_time(), time.perf_counter()
    values = _reference(job, scene) if job.how in ("reference", "shipped") else _ours(job, scene)
    cpu, wall = time.process_time() - began[0], time.perf_counter() - began[1]
    print(json.dumps(Spent(cpu, wall, peak_mb(), values)._asdict()))


def _ours(job: Job, scene: Scene) -> dict[str, Any]:
    from runners.scoring.cache import TruthCache
    from runners.scoring.inputs import ScoringInput
    from runners.scoring.pipeline import score_videos
    from runners.scoring.views import Resources

    out = Path(job.work) / "scores"
    cache = TruthCache(Path(job.cache), 100_000_000_000) if job.how == "cached" else None
    score_videos(
        ScoringInput(Path(job.clips), scene.dataset, scene.scenarios, benchmark="bench", expected=job.views),
        out,
        Resources(workers=1, cache=cache),
    )
    with (out / "metrics.csv").open(newline="") as file:
        rows = {row.pop("scenario"): row for row in csv.DictReader(file)}
    return {name: ast.literal_eval(cell) for row in rows.values() for name, cell in row.items() if cell}


def _reference(job: Job, scene: Scene) -> dict[str, Any]:
    from tests.scoring.reference_pipeline import measure_view

    values = {}
    for number, scenario in enumerate(scene.scenarios):
        assert scenario.second is not None
        items = scenario.item, scenario.second
        folder = Path(job.work) / f"reference-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        takes, masks = ([_found(scene.dataset, kind, item, job.fps) for item in items] for kind in ("testing", "masks"))
        view = measure_view(
            Path(job.clips) / scenario.output_name, (takes[0], takes[1]), job.fps, folder,
            (masks[0], masks[1]) if job.how == "shipped" else None,
        )  # fmt: skip
        values.update(view.columns(scenario.view))
    return values


def _found(dataset: DataSet, kind: Any, item: Any, fps: int) -> Path:
    return dataset.find(kind, item, fps) or Path()


def difference(a: dict[str, Any], b: dict[str, Any]) -> float:
    """The largest between two values of one name. Raises `ValueError` if the names differ."""
    if a.keys() != b.keys():
        raise ValueError(f"other columns: {a.keys() ^ b.keys()}")
    return max(float(np.max(np.abs(np.subtract(a[name], b[name])))) for name in a)


def _cache(job: Job) -> Path:
    return Path(job.work) / "cache"


def _seconds(spent: Spent, job: Job) -> str:
    return f"{spent.cpu / job.views:.1f} s CPU, {spent.wall / job.views:.1f} s wall a view, {spent.peak_mb:.0f} MB"


def _words(size: Size) -> str:
    return f"{size[0]}×{size[1]}"


def main(scale: Scale | None = None, footage: Path | None = None) -> None:
    """Print the table, line by line."""
    print(f"{'':46}{'measured':72}aim")
    with tempfile.TemporaryDirectory(prefix="physics-iq-bench-") as folder:
        for line in report(scale or Scale(), footage or Path(folder) / "footage", Path(folder) / "work"):
            print(f"{line.name:46}{line.figure:72}{line.aim}", flush=True)


if __name__ == "__main__":
    main(footage=Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else None)
