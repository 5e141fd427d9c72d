"""The hash of a local folder's contents, with a memory for its large files."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adapters.local.weights.contents import PLAIN, UNSAFE

_LOADED = {*PLAIN, *UNSAFE, ".safetensors", ".gguf"}
_LARGE_BYTES = 100_000_000
"""Above this a file takes long enough to read that its hash is worth remembering."""

Known = dict[str, tuple[int, int, str]]
"""Size in bytes, mtime in ns, and sha256 by path."""


def content_hash(folder: Path) -> str:
    """sha256 over the names and contents of all files below a folder that a loader could read.

    The folder's own place does not count. Raises OSError for a file that cannot be read.
    """
    files = {path.relative_to(folder).as_posix(): path.resolve() for path in _files(folder)}
    known = _remembered()
    with ThreadPoolExecutor(4) as pool:
        entries = list(pool.map(lambda path: _entry(path, known.get(str(path))), files.values()))
    new = {
        str(path): entry
        for path, entry in zip(files.values(), entries, strict=True)
        if entry[0] > _LARGE_BYTES and known.get(str(path)) != entry
    }
    if new:
        _remember(new)
    digests = {name: entry[2] for name, entry in zip(files, entries, strict=True)}
    lines = "".join(f"{name} {digests[name]}\n" for name in sorted(digests))
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


def sha256_file(path: Path) -> str:
    """The hash of one file's contents."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _entry(path: Path, known: tuple[int, int, str] | None) -> tuple[int, int, str]:
    before = path.stat()
    if known is not None and known[:2] == (before.st_size, before.st_mtime_ns) and before.st_size > _LARGE_BYTES:
        return known
    digest = sha256_file(path)
    after = path.stat()
    changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    return (0 if changed else before.st_size, before.st_mtime_ns, digest)  # one that changed is not remembered


def _memory() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if Path(cache).is_absolute() else Path("~/.cache").expanduser()
    return base / "physics-iq-harness" / "hashes.json"


def _remembered() -> Known:
    """What was remembered, as far as it can be read."""
    try:
        entries = json.loads(_memory().read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
    if not isinstance(entries, dict):
        return {}
    return {path: (entry[0], entry[1], entry[2]) for path, entry in entries.items() if _is_entry(entry)}


def _is_entry(entry: object) -> bool:
    match entry:
        case [int(), int(), str(digest)]:
            return re.fullmatch(r"[0-9a-f]{64}", digest) is not None
        case _:
            return False


def _remember(new: Known) -> None:
    """Add to the memory, which is replaced as a whole; where it cannot be written, nothing is remembered."""
    with contextlib.suppress(OSError, RuntimeError):
        place = _memory()
        place.parent.mkdir(parents=True, exist_ok=True)
        kept = {path: entry for path, entry in _remembered().items() if Path(path).is_file()}
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=".hashes-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({**kept, **new}, file)
            Path(name).replace(place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
