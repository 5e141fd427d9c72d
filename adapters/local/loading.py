"""From a model's YAML to a pipeline in memory.

Classes first, then files, then weights, so that what cannot work is found before anything large is moved.
"""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.errors import MissingDependency, OutOfMemory, SetupError, is_out_of_memory
from adapters.file_hashes import sha256_file
from adapters.local import processors
from adapters.local.placement.placement import DENOISERS, Placement
from adapters.local.settings import INSTALL, importable
from adapters.local.weights.contents import INDEXES, read_index
from adapters.local.weights.hub import Source, fetch
from adapters.messages import in_a_line, near

_PART_KEYS = {"class", "library", "checkpoint", "subfolder", "revision", "variant"}


@dataclass(frozen=True)
class Recipe:
    """What a YAML says about loading; its keys are those of `conf/base/diffusers.yaml`."""

    pipeline: str
    checkpoint: str
    revision: str | None = None
    variant: str | None = None
    dtype: str | Mapping[str, str] = "bfloat16"
    components: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    scheduler: Mapping[str, Any] = field(default_factory=dict)
    guider: Mapping[str, Any] = field(default_factory=dict)
    loader: str = "pipeline"
    workflow: str | None = None
    safetensors_only: bool = True
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        if self.loader not in ("pipeline", "modular"):
            raise SetupError(f"model.adapter.loader={self.loader} is neither pipeline nor modular")
        for name, part in self.components.items():
            unknown = sorted(set(part) - _PART_KEYS)
            if unknown:
                raise SetupError(f"model.adapter.components.{name} has no {unknown[0]}{near(unknown[0], _PART_KEYS)}")
            if "class" not in part or "checkpoint" not in part:
                raise SetupError(f"model.adapter.components.{name} needs a class and a checkpoint")

    @property
    def modular(self) -> bool:
        """Whether it is loaded as a modular pipeline."""
        return self.loader == "modular"


@dataclass(frozen=True)
class Sources:
    """Where the files of a recipe lie: the checkpoint's own, and those of parts from elsewhere."""

    main: Source
    parts: dict[str, Source]
    loras: list[Source] = field(default_factory=list)
    quantized: Source | None = None

    @property
    def revision(self) -> str:
        """The commit of the checkpoint, with those of the parts from elsewhere if there are any."""
        parts = [f"{name}@{source.revision}" for name, source in sorted(self.parts.items())]
        loras = [f"lora@{source.revision}" for source in self.loras]
        quantized = [f"gguf@{self.quantized.revision}"] if self.quantized else []
        return " ".join([self.main.revision, *parts, *loras, *quantized])


def library(name: str) -> Any:
    """An installed package. Raises MissingDependency with the line that installs it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingDependency(error.name or name, INSTALL) from error
    except (ImportError, RuntimeError) as error:
        raise SetupError(f"{name} is installed and cannot be imported: {in_a_line(error)}") from error


def find_class(name: str, where: str = "diffusers") -> Any:
    """A class of an installed library. Raises SetupError with the nearest names for one that is not there."""
    module = library(where)
    found = processors.class_of(module, name)
    if found is None:
        raise SetupError(
            f"{where} {getattr(module, '__version__', '')} has no {name}{near(name, dir(module))}; "
            f"another version may: pip install -U {where}"
        )
    return found


def pipeline_class(recipe: Recipe) -> Any:
    """The class of a recipe's pipeline. Raises SetupError, MissingDependency for what it cleans texts with.

    Wan's and its kin call ftfy for every text, and stumble over its name where it is not installed.
    """
    found = find_class("ModularPipeline" if recipe.modular else recipe.pipeline)
    if "ftfy.fix_text(" in inspect.getsource(inspect.getmodule(found) or found) and not importable("ftfy"):
        raise MissingDependency("ftfy", INSTALL)
    return found


def check_arguments(pipeline_class: Any, names: Iterable[str]) -> None:
    """Raise SetupError for an argument that the pipeline's call does not take."""
    parameters = inspect.signature(pipeline_class.__call__).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for name in names:
        if name not in parameters:
            raise SetupError(f"{pipeline_class.__name__} takes no {name!r}{near(name, parameters)}")


