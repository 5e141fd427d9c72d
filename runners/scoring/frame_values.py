"""metrics.csv read back: what every frame of a clip is worth, for curves over the five seconds."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError
from runners.core.files import shown
from runners.dataset.layout import VIEWS

Series = tuple[float, ...]


@dataclass(frozen=True)
class FrameValues:
    """A value for each frame of one clip, against take 1; of the two takes, the physical variance.

    MSE in units of full scale, spatiotemporal IoU from 0 to 1. The variances are None without a second take.
    """

    mse: Series
    iou: Series
    variance_mse: Series | None
    variance_iou: Series | None


def read_frame_values(folder: Path) -> Mapping[tuple[str, str], FrameValues]:
    """What a scores folder's metrics.csv holds, by (`trimmed-<scene>`, view). Raises UserError."""
    path = folder / "metrics.csv"
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # a list of 4 000 frames is longer than what is read by default
    found = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                name = (row.get("scenario") or "").removesuffix(".mp4")
                for view in VIEWS:
                    if (values := _of_view(row, view)) is not None:
                        found[name, view] = values
    except FileNotFoundError:
        raise UserError(f"{shown(path)}: there is no such file; score the run again") from None
    except (OSError, ValueError, OverflowError, csv.Error, RecursionError) as error:
        raise UserError(f"{shown(path)} is damaged ({type(error).__name__}); score the run again") from None
    return found


def _of_view(row: Mapping[str, str | None], view: str) -> FrameValues | None:
    def series(column: str) -> Series | None:
        text = row.get(f"{column}_perspective-{view}")
        return _numbers(text) if text else None

    mse, iou = series("v1_mse"), series("spatiotemporal_iou_v1")
    if mse is None or iou is None:
        return None
    variances = series("variance_mse"), series("variance_spatiotemporal_iou")
    if any(len(known) != len(mse) for known in (iou, *variances) if known is not None):
        raise ValueError("series of one clip are of several lengths")
    return FrameValues(mse, iou, *variances)


def _numbers(text: str) -> Series:
    """A JSON list of finite numbers. Raises ValueError."""
    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(value, int | float) for value in found):
        raise ValueError("no list of numbers")
    values = tuple(float(value) for value in found)
    if not all(map(math.isfinite, values)):
        raise ValueError("no finite numbers")
    return values
