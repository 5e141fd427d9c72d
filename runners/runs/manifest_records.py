"""What manifest.json holds: the types that are written by `manifest` and read by `run_record`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runners.runs.events import SCHEMA, Loaded, RawOrigin, Start
from runners.runs.generation import Generation
from runners.runs.records import Json, Record

_LONGEST_NAME_BYTES = 255


@dataclass(frozen=True, kw_only=True)
class ClipPublished(Record):
    """A clip in `videos/`, as its journal tells of it."""

    time: str
    sha256: str
    session: str
    generation: Generation
    raw: RawOrigin | None
    publication: Json

    NEEDED = ("sha256", "generation")


@dataclass(frozen=True, kw_only=True)
class ClipFailed(Record):
    """A clip's last failure or refusal."""

    time: str
    kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PaidAttempt(Record):
    """One paid request: what was asked for, what became of it, what it cost. What it does not tell is left out."""

    attempt: int
    segment: int
    state: str
    usd: float | None
    model: object
    job_id: object
    prompt: object
    seed: object
    seconds: object
    reason: object
    report: object
    reconciled: object
    adopted: object
    note: object
    estimated_usd: object
    sha256: object


@dataclass(frozen=True, kw_only=True)
class ClipRecord(Record):
    """One clip's entry: names and category, and what became of it."""

    name: str
    view: str
    category: str
    published: ClipPublished | None
    failed: ClipFailed | None
    jobs: tuple[PaidAttempt, ...] | None

    NEEDED = ("name", "view", "category")

    @property
    def generation(self) -> Generation:
        """How a published clip came to be. Raises KeyError for one that is not published."""
        if self.published is None:
            raise KeyError("published")
        return self.published.generation

    @property
    def sound(self) -> bool:
        """Whether it says what it must, and nothing in it is of another kind."""
        made = self.published
        told = {"published": made, "failed": self.failed}
        if self.missing or any(self.keys and key in self.keys and part is None for key, part in told.items()):
            return False
        return made is None or (not made.missing and _names_a_file(self.name))


def _names_a_file(name: str) -> bool:
    """Whether a text is a file's own name, without a way to it, as file systems take it."""
    return Path(name).name == name and "\0" not in name and len(name.encode(errors="replace")) <= _LONGEST_NAME_BYTES


@dataclass(frozen=True, kw_only=True)
class ModelConfiguration(Record):
    """What is asked of a run's model settings later on."""

    name: str
    short: object
    paid: object
    card: object
    adapter: Json | None

    NEEDED = ("name",)


@dataclass(frozen=True, kw_only=True)
class BenchmarkConfiguration(Record):
    """What is asked of a run's benchmark settings later on."""

    name: str
    kind: str
    expected: int | None

    NEEDED = ("name", "kind")


@dataclass(frozen=True, kw_only=True)
class PromptsConfiguration(Record):
    """What is asked of a run's prompt settings later on."""

    mode: str

    NEEDED = ("mode",)


@dataclass(frozen=True, kw_only=True)
class Configuration(Record):
    """The settings of an invocation; those that nobody asks for later are kept as they are."""

    model: ModelConfiguration
    benchmark: BenchmarkConfiguration
    prompts: PromptsConfiguration
    run: int
    tag: str | None

    NEEDED = ("model", "benchmark", "prompts", "run")


@dataclass(frozen=True, kw_only=True)
class Manifest(Record):
    """manifest.json: a run's record for people and leaderboards."""

    schema: int | None = SCHEMA
    name: str
    complete: bool
    expected: int
    published: int
    cost_usd: float | None
    fingerprint: dict[str, Any]
    """What the run was begun with, each part with its hash."""
    mode: str
    oracle: bool
    data: Json | None
    raw_from: Json | None
    """The run whose raw clips were published; None for one that made its own."""
    configuration: Configuration
    """Of the last invocation."""
    sessions: tuple[Start, ...]
    loaded: tuple[Loaded, ...]
    warnings: tuple[str, ...] | None
    clips: Mapping[str, ClipRecord]
    """By scenario id, in the benchmark's order."""

    NEEDED = (
        "name", "complete", "expected", "published", "oracle", "mode", "fingerprint", "configuration", "sessions",
        "loaded", "clips",
    )  # fmt: skip
