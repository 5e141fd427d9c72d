"""One call of a pipeline: its seeds, its progress, how it is cancelled, and its frames as uint8."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from adapters.contract import Frames
from adapters.errors import BadClip, is_out_of_memory

_HEARKENS = ("transformer", "transformer_2", "unet", "vae.encoder", "vae.decoder", "text_encoder", "text_encoder_2")
"""Parts of a pipeline that are called often enough to notice a cancelled run between two calls."""


def steady_numerics() -> None:
    """Ask cuDNN and cuBLAS for algorithms that give the same result each time; of use before CUDA starts."""
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's global generators and put them back afterwards.

    Several pipelines draw from them beside the generator that they are given (SkyReels' addnoise_condition).
    """
    import torch

    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield


def generators(seeds: Sequence[int], device: str) -> Any:
    """A generator per clip of a batch, or the one of a single clip."""
    import torch

    made = [torch.Generator(device).manual_seed(seed) for seed in seeds]
    return made if len(made) > 1 else made[0]


def kept(owner: Any, name: str) -> Callable[[], None]:
    """What puts an object's attribute back as it is now, or takes it away if the object has none of its own."""
    had, value = name in vars(owner), vars(owner).get(name)

    def put_back() -> None:
        if had:
            setattr(owner, name, value)
        else:
            vars(owner).pop(name, None)

    return put_back


class Steps:
    """Takes the place of a pipeline's progress bar and tells whoever listens; the listener may raise to cancel.

    Pipelines that work in sections (diffusion forcing, chunks) begin a bar per section: the steps add up.
    """

    def __init__(self) -> None:
        self._listener: Callable[[int, int], None] | None = None
        self._done = self._total = 0
        self._undo: list[Callable[[], object]] = []

    def attach(self, pipe: Any) -> None:
        """Listen to a pipeline: its bars, and the calls of its larger parts."""
        if hasattr(pipe, "set_progress_bar_config"):
            self._undo.append(kept(pipe, "_progress_bar_config"))
            pipe.set_progress_bar_config(disable=True)  # for those that draw bars of their own
        for owner in _bar_owners(pipe):
            self._undo.append(kept(owner, "progress_bar"))
            owner.progress_bar = self.bar
        for path in _HEARKENS:
            part: Any = pipe
            for name in path.split("."):
                part = getattr(part, name, None)
            if hasattr(part, "register_forward_pre_hook"):
                self._undo.append(part.register_forward_pre_hook(self._between).remove)

    def detach(self) -> None:
        """Listen no more: the pipeline is as it was before."""
        while self._undo:
            self._undo.pop()()

    @contextmanager
    def told_to(self, listener: Callable[[int, int], None]) -> Iterator[None]:
        """Tell `listener(k, n)` of the steps of one call."""
        self._listener, self._done, self._total = listener, 0, 0
        try:
            yield
        finally:
            self._listener = None

    def bar(self, iterable: Iterable[Any] | None = None, total: int | None = None) -> _Bar:
        """As DiffusionPipeline.progress_bar."""
        items = None if iterable is None else list(iterable)
        self._total = self._done + (len(items) if items is not None else total or 0)
        return _Bar(self, items)

    def advance(self, count: int) -> None:
        """Steps were done."""
        self._done += count
        self._between()

    def step_ended(self, pipe: Any, _index: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """As `callback_on_step_end`, for pipelines with no bar: one more of the pipeline's steps is done."""
        self._total = int(pipe.num_timesteps)
        self.advance(1)
        return tensors

    def _between(self, *_: object) -> None:
        if self._listener is not None:
            self._listener(self._done, max(self._total, self._done, 1))


class _Bar:
    """What pipelines use of a tqdm bar."""

    def __init__(self, steps: Steps, items: list[Any] | None) -> None:
        self._steps, self._items = steps, items or []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        for item in self._items:
            yield item
            self._steps.advance(1)

    def update(self, count: int = 1) -> None:
        """`count` more steps are done."""
        self._steps.advance(count)

    def set_postfix(self, *_: object, **__: object) -> None:
        """Nothing to show."""

    set_description = set_postfix_str = refresh = close = set_postfix


def _bar_owners(pipe: Any) -> Iterator[Any]:
    """The pipeline itself, or for a modular one every block that loops."""
    if hasattr(pipe, "progress_bar"):
        yield pipe
    waiting = [getattr(pipe, "_blocks", None)]
    while waiting:
        block = waiting.pop()
        waiting.extend(dict(getattr(block, "sub_blocks", None) or {}).values())
        if block is not None and hasattr(block, "progress_bar"):
            yield block


def lacks_memory(error: BaseException) -> bool:
    """Whether a call failed because an accelerator, or the machine, had no memory left."""
    if isinstance(error, UnboundLocalError):  # SANA-Video swallows the error and stumbles over the clip it did not get
        return "'video'" in str(error)
    return is_out_of_memory(error)


def unpack(video: Any, clips: int) -> list[Frames]:
    """The clips of a result, each uint8 (T, H, W, 3), whether it was batched or not and of whatever kind.

    Rounded as diffusers' own PIL conversion does. Raises BadClip for values that are no pictures.
    """
    if hasattr(video, "detach"):
        stack = video if video.ndim == 5 else video[None]
        found = [_from_tensor(clip) for clip in stack]
    elif isinstance(video, np.ndarray):
        found = [_from_array(clip) for clip in (video if video.ndim == 5 else video[None])]
    elif isinstance(video, list) and video:
        nested = isinstance(video[0], list) or (getattr(video[0], "ndim", 3) == 4)
        found = [_from_list(clip) for clip in (video if nested else [video])]
    else:
        raise BadClip(f"the pipeline returned a {type(video).__name__} where frames were expected")
    if len(found) != clips:
        raise BadClip(f"the pipeline returned {len(found)} clips for {clips}")
    return found


def _from_list(clip: Any) -> Frames:
    if hasattr(clip, "detach"):
        return _from_tensor(clip)
    if isinstance(clip, np.ndarray):
        return _from_array(clip)
    return np.stack([np.asarray(picture.convert("RGB")) for picture in clip])


def _from_array(clip: Any) -> Frames:
    import torch

    return _from_tensor(torch.from_numpy(np.ascontiguousarray(clip)).permute(0, 3, 1, 2))


def _from_tensor(clip: Any) -> Frames:
    """(T, 3, H, W) in [0, 1] on any device → uint8 in main memory, frame by frame: no second clip in float."""
    import torch

    if clip.ndim != 4 or clip.shape[1] != 3:
        raise BadClip(f"the pipeline returned a tensor {tuple(clip.shape)}, not (T, 3, H, W)")
    frames, _, height, width = clip.shape
    out = np.empty((frames, height, width, 3), np.uint8)
    for k, frame in enumerate(clip):
        if clip.dtype == torch.uint8:
            out[k] = frame.permute(1, 2, 0).cpu().numpy()
            continue
        levels = frame.float().mul(255)
        if not bool(torch.isfinite(levels).all()):
            raise BadClip(
                f"frame {k} holds values that are no numbers: the model overflowed in its dtype; "
                "try model.adapter.dtype=bfloat16 or float32"
            )
        out[k] = levels.round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return out
