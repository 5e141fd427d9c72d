"""Runs of the main job over the small data set in fixtures, with models made for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from adapters import Adapter, AdapterError, Clip, Needs, Request
from runners.core.outcome import Outcome
from runners.core.settings import (
    BenchmarkSettings,
    GenerateSettings,
    ModelSettings,
    OutputSettings,
    PromptsSettings,
    ScorerSettings,
    SelectSettings,
)
from runners.generation.run import generate
from runners.generation.session import Session

MINI = Path(__file__).resolve().parents[1] / "fixtures" / "mini"
IDS = [f"{number:04d}" for number in range(1, 7)]


class Paint(Adapter):
    """Paints noise that depends on the seed over the switch frame: cheap, and no two clips are alike."""

    needs = Needs(native_fps=8, sizes=((96, 54),), concurrency=4)

    def __init__(self, **changes: Any) -> None:
        self.needs = replace(self.needs, **changes)
        self.calls: list[Request] = []
        self.loads = self.closes = 0
        self._mutex = threading.Lock()

    def load(self) -> None:
        self.loads += 1

    def close(self) -> None:
        self.closes += 1

    def generate(self, request: Request) -> Clip:
        with self._mutex:
            self.calls.append(request)
        noise = np.random.default_rng(request.seed).integers(0, 99, (5, 9, 3), np.uint8)
        first = request.conditioning.switch_frame
        frames = np.repeat(first[None], 41, axis=0)
        for k in range(1, 41):
            frames[k, 20:25, k : k + 9] = noise
        return Clip(fps=8, frames=frames, leading=1, info={"frames": 41})


class Scripted(Paint):
    """Does what a function says for some clips, and paints the others."""

    def __init__(self, act: Callable[[Request, int], Clip | None], **changes: Any) -> None:
        super().__init__(**changes)
        self._act = act
        self._tries: dict[str, int] = {}

    def generate(self, request: Request) -> Clip:
        with self._mutex:
            number = self._tries[request.scenario_id] = self._tries.get(request.scenario_id, 0) + 1
        made = self._act(request, number)
        return super().generate(request) if made is None else made


class Batched(Paint):
    """Takes all requests of a batch before it gives the first clip."""

    def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
        taken = list(requests)
        for request in taken:
            try:
                yield self.generate(request)
            except AdapterError as error:
                yield error


def settings(results: Path, **changes: Any) -> GenerateSettings:
    """A run over fixtures/mini at a small size, unscored unless asked for."""
    base = GenerateSettings(
        model=ModelSettings(name="paint", adapter={"_target_": "tests.run.harness.Paint"}),
        benchmark=BenchmarkSettings(name="mini", kind="original", root=str(MINI / "dataset")),
        prompts=PromptsSettings(mode="op"),
        output=OutputSettings(name="custom", width=96, height=54, fps=8, preset="ultrafast"),
        scorer=ScorerSettings(name="none"),
        select=SelectSettings(),
        results=str(results),
        progress="plain",
    )
    return replace(base, **changes)


def run(results: Path, adapter: Adapter | None = None, **changes: Any) -> Outcome:
    """One invocation of the main job, in this process."""
    model = adapter or Paint()
    return generate(settings(results, **changes), lambda node: model, Session("python -m runners.generate model=paint"))


def videos(folder: Path) -> dict[str, bytes]:
    """The published clips of a run folder."""
    return {path.name: path.read_bytes() for path in sorted((folder / "videos").iterdir())}


class Patient(Paint):
    """Waits inside its first clip, reporting steps, until it is cancelled; says so in a file."""

    def __init__(self, flag: str, *, deaf: bool = False) -> None:
        super().__init__()
        self._flag, self._deaf = Path(flag), deaf

    def generate(self, request: Request) -> Clip:
        self._flag.touch()
        waiting = threading.Event()
        while True:
            waiting.wait(0.01)
            if not self._deaf:
                request.step(1, 50)
