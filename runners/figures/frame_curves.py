"""Error over the five seconds, which shows when a model loses the physics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from runners.core.errors import UserError
from runners.figures.plan import Cell, Model, NoData, Plan, Table, what_was_run
from runners.figures.statistics import Floats
from runners.figures.style import INK, PAGE_IN, text
from runners.scoring.frame_values import FrameValues, read_frame_values

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = ("model", "time_s", "mse", "spatiotemporal_iou", "variance_mse", "variance_spatiotemporal_iou", "clips")
_STYLES = ("-", "--", "-.", ":")


def plan_frame_curves(models: Sequence[Model]) -> Plan:
    """MSE and IoU of every frame, means over clips and runs, beside the physical variance."""
    found = [(model, curves) for model in models if (curves := _curves(model)) is not None]
    if not found:
        raise NoData("no run has its values per frame (scores/metrics.csv)")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (model.label, frame / model.runs.first.scores.origin.fps, *(float(value) for value in values), clips)
        for model, (curves, clips) in found
        for frame, values in enumerate(curves.T)
    )

    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, 2)
        variance: tuple[Floats, Floats] | None = None
        for k, (model, (curves, _)) in enumerate(found):
            times = np.arange(curves.shape[1]) / model.runs.first.scores.origin.fps
            variance = variance if variance is not None else (times, curves)
            for side, series in zip(axes, curves[:2], strict=True):
                side.plot(times, series, _STYLES[k % len(_STYLES)], color=model.colour, label=text(model.label),
                          marker=model.marker, markevery=max(len(times) // 6, 1), markersize=3)  # fmt: skip
        assert variance is not None
        for side, series in zip(axes, variance[1][2:], strict=True):
            if np.isfinite(series).all():
                side.plot(
                    variance[0], series, color=INK, linewidth=0.9, linestyle=(0, (1, 1)), label="physical variance"
                )
        for side, label in zip(axes, ("MSE (less is better)", "Spatiotemporal IoU (more is better)"), strict=True):
            side.set(xlabel="Time after the switch frame (s)", ylabel=label, xlim=(0, None), ylim=(0, None))
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)

    caption = (
        "Error of each frame over the five seconds, means over clips and runs; dotted: physical variance. "
        + what_was_run(models)
    )
    height = 2.3 + 0.14 * (1 + len(found) // 4)
    return Plan("frames", "Error over the five seconds", caption, Table(_COLUMNS, rows), draw, (PAGE_IN, height))


def _curves(model: Model) -> tuple[Floats, int] | None:
    """(4, F): MSE, IoU and their variances, means over all clips of all runs; None without values per frame."""
    clips: list[FrameValues] = []
    for run in model.runs.runs:
        try:
            clips += read_frame_values(run.record.folder.scores).values()
        except UserError:
            return None
    if not clips:
        return None
    frames = min(len(clip.mse) for clip in clips)
    series = [[clip.mse, clip.iou, clip.variance_mse, clip.variance_iou] for clip in clips]
    nothing = (float("nan"),) * frames
    whole = np.array([[(one or nothing)[:frames] for one in four] for four in series], dtype=np.float64)
    means: Floats = whole.mean(axis=0)
    return means, len(clips)
