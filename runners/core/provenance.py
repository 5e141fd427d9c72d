"""Where a clip comes from: versions, code state and hardware, recorded because they can change pixels."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

# Packages whose version can change a pixel or a score; those not installed are left out.
_PACKAGES = (
    "physics-iq-harness", "numpy", "av", "opencv-python-headless", "opencv-python", "pillow", "imageio", "hydra-core",
    "pymunk", "torch", "diffusers", "transformers", "accelerate", "safetensors",
    "huggingface_hub", "tokenizers", "peft", "torchao", "bitsandbytes", "gguf", "xformers", "sageattention",
    "flash-attn", "kernels",
)  # fmt: skip
# Those that libraries do without, to other pixels, where they are not installed: their absence is told.
_OPTIONAL = ("torchvision", "ftfy", "sentencepiece")
ABSENT = "not installed"
TOLD_SINCE = frozenset({*_OPTIONAL, "driver", "compute_capability"})
"""Facts that records of older versions do not hold: nothing follows from their absence there."""

_DRIVERS = {
    "/proc/driver/nvidia/version": r"NVRM version:.*?\s(\d+(?:\.\d+)+)\s",
    "/sys/module/amdgpu/version": r"(\S+)",
}


@cache
def versions() -> dict[str, str]:
    """Versions of Python, of the packages that can change a result, and of the harness's own code (git)."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    for name in _OPTIONAL:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ABSENT
    revision = git_revision(Path(__file__).resolve().parents[2])
    if revision:
        found["git"] = revision
    return found


def git_revision(folder: Path) -> str | None:
    """The commit of a checkout, with `+changes` if files differ from it; None outside of one."""
    if not (folder / ".git").exists():
        return None
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return commit + ("+changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["git", "-C", str(folder), *words],  # noqa: S607
        capture_output=True, text=True, check=True, timeout=10,
    )  # fmt: skip
    return done.stdout.strip()


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def hardware() -> dict[str, Any]:
    """The machine: processor, cores, and GPUs where torch is already loaded (it is never imported for this).

    A driver brings the compiler of kernels, and the compute capability decides which of them are run.
    """
    found: dict[str, Any] = {
        "machine": platform.machine(),
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
    }
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        found["gpus"] = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        found["compute_capability"] = [
            ".".join(map(str, torch.cuda.get_device_capability(index))) for index in range(torch.cuda.device_count())
        ]
        found["driver"] = _driver()
        found["cuda"], found["cudnn"] = torch.version.cuda or torch.version.hip, torch.backends.cudnn.version()
    return found


@cache
def _driver() -> str | None:
    """The version of the GPU's driver, as its kernel module tells it; None where none does."""
    for path, pattern in _DRIVERS.items():
        try:
            told = re.search(pattern, Path(path).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if told:
            return told[1]
    return None


@cache
def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
