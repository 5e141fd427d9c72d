"""Small data sets at a source: every name of the layout, with bytes of its own; and how to fetch them."""

from __future__ import annotations

import random
import threading
from itertools import product
from pathlib import Path
from typing import Any

from runners.core.outcome import Outcome
from runners.core.settings import BenchmarkSettings, FetchSettings
from runners.dataset.layout import VIEWS, Item, Kind, output_name, relative_path, scenario_name
from runners.dataset.scenarios import COLUMNS
from runners.fetching.published import fetch_published

TEXT = "descriptions/descriptions_original.csv"
BPP = "descriptions/best_practice/descriptions_base.csv"
DATA = "descriptions/data.yaml"


class Impatient(threading.Event):
    """A stop signal whose waits are over at once, and written down."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Do not."""
        self.waited.append(timeout or 0.0)
        return self.is_set()


def items(scenes: int = 1) -> list[Item]:
    """Take-1, then take-2, scene by scene, left, center, right."""
    named = product((1, 2), range(scenes), VIEWS)
    return [
        Item(f"{number:04d}", view, take, f"trimmed-scene-{scene}")
        for number, (take, scene, view) in enumerate(named, start=1)
    ]


def descriptions(scenes: int = 1) -> bytes:
    """The CSV of such a set."""
    rows = [f"{scenario_name(item)},A ball rolls.,Optics,{output_name(item)}" for item in items(scenes)]
    return "\n".join([",".join(COLUMNS), *rows, ""]).encode()


def published(
    kinds: tuple[Kind, ...] = ("switch", "conditioning", "testing", "masks", "full"), *,
    rates: tuple[int, ...] = (30, 24), size: int = 3000, scenes: int = 1, texts: bool = True,
) -> dict[str, bytes]:  # fmt: skip
    """Path → bytes of a whole set."""
    files = {}
    for kind, item, fps in product(kinds, items(scenes), rates):
        if kind != "switch" or item.take == 1:
            path = relative_path(kind, item, fps).as_posix()
            files[path] = random.Random(path).randbytes(size)
    return {**files, **(official_texts(scenes) if texts else {})}


def official_texts(scenes: int = 1) -> dict[str, bytes]:
    """What the official repository has."""
    return {TEXT: descriptions(scenes), BPP: descriptions(scenes), DATA: b"scenes: []\n"}


def here(root: Path) -> dict[str, bytes]:
    """Path → bytes of what was fetched; the folder of the fetching itself is left out."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".fetch" not in path.parts
    }


def settings(root: Path, **changes: Any) -> FetchSettings:
    """A benchmark whose source is the bucket `set`, and whose texts are GitHub's `official/texts`."""
    known = BenchmarkSettings.__dataclass_fields__
    chosen: dict[str, Any] = {"origin": "gs://set", "texts": "github://official/texts", "root": str(root)}
    chosen |= {key: changes.pop(key) for key in list(changes) if key in known and key != "fps"}
    benchmark = BenchmarkSettings(name="small", kind="original", **chosen)
    return FetchSettings(benchmark=benchmark, progress="plain", **changes)


class Fetched:
    """One invocation: its outcome and all that it said."""

    def __init__(self, root: Path, stop: threading.Event | None = None, **changes: Any) -> None:
        said: list[str] = []
        self.stop = stop or Impatient()
        self.outcome: Outcome = fetch_published(settings(root, **changes), say=said.append, stop=self.stop)
        self.said = "\n".join([*said, *self.outcome.lines])
        self.code = self.outcome.code
