"""A tiny checkpoint of a model in conf/model, through the whole main job on the small data set."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from adapters import Clip, Frames
from adapters.local.diffusers import Diffusers
from runners.core.outcome import Outcome
from runners.core.settings import GenerateSettings, SelectSettings
from runners.generation.run import generate
from tests.local.tiny import Tiny
from tests.run.harness import settings
from tests.test_conf import composed

FAMILIES = ("wan", "ltx", "hunyuan", "cosmos", "others", "newer")


@cache
def tiny_models() -> dict[str, Tiny]:
    """Model name → how it is built; importing the builders loads no torch."""
    found: dict[str, Tiny] = {}
    for family in FAMILIES:
        found.update(importlib.import_module(f"tests.local.tiny.{family}").TINY)
    return found


class TinyDiffusers(Diffusers):
    """The adapter itself, with the parts that a tiny checkpoint cannot bring as files."""

    extra: Mapping[str, Any] = {}

    def parts(self) -> dict[str, Any]:
        return dict(self.extra)


def saved(tiny: Tiny, folder: Path) -> Path:
    """The checkpoint on disk, written once."""
    if not folder.is_dir():
        being_written = folder.with_name(folder.name + ".tmp")
        shutil.rmtree(being_written, ignore_errors=True)
        tiny.build().save_pretrained(being_written)
        being_written.rename(folder)
    return folder


def adapter_node(name: str, checkpoint: Path, tiny: Tiny, /, **changes: Any) -> dict[str, Any]:
    """The adapter's node of conf/model/<name>.yaml, for a tiny checkpoint in single precision on the CPU."""
    model = composed("generate", f"model={name}").model
    node = {
        **model.adapter,
        "checkpoint": str(checkpoint), "revision": None, "variant": None, "dtype": "float32",
        "components": {}, "needs": [],
        "placement": {"device": "cpu"},
    }  # fmt: skip
    for key, value in {**tiny.changes, **changes}.items():
        place, last = node, key
        while "." in last:
            first, _, last = last.partition(".")
            place[first] = dict(place[first])
            place = place[first]
        place[last] = value
    return node


def make_adapter(node: Mapping[str, Any], tiny: Tiny) -> Diffusers:
    """The adapter that a node describes."""
    adapter = TinyDiffusers(**{key: value for key, value in node.items() if key != "_target_"})
    adapter.extra = tiny.components() if tiny.components else {}
    return adapter


def loaded(name: str, folder: Path, tiny: Tiny | None = None, /, **changes: Any) -> Diffusers:
    """The adapter of conf/model/<name>.yaml over its tiny checkpoint, or over another one, loaded."""
    tiny = tiny or tiny_models()[name]
    adapter = make_adapter(adapter_node(name, saved(tiny, folder / tiny.build.__name__), tiny, **changes), tiny)
    adapter.load()
    return adapter


@cache
def pipeline(name: str) -> Any:
    """The tiny pipeline of a model itself."""
    pipe = tiny_models()[name].build()
    pipe.set_progress_bar_config(disable=True)
    return pipe


def frames_of(clip: Clip) -> Frames:
    """A clip's frames, those that echo the conditioning first."""
    assert isinstance(clip.frames, np.ndarray)
    return clip.frames


def run_settings(results: Path, name: str, node: dict[str, Any], **changes: Any) -> GenerateSettings:
    """A run of one clip over the small data set."""
    model = replace(composed("generate", f"model={name}").model, adapter=node)
    base = settings(results, model=model, select=SelectSettings(ids=["0001"]))
    return replace(base, **changes)


def run_whole(results: Path, name: str, checkpoint: Path, tiny: Tiny, **changes: Any) -> tuple[Outcome, Diffusers]:
    """One invocation of the main job with a tiny checkpoint; the adapter is returned for a look at it."""
    node = adapter_node(name, checkpoint, tiny)
    adapter = make_adapter(node, tiny)
    return generate(run_settings(results, name, node, **changes), lambda _: adapter), adapter
