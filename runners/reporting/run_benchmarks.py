"""The data sets of runs below a folder: which each was made over, where it lies now, each opened once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from runners.benchmarks.benchmark import Benchmark, ensure_rate, open_benchmark
from runners.core.errors import UserError
from runners.core.progress import make_bar
from runners.core.settings import BenchmarkSettings, ScoreSettings
from runners.runs.records import encode
from runners.runs.run_record import RunRecord, read_record
from runners.scoring import folder_rate
from runners.scoring.memory import Memory


class Benchmarks:
    """The benchmarks of runs, as their manifests name them, each opened once; `benchmark.*` of the command wins."""

    def __init__(self, settings: ScoreSettings, memory: Memory) -> None:
        """Nothing is opened yet. `memory` is that of all their scoring."""
        self.settings, self.memory = settings, memory
        self._open: dict[str, Benchmark | UserError] = {}
        given = settings.benchmark
        self._moved = {key: value for key in ("root", "descriptions") if (value := getattr(given, key))}

    def of(self, record: RunRecord) -> Benchmark:
        """The run's benchmark with the truth at its rate. Raises UserError if its data is not at hand."""
        chosen = self._chosen(record)
        key = repr(chosen)
        if key not in self._open:
            try:
                with make_bar(self.settings.progress, "preparing the data set") as bar:
                    self._open[key] = open_benchmark(chosen, progress=bar)
            except UserError as error:
                self._open[key] = error
        found = self._open[key]
        if isinstance(found, UserError):
            raise found
        with make_bar(self.settings.progress, "preparing the data set") as bar:
            return ensure_rate(found, folder_rate(record.folder.videos), bar)

    @property
    def warnings(self) -> list[str]:
        """What is to be said of those that were opened, each once."""
        opened = [found for found in self._open.values() if isinstance(found, Benchmark)]
        return list(dict.fromkeys(warning for found in opened for warning in found.warnings))

    def check_used(self, runs: Sequence[Path]) -> None:
        """Raise UserError if the command names a data set's place, and none of the runs is over that data set."""
        name = self.settings.benchmark.name
        if self._moved and not any(_benchmark_of(path) == name for path in runs):
            key = next(iter(self._moved))
            raise UserError(f"benchmark.{key} is that of {name}, and no run is over it; say benchmark=NAME as well")

    def _chosen(self, record: RunRecord) -> BenchmarkSettings:
        known = {setting.name for setting in fields(BenchmarkSettings)}
        recorded = encode(record.configuration.benchmark)
        chosen = BenchmarkSettings(**{key: value for key, value in recorded.items() if key in known})
        data = record.manifest.data
        made_over = data.get("root") if isinstance(data, dict) else None
        if chosen.kind != "demo" and isinstance(made_over, str) and Path(made_over).is_dir():
            chosen.root = made_over  # where it lay when the run was made, wherever the command is typed now
        if chosen.name == self.settings.benchmark.name and self._moved:
            chosen = replace(chosen, **self._moved)
        return chosen


def _benchmark_of(path: Path) -> str | None:
    """The name of a run's benchmark, None where its manifest is not there or damaged."""
    try:
        record = read_record(path)
    except UserError:
        return None
    return None if record is None else record.benchmark
