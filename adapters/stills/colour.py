"""Whether a picture's numbers are sRGB's, by what its file says of them. Part of `adapters.stills.pictures`."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_COLOURED = ("RGB", "RGBA", "RGBX", "P", "PA")
_SRGB_COLORANTS = ((0.436, 0.222, 0.014), (0.385, 0.717, 0.097), (0.143, 0.061, 0.714))
"""What red, green and blue are in an ICC profile of sRGB or BT.709 (XYZ under D50)."""
_SAME_GAMUT = 0.05
"""The primaries of all SD and HD video are as near to these; Display P3's and Adobe RGB's are not (0.08, 0.17)."""
_GAMMAS = (0.38, 0.6)
"""The encodings of video and of screens: 1/2.4 (BT.1886) to 1/1.8. Linear light is 1."""
_HDR = {16: "PQ", 18: "HLG", 8: "linear"}
"""Transfer characteristics of ITU-T H.273."""


def colour_fault(image: Image.Image, path: Path) -> str | None:
    """Why a file's RGB cannot be taken for sRGB; None if it can, or says nothing. Curves near sRGB's are left alone.

    A frame cut from a video says BT.709's own curve, and has the values that the video's decoder gives.
    """
    fault = _transfer_fault(image, path)
    if fault is None and image.mode in _COLOURED and (profile := image.info.get("icc_profile")):
        fault = _gamut_fault(profile)
    return fault and f"{fault}; convert it to sRGB"


def _transfer_fault(image: Image.Image, path: Path) -> str | None:
    if image.format != "PNG":
        return None
    if transfer := _HDR.get(_cicp_transfer(path)):
        return f"holds {transfer} light"
    gamma = image.info.get("gamma")
    if gamma is None or "srgb" in image.info or "icc_profile" in image.info or _GAMMAS[0] <= gamma <= _GAMMAS[1]:
        return None
    return f"is encoded with a gamma of {gamma:g}, where sRGB has about 0.45"


def _cicp_transfer(path: Path) -> int:
    """The transfer characteristics that a PNG's cICP chunk names, before its pixels; 0 without one."""
    with path.open("rb") as stream:
        stream.seek(8)
        while len(head := stream.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            if name == b"cICP":
                return stream.read(2)[-1]
            if name in (b"IDAT", b"IEND"):
                return 0
            stream.seek(length + 4, io.SEEK_CUR)
    return 0


def _gamut_fault(profile: bytes) -> str | None:
    from PIL import ImageCms

    try:
        opened = ImageCms.getOpenProfile(io.BytesIO(profile))
        name = ImageCms.getProfileDescription(opened).strip()
        found = [getattr(opened.profile, f"{colour}_colorant") for colour in ("red", "green", "blue")]
    except Exception:  # noqa: BLE001  (a damaged profile says nothing; every viewer passes over it)
        return None
    if all(found) and _near([one[0] for one in found]):
        return None
    return f"has the colour profile {name!r}, which is not sRGB's gamut"


def _near(colorants: list[tuple[float, float, float]]) -> bool:
    pairs = zip(colorants, _SRGB_COLORANTS, strict=True)
    return all(abs(a - b) < _SAME_GAMUT for mine, wanted in pairs for a, b in zip(mine, wanted, strict=True))
