"""Where a data set lies, and whether what a run needs of it is there: checked before any work starts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from adapters import file_hashes
from runners.core.errors import UserError, counted, first_of
from runners.core.files import user_path
from runners.core.shell import setting
from runners.dataset.layout import DataSet, Item, Kind, relative_path
from runners.dataset.scenarios import Scenario

_PARTS = ("switch-frames", "split-videos", "full-videos")
DESCRIPTIONS = (
    "descriptions.csv",
    "descriptions_original.csv",
    "descriptions/descriptions.csv",
    "descriptions/descriptions_original.csv",
)
"""Beside the root's own file, the spellings of the official repository are found, wherever its folder was copied to."""


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """`$XDG_CACHE_HOME/physics-iq-harness`, or the same in `~/.cache`. Raises UserError where there is no home."""
    try:
        return file_hashes.cache_folder(environ)
    except RuntimeError:
        raise UserError("there is no home folder to keep data in: set HOME=FOLDER or XDG_CACHE_HOME=FOLDER") from None


def default_root(folder: str, environ: Mapping[str, str] = os.environ) -> Path:
    """`$PHYSICS_IQ_DATA/<folder>`, else `<cache>/<folder>`; `folder` is the data set's official name."""
    data = environ.get("PHYSICS_IQ_DATA")
    return (user_path(data) if data else cache_folder(environ)) / folder


def find_descriptions(root: Path, *, hint: str = "") -> Path:
    """The data set's descriptions file; raises `UserError` saying where to get it if there is none."""
    for name in DESCRIPTIONS:
        if (root / name).is_file():
            return root / name
    raise UserError(
        f"{root} has no descriptions.csv: put it there or name one with benchmark.descriptions=FILE"
        + (f"; {hint}" if hint else "")
    )


def check_root(root: Path, name: str, *, hint: str = "") -> None:
    """Raise `UserError` unless `root` is the top folder of a data set; the right folder is named if it is near by."""
    if _looks_like_root(root):
        return
    near = _near(root)
    if near:
        choices = " or ".join(setting("benchmark.root", path) for path in near)
        problem = "is not the data set's top folder" if root.is_dir() else "does not exist"
        raise UserError(f"benchmark {name}: {root} {problem}; use {choices}")
    problem = (
        f"holds none of {', '.join(_PARTS)}" if root.is_dir() else "is no folder" if root.exists() else "is missing"
    )
    raise UserError(
        f"benchmark {name}: the data set's folder {root} {problem}; set benchmark.root=FOLDER, or PHYSICS_IQ_DATA to "
        "the folder that holds it" + (f". {hint}" if hint else "")
    )


def missing_files(
    dataset: DataSet, scenarios: Iterable[Scenario], kinds: Sequence[Kind], fps: int, *, takes: Sequence[int] = (1,)
) -> list[str]:
    """The files, relative to the root, that these scenarios need and that are not there (or are empty, or no files).

    A kind is looked for at `fps` if the set has a folder of that rate, else at the highest rate it has, from which
    other rates are made. Conditioning may come from full videos where the set has no conditioning folder at all.
    Switch frames have no take. A scenario without a second take needs none.
    """
    rates_of = cache(dataset.rates)
    missing = []
    for scenario in scenarios:
        for kind, item in _wanted(rates_of, scenario, kinds, takes):
            rates = () if kind == "switch" else rates_of(kind, item.take)
            rate = fps if fps in rates or not rates else rates[0]
            path = dataset.find(kind, item, rate)
            if path is None or not path.is_file() or path.stat().st_size == 0:
                missing.append(relative_path(kind, item, rate).as_posix())
    return missing


def check_files(
    dataset: DataSet,
    scenarios: Iterable[Scenario],
    kinds: Sequence[Kind],
    fps: int,
    *,
    takes: Sequence[int] = (1,),
    remedy: str = "complete the data set (python -m runners.fetch), or select scenarios that are there",
) -> None:
    """Raise `UserError` naming the first few of the `missing_files` and their count."""
    missing = missing_files(dataset, scenarios, kinds, fps, takes=takes)
    if missing:
        count = counted(len(missing), "file is", "files are")
        raise UserError(f"{count} missing, empty or no file in {dataset.root}: {first_of(missing)}; {remedy}")


def _wanted(
    rates_of: Callable[[Kind, int], tuple[int, ...]], scenario: Scenario, kinds: Sequence[Kind], takes: Sequence[int]
) -> Iterator[tuple[Kind, Item]]:
    for kind in kinds:
        if kind == "switch":
            yield kind, scenario.item
            continue
        for item in (scenario.item, scenario.second):
            if item is not None and item.take in takes:
                instead = kind == "conditioning" and not rates_of(kind, 1) and bool(rates_of("full", item.take))
                yield ("full" if instead else kind), item


def _looks_like_root(folder: Path) -> bool:
    return any((folder / part).is_dir() for part in _PARTS)


def _near(root: Path) -> list[Path]:
    """The data sets just above or just below a folder that is none."""
    for parent in list(root.absolute().parents)[:3]:
        if _looks_like_root(parent):
            return [parent]
    try:
        return [child for child in sorted(root.iterdir()) if _looks_like_root(child)][:3]
    except OSError:
        return []
