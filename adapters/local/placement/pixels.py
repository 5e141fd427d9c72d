"""The parts of a placement that change pixels: step caches, quantization, LoRA."""

from __future__ import annotations

import importlib
import inspect
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.errors import SetupError
from adapters.local.settings import chosen
from adapters.messages import in_a_line, near

_KEY = "model.adapter.placement"
CACHES = {
    "first_block": "FirstBlockCacheConfig",
    "taylorseer": "TaylorSeerCacheConfig",
    "faster": "FasterCacheConfig",
    "pyramid_attention": "PyramidAttentionBroadcastConfig",
    "mag": "MagCacheConfig",
    "sea": "SeaCacheConfig",
}
WITH_CONTEXT = ("first_block", "taylorseer", "mag", "sea")
"""Caches that keep the passes with and without the prompt apart; the pipeline must say which one it is in."""
WITH_TIMESTEP = ("faster", "pyramid_attention")
BACKENDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    # name: (package, configuration class, arguments that the name implies)
    "torchao": ("torchao", "TorchAoConfig", {}),
    "bitsandbytes_8bit": ("bitsandbytes", "BitsAndBytesConfig", {"load_in_8bit": True}),
    "bitsandbytes_4bit": ("bitsandbytes", "BitsAndBytesConfig", {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}),
    "gguf": ("gguf", "GGUFQuantizationConfig", {}),
}  # fmt: skip


def check_settings(
    cache: Mapping[str, Any] | None, quantization: Mapping[str, Any] | None, loras: Sequence[Mapping[str, Any]]
) -> None:
    """Raise SetupError for settings that make no sense, before anything is imported."""
    found: tuple[tuple[str, object, str], ...]
    found = ("cache", cache, "{kind: first_block, …}"), ("quantization", quantization, "{backend: torchao, …}")
    for key, value, example in found:
        if value is not None and not isinstance(value, Mapping):
            raise SetupError(f"{_KEY}.{key}={value!r}: write {example}")
    if cache:
        chosen("placement.cache.kind", cache.get("kind"), CACHES)
    if quantization:
        _check_quantization(quantization)
    if isinstance(loras, str | Mapping) or not all(isinstance(lora, Mapping) for lora in loras):
        raise SetupError(f"{_KEY}.lora={loras!r}: write a list, [{{path: …, weight: 1.0}}]")
    for lora in loras:
        if set(lora) - {"path", "file", "weight", "part"} or "path" not in lora:
            raise SetupError(f"{_KEY}.lora: each has a path, and may have a file, a weight, a part; got {dict(lora)}")
        if "part" in lora:
            chosen("placement.lora.part", lora["part"], ("transformer", "transformer_2"))
        if isinstance(lora.get("weight", 1.0), bool) or not isinstance(lora.get("weight", 1.0), int | float):
            raise SetupError(f"{_KEY}.lora: weight={lora['weight']!r} is no number")


def _check_quantization(settings: Mapping[str, Any]) -> None:
    chosen("placement.quantization.backend", settings.get("backend"), BACKENDS)
    file = settings.get("file")
    if settings["backend"] == "gguf" and (file is None or not Path(str(file)).expanduser().is_file()):
        raise SetupError(f"{_KEY}.quantization.file={file}: there is no such GGUF file")
    if settings["backend"] == "torchao" and not settings.get("quant_type"):
        raise SetupError(f"{_KEY}.quantization: torchao needs a quant_type, such as Int8WeightOnlyConfig")


def packages(quantization: Mapping[str, Any] | None, loras: Sequence[Mapping[str, Any]]) -> list[str]:
    """What must be installed for these settings."""
    wanted = [BACKENDS[quantization["backend"]][0]] if quantization else []
    return [*wanted, *(["peft"] if loras else [])]


def add_cache(denoiser: Any, settings: Mapping[str, Any], pipe: Any) -> None:
    """Let a denoiser keep steps. Raises SetupError for settings that do not fit it, or would do nothing."""
    kind, name = settings["kind"], type(denoiser).__name__
    config = cache_config(settings, pipe)
    try:
        denoiser.enable_cache(config)
    except (ValueError, AttributeError, NotImplementedError) as error:
        raise SetupError(f"{_KEY}.cache: {kind} does not fit {name}: {in_a_line(error)}") from error
    hooks = (getattr(part, "_diffusers_hook", None) for part in denoiser.modules())
    if not any(hook is not None and hook.hooks for hook in hooks):  # diffusers finds layers by their names
        hint = "; set use_lite_mode=true, or cache_identifiers" if kind == "taylorseer" else ""
        raise SetupError(f"{_KEY}.cache: {kind} with these settings finds no layer of {name} to keep{hint}")


def cache_config(settings: Mapping[str, Any], pipe: Any) -> Any:
    """The configuration of a step cache. Raises SetupError for an argument that it does not take."""
    import diffusers

    made = getattr(diffusers, CACHES[settings["kind"]])
    arguments = {key: value for key, value in settings.items() if key != "kind"}
    known = inspect.signature(made).parameters
    for key, value in arguments.items():
        if key not in known:
            raise SetupError(f"{_KEY}.cache: {settings['kind']} has no {key}{near(key, known)}")
        if key.endswith("dtype") and isinstance(value, str):
            arguments[key] = _dtype(key, value)
        elif isinstance(value, list) and "range" in key:
            arguments[key] = tuple(value)
    if "current_timestep_callback" in known:
        arguments["current_timestep_callback"] = lambda: pipe.current_timestep
    try:
        return made(**arguments)
    except (TypeError, ValueError) as error:
        raise SetupError(f"{_KEY}.cache: {in_a_line(error)}") from error


