"""What of a YAML can be checked without any library: sizes, names, words."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.errors import SetupError
from adapters.local._names import near

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


def chosen(key: str, word: str, choices: Iterable[str]) -> str:
    """The word, if it is one of the choices. Raises SetupError with the nearest ones."""
    if word not in choices:
        raise SetupError(f"model.adapter.{key}: unknown {word!r}{near(word, choices)}; one of {', '.join(choices)}")
    return word


def importable(name: str) -> bool:
    """Whether a package is there; it is not imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # a module without a spec stands in for it
        return True
