"""What fitting does to a picture is undone: positions come back to within a pixel."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import resize
from adapters.harness import same_shape
from runners.clips.geometry import FITS, Fit, Geometry, apply, for_clip, place, plan_fit, undo
from tests.adapters.video.files import error_and_bias, marker, marker_at, scene

sides = st.integers(48, 160)
sizes = st.tuples(sides, sides)
fits: st.SearchStrategy[Fit] = st.sampled_from(["stretch", "pad"])
portions = st.floats(0.3, 0.7)


@settings(max_examples=60, deadline=None)
@given(fits, sizes, sizes, portions, portions)
def test_undoing_stretch_and_pad_returns_a_marker_to_within_a_pixel(
    fit: Fit, source: tuple[int, int], target: tuple[int, int], x: float, y: float
) -> None:
    drawn = marker(*source, source[0] * x, source[1] * y, radius=5)
    geometry = plan_fit(fit, source, target)
    back = undo(geometry, apply(geometry, drawn), source)
    assert marker_at(back) == pytest.approx(marker_at(drawn), abs=1)


@settings(max_examples=60, deadline=None)
@given(fits, sizes, sizes, st.floats(0.6, 2.2), portions, portions)
def test_a_model_that_chose_another_size_is_undone_in_proportion(
    fit: Fit, source: tuple[int, int], target: tuple[int, int], scale: float, x: float, y: float
) -> None:
    drawn = marker(*source, source[0] * x, source[1] * y, radius=6)
    geometry = plan_fit(fit, source, target)
    own_size = (round(target[0] * scale), round(target[1] * scale))
    back = undo(geometry, resize(apply(geometry, drawn), own_size), source)
    assert marker_at(back) == pytest.approx(marker_at(drawn), abs=1)


@settings(max_examples=40, deadline=None)
@given(sizes, sizes)
def test_undoing_crop_returns_a_marker_to_within_a_pixel(source: tuple[int, int], target: tuple[int, int]) -> None:
    geometry = plan_fit("crop", source, target)
    drawn = marker(*source, source[0] / 2, source[1] / 2, radius=min(source) / 12)
    back = undo(geometry, apply(geometry, drawn), source)
    assert marker_at(back) == pytest.approx(marker_at(drawn), abs=1)


@pytest.mark.parametrize("fit", FITS)
def test_with_nothing_to_do_the_very_same_array_comes_back(fit: Fit) -> None:
    geometry = plan_fit(fit, (64, 36), (64, 36))
    frame = scene(64, 36)
    assert geometry.identity
    assert geometry.whole
    assert apply(geometry, frame) is frame
    assert undo(geometry, frame, (64, 36)) is frame


def test_pad_keeps_the_shape_centred_between_black_bars() -> None:
    geometry = plan_fit("pad", (160, 90), (80, 80))
    assert geometry.box == (0, 17, 80, 45)
    assert not geometry.whole
    fitted = apply(geometry, np.full((90, 160, 3), 200, np.uint8))
    assert fitted.shape == (80, 80, 3)
    assert (fitted[17:62] == 200).all()
    assert not fitted[:17].any()
    assert not fitted[62:].any()
    assert (undo(geometry, fitted, (160, 90)) == 200).all()


def test_crop_shows_the_centre_and_what_it_lost_comes_back_black() -> None:
    geometry = plan_fit("crop", (160, 90), (90, 90))
    assert geometry.box == (-35, 0, 160, 90)
    back = undo(geometry, apply(geometry, np.full((90, 160, 3), 200, np.uint8)), (160, 90))
    assert (back[:, 35:125] == 200).all()
    assert not back[:, :35].any()
    assert not back[:, 125:].any()


def test_stretch_fills_the_target() -> None:
    geometry = plan_fit("stretch", (160, 90), (80, 80))
    assert geometry.whole
    assert not geometry.identity
    assert apply(geometry, scene(160, 90)).shape == (80, 80, 3)


def test_another_shape_of_the_same_ratio_needs_no_bars_and_no_cut() -> None:
    for fit in FITS:
        assert plan_fit(fit, (3840, 2160), (1280, 720)).whole


@pytest.mark.parametrize("fit", FITS)
def test_what_a_decoder_fitted_is_placed_as_apply_would(fit: Fit) -> None:
    frame = scene(160, 90)
    geometry = plan_fit(fit, (160, 90), (60, 60))
    assert np.array_equal(place(geometry, resize(frame, geometry.decoder_size)), apply(geometry, frame))


def test_a_frame_of_an_unplanned_size_is_refused() -> None:
    with pytest.raises(ValueError, match="a 64x36 frame where 160x90 was planned"):
        apply(plan_fit("pad", (160, 90), (80, 80)), scene(64, 36))


@pytest.mark.parametrize("size", [(320, 180), (100, 90), (211, 107), (640, 360), (500, 90)])
def test_resizing_neither_shifts_nor_changes_the_light(size: tuple[int, int]) -> None:
    drawn = marker(160, 90, 61.3, 40.7, radius=6)
    x, y = marker_at(resize(drawn, size))
    assert (x / size[0] * 160, y / size[1] * 90) == pytest.approx(marker_at(drawn), abs=0.15)
    noise = np.random.default_rng(0).integers(20, 236, (90, 160, 3), dtype=np.uint8)
    assert abs(float(resize(noise, size).mean() - noise.mean())) < 0.2


def test_a_round_trip_through_a_larger_size_keeps_the_picture() -> None:
    frame = scene(160, 90)
    error, bias = error_and_bias(resize(resize(frame, (320, 180)), (160, 90)), frame)
    assert error < 0.6
    assert bias < 0.15


def test_a_geometry_survives_the_manifest() -> None:
    geometry = plan_fit("pad", (160, 90), (80, 80))
    assert Geometry.from_dict(json.loads(json.dumps(geometry.to_dict()))) == geometry


# clips of another shape


@pytest.mark.parametrize(
    "size",
    [(1360, 768), (848, 480), (832, 480), (1280, 704), (1216, 704), (640, 352), (320, 192), (3840, 2160), (48, 26)],
)
def test_sizes_that_models_round_to_are_of_one_shape(size: tuple[int, int]) -> None:
    assert same_shape(size, (1280, 720))
    assert same_shape((size[1], size[0]), (720, 1280))


@pytest.mark.parametrize(
    "size",
    [(720, 720), (720, 1280), (720, 480), (640, 480), (512, 320), (1024, 640), (256, 160), (1998, 1080), (2560, 1080)],
)
def test_other_shapes_are_not(size: tuple[int, int]) -> None:
    assert not same_shape(size, (1280, 720))


def test_a_clip_of_another_shape_needs_a_word() -> None:
    as_it_is = plan_fit("stretch", (1920, 1080), (1280, 720))
    assert for_clip(as_it_is, (832, 480), stated=False) == as_it_is
    assert for_clip(as_it_is, (720, 720), stated=False) is None
    assert for_clip(as_it_is, (720, 720), stated=True) == as_it_is
    for fit in ("pad", "crop"):
        said = plan_fit(fit, (1920, 1080), (1280, 720))
        assert for_clip(said, (720, 720), stated=True) == plan_fit(fit, (1920, 1080), (720, 720))


def test_what_a_model_was_shown_and_the_sources_own_shape_are_both_right_when_stretched() -> None:
    squeezed = plan_fit("stretch", (1920, 1080), (720, 480))
    for size in ((720, 480), (960, 540)):
        assert for_clip(squeezed, size, stated=False) == squeezed


def test_bars_that_were_shown_must_come_back() -> None:
    padded = plan_fit("pad", (1920, 1080), (512, 512))
    assert for_clip(padded, (1024, 1024), stated=True) == padded
    assert for_clip(padded, (1280, 720), stated=True) is None
