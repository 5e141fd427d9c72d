"""The size and rate of a run's clips: standard, the truth's, the model's own, or numbers."""

from __future__ import annotations

from adapters import BadVideo, Needs
from adapters.harness import glance
from runners.benchmarks.benchmark import Benchmark
from runners.clips.conditioning import find_source, nearest_size, source_size
from runners.clips.resample import SAMPLINGS, Sampling
from runners.clips.standardize import Output, check_output
from runners.core.errors import UserError, one_of
from runners.core.settings import OutputSettings

NAMES = ("standard", "truth", "native", "custom")
PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")

_MOST = {"width": 8192, "height": 8192, "fps": 240}
"""Beyond these a slip of the keyboard would fill memory and disk, and no player shows the clip."""


def resolve_output(settings: OutputSettings, benchmark: Benchmark, needs: Needs) -> Output:
    """The numbers behind `output=…`; explicit width, height and fps win. Raises UserError for what cannot be made."""
    sampling = _check(settings)
    (width, height), fps = _basis(settings.name, benchmark, needs)
    width, height, fps = settings.width or width, settings.height or height, settings.fps or fps
    if not width or not height or not fps:
        raise UserError(f"output={settings.name} has no size or rate of its own: set output.width, .height and .fps")
    if fps != round(fps):
        raise UserError(f"the model makes {fps:g} FPS, and clips need a whole number: set output.fps={round(fps)}")
    output = Output(width, height, round(fps), sampling, settings.crf, settings.preset)
    check_output(output)
    return output


def _basis(name: str, benchmark: Benchmark, needs: Needs) -> tuple[tuple[int, int], float]:
    if name not in ("truth", "native"):
        return (0, 0), 0
    size, fps = truth_format(benchmark)
    if name == "native":
        return nearest_size(size, needs.sizes) if needs.sizes else size, needs.native_fps or fps
    return size, fps


def truth_format(benchmark: Benchmark) -> tuple[tuple[int, int], int]:
    """((width, height), FPS) of the benchmark's own videos; of its switch frames where no truth is at hand."""
    rates = benchmark.dataset.rates("testing")
    wanted = benchmark.settings.fps
    fps = wanted if wanted in rates or not rates else rates[0]
    for scenario in benchmark.scenarios:
        path = benchmark.dataset.find("testing", scenario.item, fps)
        if path is not None:
            try:
                info = glance(path)
            except BadVideo as error:
                raise UserError(f"{error}; download it again") from None
            return (info.width, info.height), fps
    return source_size(find_source(benchmark.dataset, benchmark.scenarios[0].item, Needs())), fps


def _check(settings: OutputSettings) -> Sampling:
    """Raises UserError for a word or number that no clip can have; the sampling that is meant."""
    one_of("output.name", settings.name, NAMES)
    sampling = one_of("output.sampling", settings.sampling, SAMPLINGS)
    if not 0 <= settings.crf <= 51:
        raise UserError(f"output.crf={settings.crf} is outside of 0 … 51")
    one_of("output.preset", settings.preset, PRESETS)
    for name in ("width", "height", "fps"):
        value = getattr(settings, name)
        if value is not None and value < 1:
            raise UserError(f"output.{name}={value} must be at least 1")
        if value is not None and value > _MOST[name]:
            raise UserError(f"output.{name}={value} is more than any clip can have here; at most {_MOST[name]}")
    return sampling
