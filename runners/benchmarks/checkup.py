"""What of a data set is there, readable and of the right length and rate; and what that is enough for."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from adapters import BadVideo, Finding
from adapters.harness import VideoInfo, examine, glance
from runners.benchmarks.benchmark import Benchmark, benchmark_root, read_benchmark
from runners.clips.conditioning import DEFAULT_FPS, ConditioningSource, best_rate, probe_source
from runners.clips.footage import has_rate, is_steady, mask_fault, truth_fault
from runners.core.errors import UserError, first_of
from runners.core.settings import BenchmarkSettings
from runners.core.shell import command_line, root_of, setting
from runners.dataset.layout import CONDITIONING_S, CONTINUATION_S, Item, Kind
from runners.prompts.prompts import BPP_FILE, DATA_FILE

_SECONDS: dict[Kind, int] = {
    "conditioning": CONDITIONING_S,
    "testing": CONTINUATION_S,
    "masks": CONTINUATION_S,
    "full": CONDITIONING_S + CONTINUATION_S,
}
_NAMES: dict[Kind, str] = {
    "switch": "switch frames",
    "conditioning": "conditioning clips",
    "testing": "truth",
    "masks": "masks",
    "full": "full videos",
}
_OPENED_AT_ONCE = 8
_NAMED = 3


@dataclass(frozen=True)
class Shelf:
    """The files of one kind, take and rate: what is wrong with each that is not all right, by scenario id."""

    kind: Kind
    take: int
    fps: int
    wanted: int
    faults: dict[str, str]

    @property
    def good(self) -> int:
        """How many are there and right."""
        return self.wanted - len(self.faults)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self.wanted > 0 and not self.faults

    def finding(self) -> Finding:
        """The shelf in a line."""
        name = _NAMES[self.kind] + ("" if self.kind == "switch" else f", take {self.take}, {self.fps} FPS")
        told = f"{self.good} of {self.wanted} are there and right"
        if self.faults:
            told += f"; {first_of(list(self.faults.values()), _NAMED)}"
        return Finding("ok" if self.whole else "warning", name, told)


def examine_data(
    settings: BenchmarkSettings, *, deep: bool = False, progress: Callable[[int, int], None] = lambda *_: None
) -> Iterator[Finding]:
    """All that can be said of a data set without its source. A demo that was not drawn yet is passed over.

    `deep` decodes every video to its end. The last finding is a fault if neither generating nor scoring is possible.
    """
    root = benchmark_root(settings)
    if settings.kind == "demo" and not root.is_dir():
        return
    try:
        benchmark = read_benchmark(settings, root)
    except UserError as error:
        yield Finding("fault", "data", str(error))
        return
    yield Finding("note", "data", f"{settings.name}, in {root}")
    yield from _texts(benchmark)
    shelves = look(benchmark, deep=deep, progress=progress)
    yield from (shelf.finding() for shelf in shelves)
    uses = [*_generating(benchmark, shelves), *_scoring(benchmark, shelves)]
    # What is not possible may not be wanted either: only a set that is good for nothing is a fault.
    yield from (replace(use, verdict="warning") if use.verdict == "fault" else use for use in uses)
    if all(use.verdict == "fault" for use in uses):
        yield Finding("fault", "data", f"neither generating nor scoring is possible. {settings.hint}".strip())


def look(benchmark: Benchmark, *, deep: bool, progress: Callable[[int, int], None]) -> list[Shelf]:
    """Every file that the layout has a place for, at each rate that is there, opened (or decoded) side by side."""
    firsts = {scenario.id: scenario.item for scenario in benchmark.scenarios}
    seconds = {scenario.id: scenario.second for scenario in benchmark.scenarios if scenario.second}
    places: list[tuple[Kind, int, int]] = [("switch", 1, 30)]
    for kind in ("conditioning", "full", "testing", "masks"):
        for take in (1, 2) if kind in ("testing", "masks") else (1,):
            places += [(kind, take, fps) for fps in benchmark.dataset.rates(kind, take)]
    files = [
        (place, id_, benchmark.dataset.find(place[0], item, place[2]), item)
        for place in places
        for id_, item in (firsts if place[1] == 1 else seconds).items()
    ]
    shelves = {place: Shelf(*place, len(firsts if place[1] == 1 else seconds), {}) for place in places}
    truth = _truth_of(benchmark)
    with ThreadPoolExecutor(_OPENED_AT_ONCE) as pool:
        found = pool.map(lambda file: _fault(file[2], file[0][0], file[0][2], file[3], truth, deep=deep), files)
        for done, ((place, id_, _, _), fault) in enumerate(zip(files, found, strict=True), start=1):
            if fault:
                shelves[place].faults[id_] = fault
            progress(done, len(files))
    return list(shelves.values())


Truth = Callable[[Kind, Item, int], VideoInfo | None]
"""What a truth video is compared with: of a take, its scene's first take; of a mask, the video that it is of."""


def _truth_of(benchmark: Benchmark) -> Truth:
    firsts = {item: scenario.item for scenario in benchmark.scenarios for item in (scenario.item, scenario.second)}

    def of(kind: Kind, item: Item, fps: int) -> VideoInfo | None:
        path = benchmark.dataset.find("testing", item if kind == "masks" else firsts[item], fps)
        try:
            return None if path is None or not path.is_file() else glance(path)
        except BadVideo:  # told where it stands itself
            return None

    return of


