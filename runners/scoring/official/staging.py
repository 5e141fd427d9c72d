"""A folder that the official toolbox may do with as it likes: links under the names that it wants.

It renames clips, writes masks into the data set, and keeps both by the base name of the clips' folder. Here all folders
are real and stand apart from the user's, clips are hard links in a folder named by their contents, truth videos are
symbolic links, and what it might write over (masks, descriptions) is copied. The folder is named by all that the result
depends on, and stays when the work in it was cut off: the same command finds the masks that were made.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError, first_of
from runners.core.files import link_or_copy, sha256_file, sha256_json, shown
from runners.core.locks import Held, Lock
from runners.dataset.layout import DataSet, output_name, relative_path, scenario_name
from runners.dataset.scenarios import Scenario, descriptions_csv
from runners.scoring.scratch import locked_file, sweep
from runners.scoring.truth import TruthSource

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

    @property
    def results(self) -> Path | None:
        """The CSV of these clips, wherever its generation puts it; None if there is none."""
        return next(iter(sorted(self.output.rglob(f"{self.clips.name}.csv"))), None)

    def made_masks(self, fps: int) -> dict[str, Path]:
        """Where it keeps the masks that it makes: of the truth, and of the clips."""
        masks = self.root / "video-masks"
        real = {} if self.masks else {"truth": masks / "real" / f"{fps}FPS"}
        return {**real, "clips": masks / "generated" / self.clips.name / f"{fps}FPS"}


@contextlib.contextmanager
def staging_folder(out: Path, identity: str) -> Iterator[Path]:
    """The folder of the job `identity` inside `out`, on one disk with the clips; gone when all went well.

    It may hold what an earlier call left, and stays if this one is cut off. Those of other jobs are removed, unless
    their process lives. Raises `UserError` if one works on this very job.
    """
    out.mkdir(parents=True, exist_ok=True)
    place = out / f"{_PREFIX}{identity[:16]}"
    sweep(out, _PREFIX, keep=place)
    with contextlib.ExitStack() as held:
        if not (place / "lock").exists():
            shutil.rmtree(place, ignore_errors=True)
            fresh = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=out))
            held.callback(shutil.rmtree, fresh, ignore_errors=True)
            held.enter_context(locked_file(fresh / "new", fresh / "lock"))
            try:
                fresh.rename(place)
            except OSError:
                raise _busy(out) from None
        else:
            try:
                held.enter_context(Lock(place / "lock"))
            except Held:
                raise _busy(out) from None
        yield place
        shutil.rmtree(place, ignore_errors=True)


def _busy(out: Path) -> UserError:
    return UserError(f"{shown(out)}: another process scores these clips with the official toolbox")


def stage(
    folder: Path,
    clips: Sequence[tuple[Scenario, Path]],
    hashes: Mapping[Path, str],
    sources: Sequence[TruthSource],
    dataset: DataSet,
    name: str,
) -> Staged:
    """Lay out clips and data set, the latter under its official `name`, around the masks that may be there already.

    `hashes` are those of the clips' contents, `sources` the truth of each clip.
    """
    content = sha256_json([[scenario.id, hashes[path]] for scenario, path in clips])
    staged = Staged(
        folder=folder,
        clips=folder / f"clips-{content[:16]}",
        root=folder / name,
        descriptions=folder / "descriptions.csv",
        output=folder / "output",
        masks=sources[0].masks_shipped,
    )
    shutil.rmtree(staged.clips, ignore_errors=True)
    staged.clips.mkdir()
    staged.output.mkdir(exist_ok=True)
    for scenario, path in clips:
        link_or_copy(path, staged.clips / output_name(scenario.item))
    _stage_truth(staged, clips, sources, dataset)
    staged.descriptions.write_text(_descriptions([scenario for scenario, _ in clips]), encoding="utf-8")
    return staged


def _stage_truth(
    staged: Staged, clips: Sequence[tuple[Scenario, Path]], sources: Sequence[TruthSource], dataset: DataSet
) -> None:
    shutil.rmtree(staged.root / "split-videos", ignore_errors=True)
    if staged.masks:  # it takes a folder that is there for complete
        shutil.rmtree(staged.root / "video-masks" / "real", ignore_errors=True)
    for (scenario, _), source in zip(clips, sources, strict=True):
        for item, take, mask in zip((scenario.item, scenario.second), source.takes, source.masks, strict=True):
            assert item is not None, "the toolbox needs second takes"
            for rate, found in {_LISTED_FPS: dataset.find("testing", item, _LISTED_FPS), source.fps: take}.items():
                place = staged.root / relative_path("testing", item, rate)
                place.parent.mkdir(parents=True, exist_ok=True)
                if found is not None:
                    place.symlink_to(found.resolve())
                else:
                    place.touch()  # a name to list; whoever reads it fails, and gets no other rate's frames unasked
            if mask is not None:
                place = staged.root / relative_path("masks", item, source.fps)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(mask, place)


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
