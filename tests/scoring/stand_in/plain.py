"""What both generations do to a folder of clips: check, rename, write masks into the data set, compute, keep a CSV."""

from __future__ import annotations

import ast
import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import reference  # type: ignore[import-not-found]
from binary_mask_generator import Frames, generate_binary_masks, read  # type: ignore[import-not-found]

VIEWS = ("left", "center", "right")


def score_folder(folder: Path, root: Path, descriptions: Path, results: Path) -> None:
    """Everything up to the CSV."""
    with descriptions.open(newline="") as file:
        names = [row["scenario"] for row in csv.DictReader(file)]
    rates = {cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS) for path in folder.iterdir()}
    assert len(rates) == 1, f"Inconsistent FPS values: {rates}"
    fps = int(rates.pop())
    testing = root / "split-videos" / "testing"
    listed = {path.name for path in (testing / "30FPS").iterdir()}
    missing = {with_tag(name, "testing-videos", 30) for name in names} - listed
    assert not missing, f"Validation failed: Missing required files: {missing}"
    if not (testing / f"{fps}FPS").exists():
        raise FileNotFoundError(f"the converter wrote no file for {fps} FPS")
    real_masks = masks_of(testing / f"{fps}FPS", root / "video-masks" / "real" / f"{fps}FPS")
    firsts = [name for name in names if "take-2" not in name]
    check_clips(folder, len(firsts))
    rename(folder, firsts)
    made_masks = masks_of(folder, root / "video-masks" / "generated" / folder.name / f"{fps}FPS")
    table = results / f"{folder.name}.csv"
    if table.exists():
        print(f"Skipping calculations for {table} as it is already complete.")
        return
    rows = [
        scene_row(scene, names, fps, testing / f"{fps}FPS", folder, real_masks, made_masks)
        for scene in dict.fromkeys(name.split("_")[3] for name in firsts)
    ]
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def with_tag(name: str, tag: str, fps: int) -> str:
    number, rest = name.split("_", 1)
    return f"{number}_{tag}_{fps}FPS_{rest}"


def check_clips(folder: Path, count: int) -> None:
    """Names, count and lengths."""
    files = sorted(folder.iterdir())
    assert len(files) == count, f"found {len(files)} videos but expected {count}"
    for number, path in enumerate(files, 1):
        assert path.name.startswith(f"{number:04d}_"), f"{path.name} is not number {number}"
        words = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)]
        told = subprocess.run(words, capture_output=True, text=True, check=False).stdout
        assert abs(float(told) - 5) <= 0.001, f"Video {path} is {told} seconds long but needs to be 5s."


def rename(folder: Path, firsts: list[str]) -> None:
    for name, path in zip(sorted(firsts), sorted(folder.iterdir()), strict=True):
        number, view, _, scene = name.split("_")
        path.rename(folder / f"{number}_{view}_{scene}")


def masks_of(videos: Path, place: Path) -> Path:
    """The masks of a folder of videos, made unless there is such a folder already."""
    if not place.exists():
        place.mkdir(parents=True)
        generate_binary_masks(str(videos), str(place), "testing" in videos.parts)
    return place


def scene_row(
    scene: str, names: list[str], fps: int, testing: Path, folder: Path, real_masks: Path, made_masks: Path
) -> dict[str, Any]:
    """All columns of a scene."""
    row: dict[str, Any] = {"scenario": scene}
    for view in VIEWS:
        print(f"-- Processing scenario: {scene} -- view: {view}")
        takes = [next(n for n in names if n.endswith(f"_perspective-{view}_take-{take}_{scene}")) for take in (1, 2)]
        number = takes[0].split("_")[0]
        videos = [testing / with_tag(take, "testing-videos", fps) for take in takes]
        masks = [real_masks / with_tag(take, "video-masks", fps) for take in takes]
        videos.append(folder / f"{number}_perspective-{view}_{scene}")
        masks.append(made_masks / with_tag(takes[0], "video-masks", fps))
        height, width = read(videos[0])[0].shape[:2]
        size, count = (width // 4, height // 4), 5 * fps
        frames = [[cv2.resize(frame, size) for frame in read(path)[:count]] for path in videos]
        moving = [[cv2.resize(frame, size)[..., 0] > 127 for frame in read(path)[:count]] for path in masks]
        for suffix, one, other in (("v1", 0, 2), ("v2", 1, 2), ("variance", 0, 1)):
            row.update(pair(suffix, view, frames[one], frames[other], moving[one], moving[other]))
    return row


def pair(suffix: str, view: str, a: Frames, b: Frames, moved_a: Frames, moved_b: Frames) -> dict[str, Any]:
    values = {
        "mse": reference.mse(a, b),
        "spatiotemporal_iou": reference.spatiotemporal_iou(moved_a, moved_b),
        "spatial_iou": reference.spatial_iou(moved_a, moved_b),
        "weighted_spatial_iou": reference.weighted_spatial_iou(moved_a, moved_b),
    }
    if suffix == "variance":
        short = {"spatial_iou": "spatial", "weighted_spatial_iou": "weighted_spatial"}
        return {f"variance_{short.get(key, key)}_perspective-{view}": value for key, value in values.items()}
    names = {"mse": f"{suffix}_mse"}
    return {f"{names.get(key, f'{key}_{suffix}')}_perspective-{view}": value for key, value in values.items()}


def scores(table: Path) -> dict[str, float]:
    """Both scores, from 0 to 1; by the older rule from 0 to 100."""
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))

    def means(column: str) -> Any:
        cells = [[ast.literal_eval(row[f"{column}_perspective-{view}"]) for view in VIEWS] for row in rows]
        rounded = [[np.round(c, 4) if isinstance(c, list) else c for c in views] for views in cells]
        return np.array([[np.mean(cell) for cell in views] for views in rounded])

    columns = ("spatial_iou_v1", "spatiotemporal_iou_v1", "weighted_spatial_iou_v1", "v1_mse")
    variances = ("variance_spatial", "variance_spatiotemporal_iou", "variance_weighted_spatial", "variance_mse")
    got, wanted = [means(column) for column in columns], [means(column) for column in variances]
    ratios = [metric / (variance + 1e-8) for metric, variance in zip(got, wanted, strict=True)]
    with np.errstate(divide="ignore"):
        ratios[3] = 1 / ratios[3]
    totals, bounds = [float(np.mean(part)) for part in got], [float(np.mean(part)) for part in wanted]
    coarse = [round(bound, 5 if index == 0 else 4) for index, bound in enumerate(bounds)]
    return {
        "final_score_view": float(np.mean(np.clip(ratios, 0, 1))),
        "final_score_orig": original(totals, bounds),
        "final_score_origround": round(100 * original(totals, coarse), 2),
    }


def original(totals: list[float], bounds: list[float]) -> float:
    shares = [total / bound for total, bound in zip(totals[:3], bounds[:3], strict=True)]
    return float(np.clip(np.mean(shares) - (totals[3] - bounds[3]), 0, 1))
