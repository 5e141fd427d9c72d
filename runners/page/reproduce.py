"""The command that makes a run again, from what its manifest holds and what the shipped YAML files say."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runners.catalogue.chain import Chains
from runners.core.errors import UserError
from runners.core.settings import GenerateSettings, ModelSettings, OutputSettings, PromptsSettings
from runners.core.shell import command_line, setting
from runners.runs.records import encode
from runners.runs.run_record import RunRecord

CONF = Path(__file__).parents[2] / "conf"
_PLAIN = ("run", "seed", "seeds", "tag")
"""Settings at the top that belong to a run's identity; the others say where, how fast and for how much."""
_UNSAID = ("name", "facts", "card", "templates", "hint")


def command_of(record: RunRecord) -> str:
    """What to type for this run; values that differ from the shipped YAML of its name are spelled out."""
    settings: Mapping[str, Any] = encode(record.configuration)
    words = [setting("model", record.model), setting("benchmark", record.benchmark)]
    words += _group("model", record.model, settings.get("model"), ModelSettings())
    for group, default, key in (("prompts", PromptsSettings(), "mode"), ("output", OutputSettings(), "name")):
        chosen = settings.get(group)
        if isinstance(chosen, Mapping):
            name = str(chosen.get(key) or getattr(default, key))
            words += [setting(group, name), *_group(group, name, chosen, default, (key,))]
    plain = {field.name: field.default for field in dataclasses.fields(GenerateSettings)}
    words += [setting(key, _text(settings[key])) for key in _PLAIN if settings.get(key) not in (None, plain.get(key))]
    return command_line("generate", *words)


def _group(group: str, name: str, chosen: Any, default: Any, said: tuple[str, ...] = ()) -> list[str]:
    """The settings of one group that its file, or else the schema, does not say."""
    known: dict[str, Any] = {field.name: getattr(default, field.name) for field in dataclasses.fields(default)}
    with suppress(UserError, OSError, ValueError):
        known |= Chains([CONF]).merged(CONF / group / f"{name}.yaml")
    if not isinstance(chosen, Mapping):
        return []
    differing = _differences(chosen, known, ())
    return [
        setting(".".join((group, *keys)), _text(value))
        for keys, value in differing
        if keys[0] not in (*_UNSAID, *said) and not str(keys[-1]).startswith("_")
    ]


def _differences(
    chosen: Mapping[str, Any], known: Any, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in chosen.items():
        other = known.get(key) if isinstance(known, Mapping) else None
        if isinstance(value, Mapping):
            yield from _differences(value, other, (*above, str(key)))
        elif value != other:
            yield (*above, str(key)), value


def _text(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
