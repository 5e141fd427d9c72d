"""A folder of clips, checked before any work: the rules that the official toolbox enforces, and what it trips over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from adapters import BadVideo, VideoInfo, examine, glance, probe
from runners.core.errors import UserError, nearest
from runners.core.files import sha256_file
from runners.core.layout import CONTINUATION_S
from runners.core.scenarios import Scenario
from runners.core.verify import DURATION_TOLERANCE_S


@dataclass(frozen=True)
class Clips:
    """The clips of a run: `found` in the scenarios' order with their files, all of one rate and size.

    `hashes` is what each file held, by its sha256, before anything else was found out about it.
    """

    found: tuple[tuple[Scenario, Path], ...]
    missing: tuple[Scenario, ...]
    fps: int
    width: int
    height: int
    hashes: Mapping[Path, str]


def find_clips(videos: Path, scenarios: Sequence[Scenario], workers: int, *, decoded: Collection[str] = ()) -> Clips:
    """Check the folder and every clip in it. Raises `UserError` at the first fault, naming the file.

    Each file must bear a scenario's `output_name`, last 5 s ± 0.001, decode to its end, and share one whole FPS and
    one size with the others. Files whose sha256 is among `decoded` have been decoded before.
    """
    files = _list_files(videos, [scenario.output_name for scenario in scenarios])
    found = tuple((scenario, files[name]) for scenario in scenarios if (name := scenario.output_name) in files)
    hashes = {path: _hashed(path) for _, path in found}
    infos = {path: _probed(path) for path in hashes}
    fps, width, height = _common_format(infos)
    for path, info in infos.items():
        _check_length(path, info)
    _check_decoding([path for path, sha256 in hashes.items() if sha256 not in decoded], workers)
    missing = tuple(scenario for scenario in scenarios if scenario.output_name not in files)
    return Clips(found, missing, fps, width, height, hashes)


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
        raise UserError(str(error)) from error


def _common_format(infos: dict[Path, VideoInfo]) -> tuple[int, int, int]:
    first_path, first = next(iter(infos.items()))
    fps = round(first.fps)
    for path, info in infos.items():
        if abs(info.fps - round(info.fps)) > 1e-3 or round(info.fps) < 1:
            raise UserError(f"{path}: {info.fps:g} FPS; clips need a whole number of frames per second")
        if round(info.fps) != fps:
            raise UserError(f"{path} has {round(info.fps)} FPS, {first_path.name} has {fps}; one folder, one FPS")
        if (info.width, info.height) != (first.width, first.height):
            raise UserError(
                f"{path} is {info.width}×{info.height}, {first_path.name} is {first.width}×{first.height}; "
                "one folder, one size"
            )
    return fps, first.width, first.height


def _check_length(path: Path, info: VideoInfo) -> None:
    wanted = CONTINUATION_S * round(info.fps)
    # The sum has float noise: 5.001 s itself is still within the tolerance.
    if abs(info.duration_s - CONTINUATION_S) > DURATION_TOLERANCE_S + 1e-9:
        raise UserError(f"{path}: {info.duration_s:.3f} s long ({info.frames} frames); clips must last 5.000 ± 0.001 s")
    if info.frames < wanted:
        raise UserError(f"{path}: has {info.frames} frames, 5 s at {round(info.fps)} FPS are {wanted}")


def _check_decoding(paths: Iterable[Path], workers: int) -> None:
    with ThreadPoolExecutor(max(workers, 1)) as threads:
        try:
            for _ in threads.map(examine, paths):
                pass
        except BadVideo as error:
            threads.shutdown(wait=True, cancel_futures=True)
            raise UserError(str(error)) from error
