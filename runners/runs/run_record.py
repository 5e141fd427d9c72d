"""What a finished or unfinished run says of itself, for whoever aggregates or submits runs: manifest.json, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError
from runners.core.files import shown
from runners.core.locks import Held, Lock
from runners.runs.generation import Generation
from runners.runs.journal import journal_files
from runners.runs.journal_lines import newer_version
from runners.runs.manifest_records import ClipRecord, Configuration, Manifest
from runners.runs.presence import at_work
from runners.runs.records import decode, find_fault
from runners.runs.run_folder import RunFolder


@dataclass(frozen=True)
class RunRecord:
    """A run folder with its manifest, which holds what it must."""

    folder: RunFolder
    manifest: Manifest

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def name(self) -> str:
        """The folder's name, as the run is called in tables."""
        return self.path.name

    @property
    def configuration(self) -> Configuration:
        """The settings of the last invocation."""
        return self.manifest.configuration

    @property
    def model(self) -> str:
        """The model's name, without a tag."""
        return self.configuration.model.name

    @property
    def tag(self) -> str | None:
        """The variant's name, if it has one."""
        return self.configuration.tag or None

    @property
    def prompts(self) -> str:
        """op, bpp or none."""
        return self.configuration.prompts.mode

    @property
    def number(self) -> int:
        """Which of the independent runs it is."""
        return self.configuration.run

    @property
    def benchmark(self) -> str:
        """The benchmark's name."""
        return self.configuration.benchmark.name

    @property
    def kind(self) -> str:
        """demo, original, verified or custom."""
        return self.configuration.benchmark.kind

    @property
    def oracle(self) -> bool:
        """The model saw take 2: a ceiling, no contestant."""
        return self.manifest.oracle

    @property
    def complete(self) -> bool:
        """Every clip of the benchmark was published."""
        return self.manifest.complete

    @property
    def clips(self) -> Mapping[str, ClipRecord]:
        """The clips' records by scenario id, in the benchmark's order."""
        return self.manifest.clips

    @property
    def generations(self) -> list[Generation]:
        """How each published clip came to be."""
        return [clip.published.generation for clip in self.clips.values() if clip.published is not None]

    @property
    def hashes(self) -> dict[str, str]:
        """File name → SHA-256, of every published clip."""
        return {clip.name: clip.published.sha256 for clip in self.clips.values() if clip.published is not None}

    @property
    def refused(self) -> list[str]:
        """Ids of clips that the model declined."""
        return [name for name, clip in self.clips.items() if clip.failed is not None and clip.failed.kind == "refused"]

    @property
    def newer(self) -> str | None:
        """What is to be told of a run that a newer version of this program wrote; None of any other."""
        return newer_version([*(event.schema for event in self.manifest.sessions), self.manifest.schema])

    def lost(self) -> list[str]:
        """Published clips whose files are gone."""
        return [name for name in self.hashes if not (self.folder.videos / name).is_file()]


def read_record(path: Path) -> RunRecord | None:
    """The run's record, None if it has no manifest yet. Raises UserError for a damaged one."""
    folder = RunFolder(path)
    if not folder.manifest.exists():
        return None
    try:
        found = json.loads(folder.manifest.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(folder, type(error).__name__) from None
    manifest = decode(Manifest, found if isinstance(found, dict) else {})
    if fault := find_fault(manifest):
        raise _damaged(folder, fault)
    if any("facts" in event.extra for event in manifest.loaded):
        raise _damaged(folder, "what the model said of itself is no dict")
    for clip_id, clip in manifest.clips.items():
        if not clip.sound:
            raise _damaged(folder, f"the record of clip {clip_id} is incomplete")
    record = RunRecord(folder, manifest)
    if record.complete and not len(record.hashes) == len(record.clips) == manifest.expected:
        raise _damaged(folder, f"complete with {len(record.hashes)} of {manifest.expected} clips")
    return record


def _damaged(folder: RunFolder, why: str) -> UserError:
    return UserError(f"{shown(folder.manifest)} is damaged ({why}); the command that made the run writes it anew")


def is_busy(path: Path) -> bool:
    """Whether a process works on the run: it holds one of its journals, or says so."""
    if at_work(path) is not None:
        return True
    for journal in journal_files(path):
        try:
            Lock(journal, shared=True).release()
        except Held:
            return True
        except (OSError, UserError):  # not ours to open; who works there cannot be known
            continue
    return False
