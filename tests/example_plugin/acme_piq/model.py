"""The model: it pans over the switch frame. Stands where yours would load weights and make video."""

from __future__ import annotations

import numpy as np

from adapters import Adapter, Clip, Needs, Request, frames_for


class Pan(Adapter):
    """Rolls the switch frame sideways by `speed` picture widths per second, the edge coming in on the other side."""

    needs = Needs(mode="i2v", prompt="ignored", native_fps=12)

    def __init__(self, speed: float = 0.05) -> None:
        self._speed = speed

    def generate(self, request: Request) -> Clip:
        """Frame 0 is the switch frame itself, so it is declared as leading."""
        switch = request.conditioning.switch_frame
        count = 1 + frames_for(request.seconds, 12)
        shifts = [round(k / 12 * self._speed * request.conditioning.width) for k in range(count)]
        return Clip(fps=12, frames=np.stack([np.roll(switch, shift, axis=1) for shift in shifts]), leading=1)
