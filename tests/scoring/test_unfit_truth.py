"""Truth and masks that are not what their place says give no number, but a line with what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from adapters import write_video
from runners.clips.footage import Unfit
from runners.core.errors import UserError
from runners.dataset.layout import DataSet, relative_path
from runners.scoring import looks
from runners.scoring.fit import check_truth
from tests.adapters.video.files import write_plain
from tests.scoring.conftest import Tiny, score
from tests.scoring.odd_files import (
    changing_size,
    coded_as_av1,
    late,
    mirrored,
    ship_masks,
    turned,
    two_tracks,
    varying_rate,
    write_masks,
)
from tests.scoring.tiny import FPS, slide


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is remembered of other tests' files."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "physics-iq-harness"


def truth(run: Tiny, take: int = 1) -> Path:
    item = run.scenarios[0].item if take == 1 else run.scenarios[0].second
    assert item is not None
    return run.dataset.root / relative_path("testing", item, FPS)


def mask(run: Tiny, take: int = 1) -> Path:
    item = run.scenarios[0].item if take == 1 else run.scenarios[0].second
    assert item is not None
    return run.dataset.root / relative_path("masks", item, FPS)


def fresh(run: Tiny) -> Tiny:
    return run._replace(dataset=DataSet(run.dataset.root))


@pytest.fixture
def masked(own: Tiny) -> Tiny:
    """The data set with masks for all of its truth."""
    return own._replace(dataset=ship_masks(own.dataset, own.scenarios))


def refused(run: Tiny, out: Path, told: str, named: Path) -> None:
    with pytest.raises(Unfit, match=told) as error:
        score(fresh(run), out / "scores")
    assert str(error.value).startswith(f"{named}: ")
    assert not (out / "scores" / "scores.json").exists()


def longer(path: Path) -> None:
    write_video(path, slide(5.0, seconds=8), FPS)


def shorter(path: Path) -> None:
    write_video(path, slide(5.0)[:39], FPS)


def faster(path: Path) -> None:
    write_video(path, slide(5.0, fps=2 * FPS), 2 * FPS)


@pytest.mark.rotating("spoil", "told")
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (longer, r"holds 64 frames, not 40 \(5 s at 8 FPS\); get it again \(runners\.fetch\)"),
        (shorter, "holds 39 frames, not 40"),
        (faster, "runs at 16 FPS, and its place says 8"),
        (turned, "holds a display matrix"),
        (lambda path: turned(path, 90), "holds a display matrix"),
        (mirrored, "holds a display matrix"),
        (changing_size, "changes its size from 64×36 to 32×18 midway"),
        (lambda path: changing_size(path, "mjpeg"), "frame 20 is 32x18, the ones before it are 64x36"),
        (varying_rate, "do not follow each other at a constant rate"),
        (two_tracks, "holds 2 video tracks"),
        (lambda path: write_plain(path, np.stack(slide(5.0, size=(96, 54))), FPS), "is 96×54, and take 1 .* 64×36"),
    ],
)  # fmt: skip
def test_a_take_that_does_not_fit_is_refused(
    spoil: Callable[[Path], object], told: str, own: Tiny, tmp_path: Path
) -> None:
    path = truth(own, 2)
    spoil(path)
    refused(own, tmp_path, told, path)


def test_truth_that_opencv_cannot_decode_is_told_for_what_it_is(own: Tiny, tmp_path: Path) -> None:
    for take in (1, 2):
        coded_as_av1(truth(own, take))
    refused(own, tmp_path, "is coded as AV1, which this OpenCV", truth(own))


@pytest.mark.parametrize("what", ["truth", "masks"])
@pytest.mark.parametrize("odd", ["pipe", "link", "folder"])
def test_what_is_no_file_is_told_at_once(odd: str, what: str, masked: Tiny, tmp_path: Path) -> None:
    path = truth(masked) if what == "truth" else mask(masked)
    path.unlink()
    {"pipe": os.mkfifo, "link": lambda p: p.symlink_to(tmp_path / "nowhere"), "folder": os.mkdir}[odd](path)
    refused(masked, tmp_path, "this is no file, but a folder, a pipe or a link to nothing; get it again", path)


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(
    own: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.video.streams.MOST_PIXELS", 64 * 36)
    write_plain(truth(own, 2), np.stack(slide(5.0, size=(66, 36))), FPS)
    refused(own, tmp_path, "is 66x36; at most 8K is read", truth(own, 2))
    with pytest.raises(Unfit, match="at most 8K is read"):
        check_truth(fresh(own).dataset, own.scenarios, FPS)


@pytest.mark.parametrize("frames", [40, 41])
def test_a_frame_that_a_cut_left_at_the_end_is_no_fault(frames: int, own: Tiny, tmp_path: Path) -> None:
    write_video(truth(own), slide(5.0, seconds=6)[:frames], FPS)
    assert score(fresh(own), tmp_path).complete
    check_truth(fresh(own).dataset, own.scenarios, FPS)


def test_truth_may_begin_late_on_its_own_time_line(own: Tiny, tmp_path: Path) -> None:
    before = score(own, tmp_path / "before").verified
    late(truth(own))
    assert score(fresh(own), tmp_path / "after").verified == pytest.approx(before, abs=1.0)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: write_masks(path, slide(5.0, seconds=8)), r"holds 64 frames, not 40 .* scorer\.masks=made"),
        (lambda path: write_masks(path, slide(5.0), also=1), "holds 41 frames, and its truth 40"),
        (lambda path: write_masks(path, slide(5.0), fps=16), "runs at 16 FPS, and its place says 8"),
        (lambda path: write_masks(path, slide(5.0, size=(36, 36))), "is 36×36, and its truth 64×36, of another shape"),
        (lambda path: write_video(path, slide(5.0), FPS), "is no mask: 100% of its pixels are neither black nor white"),
    ],
)  # fmt: skip
def test_a_mask_that_does_not_fit_is_refused_with_how_to_have_masks_made(
    spoil: Callable[[Path], object], told: str, masked: Tiny, tmp_path: Path
) -> None:
    spoil(mask(masked))
    refused(masked, tmp_path, told, mask(masked))


def test_masks_of_half_the_size_are_fitted_as_the_official_toolbox_fits_them(masked: Tiny, tmp_path: Path) -> None:
    write_masks(mask(masked), [frame[::2, ::2] for frame in slide(5.0)])
    assert score(masked, tmp_path).complete


def test_masks_for_a_part_of_the_truth_are_refused(masked: Tiny, tmp_path: Path) -> None:
    mask(masked, 2).unlink()
    told = r"masks are there for 3 of 4 truth videos, and not for 0003_testing.*: scorer\.masks=made"
    with pytest.raises(Unfit, match=told):
        score(fresh(masked), tmp_path)
    with pytest.raises(Unfit, match=told):
        check_truth(fresh(masked).dataset, masked.scenarios, FPS)


@pytest.mark.parametrize(("path", "spoil"), [(truth, longer), (truth, faster), (mask, longer), (truth, turned)])
def test_what_headers_tell_is_told_before_there_are_clips(
    path: Callable[[Tiny], Path], spoil: Callable[[Path], object], masked: Tiny
) -> None:
    spoil(path(masked))
    with pytest.raises(UserError, match=str(path(masked))):
        check_truth(fresh(masked).dataset, masked.scenarios, FPS)


def test_each_content_is_looked_at_once_however_often_it_is_scored(
    masked: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(masked, tmp_path / "first")

    def looked(*_: object, **__: object) -> None:
        raise AssertionError("it was looked at again")

    monkeypatch.setattr(looks, "survey", looked)
    shutil.move(masked.dataset.root, tmp_path / "elsewhere")
    moved = masked._replace(dataset=DataSet(tmp_path / "elsewhere"))
    assert score(moved, tmp_path / "second").complete


def test_a_memory_that_is_torn_or_of_other_checks_is_no_memory(masked: Tiny, tmp_path: Path, cache: Path) -> None:
    wanted = score(masked, tmp_path / "first").verified
    kept = (cache / "truth-looks.json").read_text()
    for odd in ("", "[]", '{"looks": 3}', kept[:-30], kept.replace('"fault": null', '"fault": "an older finding"')):
        (cache / "truth-looks.json").write_text(odd.replace('"made_with": [1', '"made_with": [0'))
        assert score(masked, tmp_path / "again").verified == wanted
