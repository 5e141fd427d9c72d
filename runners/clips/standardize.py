"""A model's clip becomes exactly the run's seconds, size and rate: time resampled, geometry undone, checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from adapters import BadClip, BadVideo, Clip, Frame
from adapters.harness import DEFAULT_CRF, DEFAULT_PRESET, Writer, even_size, glance
from runners.clips.checked_frames import KeptFrames
from runners.clips.geometry import Geometry, Size, for_clip, size_of, undo
from runners.clips.passing_on import pass_on
from runners.clips.resample import Resampler, Sampling
from runners.clips.verify import find_fault, header_fault, verify
from runners.core.errors import UserError
from runners.core.files import sha256_file

Short = Literal["hold", "hold_one", "error"]
WhenShort = Literal["roll_out", Short]
"""What is done about a clip that is too short: to roll it out is the engine's work, before it comes here."""
WHEN_SHORT: tuple[WhenShort, ...] = get_args(WhenShort)

_READ_EVERYWHERE = ("h264", "hevc", "mpeg4", "vp9")
"""Codecs that FFmpeg decodes by itself, and so every OpenCV that may score the clip."""


@dataclass(frozen=True)
class Output:
    """What every published clip of a run is: its size in pixels, its whole frames per second, how it is encoded."""

    width: int
    height: int
    fps: int
    sampling: Sampling = "linear"
    crf: int = DEFAULT_CRF
    preset: str = DEFAULT_PRESET

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.width, self.height


@dataclass(frozen=True)
class Published:
    """What was made of a clip.

    `frames_returned` counts the frames the model gave; of a lazy clip that is too long, those that were asked for.
    `frames_used` were looked at after `leading_dropped` were dropped. `held_frames` of the written `frames` lie past
    the clip's end and show its last frame. `passthrough`: the model's own coded pictures were published,
    byte for byte unless their time line began later than 0.
    """

    frames_returned: int
    leading_dropped: int
    frames_used: int
    held_frames: int
    passthrough: bool
    clip_fps: float
    sha256: str
    bytes: int
    width: int
    height: int
    fps: int
    frames: int


def check_output(output: Output) -> None:
    """Raise `UserError` for a size that H.264 cannot have, or a rate that is no whole number of at least 1."""
    if min(output.size) < 2 or output.fps < 1 or output.fps != int(output.fps):
        raise UserError(
            f"output {output.width}x{output.height} at {output.fps} FPS: sizes and the rate must be whole and positive"
        )
    nearest = even_size(*output.size)
    if nearest != output.size:
        raise UserError(
            f"output size {output.width}x{output.height} is odd and H.264 needs even numbers; "
            f"set output.width={nearest[0]} output.height={nearest[1]}"
        )


def standardize(
    clip: Clip,
    geometry: Geometry,
    output: Output,
    seconds: float,
    path: Path,
    short: Short = "error",
    *,
    fit_stated: bool = False,
    seen: Callable[[Frame], None] | None = None,
) -> Published:
    """Write the first `seconds` of the clip's kept frames to `path`, as `output` asks and with `geometry` undone.

    `path` is a temporary name: nothing is left there when this raises. A file that already is what is wanted is copied
    byte for byte, or with its time line shifted to 0. `short="hold"` fills up a clip that is too short with its last
    frame, "hold_one" only one that lacks a single frame of its own rate, as a clip of 5 s does whose first frame is the
    switch frame; "error" raises `BadClip`, as does anything that is no usable clip, and a clip of another shape than
    the model was shown unless `fit_stated`: then it was the user who said how that shape came about. `seen` is given
    every frame that is encoded, and none of a file that is copied. Raises `OSError` when the disk does not take the
    file.
    """
    kept = KeptFrames(clip)
    frames = round(seconds * output.fps)
    passthrough = _conforms(clip, geometry, output, seconds, stated=fit_stated)
    try:
        if passthrough and clip.file is not None:
            passthrough = pass_on(clip.file, path, output.size, output.fps, seconds)
        if passthrough:
            used, held = frames, 0
        else:
            held = _render(kept, geometry, output, seconds, path, short, stated=fit_stated, seen=seen)
            used = kept.kept
            verify(path, output.size, output.fps, seconds)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Published(
        frames_returned=kept.read if kept.total is None else kept.total,
        leading_dropped=kept.leading,
        frames_used=used,
        held_frames=held,
        passthrough=passthrough,
        clip_fps=float(kept.fps),
        sha256=sha256_file(path),
        bytes=path.stat().st_size,
        width=output.width,
        height=output.height,
        fps=output.fps,
        frames=frames,
    )


