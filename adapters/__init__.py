"""All that the author of a model adapter imports: the contract, its errors, and video files in and out.

A model is a class with one method and a YAML file that names it:

    from adapters import Adapter, Clip, Needs, Request

    class Mine(Adapter):
        needs = Needs(mode="i2v", sizes=((1024, 576),), native_fps=24)

        def generate(self, request: Request) -> Clip:
            frames = my_model(request.conditioning.switch_frame, request.prompt, seed=request.seed)
            return Clip(fps=24, frames=frames, leading=1)  # frame 0 is the switch frame: the harness drops it

Importing this loads numpy and nothing heavier.
"""

from adapters.contract import Adapter, Clip, Conditioning, Finding, Frame, Frames, Mode, Needs, PromptUse, Request, Size
from adapters.errors import (
    AdapterError,
    BadClip,
    Cancelled,
    MissingDependency,
    MissingKey,
    OutOfMemory,
    RateLimited,
    Refused,
    Rejected,
    Retryable,
    SetupError,
)
from adapters.timing import frames_for
from adapters.video.frames import resize
from adapters.video.reading import BadVideo, probe, read_frames, write_video

__all__ = [
    "Adapter",
    "AdapterError",
    "BadClip",
    "BadVideo",
    "Cancelled",
    "Clip",
    "Conditioning",
    "Finding",
    "Frame",
    "Frames",
    "MissingDependency",
    "MissingKey",
    "Mode",
    "Needs",
    "OutOfMemory",
    "PromptUse",
    "RateLimited",
    "Refused",
    "Rejected",
    "Request",
    "Retryable",
    "SetupError",
    "Size",
    "frames_for",
    "probe",
    "read_frames",
    "resize",
    "write_video",
]
