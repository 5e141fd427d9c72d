"""What files hold, by their sha256; for large ones it is remembered, so that they are read only once for it.

The memory is a small JSON in the user's cache that may be lost at any time. For the harness: an adapter's author
needs none of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple

_AT_ONCE = 4
_MOST_SEEN = 10_000
"""Entries of one process's own memory; the oldest is forgotten for a further one."""

Time = Literal["st_mtime_ns", "st_ctime_ns"]


class Known(NamedTuple):
    """A file's hash, and what the file looked like when it was taken: its size in bytes, its times in ns."""

    stamp: tuple[int, ...]
    sha256: str


class FileHashes:
    """The hashes of files, with a memory for those of `large_bytes` or more: this object's own, and a file of `name`.

    A file that has the size and the `times` of an earlier look is not read again; one that was touched is, and has the
    same hash. Where the file of the memory cannot be written, the object remembers by itself.
    """

    def __init__(self, name: str, *, large_bytes: int, times: tuple[Time, ...]) -> None:
        self._name, self._large_bytes, self._times = name, large_bytes, times
        self._seen: dict[str, Known] = {}

    def of(self, paths: Iterable[Path], progress: Callable[[int, int], None] | None = None) -> dict[Path, str]:
        """The sha256 of each file. `progress` hears (files read, files to be read) if any has to be. Raises OSError."""
        files = list(dict.fromkeys(paths))
        known = {**self._remembered(), **self._seen}
        found = {
            path: entry.sha256
            for path in files
            if (entry := known.get(str(path.resolve()))) and self._is_large(entry) and entry.stamp == self._stamp(path)
        }
        unread = [path for path in files if path not in found]
        new: dict[str, Known] = {}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for count, (path, entry) in enumerate(zip(unread, pool.map(self._look, unread), strict=True)):
                if progress:
                    progress(count, len(unread))
                found[path] = entry.sha256
                if self._is_large(entry):
                    new[str(path.resolve())] = entry
        if new:
            self._remember(new)
        return found

    def _stamp(self, path: Path) -> tuple[int, ...]:
        status = path.stat()
        return (status.st_size, *(int(getattr(status, time)) for time in self._times))

    def _is_large(self, entry: Known) -> bool:
        return entry.stamp[0] >= self._large_bytes

    def _look(self, path: Path) -> Known:
        before = self._stamp(path)
        sha256 = sha256_file(path)
        return Known(before if self._stamp(path) == before else (0,), sha256)  # being written: not to be remembered

    def _remembered(self) -> dict[str, Known]:
        """What was remembered, as far as it can be read."""
        found = {path: _known(row, 1 + len(self._times)) for path, row in recall(self._name).items()}
        return {path: entry for path, entry in found.items() if entry is not None}

    def _remember(self, new: Mapping[str, Known]) -> None:
        """Add to both memories; in the file stays what still is where it was."""
        self._seen.update(new)
        for path in list(self._seen)[:-_MOST_SEEN]:
            del self._seen[path]
        kept = {path: entry for path, entry in self._remembered().items() if Path(path).is_file()}
        keep(self._name, {path: [*entry.stamp, entry.sha256] for path, entry in {**kept, **new}.items()})


def _known(row: object, numbers: int) -> Known | None:
    match row:
        case [*stamp, str(sha256)]:
            whole = tuple(number for number in stamp if isinstance(number, int))
            right = len(stamp) == len(whole) == numbers and re.fullmatch(r"[0-9a-f]{64}", sha256)
            return Known(whole, sha256) if right else None
        case _:
            return None


def sha256_file(path: Path) -> str:
    """The hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """`$XDG_CACHE_HOME/physics-iq-harness`, or the same in `~/.cache`. Raises RuntimeError where there is no home."""
    base = Path(environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification says that a relative path here is to be ignored.
    return (base if base.is_absolute() else Path.home() / ".cache") / "physics-iq-harness"


def recall(name: str) -> dict[str, Any]:
    """What was kept in the cache under this name, as far as it can be read."""
    try:
        entries = json.loads((cache_folder() / name).read_bytes())
    except (OSError, ValueError, RuntimeError, RecursionError):
        return {}
    return entries if isinstance(entries, dict) else {}


def keep(name: str, entries: Mapping[str, Any]) -> None:
    """Replace what is kept, as a whole; where it cannot be written, nothing is kept.

    Of two processes that do so at once, one may be forgotten: what it knew is found out once more.
    """
    with contextlib.suppress(OSError, RuntimeError):
        place = cache_folder() / name
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f".{place.stem}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(entries, file)
            Path(temporary).replace(place)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
