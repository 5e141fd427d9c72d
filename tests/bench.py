"""What the harness itself costs: `make bench`, or `python -m tests.bench`. Takes a minute or two; asserts nothing.

Ratios are taken side by side: bare encode and harness in turns, on one core, the median of the pairs. CPU time is what
to trust on a machine that others use too; wall time is what a person waits.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from adapters import Adapter, Clip, Frame, Frames, Needs, Request
from runners.benchmarks.cutting import save_jpeg
from runners.core.settings import BenchmarkSettings, GenerateSettings, OutputSettings, SelectSettings
from runners.dataset.layout import VIEWS
from runners.generation.run import generate
from tests.bench_api import ApiScale, api_report
from tests.bench_report import Line, peak_mb
from tests.run.harness import settings
from tests.tools.footage import Footage, clean, textured
from tests.tools.make_full_shape import make_full_shape

SECONDS = 5


@dataclass(frozen=True)
class Scale:
    """How large everything is; the defaults are what `make bench` measures."""

    size: tuple[int, int] = (1280, 720)
    fps: int = 24
    switch_size: tuple[int, int] = (3840, 2160)
    """Of the data set's switch frames; the real one's."""
    repeats: int = 3
    model_s: float = 4.0
    clips: int = 5
    """Made one after the other behind the working model."""
    clips_for_memory: tuple[int, int] = (3, 12)
    starts: int = 5
    preset: str = "veryfast"
    crf: int = 12
    api: ApiScale = field(default_factory=ApiScale)

    @property
    def frames(self) -> int:
        """Of one clip."""
        return SECONDS * self.fps


class Spent(NamedTuple):
    """Seconds."""

    wall: float
    cpu: float


class Instant(Adapter):
    """A model that takes `seconds` for a clip and does no work; times the run from loading to closing it."""

    def __init__(self, make: Callable[[], Frames | Iterator[Frame]], fps: int, seconds: float = 0.0) -> None:
        self.needs = Needs(prompt="ignored", concurrency=1)
        self.spent = Spent(0, 0)
        self._make, self._fps, self._seconds = make, fps, seconds

    def load(self) -> None:
        self._began = _now()

    def generate(self, request: Request) -> Clip:
        time.sleep(self._seconds)
        return Clip(fps=self._fps, frames=self._make())

    def close(self) -> None:
        self.spent = _since(self._began)


def report(scale: Scale) -> Iterator[Line]:
    """Every figure, as soon as it is known."""
    with tempfile.TemporaryDirectory(prefix="physics-iq-bench-") as folder:
        work = Path(folder)
        data_set(work, scale)
        yield from memory(work, scale)
        yield from starts(scale)
        yield from cost_per_clip(work, scale, "textured", textured)
        yield from cost_per_clip(work, scale, "drawn", clean)
        yield from overlap(work, scale)
    yield from api_report(scale.api)


def data_set(work: Path, scale: Scale) -> None:
    """A data set of the real layout with scenarios enough, and switch frames of the wanted size."""
    most = max(scale.clips, *scale.clips_for_memory)
    root = make_full_shape(work / "set", scenes=-(-most // len(VIEWS)), rates=(10,))
    picture = next(textured(*scale.switch_size, 1))
    for path in (root / "switch-frames").iterdir():
        path.unlink()  # it is one of many names of the same file
        save_jpeg(path, picture)


def settings_for(work: Path, scale: Scale, name: str, clips: int) -> GenerateSettings:
    """An unscored run of the first `clips` scenarios."""
    return replace(
        settings(work / "results" / name),
        benchmark=BenchmarkSettings(name="original", kind="original", root=str(work / "set")),
        output=OutputSettings("custom", *scale.size, scale.fps, preset=scale.preset, crf=scale.crf),
        select=SelectSettings(limit=clips),
    )


def run(work: Path, scale: Scale, name: str, model: Instant, clips: int) -> Spent:
    """One run; its time from loading the model to closing it."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        outcome = generate(settings_for(work, scale, name, clips), lambda node: model)
    if outcome.code:
        raise RuntimeError("\n".join(outcome.lines))
    return model.spent


