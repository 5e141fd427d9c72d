"""metrics.csv: the official toolbox's own columns, a row per scene, every value in full precision."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runners.dataset.layout import VIEWS
from runners.scoring.metrics import PairMetrics


@dataclass(frozen=True)
class Measured:
    """One view of a scene: the clip against take-1 and take-2, and the takes against each other."""

    name: str
    """`trimmed-<scene>`."""
    view: str
    first: PairMetrics
    second: PairMetrics | None
    variance: PairMetrics | None


_COLUMNS = (
    "v1_mse",
    "v2_mse",
    "variance_spatial",
    "variance_weighted_spatial",
    "variance_spatiotemporal_iou",
    "variance_mse",
    "spatiotemporal_iou_v1",
    "spatiotemporal_iou_v2",
    "spatial_iou_v1",
    "spatial_iou_v2",
    "weighted_spatial_iou_v1",
    "weighted_spatial_iou_v2",
)
COLUMNS = ("scenario", *(f"{column}_perspective-{view}" for view in VIEWS for column in _COLUMNS))


def metrics_csv(views: Sequence[Measured]) -> str:
    """The file's text: scenes in order of first appearance; cells of absent views and takes stay empty."""
    scenes: dict[str, dict[str, str]] = {}
    for view in views:
        row = scenes.setdefault(view.name, {"scenario": f"{view.name}.mp4"})
        row.update({f"{column}_perspective-{view.view}": cell for column, cell in _cells(view)})
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(scenes.values())
    return text.getvalue()


def _cells(view: Measured) -> Iterable[tuple[str, str]]:
    takes = {"v1": view.first, "v2": view.second}
    for take, pair in takes.items():
        if pair is not None:
            yield f"{take}_mse", _list(pair.mse)
            yield f"spatiotemporal_iou_{take}", _list(pair.spatiotemporal_iou)
            yield f"spatial_iou_{take}", repr(pair.spatial_iou)
            yield f"weighted_spatial_iou_{take}", repr(pair.weighted_spatial_iou)
    if view.variance is not None:
        yield "variance_mse", _list(view.variance.mse)
        yield "variance_spatiotemporal_iou", _list(view.variance.spatiotemporal_iou)
        yield "variance_spatial", repr(view.variance.spatial_iou)
        yield "variance_weighted_spatial", repr(view.variance.weighted_spatial_iou)


def _list(values: Iterable[float]) -> str:
    return repr(list(values))
