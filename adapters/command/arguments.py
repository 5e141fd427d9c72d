"""What a user's command is told of a clip, in its arguments or as a line of JSON. Part of `adapters.command`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.contract import Frame, Mode, Request
from adapters.errors import SetupError
from adapters.messages import close_to
from adapters.timing import frames_for

INPUTS = ("image", "video", "frames", "prompt_file")
"""Placeholders that are files or folders made for the command."""
FIELDS = (
    *INPUTS,
    *("id", "prompt", "negative_prompt", "seed", "output"),
    *("width", "height", "fps", "seconds", "num_frames", "conditioning_fps"),
)

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}|\{(\w+)\}")


def split(command: str | Sequence[str]) -> list[str]:
    """A command line as its arguments; text is split as a shell would, a list is taken as it is. `SetupError`."""
    if not isinstance(command, str):
        return [str(argument) for argument in command]
    try:
        return shlex.split(command)
    except ValueError as error:
        raise SetupError(f"model.adapter.command cannot be split into arguments: {error}") from error


def placeholders(arguments: Sequence[str], batch: int) -> set[str]:
    """The names in braces; {{name}} is no placeholder but a literal {name}. `SetupError` for what cannot work."""
    used = {match[2] for argument in arguments for match in _PLACEHOLDER.finditer(argument) if match[2]}
    for name in sorted(used - {*FIELDS, "requests"}):
        raise SetupError(
            f"model.adapter.command: {{{name}}} is no placeholder{_meant(name)}; {{{{{name}}}}} is taken as text"
        )
    if not arguments:
        return used
    if "requests" not in used and batch > 1:
        raise SetupError(
            f"model.adapter.batch={batch} needs {{requests}} in the command: the file that lists the clips"
        )
    if "requests" in used and len(used) > 1:
        other = min(used - {"requests"})
        raise SetupError(
            f"model.adapter.command: {{{other}}} belongs to one clip; with {{requests}} it is in its lines"
        )
    if not used & {"requests", "output"}:
        raise SetupError("model.adapter.command names no {output}: where should the clip be written to?")
    return used


def _meant(name: str) -> str:
    known = sorted({*FIELDS, "requests"})
    close = close_to(name, known, most=1)
    return f"; did you mean {{{close[0]}}}?" if close else f" (choices: {', '.join(known)})"


def choose_inputs(used: Collection[str], inputs: Sequence[str] | None, mode: Mode) -> frozenset[str]:
    """Which files are made for each clip: those its arguments name, or those wanted in the lines of a batch."""
    if "requests" not in used:
        return frozenset(INPUTS) & frozenset(used)
    chosen = frozenset(inputs if inputs is not None else ["image"] if mode == "i2v" else ["image", "video"])
    if unknown := chosen - {*INPUTS}:
        raise SetupError(f"model.adapter.inputs: {min(unknown)!r} is none of {', '.join(INPUTS)}")
    return chosen


def filled(arguments: Sequence[str], values: Mapping[str, Any]) -> list[str]:
    """The arguments with every placeholder replaced; a value is put in whole, whatever characters it holds."""

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return f"{{{match[1]}}}"
        found = values[match[2]]
        return "" if found is None else f"{found:.10g}" if isinstance(found, float) else str(found)

    return [_PLACEHOLDER.sub(value, argument) for argument in arguments]


def fields(request: Request, fps: float, inputs: Collection[str]) -> dict[str, Any]:
    """All fields of a clip, the `inputs` among them written to its scratch folder, the others left out."""
    past = request.conditioning
    return {
        "id": request.scenario_id,
        **{name: str(_write_input(name, request)) for name in INPUTS if name in inputs},
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "seed": request.seed,
        "width": past.width,
        "height": past.height,
        "fps": float(fps),
        "seconds": float(request.seconds),
        "num_frames": frames_for(request.seconds, fps),
        "conditioning_fps": float(past.fps),
        "output": str(request.scratch.absolute() / "output.mp4"),
    }


def _write_input(name: str, request: Request) -> Path:
    from adapters.video.reading import write_video

    past, folder = request.conditioning, request.scratch.absolute()
    if name == "image":
        path = folder / "switch_frame.png"
        _write_png(path, past.switch_frame)
    elif name == "video":
        path = folder / "conditioning.mp4"
        write_video(path, past.frames, past.fps, lossless=True)
    elif name == "frames":
        path = folder / "frames"
        path.mkdir()
        for index, frame in enumerate(past.frames):
            _write_png(path / f"{index:05d}.png", frame)
    else:
        path = folder / "prompt.txt"
        path.write_text(request.prompt or "", encoding="utf-8")
    return path


def _write_png(path: Path, frame: Frame) -> None:
    from PIL import Image

    Image.fromarray(frame).save(path, compress_level=1)