def _conforms(clip: Clip, geometry: Geometry, output: Output, seconds: float, *, stated: bool) -> bool:
    """Whether the clip is a file that may be published as it is. Raises `BadClip` for a broken one."""
    if clip.file is None or clip.leading or not geometry.whole or (clip.fps or output.fps) != output.fps:
        return False
    undone = for_clip(geometry, output.size, stated=stated)
    if undone is None or not undone.whole:
        return False
    try:
        info = glance(clip.file)
        # RGB in H.264 is how raw clips are kept; browsers cannot show it.
        if info.codec not in _READ_EVERYWHERE or info.colour == "rgb" or not info.counted:
            return False
        wanted = (output.size, output.fps, seconds)
        return header_fault(info, *wanted) is None and find_fault(clip.file, *wanted) is None
    except BadVideo as error:
        raise BadClip(str(error)) from error


def _render(
    kept: KeptFrames, geometry: Geometry, output: Output, seconds: float, path: Path, short: Short, *, stated: bool,
    seen: Callable[[Frame], None] | None,
) -> int:  # fmt: skip
    """Encode the clip, resampled and with its geometry undone; returns how many frames lie past its end."""
    count = round(seconds * output.fps)
    source = kept.frames()
    undone = cache(lambda size: _undone(geometry, size, stated=stated))
    shown = Resampler(source, output.sampling, lambda frame: undo(undone(size_of(frame)), frame, output.size))
    try:
        with Writer(path, *output.size, output.fps, crf=output.crf, preset=output.preset) as writer:
            for frame in shown.at(Fraction(k, output.fps) for k in range(count)):
                writer.write(frame)
                if seen is not None:
                    seen(frame)
            # Few output frames may never have asked for the clip's last ones, but they have to be there.
            while _too_short(kept, seconds) and next(source, None) is not None:
                pass
            if not _too_short(kept, seconds):
                return 0
            if short == "error" or (short == "hold_one" and _too_short(kept, seconds, frames=Fraction(3, 2))):
                raise BadClip(_shortage(kept, seconds))
            return sum(Fraction(k, output.fps) >= kept.length_s for k in range(count))
    finally:
        source.close()


def _undone(geometry: Geometry, size: Size, *, stated: bool) -> Geometry:
    """What is undone to frames of this size. Raises `BadClip` where nobody can tell."""
    undone = for_clip(geometry, size, stated=stated)
    if undone is not None:
        return undone
    shown, scene = (f"{width}x{height}" for width, height in (geometry.target, geometry.source))
    remedy = "say how it came to its shape: model.fit=stretch, pad (bars are cut off) or crop (what it lacks is black)"
    if stated:
        remedy = "a clip of the shape that was shown is wanted"
    raise BadClip(f"the clip is {size[0]}x{size[1]}, the model was shown {shown} and the scene is {scene}; {remedy}")


def _too_short(kept: KeptFrames, seconds: float, frames: Fraction = Fraction(1, 2)) -> bool:
    """A lack of up to half a frame is a rounding of the rate (35 frames at 7.05 FPS), not a lack of frames."""
    return kept.length_s + frames / kept.fps < Fraction(seconds)


def _shortage(kept: KeptFrames, seconds: float) -> str:
    dropped = f" after dropping {kept.leading}" if kept.leading else ""
    return (
        f"the clip has {kept.kept} frames at {float(kept.fps):g} FPS = {float(kept.length_s):.3f} s{dropped}, "
        f"{seconds:g} s are needed; set model.short=hold or roll_out"
    )
