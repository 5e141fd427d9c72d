"""The hash of a local folder's contents, with a memory for its large files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from adapters.file_hashes import FileHashes
from adapters.local.weights.contents import PLAIN, UNSAFE

_LOADED = {*PLAIN, *UNSAFE, ".safetensors", ".gguf"}
_LARGE_BYTES = 100_000_000
"""From here on a file takes long enough to read that its hash is worth remembering."""


def content_hash(folder: Path) -> str:
    """sha256 over the names and contents of all files below a folder that a loader could read.

    The folder's own place does not count. Raises OSError for a file that cannot be read.
    """
    files = {path.relative_to(folder).as_posix(): path.resolve() for path in _files(folder)}
    hashes = FileHashes("hashes.json", large_bytes=_LARGE_BYTES, times=("st_mtime_ns",)).of(files.values())
    lines = "".join(f"{name} {hashes[files[name]]}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def _files(folder: Path, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    """What a loader could read. Linked folders count; hidden ones hold what tools keep about a download."""
    real = os.path.realpath(folder)
    if real in above:  # a link to a folder that it lies in
        return
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path, above | {real})
        elif path.suffix in _LOADED and path.is_file():
            yield path
