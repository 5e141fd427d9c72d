"""Hydra's and OmegaConf's errors in a line or two, with the nearest names where a choice or a key is unknown."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, get_type_hints

from runners.core.errors import nearest

_NOISE = ("full_key", "object_type", "reference_type", "See https", "Set the environment", "Config search path")


def plain_words(error: BaseException, schema: type[Any] | None = None) -> str:
    """What is wrong and what was probably meant; `schema` tells which keys there are."""
    text = str(error).strip()
    choice = re.search(r"Could not find '([\w./-]+)/([\w.+-]+)'", text)
    if choice:
        listed = re.search(r"Available options in '[^']*':\n((?:[ \t]+\S+\n?)+)", text)
        return (
            f"there is no {choice[1]} {choice[2]!r}{nearest(choice[2], listed[1].split() if listed else [], '--help')}"
        )
    twice = re.match(r"Multiple values for ([\w/]+)\.", text) or re.match(
        r"([\w/]+) appears more than once in the", text
    )
    if twice:
        return f"{twice[1]} is chosen twice; it is a group that is always there: write {twice[1]}=NAME, without a +"
    several = re.match(r"Ambiguous value for argument '(.+)'", text)
    if several:
        key_typed, _, values = several[1].partition("=")
        ways = f"for a list write '{key_typed}=[{values}]', for a text quote the value: \"{key_typed}='{values}'\""
        return f"{several[1]}: for a sweep over several values add -m, {ways}"
    key = re.search(r"Could not override '([\w./@-]+)'", text) or re.search(r"full_key: ([\w.]+)", text)
    if key and schema is not None and ("Could not override" in text or "not in" in text):
        if key[1].startswith("model.") and (names := _newer_names(key[1])):
            return f"{key[1]} is now called {' or '.join(names)}: whichever the model's YAML has"
        if key[1].startswith("model.adapter."):
            return (
                f"the model's YAML has no {key[1]!r}: check its spelling there; "
                f"a setting that the adapter takes and the YAML lacks is added with +{key[1]}=…"
            )
        return f"there is no setting {key[1]!r}{_meant(key[1], schema)}"
    if hasattr(error, "override") and error.override and "Could not" not in text:  # Hydra's grammar, not ours
        return f"cannot read {error.override!r}: settings are key=value, values with signs in quotes: \"key='a, b'\""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if text.startswith("Error merging") and error.__cause__ is not None:
        return f"{text.removeprefix('Error merging override ')}: {plain_words(error.__cause__)}"
    told = " ".join(line for line in lines if not line.startswith(_NOISE)) or type(error).__name__
    return f"{key[1]}: {told}" if key and key[1] not in told else told


def _newer_names(key: str) -> list[str]:
    from adapters.harness import newer_names

    return [f"model.adapter.{name}" for name in newer_names(key.rpartition(".")[2])]


def _meant(key: str, schema: type[Any]) -> str:
    """The settings nearest to a misspelt one: those of its own group first."""
    known = list(keys(schema))
    group = key.rpartition(".")[0]
    inside = [name for name in known if name.rpartition(".")[0] == group]
    return nearest(key, inside or known, "--help")


def keys(schema: type[Any], prefix: str = "") -> Iterator[str]:
    """All dotted keys of a settings dataclass."""
    for field in dataclasses.fields(schema):
        yield f"{prefix}{field.name}"
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
            if dataclasses.is_dataclass(default):
                yield from keys(type(default), f"{prefix}{field.name}.")


def text_keys(schema: type[Any], prefix: str = "") -> frozenset[str]:
    """The dotted keys of the settings that hold a text, or a list of texts."""
    found: set[str] = set()
    for name, kind in get_type_hints(schema).items():
        if dataclasses.is_dataclass(kind):
            found |= text_keys(kind, f"{prefix}{name}.")  # type: ignore[arg-type]
        elif kind in (str, str | None, list[str], list[str] | None):
            found.add(f"{prefix}{name}")
    return frozenset(found)
