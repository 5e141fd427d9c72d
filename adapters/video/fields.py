"""Pictures that are woven from two instants are found out. Part of `adapters.video.reading`.

Recorders mark whole pictures as interlaced too (25 FPS in a broadcast of 50 fields, PAFF and MBAFF encoders): the mark
alone proves nothing. Marked frames are shown to FFmpeg's idet, which compares lines within and between pictures. Of
2 200 whole ones it took none for woven (noise, cuts, lines as fine as fields), and it sees a small thing that moves by
a pixel from field to field. Where next to nothing moves it cannot tell, and then the mark counts. Weaving without a
mark, as of telecined film, is not looked for: that would cost as much as decoding.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from adapters.video.graphs import chain, through
from adapters.video.streams import BadVideo

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame

_VERDICT = "lavfi.idet.multiple.current_frame"
_REMEDY = (
    "deinterlace it first (ffmpeg -vf bwdif=send_frame, for telecined film -vf fieldmatch,decimate), "
    "or say that its pictures are whole (ffmpeg -vf setfield=prog)"
)


class Weave:
    """Watches a stream's frames from the first one that is flagged as interlaced."""

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._graph: Graph | None = None
        self._whole = False

    def check(self, frame: VideoFrame) -> None:
        """Look at the next frame. Raises `BadVideo` once one is woven from two instants."""
        if self._graph is None:
            if not frame.interlaced_frame:
                return
            self._graph = chain(frame, ("idet", None))
        for seen in through(self._graph, frame):
            verdict = seen.metadata.get(_VERDICT, "")
            if verdict in ("tff", "bff"):
                raise BadVideo(f"{self._path}: is interlaced, each frame shows two instants; {_REMEDY}")
            self._whole = self._whole or verdict == "progressive"

    def conclude(self) -> None:
        """At the end of the file. Raises `BadVideo` if frames were flagged and none was seen to be whole."""
        if self._graph is not None and not self._whole:
            raise BadVideo(f"{self._path}: is marked as interlaced, and moves too little to tell; {_REMEDY}")
