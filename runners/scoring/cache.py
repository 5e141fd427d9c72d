"""The truth's side of a data set on disk, so that scoring the next run decodes no truth at all.

One file per view (runners/scoring/truth_file.py), named after the contents of the truth's files, the rates, and the
versions of everything that may change a number or the layout. Files are written under another name, made durable and
renamed: whoever builds the same one at the same time writes the same bytes. Where the frames of both takes have no
room, masks and variance alone are kept, a hundredth of the size.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runners.core.errors import UserError
from runners.core.files import publish, sha256_json, standing, takes_files, user_path
from runners.core.locks import Held, Lock
from runners.core.settings import ScorerSettings
from runners.dataset.presence import cache_folder
from runners.scoring.scores import SCORER_VERSION
from runners.scoring.scratch import locked_file
from runners.scoring.truth_file import FORMAT, Damaged, Entry, finish_entry, read_entry

Kept = Literal["frames", "masks", "nothing"]
"""What of a view there was room for."""

_WHOLE, _SMALL, _DRAFT = ".truth", ".masks", ".part"
_HEX = "[0-9a-f]"
"""Names are matched to the letter: the folder may hold files of others, and what is no entry is not removed."""
_SPARE_BYTES = 500_000_000
"""Left free on the disk, whatever the limit is."""


@dataclass(frozen=True)
class TruthCache:
    """A folder of entries that never grows beyond `limit_bytes`. It pickles: workers build entries themselves."""

    folder: Path
    limit_bytes: int

    def open(self, identity: str) -> Entry | None:
        """A view's entry, checked, with its frames if those were kept; None where there is none that can be used."""
        for path in self._places(identity):
            with contextlib.suppress(OSError, Damaged):
                return read_entry(path)
        return None

    def kept(self, identities: Sequence[str]) -> list[Kept]:
        """What there is of each view, by the files' names alone."""
        kinds: tuple[Kept, Kept] = ("frames", "masks")
        return [
            next((kind for kind, path in zip(kinds, self._places(key), strict=True) if path.exists()), "nothing")
            for key in identities
        ]

    def used_bytes(self) -> int:
        """How large all entries are together, those of other data sets and versions included."""
        return sum(status.st_size for _, status in self._entries())

    @contextlib.contextmanager
    def draft(self) -> Iterator[Path]:
        """A new file beside the entries, locked while it is written and gone afterwards. Raises OSError."""
        path = self.folder / f".{uuid.uuid4().hex}{_DRAFT}"
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with locked_file(path.with_suffix(".new"), path):
                yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, entry: Entry, identity: str) -> Kept:
        """Give a draft its name, if there is room for all of it; else keep what there is room for. Raises OSError."""
        whole, small = self._places(identity)
        with self._alone():
            if self._make_room(entry.path.stat().st_size, whole, small):
                publish(entry.path, whole)
                small.unlink(missing_ok=True)
                return "frames"
            with self.draft() as path:
                finish_entry(path, entry.view, ())
                if not self._make_room(path.stat().st_size, whole, small):
                    return "nothing"
                publish(path, small)
                return "masks"

    def clean(self) -> None:
        """Remove drafts that nobody writes any more: a killed process leaves the one that it worked on."""
        for path in self.folder.glob(f".{_HEX * 32}{_DRAFT}"):
            with contextlib.suppress(Held, OSError), Lock(path):
                path.unlink()

    def _places(self, identity: str) -> tuple[Path, Path]:
        name = f"{identity[:32]}-{_generation()}"
        return self.folder / f"{name}{_WHOLE}", self.folder / f"{name}{_SMALL}"

    def _entries(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        for path in self.folder.glob(f"{_HEX * 32}-{_HEX * 8}.*"):
            with contextlib.suppress(FileNotFoundError):  # another process replaced or removed it
                found.append((path, path.stat()))
        return [(path, status) for path, status in found if path.suffix in (_WHOLE, _SMALL)]

    def _make_room(self, size: int, *replaced: Path) -> bool:
        """Whether so many bytes fit. What other versions of OpenCV or of the scorer left goes first, oldest first."""
        entries = [(path, status) for path, status in self._entries() if path not in replaced]
        used = sum(status.st_size for _, status in entries)
        foreign = [(path, status) for path, status in entries if not path.stem.endswith(_generation())]
        for path, status in sorted(foreign, key=lambda pair: pair[1].st_mtime_ns):
            if used + size <= self.limit_bytes:
                break
            path.unlink(missing_ok=True)
            used -= status.st_size
        return used + size <= self.limit_bytes and shutil.disk_usage(self.folder).free > _SPARE_BYTES

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        lock = self.folder / ".lock"
        lock.touch()
        with Lock(lock, wait=True):
            yield


def open_cache(scorer: ScorerSettings) -> TruthCache | None:
    """The cache that the settings ask for, None if it is off. Nothing is made yet. Raises `UserError`."""
    if not (math.isfinite(scorer.cache_gb) and scorer.cache_gb >= 0):
        raise UserError(f"scorer.cache_gb={scorer.cache_gb:g} must be at least 0")
    if scorer.cache is not None and scorer.cache.lower() in ("off", "false"):  # YAML reads `off` as false
        return None
    folder = user_path(scorer.cache) if scorer.cache else cache_folder() / "truth"
    if not takes_files(there := standing(folder)):
        raise UserError(
            f"the truth cache {folder} cannot be written ({there} is no folder of yours); "
            "choose scorer.cache=DIR, or scorer.cache=off"
        )
    return TruthCache(folder, int(scorer.cache_gb * 1e9))


def _generation() -> str:
    """What may change a number or the layout of an entry, beside the truth itself."""
    import cv2

    return sha256_json([FORMAT, SCORER_VERSION, cv2.__version__])[:8]
