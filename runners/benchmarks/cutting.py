"""Cutting one 8-s video into what the benchmark ships of it: switch frame, 3 s of conditioning, 5 s of truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters import Frame, read_frames
from adapters.harness import Writer, survey
from runners.dataset.layout import CONDITIONING_S, CONTINUATION_S

TOTAL_S = CONDITIONING_S + CONTINUATION_S
TRUTH_CRF = 8
"""Truth is compared with, so it is kept better than a published clip (spec: CRF 8 to 18 differ by 0.1 level)."""

_ROUNDING_S = 1e-3


@dataclass(frozen=True)
class Footage:
    """A video as it lies there: `times_s` (N,) are its frames' instants, the first at 0; its size in pixels.

    `videos` says how many moving pictures the file holds, of which this is one; `mirrored` whether its display matrix
    mirrors it.
    """

    path: Path
    times_s: NDArray[np.float64]
    width: int
    height: int
    videos: int = 1
    mirrored: bool = False

    @property
    def rate(self) -> float:
        """Frames per second, averaged over the video."""
        return float((len(self.times_s) - 1) / self.times_s[-1]) if self.times_s[-1] > 0 else 0.0

    @property
    def length_s(self) -> float:
        """Seconds until the last frame has been shown as long as an average one."""
        return float(self.times_s[-1] + 1 / self.rate) if self.rate else 0.0

    @property
    def long_enough(self) -> bool:
        """Whether it covers the 8 s that are cut out of it."""
        return self.length_s >= TOTAL_S - _ROUNDING_S

    @property
    def even_size(self) -> tuple[int, int]:
        """(width, height) without the odd last column or row, which H.264 cannot hold."""
        return self.width - self.width % 2, self.height - self.height % 2


def measure(path: Path) -> Footage:
    """Read the size and the time stamps, without decoding more than has to be. Raises `BadVideo`."""
    info, times = survey(path)
    return Footage(path, np.array(times), info.width, info.height, info.videos, info.mirrored)


def cut(footage: Footage, fps: int, conditioning: Path, testing: Path, switch: Path | None) -> None:
    """Write the first 8 s at `fps` as two clips and, unless None, the switch frame (the last of the first clip).

    Output frame k is the source's frame nearest to k / fps, by time stamp. Raises `BadVideo` for a damaged source.
    """
    width, height = footage.even_size
    for path in (conditioning, testing, switch):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    last_seen = CONDITIONING_S * fps - 1
    with (
        Writer(conditioning, width, height, fps, crf=TRUTH_CRF) as before,
        Writer(testing, width, height, fps, crf=TRUTH_CRF) as after,
    ):
        for number, whole in enumerate(_sampled(footage, fps)):
            frame = np.ascontiguousarray(whole[:height, :width])
            (before if number <= last_seen else after).write(frame)
            if number == last_seen and switch is not None:
                save_jpeg(switch, frame)


def nearest_frames(times_s: NDArray[np.float64], fps: int, count: int) -> NDArray[np.intp]:
    """Indices (count,) of the frames nearest to the instants k / fps; a tie goes to the earlier frame."""
    wanted = np.arange(count) / fps
    after = np.searchsorted(times_s, wanted).clip(1, len(times_s) - 1)
    before = after - 1
    earlier = wanted - times_s[before] <= times_s[after] - wanted + 1e-9
    return np.where(earlier, before, after)


def save_jpeg(path: Path, frame: Frame) -> None:
    """Write a frame with full colour resolution (4:4:4), as close to it as JPEG gets."""
    from PIL import Image

    Image.fromarray(frame).save(path, quality=98, subsampling=0)


def _sampled(footage: Footage, fps: int) -> Iterator[Frame]:
    """The 8 s at `fps`, decoded once; a frame that is wanted several times is repeated."""
    wanted = Counter(nearest_frames(footage.times_s, fps, TOTAL_S * fps).tolist())
    frames = read_frames(footage.path, only=set(wanted))
    for index, frame in zip(sorted(wanted), frames, strict=True):
        for _ in range(wanted[index]):
            yield frame
