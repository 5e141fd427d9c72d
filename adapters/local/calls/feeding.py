"""Where a pipeline takes its conditioning: one small function per kind, named in a model's YAML by `conditioning`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from adapters.contract import Frames, Size


@dataclass(frozen=True)
class Shot:
    """What a pipeline is given for one clip: the conditioning frames and the length that is asked for.

    `frames` is uint8 (T, H, W, 3) RGB at exactly the pipeline's size, its last frame the switch frame.
    """

    frames: Frames
    num_frames: int

    @property
    def pictures(self) -> list[Any]:
        """The frames as PIL images (mode RGB)."""
        from PIL import Image

        return [Image.fromarray(frame) for frame in self.frames]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return int(self.frames.shape[2]), int(self.frames.shape[1])


Feed = Callable[[Shot], dict[str, Any]]


def image(shot: Shot) -> dict[str, Any]:
    """The switch frame alone."""
    return {"image": shot.pictures[-1]}


def video(shot: Shot) -> dict[str, Any]:
    """All conditioning frames, as a list of pictures."""
    return {"video": shot.pictures}


def repeat_first(shot: Shot) -> dict[str, Any]:
    """All conditioning frames, the first one twice: 3 s at 24 FPS are 72 frames, and with one more they are 4k + 1.

    Cosmos 3's authors condition on the benchmark so (73 frames, latents 0 … 18; NVIDIA/cosmos, evaluation/cosmos3).
    """
    return {"video": [shot.pictures[0], *shot.pictures]}


def video_tensor(shot: Shot) -> dict[str, Any]:
    """All conditioning frames as a tensor (1, T, 3, H, W) in [0, 1], for pipelines that take nothing else."""
    import torch

    frames = torch.from_numpy(shot.frames.copy()).permute(0, 3, 1, 2)
    return {"video": frames.float().div(255)[None]}


def anyflow(shot: Shot) -> dict[str, Any]:
    """As `video_tensor`, with a partition of the latents into chunks that ends one where the conditioning ends.

    A latent covers 4 frames, the first one a single frame. The model was trained on chunks of 1, 3, 3 … latents; a
    boundary elsewhere than behind the conditioning would have part of it generated anew.
    """
    known, total = (len(shot.frames) - 1) // 4 + 1, (shot.num_frames - 1) // 4 + 1
    new = total - known
    first = [1, *[3] * (known // 3)] if known % 3 == 1 else [known]
    chunks = [*first, *[3] * (new // 3), *([new % 3] if new % 3 else [])]
    return {**video_tensor(shot), "chunk_partition": chunks}


def ltx_conditions(shot: Shot) -> dict[str, Any]:
    """LTXConditionPipeline: its `video` argument would silently use only frame 0, so the data class is given."""
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

    return {"conditions": [LTXVideoCondition(video=shot.pictures, frame_index=0)]}


def ltx2_conditions(shot: Shot) -> dict[str, Any]:
    """LTX2ConditionPipeline; a single picture is not compressed before it is shown (crf 0), a clip never is."""
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

    return {"conditions": [LTX2VideoCondition(frames=shot.pictures, index=0, crf=0)]}


def vace(shot: Shot) -> dict[str, Any]:
    """WanVACEPipeline: the known frames, then grey ones, and masks: black keeps, white is generated.

    Frames of another size than the one asked for would be resized on their own and no longer meet their mask.
    """
    from PIL import Image

    missing = shot.num_frames - len(shot.frames)
    grey = Image.new("RGB", shot.size, (128, 128, 128))
    keep, make = Image.new("L", shot.size, 0), Image.new("L", shot.size, 255)
    return {
        "video": [*shot.pictures, *[grey] * missing],
        "mask": [*[keep] * len(shot.frames), *[make] * missing],
    }


def easyanimate(shot: Shot) -> dict[str, Any]:
    """EasyAnimateInpaintPipeline: tensors of the known frames and of what is to be filled in."""
    from diffusers.pipelines.easyanimate.pipeline_easyanimate_inpaint import get_image_to_video_latent

    width, height = shot.size
    clip, mask = get_image_to_video_latent(shot.pictures, None, shot.num_frames, (height, width))
    return {"video": clip, "mask_video": mask}


def still_camera(shot: Shot) -> dict[str, Any]:
    """SanaWMPipeline: the switch frame, one camera pose for all frames, and a lens.

    `c2w` is (T, 4, 4), the identity throughout; `intrinsics` are [fx, fy, cx, cy] in pixels. The lens of these films is
    not known: a focal length of the picture's width stands for it (53° across).
    """
    width, height = shot.size
    poses = np.tile(np.eye(4, dtype=np.float32), (shot.num_frames, 1, 1))
    return {**image(shot), "c2w": poses, "intrinsics": [float(width), float(width), width / 2, height / 2]}


FEEDS: dict[str, Feed] = {
    feed.__name__: feed
    for feed in (
        image, video, repeat_first, video_tensor, anyflow, ltx_conditions, ltx2_conditions, vace, easyanimate,
        still_camera,
    )
}  # fmt: skip


def names_fed(feed: Feed, size: Size, count: int) -> set[str]:
    """The arguments in which a pipeline is given `count` conditioning frames of this (width, height)."""
    return set(feed(Shot(np.zeros((count, size[1], size[0], 3), np.uint8), count)))
