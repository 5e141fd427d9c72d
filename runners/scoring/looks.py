"""What a score depends on in a video file, beside its pictures: found out before any work, once for each content.

OpenCV reads clips and truth as the official toolbox does, and tells nothing of what it cannot do: it takes the first
track, goes on with the first frame's size when that changes, and has its own idea of display matrices. So each file is
looked at with the harness's own reader as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from adapters import BadVideo, read_frames
from adapters.file_hashes import keep, recall
from adapters.harness import VideoInfo, examine, survey
from runners.clips.footage import is_steady
from runners.core.errors import counted
from runners.dataset.layout import CONTINUATION_S
from runners.scoring.scores import CHECKS

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_NAME = "truth-looks.json"
_MOST_KEPT = 5_000
_AT_ONCE = 4
_WORTH_TELLING = 40
"""Files: looking at so many takes a while."""
_SIZED_BY_KEYFRAMES = ("h264", "hevc", "mpeg4", "mpeg2video", "vp8")
"""Codecs whose size can change at a keyframe only; the others have all their frames decoded."""
_SMALL = (32, 18)
_OTHER_PICTURE = 16.0
"""Levels of 255, mean over a picture of `_SMALL` size: two decoders are 1 apart, two colour matrices up to 7."""
_EVERY = 5
_DARK, _BRIGHT = 32, 223
_MOST_GRAY = 0.05
"""Of a mask's pixels. An encoder leaves 1 % between black and white at worst; filmed pictures have 80 % there."""


@dataclass(frozen=True)
class Look:
    """What a file says of itself, and what is wrong with it beside that, in words."""

    info: VideoInfo
    fault: str | None = None


def look(path: Path, *, whole: bool = False, mask: bool = False) -> Look:
    """Look at one file; with `whole` every frame has to decode, with `mask` its pixels have to be those of a mask.

    Raises `BadVideo` for what is no video that can be read rightly.
    """
    info, times = examine(path) if whole else survey(path)
    if info.rotated:  # told by the rules; what OpenCV makes of it is another picture for certain
        return Look(info)
    fault = _of_times(info, times) or _of_pictures(path, info, mask=mask) or _of_opencv(path, info)
    return Look(info, fault)


def look_at_truth(
    files: Mapping[Path, str], masks: Collection[Path], tell: Callable[[str], None] = lambda _: None
) -> dict[Path, Look | BadVideo]:
    """A look at each file of the truth, remembered by its sha256, which `files` holds."""
    known = _recalled()
    keys = {path: f"{'mask' if path in masks else 'video'}:{sha256}" for path, sha256 in files.items()}
    unseen = {key: path for path, key in keys.items() if key not in known}
    if len(unseen) >= _WORTH_TELLING:
        tell(f"looking at {counted(len(unseen), 'file')} of the truth, once for each")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(unseen, pool.map(lambda path: _tried(path, mask=path in masks), unseen.values()), strict=True))
    new = {key: each for key, each in found.items() if isinstance(each, Look)}
    if new:
        _keep({**known, **new})
    return {path: found.get(key) or known[key] for path, key in keys.items()}


def _tried(path: Path, *, mask: bool) -> Look | BadVideo:
    try:
        return look(path, mask=mask)
    except BadVideo as error:
        return error


def _recalled() -> dict[str, Look]:
    kept = recall(_NAME)
    if kept.get("made_with") != _made_with():
        return {}
    try:
        return {key: Look(VideoInfo(**row["info"]), row["fault"]) for key, row in kept["looks"].items()}
    except (KeyError, TypeError, AttributeError):  # of another version
        return {}


def _keep(looks: dict[str, Look]) -> None:
    rows = {key: asdict(each) for key, each in list(looks.items())[-_MOST_KEPT:]}
    keep(_NAME, {"made_with": _made_with(), "looks": rows})


def _made_with() -> list[Any]:
    import av
    import cv2

    return [CHECKS, av.__version__, cv2.__version__]


def _of_times(info: VideoInfo, times: list[float]) -> str | None:
    fps = round(info.fps)
    if fps < 1 or is_steady(times[: CONTINUATION_S * fps], fps):
        return None
    return "its frames do not follow each other at a constant rate, and they are scored one by one"


def _of_pictures(path: Path, info: VideoInfo, *, mask: bool) -> str | None:
    """Whether OpenCV, which takes the first track, finds the only one there; that its size stays; a mask's pixels."""
    import av
    from av.stream import Disposition

    if info.videos > 1:
        return f"holds {info.videos} video tracks, and only one is scored"
    try:
        with av.open(f"file:{path}", metadata_errors="replace") as container:
            track = container.streams.video[0]
            if track.disposition & Disposition.attached_pic:
                return "begins with a still picture (cover art), which OpenCV takes for the video"
            return _of_frames(container, track, mask=mask)
    except av.error.FFmpegError as error:
        raise BadVideo(f"{path}: does not decode ({error.strerror}); make or fetch it again") from error


def _of_frames(container: InputContainer, track: VideoStream, *, mask: bool) -> str | None:
    codec, size, grays = track.codec_context, None, []
    codec.thread_count = 1
    for index, frame in enumerate(container.decode(track)):
        size = size or (frame.width, frame.height)
        if (frame.width, frame.height) != size:
            return f"changes its size from {size[0]}×{size[1]} to {frame.width}×{frame.height} midway"
        if mask and index % _EVERY == 0:
            levels = frame.to_ndarray(format="gray")[::2, ::2]
            grays.append(np.count_nonzero((levels > _DARK) & (levels < _BRIGHT)) / levels.size)
        if not mask and codec.name in _SIZED_BY_KEYFRAMES:
            codec.skip_frame = "NONKEY"
    if grays and sum(grays) / len(grays) > _MOST_GRAY:
        return f"is no mask: {sum(grays) / len(grays):.0%} of its pixels are neither black nor white"
    return None


def _of_opencv(path: Path, info: VideoInfo) -> str | None:
    """Whether OpenCV sees the picture that everybody else sees."""
    import cv2

    from runners.scoring.decode import first_frame

    seen = first_frame(path)
    if seen is None:
        return f"is coded as {_codec(info)}, which this OpenCV (and so the official toolbox with it) cannot decode"
    if seen.shape[1::-1] != (info.width, info.height):
        return f"is {info.width}×{info.height}, and OpenCV reads it as {seen.shape[1]}×{seen.shape[0]}"
    right = next(read_frames(path, size=_SMALL, only={0}))
    small = cv2.cvtColor(cv2.resize(seen, _SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    apart = float(np.abs(small.astype(np.float32) - right).mean())
    return f"is read by OpenCV as another picture ({apart:.0f} levels apart)" if apart > _OTHER_PICTURE else None


def _codec(info: VideoInfo) -> str:
    return {"libdav1d": "AV1", "av1": "AV1"}.get(info.codec, info.codec)
