"""Figures made of pictures: filmstrips (Figure 7), all switch frames (Figure 9), what an MSE looks like (Figure 10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from adapters import BadVideo, read_frames
from runners.benchmarks.benchmark import Benchmark
from runners.core.files import sha256_file
from runners.figures.plan import Model, NoData, Plan, Table, what_was_run
from runners.figures.style import PAGE_IN, text
from runners.scoring.formulas import clip_score
from runners.scoring.scores import ClipScore
from runners.scoring.truth import find_truth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = NDArray[np.uint8]
_TIMES_S = (0.5, 1.5, 2.5, 3.5, 4.5)
_WIDTH_PX = 320


@dataclass(frozen=True)
class _Strip:
    """One row of pictures."""

    label: str
    path: Path
    fps: float
    sha256: str


def plan_filmstrips(models: Sequence[Model], benchmark: Benchmark, chosen: Sequence[str] = ()) -> Plan:
    """Figure 7: the best and the worst scenario of the best model, or the `chosen` ids, truth above each."""
    model = models[0]
    run = model.runs.first
    clips = [clip for clip in run.scores.per_clip if clip.ratios is not None and (not chosen or clip.id in chosen)]
    ordered = sorted(clips, key=lambda clip: (-_score(clip), clip.id))
    ordered = sorted(clips, key=lambda clip: chosen.index(clip.id)) if chosen else ordered
    picked = ordered if chosen else [ordered[0], ordered[-1]] if len(ordered) > 1 else ordered
    if not picked:
        raise NoData("none of the chosen scenarios is scored")
    scenarios = {scenario.id: scenario for scenario in benchmark.scenarios}
    strips: list[_Strip] = []
    titles = []
    for clip in picked:
        if clip.id not in scenarios:
            raise NoData(f"scenario {clip.id} is not in the data set")
        truth = find_truth(benchmark.dataset, [scenarios[clip.id]], run.scores.origin.fps)[0]
        strips.append(_Strip("truth", truth.takes[0], truth.shipped_fps, sha256_file(truth.takes[0])))
        strips.append(_Strip(model.label, run.record.folder.videos / clip.file, run.scores.origin.fps, clip.sha256))
        titles.append(f"{clip.scene.removeprefix('trimmed-')}, {clip.view} view: {_score(clip):.1f} %")
    rows = tuple(
        (clip.id, clip.scene, clip.view, clip.category, model.label, _score(clip), clip.sha256) for clip in picked
    )

    def draw(figure: Figure) -> None:
        parts = figure.subfigures(len(picked), 1, squeeze=False)[:, 0]
        for part, title, pair in zip(parts, titles, zip(strips[::2], strips[1::2], strict=True), strict=True):
            part.suptitle(text(title, 90), fontsize=7.5, fontweight="bold", x=0.01, ha="left")
            for line, strip in zip(part.subplots(2, len(_TIMES_S)), pair, strict=True):
                for axes, time_s, picture in zip(line, _TIMES_S, _pictures(strip), strict=True):
                    _show(axes, picture)
                    if strip.label == "truth":
                        axes.set_title(f"{time_s:g} s", fontweight="normal", fontsize=6, pad=2)
                line[0].set_ylabel(text(strip.label, 20), fontsize=6.5)

    which = "Chosen scenarios" if chosen else "The best and the worst clip of the best model"
    caption = f"{which}, below what really happened. {what_was_run([model])}"
    columns = ("id", "scene", "view", "category", "model", "score", "sha256")
    return Plan("filmstrips", "Success and failure", caption, Table(columns, rows), draw, (PAGE_IN, 2.05 * len(picked)),
                tuple(strip.sha256 for strip in strips))  # fmt: skip


def _score(clip: ClipScore) -> float:
    return 100 * clip_score(clip.ratios) if clip.ratios is not None else 0.0


def _pictures(strip: _Strip) -> list[Picture]:
    """The frames at `_TIMES_S`. Raises NoData for a file that cannot be read."""
    wanted = [round(time_s * strip.fps) for time_s in _TIMES_S]
    try:
        return [_small(frame) for frame in read_frames(strip.path, only=set(wanted))]
    except (BadVideo, OSError) as error:
        raise NoData(f"{strip.path.name} cannot be read ({error})") from None


def _show(axes: Any, picture: Picture) -> None:
    axes.imshow(picture, interpolation="antialiased")
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)


def _small(picture: NDArray[Any]) -> Picture:
    from PIL import Image

    image = Image.fromarray(np.asarray(picture, dtype=np.uint8))
    size = (_WIDTH_PX, round(_WIDTH_PX * image.height / image.width))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def _switch_frames(benchmark: Benchmark) -> list[tuple[str, str, str, Path, str]]:
    """Id, scene, category, switch frame and view of each scene: its centre view's, or the first that it has."""
    found: dict[str, tuple[str, str, str, Path, str]] = {}
    for scenario in sorted(benchmark.scenarios, key=lambda one: (one.view != "center", one.id)):
        path = benchmark.dataset.find("switch", scenario.item, 30)
        if path is not None:
            entry = (scenario.id, scenario.item.scene, scenario.category, path, scenario.view)
            found.setdefault(scenario.item.scene, entry)
    if not found:
        raise NoData("the data set has no switch frames here")
    return sorted(found.values(), key=lambda entry: (entry[2], entry[0]))