def get_files(recipe: Recipe, placement: Placement) -> Sources:
    """All files of a recipe, from local folders or the hub. Raises SetupError for what cannot be had."""
    safe = recipe.safetensors_only
    main = fetch(
        recipe.checkpoint, recipe.revision, variant=recipe.variant, skip=tuple(recipe.components),
        safetensors_only=safe,
    )  # fmt: skip
    parts = {
        name: fetch(
            str(part["checkpoint"]), part.get("revision"), variant=part.get("variant"),
            subfolder=part.get("subfolder") or "", safetensors_only=safe,
        )
        for name, part in recipe.components.items()
    }  # fmt: skip
    loras = [
        _one_file(lora["path"]) or fetch(str(lora["path"]), subfolder="", safetensors_only=safe)
        for lora in placement.lora
    ]
    return Sources(main, parts, loras, _one_file((placement.quantization or {}).get("file", "")))


def _one_file(path: Any) -> Source | None:
    """A local file with its hash; None if the path is no file."""
    file = Path(str(path)).expanduser()
    return Source(file.absolute(), f"sha256:{sha256_file(file)}") if file.is_file() else None


def component_classes(recipe: Recipe, sources: Sources) -> dict[str, Any]:
    """The classes of all parts, by name, without their weights; parts whose class is not public are left out."""
    listed = _listed(recipe, sources)
    found: dict[str, Any] = {}
    for name, entry in listed.items():
        if isinstance(entry, list) and len(entry) >= 2 and entry[0] in ("diffusers", "transformers"):
            found[name] = processors.class_of(library(entry[0]), entry[1])
    for name, part in recipe.components.items():
        found[name] = find_class(part["class"], part.get("library", "diffusers"))
    return {name: part for name, part in found.items() if part is not None}


def attention_types(recipe: Recipe, sources: Sources) -> set[str]:
    """The kinds of attention that the configurations of a checkpoint's denoisers name; most name none."""
    found = set()
    for name in DENOISERS:
        part = recipe.components.get(name)
        folder = sources.parts[name].path / (part.get("subfolder") or "") if part else sources.main.path / name
        with suppress(OSError, ValueError, AttributeError):
            found.add(str(json.loads((folder / "config.json").read_text("utf-8")).get("attention_type")))
    return found


def _listed(recipe: Recipe, sources: Sources) -> Mapping[str, Any]:
    """The parts of the checkpoint as its own index has them: name → [library, class …]."""
    # A folder may hold both: what a modular pipeline loads is told by its own.
    index = next((path for name in reversed(INDEXES) if (path := sources.main.path / name).is_file()), None)
    return read_index(index, recipe.checkpoint) if index else {}


def dtypes(words: str | Mapping[str, str]) -> Any:
    """A torch dtype, or one per component. Raises SetupError for a word that is none."""
    import torch

    def one(word: str) -> Any:
        found = getattr(torch, word, None)
        if not isinstance(found, torch.dtype):
            raise SetupError(f"model.adapter.dtype: unknown {word!r}; choose bfloat16, float16 or float32")
        return found

    return one(words) if isinstance(words, str) else {name: one(word) for name, word in words.items()}


def load_pipeline(
    recipe: Recipe, pipeline_class: Any, sources: Sources, classes: Mapping[str, Any], placement: Placement,
    extra: Mapping[str, Any],
) -> Any:  # fmt: skip
    """The pipeline with its weights, changed and placed as the recipe says. Raises SetupError for a bad checkpoint.

    `classes` are those of its parts; `extra` are parts made by code.
    """
    try:
        dtype = dtypes(recipe.dtype)
        folder, listed = sources.main.path, _listed(recipe, sources).keys() - recipe.components.keys()
        seeing = processors.read_processors(listed, classes, folder)
        given = {**seeing, **placement.load_arguments(dtype, classes, folder), **extra}
        read = _read_modular if recipe.modular else _read
        with processors.quiet():
            pipe = read(recipe, pipeline_class, sources, dtype, given)
        for part in pipe.components.values():
            processors.settle(part)
        _change(pipe, recipe)
        placement.apply(pipe, [source.path for source in sources.loras])
    except SetupError:
        raise
    except ImportError as error:
        raise SetupError(f"{recipe.checkpoint}: {type(error).__name__}: {in_a_line(error)}") from error
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemory(f"no memory left while {recipe.checkpoint} was loaded; {placement.advice()}") from None
        raise SetupError(f"{recipe.checkpoint} cannot be loaded: {type(error).__name__}: {in_a_line(error)}") from error
    return pipe


