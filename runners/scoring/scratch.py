"""Folders for temporary files, of which a killed process leaves none for long: the next one clears them away."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from runners.core.locks import Held, Lock

_LOCK, _NOT_YET = "lock", "new"


@contextlib.contextmanager
def scratch_folder(place: Path, prefix: str) -> Iterator[Path]:
    """A folder inside `place` that holds nothing but its lock; gone afterwards, as are those of killed processes."""
    sweep(place, prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    try:
        with locked_file(folder / _NOT_YET, folder / _LOCK):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def locked_file(unseen: Path, path: Path) -> Iterator[None]:
    """A new empty file, locked before it gets the name by which others look for files that nobody holds."""
    unseen.touch(exist_ok=False)
    with Lock(unseen):
        unseen.rename(path)
        yield


def sweep(place: Path, prefix: str, keep: Path | None = None) -> None:
    """Remove the folders that no living process holds, but for `keep`."""
    for lock in place.glob(f"{prefix}*/{_LOCK}"):
        if lock.parent == keep:
            continue
        with contextlib.suppress(Held, OSError), Lock(lock):  # locked: its process lives
            shutil.rmtree(lock.parent, ignore_errors=True)
