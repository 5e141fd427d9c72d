"""A folder of clips, checked before any work: the rules that the official toolbox enforces, and what it trips over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from adapters import BadVideo, probe
from adapters.harness import VideoInfo, glance
from runners.benchmarks.benchmark import Benchmark
from runners.clips.footage import Unfit, rate_fault
from runners.clips.movie_header import lasts, stated_length_s
from runners.core.errors import UserError, counted, first_of, nearest
from runners.core.files import sha256_file, shown
from runners.core.shell import command_line, setting
from runners.dataset.layout import CONTINUATION_S, DataSet
from runners.dataset.scenarios import Scenario
from runners.scoring.looks import look


@dataclass(frozen=True)
class ScoringInput:
    """What is scored against what: a folder of clips, and the truth of a benchmark.

    `scenarios` are all take-1 items of the benchmark called `benchmark`; `expected` is how many clips a complete run
    has. `masks="made"` passes over masks that came with the data set.
    """

    videos: Path
    dataset: DataSet
    scenarios: Sequence[Scenario]
    benchmark: str
    expected: int
    masks: str = "shipped"

    @classmethod
    def of(cls, videos: Path, benchmark: Benchmark, masks: str) -> ScoringInput:
        """Clips of a whole benchmark."""
        scenarios = benchmark.scenarios
        return cls(videos, benchmark.dataset, scenarios, benchmark.name, len(scenarios), masks)


@dataclass(frozen=True)
class Clips:
    """The clips of a run: `found` in the scenarios' order with their files, all of one rate and size.

    `hashes` is what each file held, by its sha256, before anything else was found out about it. `remarks` are lines for
    people.
    """

    found: tuple[tuple[Scenario, Path], ...]
    missing: tuple[Scenario, ...]
    fps: int
    width: int
    height: int
    hashes: Mapping[Path, str]
    remarks: tuple[str, ...] = ()


def find_clips(videos: Path, scenarios: Sequence[Scenario], workers: int, *, decoded: Collection[str] = ()) -> Clips:
    """Check the folder and every clip in it. Raises `UserError` at the first fault, naming the file.

    Each file must bear a scenario's `output_name`, and be what `check_clips` wants. Files whose sha256 is among
    `decoded` have been decoded before.
    """
    files = _list_files(videos, [scenario.output_name for scenario in scenarios])
    found = tuple((scenario, files[name]) for scenario in scenarios if (name := scenario.output_name) in files)
    hashes = {path: _hashed(path) for _, path in found}
    infos = check_clips(list(hashes), workers, decoded={path for path in hashes if hashes[path] in decoded})
    first = infos[found[0][1]]
    missing = tuple(scenario for scenario in scenarios if scenario.output_name not in files)
    return Clips(found, missing, round(first.fps), first.width, first.height, hashes, _remarks(infos))


def check_clips(paths: Sequence[Path], workers: int, *, decoded: Collection[Path] = ()) -> dict[Path, VideoInfo]:
    """What clips say of themselves, if all can be scored. Raises `UserError` at the first fault, naming the file.

    Each must last 5 s ± 0.001 at a constant rate, decode to its end, be seen by OpenCV as by others, and share one
    whole FPS and one size with the others. Of those among `decoded`, only what they say of themselves is looked at.
    """
    infos = {path: _probed(path) for path in paths}
    _check_format(infos)
    for path, info in infos.items():
        _check_length(path, info)
    _check_frames([path for path in infos if path not in decoded], workers)
    return infos


def colour_of(path: Path) -> str:
    """The colour matrix that a video is tagged with; official numbers on bt709-tagged truth depend on OpenCV's age."""
    try:
        return glance(path).colour
    except BadVideo as error:
        raise UserError(str(error)) from error


