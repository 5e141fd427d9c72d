"""A benchmark ready for use: its data set found (or drawn), its descriptions read, its truth known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from runners.core.errors import one_of
from runners.core.files import user_path
from runners.core.settings import BenchmarkSettings
from runners.dataset.layout import DataSet
from runners.dataset.presence import cache_folder, check_root, default_root, find_descriptions
from runners.dataset.scenarios import Scenario, count_warning, load_scenarios

DEMO_RATES = (24, 16, 8)
"""Beside 30, the rates at which the demo can be filmed."""
BenchmarkKind = Literal["demo", "original", "verified", "custom"]
KINDS: tuple[BenchmarkKind, ...] = get_args(BenchmarkKind)


@dataclass(frozen=True)
class Benchmark:
    """What a run is made over and scored against."""

    settings: BenchmarkSettings
    dataset: DataSet
    descriptions: Path
    scenarios: list[Scenario]
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        """As it stands in folders and tables."""
        return self.settings.name

    @property
    def root(self) -> Path:
        """The data set's top folder."""
        return self.dataset.root


def open_benchmark(settings: BenchmarkSettings, *, progress: Callable[[int, int], None] | None = None) -> Benchmark:
    """Find the data set (drawing the demo if need be) and read its scenarios. Raises UserError."""
    one_of("benchmark.kind", settings.kind, KINDS, "kind")
    root = benchmark_root(settings)
    if settings.kind == "demo" and not settings.root:
        from runners.demo import ensure_demo

        root = ensure_demo(root, fps=30, seed=settings.seed, progress=progress)
    return read_benchmark(settings, root)


def read_benchmark(settings: BenchmarkSettings, root: Path) -> Benchmark:
    """The data set in a folder as it lies there; draws nothing. Raises UserError."""
    check_root(root, settings.name, hint=settings.hint)
    dataset = DataSet(root)
    if settings.descriptions:
        descriptions = user_path(settings.descriptions)
    else:
        descriptions = find_descriptions(root, hint=settings.hint)
    scenarios = load_scenarios(dataset, descriptions, hint=settings.hint)
    warning = count_warning(scenarios, settings.expected, settings.name)
    return Benchmark(settings, dataset, descriptions, scenarios, (warning,) if warning else ())


def ensure_rate(
    benchmark: Benchmark, fps: float | None, progress: Callable[[int, int], None] | None = None
) -> Benchmark:
    """The benchmark with its demo videos also at another rate if that is asked for; others ship what they ship."""
    settings = benchmark.settings
    if settings.kind != "demo" or settings.root or fps not in DEMO_RATES or fps in benchmark.dataset.rates("testing"):
        return benchmark
    from runners.demo import ensure_demo

    root = ensure_demo(benchmark.root, fps=round(fps), seed=settings.seed, progress=progress)
    return Benchmark(settings, DataSet(root), benchmark.descriptions, benchmark.scenarios, benchmark.warnings)


def benchmark_root(settings: BenchmarkSettings) -> Path:
    """Where the data set lies: `benchmark.root`, else the benchmark's default place."""
    if settings.root:
        return user_path(settings.root)
    if settings.kind == "demo":
        from runners.demo import demo_root

        return demo_root(cache_folder(), settings.seed)
    return default_root(settings.folder or settings.name)
