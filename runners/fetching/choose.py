"""Which of a source's files a purpose needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from runners.clips.conditioning import best_rate
from runners.core.errors import UserError, one_of
from runners.dataset.layout import Kind, Part, parse_path
from runners.dataset.presence import DESCRIPTIONS
from runners.fetching.remote import Remote, is_safe
from runners.prompts.prompts import BPP_FILE, DATA_FILE

Purpose = Literal["generate", "score", "all"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
PROMPT_DATA = (BPP_FILE.as_posix(), DATA_FILE.as_posix())
_TOPS = ("full-videos", "split-videos", "switch-frames", "video-masks", "descriptions", "descriptions.csv")


@dataclass(frozen=True)
class FileGroup:
    """Files of one kind, under the name that people read."""

    name: str
    files: tuple[Remote, ...]


def usable(files: Sequence[Remote]) -> tuple[list[Remote], list[str]]:
    """The files with safe names, the source's own top folder taken off; and the names that are not safe."""
    safe = [file for file in files if is_safe(file.path)]
    tops = Counter(top for file in safe if (top := _top(file.path)) is not None)
    top = tops.most_common(1)[0][0] if tops else ""
    below = [replace(file, path=file.path.removeprefix(top)) for file in safe if file.path.startswith(top)]
    return below, [file.path for file in files if not is_safe(file.path)]


def _top(path: str) -> str | None:
    """What stands before the first folder of the layout: "" or "physics-IQ-benchmark-verified/"."""
    parts = path.split("/")
    for position, part in enumerate(parts):
        if part in _TOPS:
            return "".join(f"{folder}/" for folder in parts[:position])
    return None


def choose(files: Sequence[Remote], purpose: str, fps: int) -> list[FileGroup]:
    """What generating (at conditioning of `fps`), scoring (clips of `fps`), or both need of a source.

    The rates follow `runners.clips.conditioning` and `runners.scoring.truth`: a rate that is not shipped is made from
    30 FPS, or the highest there is. Raises UserError for an unknown purpose and where the source lacks what it needs.
    """
    purpose = one_of("purpose", purpose, PURPOSES, "purpose")
    parts = [(file, part) for file in files if (part := parse_path(file.path)) is not None]
    groups = []
    if purpose in ("generate", "all"):
        groups += _for_generating(parts, fps)
    if purpose in ("score", "all"):
        groups += _for_scoring(parts, fps)
    texts = [file for file in files if file.path in DESCRIPTIONS]
    if purpose in ("generate", "all"):
        texts += [file for file in files if _is_prompts(file.path)]
    return [group for group in (*groups, FileGroup("texts", tuple(texts))) if group.files]


def shipped_rates(files: Sequence[Remote]) -> list[int]:
    """The FPS at which a source ships its truth, highest first."""
    return rates([(file, part) for file in files if (part := parse_path(file.path)) is not None], "testing")


def rates(parts: Sequence[tuple[Remote, Part]], kind: Kind, take: int = 1) -> list[int]:
    """The FPS at which a source ships a kind, highest first."""
    found = {part.fps for _, part in parts if part.kind == kind and part.take == take and part.fps}
    return sorted(found, reverse=True)


def _is_prompts(path: str) -> bool:
    return path.startswith("descriptions/") and path not in DESCRIPTIONS and path.endswith((".csv", ".yaml", ".yml"))


def _for_generating(parts: Sequence[tuple[Remote, Part]], fps: int) -> list[FileGroup]:
    kind: Kind = "conditioning" if rates(parts, "conditioning") else "full"
    known = rates(parts, kind)
    rate = best_rate(fps, known) or 0
    video = "conditioning clips" if kind == "conditioning" else "full videos, take 1 (there are no conditioning clips)"
    groups = [
        FileGroup("switch frames", tuple(file for file, part in parts if part.kind == "switch")),
        FileGroup(f"{video}, {rate} FPS", _taken(parts, kind, rate, (1,))),
    ]
    if not any(group.files for group in groups):
        raise UserError("the source holds neither switch frames nor conditioning clips in the Physics-IQ layout")
    return groups


def _for_scoring(parts: Sequence[tuple[Remote, Part]], fps: int) -> list[FileGroup]:
    known = rates(parts, "testing")
    if not known:
        raise UserError("the source holds no truth (split-videos/testing) in the Physics-IQ layout")
    rate = fps if fps in known else known[0]
    made = "" if rate == fps else f" (from which {fps} FPS is made)"
    return [
        FileGroup(f"truth, both takes, {rate} FPS{made}", _taken(parts, "testing", rate, (1, 2))),
        FileGroup(f"masks of the truth, {fps} FPS", _taken(parts, "masks", fps, (1, 2))),
    ]


def _taken(parts: Sequence[tuple[Remote, Part]], kind: Kind, rate: int, takes: tuple[int, ...]) -> tuple[Remote, ...]:
    """Each file once, also where a source holds the same one in both spellings of its folder."""
    found: dict[Part, Remote] = {}
    for file, part in parts:
        if (part.kind, part.fps) == (kind, rate) and part.take in takes:
            found.setdefault(part, file)
    return tuple(found.values())
