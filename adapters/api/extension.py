"""Extensions: whether a service gave back what was sent in front of what is new. They differ, and seldom say so."""

from __future__ import annotations

import numpy as np

from adapters.api.jobs.download import Fetched
from adapters.contract import Frame, Request
from adapters.errors import BadClip
from adapters.video.frames import resize
from adapters.video.reading import read_frames

_SLACK_S = 0.5
_TELLING = 4.0
"""Levels by which the first and the last sent frame must differ, on average, to tell one from the other."""


def repeated_frames(request: Request, video: Fetched) -> int:
    """How many frames at the start of an extension only repeat what was sent.

    A video that is long enough for both begins with it. A shorter one is new from its first frame on; if that frame is
    plainly the first one sent, the service counts what it repeats as part of the length, and too little is new: raises
    `BadClip`.
    """
    sent, info = request.conditioning, video.info
    sent_s, length_s = len(sent.frames) / sent.fps, info.frames / info.fps
    if length_s >= sent_s + request.seconds - _SLACK_S:
        return round(sent_s * info.fps)
    if _shows_the_first(next(read_frames(video.path, only={0})), request):
        raise BadClip(
            f"the video of {length_s:.2f} s begins with the {sent_s:.2f} s that were sent: only "
            f"{max(0.0, length_s - sent_s):.2f} s are new; ask for more with model.adapter.durations"
        )
    return 0


def _shows_the_first(frame: Frame, request: Request) -> bool:
    """Whether a frame is nearer to the first one sent than to the last, where the two can be told apart at all."""
    sent = request.conditioning
    size = (max(2, sent.width // 8), max(2, sent.height // 8))
    seen, first, last = (resize(image, size).astype(np.float32) for image in (frame, sent.frames[0], sent.switch_frame))
    if np.abs(first - last).mean() < _TELLING:
        return False
    return bool(np.abs(seen - first).mean() < np.abs(seen - last).mean())
