"""Which kind each model is, as `--help` groups them: by a few lines of its YAML and of those that it builds on.

Read with regular expressions, which takes milliseconds where parsing a hundred YAMLs takes a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from runners.cli.choices import CONF

_FACT = re.compile(
    r"""^[^#\n]*?\b(?: (_target_):\s*["']?([\w.]+) | (mode):\s*["']?(i2v|multiframe)\b )""", re.MULTILINE | re.VERBOSE
)
_MODEL = re.compile(r"^  model:\s*(\S+)", re.MULTILINE)
"""What a service is asked for; null in those of our files in which a user says it."""
_DEFAULTS = re.compile(r"^defaults: \[(.*)\]", re.MULTILINE)

BASELINES = "baselines"
YOURS = "your own"
CLOSED = "the paper's closed models"
TO_VIDEO = "image to video"
KINDS = (
    BASELINES,
    f"open weights, {TO_VIDEO}",
    "open weights, multiframe",
    f"services, {TO_VIDEO}",
    "services, multiframe",
    YOURS,
    CLOSED,
)
"""In the order in which they are shown."""


@dataclass(frozen=True)
class _Facts:
    """What a model's YAML says, or else the nearest of those that it builds on."""

    target: str
    mode: str
    model: str
    bases: tuple[str, ...]


def by_kind(files: Mapping[str, Path]) -> dict[str, list[str]]:
    """Kind → the names of its models, in the order of `KINDS`.

    `files`: each name's YAML. Those that do not come with the program are yours, whatever they hold.
    """
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for name, path in files.items():
        found[_kind(path)].append(name)
    return {kind: names for kind, names in found.items() if names}


def _kind(path: Path) -> str:
    if path.parent.parent != CONF:
        return YOURS
    facts = _facts(path)
    family = ".".join(facts.target.split(".")[:2])
    if family == "adapters.baselines":
        return BASELINES
    if family == "adapters.retired" or "precomputed" in facts.bases:
        return CLOSED
    if facts.model == "null" or (family in ("adapters.precomputed", "adapters.command") and not facts.bases):
        return YOURS
    route = "multiframe" if facts.mode == "multiframe" else TO_VIDEO
    return f"{'services' if family == 'adapters.api' else 'open weights'}, {route}"


def _facts(path: Path) -> _Facts:
    found: dict[str, str] = {}
    bases = list(_chain(path, set()))
    for each in bases:
        text = _read(each)
        for match in _FACT.finditer(text):
            key, value = match[1] or match[3], match[2] or match[4]
            found.setdefault(key, value)
        if model := _MODEL.search(text):
            found.setdefault("model", model[1])
    names = tuple(each.stem for each in bases[1:])
    return _Facts(found.get("_target_", ""), found.get("mode", ""), found.get("model", ""), names)


def _chain(path: Path, seen: set[Path]) -> Iterator[Path]:
    """The file, then those that it builds on, the nearest first."""
    if path in seen:
        return
    seen.add(path)
    yield path
    listed = _DEFAULTS.search(_read(path))
    for word in reversed(listed[1].split(",") if listed else []):
        base = word.strip().partition("@")[0]
        if base != "_self_":
            yield from _chain(CONF / f"{base[1:]}.yaml" if base[:1] == "/" else path.with_name(f"{base}.yaml"), seen)


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
