"""The facts of paid work in the journals of some run folders, read on as they grow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runners.runs.journal import journal_files
from runners.runs.journal_lines import whole_events


class JobEvents:
    """Reads each journal from where the last look ended. Not for several threads at once."""

    def __init__(self) -> None:
        self._read: dict[Path, int] = {}

    def appended(self, folder: Path) -> Iterator[dict[str, Any]]:
        """The job events that the folder's journals hold beyond those of the last call; `job` in them is a dict."""
        for path in journal_files(folder):
            for line in self._lines(path):
                if b'"job"' in line:
                    events = whole_events(line)
                    yield from (one for one in events if one.get("event") == "job" and isinstance(one.get("job"), dict))

    def _lines(self, path: Path) -> list[bytes]:
        begin = self._read.get(path, 0)
        if path.stat().st_size == begin:
            return []
        with path.open("rb") as file:
            file.seek(begin)
            data = file.read()
        whole = data.rfind(b"\n") + 1  # a line without its end did not happen
        self._read[path] = begin + whole
        return data[:whole].split(b"\n")