def _dtype(key: str, word: str) -> Any:
    import torch

    found = getattr(torch, word, None)
    if not isinstance(found, torch.dtype):
        raise SetupError(f"{_KEY}.cache.{key}: unknown {word!r}; such as bfloat16 or float32")
    return found


def quantized(
    settings: Mapping[str, Any], dtype: Any, components: Mapping[str, Any], folder: Path
) -> dict[str, Any]:  # fmt: skip
    """Arguments of `from_pretrained` that quantize the named components (default: the denoisers)."""
    denoisers = [name for name in ("transformer", "transformer_2", "unet") if name in components]
    names = list(settings.get("components") or denoisers)
    for name in names:
        chosen("placement.quantization.components", name, components)
    backend = settings["backend"]
    _, config, implied = BACKENDS[backend]
    own = ("backend", "components", "file", "quant_arguments")
    arguments = {**implied, **{key: value for key, value in settings.items() if key not in own}}
    compute = dtype.get("default") if isinstance(dtype, dict) else dtype
    try:
        if backend == "gguf":
            return _from_gguf(settings, names, compute, components, folder)
        if backend == "bitsandbytes_4bit":
            arguments.setdefault("bnb_4bit_compute_dtype", compute)
        if backend == "torchao":
            arguments["quant_type"] = _torchao_type(settings)
        from diffusers import PipelineQuantizationConfig

        mapping = {name: _config_class(config, components[name])(**arguments) for name in names}
        return {"quantization_config": PipelineQuantizationConfig(quant_mapping=mapping)}
    except (TypeError, ValueError, ImportError) as error:
        raise SetupError(f"{_KEY}.quantization: {in_a_line(error)}") from error


def _torchao_type(settings: Mapping[str, Any]) -> Any:
    """The object that torchao takes; a YAML names its class, and may give arguments of it."""
    library = importlib.import_module("torchao.quantization")

    word = str(settings["quant_type"])
    choices = [name for name in dir(library) if name.endswith("Config") and name != "AOBaseConfig"]
    chosen("placement.quantization.quant_type", word, choices)
    return getattr(library, word)(**(settings.get("quant_arguments") or {}))


def _config_class(name: str, component: Any) -> Any:
    """The configuration class of the library that the component belongs to."""
    library = importlib.import_module(component.__module__.partition(".")[0])
    return getattr(library, name)


def _from_gguf(
    settings: Mapping[str, Any], names: Sequence[str], compute: Any, components: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    from diffusers import GGUFQuantizationConfig

    if len(names) != 1 or not hasattr(components[names[0]], "from_single_file"):
        raise SetupError(f"{_KEY}.quantization: a GGUF file holds one component; name it with components=[…]")
    file = Path(str(settings["file"])).expanduser()
    try:
        part = components[names[0]].from_single_file(
            str(file), config=str(folder), subfolder=names[0], dtype=compute, local_files_only=True,
            quantization_config=GGUFQuantizationConfig(compute_dtype=compute),
        )  # fmt: skip
    except (OSError, KeyError, RuntimeError) as error:
        raise SetupError(
            f"{_KEY}.quantization.file={file} cannot be read as a {names[0]}: {in_a_line(error)}"
        ) from error
    return {names[0]: part}


def add_loras(pipe: Any, loras: Sequence[Mapping[str, Any]], folders: Sequence[Path]) -> None:
    """Load every LoRA and set their weights. Raises SetupError for one that does not fit."""
    names: dict[str, list[tuple[str, float]]] = {}
    for k, (lora, place) in enumerate(zip(loras, folders, strict=True)):
        part = str(lora.get("part", "transformer"))
        how = {"weight_name": lora["file"]} if lora.get("file") else {}
        how |= {"load_into_transformer_2": True} if part == "transformer_2" else {}
        if part == "transformer_2" and getattr(pipe, part, None) is None:
            raise SetupError(f"{_KEY}.lora: {type(pipe).__name__} has no transformer_2 here; leave part out")
        try:
            with _strange_layers() as strange:
                pipe.load_lora_weights(str(place), adapter_name=f"lora_{k}", local_files_only=True, **how)
        except (ValueError, OSError, RuntimeError, KeyError, IndexError, AttributeError, TypeError) as error:
            raise SetupError(f"{_KEY}.lora: {lora['path']} does not fit: {in_a_line(error)}") from error
        if strange:
            raise SetupError(f"{_KEY}.lora: {lora['path']} does not fit, it is of another model: {strange[0]}")
        names.setdefault(part, []).append((f"lora_{k}", float(lora.get("weight", 1.0))))
    for part, added in names.items():
        owner = getattr(pipe, part, None) if part == "transformer_2" or len(names) > 1 else pipe
        (owner or pipe).set_adapters([name for name, _ in added], [weight for _, weight in added])


@contextmanager
def _strange_layers() -> Iterator[list[str]]:
    """What diffusers says of layers in a LoRA that the model does not have; it goes on with the rest of them."""
    said: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        found = "unexpected keys" in record.getMessage()
        if found:
            said.append(" ".join(record.getMessage().split())[:200])
        return not found

    logger = logging.getLogger("diffusers.utils.peft_utils")
    logger.addFilter(keep)
    try:
        yield said
    finally:
        logger.removeFilter(keep)
