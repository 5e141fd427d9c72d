"""What a pipeline's classes, and this machine, can do of a placement; no weights are needed to tell."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from adapters.errors import SetupError
from adapters.local.placement import attention as _attention
from adapters.local.placement.pixels import WITH_CONTEXT, WITH_TIMESTEP

if TYPE_CHECKING:
    from adapters.local.placement.placement import Placement

_KEY = "model.adapter.placement"
_IN_CHUNKS = "lower model.adapter.call.decode_chunk_size"
_OFFLOADS = {
    "model": "enable_model_cpu_offload",
    "sequential": "enable_sequential_cpu_offload",
    "group": "enable_group_offload",
}


def check_device(wanted: Placement) -> None:
    """Raise SetupError for a device that is not here, or one that there is nothing to offload from."""
    import torch

    device, offloads = wanted.torch_device, wanted.offload != "none" or wanted.text_encoder == "offload"
    kind, _, index = device.partition(":")
    if kind == "cuda" and not torch.cuda.is_available():
        raise SetupError(
            f"{_KEY}.device={device}: torch {torch.__version__} finds no CUDA device here; "
            "install a build of torch for your GPU, or set device=cpu"
        )
    if kind == "cuda" and index and int(index) >= torch.cuda.device_count():
        raise SetupError(f"{_KEY}.device={device}: the GPUs here are cuda:0 to cuda:{torch.cuda.device_count() - 1}")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise SetupError(f"{_KEY}.device={device}: torch {torch.__version__} finds no such device here; set device=cpu")
    if kind == "cpu" and offloads:
        raise SetupError(
            f"{_KEY}: torch finds no accelerator, and there is nothing to offload from; choose placement=cpu"
        )
    if kind != "cuda" and wanted.offload == "group" and wanted.group.get("stream"):
        raise SetupError(f"{_KEY}.group.stream: {kind} has no streams; leave it out")


def can(vae: Any, word: str) -> bool:
    """Whether a VAE class works in tiles or slices (`word`: tiling, slicing).

    Every VAE inherits the switch from diffusers' mixin; one that heeds it sets `use_tiling` or `use_slicing` itself.
    """
    if not hasattr(vae, f"enable_{word}"):
        return False
    for made in inspect.getmro(vae):
        if made.__name__ == "AutoencoderMixin":
            continue
        try:
            if f"self.use_{word}" in inspect.getsource(made):
                return True
        except (OSError, TypeError):  # built in, or made without a source file
            continue
    return False


def check_vae(wanted: Placement, vae: Any) -> None:
    """Raise SetupError for tiles or slices that a VAE class (None: there is no VAE) cannot work in."""
    for setting, word in (("vae_tiling", "tiling"), ("vae_slicing", "slicing")):
        if getattr(wanted, setting) is True and (vae is None or not can(vae, word)):
            hint = f"; {_IN_CHUNKS} instead" if in_chunks_of_frames(vae) else "; leave it out"
            name = "the pipeline's VAE" if vae is None else vae.__name__
            raise SetupError(f"{_KEY}.{setting}: {name} has no {word}{hint}")


def in_chunks_of_frames(vae: Any) -> bool:
    """Whether a VAE class is that of Stable Video Diffusion, whose call says how many frames are decoded at a time."""
    return vae is not None and "TemporalDecoder" in vae.__name__


def check_pipeline(wanted: Placement, pipeline_class: Any, components: Mapping[str, Any]) -> None:
    """Raise SetupError for what the pipeline's class cannot do."""
    name = pipeline_class.__name__
    if wanted.lora and not hasattr(pipeline_class, "load_lora_weights"):
        raise SetupError(f"{_KEY}.lora: {name} takes no LoRA")
    way = _OFFLOADS.get(wanted.offload)
    if way and not hasattr(pipeline_class, way):
        raise SetupError(f"{_KEY}.offload={wanted.offload}: {name} does not support it; leave it out")
    if wanted.offload == "model" and not getattr(pipeline_class, "model_cpu_offload_seq", None):
        raise SetupError(f"{_KEY}.offload=model: {name} does not support it; use offload=sequential")
    if wanted.offload == "group":
        if wanted.quantization:
            raise SetupError(f"{_KEY}: offload=group does not go with quantization; use offload=model")
        for part in components.values():
            if not getattr(part, "_supports_group_offloading", True):
                raise SetupError(
                    f"{_KEY}.offload=group: {part.__name__} does not support it; use offload=model or sequential"
                )
    encodes = any(part.startswith("text_encoder") for part in components)
    if wanted.text_encoder == "offload" and encodes and not hasattr(pipeline_class, "encode_prompt"):
        raise SetupError(f"{_KEY}.text_encoder=offload: {name} does not tell when a text is encoded; leave it out")
    if wanted.cache:
        _check_cache(str(wanted.cache["kind"]), pipeline_class)


def _check_cache(kind: str, pipeline_class: Any) -> None:
    """A cache that lives between steps needs a pipeline that says which pass, or which step, it is at."""
    name = pipeline_class.__name__
    if name == "ModularPipeline":  # its blocks say it
        return
    if kind in WITH_CONTEXT and "cache_context(" not in inspect.getsource(pipeline_class):
        raise SetupError(f"{_KEY}.cache: {name} does not tell its passes apart, which {kind} needs; leave it out")
    if kind == "sea" and not re.search(r"cache_context\([^)]*step_index", inspect.getsource(pipeline_class)):
        raise SetupError(f"{_KEY}.cache: {name} does not tell its steps, which sea needs; leave it out")
    if kind in WITH_TIMESTEP and not hasattr(pipeline_class, "current_timestep"):
        raise SetupError(f"{_KEY}.cache: {name} does not tell its time step, which {kind} needs; leave it out")


def check_denoiser(wanted: Placement, denoiser: Any) -> None:
    """Raise SetupError for what the class of a transformer or UNet cannot do."""
    name = denoiser.__name__
    if wanted.cache and not hasattr(denoiser, "enable_cache"):
        raise SetupError(f"{_KEY}.cache: {name} cannot keep steps; leave it out")
    if wanted.compile and not getattr(denoiser, "_repeated_blocks", None):
        raise SetupError(f"{_KEY}.compile: {name} names no repeated blocks; leave it out")
    if wanted.attention:
        _attention.check(wanted.attention, denoiser)


def advice(wanted: Placement, vae: Any, given: Collection[str]) -> str:
    """The settings not yet used that need less memory, as on a command line; `given` are the keys that are there."""

    def fragment(key: str, value: str) -> str:
        return f"{'' if key in given else '+'}{_KEY}.{key}={value}"  # Hydra wants a + for a key that is added

    ways = []
    if wanted.torch_device != "cpu":
        keep = f" {fragment('text_encoder', 'keep')}" if wanted.text_encoder == "offload" else ""
        if wanted.offload == "none":
            ways.append(fragment("offload", "model") + keep)
        if wanted.offload != "sequential":
            ways.append(fragment("offload", "sequential") + keep)
    if not wanted.vae_tiling and vae is not None and can(vae, "tiling"):
        ways.append(f"{fragment('vae_tiling', 'true')} (changes pixels a little)")
    if in_chunks_of_frames(vae):
        ways.append(_IN_CHUNKS)
    return f"try {', or '.join(ways)}" if ways else "use a smaller model or size, or a larger device"
