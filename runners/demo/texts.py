"""Writes what the real benchmark ships as words: descriptions, best-practice prompts, and the fields for templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from runners.core.files import write_text
from runners.dataset.layout import Item, output_name, scenario_name
from runners.dataset.scenarios import descriptions_csv
from runners.demo.scene import Scene, Texts
from runners.prompts.templates import BUILT_IN, render

DESCRIPTIONS = "descriptions.csv"
BEST_PRACTICE = "descriptions/best_practice/descriptions_base.csv"
FIELDS = "descriptions/data.yaml"


def write_texts(root: Path, scenes: Mapping[str, Scene], items: Sequence[Item]) -> list[str]:
    """Write the three files; returns their paths relative to `root`."""
    write_text(root / DESCRIPTIONS, _table(scenes, items, lambda texts: texts.description))
    write_text(root / BEST_PRACTICE, _table(scenes, items, best_practice))
    data = {"scenes": [_entry(scene, [item for item in items if item.scene == name]) for name, scene in scenes.items()]}
    write_text(root / FIELDS, yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110))
    return [DESCRIPTIONS, BEST_PRACTICE, FIELDS]


def best_practice(texts: Texts) -> str:
    """The prompt that the base template makes of a scene's fields."""
    return render(BUILT_IN["base"], {key.replace("-", "_"): value for key, value in _fields(texts).items()})


def _table(scenes: Mapping[str, Scene], items: Sequence[Item], text: Any) -> str:
    return descriptions_csv(
        (scenario_name(item), text(scenes[item.scene].texts), scenes[item.scene].category, output_name(item))
        for item in items
    )


def _entry(scene: Scene, items: Sequence[Item]) -> dict[str, Any]:
    """A scene in the form of the upstream `data.yaml`."""
    takes = [
        {"take": take, **{item.view: int(item.id) for item in items if item.take == take}}
        for take in sorted({item.take for item in items})
    ]
    head = {"scene": scene.name, "description": scene.texts.description, "category": scene.category}
    return {**head, **_fields(scene.texts), "takes": takes}


def _fields(texts: Texts) -> dict[str, str]:
    fields = {
        "subject-action": texts.subject_action,
        "subject-action-postfix": texts.postfix,
        "scene-description": texts.scene,
        "pre-action-scene-description": texts.before,
    }
    return {key: value for key, value in fields.items() if value}
