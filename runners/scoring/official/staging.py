"""A folder that the official toolbox may do with as it likes: links under the names that it wants.

It renames clips, writes masks into the data set, and keeps both by the base name of the clips' folder. Here all folders
are real and stand apart from the user's, clips are hard links in a folder named by their contents, truth videos are
symbolic links, and what it might write over (masks, descriptions) is copied.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError, first_of
from runners.core.files import link_or_copy, sha256_file, sha256_json
from runners.core.layout import DataSet, Item, output_name, relative_path, scenario_name
from runners.core.scenarios import Scenario, descriptions_csv
from runners.scoring.scratch import scratch_folder

_PREFIX = ".official-"
_LISTED_FPS = 30
"""The rate whose folder it lists for names, whatever the clips' rate is."""


@dataclass(frozen=True)
class Staged:
    """What the toolbox is given."""

    folder: Path
    clips: Path
    root: Path
    descriptions: Path
    output: Path
    masks: bool
    """The truth's masks came with the data set; else the toolbox makes them, in here."""


@contextlib.contextmanager
def staging_folder(out: Path) -> Iterator[Path]:
    """A folder of this process's own inside `out`, on one disk with the clips; gone afterwards."""
    out.mkdir(parents=True, exist_ok=True)
    with scratch_folder(out, _PREFIX) as folder:
        yield folder


def stage(
    folder: Path,
    clips: Sequence[tuple[Scenario, Path]],
    hashes: Mapping[Path, str],
    dataset: DataSet,
    name: str,
    fps: int,
) -> Staged:
    """Lay out clips and data set, the latter under its official `name`. `hashes` are those of the clips' contents."""
    items = [item for scenario, _ in clips for item in (scenario.item, scenario.second) if item is not None]
    content = sha256_json([[scenario.id, hashes[path]] for scenario, path in clips])
    staged = Staged(
        folder=folder,
        clips=folder / f"clips-{content[:16]}",
        root=folder / name,
        descriptions=folder / "descriptions.csv",
        output=folder / "output",
        masks=all(dataset.find("masks", item, fps) for item in items),
    )
    staged.clips.mkdir()
    staged.output.mkdir()
    for scenario, path in clips:
        link_or_copy(path, staged.clips / output_name(scenario.item))
    for rate in {fps, _LISTED_FPS}:
        _stage_truth(staged.root, dataset, items, rate)
    if staged.masks:  # it takes a folder that is there for complete
        _copy_masks(staged.root, dataset, items, fps)
    staged.descriptions.write_text(_descriptions([scenario for scenario, _ in clips]), encoding="utf-8")
    return staged


def _stage_truth(root: Path, dataset: DataSet, items: Sequence[Item], fps: int) -> None:
    for item in items:
        place = root / relative_path("testing", item, fps)
        place.parent.mkdir(parents=True, exist_ok=True)
        found = dataset.find("testing", item, fps)
        if found is not None:
            place.symlink_to(found.resolve())
        else:
            place.touch()  # a name to list; whoever reads it fails, and gets no other rate's frames unasked


def _copy_masks(root: Path, dataset: DataSet, items: Sequence[Item], fps: int) -> None:
    for item in items:
        place = root / relative_path("masks", item, fps)
        place.parent.mkdir(parents=True, exist_ok=True)
        found = dataset.find("masks", item, fps)
        assert found is not None, "masks are staged only if all are there"
        shutil.copyfile(found, place)


def _descriptions(scenarios: Sequence[Scenario]) -> str:
    """The official file for exactly the takes that are staged."""
    return descriptions_csv(
        (scenario_name(item), scenario.prompt, scenario.category, output_name(item))
        for scenario in scenarios
        for item in (scenario.item, scenario.second)
        if item is not None
    )


class Untouched:
    """The user's own files as they are now, to be compared with what they are afterwards."""

    def __init__(self, hashes: Mapping[Path, str], others: Sequence[Path]) -> None:
        """`hashes`: files with their sha256; `others`: files too large for that, known by size and time of change."""
        self._hashes = dict(hashes)
        self._stamps = {path: _stamp(path) for path in (*hashes, *others)}

    def check(self) -> None:
        """Raise `UserError`, naming them, if files are no longer what they were."""
        changed = [
            path for path, stamp in self._stamps.items()
            if _stamp(path) != stamp or (path in self._hashes and sha256_file(path) != self._hashes[path])
        ]  # fmt: skip
        if changed:
            names = first_of([str(path) for path in changed])
            raise UserError(
                f"the official toolbox CHANGED files of yours, through its links to them: {names}; "
                "get them back from where they came, and use scorer=builtin"
            )


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
