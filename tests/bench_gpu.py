"""What the harness costs beside a bare pipeline call, on a GPU: `make bench-gpu`, or `python -m tests.bench_gpu`.

Pipelines of the true architecture with random weights are built on the spot; nothing is downloaded. For each model:
the harness's whole time per clip against the bare call with the same arguments (aim: 1.02), the share of time in
which the model waits for the harness between clips, and peak memory under each placement. Asserts nothing.

  python -m tests.bench_gpu models=svd_xt,wan22_ti2v_5b,cogvideox_5b clips=5 steps=10 dtype=bfloat16
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from adapters import Clip, Request
from adapters.local import loading
from adapters.local.diffusers import Diffusers
from runners.core.settings import BenchmarkSettings, GenerateSettings, OutputSettings, SelectSettings
from runners.generation.run import generate
from tests.local.full_size import FULL_SIZE
from tests.run.harness import settings
from tests.test_conf import composed
from tests.tools.make_full_shape import make_full_shape

PLACEMENTS: dict[str, dict[str, Any]] = {
    "whole model on the device": {},
    "vae_tiling": {"vae_tiling": True},
    "text_encoder=offload": {"text_encoder": "offload"},
    "offload=model": {"offload": "model"},
    "offload=group": {"offload": "group"},
    "offload=sequential": {"offload": "sequential"},
    "compile": {"compile": True},
    "attention=_native_cudnn": {"attention": "_native_cudnn"},
    "cache=first_block": {"cache": {"kind": "first_block", "threshold": 0.05}},
}


@dataclass
class Timed:
    """When the model worked: (begin, end) in seconds, one per clip."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    @property
    def idle_share(self) -> float:
        """Of the time from the first clip's begin to the last one's end, the part in which the model waited."""
        whole = self.spans[-1][1] - self.spans[0][0]
        return 1 - sum(end - begin for begin, end in self.spans) / whole


B = TypeVar("B", bound="Built")


class Built(Diffusers):
    """The adapter itself, its pipeline built in memory instead of read from files."""

    make: Any = None
    device = "cuda"
    timed: Timed

    def revision(self) -> str:
        """There is none: the weights are random."""
        return "random weights"

    def load(self) -> None:
        """Build, place, and listen as after any loading."""
        dtype = loading.dtypes("bfloat16" if self.device == "cuda" else "float32")
        self.timed = Timed()
        pipe = self.make(dtype, "cpu" if self._placement.offload != "none" else self.device)
        self._placement.apply(pipe)
        self.ready(pipe)

    def generate(self, request: Request) -> Clip:
        """Time the model's own share."""
        begin = time.perf_counter()
        clip = super().generate(request)
        self.timed.spans.append((begin, time.perf_counter()))
        return clip

    def bare(self, request: Request) -> float:
        """Seconds of one bare call with the arguments that the harness gives."""
        arguments = self._arguments([request], self.frames_to_ask(request.seconds))
        begin = time.perf_counter()
        self._pipe(**arguments)
        _synchronize()
        return time.perf_counter() - begin


def adapter_for(
    kind: type[B], name: str, steps: int, placement: Mapping[str, Any], changes: Mapping[str, Any]
) -> B:  # fmt: skip
    """conf/model/<name>.yaml with few steps, a placement and other changes."""
    node = dict(composed("generate", f"model={name}").model.adapter)
    node.pop("_target_")
    node["call"] = {**node["call"], "num_inference_steps": steps}
    return kind(**{**node, **changes, "placement": dict(placement)})


def run_settings(root: Path, results: Path, name: str, clips: int) -> GenerateSettings:
    """A run of so many clips over a synthetic data set of the full shape."""
    base = settings(
        results,
        benchmark=BenchmarkSettings(name="shape", kind="original", root=str(root)),
        output=OutputSettings(name="standard", width=1280, height=720, fps=24),
        select=SelectSettings(limit=clips),
    )
    return replace(base, model=composed("generate", f"model={name}").model)


class Kept(Built):
    """Stays loaded between the harness's run and the bare calls, and keeps one request for them."""

    request: Request | None = None

    def generate(self, request: Request) -> Clip:
        """Remember what was asked."""
        self.request = replace(request, step=lambda k, n: None, jobs=None)
        return super().generate(request)

    def close(self) -> None:
        """Not yet."""


def measure(name: str, clips: int, steps: int, changes: Mapping[str, Any], make: Any, device: str) -> list[str]:
    """The lines of one model: the harness beside the bare call."""
    made = adapter_for(Kept, name, steps, {"device": device}, changes)
    made.make, made.device = make, device
    with tempfile.TemporaryDirectory() as folder:
        root = make_full_shape(Path(folder) / "data", scenes=-(-clips // 3))
        plan = run_settings(root, Path(folder) / "results", name, clips)
        plan = replace(plan, model=replace(plan.model, short="hold"))
        begun = time.perf_counter()
        outcome = generate(plan, lambda _: made)
        ended = time.perf_counter()
        if outcome.code:
            return [f"{name}: failed: {' '.join(outcome.lines)}"]
        loaded = made.timed.spans[0][0] - begun
        per_clip = (ended - begun - loaded) / clips
        assert made.request is not None
        bare = statistics.median(made.bare(made.request) for _ in range(clips))
    idle = made.timed.idle_share
    Built.close(made)
    ratio = f"{per_clip:.2f} s a clip in the harness, {bare:.2f} s bare: {per_clip / bare:.3f}× (aim 1.02)"
    return [f"{name}: {ratio}", f"  the model waits {100 * idle:.2f} % of the time between clips"]


def placements(name: str, steps: int, changes: Mapping[str, Any], make: Any, device: str) -> list[str]:
    """Peak device memory and seconds of one clip under each placement."""
    lines = []
    for title, placement in PLACEMENTS.items():
        _reset_peak()
        made: Built | None = None
        try:
            made = adapter_for(Built, name, steps, {"device": device, **placement}, changes)
            made.make, made.device = make, device
            made.load()
            seconds = made.bare(a_request(made))
            lines.append(f"  {title}: {_peak_gb():.1f} GB at most, {seconds:.2f} s")
        except Exception as error:  # noqa: BLE001  (a placement that a model cannot have is a result, too)
            lines.append(f"  {title}: {type(error).__name__}: {' '.join(str(error).split())[:160]}")
        if made is not None:
            made.close()
        del made
        gc.collect()
    return lines


def a_request(adapter: Diffusers) -> Request:
    """Something to continue, at the adapter's own size."""
    from adapters.testing import make_request

    return make_request(Path(tempfile.mkdtemp()), adapter.needs, seconds=5.0)


def _synchronize() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _reset_peak() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _peak_gb() -> float:
    import torch

    return torch.cuda.max_memory_allocated() / 1e9 if torch.cuda.is_available() else float("nan")


def main(words: list[str]) -> int:
    """Print the report."""
    import torch

    asked = dict(word.split("=", 1) for word in words)
    if not torch.cuda.is_available():
        print("no GPU here: these figures are about one; `make bench` measures the harness without it")
        return 2
    names = asked.get("models", ",".join(FULL_SIZE)).split(",")
    clips, steps = int(asked.get("clips", "5")), int(asked.get("steps", "10"))
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {clips} clips of 5 s, {steps} steps, bfloat16")
    for name in names:
        lines = measure(name, clips, steps, {}, FULL_SIZE[name], "cuda")
        lines += placements(name, steps, {}, FULL_SIZE[name], "cuda")
        print("\n".join(lines), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
