"""`output=…`: which numbers it stands for, and which it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from adapters import Needs, write_video
from adapters.harness import DEFAULT_CRF, DEFAULT_PRESET
from runners.benchmarks.benchmark import Benchmark, open_benchmark
from runners.clips.standardize import Output
from runners.core.errors import UserError
from runners.core.settings import BenchmarkSettings, OutputSettings
from runners.planning.output import resolve_output, truth_format
from tests.run.harness import MINI

ROOT = Path(__file__).resolve().parents[2]


def mini(fps: int = 30, root: Path = MINI / "dataset") -> Benchmark:
    descriptions = str(MINI / "dataset" / "descriptions.csv")
    return open_benchmark(
        BenchmarkSettings(name="mini", kind="original", root=str(root), descriptions=descriptions, fps=fps)
    )


TRUTH = truth_format(mini())
"""((width, height), FPS) of the fixture's own videos."""


def resolve(name: str, needs: Needs | None = None, **more: Any) -> tuple[tuple[int, int], int]:
    output = resolve_output(OutputSettings(name=name, **more), mini(), needs or Needs())
    return output.size, output.fps


def test_standard_is_1280_by_720_at_24_as_its_yaml_says() -> None:
    numbers = yaml.safe_load((ROOT / "conf" / "output" / "standard.yaml").read_text("utf-8"))
    assert resolve(**numbers) == ((1280, 720), 24)
    with pytest.raises(UserError, match=r"output=standard has no size or rate of its own: set output\.width"):
        resolve("standard")


def test_truth_is_the_size_of_the_benchmark_s_own_videos_at_its_rate() -> None:
    assert resolve("truth") == TRUTH
    other = resolve_output(OutputSettings(name="truth"), mini(fps=24), Needs())
    assert (other.size, other.fps) == (TRUTH[0], 24)


def test_truth_at_a_rate_that_is_not_shipped_is_the_highest_that_is() -> None:
    output = resolve_output(OutputSettings(name="truth"), mini(fps=16), Needs())
    assert output.fps == 30


def test_truth_of_a_data_set_without_any_is_that_of_its_switch_frames(tmp_path: Path) -> None:
    (tmp_path / "switch-frames").symlink_to(MINI / "dataset" / "switch-frames")
    assert truth_format(mini(root=tmp_path)) == TRUTH


def test_native_is_the_model_s_own_size_of_nearest_shape_and_its_rate() -> None:
    width, height = TRUTH[0]
    needs = Needs(sizes=((512, 512), (width * 4, height * 4), (480, 832)), native_fps=16)
    assert resolve("native", needs) == ((width * 4, height * 4), 16)


def test_native_of_a_model_that_takes_anything_is_the_truth_s() -> None:
    assert resolve("native") == TRUTH
    assert resolve("native", Needs(native_fps=8)) == (TRUTH[0], 8)
    assert resolve("native", Needs(sizes=((64, 36),))) == ((64, 36), TRUTH[1])


@pytest.mark.parametrize("name", ["standard", "truth", "native", "custom"])
def test_numbers_win_over_every_name(name: str) -> None:
    needs = Needs(sizes=((512, 288),), native_fps=16)
    assert resolve(name, needs, width=64, height=36, fps=12) == ((64, 36), 12)


def test_a_single_number_leaves_the_others_as_they_are() -> None:
    assert resolve("truth", fps=8) == (TRUTH[0], 8)
    assert resolve("truth", width=64) == ((64, TRUTH[0][1]), TRUTH[1])


def test_the_encoder_s_settings_come_along() -> None:
    output = resolve_output(OutputSettings("truth", sampling="nearest", crf=3, preset="fast"), mini(), Needs())
    assert (output.sampling, output.crf, output.preset) == ("nearest", 3, "fast")


def test_a_model_of_broken_rate_needs_a_whole_one_to_be_chosen() -> None:
    needs = Needs(native_fps=23.976)
    with pytest.raises(UserError, match=r"the model makes 23\.976 FPS.*output\.fps=24"):
        resolve("native", needs)
    assert resolve("native", needs, fps=24) == (TRUTH[0], 24)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "thruth"}, "did you mean 'truth'"),
        ({"sampling": "cubic"}, "choices: linear, nearest"),
        ({"crf": 52}, "crf=52 is outside of 0 … 51"),
        ({"crf": -1}, "crf=-1 is outside"),
        ({"preset": "medum"}, "did you mean 'medium'"),
        ({"width": 0}, r"output\.width=0 must be at least 1"),
        ({"fps": -24}, r"output\.fps=-24 must be at least 1"),
        ({"width": 97, "height": 55}, r"set output\.width=98 output\.height=56"),
        ({"width": 1, "height": 2}, "whole and positive|odd"),
    ],
)
def test_what_cannot_be_made_is_told_with_what_can(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        resolve(**{"name": "truth", **settings})


def test_truth_that_does_not_open_is_told(tmp_path: Path) -> None:
    (tmp_path / "switch-frames").symlink_to(MINI / "dataset" / "switch-frames")
    folder = tmp_path / "split-videos" / "testing" / "30FPS"
    folder.mkdir(parents=True)
    first = next((MINI / "dataset" / "split-videos" / "testing" / "30FPS").glob("0001_*"))
    (folder / first.name).write_bytes(b"<html>")
    with pytest.raises(UserError, match=f"{first.name}.*download it again"):
        resolve_output(OutputSettings(name="truth"), mini(root=tmp_path), Needs())


def test_the_first_scenario_with_truth_tells_its_format(tmp_path: Path) -> None:
    (tmp_path / "switch-frames").symlink_to(MINI / "dataset" / "switch-frames")
    folder = tmp_path / "split-videos" / "testing" / "24FPS"
    folder.mkdir(parents=True)
    third = next((MINI / "dataset" / "split-videos" / "testing" / "24FPS").glob("0003_*"))
    write_video(folder / third.name, (np.zeros((20, 40, 3), np.uint8) for _ in range(120)), 24)
    assert truth_format(mini(root=tmp_path)) == ((40, 20), 24)


def test_settings_and_writers_agree_on_how_a_clip_is_encoded_by_default() -> None:
    """The schema, which `--help` reads without loading a codec, spells the writers' defaults a second time."""
    settings, output = OutputSettings(), Output(64, 36, 8)
    assert {(each.crf, each.preset) for each in (settings, output)} == {(DEFAULT_CRF, DEFAULT_PRESET)}
