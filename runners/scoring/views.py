"""All views of a run: those that an earlier invocation scored are taken over, the others go to the workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runners.core.provenance import usable_cores
from runners.previews.cache import PreviewCache
from runners.scoring.inputs import Clips
from runners.scoring.memory import Memory
from runners.scoring.partial import ViewLog, view_key
from runners.scoring.pool import run_tasks
from runners.scoring.truth import TruthSource

if TYPE_CHECKING:
    from runners.scoring.cache import TruthCache
    from runners.scoring.view import ViewResult, ViewTask


@dataclass(frozen=True)
class Resources:
    """What scoring may use, and whom it tells; no result depends on any of it.

    With one worker this process scores; 0 means one per core. The truth's side comes from `cache`, a folder, and goes
    there; without one from `memory`. Small pictures of the clips go to `previews`. `progress` hears (views done, views
    in all) and may raise to stop; `tell` hears lines for people: what the cache has, and what it will grow to.
    """

    workers: int = 0
    memory: Memory = field(default_factory=Memory)
    cache: TruthCache | None = None
    progress: Callable[[int, int], None] = lambda *_: None
    tell: Callable[[str], None] = lambda _: None
    previews: PreviewCache | None = None

    @property
    def processes(self) -> int:
        """How many work at once."""
        return self.workers if self.workers > 0 else usable_cores()


def score_views(
    clips: Clips, sources: Sequence[TruthSource], identities: Sequence[str], log: ViewLog, resources: Resources
) -> list[ViewResult]:
    """The result of each clip, in their order. Raises `UserError` and `ScoringError` as the workers do."""
    from runners.scoring.view import ViewTask, score_view  # brings OpenCV

    cache, truths = resources.cache, resources.memory.truths
    paths = [path for _, path in clips.found]
    keys = [view_key(clips.hashes[path], identity) for path, identity in zip(paths, identities, strict=True)]
    known = log.read()
    results = {index: known[key] for index, key in enumerate(keys) if key in known}
    left = [index for index in range(len(paths)) if index not in results]
    tasks = [
        ViewTask(
            paths[index], clips.hashes[paths[index]], sources[index], identities[index], cache,
            None if cache else truths.get(identities[index]), resources.previews,
        )
        for index in left
    ]  # fmt: skip
    if results:
        resources.tell(f"{len(results)} of {len(paths)} views were scored before; {len(left)} are left")
    foretold = cache is not None and _tell_plan_of_cache(cache, tasks, resources.tell)
    resources.progress(len(results), len(paths))
    with closing(run_tasks(score_view, tasks, resources.processes, lambda task: str(task.clip))) as done:
        for number, result in done:
            log.append(keys[left[number]], result)
            if result.truth is not None:
                truths.put(tasks[number].identity, result.truth)
            results[left[number]] = result
            resources.progress(len(results), len(paths))
    if cache is not None and not foretold:
        _tell_cache_is_small(cache, [results[index] for index in left], resources.tell)
    return [results[index] for index in range(len(paths))]


def _tell_plan_of_cache(cache: TruthCache, tasks: Sequence[ViewTask], tell: Callable[[str], None]) -> bool:
    """Say what the cache has, what is built and how large that will be; True if there is too little room for it."""
    if not tasks:
        return False
    from runners.scoring.build import estimate_bytes

    cache.clean()
    kept = cache.kept([task.identity for task in tasks])
    absent = [task for task, kind in zip(tasks, kept, strict=True) if kind != "frames"]
    there = f"truth cache {cache.folder}: {len(tasks) - len(absent)} of {len(tasks)} views are there"
    if not absent:
        tell(there)
        return False
    each = max(1, estimate_bytes(absent[0].source))
    size = f"building {len(absent)}, about {gigabytes(each * len(absent))}"
    fitting = max(0, cache.limit_bytes - cache.used_bytes()) // each
    tell(f"{there}; {size}" + (_no_room(len(absent) - fitting, cache) if fitting < len(absent) else ""))
    return fitting < len(absent)


def _tell_cache_is_small(cache: TruthCache, results: Sequence[ViewResult], tell: Callable[[str], None]) -> None:
    lacking = sum(result.kept not in (None, "frames") for result in results)
    if lacking:
        tell(f"truth cache {cache.folder}: {gigabytes(cache.used_bytes())}{_no_room(lacking, cache)}")


def _no_room(views: int, cache: TruthCache) -> str:
    return (
        f"; no room for the frames of about {views} views (scorer.cache_gb={cache.limit_bytes / 1e9:g}, or the disk): "
        "their truth is decoded anew in every run, with the same numbers"
    )


def gigabytes(size: int) -> str:
    """`12.3 GB`, `62 MB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"
