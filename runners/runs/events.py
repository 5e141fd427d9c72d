"""What a run's journal tells: one frozen record for each kind of event, its fields in the order in which they stand.

`NEEDED` of a kind is what it must hold for a run to go on from it. A line is `{"event": kind, "number": …, "time": …,
…}`. Kinds and fields that this version does not know are kept and passed over (`runners.runs.records`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runners.runs.generation import Generation
from runners.runs.records import Json, Record, decode

SCHEMA = 1
"""Of the events that this version writes; the start event of each session says it."""


@dataclass(frozen=True, kw_only=True)
class Event(Record):
    """Any event; one of this very class is of a kind that is unknown to this version."""

    event: str = ""
    number: int = 0
    """Counts all events of a run, from 1; 0 in the oldest journals. The journal gives it."""
    time: str = ""
    """When it was recorded, ISO 8601. The journal gives it."""


@dataclass(frozen=True, kw_only=True)
class Start(Event):
    """A process begins to work on the run."""

    event: str = "start"
    schema: int | None = SCHEMA
    session: str
    """Names this process in all that it makes."""
    pid: int
    host: str
    shard: str | None
    fingerprint: dict[str, Any]
    settings: Json
    versions: Json
    hardware: Json
    prompts: Json

    NEEDED = ("session", "fingerprint")


@dataclass(frozen=True, kw_only=True)
class Loaded(Event):
    """The model is ready; `facts` is what it says of itself."""

    event: str = "loaded"
    session: str
    facts: Json
    hardware: Json

    NEEDED = ("facts",)

    @property
    def revision(self) -> object:
        """Which exact weights it has, as it says itself; None where it does not."""
        return self.facts.get("revision")


@dataclass(frozen=True, kw_only=True)
class ClipEvent(Event):
    """Something happened to one clip."""

    id: str


@dataclass(frozen=True, kw_only=True)
class Job(ClipEvent):
    """A fact of paid work, as the adapter recorded it (`adapters.Attempt` folds them)."""

    event: str = "job"
    job: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Raw(ClipEvent):
    """What the model returned was kept. `file` is below the run folder; `fps`, `leading`: as the model gave them."""

    event: str = "raw"
    file: str
    sha256: str
    fps: Any
    leading: Any
    generation: Generation

    NEEDED = ("id", "file", "sha256", "fps", "leading", "generation")


@dataclass(frozen=True, kw_only=True)
class RawOrigin(Record):
    """The raw clip that a clip was made of, and the run that has it."""

    run: str
    file: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Rendered(ClipEvent):
    """A clip is ready in the scratch space: `file` is to be renamed to `name`."""

    event: str = "rendered"
    file: str
    name: str
    sha256: str
    generation: Generation
    raw: RawOrigin | None
    publication: Json
    session: str

    NEEDED = ("file", "id", "name", "sha256", "generation", "raw", "publication", "session")


@dataclass(frozen=True, kw_only=True)
class Published(ClipEvent):
    """A clip stands in `videos/`. `session` is the process that encoded it; its generation names who made it."""

    event: str = "published"
    name: str
    sha256: str
    generation: Generation
    raw: RawOrigin | None
    publication: Json
    session: str

    NEEDED = ("id", "name", "sha256", "generation", "raw", "publication", "session")

    @classmethod
    def of(cls, rendered: Rendered) -> Published:
        """What is to be recorded once a rendered clip stands at its place."""
        return cls(
            id=rendered.id, name=rendered.name, sha256=rendered.sha256, generation=rendered.generation,
            raw=rendered.raw, publication=rendered.publication, session=rendered.session,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Failed(ClipEvent):
    """A clip was not made. `prompt`, `negative_prompt`: what a model refused, where it is the clip's own."""

    event: str = "failed"
    kind: str
    reason: str
    prompt: str | None = None
    negative_prompt: str | None = None

    NEEDED = ("id", "time", "kind", "reason")

    @classmethod
    def of(cls, clip_id: str, kind: str, reason: str, texts: Mapping[str, str | None]) -> Failed:
        """What is to be recorded of a failure; `texts` are the clip's own, by field."""
        told = texts if kind == "refused" else {}
        made = cls(
            id=clip_id, kind=kind, reason=reason, prompt=told.get("prompt"), negative_prompt=told.get("negative_prompt")
        )
        return made.without(*({"prompt", "negative_prompt"} - told.keys()))


_KINDS: dict[str, type[Event]] = {kind.event: kind for kind in (Start, Loaded, Job, Raw, Rendered, Published, Failed)}


def event_of(line: dict[str, Any]) -> Event:
    """The event of a journal's line; of an unknown kind it is a `ClipEvent` where it names a clip, else an `Event`."""
    kind = line["event"]
    unknown = ClipEvent if "id" in line else Event
    return decode(_KINDS.get(kind, unknown) if isinstance(kind, str) else unknown, line)
