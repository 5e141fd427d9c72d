"""Where and how a pipeline runs: device, offloading, tiling, attention, compilation, caches, quantization, LoRA.

What only decides where and how fast the same pixels are made is no part of a run's identity; what changes them is.
"""

from __future__ import annotations

import dataclasses
import gc
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.errors import MissingDependency, SetupError, raise_lacking
from adapters.local.placement import abilities as _abilities
from adapters.local.placement import attention as _attention
from adapters.local.placement import pixels as _pixels
from adapters.local.settings import chosen, importable
from adapters.messages import near

_KEY = "model.adapter.placement"
DENOISERS = ("transformer", "transformer_2", "unet")
_SWITCHES = {"vae_tiling": (True, False, "auto"), "vae_slicing": (True, False), "compile": (True, False)}


@dataclass(frozen=True)
class Placement:
    """The `placement` of a model's YAML.

    `vae_tiling` "auto" means tiles where the VAE has them: for settings that serve many models.
    """

    device: str = "auto"
    offload: str = "none"
    group: Mapping[str, Any] = field(default_factory=dict)
    vae_tiling: bool | str = False
    vae_slicing: bool = False
    attention: str | None = None
    compile: bool = False
    text_encoder: str = "keep"
    cache: Mapping[str, Any] | None = None
    quantization: Mapping[str, Any] | None = None
    lora: Sequence[Mapping[str, Any]] = ()
    threads: int | None = None
    _facts: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """For advice: the keys that were `given`, and the class of the `vae`, once it is known."""

    @classmethod
    def parse(cls, mapping: Mapping[str, Any]) -> Placement:
        """Read a YAML's `placement`; a key that is null has its default. Raises SetupError for unknown keys, words."""
        known = [field.name for field in dataclasses.fields(cls) if field.init]
        for key in mapping:
            if key not in known:
                raise SetupError(f"{_KEY} has no {key}{near(str(key), known)}; it has {', '.join(known)}")
        placement = cls(**{key: value for key, value in mapping.items() if value is not None})
        placement._facts["given"] = set(mapping)
        placement._check_words()
        _pixels.check_settings(placement.cache, placement.quantization, placement.lora)
        return placement

    def _check_words(self) -> None:
        if not re.fullmatch(r"auto|cpu|mps|(cuda|xpu)(:\d+)?", str(self.device)):
            raise SetupError(f"{_KEY}.device: unknown {self.device!r}; one of auto, cpu, cuda, cuda:1 …, mps")
        chosen("placement.offload", self.offload, ("none", "model", "sequential", "group"))
        chosen("placement.text_encoder", self.text_encoder, ("keep", "offload"))
        for key, choices in _SWITCHES.items():
            if not any(getattr(self, key) is word or getattr(self, key) == word == "auto" for word in choices):
                words = "true, false or auto" if "auto" in choices else "true or false"
                raise SetupError(f"{_KEY}.{key}={getattr(self, key)!r} is neither {words}")
        if not isinstance(self.group, Mapping):
            raise SetupError(f"{_KEY}.group={self.group!r}: write {{type: …, blocks: …, stream: …, to_disk: …}}")
        for key in self.group:
            chosen("placement.group", key, ("type", "blocks", "stream", "to_disk"))
        chosen("placement.group.type", self.group.get("type", "block_level"), ("block_level", "leaf_level"))
        _positive("group.blocks", self.group.get("blocks"))
        _positive("threads", self.threads)
        if self.offload != "none" and self.text_encoder == "offload":
            raise SetupError(f"{_KEY}: offload={self.offload} moves the text encoder already; set text_encoder=keep")

    def identity(self) -> dict[str, Any]:
        """The part that changes pixels; empty if nothing does."""
        rough = self.attention is not None and _attention.is_approximate(self.attention)
        found: dict[str, Any] = {
            "vae_tiling": self.vae_tiling,
            "cache": dict(self.cache or {}),
            "quantization": dict(self.quantization or {}),
            "lora": [dict(lora) for lora in self.lora],
            "attention": self.attention if rough else None,
        }
        return {key: value for key, value in found.items() if value}

    def packages(self) -> None:
        """Raise MissingDependency for a back-end that is not installed; imports nothing."""
        raise_lacking(self.lacking())

    def lacking(self) -> Iterator[MissingDependency]:
        """The back-ends that are not installed; imports nothing."""
        wanted = [(name, name, f"pip install {name}") for name in _pixels.packages(self.quantization, self.lora)]
        if self.attention and (needed := _attention.package(self.attention)):
            wanted.append(needed)
        for module, package, line in wanted:
            if not importable(module):
                yield MissingDependency(package, line)

    @property
    def torch_device(self) -> str:
        """The device that the pipeline works on; `auto` is the first accelerator there is, else the CPU."""
        if self.device != "auto":
            return self.device
        import torch

        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"

    def check(self, pipeline_class: Any, components: Mapping[str, Any], kinds: Collection[str] = ()) -> None:
        """Raise SetupError for what a pipeline's classes cannot do; their weights are not needed for it.

        `components` are the classes of its parts, by name; `kinds`: of attention, that its checkpoint names.
        """
        _attention.check_kinds(self.attention, kinds)
        vae = self._facts["vae"] = components.get("vae")
        _abilities.check_device(self)
        _abilities.check_vae(self, vae)
        for name in DENOISERS:
            if name in components:
                _abilities.check_denoiser(self, components[name])
        _abilities.check_pipeline(self, pipeline_class, components)

    def load_arguments(self, dtype: Any, components: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """What `from_pretrained` is given for quantization: a configuration, or a part read from a GGUF file."""
        return _pixels.quantized(self.quantization, dtype, components, folder) if self.quantization else {}

    def apply(self, pipe: Any, loras: Sequence[Path] = ()) -> None:
        """Change and place a pipeline that was loaded. `loras` are the files behind `lora`, in its order."""
        import torch

        if self.threads is not None:
            torch.set_num_threads(self.threads)
        _pixels.add_loras(pipe, self.lora, loras)
        vae = getattr(pipe, "vae", None)
        if self.vae_tiling is True or (self.vae_tiling == "auto" and vae and _abilities.can(type(vae), "tiling")):
            pipe.vae.enable_tiling()
        if self.vae_slicing:
            pipe.vae.enable_slicing()
        for denoiser in (getattr(pipe, name, None) for name in DENOISERS):
            if denoiser is not None:
                self._prepare(denoiser, pipe)
        self._move(pipe)

    def _prepare(self, denoiser: Any, pipe: Any) -> None:
        if self.attention:
            _attention.choose(self.attention, denoiser)
        if self.cache:
            _pixels.add_cache(denoiser, self.cache, pipe)
        if self.compile:
            denoiser.compile_repeated_blocks(fullgraph=not self.cache)

    def _move(self, pipe: Any) -> None:
        device = self.torch_device
        if self.offload == "model":
            pipe.enable_model_cpu_offload(device=device)
        elif self.offload == "sequential":
            pipe.enable_sequential_cpu_offload(device=device)
        elif self.offload == "group":
            self._move_in_groups(pipe, device)
        elif self.text_encoder == "offload":
            self._move_all_but_encoders(pipe, device)
        else:
            pipe.to(device)

    def _move_all_but_encoders(self, pipe: Any, device: str) -> None:
        """The encoders never lie on the device together with all the rest, not even while the model is loaded."""
        import torch
        from accelerate import cpu_offload_with_hook

        pipe.parked = []
        for name, part in pipe.components.items():
            if not isinstance(part, torch.nn.Module):
                continue
            if name.startswith("text_encoder"):
                pipe.parked.append(cpu_offload_with_hook(part, device)[1])
            else:
                part.to(device)

    def _move_in_groups(self, pipe: Any, device: str) -> None:
        import torch

        kind = self.group.get("type", "block_level")
        pipe.enable_group_offload(
            onload_device=torch.device(device),
            offload_device=torch.device("cpu"),
            offload_type=kind,
            num_blocks_per_group=int(self.group.get("blocks", 1)) if kind == "block_level" else None,
            use_stream=bool(self.group.get("stream", False)),
            offload_to_disk_path=self.group.get("to_disk"),
        )

    def after_encoding(self, pipe: Any) -> Callable[[], None]:
        """What to call when a text was encoded: sends the encoders back to main memory if they are to stay there."""

        def leave() -> None:
            for hook in getattr(pipe, "parked", None) or []:
                hook.offload()

        return leave

    def before_clip(self, pipe: Any) -> None:
        """Forget what step caches hold of the clip before: a clip must not depend on which one came first."""
        for name in DENOISERS:
            denoiser = getattr(pipe, name, None)
            if self.cache and denoiser is not None:
                denoiser._reset_stateful_cache()  # noqa: SLF001  (pipelines call it at their end; a failed one did not)

    def advice(self) -> str:
        """The settings not yet used that need less memory, as they are written on a command line."""
        return _abilities.advice(self, self._facts.get("vae"), self._facts.get("given", ()))

    def release(self, pipe: Any) -> None:
        """Make a pipeline ready again after a call that ended in the middle, and free what it left. Never raises."""
        with suppress(Exception):
            self.after_encoding(pipe)()
        with suppress(Exception):
            if hasattr(pipe, "maybe_free_model_hooks"):
                pipe.maybe_free_model_hooks()
        with suppress(Exception):
            self.free()

    def free(self) -> None:
        """Give memory that nothing holds any more back to the device."""
        gc.collect()
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _positive(key: str, value: Any) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise SetupError(f"{_KEY}.{key}={value!r} must be a whole number, at least 1")