def bare_encode(path: Path, scale: Scale, frames: Frames) -> None:
    """The same frames by PyAV alone, with its default colour conversion: neither checked nor recorded."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", scale.fps, options={"crf": str(scale.crf), "preset": scale.preset})
        stream.width, stream.height = scale.size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode(None))


def cost_per_clip(work: Path, scale: Scale, kind: str, footage: Footage) -> Iterator[Line]:
    """The harness around a model that returns its frames at once, as a ratio to the bare encode."""
    frames = np.stack(list(footage(*scale.size, scale.frames)))
    bare, whole = [], []
    with one_core():
        for index in range(scale.repeats):
            began = _now()
            bare_encode(work / "bare.mp4", scale, frames)
            bare.append(_since(began))
            whole.append(run(work, scale, f"{kind}-{index}", Instant(lambda: frames, scale.fps), 1))
    pairs = list(zip(whole, bare, strict=True))
    for clock in ("cpu", "wall"):
        seconds = sorted(((getattr(a, clock), getattr(b, clock)) for a, b in pairs), key=lambda pair: pair[0] / pair[1])
        mine, theirs = seconds[len(seconds) // 2]
        figure = f"{mine / theirs:.2f} × bare encode ({mine:.2f} s : {theirs:.2f} s)"
        yield Line(f"one clip, {kind}, {clock} time", figure, "≤ 1.3")


def overlap(work: Path, scale: Scale) -> Iterator[Line]:
    """How much of the harness shows while the model works; of the last clip, everything does."""
    frames = np.stack(list(clean(*scale.size, scale.frames)))
    wall = run(work, scale, "overlap", Instant(lambda: frames, scale.fps, scale.model_s), scale.clips).wall
    alone = scale.clips * scale.model_s
    figure = f"{wall / alone:.2f} × the model's {scale.clips} × {scale.model_s:g} s ({wall - alone:+.1f} s in all)"
    yield Line("drawn clips behind a working model, wall", figure, "≈ 1 + one clip")


def memory(work: Path, scale: Scale) -> Iterator[Line]:
    """The peak of whole runs in processes of their own, over a model that gives frames one by one."""
    peaks = [_peak_of_run(work, scale, clips) for clips in scale.clips_for_memory]
    few, many = scale.clips_for_memory
    yield Line(f"peak memory, {few} and {many} clips", f"{peaks[0]:.0f} MB and {peaks[1]:.0f} MB", "the same")


def _peak_of_run(work: Path, scale: Scale, clips: int) -> float:
    code = f"from pathlib import Path; from tests.bench import *; print(peak(Path({str(work)!r}), {scale!r}, {clips}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def peak(work: Path, scale: Scale, clips: int) -> float:
    """The most memory that this process held, in MB, after a run of so many clips."""
    run(work, scale, f"memory-{clips}", Instant(lambda: clean(*scale.size, scale.frames), scale.fps), clips)
    return peak_mb()


def starts(scale: Scale) -> Iterator[Line]:
    """How long a person waits for the first sign."""
    python = statistics.median(_times("-c", "pass", count=scale.starts))
    shown = statistics.median(_times("-m", "runners.generate", "--help", count=scale.starts))
    loaded = statistics.median(_times("-c", "import runners.generation.run", count=scale.starts))
    yield Line("--help, wall time", f"{shown:.2f} s, of which Python itself {python:.2f} s", "< 1 s")
    yield Line("importing the main job, wall time", f"{loaded:.2f} s")


def _times(*words: str, count: int) -> Iterator[float]:
    for _ in range(count):
        began = _now()
        subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
        yield _since(began).wall


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and those that it starts, on one core where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(islice(before, 1)))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _now() -> Spent:
    return Spent(time.perf_counter(), time.process_time())


def _since(began: Spent) -> Spent:
    now = _now()
    return Spent(now.wall - began.wall, now.cpu - began.cpu)


def main(scale: Scale | None = None) -> None:
    """Print the table, line by line."""
    chosen = scale or Scale()
    width, height = chosen.size
    print(f"{width}×{height}, {chosen.fps} FPS, {chosen.frames} frames a clip; x264 {chosen.preset}, CRF {chosen.crf}")
    print(f"{'':42}{'measured':60}aim")
    for line in report(chosen):
        print(f"{line.name:42}{line.figure:60}{line.aim}", flush=True)


if __name__ == "__main__":
    main()
