"""What a finished or unfinished run says of itself, for whoever aggregates or submits runs: manifest.json, checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runners.core.errors import UserError
from runners.core.files import shown
from runners.core.locks import Held, Lock
from runners.runs.journal import journal_files
from runners.runs.journal_lines import newer_version
from runners.runs.presence import at_work
from runners.runs.run_folder import RunFolder

_SHAPE: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "complete": bool,
    "expected": int,
    "published": int,
    "oracle": bool,
    "mode": str,
    "fingerprint": dict,
    "configuration": dict,
    "configuration.model": dict,
    "configuration.model.name": str,
    "configuration.benchmark": dict,
    "configuration.benchmark.name": str,
    "configuration.benchmark.kind": str,
    "configuration.prompts": dict,
    "configuration.prompts.mode": str,
    "configuration.run": int,
    "sessions": list,
    "loaded": list,
    "clips": dict,
}
"""What every manifest holds, by dotted key."""


@dataclass(frozen=True)
class RunRecord:
    """A run folder with its manifest; `manifest` has the keys that `read_record` checks."""

    folder: RunFolder
    manifest: dict[str, Any]

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def name(self) -> str:
        """The folder's name, as the run is called in tables."""
        return self.path.name

    @property
    def configuration(self) -> dict[str, Any]:
        """The settings of the last invocation."""
        found: dict[str, Any] = self.manifest["configuration"]
        return found

    @property
    def model(self) -> str:
        """The model's name, without a tag."""
        return str(self.configuration["model"]["name"])

    @property
    def tag(self) -> str | None:
        """The variant's name, if it has one."""
        return self.configuration.get("tag") or None

    @property
    def prompts(self) -> str:
        """op, bpp or none."""
        return str(self.configuration["prompts"]["mode"])

    @property
    def number(self) -> int:
        """Which of the independent runs it is."""
        return int(self.configuration["run"])

    @property
    def benchmark(self) -> str:
        """The benchmark's name."""
        return str(self.configuration["benchmark"]["name"])

    @property
    def kind(self) -> str:
        """demo, original, verified or custom."""
        return str(self.configuration["benchmark"]["kind"])

    @property
    def oracle(self) -> bool:
        """The model saw take 2: a ceiling, no contestant."""
        return self.manifest["oracle"] is True

    @property
    def complete(self) -> bool:
        """Every clip of the benchmark was published."""
        return self.manifest["complete"] is True

    @property
    def clips(self) -> dict[str, dict[str, Any]]:
        """The clips' records by scenario id, in the benchmark's order."""
        found: dict[str, dict[str, Any]] = self.manifest["clips"]
        return found

    @property
    def hashes(self) -> dict[str, str]:
        """File name → SHA-256, of every published clip."""
        return {clip["name"]: clip["published"]["sha256"] for clip in self.clips.values() if "published" in clip}

    @property
    def refused(self) -> list[str]:
        """Ids of clips that the model declined."""
        return [name for name, clip in self.clips.items() if clip.get("failed", {}).get("kind") == "refused"]

    @property
    def newer(self) -> str | None:
        """What is to be told of a run that a newer version of this program wrote; None of any other."""
        schemas = [event.get("schema") for event in self.manifest["sessions"] if isinstance(event, dict)]
        return newer_version([*schemas, self.manifest.get("schema")])

    def lost(self) -> list[str]:
        """Published clips whose files are gone."""
        return [name for name in self.hashes if not (self.folder.videos / name).is_file()]


def read_record(path: Path) -> RunRecord | None:
    """The run's record, None if it has no manifest yet. Raises UserError for a damaged one."""
    folder = RunFolder(path)
    if not folder.manifest.exists():
        return None
    try:
        manifest = json.loads(folder.manifest.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(folder, type(error).__name__) from None
    for key, kind in _SHAPE.items():
        value = _value(manifest, key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise _damaged(folder, f"{key} is missing or is no {getattr(kind, '__name__', kind)}")
    for clip_id, clip in manifest["clips"].items():
        if not _is_clip(clip):
            raise _damaged(folder, f"the record of clip {clip_id} is incomplete")
    record = RunRecord(folder, manifest)
    if record.complete and not len(record.hashes) == len(record.clips) == manifest["expected"]:
        raise _damaged(folder, f"complete with {len(record.hashes)} of {manifest['expected']} clips")
    return record


def _value(node: Any, key: str) -> Any:
    for word in key.split("."):
        node = node.get(word) if isinstance(node, dict) else None
    return node


def _is_clip(clip: Any) -> bool:
    if not isinstance(clip, dict) or not all(isinstance(clip.get(key), str) for key in ("name", "view", "category")):
        return False
    published, failed = clip.get("published"), clip.get("failed", {})
    if not isinstance(failed, dict):
        return False
    if "published" not in clip:
        return True
    if not isinstance(published, dict) or not isinstance(published.get("sha256"), str):
        return False
    return isinstance(published.get("generation"), dict) and Path(clip["name"]).name == clip["name"]


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
