"""How a clip came to be: made once, when the model returns it, and recorded with whatever becomes of the clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runners.clips.geometry import Geometry
from runners.runs.records import Json, Record


@dataclass(frozen=True, kw_only=True)
class SourceFile(Record):
    """What tells later whether a file that a clip was made from is still the same."""

    file: str
    bytes: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Shown(Record):
    """The conditioning as the model saw it. `sha256` is of its frames; `source` the file that they are of."""

    sha256: str
    mode: str
    frames: int
    fps: float | None
    width: int
    height: int
    source: SourceFile


@dataclass(frozen=True, kw_only=True)
class Asked(Record):
    """How much of a video the model was asked for."""

    seconds: float
    fps: float
    frames: int


@dataclass(frozen=True, kw_only=True)
class Generation(Record):
    """What a clip was made from, by whom, and what the model said of it."""

    prompt_given: str | None
    """The text of the prompts file; `prompt` is what the model read, where it says that it was reworded."""
    prompt: str | None
    negative_prompt: str | None
    seed: int | None
    conditioning: Shown
    inputs: tuple[SourceFile, ...]
    """Files beside the conditioning."""
    geometry: Geometry | None
    """How the conditioning was fitted; None where an edited journal does not say."""
    asked: Asked
    info: Json
    """All that the adapter reported."""
    cost_usd: float | None
    roll_out: Any
    """What `adapters.RollOut` says of the segments, for a clip that was rolled out."""
    generate_s: float | None
    session: str
    """Names the start event of the process that made it."""
