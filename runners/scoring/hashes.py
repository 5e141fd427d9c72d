"""What files hold, by their sha256; for large files it is remembered, so that 4K truth is read only once for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from runners.core.files import sha256_file
from runners.scoring.memory import keep, recall

_NAME = "truth-hashes.json"
_LARGE_BYTES = 1_000_000
"""Below this a file is read faster than anything could be remembered of it."""
_AT_ONCE = 4


class Known(NamedTuple):
    """A file's hash, and what the file looked like when it was taken."""

    size: int
    mtime_ns: int
    ctime_ns: int
    sha256: str


_SEEN: dict[str, Known] = {}
"""What this process has read itself, so that it holds also where nothing can be written."""


def content_hashes(paths: Iterable[Path], progress: Callable[[int, int], None] | None = None) -> dict[Path, str]:
    """The sha256 of each file. `progress` hears (files read, files to be read), if any has to be.

    A file that has the size and the times of an earlier look is not read again; one that was touched is, and has the
    same hash. Raises OSError.
    """
    files = list(dict.fromkeys(paths))
    known = {**_remembered(), **_SEEN}
    found = {path: entry.sha256 for path in files if (entry := known.get(str(path.resolve()))) and _holds(path, entry)}
    unread = [path for path in files if path not in found]
    new: dict[str, Known] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for count, (path, entry) in enumerate(zip(unread, pool.map(_look, unread), strict=True)):
            if progress:
                progress(count, len(unread))
            found[path] = entry.sha256
            if entry.size >= _LARGE_BYTES:
                new[str(path.resolve())] = entry
    if new:
        _SEEN.update(new)
        _remember(new)
    return found


def _stamp(path: Path) -> tuple[int, int, int]:
    # The time of the inode's change as well: a copy that keeps the old time of its contents is still another file.
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _holds(path: Path, entry: Known) -> bool:
    return entry.size >= _LARGE_BYTES and _stamp(path) == (entry.size, entry.mtime_ns, entry.ctime_ns)


def _look(path: Path) -> Known:
    before = _stamp(path)
    sha256 = sha256_file(path)
    size, mtime_ns, ctime_ns = before if _stamp(path) == before else (0, 0, 0)  # being written: not to be remembered
    return Known(size, mtime_ns, ctime_ns, sha256)


def _remembered() -> dict[str, Known]:
    """What was remembered, as far as it can be read."""
    try:
        return {path: Known(int(a), int(b), int(c), str(sha256)) for path, (a, b, c, sha256) in recall(_NAME).items()}
    except (ValueError, TypeError):
        return {}


def _remember(new: dict[str, Known]) -> None:
    """Add to the memory what still is where it was."""
    kept = {path: entry for path, entry in _remembered().items() if Path(path).is_file()}
    keep(_NAME, {**kept, **new})
