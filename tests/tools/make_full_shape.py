"""Makes a data set of the real one's shape and tiny pictures: every name of a descriptions CSV, four videos behind all.

By hand: `python -m tests.tools.make_full_shape ROOT [--descriptions CSV] [--scenes 66] [--fps 30]`.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from adapters import Frame
from adapters.harness import Writer
from runners.benchmarks.cutting import save_jpeg
from runners.dataset.layout import (
    CONDITIONING_S,
    CONTINUATION_S,
    VIEWS,
    Item,
    output_name,
    relative_path,
    scenario_name,
)
from runners.dataset.scenarios import COLUMNS, read_item
from runners.dataset.user_csv import read_csv

SIZE = (64, 36)
# By scenes, as in the real set: 38 + 15 + 8 + 3 + 2 = 66 (spec of the benchmark, §2).
CATEGORIES = {"Solid Mechanics": 38, "Fluid Dynamics": 15, "Optics": 8, "Thermodynamics": 3, "Magnetism": 2}


class Take(NamedTuple):
    """The pieces of one tiny video."""

    conditioning: Path
    testing: Path
    switch: Path


def write_descriptions(path: Path, scenes: int = 66) -> Path:
    """A CSV of the real one's shape: take-1 first, scene by scene, left, center, right; then take-2."""
    categories = [name for name, count in CATEGORIES.items() for _ in range(count)]
    rows = [",".join(COLUMNS)]
    for number, (take, scene, view) in enumerate(product((1, 2), range(scenes), VIEWS), start=1):
        item = Item(f"{number:04d}", view, take, f"trimmed-scene-{scene:02d}")
        # A comma, a quote and a line break: what a careless reader stumbles over.
        text = f'"Scene {scene}: a ""ball"" rolls,\nthen stops."'
        rows.append(f"{scenario_name(item)},{text},{categories[scene % len(categories)]},{output_name(item)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8", newline="")
    return path


def make_full_shape(
    root: Path, descriptions: Path | None = None, *, scenes: int = 66, rates: Sequence[int] = (30,)
) -> Path:
    """Lay the data set out at `root` (which must not exist) and return it; files are links where the disk can."""
    own = root / "descriptions.csv"
    root.mkdir(parents=True)
    if descriptions is None:
        write_descriptions(own, scenes)
    else:
        shutil.copyfile(descriptions, own)
    items = [read_item(row) for row in read_csv(own, COLUMNS)]
    for fps in rates:
        takes = [_film(root / ".tiny", number, fps) for number in range(4)]
        for item in items:
            # Two looks alternate from scene to scene, and the takes of one scene always differ.
            take = takes[(len(item.scene) + VIEWS.index(item.view)) % 2 * 2 + (item.take - 1) % 2]
            _link(take.conditioning, root / relative_path("conditioning", item, fps))
            _link(take.testing, root / relative_path("testing", item, fps))
            if item.take == 1:
                _link(take.switch, root / relative_path("switch", item, fps))
    shutil.rmtree(root / ".tiny")
    return root


def _film(folder: Path, number: int, fps: int) -> Take:
    """A block that slides over a gradient; its row, speed and colour depend on the number."""
    folder.mkdir(exist_ok=True)
    take = Take(*(folder / f"{number}-{fps}-{piece}" for piece in ("conditioning.mp4", "testing.mp4", "switch.jpg")))
    frames = list(_frames(number, fps))
    seen = CONDITIONING_S * fps
    for path, part in ((take.conditioning, frames[:seen]), (take.testing, frames[seen:])):
        with Writer(path, *SIZE, fps) as writer:
            for frame in part:
                writer.write(frame)
    save_jpeg(take.switch, frames[seen - 1])
    return take


def _frames(number: int, fps: int) -> Iterator[Frame]:
    width, height = SIZE
    ground = np.repeat(np.linspace(60, 160, width, dtype=np.uint8)[None, :, None], height, axis=0).repeat(3, axis=2)
    for index in range((CONDITIONING_S + CONTINUATION_S) * fps):
        frame = ground.copy()
        left = int((width - 12) * (index / fps) * (0.1 + 0.006 * number)) % (width - 12)
        frame[8 * (number // 2) + 8 :][:10, left : left + 12] = (220, 40 * number, 30)
        yield frame


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():  # a switch frame belongs to all rates
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def main() -> None:
    """Make one by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--descriptions", type=Path)
    parser.add_argument("--scenes", type=int, default=66)
    parser.add_argument("--fps", type=int, nargs="+", default=[30])
    options = parser.parse_args()
    root = make_full_shape(options.root, options.descriptions, scenes=options.scenes, rates=options.fps)
    print(f"{root}: {len(read_csv(root / 'descriptions.csv', COLUMNS))} takes")


if __name__ == "__main__":
    main()
