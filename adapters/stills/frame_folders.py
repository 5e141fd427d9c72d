"""Folders of frames: one series of pictures, in the order of its numbers, or a refusal. A lost frame is lost time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from adapters.contract import Frame
from adapters.errors import BadClip
from adapters.outside import clean_text
from adapters.stills.pictures import BadPicture, read_picture

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
_SAME_SUFFIX = {".jpeg": ".jpg", ".tiff": ".tif"}
_DIGITS = re.compile(r"([0-9]+)")


def is_frame(path: Path) -> bool:
    """Whether a file's name is a picture's; hidden ones (`._0001.png` of macOS) are nobody's frames."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def frame_files(folder: Path) -> list[Path]:
    """The folder's frames in the order of their numbers; whatever is no picture is passed over.

    Raises `BadClip` unless all pictures are one series: one kind of file, named alike but for one number that counts
    on by 1, from wherever it begins.
    """
    label = _shown(folder)
    try:
        pictures = sorted(filter(is_frame, folder.iterdir()))
    except OSError as error:
        raise BadClip(f"{label}: the folder cannot be read ({error.strerror})") from None
    if not pictures:
        raise BadClip(f"{label}: holds no picture")
    _refuse_other_kinds(label, pictures)
    names = {path: _DIGITS.split(path.stem) for path in pictures}
    _refuse_strays(label, names)
    place = _counting_place(label, names)
    numbered = sorted((int(parts[place]) if place else 0, path) for path, parts in names.items())
    for (number, path), (following, after) in pairwise(numbered):
        if following == number:
            raise BadClip(f"{label}: {_shown(path)} and {_shown(after)} have the same number; leave one")
        if following != number + 1:
            raise BadClip(
                f"{label}: nothing between {_shown(path)} and {_shown(after)}; a frame that is missing would be lost "
                "time: make the frames again, or number them without gaps if none is missing"
            )
    return [path for _, path in numbered]


def read_frame_files(files: Sequence[Path]) -> Iterator[Frame]:
    """The pictures one at a time, uint8 (H, W, 3). Raises `BadClip` naming the one that differs in size, or is none."""
    first: Frame | None = None
    for path in files:
        try:
            frame = read_picture(path)
        except BadPicture as error:
            raise BadClip(str(error)) from error
        first = frame if first is None else first
        if frame.shape != first.shape:
            sizes = [f"{each.shape[1]}x{each.shape[0]}" for each in (frame, first)]
            raise BadClip(f"{clean_text(str(path))} is {sizes[0]}, and {_shown(files[0])} is {sizes[1]}")
        yield frame


def _refuse_other_kinds(label: str, pictures: Sequence[Path]) -> None:
    kinds: dict[str, Path] = {}
    for path in pictures:
        suffix = path.suffix.lower()
        kinds.setdefault(_SAME_SUFFIX.get(suffix, suffix), path)
    if len(kinds) > 1:
        first, second = list(kinds.values())[:2]
        raise BadClip(
            f"{label}: holds {_shown(first)} and {_shown(second)}; which are its frames? Move the others away"
        )


def _refuse_strays(label: str, names: dict[Path, list[str]]) -> None:
    """All names agree in what is no digit; of those that do not, one is told."""
    words = {path: tuple(parts[::2]) for path, parts in names.items()}
    ((usual, _),) = Counter(words.values()).most_common(1)
    stray = next((path for path, those in words.items() if those != usual), None)
    if stray is not None:
        like = next(path for path, those in words.items() if those == usual)
        raise BadClip(f"{label}: {_shown(stray)} is not named like {_shown(like)}; move what is no frame away")


def _counting_place(label: str, names: dict[Path, list[str]]) -> int:
    """Which part of the names is the frame's number; 0 if they hold none."""
    first, *others = names.values()
    places = [place for place in range(1, len(first), 2) if any(int(o[place]) != int(first[place]) for o in others)]
    if len(places) > 1:
        raise BadClip(f"{label}: more than one number changes in its pictures' names, such as {_shown(max(names))}")
    return places[0] if places else max(0, len(first) - 2)


def _shown(path: Path) -> str:
    return clean_text(path.name)
