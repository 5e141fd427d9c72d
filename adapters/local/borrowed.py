"""A pipeline that somebody else loaded and goes on using: called as a YAML says, and given back as it was."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from adapters.errors import SetupError
from adapters.local.calls.running import kept, steady_numerics
from adapters.local.pixel_facts import pixel_facts
from adapters.wrappers.wrapper import Wrapper

if TYPE_CHECKING:
    from adapters.local.diffusers import Diffusers


class Borrowed(Wrapper):
    """Nothing is fetched, read or placed: the pipeline's weights, dtype, device and scheduler are its owner's."""

    inner: Diffusers

    def __init__(self, inner: Diffusers, pipe: Any, wanted: str) -> None:
        """`wanted` is the class that the YAML names. Raises SetupError for a pipeline of another."""
        super().__init__(inner)
        found = [kind.__name__ for kind in type(pipe).__mro__]
        if wanted not in found:
            raise SetupError(f"pipeline= is a {found[0]}, and the model's YAML calls a {wanted}")
        self._pipe = pipe
        self._undo: list[Callable[[], object]] = []

    def revision(self) -> None:
        """None: which weights these are only their owner can say."""

    def load(self) -> None:
        """Listen to its steps, and have its parts in evaluation mode; all of it is put back by `close`."""
        import torch

        self.inner.check()
        flags = torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic
        workspace = os.environ.get("CUBLAS_WORKSPACE_CONFIG")
        self._undo += [partial(_put_back, flags, workspace), kept(self._pipe, "encode_prompt")]
        steady_numerics()
        for part in getattr(self._pipe, "components", {}).values():
            if isinstance(part, torch.nn.Module):
                self._undo.append(partial(_train, [module for module in part.modules() if module.training]))
                part.eval()
        self.inner.ready(self._pipe)

    def close(self) -> None:
        """Give the pipeline back as it was."""
        try:
            self.inner.close()
        finally:
            while self._undo:
                self._undo.pop()()

    def describe(self) -> dict[str, Any]:
        """Class, scheduler, device and dtype, CPU threads that torch uses, and under `pixels` what else counts."""
        import torch

        scheduler = getattr(self._pipe, "scheduler", None)
        return {
            "pipeline": type(self._pipe).__name__,
            "scheduler": type(scheduler).__name__,
            "scheduler_config": _plain(dict(getattr(scheduler, "config", {}))),
            "device": str(self._pipe.device),
            "dtype": str(self._pipe.dtype).removeprefix("torch."),
            "threads": torch.get_num_threads(),
            "pixels": pixel_facts(self._pipe),
        }


def check_blocks(pipe: Any, asked: Iterable[str | None]) -> None:
    """Raise SetupError for a modular pipeline whose blocks pass over an argument: its workflow is another.

    diffusers only warns, and a workflow of text alone would make its clips without the picture.
    """
    taken = set(pipe.blocks.input_names)
    if absent := sorted(name for name in asked if name is not None and name not in taken):
        raise SetupError(
            f"pipeline= has blocks that take no {absent[0]}: they are of another workflow than the model's YAML calls "
            f"(they take {', '.join(sorted(taken))})"
        )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if isinstance(value, str | int | float | bool | None)}


def _train(modules: Iterable[Any]) -> None:
    """Put modules back into training mode, each alone: parts of a part may be frozen in evaluation mode."""
    for module in modules:
        module.training = True


def _put_back(flags: tuple[bool, bool], workspace: str | None) -> None:
    import torch

    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = flags
    if workspace is None:
        os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)
