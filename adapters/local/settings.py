"""What of a YAML can be checked without any library: sizes, names, words."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from adapters.errors import SetupError
from adapters.messages import near

INSTALL = "pip install -e '.[local]'"
"""The line that installs what local models need."""

NAMES = ("image", "video", "num_frames", "width", "height", "prompt", "negative_prompt", "generator", "output_type")
"""What a pipeline is given, by our names; `names` in a YAML holds its own."""


def checked_size(size: Sequence[Any], multiple: int) -> tuple[int, int]:
    """(width, height), both multiples of what the model needs. Raises SetupError."""
    if len(size) != 2 or any(not isinstance(side, int) or side < 1 for side in size):
        raise SetupError(f"model.adapter.size={list(size)} is no [width, height]")
    if any(side % multiple for side in size):
        near_by = [max(1, round(side / multiple)) * multiple for side in size]
        raise SetupError(
            f"model.adapter.size=[{size[0]},{size[1]}]: this model makes sides of multiples of {multiple}, "
            f"such as [{near_by[0]},{near_by[1]}]"
        )
    return size[0], size[1]


def checked_names(names: Mapping[str, str | None]) -> dict[str, str | None]:
    """Our name of every argument → the pipeline's own, None where it has none. Raises SetupError."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise SetupError(f"model.adapter.names has no {unknown[0]}{near(unknown[0], NAMES)}")
    return {**{name: name for name in NAMES}, **names}


def chosen(key: str, word: Any, choices: Collection[str]) -> str:
    """The word, if it is one of the choices. Raises SetupError with the nearest ones."""
    if word not in choices:
        raise SetupError(
            f"model.adapter.{key}: unknown {word!r}{near(str(word), choices)}; one of {', '.join(choices)}"
        )
    return str(word)


def packages_needed(needs: Sequence[str], options: Mapping[str, Any]) -> tuple[str, ...]:
    """The further packages of a pipeline; NVIDIA's guardrail is none where Cosmos 3 is told to do without it."""
    off = options.get("enable_safety_checker") is False
    return tuple(name for name in needs if not (off and name == "cosmos_guardrail"))


def check_batch(pipeline: str, batch: int, *, taken: bool, chunk: int | None, most: int | None) -> None:
    """Raise SetupError for a batch that a pipeline does not take, or that its decoder's chunks would mix."""
    if batch > 1 and not taken:
        raise SetupError(f"model.adapter.batch={batch}: {pipeline} takes one clip per call; leave batch out")
    if batch > 1 and chunk and most and most % chunk:
        raise SetupError(f"batch={batch} needs a decode_chunk_size that divides {most} frames, or clips would mix")


def importable(name: str) -> bool:
    """Whether a package is there; it is not imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # a module without a spec stands in for it
        return True
