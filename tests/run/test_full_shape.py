"""A whole run in the real layout: 198 scenarios in, exactly the 198 files that the benchmark's rules ask for."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from adapters import Adapter, Clip, Needs, Request, probe, read_frames
from runners.core.settings import BenchmarkSettings, OutputSettings
from runners.dataset.layout import VIEWS
from runners.dataset.scenarios import COLUMNS
from runners.dataset.user_csv import Row, read_csv
from runners.generation.run import generate
from tests.run.harness import settings
from tests.tools.make_full_shape import SIZE, make_full_shape

pytestmark = pytest.mark.full

FPS = 8
IDS = [f"{number:04d}" for number in range(1, 199)]
LEVELS_A_FRAME = 6


class Brightening(Adapter):
    """As image-to-video pipelines do, gives the switch frame first; frame k after it is flat, of level 6·k."""

    needs = Needs(sizes=(SIZE,), native_fps=FPS, concurrency=2)

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._mutex = threading.Lock()

    def generate(self, request: Request) -> Clip:
        with self._mutex:
            self.asked.append(request.scenario_id)
        switch = request.conditioning.switch_frame
        later = [np.full_like(switch, LEVELS_A_FRAME * k) for k in range(1, 5 * FPS + 1)]
        return Clip(fps=FPS, frames=np.stack([switch, *later]), leading=1)


class FullRun(NamedTuple):
    rows: list[Row]
    videos: Path
    model: Brightening


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> FullRun:
    folder = tmp_path_factory.mktemp("full")
    root = make_full_shape(folder / "set", rates=(10,))
    model = Brightening()
    wanted = replace(
        settings(folder / "results"),
        benchmark=BenchmarkSettings(name="original", kind="original", root=str(root), expected=198),
        output=OutputSettings(name="custom", width=SIZE[0], height=SIZE[1], fps=FPS, preset="ultrafast"),
    )
    outcome = generate(wanted, lambda node: model)
    assert outcome.code == 0, outcome.lines
    assert outcome.folder is not None
    return FullRun(list(read_csv(root / "descriptions.csv", COLUMNS)), outcome.folder / "videos", model)


def clips(full: FullRun) -> list[Path]:
    return sorted(full.videos.iterdir())


def test_there_are_exactly_the_files_that_the_descriptions_name(full: FullRun) -> None:
    first_takes = [row for row in full.rows if "_take-1_" in row["scenario"]]
    assert len(full.rows) == 396
    assert [path.name for path in clips(full)] == sorted(row["generated_video_name"] for row in first_takes)
    assert [path.name[:4] for path in clips(full)] == IDS
    assert all(path.is_file() for path in clips(full))


def test_every_scene_is_there_from_every_view(full: FullRun) -> None:
    scenes = {path.name.split("_", 2)[2] for path in clips(full)}
    pairs = {(path.name.split("_", 2)[2], path.name.split("_")[1]) for path in clips(full)}
    assert len(scenes) == 66
    assert pairs == set(product(scenes, (f"perspective-{view}" for view in VIEWS)))


def test_second_takes_are_never_generated(full: FullRun) -> None:
    assert sorted(full.model.asked) == IDS


def test_every_clip_lasts_5_seconds_at_one_whole_rate_and_size(full: FullRun) -> None:
    infos = [probe(path) for path in clips(full)]
    assert {(info.fps, info.frames, info.width, info.height) for info in infos} == {(FPS, 5 * FPS, *SIZE)}
    assert max(abs(info.duration_s - 5) for info in infos) <= 0.001


def test_the_first_frame_is_the_one_after_the_switch_frame(full: FullRun) -> None:
    for path in clips(full):
        levels = [float(frame.mean()) for frame in read_frames(path)]
        assert np.abs(np.array(levels) - LEVELS_A_FRAME * np.arange(1, 5 * FPS + 1)).max() < LEVELS_A_FRAME / 2


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not on the PATH")
def test_ffprobe_agrees(full: FullRun) -> None:
    for path in clips(full)[::6]:
        asked = "format=duration:stream=codec_type,r_frame_rate,nb_frames"
        command = ["ffprobe", "-v", "error", "-show_entries", asked, "-of", "json", str(path)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert told["streams"] == [{"codec_type": "video", "r_frame_rate": f"{FPS}/1", "nb_frames": f"{5 * FPS}"}]
        assert abs(float(told["format"]["duration"]) - 5) <= 0.001
