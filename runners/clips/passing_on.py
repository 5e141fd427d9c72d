"""A model's file published with its own coded pictures: byte for byte, or, where its time line begins later, from 0 on.

A clip that was cut without resetting its time stamps begins at 0.04 s, say. FFmpeg 5 and older count from 0 and so find
it longer than 5 s; the official toolbox then refuses it. Written anew, its packets are the same, with shifted stamps.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from adapters import BadVideo
from adapters.harness import glance
from runners.clips.verify import find_fault

_CLOCK_TOLERANCE_S = 1e-6


def pass_on(source: Path, target: Path, size: tuple[int, int], fps: int, seconds: float) -> bool:
    """Write `source`, which `find_fault` has nothing against, to `target` so that it begins at 0.

    False, and no file, where that cannot be had without coding the pictures anew. Raises OSError.
    """
    if not _has_one_track(source):
        return False
    if starts_at_zero(source):
        shutil.copyfile(source, target)
        return True
    try:
        _shift(source, target)
        whole = find_fault(target, size, fps, seconds) is None and starts_at_zero(target)
    except BadVideo:
        whole = False
    if not whole:
        target.unlink(missing_ok=True)
    return whole


def starts_at_zero(path: Path) -> bool:
    """Whether the first frame is shown at 0 of the container's clock. Raises `BadVideo`."""
    return abs(glance(path).start_s) <= _CLOCK_TOLERANCE_S


def _has_one_track(path: Path) -> bool:
    """Whether everybody who opens the file takes the same video track: several, or cover art before it, are no clip."""
    import av
    from av.stream import Disposition

    try:
        with av.open(f"file:{path}", metadata_errors="replace") as container:
            still = [bool(track.disposition & Disposition.attached_pic) for track in container.streams.video]
    except av.error.FFmpegError:
        return False
    return still.count(False) == 1 and not still[0]


def _shift(source: Path, target: Path) -> None:
    """Copy the packets of the only video track, the first one shown at 0. Raises `BadVideo`, OSError."""
    import av

    try:
        with (
            av.open(f"file:{source}", metadata_errors="replace") as read,
            av.open(f"file:{target}", "w", format="mp4") as written,
        ):
            track = written.add_stream_from_template(read.streams.video[0])
            packets = [packet for packet in read.demux(read.streams.video[0]) if packet.size]
            if any(packet.is_discard or packet.pts is None or packet.dts is None for packet in packets):
                raise BadVideo(f"{source}: hides some of its frames")
            first = min(packet.pts for packet in packets if packet.pts is not None)
            for packet in packets:
                assert packet.pts is not None
                assert packet.dts is not None
                packet.pts, packet.dts = packet.pts - first, packet.dts - first
                packet.stream = track
                written.mux(packet)
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):  # a full disk
            raise
        raise BadVideo(f"{source}: cannot be written from 0 on ({error.strerror})") from error
