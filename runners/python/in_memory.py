"""Models that are in memory already: objects and functions of the caller's, under an identity that the caller names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from adapters import Adapter, BadClip, Clip, Frames, Needs, Request, Size
from adapters.harness import Wrapper
from runners.core.errors import UserError

Function = Callable[[Frames, str | None, int], Any]
"""f(image, prompt, seed): image uint8 (H, W, 3) RGB → frames uint8 (T, H, W, 3)."""


@runtime_checkable
class Borrows(Protocol):
    """An adapter that can work with a pipeline that somebody else loaded."""

    def borrow(self, pipe: Any) -> Adapter:
        """The adapter that works with it. Raises SetupError for a pipeline of another class."""


class InMemory(Wrapper):
    """An adapter under the caller's word of what it is: nothing that is in memory can be told by its arguments."""

    def identity(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The caller's word."""
        return dict(arguments)


class Borrowing(Wrapper):
    """A model of conf/model that works with a pipeline of the caller's."""

    LOADING = frozenset(
        {
            "checkpoint", "revision", "variant", "dtype", "components", "options", "scheduler", "guider", "loader",
            "safetensors_only", "trust_remote_code", "needs", "placement",
        }
    )  # fmt: skip
    """Arguments that say what is loaded, and how: the pipeline was loaded by somebody else."""

    def identity(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """How the pipeline is called, and the caller's word of what it is."""
        word = ("in_memory", "version")
        call = {key: value for key, value in arguments.items() if key not in {*self.LOADING, *word}}
        return {**self.inner.identity(call), **{key: arguments[key] for key in word}}


class FunctionModel(Adapter):
    """A function that goes on from a picture."""

    def __init__(self, function: Function, fps: float, leading: int, size: Size | None) -> None:
        """`size` is (width, height); None: pictures of the output's size."""
        self._function, self._leading = function, leading
        self.needs = Needs(native_fps=fps, sizes=(size,) if size else ())

    def generate(self, request: Request) -> Clip:
        """The function's frames. Raises BadClip for anything else."""
        image = request.conditioning.switch_frame
        frames = self._function(image, request.prompt, request.seed)
        if hasattr(frames, "detach"):
            frames = frames.detach().cpu()
        found = np.asarray(frames)
        if found.dtype != np.uint8 or found.ndim != 4 or found.shape[3] != 3:
            raise BadClip(
                f"the function returned {found.dtype} {tuple(found.shape)}; frames are uint8 (T, H, W, 3), RGB"
            )
        return Clip(fps=self.needs.native_fps, frames=found, leading=self._leading, info={"frames": len(found)})


def in_memory(
    model: object, version: str | None, fps: float | None, leading: Any, size: Size | None
) -> tuple[Adapter, dict[str, Any]]:
    """The adapter of an object or a function, and the node that a run records for it. Raises UserError."""
    if isinstance(model, type):
        raise UserError(f"{model.__name__} is a class: give an object of it, {model.__name__}(…)")
    word = {"called": getattr(model, "__name__", type(model).__name__), "version": version}
    if isinstance(model, Adapter):
        if (fps, leading, size) != (None, None, None):
            raise UserError("fps=, leading= and size= are for a function; an Adapter says them in its needs and clips")
        return InMemory(model), {"in_memory": "adapter", **word}
    if not callable(model):
        raise UserError(
            f"evaluate takes a model's name, an Adapter or a function f(image, prompt, seed), no {type(model).__name__}"
        )
    if fps is None or leading is None:
        raise UserError(
            "a function needs fps=, the rate of its frames, and leading=: 1 if its first frame is the picture that it "
            "was given, 0 if it is the one after"
        )
    if isinstance(leading, bool) or not isinstance(leading, int) or leading < 0:
        raise UserError(f"leading={leading!r} must be a whole number, at least 0")
    whole = None if size is None else (int(size[0]), int(size[1]))
    facts = {"fps": fps, "leading": leading, "size": None if whole is None else list(whole)}
    return InMemory(FunctionModel(model, fps, leading, whole)), {"in_memory": "function", **word, **facts}
