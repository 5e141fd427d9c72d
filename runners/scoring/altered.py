"""Clips of a run that are not those which it published: a score over them would stand under the run's name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runners.clips.footage import Unfit
from runners.core.errors import counted, first_of
from runners.core.files import sha256_file, shown


def check_unaltered(videos: Path, published: Mapping[str, str], found: Mapping[str, str] | None = None) -> None:
    """Raise `Unfit` unless the clips in `videos` are those of the run's record, `published`: file name → sha256.

    `found` are the clips' hashes where they are known already. Clips that are not there are told by others.
    """
    if found is None:
        there = {name: videos / name for name in published}
        found = {name: sha256_file(path) for name, path in there.items() if path.is_file()}
    altered = sorted(name for name, sha256 in found.items() if published.get(name) != sha256)
    if altered:
        clips = counted(len(altered), "clip is not the one", "clips are not those")
        raise Unfit(
            f"{shown(videos)}: {clips} that the run published ({first_of(altered, 2)}), so that no score is the run's; "
            "put back what was there, or move them away and go on with the command that made the run (a copy of the "
            "folder elsewhere is scored as it is)"
        )
