"""Whether the files of the truth fit to be compared with: a cheap look before there are clips, then a thorough one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adapters import BadVideo
from adapters.harness import VideoInfo, glance
from runners.clips.footage import Unfit, mask_fault, truth_fault
from runners.core.errors import first_of
from runners.dataset.layout import DataSet
from runners.dataset.scenarios import Scenario
from runners.scoring.looks import look_at_truth
from runners.scoring.truth import TruthSource, find_truth, remedy

_OPENED_AT_ONCE = 8


def check_truth(dataset: DataSet, scenarios: Iterable[Scenario], fps: int, masks: str = "shipped") -> None:
    """Raise `UserError`, naming the files, unless all that clips at `fps` are scored with is there and fits.

    A cheap look at headers, so that a broken download is told before hours of work and not after them.
    """
    sources = find_truth(dataset, scenarios, fps, masks)
    _check_mixture(sources)
    files = {path: path in source.masks for source in sources for path in source.files}
    with ThreadPoolExecutor(_OPENED_AT_ONCE) as pool:
        infos = dict(zip(files, pool.map(_glanced, files, files.values()), strict=True))
    for source in sources:
        _check_source(source, infos)


def check_sources(
    sources: Sequence[TruthSource], hashes: Mapping[Path, str], tell: Callable[[str], None] = lambda _: None
) -> None:
    """Look at every file of the truth, once for each content; `hashes` knows their sha256. Raises `UserError`."""
    _check_mixture(sources)
    masks = {path for source in sources for path in source.masks if path is not None}
    looks = look_at_truth({path: hashes[path] for source in sources for path in source.files}, masks, tell)
    infos, faults = {}, {}
    for path, found in looks.items():
        if isinstance(found, BadVideo):
            raise Unfit(f"{found}; {remedy(mask=path in masks)}")
        infos[path], faults[path] = found.info, found.fault
    for source in sources:
        _check_source(source, infos)
    for path, fault in faults.items():
        if fault is not None:
            raise Unfit(f"{path}: {fault}; {remedy(mask=path in masks)}")


def _glanced(path: Path, mask: bool) -> VideoInfo:
    try:
        return glance(path)
    except BadVideo as error:
        raise Unfit(f"{error}; {remedy(mask=mask)}") from None


def _check_source(source: TruthSource, infos: Mapping[Path, VideoInfo]) -> None:
    """The rules for the files of one view. Raises `Unfit`."""
    first = infos[source.takes[0]]
    for path in source.takes:
        info = infos[path]
        fault = truth_fault(info, source.shipped_fps)
        if fault is None and (info.width, info.height) != (first.width, first.height):
            fault = f"is {info.width}×{info.height}, and take 1 of the same view {first.width}×{first.height}"
        if fault is not None:
            raise Unfit(f"{path}: {fault}; {remedy(mask=False)}")
    for take, mask in zip(source.takes, source.masks, strict=True):
        if mask is not None:
            fault = mask_fault(infos[mask], None if source.resampled else infos[take], source.fps)
            if fault is not None:
                raise Unfit(f"{mask}: {fault}; {remedy(mask=True)}")


def _check_mixture(sources: Sequence[TruthSource]) -> None:
    """Raise `Unfit` if masks are there for a part of the truth: made ones beside them would be of another kind."""
    lacking = [
        take for source in sources for take, mask in zip(source.takes, source.masks, strict=True) if mask is None
    ]
    count = sum(len(source.takes) for source in sources)
    if 0 < len(lacking) < count:
        raise Unfit(
            f"masks are there for {count - len(lacking)} of {count} truth videos, and not for "
            f"{first_of([path.name for path in lacking], 2)}; get them all (runners.fetch), or have all of them made "
            "from the truth: scorer.masks=made"
        )
