"""What needs and clips have to be, told in a line where they are not."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any

import numpy as np

from adapters import AdapterError, Clip, Frames, Needs, Request, SetupError, probe, read_frames
from adapters.video.frames import same_shape


class ContractBreach(AssertionError):
    """The adapter does not keep what the contract wants; the message says what."""


def check_needs(needs: Needs) -> None:
    """A model's needs make sense. Raises ContractBreach."""
    want(needs.mode in ("i2v", "multiframe"), f"needs.mode is {needs.mode!r}; i2v or multiframe is wanted")
    uses = ("required", "optional", "ignored")
    want(needs.prompt in uses, f"needs.prompt is {needs.prompt!r}; one of {', '.join(uses)} is wanted")
    for key in ("concurrency", "max_batch"):
        value: Any = getattr(needs, key)
        want(isinstance(value, int) and value >= 1, f"needs.{key} is {value!r}; a whole number from 1 is wanted")
    for key in ("conditioning_fps", "native_fps"):
        rate: Any = getattr(needs, key)
        want(rate is None or _is_rate(rate), f"needs.{key} is {rate!r}; frames per second or None is wanted")
    shown = needs.conditioning_frames
    want(shown is None or needs.mode == "multiframe", "needs.conditioning_frames is for multiframe; i2v gets one frame")
    want(shown is None or shown >= 1, f"needs.conditioning_frames is {shown}; at least 1 is wanted")
    sizes: Any = needs.sizes
    for size in sizes:
        whole = len(size) == 2 and all(isinstance(side, int) and side > 0 for side in size)
        want(whole, f"needs.sizes holds {size!r}; (width, height) in whole pixels is wanted")


def check_clip(clip: Any, request: Request) -> Frames:
    """A clip is what the contract says, and long enough. Returns its frames without the leading ones.

    Raises ContractBreach.
    """
    want(isinstance(clip, Clip), f"generate returned a {type(clip).__name__}; a Clip is wanted")
    want_json(clip.info, "Clip.info")
    with doing("reading the clip's frames"):
        frames = _frames_of(clip)
    leading, fps = clip.leading, clip.fps
    whole = isinstance(leading, Integral) and not isinstance(leading, bool)
    want(whole and 0 <= leading < len(frames), f"leading is {leading!r} of {len(frames)} frames; some must be left")
    want(fps is not None or clip.file is not None, "fps is None: frames need their rate, only a file may have its own")
    want(fps is None or _is_rate(fps), f"fps is {fps!r}; frames per second are wanted")
    rate = float(fps) if fps is not None else probe(clip.file).fps
    made = (len(frames) - leading) / rate
    want(
        made >= request.seconds - 1e-6,
        f"the clip is too short: {len(frames)} frames, {leading} of them leading, at {rate:g} FPS are {made:.3f} s; "
        f"{request.seconds:g} s after the leading ones are wanted",
    )
    height, width = frames.shape[1:3]
    shown = request.conditioning
    want(
        same_shape((width, height), (shown.width, shown.height)),
        f"the clip is {width}x{height}, its conditioning was {shown.width}x{shown.height}; the same shape is wanted",
    )
    return frames[leading:]


def _frames_of(clip: Clip) -> Frames:
    """All frames, uint8 (T, H, W, 3). Raises ContractBreach."""
    source: Any = clip.frames if clip.file is None else read_frames(clip.file)
    if isinstance(source, np.ndarray):
        want(source.ndim == 4, f"the frames have shape {source.shape}; (T, H, W, 3) is wanted")
    frames: list[Frames] = []
    for index, frame in enumerate(source):
        want(isinstance(frame, np.ndarray), f"frame {index} is a {type(frame).__name__}; a numpy array is wanted")
        want(frame.dtype == np.uint8, f"frame {index} is {frame.dtype}; uint8 from 0 to 255 is wanted")
        right = frame.ndim == 3 and frame.shape[2] == 3 and 0 not in frame.shape
        want(right, f"frame {index} has shape {frame.shape}; (H, W, 3) is wanted, RGB")
        same = not frames or frame.shape == frames[0].shape
        want(same, f"frame {index} has shape {frame.shape}, the ones before it another; one size is wanted")
        frames.append(frame.copy())  # a lazy clip may give the same buffer again and again
    want(bool(frames), "the clip holds no frame")
    return np.stack(frames)


@contextmanager
def doing(what: str) -> Iterator[None]:
    """An exception of the adapter, told with what the contract wants."""
    try:
        yield
    except ContractBreach:
        raise
    except (AdapterError, SetupError) as error:
        raise ContractBreach(f"{what} failed with {type(error).__name__}: {error}") from error
    except Exception as error:
        wanted = "an AdapterError is wanted for a clip that cannot be made, a SetupError for what is not set up"
        if "read-only" in str(error):
            wanted = "what a request holds is only read: make a copy"
        raise ContractBreach(f"{what} raised {type(error).__name__}: {error}; {wanted}") from error


def want(kept: bool, told: str) -> None:
    """Raise ContractBreach with what is told, unless it is kept."""
    if not kept:
        raise ContractBreach(told)


def want_json(value: Any, what: str) -> None:
    """Raise ContractBreach for what cannot be written as JSON (NaN cannot)."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ContractBreach(f"{what} is kept as JSON, and is none: {error}") from error


def is_number(value: Any) -> bool:
    """Whether it is a finite real number, of any library's kind."""
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _is_rate(value: Any) -> bool:
    return is_number(value) and value > 0
