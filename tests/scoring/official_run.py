"""A small benchmark, a run over it, and a stand-in for the official toolbox that scores it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runners.benchmarks.benchmark import Benchmark
from runners.core.files import sha256_file
from runners.core.settings import BenchmarkSettings, ScorerSettings
from runners.dataset.layout import DataSet
from runners.scoring.choose import score
from runners.scoring.stored import encode
from tests.scoring import tiny
from tests.scoring.stand_in import make_checkout

GENERATIONS = ("physiq", "code")


@dataclass(frozen=True)
class Place:
    """Folders of one test: data set, clips, checkout, scores."""

    folder: Path
    benchmark: Benchmark
    videos: Path
    checkout: Path

    @property
    def out(self) -> Path:
        return self.folder / "scores"

    @property
    def roots(self) -> tuple[Path, Path, Path]:
        """The data set, the clips, the checkout."""
        return self.benchmark.root, self.videos, self.checkout

    @property
    def script(self) -> Path:
        return next(self.checkout.glob("*/run_physics_iq.py"))

    def scorer(self, name: str = "official", **changes: Any) -> ScorerSettings:
        return replace(ScorerSettings(name=name, path=str(self.checkout), workers=1), **changes)

    def score(self, name: str = "official", **changes: Any) -> dict[str, Any]:
        """What scores.json then holds."""
        asked = self.scorer(name, **changes)
        return encode(score(self.videos, self.fresh(), asked, out=self.out, progress="plain").scores)

    def fresh(self) -> Benchmark:
        """The benchmark as another process would see it: its listings are read anew."""
        return replace(self.benchmark, dataset=DataSet(self.benchmark.root))

    def snapshot(self) -> dict[str, tuple[str, int]]:
        """Everything in the data set, among the clips and in the checkout: contents and times of change."""
        paths = [path for root in self.roots for path in sorted(root.rglob("*"))]
        return {str(p): (sha256_file(p) if p.is_file() else "folder", p.stat().st_mtime_ns) for p in paths}

    def act(self, line: str) -> None:
        """Let the toolbox do something else first."""
        self.script.write_text(
            self.script.read_text("utf-8").replace("import argparse\n", f"import argparse\n{line}\n")
        )


def make_place(folder: Path, generation: str = "physiq", *, kind: str = "original", scenes: int = 1) -> Place:
    """A data set of `scenes` × 3 views × 2 takes at 8 FPS, without masks, and a run of an imperfect model."""
    dataset, scenarios = tiny.make_dataset(folder / "data set's", scenes=scenes)
    settings = BenchmarkSettings(name="tiny", kind=kind, root=str(dataset.root))
    benchmark = Benchmark(settings, dataset, folder / "no.csv", scenarios, ())
    videos = tiny.write_run(folder / "a run" / "videos", scenarios)
    return Place(folder, benchmark, videos, make_checkout(folder / "check out", generation))


@dataclass(frozen=True)
class Undisturbed:
    """A place that the toolbox has scored, for tests that change nothing in it, and the scores that were returned."""

    place: Place
    scores: dict[str, Any]

    def copy(self, folder: Path) -> Place:
        """The same with its scores, to be changed."""
        shutil.copytree(self.place.folder, folder, dirs_exist_ok=True)
        moved = {path: folder / path.relative_to(self.place.folder) for path in self.place.roots}
        root, videos, checkout = moved.values()
        settings = replace(self.place.benchmark.settings, root=str(root))
        benchmark = replace(self.place.benchmark, settings=settings, dataset=DataSet(root))
        return Place(folder, benchmark, videos, checkout)
