"""Checkpoints with random weights of a few hundred kB, built on the spot: the real pipelines, only small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Tiny:
    """How a model of conf/model is built small, and what of its YAML changes with it.

    `build` returns a pipeline that `save_pretrained` can write; `changes` are overrides below model.adapter, by dotted
    key; `components` makes objects that loading needs beside the folder.
    """

    build: Callable[[], Any]
    changes: dict[str, Any] = field(default_factory=dict)
    components: Callable[[], dict[str, Any]] | None = None
