"""Which choices the configuration offers, read from file names alone: Hydra is not needed to list them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from pathlib import Path

CONF = Path(__file__).resolve().parents[2] / "conf"
"""The choices that come with the program."""
PLUGIN_GROUP = "physics_iq_harness.conf"
"""Installed packages offer YAML files by an entry point of this group whose value is the package that holds them."""


def plugin_packages() -> list[str]:
    """The packages with configuration files that installed plug-ins name."""
    return sorted({entry.value for entry in importlib.metadata.entry_points(group=PLUGIN_GROUP)})


def plugin_folders() -> list[Path]:
    """Where those packages lie; one that cannot be found is left out (Hydra tells of it when it is used)."""
    folders = []
    for package in plugin_packages():
        try:
            spec = importlib.util.find_spec(package)
        except ImportError:
            continue
        folders += [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    return folders


def options(group: str, folders: Sequence[Path]) -> dict[str, str]:
    """The choices of a group with the first comment line of each one's file; the first folder that has one wins."""
    return {name: headline(path) for name, path in files(group, folders).items()}


def files(group: str, folders: Sequence[Path]) -> dict[str, Path]:
    """The choices of a group with each one's file; the first folder that has one wins."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in (folder / group).rglob("*.yaml"):
            if path.is_file():
                found.setdefault(path.relative_to(folder / group).with_suffix("").as_posix(), path)
    return dict(sorted(found.items()))


def headline(path: Path) -> str:
    """The first comment line of a YAML file that is not a directive such as `# @package _global_`."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"(cannot be read: {error.strerror})"
    for line in text.splitlines():
        words = line.strip()
        if words.startswith("#") and not words.lstrip("# ").startswith("@"):
            return words.lstrip("# ")
        if words and not words.startswith("#"):
            break
    return ""
