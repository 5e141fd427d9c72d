"""What the harness uses of adapters beside the surface that their authors know: its one door.

A run rolls out and lends (wrappers), counts attempts and money, looks at files and pictures before they are shown to a
model, and spells out what comes from outside. `adapters` and its docstrings are what an author reads; nobody who writes
an adapter needs this, and no adapter imports it.
"""

from adapters.attempts import Attempt, AttemptState, fold_attempts, spent_usd
from adapters.command.supervision import supervised
from adapters.contract import Pause, StepReport
from adapters.errors import Lacking, OverBudget, Postponed, UnknownPrice, is_out_of_memory
from adapters.identity import newer_names
from adapters.messages import close_to, in_a_line, one_line
from adapters.outside import amount_usd, clean, clean_text, on_terminal, whole
from adapters.stills.pictures import BadPicture, check_picture, picture_size, read_picture
from adapters.timing import sample_backwards
from adapters.video.frames import same_shape
from adapters.video.reading import (
    DEFAULT_CRF,
    DEFAULT_PRESET,
    VideoInfo,
    Writer,
    even_size,
    examine,
    frame_times,
    glance,
    survey,
)
from adapters.wrappers.rollout import RollOut
from adapters.wrappers.wrapper import Wrapper

__all__ = [
    "DEFAULT_CRF",
    "DEFAULT_PRESET",
    "Attempt",
    "AttemptState",
    "BadPicture",
    "Lacking",
    "OverBudget",
    "Pause",
    "Postponed",
    "RollOut",
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
    "glance",
    "in_a_line",
    "is_out_of_memory",
    "newer_names",
    "on_terminal",
    "one_line",
    "picture_size",
    "read_picture",
    "same_shape",
    "sample_backwards",
    "spent_usd",
    "supervised",
    "survey",
    "whole",
]
