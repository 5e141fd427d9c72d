"""Small media of clips on disk, named by what the clip holds: made once, whoever asks for them.

A cache is a help and never a need: nothing that fails here fails a run, and files may be lost at any time. Names are
`<sha256>-<kind>-<preset>`: another preset is another file, and files of others in the folder are left alone.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runners.core.files import publish, sha256_json, user_path
from runners.dataset.presence import cache_folder

Kind = Literal["preview", "thumb", "masks"]
SUFFIXES: dict[Kind, str] = {"preview": ".mp4", "thumb": ".jpg", "masks": ".mp4"}
PRESET: dict[str, int | str] = {
    "width": 480, "height": 270, "crf": 30, "preset": "veryfast", "keyframes": 12, "thumb_width": 320,
    "thumb_height": 180, "jpeg": 80, "format": 1,
}  # fmt: skip
"""What the bytes depend on beside the clip; `format` is raised when the code changes them."""

LIMIT_BYTES = 5_000_000_000
_VARIABLE = "PHYSICS_IQ_PREVIEWS"
_NAME = re.compile(r"[0-9a-f]{64}-(preview|thumb|masks)-[0-9a-f]{8}\.(mp4|jpg)")
_DRAFT = re.compile(r"\.[0-9a-f]{32}\.part\.(mp4|jpg)")
_DRAFT_LIVES_S = 86_400


@dataclass(frozen=True)
class PreviewCache:
    """A folder of small media. It pickles: workers use it themselves."""

    folder: Path
    limit_bytes: int = LIMIT_BYTES

    def place(self, sha256: str, kind: Kind) -> Path:
        """Where a clip's file of this kind belongs."""
        return self.folder / sha256[:2] / f"{sha256}-{kind}-{_version()}{SUFFIXES[kind]}"

    def find(self, sha256: str, kind: Kind) -> Path | None:
        """The file, None if it is not there."""
        path = self.place(sha256, kind)
        return path if path.is_file() else None

    @contextlib.contextmanager
    def draft(self, kind: Kind) -> Iterator[Path]:
        """The name of a new file in the cache's folder, gone afterwards unless it was kept. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f".{uuid.uuid4().hex}.part{SUFFIXES[kind]}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, draft: Path, sha256: str, kind: Kind) -> Path:
        """Give a finished draft its name, which another process may have given to its own meanwhile. Raises OSError."""
        path = self.place(sha256, kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        publish(draft, path)
        return path

    def clean(self) -> None:
        """Remove drafts that a kill left, and what was made longest ago where the folder has grown too large."""
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if _DRAFT.fullmatch(path.name) and time.time() - path.stat().st_mtime > _DRAFT_LIVES_S:
                    path.unlink(missing_ok=True)
            self._make_room()

    def _make_room(self) -> None:
        entries = []
        for folder in self.folder.iterdir():
            if re.fullmatch("[0-9a-f]{2}", folder.name) and folder.is_dir():
                with os.scandir(folder) as listing:
                    entries += [
                        (e.stat().st_mtime_ns, e.stat().st_size, e.path) for e in listing if _NAME.fullmatch(e.name)
                    ]
        used = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if used <= self.limit_bytes:
                return
            Path(path).unlink(missing_ok=True)
            used -= size


def open_previews() -> PreviewCache | None:
    """The user's cache: $PHYSICS_IQ_PREVIEWS, else beside the truth cache; None if that is "off". Makes nothing.

    It is tidied at the same time: a run, a scoring or a report opens it once.
    """
    named = os.environ.get(_VARIABLE)
    if named and named.lower() == "off":
        return None
    cache = PreviewCache(user_path(named) if named else cache_folder() / "previews")
    cache.clean()
    return cache


def _version() -> str:
    return sha256_json(PRESET)[:8]
