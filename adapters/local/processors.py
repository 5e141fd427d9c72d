"""Image processors of transformers: PIL's code, whether torchvision is installed or not.

Under one name (`CLIPImageProcessor`) transformers 5 has two implementations, and takes torchvision's where it is
installed and PIL's where it is not. They resize to other bits, so that clips would differ by a package that no setting
names. Both are there under names of their own too: PIL's is the one that every machine has.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PIL = "Pil"
_SAID = ("falling back to `", "backend is not available", "slow image processor", "Expected types for ")
"""How transformers and diffusers begin to speak of the choice that is made here."""
_SPEAKERS = (
    "transformers.utils.import_utils", "transformers.models.auto.image_processing_auto",
    "transformers.image_processing_utils", "diffusers.pipelines.pipeline_utils",
)  # fmt: skip


def class_of(library: Any, name: str) -> Any:
    """A library's class by its name, of an image processor the one with PIL's code; None where there is none."""
    with quiet():
        return getattr(library, pil_name(library, name), None)


def pil_name(library: Any, name: str) -> str:
    """The name that means PIL's implementation everywhere, where `name` is an image processor that has one."""
    plain = name.removesuffix("Fast").replace("FeatureExtractor", "ImageProcessor")
    is_processor = library.__name__ == "transformers" and plain.endswith("ImageProcessor")
    return f"{plain}{_PIL}" if is_processor and hasattr(library, f"{plain}{_PIL}") else name


def read_processors(listed: Collection[str], classes: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The image processors among a checkpoint's parts, by name, each from its own folder in it.

    `listed`: the parts that lie in it; `classes`: what `class_of` found for each part.
    """
    return {
        name: made.from_pretrained(str(folder / name), local_files_only=True)
        for name, made in classes.items()
        if name in listed and is_pil(made) and (folder / name).is_dir()
    }


def is_pil(made: Any) -> bool:
    """Whether a class is an image processor of transformers with PIL's code."""
    module, name = str(made.__module__), str(made.__name__)
    return module.startswith("transformers.") and name.endswith(f"ImageProcessor{_PIL}")


def settle(part: Any) -> None:
    """Give a processor of several kinds (pictures and text) the picture half with PIL's code.

    One that also reads videos cannot be made without torchvision: it is the same on every machine that has it.
    """
    inner = getattr(part, "image_processor", None)
    if inner is None or getattr(part, "video_processor", None) is not None:
        return
    import transformers

    made = class_of(transformers, type(inner).__name__)
    if type(inner).__module__.startswith("transformers.") and made is not None and is_pil(made):
        part.image_processor = made.from_dict(inner.to_dict()) if made is not type(inner) else inner


@contextmanager
def quiet() -> Iterator[None]:
    """Without what transformers and diffusers say of a choice that was not left to them."""
    loggers = [logging.getLogger(name) for name in _SPEAKERS]
    for logger in loggers:
        logger.addFilter(_is_news)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    said = record.getMessage()
    return not (any(words in said for words in _SAID) and "Processor" in said)
