"""`--help`: every group, choice and setting, listed without Hydra (which would take ten times as long)."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runners.cli.choices import CONF, files, options, plugin_folders
from runners.cli.model_kinds import TO_VIDEO, by_kind
from runners.cli.typed import config_dirs

_SAID = re.compile(rf": {TO_VIDEO}(,| in) ")
"""What the kind's own line says already."""
_TAIL = """\
Hydra's own flags: -m (sweep over lists: model=freeze,svd run=1,2; each run's tag names what else was swept),
--cfg job (show the composed configuration), --config-dir DIR (your own model/*.yaml), --info, --multirun.
A setting of the adapter: model.adapter.NAME=VALUE.
Exit codes: 0 all done, 1 some clips failed, 2 bad input, 3 stopped on purpose with work left, 130 interrupted."""


def help_text(command: str, purpose: str, schema: type[Any], groups: Sequence[str], words: Sequence[str] = ()) -> str:
    """The whole page for one command: `schema` is its settings dataclass, `groups` its configuration groups.

    `words`: the command line, which may name further folders of choices; with a group behind --help only that
    group's choices are told, each model with its headline.
    """
    folders = [CONF, *config_dirs(words), *plugin_folders()]
    topic = _topic(words, groups)
    parts = [f"{topic}=", *_choices(topic, folders)] if topic else _page(command, purpose, schema, groups, folders)
    # A file of somebody else's may hold what a terminal would obey.
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in "\n".join(parts))


def _topic(words: Sequence[str], groups: Sequence[str]) -> str:
    """The group that stands behind --help, if one does."""
    for flag, word in itertools.pairwise(words):
        if flag in ("--help", "-h") and word.rstrip("=") in groups:
            return word.rstrip("=")
    return ""


def _page(command: str, purpose: str, schema: type[Any], groups: Sequence[str], folders: Sequence[Path]) -> list[str]:
    usage = f"usage: python -m runners.{command} [group=choice …] [key=value …]"
    parts = [usage, "", *textwrap.wrap(purpose, _columns()), ""]
    for group in groups:
        if group == "model":
            named = {kind: ", ".join(names) for kind, names in by_kind(files(group, folders)).items()}
            parts += ["model=   (what each is: --help model)", *_rows(named), ""]
        elif found := _choices(group, folders):
            parts += [f"{group}=", *found, ""]
    return [*parts, "settings (with their defaults)", *_rows(dict(_settings(schema, groups))), "", _TAIL]


def _choices(group: str, folders: Sequence[Path]) -> list[str]:
    """Each choice of a group with its headline; models by their kinds."""
    found = options(group, folders)
    if group != "model":
        return _rows(found) if found else []
    lines = []
    for kind, names in by_kind(files(group, folders)).items():
        told = {name: found[name] for name in names}
        if kind.endswith(TO_VIDEO):
            told = {name: _SAID.sub(": ", text) for name, text in told.items()}
        lines += ["", kind, *_rows(told)]
    return lines


def _settings(schema: type[Any], groups: Sequence[str], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Plain settings first, then those of the groups, whose defaults their YAML files choose."""
    nested = []
    for field in dataclasses.fields(schema):
        default = field.default if field.default is not dataclasses.MISSING else _made(field)
        if dataclasses.is_dataclass(default):
            nested.append((field.name, type(default)))
        else:
            chosen = prefix.rstrip(".") in groups
            yield f"{prefix}{field.name}" + ("" if chosen else f"={_text(default)}"), field.metadata["doc"]
    for name, kind in nested:
        if name not in groups and name in ("prompts", "output"):
            continue  # there only because benchmarks choose for them
        yield from _settings(kind, groups, f"{prefix}{name}.")


def _made(field: dataclasses.Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else None


def _text(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _columns() -> int:
    return max(60, shutil.get_terminal_size((110, 24)).columns)


def _rows(rows: dict[str, str]) -> list[str]:
    width = min(30, max(map(len, rows)) + 2)
    room = _columns() - width - 2
    lines = []
    for name, doc in rows.items():
        first, *rest = textwrap.wrap(doc, room, break_on_hyphens=False) or [""]  # names of models hold hyphens
        lines.append(f"  {name:<{width}}{first}" if len(name) < width else f"  {name}\n  {'':<{width}}{first}")
        lines += [f"  {'':<{width}}{line}" for line in rest]
    return [line.rstrip() for line in lines]
