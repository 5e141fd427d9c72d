"""The journal is the run: facts appended and fsynced before they are acted on; folding them gives the state.

One JSON object a line. Each process writes its own file (`journal.jsonl`, or `journal-1of4.jsonl` for a shard) under
an exclusive lock; readers fold all files of the run folder. A torn last line is an event that did not happen.
"""

from __future__ import annotations

import heapq
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from runners.core.descriptors import open_above
from runners.core.errors import UserError
from runners.core.files import sync_folder
from runners.core.locks import Lock
from runners.runs.events import ClipEvent, Event, Failed, Job, Loaded, Published, Raw, Rendered, Start, event_of
from runners.runs.journal_lines import encoded, newer_version, number_of, read_lines
from runners.runs.records import encode

E = TypeVar("E", bound=Event)


class Journal:
    """An append-only file of events with one writer; safe to append to from several threads."""

    def __init__(self, path: Path) -> None:
        """Open for appending, making the file if need be. Raises `locks.Held` if another process writes to it."""
        self.path = path
        path.touch()
        self._lock = Lock(path)
        try:
            drop_torn_line(path)
            self._number = 1 + highest_number(path.parent)
            self._file = open(path, "ab", buffering=0, opener=open_above)  # noqa: SIM115  (closed by `close`)
            sync_folder(path.parent)
        except BaseException:
            self._lock.release()
            raise
        self._mutex = threading.Lock()
        self._last = 0, b""
        self._tells_files_apart = self._is_at_its_path()
        """Not so on every network disk."""

    def append(self, event: E) -> E:
        """Record one event, which gets its number and time here; returns it as it will be read back.

        It is on disk when this returns. Raises OSError when the disk is full: a line that could not be written wholly
        is taken back, so that later events stay readable.
        """
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._mutex:
            head = {"event": event.event, "number": self._number, "time": stamp}
            line, data = encoded(head | {key: value for key, value in encode(event).items() if key not in head})
            end = self._file.seek(0, os.SEEK_END)
            try:
                _write_all(self._file.fileno(), data)
                os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(end)
                raise
            self._number += 1
            self._last = end, data
        return cast("E", event_of(line))

    def _is_at_its_path(self) -> bool:
        try:
            there, ours = self.path.stat(), os.fstat(self._file.fileno())
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def reads_back(self) -> bool:
        """Whether what was written last stands at the journal's path: its folder was not removed, moved or replaced."""
        if self._tells_files_apart and not self._is_at_its_path():
            return False
        place, data = self._last
        try:
            with self.path.open("rb") as file:
                file.seek(place)
                return file.read(len(data)) == data
        except OSError:
            return False

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
    """The whole events of one journal. Raises UserError for a line that is damaged (a torn last one is skipped)."""
    yield from map(event_of, read_lines(path).events)


@dataclass
class ClipState:
    """What the journals say about one clip."""

    events: list[Job] = field(default_factory=list)
    """Facts of paid work, as the adapter recorded them."""
    raw: Raw | None = None
    rendered: Rendered | None = None
    published: Published | None = None
    failed: Failed | None = None
    """The last failure or refusal, unless the clip was published after it."""

    @property
    def refused(self) -> bool:
        """Whether the model declined this clip the last time."""
        return self.failed is not None and self.failed.kind == "refused"


@dataclass
class RunState:
    """What the journals of a run folder say."""

    started: list[Start] = field(default_factory=list)
    loaded: list[Loaded] = field(default_factory=list)
    """What adapters said of themselves after loading."""
    clips: dict[str, ClipState] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    """What in the journals is not ours and was passed over."""

    def clip(self, clip_id: str) -> ClipState:
        """The state of one clip; an empty one if nothing happened yet."""
        return self.clips.setdefault(clip_id, ClipState())

    @property
    def fingerprint(self) -> dict[str, Any] | None:
        """The fingerprints that the first process wrote down, or None for a new run."""
        return self.started[0].fingerprint if self.started else None

    @property
    def newer(self) -> str | None:
        """What is to be told of a run that a newer version of this program worked on; None if none did."""
        return newer_version(event.schema for event in self.started)


def highest_number(folder: Path) -> int:
    """The number of the latest event in any journal of the folder; 0 if there is none."""
    return max((number_of(event) for path in journal_files(folder) for event in read_lines(path).events), default=0)


def fold(folder: Path) -> RunState:
    """Fold all journals of a run folder into its state."""
    state, journals = RunState(), [read_lines(path) for path in journal_files(folder)]
    # By number, since the clocks of two machines may differ: a process counts on from all that was there before it.
    for event in heapq.merge(*(lines.events for lines in journals), key=number_of):
        apply_event(state, event_of(event))
    state.foreign = [told for lines in journals for told in lines.foreign]
    return state


def forget_lost_clips(state: RunState, videos: Path) -> RunState:
    """A published clip whose file somebody took away is not published any more."""
    for clip in state.clips.values():
        if clip.published is not None and not (videos / clip.published.name).exists():
            clip.published = None
    return state


def apply_event(state: RunState, event: Event) -> None:
    """Advance the state by one event; kinds unknown to this version are passed over."""
    if isinstance(event, Start):
        state.started.append(event)
    elif isinstance(event, Loaded):
        state.loaded.append(event)
    elif isinstance(event, ClipEvent) and event.has("id"):
        _apply_to_clip(state.clip(event.id), event)


def _apply_to_clip(clip: ClipState, event: ClipEvent) -> None:
    if isinstance(event, Job):
        clip.events.append(event)
    elif isinstance(event, Raw):
        clip.raw = event
    elif isinstance(event, Rendered):
        clip.rendered, clip.published = event, None  # made anew: what was published before is gone
    elif isinstance(event, Failed):
        clip.published, clip.failed = None, event  # a published clip is tried again only if its file is gone
    elif isinstance(event, Published):
        clip.published, clip.failed = event, None


def check_state(state: RunState, folder: Path) -> None:
    """Raise UserError for a run that this version cannot go on with.

    A newer one wrote events of another schema, or an event lacks what it must hold: somebody edited the journal.
    """
    if state.newer is not None:
        raise UserError(f"{folder}: {state.newer}; go on with that version, or start another run with tag=…")
    events: list[Event] = [*state.started, *state.loaded]
    for clip in state.clips.values():
        events += [event for event in (clip.raw, clip.rendered, clip.published, clip.failed) if event is not None]
    for event in events:
        if event.missing:
            raise UserError(f"{folder}: {_lacks(event, event.missing)}")


def _lacks(event: Event, names: list[str]) -> str:
    whose = event.id if isinstance(event, ClipEvent) else "the run"
    return (
        f"the journal is damaged: the event {event.event!r} of {whose} lacks {', '.join(names)}; restore the file, or "
        "start another run with tag=…"
    )


def job_facts(state: ClipState) -> list[dict[str, Any]]:
    """What the adapter recorded of a clip, oldest first.

    Raises UserError where one of the facts cannot be read: it could be the promise of a paid job.
    """
    for event in state.events:
        if not event.has("job"):
            raise UserError(_lacks(event, ["job"]))
    return [event.job for event in state.events]
