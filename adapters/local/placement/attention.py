"""Attention back-ends of diffusers: which packages they need, which round, and how one denoiser is given its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from adapters.errors import SetupError
from adapters.messages import in_a_line, near

_KEY = "model.adapter.placement.attention"
_PACKAGES = {  # beginning of a back-end's name: (module, package, how it is installed)
    "flash": ("flash_attn", "flash-attn", "pip install flash-attn --no-build-isolation"),
    "_flash": (
        "flash_attn_3", "flash-attn 3",
        'pip install "git+https://github.com/Dao-AILab/flash-attention.git#subdirectory=hopper"',
    ),
    "sage": ("sageattention", "sageattention", "pip install sageattention"),
    "_sage": ("sageattention", "sageattention", "pip install sageattention"),
    "xformers": ("xformers", "xformers", "pip install xformers"),
    "_native_npu": ("torch_npu", "torch_npu", "pip install torch_npu"),
    "_native_xla": ("torch_xla", "torch_xla", "pip install torch_xla"),
}  # fmt: skip


def package(name: str) -> tuple[str, str, str] | None:
    """Module, package and line of installation that a back-end needs beside torch."""
    if name.endswith("_hub"):
        return "kernels", "kernels", "pip install kernels"
    return next((wanted for word, wanted in _PACKAGES.items() if name.startswith(word)), None)


def is_approximate(name: str) -> bool:
    """Whether a back-end rounds to few bits: its pixels differ visibly, unlike those of exact kernels."""
    return "sage" in name or "fp8" in name


def check(name: str, denoiser: Any) -> None:
    """Raise SetupError for a back-end that is none, or a class of denoiser that takes none."""
    from diffusers.models.attention_dispatch import AttentionBackendName

    known = [member.value for member in AttentionBackendName]
    if name not in known:
        raise SetupError(f"{_KEY}: unknown {name}{near(name, known)}; one of {', '.join(known)}")
    if "UNet" in denoiser.__name__ or not hasattr(denoiser, "set_attention_backend"):
        raise SetupError(f"{_KEY}: {denoiser.__name__} has attention of its own kind; leave it out")


def check_kinds(name: str | None, kinds: Collection[str]) -> None:
    """Raise SetupError for sparse attention on a back-end without it: it would fail with a TypeError at step one."""
    if "nabla" in kinds and name != "flex":
        raise SetupError(
            f"{_KEY}={name or 'null'}: this checkpoint's attention is sparse (nabla), which flex alone can do; "
            f"set {_KEY}=flex {_KEY.removesuffix('attention')}compile=true"
        )


def choose(name: str, denoiser: Any) -> None:
    """Set the back-end of one denoiser, and not that of other models in this process, which diffusers changes too."""
    from diffusers.models.attention_dispatch import _AttentionBackendRegistry

    before, _ = _AttentionBackendRegistry.get_active_backend()
    try:
        denoiser.set_attention_backend(name)
    except (RuntimeError, ValueError, ImportError, OSError) as error:
        raise SetupError(f"{_KEY}={name}: {in_a_line(error)}") from error
    finally:
        _AttentionBackendRegistry.set_active_backend(before)
    if not any(hasattr(getattr(part, "processor", None), "_attention_backend") for part in denoiser.modules()):
        raise SetupError(f"{_KEY}: {type(denoiser).__name__} has attention of its own kind; leave it out")
