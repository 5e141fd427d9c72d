"""Which files of a repository make up a pipeline, or one part of it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from adapters.errors import SetupError

INDEXES = ("model_index.json", "modular_model_index.json")
PLAIN = {".json", ".jinja", ".model", ".txt", ".tiktoken", ".py"}
UNSAFE = {".bin", ".ckpt", ".pt", ".pth"}
"""Formats whose loading can run code."""
_VARIANT = re.compile(
    r"(diffusion_pytorch_model|pytorch_model|model|pytorch_lora_weights)(-\d+-of-\d+)?"
    r"\.(?P<variant>\w+)(-\d+-of-\d+)?\.(safetensors|bin)"
)


@dataclass(frozen=True)
class Listed:
    """A file of a repository: its name with folders, its size in bytes, its name among the cache's blobs."""

    name: str
    size: int = 0
    blob: str = ""

    @property
    def folder(self) -> str:
        """The folder it lies in; "" at the top."""
        return self.name.rpartition("/")[0]

    @property
    def suffix(self) -> str:
        """Its ending, with the dot."""
        return PurePosixPath(self.name).suffix


@dataclass(frozen=True)
class Wanted:
    """What is asked of a repository: see `adapters.local.weights.hub.fetch`."""

    checkpoint: str
    variant: str | None = None
    skip: frozenset[str] = frozenset()
    subfolder: str | None = None
    safetensors_only: bool = True

    def index(self, files: Collection[Listed]) -> str | None:
        """The file that names the components, if a whole pipeline is asked for. Raises SetupError if there is none."""
        if self.subfolder is not None:
            return None
        names = {file.name for file in files}
        for name in INDEXES:
            if name in names:
                return name
        raise SetupError(
            f"{self.checkpoint} has no model_index.json: it is no diffusers pipeline; "
            "many models have a second repository with -Diffusers at its end"
        )

    def files(self, files: Collection[Listed], index: dict[str, Any]) -> list[Listed]:
        """The files to fetch, each once. Raises SetupError where a part has no weights that may be taken.

        Of a part with weights of the variant, only those; else its plain ones; never weights in two formats.
        """
        if self.subfolder is not None:
            folders, chosen = [self.subfolder.strip("/")], []
        else:
            folders = sorted(name for name, part in index.items() if name not in self.skip and _is_component(part))
            chosen = [file for file in files if file.name in INDEXES]
        for folder in folders:
            group = [file for file in files if file.folder == folder]
            plain = [file for file in group if file.suffix in PLAIN and file not in chosen]
            chosen += plain + self._weights(group, f"{self.checkpoint}/{folder}".rstrip("/"))
        if not chosen:
            raise SetupError(f"{self.checkpoint} has nothing to load in {self.subfolder or 'its top folder'}")
        return chosen

    def _weights(self, group: list[Listed], where: str) -> list[Listed]:
        safe = [file for file in group if file.suffix == ".safetensors"]
        unsafe = [file for file in group if file.suffix in UNSAFE]
        if unsafe and not safe and self.safetensors_only:
            raise SetupError(
                f"{where} has weights only as {unsafe[0].suffix}, which can run code when it is loaded; "
                "if you trust its authors: model.adapter.safetensors_only=false"
            )
        by_variant: dict[str | None, list[Listed]] = {}
        for file in safe or unsafe:
            by_variant.setdefault(_variant(file.name), []).append(file)
        chosen = (self.variant and by_variant.get(self.variant)) or by_variant.get(None)
        if by_variant and not chosen:
            words = ", ".join(sorted(str(name) for name in by_variant))
            raise SetupError(f"{where} has weights only as a variant: set model.adapter.variant to one of {words}")
        return chosen or []


def read_index(path: Path, checkpoint: str) -> dict[str, Any]:
    """The components by name, as an index names them. Raises SetupError for a file that is none."""
    try:
        index = json.loads(path.read_text("utf-8"))
    except ValueError:
        index = None
    if not isinstance(index, dict):
        raise SetupError(f"{checkpoint}: its {path.name} is no JSON object")
    return index


def _is_component(part: object) -> bool:
    """Whether an entry of an index stands for a part with files: [library, class], or a third that says where."""
    match part:
        case [str(), *_] | [None, None, dict()]:
            return True
        case _:
            return False


def _variant(name: str) -> str | None:
    found = _VARIANT.fullmatch(PurePosixPath(name).name)
    return found["variant"] if found else None
