"""How a clip came to be: made once, when the model returns it, and recorded with whatever becomes of the clip."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.harness import clean, clean_text
from runners.clips.geometry import Geometry
from runners.runs.records import Json, Record

_LONGEST_CHARS = 1_000_000


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
    negative_prompt_given: str | None
    """The clip's own, of the prompts file; left out where the run's is every clip's."""
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
    roll_out: object
    """What `adapters.RollOut` says of the segments, for a clip that was rolled out."""
    generate_s: float | None
    session: str
    """Names the start event of the process that made it."""


def report(value: Any, name: str) -> dict[str, Any]:
    """What an adapter reports of itself or of a clip, as JSON can hold it: no clip is lost to an odd report.

    What is no mapping stands under `name`; of an endless one the beginning does.
    """
    told = clean(value)
    text = json.dumps(told)
    if len(text) > _LONGEST_CHARS:
        return {name: clean_text(text)}
    return told if isinstance(value, Mapping) else {name: told}
