"""Raw clips: what a model returned, kept without loss so that another output never asks the model again."""

from __future__ import annotations

import shutil
from pathlib import Path

from adapters import Clip, write_video
from runners.clips.checked_frames import clip_frames
from runners.core.files import publish


def keep_raw(clip: Clip, folder: Path, clip_id: str, work: Path) -> Path:
    """Store a clip in the raw folder and return its path: a file as it is, frames as lossless RGB video.

    Raises BadClip for frames that are none, OSError when the disk is full.
    """
    folder.mkdir(exist_ok=True)
    if clip.file is not None:
        temporary = work / f"{clip_id}.raw{clip.file.suffix.lower()}"
        shutil.copyfile(clip.file, temporary)
        final = folder / f"{clip_id}{clip.file.suffix.lower()}"
    else:
        temporary = work / f"{clip_id}.raw.mp4"
        write_video(temporary, clip_frames(clip), clip.fps or 0, lossless=True)
        final = folder / f"{clip_id}.mp4"
    publish(temporary, final)
    return final
