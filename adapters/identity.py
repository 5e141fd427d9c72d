"""What a run's identity holds of an adapter's arguments, and under which names: recorded names outlive all changes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

SHOWN = {"frames": "conditioning_frames", "fps": "conditioning_fps"}
SERVICE = {"frames": "conditioning_frames", "context_fps": "conditioning_fps", "fps": "native_fps"}
PIPELINE = {"context": "conditioning_frames", "frames": "lengths", "fps": "native_fps"}
"""Former name → name, where `fps` and `frames` once meant now what a model is shown, now what it makes.

For `Needs` and what only narrows it; for paid services; for diffusers pipelines. The former name is refused, and stays
the one that runs are known by.
"""


def newer_names(former: str) -> list[str]:
    """All names that a former one may stand for, where the adapter is not known."""
    return list(dict.fromkeys(table[former] for table in (PIPELINE, SERVICE, SHOWN) if former in table))


def recorded(arguments: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """The arguments by the names that runs are known by. `renamed`: former name → name."""
    former = {name: old for old, name in renamed.items()}
    return {former.get(key, key): value for key, value in arguments.items()}


def apart_from_defaults(kind: type, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that differ from the defaults of the class's constructor; all that is empty counts as the same."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(kind).parameters.items()}
    return {
        key: value for key, value in arguments.items() if value != defaults.get(key) and (value or defaults.get(key))
    }
