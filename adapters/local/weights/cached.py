"""The cache of the hub's client: what of a repository lies on this machine, and whether it is whole."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from adapters.errors import SetupError
from adapters.local.weights.contents import UNSAFE, Listed, Wanted, read_index

COMMIT = re.compile(r"[0-9a-f]{40}")
_WEIGHTS = (".safetensors", *UNSAFE)
_NO_MODEL = {"tokenizer_config.json", "preprocessor_config.json", "processor_config.json"}
"""What lies in the folder of a part that has settings and no weights."""


def repository(checkpoint: str) -> Path:
    """The folder in the cache that belongs to a repository."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{checkpoint.replace('/', '--')}"


def snapshot(checkpoint: str, revision: str | None) -> Path | None:
    """The folder of a commit, whole or not; None if nothing of it is here, or nothing can be looked up."""
    try:
        place = repository(checkpoint)
    except ImportError:
        return None
    commit = revision if revision and COMMIT.fullmatch(revision) else _ref(place, revision or "main")
    folder = place / "snapshots" / (commit or "-")
    return folder if commit and folder.is_dir() else None


def cached(wanted: Wanted, revision: str | None) -> Path | None:
    """The folder of a commit of which all that is wanted is here; None where nothing is.

    Raises SetupError for a commit that is here in part: it would load as something else, or not at all.
    """
    folder = snapshot(wanted.checkpoint, revision)
    if folder is None:
        return None
    commit = folder.name
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    listing = _listing(wanted.checkpoint, commit)
    files = listing or [Listed(name) for name in sorted(here)]
    name = wanted.index(files)
    missing = name if name and name not in here else None
    if missing is None:
        index = read_index(folder / name, wanted.checkpoint) if name else {}
        chosen = wanted.files(files, index)
        missing = next((file.name for file in chosen if file.name not in here), None)
        if missing is None and listing is None:
            missing = _gap(folder, chosen, index, wanted)
    if missing is not None:
        raise SetupError(
            f"{wanted.checkpoint} is only partly in the cache ({missing} of commit {commit[:12]} is missing), "
            "and the hub cannot be reached; run the same command again where there is a network"
        )
    return folder


def note_ref(checkpoint: str, revision: str, commit: str) -> None:
    """Let the cache know which commit a branch or tag is, for the times without a network."""
    place = repository(checkpoint) / "refs" / revision
    if COMMIT.fullmatch(revision) or _ref(repository(checkpoint), revision) == commit:
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_name(f"{place.name}.{os.getpid()}")
        new.write_text(commit, "utf-8")
        new.replace(place)
    except OSError:
        return  # a cache that others own: everything is here, only the next time without a network will not know it


def _ref(place: Path, revision: str) -> str | None:
    try:
        commit = (place / "refs" / revision).read_text("utf-8").strip()
    except (OSError, ValueError):
        return None
    return commit if COMMIT.fullmatch(commit) else None


def _listing(checkpoint: str, commit: str) -> list[Listed] | None:
    """All files of the commit, if the client noted them when it last saw the hub."""
    import huggingface_hub
    from huggingface_hub import errors

    look_up: Any = getattr(huggingface_hub, "get_cached_repo_tree", None)
    if look_up is None:
        return None
    try:
        return [Listed(file.path, file.size) for file in look_up(checkpoint, revision=commit)]
    except errors.CachedRepoTreeNotFoundError:
        return None


def _gap(folder: Path, chosen: Collection[Listed], index: dict[str, Any], wanted: Wanted) -> str | None:
    """A file that must be missing, as far as those that are here tell; for a commit without a listing."""
    by_folder: dict[str, set[str]] = {}
    for file in chosen:
        by_folder.setdefault(file.folder, set()).add(file.name.rpartition("/")[2])
    for part, entry in index.items():
        ours = isinstance(entry, list) and entry and entry[0] in ("diffusers", "transformers")
        if ours and part not in wanted.skip and part not in by_folder:
            return f"{part}/"
    for part, names in by_folder.items():
        weights = {name for name in names if name.endswith(_WEIGHTS)}
        for name in sorted(name for name in names if name.endswith(".index.json")):
            shards = _shards(folder / part / name)
            if shards - names and (shards & names or not weights):  # else these weights are here in another form
                return f"{part}/{min(shards - names)}".lstrip("/")
        if "config.json" in names and not weights and not names & _NO_MODEL:
            return f"{part}/*.safetensors".lstrip("/")
    return None


def _shards(path: Path) -> set[str]:
    try:
        return {str(name) for name in json.loads(path.read_text("utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
