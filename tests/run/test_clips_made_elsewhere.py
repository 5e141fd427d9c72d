"""Whole runs of clips that were made elsewhere: only what is surely the scenario's is published."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adapters import write_video
from adapters.precomputed import Precomputed
from runners.core.errors import UserError
from runners.core.settings import ModelSettings, SelectSettings
from tests.run.harness import run

FIRST = SelectSettings(ids=["0001"])


def clips(folder: Path, *names: str, size: tuple[int, int] = (96, 54)) -> Precomputed:
    """An adapter over a folder of 5-s clips."""
    folder.mkdir()
    for name in names:
        write_video(folder / name, np.zeros((40, size[1], size[0], 3), np.uint8), 8)
    return Precomputed(str(folder))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("0001_perspective-right_trimmed-scene-0.mp4", "from the right"),
        ("0001_perspective-left_trimmed-scene-1.mp4", "scene-1"),
        ("0001_perspective-left_take-2_trimmed-scene-0.mp4", "take 2"),
    ],
)
def test_a_clip_named_for_another_scene_view_or_take_ends_the_run_before_it_begins(
    tmp_path: Path, name: str, said: str
) -> None:
    adapter = clips(tmp_path / "clips", name)
    with pytest.raises(UserError, match=f"{name}: its name says {said}, and 0001 is scene-0 from the left"):
        run(tmp_path / "results", adapter, select=FIRST)
    assert not list((tmp_path / "results").rglob("*.mp4"))


def test_a_clip_whose_name_says_nothing_wrong_is_published(tmp_path: Path) -> None:
    adapter = clips(tmp_path / "clips", "0001_perspective-left_trimmed-scene-0_seed3.mp4")
    assert run(tmp_path / "results", adapter, select=FIRST).code == 0


def test_a_portrait_clip_of_a_wide_scene_fails_until_the_user_says_how_it_came_about(tmp_path: Path) -> None:
    adapter = clips(tmp_path / "clips", "0001.mp4", size=(54, 96))
    first = run(tmp_path / "results", adapter, select=FIRST)
    assert (first.code, first.counts.failed) == (1, 1)
    stated = ModelSettings(name="paint", adapter={"_target_": "tests.run.harness.Paint"}, fit="stretch")
    again = run(tmp_path / "results", adapter, select=FIRST, model=stated)
    assert (again.code, again.folder) == (0, first.folder)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems hold UTF-8 only")
def test_names_that_are_no_utf8_are_recorded_in_utf8(tmp_path: Path) -> None:
    folder = tmp_path / "clips" / os.fsdecode(b"0001_caf\xe9")
    folder.mkdir(parents=True)
    for number in range(40):
        Image.new("RGB", (96, 54)).save(folder / os.fsdecode(b"\xe9%d.png" % number))
    outcome = run(tmp_path / "results", Precomputed(str(tmp_path / "clips"), fps=8), select=FIRST)
    assert outcome.code == 0
    assert outcome.folder is not None
    made = json.loads((outcome.folder / "manifest.json").read_text("utf-8"))["clips"]["0001"]["published"]["generation"]
    assert made["info"]["source"] == "0001_caf\ufffd"
    assert [record["file"] for record in made["inputs"][:2]] == ["\ufffd0.png", "\ufffd1.png"]
