"""What is sent of a switch frame: the very pixels where they fit, else the best that does."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from adapters.api.media import picture
from adapters.contract import Conditioning, Frame
from adapters.errors import Rejected

RAMP = np.add.outer(np.arange(90), np.arange(160))[..., None] * np.array([1, 2, 3]) % 251
CONDITIONING = Conditioning.of(RAMP.astype(np.uint8)[None], 24.0)


def read(data: bytes) -> Frame:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def test_a_picture_that_fits_is_sent_as_it_is() -> None:
    media = picture(CONDITIONING, 10**6)
    assert (media.mime, media.content) == ("image/png", CONDITIONING.sha256)
    assert np.array_equal(read(media.data), CONDITIONING.switch_frame)


def test_it_is_packed_tighter_before_a_pixel_is_given_up() -> None:
    quick = picture(CONDITIONING, 10**6)
    tight = picture(CONDITIONING, len(quick.data) - 1)
    assert tight.mime == "image/png"
    assert np.array_equal(read(tight.data), CONDITIONING.switch_frame)
    assert tight.content == quick.content


def test_one_that_never_fits_as_png_is_the_best_jpeg_that_does() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1, 90, 160, 3), np.uint8)
    whole = picture(Conditioning.of(noise, 24.0), 10**6)
    media = picture(Conditioning.of(noise, 24.0), 3 * len(whole.data) // 4)
    assert media.mime == "image/jpeg"
    assert read(media.data).shape == (90, 160, 3)


def test_one_that_fits_in_no_way_is_told() -> None:
    with pytest.raises(Rejected, match="lower its size"):
        picture(CONDITIONING, 100)
