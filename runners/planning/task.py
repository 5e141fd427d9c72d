"""One clip to be made, and the little that all clips of a run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from adapters.harness import clean_text
from runners.clips.conditioning import ConditioningSource
from runners.clips.geometry import Geometry
from runners.core.files import sha256_file
from runners.dataset.scenarios import Scenario
from runners.runs.events import Raw
from runners.runs.generation import Generation, SourceFile
from runners.runs.journal import ClipState
from runners.runs.journal_lines import as_recorded


@dataclass(frozen=True)
class Task:
    """A scenario with everything its request needs, decided before any work starts.

    `raw` is the recorded event of a kept raw clip (its `file` relative to `raw_root`) that makes generating needless;
    `geometry` is set wherever it does not.
    """

    scenario: Scenario
    source: ConditioningSource
    geometry: Geometry | None
    seed: int
    prompt: str | None
    negative_prompt: str | None
    """What is sent; `own_negative`: it is this clip's own, of the prompts file, and not the run's."""
    state: ClipState
    oracle: Path | None = None
    inputs: tuple[Path, ...] = ()
    """Files beside the conditioning that the clip is made from: the adapter's, and the oracle."""
    own_negative: bool = False
    raw: Raw | None = field(default=None, compare=False)
    raw_root: Path | None = None

    @property
    def id(self) -> str:
        """The scenario's id."""
        return self.scenario.id

    @property
    def own_texts(self) -> dict[str, str | None]:
        """What is the clip's own and not the run's, under the names that records have for it."""
        return {
            "prompt": self.prompt,
            **({"negative_prompt": self.negative_prompt} if self.own_negative else {}),
        }


def geometry_of(task: Task) -> Geometry:
    """How the task's conditioning is fitted; only a task that publishes a kept raw clip has none of its own."""
    if task.geometry is None:
        raise ValueError(f"{task.id} has no geometry: it is published from its raw clip")
    return task.geometry


def source_file(path: Path) -> SourceFile:
    """A file that a clip is made from, as it is now."""
    status = path.stat()
    return SourceFile(
        file=clean_text(path.name), bytes=status.st_size, mtime_ns=status.st_mtime_ns, sha256=sha256_file(path)
    )


def what_changed(made: Generation, task: Task) -> str | None:
    """What a recorded clip was made from that is no longer the same, its prompt or a file; None if all is as it was."""
    if made.prompt_given != as_recorded(task.prompt):
        return f"the prompt of {task.id}"
    if task.own_negative and made.negative_prompt_given != as_recorded(task.negative_prompt):
        return f"the negative prompt of {task.id}"
    records = [made.conditioning.source, *made.inputs]
    paths = [task.source.path, *task.inputs]
    if len(records) != len(paths):
        return f"the files behind {task.id}"
    return next((str(path) for record, path in zip(records, paths, strict=True) if not _is_same(record, path)), None)


def _is_same(record: SourceFile, path: Path) -> bool:
    """Compare by size and time; a file that was only touched is read."""
    status = path.stat()
    if status.st_size != record.bytes:
        return False
    return status.st_mtime_ns == record.mtime_ns or sha256_file(path) == record.sha256