def _list_files(videos: Path, names: Sequence[str]) -> dict[str, Path]:
    if not videos.is_dir():
        raise UserError(f"{videos}: there is no such folder of clips")
    files = {path.name: path for path in sorted(videos.iterdir())}
    if not files:
        raise UserError(f"{videos}: the folder is empty; there is nothing to score")
    known = set(names)
    for name, path in files.items():
        if name in known and not path.is_file():
            raise UserError(f"{path}: this is no file, but a folder or a link to nothing; a clip belongs here")
        if name not in known:
            raise UserError(f"{path}: no clip of this benchmark, and nothing else may be here{_meant(name, names)}")
    return files


def _meant(name: str, names: Sequence[str]) -> str:
    if name.startswith("."):  # .DS_Store and its like
        return "; remove it"
    same_id = [known for known in names if known.split("_", 1)[0] == name.split("_", 1)[0] != name]
    return f"; the clip of that id is named {same_id[0]}" if same_id else nearest(name, names)


def _hashed(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error


def _probed(path: Path) -> VideoInfo:
    try:
        return probe(path)
    except BadVideo as error:
        raise Unfit(str(error)) from error


def _check_format(infos: Mapping[Path, VideoInfo]) -> None:
    first_path, first = next(iter(infos.items()))
    fps = round(first.fps)
    for path, info in infos.items():
        if abs(info.fps - round(info.fps)) > 1e-3 or round(info.fps) < 1:
            raise Unfit(f"{path}: {info.fps:g} FPS; clips need a whole number of frames per second")
        fault = rate_fault(info, round(info.fps))
        if fault is not None:
            raise Unfit(f"{path}: {fault}; {_remedy(path)}")
        if round(info.fps) != fps:
            raise Unfit(f"{path} has {round(info.fps)} FPS, {first_path.name} has {fps}; one folder, one FPS")
        if (info.width, info.height) != (first.width, first.height):
            raise Unfit(
                f"{path} is {info.width}×{info.height}, {first_path.name} is {first.width}×{first.height}; "
                "one folder, one size"
            )


def _check_length(path: Path, info: VideoInfo) -> None:
    wanted = CONTINUATION_S * round(info.fps)
    if not lasts(info.duration_s):
        raise Unfit(f"{path}: {info.duration_s:.3f} s long ({info.frames} frames); clips must last 5.000 ± 0.001 s")
    if info.frames < wanted:
        raise Unfit(f"{path}: has {info.frames} frames, 5 s at {round(info.fps)} FPS are {wanted}")


def _check_frames(paths: Sequence[Path], workers: int) -> None:
    with ThreadPoolExecutor(max(workers, 1)) as threads:
        try:
            for path, found in zip(paths, threads.map(lambda path: look(path, whole=True), paths), strict=True):
                if found.fault is not None:
                    threads.shutdown(wait=True, cancel_futures=True)
                    raise Unfit(f"{path}: {found.fault}; {_remedy(path)}")
        except BadVideo as error:
            threads.shutdown(wait=True, cancel_futures=True)
            raise Unfit(str(error)) from error


def _remedy(path: Path) -> str:
    """What makes a clip that can be scored of one that cannot."""
    anew = command_line(
        "generate", "model=precomputed", "model.name=NAME", setting("model.adapter.folder", shown(path.parent))
    )
    return (
        f"publish the folder's clips anew ({anew}), or re-encode this one (ffmpeg -i IN.mp4 -r FPS -c:v libx264 "
        "-crf 12 -pix_fmt yuv420p OUT.mp4)"
    )


def _remarks(infos: Mapping[Path, VideoInfo]) -> tuple[str, ...]:
    """What does not change a score, and is to be known before the clips go elsewhere."""
    stated = {path: stated_length_s(path) for path in infos}
    late = [path.name for path, length_s in stated.items() if not lasts(length_s)]
    if not late:
        return ()
    clips = counted(len(late), "clip does", "clips do")
    remark = (
        f"{clips} not begin at 0 on the time line ({first_of(late, 2)}): FFmpeg 5 and older then tell more than 5 s, "
        "and the official toolbox refuses that; model=precomputed publishes the same pictures from 0 on"
    )
    return (remark,)
