"""The journal is the run: facts appended and fsynced before they are acted on; folding them gives the state.

One JSON object a line. Each process writes its own file (`journal.jsonl`, or `journal-1of4.jsonl` for a shard) under
an exclusive lock; readers fold all files of the run folder. A torn last line is an event that did not happen.
"""

from __future__ import annotations

import heapq
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runners.core.errors import UserError
from runners.core.files import sync_folder
from runners.core.locks import Lock

Event = dict[str, Any]


class Journal:
    """An append-only file of events with one writer; safe to append to from several threads."""

    def __init__(self, path: Path) -> None:
        """Open for appending, making the file if need be. Raises `locks.Held` if another process writes to it."""
        self.path = path
        path.touch()
        self._lock = Lock(path)
        drop_torn_line(path)
        self._file = path.open("ab", buffering=0)
        sync_folder(path.parent)
        self._mutex = threading.Lock()

    def append(self, event: str, **facts: Any) -> Event:
        """Record one event; it is on disk when this returns. Raises OSError when the disk is full.

        A line that could not be written wholly is taken back, so that later events stay readable.
        """
        line = {"event": event, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), **facts}
        data = json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        with self._mutex:
            end = self._file.seek(0, os.SEEK_END)
            try:
                _write_all(self._file.fileno(), data)
                os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(end)
                raise
        return line

    def close(self) -> None:
        """Close the file and give the lock back."""
        self._file.close()
        self._lock.release()


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def drop_torn_line(path: Path) -> None:
    """Cut what a kill left of a line that was never finished."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with path.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())


def journal_name(shard: tuple[int, int] | None) -> str:
    """`journal.jsonl`, or `journal-1of4.jsonl` for shard 1/4."""
    return "journal.jsonl" if shard is None else f"journal-{shard[0]}of{shard[1]}.jsonl"


def journal_files(folder: Path) -> list[Path]:
    """All journals of a run folder, in a fixed order."""
    return sorted(folder.glob("journal*.jsonl"))


def read_events(path: Path) -> Iterator[Event]:
    """The whole lines of one journal. Raises UserError for a line that is no event (a torn last one is skipped)."""
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict) or "event" not in event:
            raise UserError(f"{path}: line {number} is damaged; restore the file, or start another run with tag=…")
        yield event


@dataclass
class ClipState:
    """What the journals say about one clip."""

    events: list[Event] = field(default_factory=list)
    """Facts of paid work, as the adapter recorded them."""
    raw: Event | None = None
    rendered: Event | None = None
    published: Event | None = None
    failed: Event | None = None
    """The last failure or refusal, unless the clip was published after it."""

    @property
    def refused(self) -> bool:
        """Whether the model declined this clip the last time."""
        return self.failed is not None and self.failed.get("kind") == "refused"


@dataclass
class RunState:
    """What the journals of a run folder say."""

    started: list[Event] = field(default_factory=list)
    loaded: list[Event] = field(default_factory=list)
    """What adapters said of themselves after loading."""
    clips: dict[str, ClipState] = field(default_factory=dict)

    def clip(self, clip_id: str) -> ClipState:
        """The state of one clip; an empty one if nothing happened yet."""
        return self.clips.setdefault(clip_id, ClipState())

    @property
    def fingerprint(self) -> dict[str, Any] | None:
        """The fingerprints that the first process wrote down, or None for a new run."""
        return self.started[0]["fingerprint"] if self.started else None


def fold(folder: Path) -> RunState:
    """Fold all journals of a run folder into its state."""
    state = RunState()
    # A merge, not a sort: the events of one file keep their order even where a clock went back.
    for event in heapq.merge(*map(read_events, journal_files(folder)), key=lambda event: str(event.get("time", ""))):
        apply_event(state, event)
    return state


def apply_event(state: RunState, event: Event) -> None:
    """Advance the state by one event; kinds unknown to this version are passed over."""
    kind = event["event"]
    if kind == "start":
        state.started.append(event)
    elif kind == "loaded":
        state.loaded.append(event)
    elif "id" in event:
        clip = state.clip(event["id"])
        if kind == "job":
            clip.events.append(event)
        elif kind in ("raw", "rendered"):
            setattr(clip, kind, event)
        elif kind == "failed":
            clip.published, clip.failed = None, event  # a published clip is tried again only if its file is gone
        elif kind == "published":
            clip.published, clip.failed = event, None
