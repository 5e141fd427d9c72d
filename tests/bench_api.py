"""What the harness adds to a paid service's own time: a whole main job over a fake service that takes 2 s for a clip.

Part of `make bench`; alone: `python -m tests.bench_api`. The service runs in a process of its own and gives every job
the same tiny clip, so that what is measured is submitting, waiting, fetching, publishing and the journal.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runners.dataset.layout import VIEWS
from tests.bench_report import Line, peak_mb
from tests.tools.make_full_shape import SIZE, make_full_shape

KEY = "key_fake-runway"
FPS = 8


@dataclass(frozen=True)
class ApiScale:
    """How large everything is; the defaults are what `make bench` measures."""

    clips: int = 198
    few: int = 64
    """… for the memory of a short run: enough that as many are held at once as in the long one."""
    model_s: float = 2.0
    concurrency: tuple[int, ...] = (8, 32)
    poll_s: float = 0.2


@dataclass(frozen=True)
class Spent:
    """Seconds from loading the model to closing it, of the whole main job, and of all cores; the most memory, in MB."""

    clips_s: float
    whole_s: float
    cpu_s: float
    peak_mb: float


def api_report(scale: ApiScale) -> Iterator[Line]:
    """Every figure, as soon as it is known."""
    with tempfile.TemporaryDirectory(prefix="physics-iq-bench-") as folder, service(scale) as base_url:
        work = Path(folder)
        make_full_shape(work / "set", scenes=math.ceil(scale.clips / len(VIEWS)), rates=(10,))
        for concurrency in scale.concurrency:
            few = in_a_process(work, scale, base_url, scale.few, concurrency)
            spent = in_a_process(work, scale, base_url, scale.clips, concurrency)
            alone = math.ceil(scale.clips / concurrency) * scale.model_s
            figure = (
                f"{spent.clips_s / alone:.2f} × the service's {alone:g} s "
                f"({spent.clips_s:.1f} s; whole job {spent.whole_s:.1f} s, {spent.cpu_s:.1f} s of CPU)"
            )
            yield Line(f"{scale.clips} clips of a service, {concurrency} at once", figure, "≤ 1.1")
            memory = f"{few.peak_mb:.0f} MB and {spent.peak_mb:.0f} MB"
            yield Line(f"  peak memory, {scale.few} and {scale.clips} clips", memory, "the same")


@contextlib.contextmanager
def service(scale: ApiScale) -> Iterator[str]:
    """The fake service in a process of its own; its address."""
    words = ["runway", "--model-seconds", str(scale.model_s), "--same-clip", "--keep-bytes", "0"]
    words += ["--clip", *map(str, (*SIZE, FPS, 5 * FPS + 1))]
    process = subprocess.Popen([sys.executable, "-m", "tests.api.fakes", *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["base_url"]
    finally:
        process.kill()
        process.wait()


def in_a_process(work: Path, scale: ApiScale, base_url: str, clips: int, concurrency: int) -> Spent:
    """One run in a process of its own."""
    task = {"work": str(work), "scale": asdict(scale), "base_url": base_url, "clips": clips, "concurrency": concurrency}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench_api", json.dumps(task)], capture_output=True, text=True, check=True
    )
    return Spent(**json.loads(done.stdout.splitlines()[-1]))


def run(work: Path, scale: ApiScale, base_url: str, clips: int, concurrency: int) -> Spent:
    """One run in this process."""
    import os
    from unittest import mock

    from adapters.api.service import Service
    from runners.cli.making import instantiate_adapter
    from runners.generation.run import generate
    from tests.test_conf import composed

    settings = composed("generate", *words(work, scale, base_url, clips, concurrency))
    moments: dict[str, float] = {}

    def noting(name: str) -> Any:
        method = getattr(Service, name)

        def noted(self: Service) -> Any:
            moments[name] = time.perf_counter()
            return method(self)

        return mock.patch.object(Service, name, noted)

    began = time.perf_counter()
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, RUNWAYML_API_SECRET=KEY))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(noting("load"))
        stack.enter_context(noting("close"))
        outcome = generate(settings, instantiate_adapter)
    if outcome.code:
        raise RuntimeError("\n".join(outcome.lines))
    whole = time.perf_counter() - began
    return Spent(moments["close"] - moments["load"], whole, time.process_time(), peak_mb())


def words(work: Path, scale: ApiScale, base_url: str, clips: int, concurrency: int) -> list[str]:
    """The command line of a run."""
    return [
        "model=runway_gen45", f"model.adapter.base_url={base_url}", f"model.adapter.poll_s={scale.poll_s}",
        f"model.adapter.concurrency={concurrency}", "model.adapter.sizes=[[128,72]]",
        '+model.adapter.call={ratio: "1280:720"}', "benchmark=original", f"benchmark.root={work / 'set'}",
        f"benchmark.expected={math.ceil(scale.clips / len(VIEWS)) * len(VIEWS)}", f"select.limit={clips}",
        "output=truth", f"output.width={SIZE[0]}", f"output.height={SIZE[1]}", f"output.fps={FPS}",
        "output.preset=ultrafast", "scorer=none", f"results={work / f'results-{clips}-{concurrency}'}",
        "budget.max_usd=1000", "progress=plain",
    ]  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) > 1:
        task = json.loads(sys.argv[1])
        scale = ApiScale(**{**task["scale"], "concurrency": tuple(task["scale"]["concurrency"])})
        spent = run(Path(task["work"]), scale, task["base_url"], task["clips"], task["concurrency"])
        print(json.dumps(asdict(spent)))
    else:
        for line in api_report(ApiScale()):
            print(f"{line.name:42}{line.figure:84}{line.aim}", flush=True)