def _read(recipe: Recipe, pipeline_class: Any, sources: Sources, dtype: Any, given: Mapping[str, Any]) -> Any:
    arguments: dict[str, Any] = {
        "dtype": dtype,
        "variant": recipe.variant,
        "use_safetensors": True if recipe.safetensors_only else None,
        "trust_remote_code": recipe.trust_remote_code,
        "local_files_only": True,
        **recipe.options,
        **given,
    }
    for name, part in recipe.components.items():
        if name not in arguments:
            arguments[name] = _part(name, part, sources.parts[name].path, dtype, recipe)
    return pipeline_class.from_pretrained(str(sources.main.path), **arguments)


def _read_modular(recipe: Recipe, pipeline_class: Any, sources: Sources, dtype: Any, given: Mapping[str, Any]) -> Any:
    options = {**recipe.options, **({"workflow": recipe.workflow} if recipe.workflow else {})}
    guard = options.pop("enable_safety_checker", None)  # an argument of the pipeline of this name, a method here
    folder = str(sources.main.path)
    pipe = pipeline_class.from_pretrained(folder, trust_remote_code=recipe.trust_remote_code, **options)
    settings = {key: value for key, value in given.items() if key == "quantization_config"}
    parts = {key: value for key, value in given.items() if key not in settings}
    if parts:
        pipe.update_components(**parts)
    own = dtype if isinstance(dtype, dict) else {"default": dtype}
    pipe.load_components(dtype=own, local_files_only=True, **settings)
    absent = pipe.null_component_names
    if absent:  # diffusers only warns of a part that it could not read
        raise SetupError(f"{recipe.checkpoint}: {absent[0]} could not be loaded; the lines above say why")
    if guard is not None:
        pipe.enable_safety_checker() if guard else pipe.disable_safety_checker()
    return pipe


def _part(name: str, part: Mapping[str, Any], folder: Path, dtype: Any, recipe: Recipe) -> Any:
    """One part from a folder of its own."""
    made = find_class(str(part["class"]), str(part.get("library", "diffusers")))
    inner = {"subfolder": part["subfolder"]} if part.get("subfolder") else {}
    if not hasattr(made, "dtype") and not hasattr(made, "parameters"):
        return made.from_pretrained(str(folder), local_files_only=True, **inner)  # a processor, a tokenizer
    own = dtype.get(name, dtype.get("default")) if isinstance(dtype, dict) else dtype
    if part.get("variant"):
        inner["variant"] = part["variant"]
    return made.from_pretrained(
        str(folder), dtype=own, local_files_only=True, use_safetensors=True if recipe.safetensors_only else None,
        **inner,
    )  # fmt: skip


def _change(pipe: Any, recipe: Recipe) -> None:
    """Scheduler and guider as the YAML wants them."""
    if recipe.scheduler:
        settings = dict(recipe.scheduler)
        name = settings.pop("class", None)
        made = find_class(name) if name else type(pipe.scheduler)
        pipe.scheduler = made.from_config(pipe.scheduler.config, **settings)
    if recipe.guider:
        if getattr(pipe, "guider", None) is None:
            raise SetupError(f"{type(pipe).__name__} has no guider: set its guidance in model.adapter.call")
        new = pipe.guider.new(**recipe.guider)
        pipe.update_components(guider=new) if recipe.modular else setattr(pipe, "guider", new)
