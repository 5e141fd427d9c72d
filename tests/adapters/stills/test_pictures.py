"""What a file of a still picture becomes: the right 8-bit RGB, or a refusal."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from adapters.harness import BadPicture, check_picture, picture_size, read_picture

COLOURS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3
GREYS = np.array([[0, 1, 127], [128, 254, 255]], np.uint8)


def png(values: np.ndarray, colour_type: int) -> bytes:
    """A PNG of 16 bits per channel, which Pillow writes only in grey."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def told(path: Path) -> str:
    """Why a picture is refused, by all that read it."""
    reasons = set()
    for read in (read_picture, check_picture):
        with pytest.raises(BadPicture) as caught:
            read(path)
        reasons.add(str(caught.value))
    (reason,) = reasons
    assert reason.startswith(f"{path}: ")
    return reason


@pytest.mark.parametrize("name", ["grey.png", "grey.jpg", "grey.tif"])
def test_sixteen_bit_grey_is_brought_to_eight_whatever_its_suffix(tmp_path: Path, name: str) -> None:
    Image.fromarray(GREYS.astype(np.uint16) * 257).save(tmp_path / name, "TIFF" if name.endswith("tif") else "PNG")
    assert np.array_equal(read_picture(tmp_path / name), np.repeat(GREYS[..., None], 3, axis=2))


def test_sixteen_bit_grey_between_two_levels_is_rounded(tmp_path: Path) -> None:
    Image.fromarray(np.array([[128, 129, 65535 - 129, 65535 - 128]], np.uint16)).save(tmp_path / "grey.png")
    assert read_picture(tmp_path / "grey.png")[0, :, 0].tolist() == [0, 1, 254, 255]


@pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (6, 4)])
def test_sixteen_bit_colour_is_brought_to_eight(tmp_path: Path, colour_type: int, channels: int) -> None:
    deep = np.full((4, 6, channels), 65535, np.uint16)
    deep[..., :3] = COLOURS.astype(np.uint16) * 257
    (tmp_path / "deep.png").write_bytes(png(deep, colour_type))
    assert np.array_equal(read_picture(tmp_path / "deep.png"), COLOURS)


@pytest.mark.parametrize("colour_type", [0, 2])
def test_eight_bit_values_in_sixteen_bits_are_no_black_picture(tmp_path: Path, colour_type: int) -> None:
    values = COLOURS if colour_type == 2 else GREYS
    (tmp_path / "deep.png").write_bytes(png(values.astype(np.uint16), colour_type))
    assert "16 bits per channel and is black" in told(tmp_path / "deep.png")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["turned.png", "turned.tif", "turned.webp"])
