"""The YAML files around prompts: a scene's fields for templates, and how prompts were made (`upsampling`).

Fields come in the form of the official `descriptions/data.yaml`, a list under `scenes:` whose entries have a `scene`
and the fields, or, shorter, as a mapping under `scenes:` from scene to fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.harness import close_to
from runners.core.errors import UserError, nearest
from runners.core.yamlfile import load_yaml
from runners.dataset.layout import composed
from runners.prompts.templates import FIELDS, field_name

UPSAMPLING = ("method", "source", "cost", "gpu", "ngpu", "time")
"""What a file may declare of its making: the leaderboard card asks for these (spec of `submission.yaml`)."""


@dataclass(frozen=True)
class PromptData:
    """`scenes`: bare scene name → the fields that it has, by their names in templates."""

    scenes: dict[str, dict[str, str]]
    upsampling: dict[str, Any] | None


def read_data(path: Path) -> PromptData:
    """Read a data file; raises `UserError` for a malformed one, a scene twice, or a scene without subject-action."""
    content = load_yaml(path)
    if not isinstance(content, dict) or not isinstance(content.get("scenes"), list | dict):
        raise UserError(f"{path}: expected a list of scenes under 'scenes:', each with 'scene' and 'subject-action'")
    scenes: dict[str, dict[str, str]] = {}
    for name, entry in _entries(path, content["scenes"]):
        if name in scenes:
            raise UserError(f"{path}: the scene {name!r} stands twice; remove one")
        scenes[name] = _fields(path, name, entry)
    return PromptData(scenes, _upsampling(path, content))


def read_sidecar(path: Path) -> dict[str, Any] | None:
    """What `<file>.csv.yaml` beside a prompts file declares under `upsampling:`; None if there is no such file."""
    if not path.exists():
        return None
    content = load_yaml(path)
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected 'upsampling:' with {', '.join(UPSAMPLING[:3])}")
    return _upsampling(path, content)


def _entries(path: Path, scenes: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    pairs = scenes.items() if isinstance(scenes, dict) else ((None, entry) for entry in scenes)
    for number, (key, entry) in enumerate(pairs, start=1):
        name = entry.get("scene", key) if isinstance(entry, dict) else None
        if not isinstance(name, str):
            raise UserError(f"{path}: entry {number} of 'scenes:' needs a 'scene' and its fields")
        yield composed(name).removeprefix("trimmed-"), entry


def _fields(path: Path, scene: str, entry: dict[str, Any]) -> dict[str, str]:
    fields = {}
    for key, value in entry.items():
        name = field_name(str(key))
        if name is None:
            _refuse_misspelt(path, scene, str(key))
        elif value is not None and not isinstance(value, str):
            raise UserError(f"{path}: {key} of the scene {scene!r} must be a text; put it in quotes")
        elif value and value.strip():
            fields[name] = value.strip()
    if "subject_action" not in fields:
        raise UserError(f"{path}: the scene {scene!r} has no subject-action; it is the one field that must be there")
    return fields


def _refuse_misspelt(path: Path, scene: str, key: str) -> None:
    """Other keys are allowed, but one that is nearly a field would silently lose its sentence."""
    close = close_to(key.lower().replace("-", "_"), FIELDS, most=1, alike=0.9)
    if close:
        raise UserError(f"{path}: the scene {scene!r} has {key!r}; did you mean {close[0].replace('_', '-')!r}?")


def _upsampling(path: Path, content: dict[str, Any]) -> dict[str, Any] | None:
    declared = content.get("upsampling")
    if declared is None:
        return None
    if not isinstance(declared, dict):
        raise UserError(f"{path}: 'upsampling:' holds {', '.join(UPSAMPLING)}, each on its own line")
    for key, value in declared.items():
        if key not in UPSAMPLING:
            raise UserError(f"{path}: unknown key upsampling.{key}{nearest(str(key), UPSAMPLING)}")
        if not isinstance(value, str | int | float | None):
            raise UserError(f"{path}: upsampling.{key} must be a text or a number; put it in quotes")
    return dict(declared)
