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

from adapters.attempts import Attempt, AttemptState, fold_attempts, spent_usd
from adapters.command.supervision import supervised
from adapters.contract import (
    Adapter,
    Clip,
    Conditioning,
    Finding,
    Frame,
    Frames,
    JobLog,
    Mode,
    Needs,
    Pause,
    PromptUse,
    Request,
    Size,
    StepReport,
)
from adapters.errors import (
    AdapterError,
    Ambiguous,
    BadClip,
    Cancelled,
    Lacking,
    MissingDependency,
    MissingKey,
    OutOfMemory,
    OverBudget,
    Postponed,
    RateLimited,
    Refused,
    Rejected,
    Retryable,
    SetupError,
    UnknownPrice,
    is_out_of_memory,
)
from adapters.identity import newer_names
from adapters.messages import close_to, in_a_line, one_line
from adapters.outside import amount_usd, clean, clean_text, on_terminal, whole
from adapters.rollout import RollOut
from adapters.stills.pictures import BadPicture, check_picture, picture_size, read_picture
from adapters.timing import frames_for, sample_backwards
from adapters.video.frames import resize
from adapters.video.reading import (
    DEFAULT_CRF,
    DEFAULT_PRESET,
    BadVideo,
    VideoInfo,
    Writer,
    even_size,
    examine,
    frame_times,
    glance,
    probe,
    read_frames,
    read_timed,
    survey,
    write_video,
)
from adapters.wrapper import Wrapper

__all__ = [
    "DEFAULT_CRF",
    "DEFAULT_PRESET",
    "Adapter",
    "AdapterError",
    "Ambiguous",
    "Attempt",
    "AttemptState",
    "BadClip",
    "BadPicture",
    "BadVideo",
    "Cancelled",
    "Clip",
    "Conditioning",
    "Finding",
    "Frame",
    "Frames",
    "JobLog",
    "Lacking",
    "MissingDependency",
    "MissingKey",
    "Mode",
    "Needs",
    "OutOfMemory",
    "OverBudget",
    "Pause",
    "Postponed",
    "PromptUse",
    "RateLimited",
    "Refused",
    "Rejected",
    "Request",
    "Retryable",
    "RollOut",
    "SetupError",
    "Size",
    "StepReport",
    "UnknownPrice",
    "VideoInfo",
    "Wrapper",
    "Writer",
    "amount_usd",
    "check_picture",
    "clean",
    "clean_text",
    "close_to",
    "even_size",
    "examine",
    "fold_attempts",
    "frame_times",
    "frames_for",
    "glance",
    "in_a_line",
    "is_out_of_memory",
    "newer_names",
    "on_terminal",
    "one_line",
    "picture_size",
    "probe",
    "read_frames",
    "read_picture",
    "read_timed",
    "resize",
    "sample_backwards",
    "spent_usd",
    "supervised",
    "survey",
    "whole",
    "write_video",
]
