"""What this machine has of what models need, found out without loading anything."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from runners.catalogue.facts import Facts

if TYPE_CHECKING:
    from adapters import Adapter

_LOCAL = ("torch", "diffusers", "transformers", "accelerate")
"""Of the extra `local`: with one of them missing, no pipeline runs."""
_ASKED_FOR_S = 5


class Machine:
    """Looked at once, at the first question."""

    def missing(self, adapter: Adapter, node: Mapping[str, Any], facts: Facts) -> tuple[str, ...]:
        """What a run of this model lacks here: packages, keys by the names of their variables, memory."""
        return tuple(self._missing(adapter, node, facts))

    def _missing(self, adapter: Adapter, node: Mapping[str, Any], facts: Facts) -> Iterator[str]:
        target = str(node.get("_target_", ""))
        if target.startswith("adapters.local."):
            if any(not self.has(package) for package in _LOCAL):
                yield "pip install -e '.[local]'"
            wanted = [str(name) for name in node.get("needs") or () if not self.has(str(name))]
            if wanted:
                yield f"pip install {' '.join(wanted)}"
            yield from self._memory(facts)
        if ".vertex." in str(node.get("provider", "")) and not self.has("google.auth"):
            yield "pip install -e '.[vertex]'"
        yield from (f"${key}" for key in adapter.needs.keys if not os.environ.get(key))

    def _memory(self, facts: Facts) -> Iterator[str]:
        if self.gpu_gb is None:
            yield "a GPU"
        elif facts.memory_gb is not None and facts.memory_gb > self.gpu_gb:
            yield f"{facts.memory_gb:g} GB of GPU memory (here: {self.gpu_gb:.0f})"

    def has(self, package: str) -> bool:
        """Whether a package is installed; it is not imported."""
        try:
            return importlib.util.find_spec(package) is not None
        except (ImportError, ValueError):
            return False

    @cached_property
    def gpu_gb(self) -> float | None:
        """Memory of the largest GPU in GB (10⁹ bytes), as NVIDIA's own tool says; None if none is seen."""
        tool = shutil.which("nvidia-smi")
        if tool is None:
            return None
        words = [tool, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
        try:
            told = subprocess.run(words, capture_output=True, text=True, timeout=_ASKED_FOR_S).stdout  # noqa: PLW1510, S603
        except (OSError, subprocess.SubprocessError):
            return None
        sizes = [int(line) for line in told.split() if line.isdigit()]
        return max(sizes) * 2**20 / 1e9 if sizes else None