def _fault(path: Path | None, kind: Kind, fps: int, item: Item, truth: Truth, *, deep: bool) -> str:
    """What is wrong with a file, "" if nothing."""
    if path is None:
        return f"{item.id} ({item.scene}, {item.view}) is missing"
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe blocks whoever opens it
            return f"{path.name} is no file"
        if status.st_size == 0:
            return f"{path.name} is empty"
        if kind == "switch":
            probe_source(ConditioningSource("i2v", path, "image", fps))
            return ""
        info, times = examine(path) if deep else (glance(path), [])
    except (UserError, BadVideo) as error:
        return str(error)
    except OSError as error:  # a link that leads nowhere, another's file
        return f"{path.name} cannot be read ({error.strerror})"
    if kind in ("testing", "masks"):
        fault = _fault_of_truth(info, kind, fps, truth(kind, item, fps))
        if fault is None and not is_steady(times[: CONTINUATION_S * fps], fps):
            fault = "does not show its frames at a constant rate"
        return f"{path.name} {fault}" if fault else ""
    if not has_rate(info, fps):
        return f"{path.name} runs at {info.fps:g} FPS"
    wanted = _SECONDS[kind] * fps
    too_many = info.frames > wanted and kind == "conditioning"  # its last frame would not be the switch frame
    return f"{path.name} holds {info.frames} frames, not {wanted}" if info.frames < wanted or too_many else ""


def _fault_of_truth(info: VideoInfo, kind: Kind, fps: int, other: VideoInfo | None) -> str | None:
    if kind == "masks":
        return mask_fault(info, other, fps)
    fault = truth_fault(info, fps)
    if fault is None and other is not None and (info.width, info.height) != (other.width, other.height):
        fault = f"is {info.width}×{info.height}, and its take 1 {other.width}×{other.height}"
    return fault


def _texts(benchmark: Benchmark) -> Iterator[Finding]:
    count, expected = len(benchmark.scenarios), benchmark.settings.expected
    second = sum(scenario.second is not None for scenario in benchmark.scenarios)
    told = f"{count} take-1 videos" + (f" of {expected}" if expected else "") + f", {second} with a second take"
    yield Finding("warning" if benchmark.warnings else "ok", "descriptions", f"{told} ({benchmark.descriptions})")
    for name, use in ((BPP_FILE, "prompts=bpp"), (DATA_FILE, "prompts.template")):
        there = (benchmark.root / name).is_file()
        yield Finding("ok" if there else "note", use, f"{name} is {'there' if there else 'not there'}")


def _generating(benchmark: Benchmark, shelves: Sequence[Shelf]) -> Iterator[Finding]:
    clips = _read_from(shelves, "conditioning") or _read_from(shelves, "full")
    folder = benchmark.root / "switch-frames"
    pictures = _read_from(shelves, "switch") if folder.is_dir() and any(folder.iterdir()) else clips
    for name, found, needs in (
        ("image-to-video", pictures, "switch frames"),
        ("multiframe", clips, "conditioning clips, or full videos"),
    ):
        yield _use(benchmark, name, found, needs, "generate")


def _read_from(shelves: Sequence[Shelf], kind: Kind) -> Shelf | None:
    """The shelf that `find_source` reads unless a model asks for another rate: the one at 30 FPS, or at the highest."""
    known = [shelf for shelf in shelves if shelf.kind == kind and shelf.take == 1]
    rate = best_rate(DEFAULT_FPS, [shelf.fps for shelf in known])
    return next((shelf for shelf in known if shelf.fps == rate), None)


def _scoring(benchmark: Benchmark, shelves: Sequence[Shelf]) -> Iterator[Finding]:
    found = {(shelf.kind, shelf.take, shelf.fps): shelf for shelf in shelves}
    rates = [shelf.fps for shelf in shelves if shelf.kind == "testing" and shelf.take == 1]
    if not rates:
        yield _use(benchmark, "scoring", None, "truth (split-videos/testing)", "score")
    for fps in rates:
        use = _use(benchmark, f"scoring at {fps} FPS", found["testing", 1, fps], "truth", f"score fps={fps}")
        if use.verdict != "fault":
            second = found.get(("testing", 2, fps))
            whole = second is not None and second.whole
            masks = [shelf for take in (1, 2) if (shelf := found.get(("masks", take, fps))) is not None]
            told = use.told + ("" if whole else "; second takes are missing: metrics, but no scores")
            fit = all(shelf.whole for shelf in masks)
            told += "; masks are there" if masks and fit else "; masks are made from the truth" if not masks else ""
            told += "" if fit else "; not all of its masks are there and right: with scorer.masks=made only"
            use = Finding(use.verdict if whole and fit else "warning", use.what, told)
        yield use


def _use(benchmark: Benchmark, name: str, found: Shelf | None, needs: str, purpose: str) -> Finding:
    settings = benchmark.settings
    words = [setting("benchmark", settings.name), f"purpose={purpose}", *root_of(settings)]
    remedy = command_line("fetch", *words) if settings.origin else ""
    if found is None or not found.good:
        return Finding("fault", name, f"not possible: there are no {needs}" + (f"; {remedy}" if remedy else ""))
    source = f"from {_NAMES[found.kind]}" + ("" if found.kind == "switch" else f" at {found.fps} FPS")
    if found.whole:
        return Finding("ok", name, f"possible for all {found.wanted}, {source}")
    told = f"possible for {found.good} of {found.wanted}, {source}" + (f"; {remedy}" if remedy else "")
    return Finding("warning", name, told)
