"""Paid clips that are the same video, byte for byte: at least one of them likely stands under a wrong name.

Told of one run (`twins_within`) and of several (`twins_between`), by what their manifests hold. Two clips for which the
service was asked for the very same (text, seed, length and picture) may rightly be one video: in one run that is
nothing to tell, between runs it says that they are not independent. A clip of a copied run, or one that another run
publishes anew, is the same request, and no twin of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from runners.core.errors import UserError, first_of
from runners.core.files import shown
from runners.runs.manifest_records import ClipRecord
from runners.runs.records import Json
from runners.runs.run_record import read_record

Clips = Mapping[str, ClipRecord]
"""A manifest's records by clip id."""
_ASKED = ("model", "prompt", "negative_prompt", "seed", "seconds")
_ONE_NAME = "one of them likely stands under a wrong name: look at them, and at their jobs at the service"
_ASKED_AGAIN = (
    "the service was asked for the very same twice, and gave what it gave before, so that these are no independent runs"
)


@dataclass(frozen=True)
class _Paid:
    """What tells a paid clip's video, its wish and its request; None where the record does not say."""

    run: int
    id: str
    videos: frozenset[str]
    asked: tuple[object, ...] | None
    request: tuple[object, str] | None


def twins_within(clips: Clips) -> list[str]:
    """A warning per video that several clips of one run have, though the service was asked for different ones."""
    told = []
    for members in _groups([clips]):
        if any(not _same(a.asked, b.asked) for a, b in combinations(members, 2)):
            ids = sorted(member.id for member in members)
            told.append(f"clips {first_of(ids)} are the same video, byte for byte: {_ONE_NAME}")
    return told


def twins_between(runs: Sequence[tuple[str, Clips]]) -> list[str]:
    """Warnings for videos that clips of two runs have, each run with its name for people."""
    wrong: dict[tuple[int, int], tuple[set[str], set[str]]] = {}
    again: dict[tuple[int, int], tuple[set[str], set[str]]] = {}
    for members in _groups([clips for _, clips in runs]):
        for a, b in combinations(members, 2):
            if a.run != b.run and not _same(a.request, b.request):
                found = again if _same(a.asked, b.asked) else wrong
                ids = found.setdefault((a.run, b.run), (set(), set()))
                ids[0].add(a.id)
                ids[1].add(b.id)
    return [*_told(runs, wrong, _ONE_NAME), *_told(runs, again, _ASKED_AGAIN)]


def _told(
    runs: Sequence[tuple[str, Clips]], found: Mapping[tuple[int, int], tuple[set[str], set[str]]], why: str
) -> Iterator[str]:
    for pair, ids in found.items():
        first, second = (f"{runs[run][0]} ({_ids(mine)})" for run, mine in zip(pair, ids, strict=True))
        yield f"{first} and {second} have the same video, byte for byte: {why}"


def twins_in_sweep(folder: Path, clips: Clips, sweep: Sequence[Path]) -> list[str]:
    """What `twins_between` tells of a run and each other run of its sweep that has a manifest by now."""
    if all(_paid(0, clip_id, clip) is None for clip_id, clip in clips.items()):
        return []
    told = []
    for other in sweep:
        if other != folder and (found := _clips_of(other)) is not None:
            told += twins_between([(shown(other), found), (shown(folder), clips)])
    return told


def _clips_of(folder: Path) -> Clips | None:
    """The record of a run's clips; None if there is none that can be read, which others tell."""
    try:
        record = read_record(folder)
    except UserError:
        return None
    return None if record is None else record.clips


def _same(a: object, b: object) -> bool:
    return a is not None and a == b


def _ids(ids: set[str]) -> str:
    return f"{'clip' if len(ids) == 1 else f'{len(ids)} clips:'} {first_of(sorted(ids), 3)}"


def _groups(runs: Sequence[Clips]) -> list[list[_Paid]]:
    """The paid clips of these runs that share a video, each group once."""
    by_video: dict[str, list[_Paid]] = {}
    for number, clips in enumerate(runs):
        for clip_id, clip in clips.items():
            paid = _paid(number, clip_id, clip)
            if paid is not None:
                for video in paid.videos:
                    by_video.setdefault(video, []).append(paid)
    groups = {tuple((one.run, one.id) for one in members): members for members in by_video.values() if len(members) > 1}
    return list(groups.values())


def _paid(run: int, clip_id: str, clip: ClipRecord) -> _Paid | None:
    """What is known of a clip; None if it was not paid for."""
    made, jobs = clip.published, clip.jobs or ()
    info: Json = {} if made is None else made.generation.info
    if not jobs and not info.get("job_id"):
        return None
    fetched = jobs[-1].sha256 if jobs and jobs[-1].state == "fetched" else None
    videos = (made and made.sha256, made and made.raw and made.raw.sha256, fetched)
    frame = info.get("sent")
    sent = frame.get("sha256") if isinstance(frame, Mapping) else None
    asked = (sent, *(info.get(key) for key in _ASKED)) if sent else None
    by = info.get("job_id") or tuple(job.job_id for job in jobs)
    request = (by, made.generation.session) if made is not None and made.generation.session else None
    return _Paid(run, clip_id, frozenset(str(video) for video in videos if video), asked, request)
