"""Still pictures in: whatever a file holds becomes the right 8-bit RGB, upright, or is refused in a line.

Refused is what would be guessed: transparency (what is behind it?), inks, integers and floats of no stated range,
linear or HDR light, colours of a gamut wider than sRGB's, more than one picture, and more pixels than any video has.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from adapters.contract import Frame, Size
from adapters.outside import clean_text
from adapters.stills.colour import colour_fault

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 2**26
"""8192 × 8192: twice the pixels of 8K video, and 200 MB as RGB."""
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
"""Formats whose colours are understood. (A JPEG with views behind the main one, as telephones write it, is "MPO".)"""
_FAULTS = (
    *(OSError, EOFError, SyntaxError, LookupError, ArithmeticError, ValueError, TypeError),
    *(struct.error, zlib.error),
)
"""What odd bytes make Pillow raise."""
_PLAIN = ("RGB", "L", "P", "1", "RGBX")
_SEE_THROUGH = ("RGBA", "LA", "PA")
_SIXTEEN = ("I;16", "I;16B", "I;16L", "I;16N")
_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)
"""EXIF orientations that lie on their side."""
_TIFF_BITS, _TIFF_PHOTOMETRIC, _BLACK_IS_ZERO = 258, 262, 1


class BadPicture(Exception):
    """A file that is no usable picture: one line naming the file and its fault."""


def read_picture(path: Path) -> Frame:
    """The upright picture, uint8 (H, W, 3) RGB, read-only. Raises `BadPicture`.

    16-bit grey is divided by 257 and rounded; of 16-bit colours Pillow gives the upper byte, a level off at most.
    """
    with _opened(path) as image:
        rgb = _rgb(image)
    rgb.flags.writeable = False
    return rgb


def check_picture(path: Path) -> None:
    """Raise `BadPicture` unless `read_picture` can read the file; quicker and with less memory for a JPEG."""
    with _opened(path) as image:
        # An eighth of the size reads as much of a JPEG for a third of the time.
        image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
        _rgb(image)


def picture_size(path: Path) -> Size:
    """(width, height) of the upright picture. Raises `BadPicture` for a file that does not open."""
    from PIL import ImageOps

    with _opened(path) as image:
        if image.format == "TIFF":  # Pillow turns these by itself, in some versions before and in some while loading
            ImageOps.exif_transpose(image, in_place=True)
            return image.size
        width, height = image.size
        return (height, width) if image.getexif().get(_ORIENTATION) in _SIDEWAYS else (width, height)


class _Refused(Exception):
    """A picture that decodes, and cannot be used."""


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The file's header; every fault inside the block, decoding too, becomes a `BadPicture`."""
    from PIL import Image

    name = clean_text(str(path))
    try:
        _check_file(path, name)
        with Image.open(path, formats=_FORMATS) as image:
            _check_header(image, path)
            yield image
    except (_Refused, Image.DecompressionBombError) as error:
        why = str(error) if isinstance(error, _Refused) else "holds more pixels than a picture of a video has"
        raise BadPicture(f"{name}: {why}") from None
    except PermissionError:
        raise BadPicture(f"{name}: cannot be read (permission denied)") from None
    except _FAULTS as error:
        raise BadPicture(f"{name}: is no image that decodes; get it again") from error


def _check_file(path: Path, name: str) -> None:
    if path.is_file():
        return
    if path.is_symlink() and not path.exists():
        raise BadPicture(f"{name}: is a link to nothing")
    what = "is a folder" if path.is_dir() else "is a pipe or a device" if path.exists() else "is missing"
    raise BadPicture(f"{name}: {what}, and no image")


def _check_header(image: Image.Image, path: Path) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise _Refused(f"is {image.width}x{image.height}, and no picture of more than {MOST_PIXELS} pixels is read")
    if image.format != "MPO" and (count := getattr(image, "n_frames", 1)) > 1:
        raise _Refused(f"holds {count} pictures where one is wanted; save the one that is meant")
    if fault := colour_fault(image, path):
        raise _Refused(fault)


def _rgb(image: Image.Image) -> Frame:
    from PIL import ImageOps

    deep = image.mode in _SIXTEEN or any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode in _SIXTEEN:
        rgb = _from_sixteen(image)
    elif image.mode in _SEE_THROUGH or "transparency" in image.info:
        rgba = np.asarray(image.convert("RGBA"))
        if rgba[..., 3].min() < 255:
            raise _Refused("has transparent pixels, and what is behind them is not known; flatten it")
        rgb = np.ascontiguousarray(rgba[..., :3])
    elif image.mode in _PLAIN:
        rgb = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    else:
        raise _Refused(f"holds {image.mode} pixels, which have no one way into RGB; save it as RGB, 8 bits per channel")
    if deep and rgb.max() < 2:
        raise _Refused("has 16 bits per channel and is black (8-bit values that were not scaled?); save it with 8 bits")
    return rgb


def _from_sixteen(image: Image.Image) -> Frame:
    """16-bit grey as RGB. Of TIFF only what fills its 16 bits from black to white is known to."""
    tags = getattr(image, "tag_v2", None)
    if tags is not None and (tags.get(_TIFF_BITS), tags.get(_TIFF_PHOTOMETRIC)) != ((16,), _BLACK_IS_ZERO):
        raise _Refused("is a TIFF of an unusual grey; save it as RGB, 8 bits per channel")
    grey = ((np.asarray(image).astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)
