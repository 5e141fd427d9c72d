"""What was found out about files, kept between calls in the user's cache: small JSON that may be lost at any time."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from runners.dataset.presence import cache_folder


def memory_place(name: str) -> Path:
    """Where such a file lies: beside the truth cache's default place."""
    return cache_folder() / name


def recall(name: str) -> dict[str, Any]:
    """What was kept under this name, as far as it can be read."""
    try:
        entries = json.loads(memory_place(name).read_bytes())
    except (OSError, ValueError, RuntimeError, RecursionError):
        return {}
    return entries if isinstance(entries, dict) else {}


def keep(name: str, entries: dict[str, Any]) -> None:
    """Replace what is kept, as a whole; where it cannot be written, nothing is kept.

    Of two processes that do so at once, one may be forgotten: what it knew is found out once more.
    """
    with contextlib.suppress(OSError, RuntimeError):
        place = memory_place(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f".{place.stem}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(entries, file)
            Path(temporary).replace(place)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
