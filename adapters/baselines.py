"""Models that need no GPU, no network and no key: they fill the lower and the upper end of every table."""

from __future__ import annotations

import numpy as np

from adapters.contract import Adapter, Clip, Needs, Request
from adapters.errors import AdapterError
from adapters.identity import SHOWN
from adapters.timing import frames_for


class Freeze(Adapter):
    """The switch frame for the whole time: what a model scores that knows nothing of motion."""

    needs = Needs(mode="i2v", prompt="ignored", concurrency=4)

    def generate(self, request: Request) -> Clip:
        """One frame shown `seconds · fps` times; the stack is a view, so its length costs no memory."""
        switch = request.conditioning.switch_frame
        count = frames_for(request.seconds, request.fps)
        return Clip(fps=request.fps, frames=np.broadcast_to(switch, (count, *switch.shape)))


class Extrapolate(Adapter):
    """What moved in the last conditioning frames moves on at constant velocity, over the background of the clip.

    Dense optical flow between the switch frame and each of the `pairs` frames before it, on a grid of at most `grid`
    points a side. Regions faster than `min_speed` (grid pixels per conditioning frame) that differ by more than
    `difference` levels from what rest would show are cut out and carried on: `adapters/motion.py`. No forces, no
    contacts, no turning: a model that knows physics should do better. `conditioning_frames`
    and `conditioning_fps` narrow what it asks for.
    """

    renamed = SHOWN

    def __init__(
        self,
        grid: int = 480,
        pairs: int = 3,
        min_speed: float = 0.3,
        difference: int = 12,
        conditioning_frames: int | None = None,
        conditioning_fps: float | None = None,
    ) -> None:
        self.needs = Needs(
            mode="multiframe",
            conditioning_frames=conditioning_frames,
            conditioning_fps=conditioning_fps,
            prompt="ignored",
            concurrency=4,
        )
        self._grid, self._pairs, self._min_speed, self._difference = grid, pairs, min_speed, difference

    def generate(self, request: Request) -> Clip:
        """Estimate the motion; each frame is drawn for its own instant after the switch frame when it is taken."""
        from adapters.motion import MotionSettings, estimate_motion

        past = request.conditioning
        settings = MotionSettings(self._grid, self._pairs, self._min_speed, self._difference)
        motion = estimate_motion(past.frames, settings)
        steps = [(k + 1) * past.fps / request.fps for k in range(frames_for(request.seconds, request.fps))]
        info = {"moving_regions": len(motion.layers)}
        return Clip(fps=request.fps, frames=(motion.at(step) for step in steps), info=info)


class RealTake(Adapter):
    """The second take of the same scene: what real physics itself scores, the ceiling (paper, section 3).

    Its file comes back as it is, at its own size and FPS; whatever the harness then does to it is the cost of the
    run's settings.
    """

    needs = Needs(mode="i2v", prompt="ignored", concurrency=4, oracle=True, continues=False)

    def generate(self, request: Request) -> Clip:
        """The oracle's file. Raises `AdapterError` where the benchmark has no second take."""
        if request.oracle is None:
            raise AdapterError(f"scenario {request.scenario_id} has no second take to return")
        return Clip(fps=None, file=request.oracle)
