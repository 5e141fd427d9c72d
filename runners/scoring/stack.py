"""A clip's motion masks, small enough to keep: without OpenCV, so that anything may import and pickle them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""Where something moves, bool (H, W)."""


@dataclass(frozen=True)
class MaskStack:
    """A clip's masks at the size at which they are compared, bit-packed and compressed: about 1 KB a frame at 4K.

    Iterating gives bool arrays (H, W), as often as wanted. It pickles, so that workers can hand it on.
    """

    width: int
    height: int
    packed: tuple[bytes, ...]

    @classmethod
    def of(cls, masks: Iterable[Mask], size: tuple[int, int]) -> MaskStack:
        """Pack masks of the given (width, height) one by one."""
        # Level 1 already turns the long runs of a mask into little; more only costs time.
        return cls(*size, tuple(zlib.compress(np.packbits(mask).tobytes(), 1) for mask in masks))

    def __len__(self) -> int:
        return len(self.packed)

    def __iter__(self) -> Iterator[Mask]:
        for data in self.packed:
            bits = np.unpackbits(np.frombuffer(zlib.decompress(data), np.uint8), count=self.width * self.height)
            yield bits.reshape(self.height, self.width).view(np.bool_)
