"""Frame rules: which lengths a pipeline can make, and how many frames really come back.

A latent grid that is coarser in time than the frames allows only some lengths, and several pipelines round or shorten
without an error. So the length is chosen here, and what comes back is held against what this rule predicts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from adapters.errors import BadClip, SetupError


def framepack(frames: int) -> int:
    """HunyuanVideoFramepackPipeline: whole sections of 9 latents (33 frames); what was pinned comes first.

    From the pipeline's source: s = ceil(n / 33) sections give 36·s + 1 frames.
    """
    return 36 * -(-frames // 33) + 1


def helios(frames: int) -> int:
    """HeliosPipeline: whole chunks of 33, then cut to 4k + 1: 99 → 97, 132 → 129."""
    return (33 * -(-frames // 33) - 1) // 4 * 4 + 1


NAMED: dict[str, tuple[int, int, Callable[[int], int]]] = {
    # name: (step, first, frames that come back for n asked)
    "framepack": (33, 33, framepack),
    "helios": (33, 33, helios),
}


@dataclass(frozen=True)
class FrameRule:
    """The lengths `first`, `first + step` … that can be asked for, between `least` and `most`.

    `returned(n)` frames come back; the first `leading` of them echo the conditioning.
    """

    step: int
    first: int
    least: int
    most: int | None
    leading: int
    returned: Callable[[int], int]

    @classmethod
    def parse(cls, text: str, *, least: int | None, most: int | None, added: int, leading: int) -> FrameRule:
        """Read `any`, `4k+1`, or a name of `NAMED`. Raises SetupError for others, and where no length is left."""
        form = re.fullmatch(r"(\d+)k(?:\+(\d+))?", text.replace(" ", ""))
        if text in NAMED:
            step, first, back = NAMED[text]
        elif text == "any":
            step, first, back = 1, 1, int
        elif form and int(form[1]) > 0:
            step, first, back = int(form[1]), int(form[2] or 0) or int(form[1]), int
        else:
            raise SetupError(f"model.adapter.lengths={text} is no frame rule: any, 4k+1 and such, {', '.join(NAMED)}")
        rule = cls(step, first, least or first, most, leading, lambda n: back(n) + added)
        if most is not None and next(rule.lengths(), most + 1) > most:
            raise SetupError(f"lengths={text} leaves no length between least={rule.least} and most={most}")
        return rule

    def lengths(self) -> Iterator[int]:
        """All lengths from `least` on, ascending."""
        start = max(0, -(-(self.least - self.first) // self.step)) * self.step + self.first
        return count(start, self.step)

    def ask(self, wanted: int) -> int:
        """The fewest frames to ask for that bring `wanted` new ones; the most there are, if none does."""
        best = 0
        for n in self.lengths():
            if self.most is not None and n > self.most:
                return best
            best = n
            if self.returned(n) - self.leading >= wanted:
                return best
        raise AssertionError("lengths() never ends")

    def check(self, asked: int, size: tuple[int, int], frames: int, came: tuple[int, int]) -> None:
        """Raise BadClip unless as many frames of the (width, height) came back as were to be expected."""
        expected = self.returned(asked)
        if frames != expected:
            raise BadClip(f"the pipeline was asked for {asked} frames, must give {expected}, and gave {frames}")
        if came != size:
            raise BadClip(f"the pipeline was asked for {size[0]}×{size[1]} and gave {came[0]}×{came[1]}")
