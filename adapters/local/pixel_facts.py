"""What can change a pixel of a loaded pipeline and that no setting names, as facts for the record."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

_SETTINGS = ("CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")
"""Environment variables by which CUDA's libraries round or choose their algorithms."""


def pixel_facts(pipe: Any) -> dict[str, Any]:
    """The real class of every part, the attention back-ends at work, and how torch rounds and chooses algorithms."""
    parts = getattr(pipe, "components", {})
    return {
        "parts": {name: _kind(part) for name, part in parts.items() if part is not None},
        "attention": {name: found for name, part in parts.items() if (found := _attention(part))},
        **_numerics(),
    }


def _kind(part: Any) -> str:
    """A part's class; a processor of pictures and text with the class of its picture half."""
    inner = getattr(part, "image_processor", None)
    name = type(part).__name__
    return name if inner is None else f"{name}({type(inner).__name__})"


def _attention(part: Any) -> str | None:
    """What a model's attention runs on: a back-end of diffusers or transformers, else the classes that do it."""
    chosen = getattr(getattr(part, "config", None), "_attn_implementation", None)
    if chosen:
        return str(chosen)
    if not hasattr(part, "modules"):
        return None
    found = set()
    for module in part.modules():
        processor: Any = getattr(module, "processor", None)
        if hasattr(processor, "_attention_backend"):
            own = processor._attention_backend  # noqa: SLF001  (diffusers tells it nowhere else)
            found.add(_default() if own is None else str(getattr(own, "value", own)))
        elif processor is not None:
            found.add(type(processor).__name__)
    return ", ".join(sorted(found)) or None


def _default() -> str:
    """The back-end of whoever chose none; $DIFFUSERS_ATTN_BACKEND names it."""
    from diffusers.models.attention_dispatch import _AttentionBackendRegistry

    return str(_AttentionBackendRegistry.get_active_backend()[0].value)


def _numerics() -> Mapping[str, Any]:
    import torch

    cuda, cudnn = torch.backends.cuda, torch.backends.cudnn
    return {
        "tf32": {"matmul": _tf32(cuda.matmul), "cudnn": _tf32(cudnn)},
        "reduced_precision": {
            "bf16": str(cuda.matmul.allow_bf16_reduced_precision_reduction),
            "fp16": str(cuda.matmul.allow_fp16_reduced_precision_reduction),
        },
        "deterministic": {
            "torch": torch.are_deterministic_algorithms_enabled(),
            "cudnn": cudnn.deterministic,
            "cudnn_benchmark": cudnn.benchmark,
        },
        "sdp": [name for name in ("flash", "mem_efficient", "math", "cudnn") if getattr(cuda, f"{name}_sdp_enabled")()],
        "environment": {name: os.environ.get(name) for name in _SETTINGS},
    }


def _tf32(library: Any) -> bool | str:
    """Whether float32 is rounded to TF32; torch refuses the question where it was set in its newer way."""
    try:
        return bool(library.allow_tf32)
    except RuntimeError:
        return str(library.fp32_precision)
