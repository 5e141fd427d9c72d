"""What is already here: files that were compared with the source once, files still to be compared, half of files.

All of it lies in `.fetch/` in the data set's root, so that the official tools find nothing unknown in their folders.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from runners.fetching.remote import Remote

State = Literal["absent", "right", "unknown", "different"]


class Kept:
    """The index of verified files: one line each, appended and flushed, so that a kill costs a second look at most."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / ".fetch"
        self._index = self.folder / "verified.jsonl"
        self._known = dict(_entries(self._index))
        self._torn = self._index.exists() and self._index.read_bytes()[-1:] not in (b"", b"\n")

    def state(self, remote: Remote) -> State:
        """Whether the file is here, by size, time of change and what was verified before; reads no contents."""
        path = self.root / remote.path
        try:
            status = path.stat()
        except FileNotFoundError:
            return "different" if path.is_symlink() else "absent"
        except NotADirectoryError:
            return "different"
        if not path.is_file() or status.st_size != remote.size:
            return "different"
        known = self._known.get(remote.path) == [status.st_size, status.st_mtime_ns, str(remote.digest)]
        return "right" if known else "unknown"

    def remember(self, remote: Remote) -> None:
        """The file here was compared and is the source's. Call from one thread at a time."""
        status = (self.root / remote.path).stat()
        entry = [status.st_size, status.st_mtime_ns, str(remote.digest)]
        self._known[remote.path] = entry
        with self._index.open("a", encoding="utf-8") as file:
            file.write(("\n" if self._torn else "") + json.dumps([remote.path, entry]) + "\n")
        self._torn = False

    def part(self, remote: Remote) -> Path:
        """Where the file's bytes are gathered. The name holds what they must become: other contents, another part."""
        contents = hashlib.sha256(f"{remote.digest} {remote.version}".encode()).hexdigest()[:16]
        return self.folder / f"{self._prefix(remote)}-{contents}.part"

    def forget_parts(self, remote: Remote, but: Path | None = None) -> None:
        """Remove halves of this file that nothing will ever complete."""
        for path in self.folder.glob(f"{self._prefix(remote)}-*.part"):
            if path != but:
                path.unlink(missing_ok=True)

    @staticmethod
    def _prefix(remote: Remote) -> str:
        return hashlib.sha256(remote.path.encode()).hexdigest()[:16]


def _entries(index: Path) -> Iterable[tuple[str, list[object]]]:
    try:
        lines = index.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            path, entry = json.loads(line)
            yield str(path), list(entry)
        except (ValueError, TypeError, RecursionError):  # torn by a kill: the file is looked at again
            continue