def test_every_orientation_is_carried_out(tmp_path: Path, name: str, orientation: int) -> None:
    turns: dict[int, Callable[[np.ndarray], np.ndarray]] = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.swapaxes(0, 1),
        6: np.rot90,
        7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }
    # What is stored is what turning back makes of the upright picture.
    stored = Image.fromarray(np.ascontiguousarray(turns[orientation](COLOURS)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / name, exif=exif, lossless=True)
    assert np.array_equal(read_picture(tmp_path / name), COLOURS)
    assert picture_size(tmp_path / name) == (6, 4)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_opaque_loses_its_alpha_and_what_is_not_is_refused(tmp_path: Path, mode: str) -> None:
    rgba = Image.new("RGBA", (6, 4), (70, 70, 70, 255))
    rgba.convert(mode).save(tmp_path / "opaque.png")
    assert (read_picture(tmp_path / "opaque.png") == 70).all()
    rgba.putpixel((2, 2), (70, 70, 70, 0))
    hole = rgba.quantize(2, Image.Quantize.FASTOCTREE) if mode == "P" else rgba.convert(mode)
    hole.save(tmp_path / "hole.png")
    assert "transparent pixels" in told(tmp_path / "hole.png")


@pytest.mark.parametrize(
    ("mode", "name"), [("CMYK", "inks.jpg"), ("F", "float.tif"), ("I", "integers.tif"), ("LAB", "lab.tif")]
)
def test_pixels_without_one_way_into_rgb_are_refused(tmp_path: Path, mode: str, name: str) -> None:
    Image.new(mode, (6, 4)).save(tmp_path / name)
    assert f"holds {mode} pixels" in told(tmp_path / name)


def test_twelve_bit_grey_is_refused(tmp_path: Path) -> None:
    Image.fromarray(GREYS.astype(np.uint16)).save(tmp_path / "camera.tif", tiffinfo={262: 0})
    assert "unusual grey" in told(tmp_path / "camera.tif")


@pytest.mark.parametrize("name", ["moving.gif", "moving.png", "moving.webp", "pages.tif"])
def test_more_than_one_picture_is_refused(tmp_path: Path, name: str) -> None:
    first, second = Image.fromarray(COLOURS), Image.fromarray(255 - COLOURS)
    first.save(tmp_path / name, save_all=True, append_images=[second])
    assert "holds 2 pictures" in told(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (b"gAMA", struct.pack(">I", 100_000), "a gamma of 1"),
        (b"cICP", bytes([9, 16, 0, 1]), "holds PQ light"),
        (b"cICP", bytes([9, 18, 0, 1]), "holds HLG light"),
    ],
)
def test_light_that_is_not_encoded_as_srgbs_is_refused(
    tmp_path: Path, name: bytes, content: bytes, reason: str
) -> None:
    extra = PngInfo()
    extra.add(name, content)
    Image.fromarray(COLOURS).save(tmp_path / "light.png", pnginfo=extra)
    assert reason in told(tmp_path / "light.png")


@pytest.mark.parametrize(
    ("name", "content"),
    [(b"gAMA", struct.pack(">I", 45_455)), (b"gAMA", struct.pack(">I", 50_994)), (b"cICP", bytes([1, 1, 0, 1]))],
)
def test_a_frame_that_says_it_is_bt709_is_read_as_it_is(tmp_path: Path, name: bytes, content: bytes) -> None:
    extra = PngInfo()
    extra.add(name, content)
    Image.fromarray(COLOURS).save(tmp_path / "frame.png", pnginfo=extra)
    assert np.array_equal(read_picture(tmp_path / "frame.png"), COLOURS)


def profile(red: tuple[float, float, float]) -> bytes:
    """An ICC profile by hand, sRGB's but for its red."""

    def number(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(number, values))

    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, int(2.2 * 256), 0)
    text = b"desc\0\0\0\0" + struct.pack(">I", 6) + b"Mine \0" + bytes(78 + 4)
    tags = {
        b"desc": text, b"wtpt": xyz(0.9642, 1, 0.8249), b"rXYZ": xyz(*red), b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7141), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
    }  # fmt: skip
    table, data, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"lcms", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += number(0.9642) + number(1) + number(0.8249)
    return head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + table + data


def test_a_profile_of_srgbs_gamut_changes_nothing_and_a_wider_one_is_refused(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "srgb.png", icc_profile=profile((0.4361, 0.2225, 0.0139)))
    assert np.array_equal(read_picture(tmp_path / "srgb.png"), COLOURS)
    Image.fromarray(COLOURS).save(tmp_path / "p3.png", icc_profile=profile((0.5151, 0.2412, -0.0011)))
    assert "the colour profile 'Mine', which is not sRGB's gamut" in told(tmp_path / "p3.png")


@pytest.mark.parametrize("side", [9_000, 50_000])
def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, side: int) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))
    assert "pixels" in told(tmp_path / "bomb.png")


def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "is a pipe" in told(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to("nowhere")
    assert "a link to nothing" in told(tmp_path / "link.png")


@pytest.mark.parametrize("name", ["cut.png", "cut.jpg"])
def test_a_file_cut_short_is_refused(tmp_path: Path, name: str) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    assert "no image that decodes" in told(tmp_path / name)
