"""`binary_mask_generator.py` of either generation's checkout: masks of a whole folder, one file after the other."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

Frames = list[Any]
_MADE = itertools.count()
"""Masks of this process."""


def generate_binary_masks(videos: str, place: str, is_real: bool, threshold_value: int = 10) -> None:
    """Masks of all videos in a folder. `KILLED_AFTER` stands for whatever ends a process in the middle of a file."""
    for path in sorted(Path(videos).iterdir()):
        frames = read(path)
        fps = round(cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS))
        parts = path.stem.split("_")
        view, take, scene = parts[3:] if is_real else (parts[1], "take-1", parts[2])
        target = Path(place) / f"{parts[0]}_video-masks_{fps}FPS_{view}_{take}_{scene}.mp4"
        print(f"Generating mask for: {path.name}", flush=True)
        if next(_MADE) == int(os.environ.get("KILLED_AFTER", "-1")):
            target.write_bytes(b"torn")
            os.kill(os.getpid(), 9)
        write_mask(frames, target, fps, threshold_value)


def write_mask(frames: Frames, target: Path, fps: int, threshold: int) -> None:
    height, width = frames[0].shape[0] & -2, frames[0].shape[1] & -2
    writer = cv2.VideoWriter(str(target), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height), isColor=False)
    box, background = np.ones((5, 5), np.uint8), None
    for frame in frames:
        gray = cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (5, 5), 0)
        if background is None:
            background = gray.astype(np.float64)
        cv2.accumulateWeighted(gray, background, 0.3)
        mask = (cv2.absdiff(gray, cv2.convertScaleAbs(background)) > threshold).astype(np.uint8) * 255
        for step in (cv2.MORPH_OPEN, cv2.MORPH_CLOSE):
            mask = cv2.morphologyEx(mask, step, box).astype(np.uint8)
        writer.write(mask[:height, :width])
    writer.release()


def read(path: Path) -> Frames:
    capture = cv2.VideoCapture(str(path))
    frames: Frames = []
    while True:
        there, frame = capture.read()
        if not there:
            assert frames, f"no frame in {path}"
            return frames
        frames.append(frame)