def _read(path: Path) -> Picture:
    from PIL import Image

    with Image.open(path) as image:
        return _small(np.asarray(image.convert("RGB")))


def plan_switch_frames(benchmark: Benchmark) -> Plan:
    """Figure 9: the switch frame of every scene, by category."""
    found = _switch_frames(benchmark)
    hashes = [sha256_file(path) for *_, path, _ in found]
    across = 6 if len(found) > 12 else min(len(found), 4)
    down = -(-len(found) // across)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(down, across, squeeze=False).ravel()
        for axes, (_, scene, category, path, _) in zip(grid, found, strict=False):
            _show(axes, _read(path))
            axes.set_title(f"{text(scene, 24)}\n{text(category, 24)}", fontsize=5 if across == 6 else 6,
                           fontweight="normal", pad=2)  # fmt: skip
        for axes in grid[len(found) :]:
            axes.set_visible(False)

    rows = tuple((*entry[:3], sha256) for entry, sha256 in zip(found, hashes, strict=True))
    view = "centre view" if all(entry[4] == "center" for entry in found) else "one view of each"
    caption = f"The switch frames of all {len(found)} scenes, {view}: what a model continues."
    height = down * (PAGE_IN / across * 0.5625 + 0.32)
    return Plan("switch-frames", "Switch frames", caption, Table(("id", "scene", "category", "sha256"), rows), draw,
                (PAGE_IN, height), tuple(hashes))  # fmt: skip


def plan_mse_examples(benchmark: Benchmark) -> Plan:
    """Figure 10: one switch frame, distorted ever more, with its MSE in units of full scale."""
    _, scene, _, path, _ = _switch_frames(benchmark)[0]
    picture = _read(path)
    cells = [(name, changed(picture)) for name, changed in _DISTORTIONS.items()]
    values = sorted(((mse(picture, other), name, other) for name, other in cells), key=lambda cell: cell[:2])

    def draw(figure: Figure) -> None:
        grid = figure.subplots(2, -(-len(values) // 2)).ravel()
        for axes, (value, name, other) in zip(grid, values, strict=False):
            _show(axes, other)
            axes.set_title(f"{name}\nMSE {value:.4f}", fontweight="normal", fontsize=6.5, pad=2)
        for axes in grid[len(values) :]:
            axes.set_visible(False)

    rows = tuple((name, value) for value, name, _ in values)
    caption = f"What an MSE looks like: one frame ({text(scene, 60)}) and distortions of it, each with its MSE."
    return Plan("mse-examples", "What an MSE looks like", caption, Table(("distortion", "mse"), rows), draw,
                (PAGE_IN, 2.4), (sha256_file(path),))  # fmt: skip


def mse(a: Picture, b: Picture) -> float:
    """In units of full scale, over all pixels and channels."""
    return float(np.mean((a.astype(np.float64) - b) ** 2) / 255**2)


def _clipped(picture: NDArray[Any]) -> Picture:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def _noisy(picture: Picture, deviation: float) -> Picture:
    return _clipped(picture + np.random.default_rng(0).normal(0, deviation * 255, picture.shape))


def _blurred(picture: Picture, radius: float) -> Picture:
    from PIL import Image, ImageFilter

    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


_DISTORTIONS: dict[str, Callable[[Picture], Picture]] = {
    "unchanged": lambda picture: picture,
    "blurred": partial(_blurred, radius=3),
    "shifted by 2 %": lambda picture: np.roll(picture, picture.shape[1] // 50, axis=1),
    "noise, σ 5 %": lambda picture: _noisy(picture, 0.05),
    "noise, σ 15 %": lambda picture: _noisy(picture, 0.15),
    "20 % darker": lambda picture: _clipped(picture * 0.8),
    "mirrored": lambda picture: picture[:, ::-1],
    "mean colour": lambda picture: _clipped(np.broadcast_to(picture.mean(axis=(0, 1)), picture.shape)),
    "black": lambda picture: picture * np.uint8(0),
    "inverted": lambda picture: 255 - picture,
}
