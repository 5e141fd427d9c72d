"""The doctor for data sets: what is there, readable and long enough, and what that is good for."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import Finding, write_video
from runners.benchmarks.checkup import examine_data
from runners.core.settings import BenchmarkSettings
from tests.api import shell

MINI = Path(__file__).parents[1] / "fixtures" / "mini" / "dataset"
ROOT = Path(__file__).parents[2]
CONDITIONING, TESTING = "split-videos/conditioning", "split-videos/testing"


def remedy(root: Path, purpose: str) -> str:
    return f"python -m runners.fetch benchmark=mini purpose={purpose} benchmark.root={root}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The fixture's data set, free to be damaged."""
    return Path(shutil.copytree(MINI, tmp_path / "set"))


def examined(root: Path, *, deep: bool = False, **changes: Any) -> dict[str, Finding]:
    chosen: dict[str, Any] = {"kind": "original", "expected": 6, "origin": "gs://set", "hint": "Get it somewhere"}
    settings = BenchmarkSettings(name="mini", root=str(root), **{**chosen, **changes})
    findings = list(examine_data(settings, deep=deep))
    return {finding.what: finding for finding in findings}


def clip(root: Path, folder: str, number: int = 1) -> Path:
    return next((root / folder).glob(f"{number:04d}_*"))


@pytest.mark.parametrize("deep", [False, True])
def test_a_whole_set_is_told_shelf_by_shelf(root: Path, deep: bool) -> None:
    found = examined(root, deep=deep)
    assert "fault" not in {finding.verdict for finding in found.values()}
    assert found["descriptions"].told.startswith("6 take-1 videos of 6, 6 with a second take")
    for shelf in ("switch frames", "conditioning clips, take 1, 24 FPS", "truth, take 2, 30 FPS"):
        assert found[shelf] == Finding("ok", shelf, "6 of 6 are there and right")
    assert found["image-to-video"].told == "possible for all 6, from switch frames"
    assert found["multiframe"].told == "possible for all 6, from conditioning clips at 30 FPS"
    assert found["scoring at 24 FPS"].told.endswith("truth at 24 FPS; masks are made from the truth")


def test_the_takes_of_a_scene_may_store_its_accents_in_two_ways(root: Path) -> None:
    for path in [path for path in root.rglob("*scene-0*") if path.is_file()]:
        path.rename(path.with_name(path.name.replace("scene-0", "caf\u00e9")))
    table = root / "descriptions.csv"
    rows = table.read_text("utf-8").replace("scene-0", "caf\u00e9").splitlines(keepends=True)
    table.write_text("".join(row.replace("\u00e9", "e\u0301") if "_take-2_" in row else row for row in rows), "utf-8")
    assert examined(root)["truth, take 2, 30 FPS"].told == "6 of 6 are there and right"


def test_a_missing_file_is_named_and_counted(root: Path) -> None:
    clip(root, "switch-frames", 3).unlink()
    found = examined(root)
    assert found["switch frames"].told == "5 of 6 are there and right; 0003 (scene-0, right) is missing"
    use = found["image-to-video"]
    assert (use.verdict, use.told) == (
        "warning",
        f"possible for 5 of 6, from switch frames; {remedy(root, 'generate')}",
    )


def test_damage_is_found(root: Path) -> None:
    for number, folder in ((1, "switch-frames"), (1, f"{TESTING}/30FPS")):
        path = clip(root, folder, number)
        path.write_bytes(path.read_bytes()[:50])
    clip(root, f"{TESTING}/30FPS", 2).write_bytes(b"")
    found = examined(root)
    assert "is no image that decodes" in found["switch frames"].told
    assert "_perspective-center_take-1_trimmed-scene-0.mp4 is empty" in found["truth, take 1, 30 FPS"].told
    assert found["truth, take 1, 30 FPS"].told.startswith("4 of 6 are there and right")
    assert found["scoring at 30 FPS"].told.startswith("possible for 4 of 6")


@pytest.mark.rotating("target")
@pytest.mark.parametrize("target", ["/nowhere/clip.mp4", "itself"])
@pytest.mark.parametrize("folder", ["switch-frames", f"{TESTING}/30FPS"])
def test_a_link_that_leads_nowhere_is_told(root: Path, folder: str, target: str) -> None:
    path = clip(root, folder)
    path.unlink()
    path.symlink_to(path.name if target == "itself" else target)
    shelf = examined(root)["switch frames" if folder == "switch-frames" else "truth, take 1, 30 FPS"]
    assert shelf.told.startswith(f"5 of 6 are there and right; {path.name} cannot be read (")


@pytest.mark.full
def test_only_decoding_to_the_end_finds_damage_in_the_middle(root: Path) -> None:
    path = clip(root, f"{TESTING}/30FPS")
    data = bytearray(path.read_bytes())
    start = data.find(b"mdat") + len(data) // 2
    data[start : start + 4000] = bytes(4000)
    path.write_bytes(data)
    assert examined(root)["truth, take 1, 30 FPS"].verdict == "ok"
    assert examined(root, deep=True)["truth, take 1, 30 FPS"].told.startswith("5 of 6 are there and right")


@pytest.mark.parametrize(
    ("folder", "frames", "fps", "told"),
    [
        (f"{TESTING}/30FPS", 149, 30, "holds 149 frames, not 150 (5 s at 30 FPS)"),
        (f"{TESTING}/24FPS", 150, 30, "runs at 30 FPS, and its place says 24"),
        (f"{CONDITIONING}/30FPS", 89, 30, "holds 89 frames, not 90"),
        (f"{CONDITIONING}/30FPS", 91, 30, "holds 91 frames, not 90"),
    ],
)
def test_length_and_rate_are_looked_at(root: Path, folder: str, frames: int, fps: int, told: str) -> None:
    path = clip(root, folder)
    path.unlink()
    write_video(path, (np.zeros((36, 64, 3), np.uint8) for _ in range(frames)), fps)
    shelf = next(finding for name, finding in examined(root).items() if name.endswith(f"1, {folder[-5:-3]} FPS")
                 and name.startswith("truth" if TESTING in folder else "conditioning"))  # fmt: skip
    assert shelf.told == f"5 of 6 are there and right; {path.name} {told}"


def test_the_rate_that_a_run_would_read_is_looked_at_and_not_the_fullest(root: Path) -> None:
    for number in (1, 2, 3):
        clip(root, f"{CONDITIONING}/30FPS", number).unlink()
    use = examined(root)["multiframe"]
    assert (use.verdict, use.told.partition(";")[0]) == (
        "warning",
        "possible for 3 of 6, from conditioning clips at 30 FPS",
    )
    shutil.rmtree(root / CONDITIONING / "30FPS")
    assert examined(root)["multiframe"].told == "possible for all 6, from conditioning clips at 24 FPS"


def test_clips_serve_where_the_folder_of_switch_frames_is_empty(root: Path) -> None:
    for path in (root / "switch-frames").iterdir():
        path.unlink()
    assert examined(root)["image-to-video"].told == "possible for all 6, from conditioning clips at 30 FPS"


def test_what_is_missing_for_scoring_is_told(root: Path) -> None:
    shutil.rmtree(root / TESTING)
    found = examined(root)
    assert found["image-to-video"].verdict == "ok"
    use = found["scoring"]
    assert use.verdict == "warning"
    assert use.told == f"not possible: there are no truth (split-videos/testing); {remedy(root, 'score')}"


def test_without_second_takes_there_are_metrics_and_no_scores(root: Path) -> None:
    for path in (root / TESTING / "30FPS").glob("*take-2*"):
        path.unlink()
    use = examined(root)["scoring at 30 FPS"]
    assert (use.verdict, "second takes are missing: metrics, but no scores" in use.told) == ("warning", True)


def test_masks_are_told_where_all_are_there(root: Path) -> None:
    place = root / "video-masks" / "real" / "30FPS"
    place.mkdir(parents=True)
    for path in (root / TESTING / "30FPS").iterdir():
        shutil.copyfile(path, place / path.name.replace("testing-videos", "video-masks"))
    found = examined(root)
    assert found["masks, take 2, 30 FPS"].told == "6 of 6 are there and right"
    assert found["scoring at 30 FPS"].told.endswith("; masks are there")
    assert found["scoring at 24 FPS"].told.endswith("; masks are made from the truth")


def test_full_videos_serve_where_there_are_no_conditioning_clips(root: Path) -> None:
    shutil.rmtree(root / CONDITIONING)
    assert examined(root)["multiframe"].verdict == "warning"
    place = root / "full-videos" / "take-1" / "30FPS"
    place.mkdir(parents=True)
    for path in (root / TESTING / "30FPS").glob("*take-1*"):
        frames = (np.zeros((36, 64, 3), np.uint8) for _ in range(240))
        write_video(place / path.name.replace("testing-videos", "full-videos"), frames, 30)
    assert examined(root)["multiframe"].told == "possible for all 6, from full videos at 30 FPS"


def test_a_set_that_is_good_for_nothing_is_a_fault(root: Path) -> None:
    for folder in ("switch-frames", CONDITIONING, TESTING):
        shutil.rmtree(root / folder)
    (root / "switch-frames").mkdir()
    assert examined(root)["data"] == Finding(
        "fault", "data", "neither generating nor scoring is possible. Get it somewhere"
    )


def test_a_missing_set_is_a_fault_with_the_way_to_get_it(tmp_path: Path) -> None:
    found = examined(tmp_path / "none")
    assert found["data"].verdict == "fault"
    assert found["data"].told.endswith("Get it somewhere")


def test_a_demo_that_was_not_drawn_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert list(examine_data(BenchmarkSettings(name="demo", kind="demo"))) == []
    assert list(tmp_path.iterdir()) == []


def doctor(*words: str) -> subprocess.CompletedProcess[str]:
    return shell.run(ROOT, "runners.doctor", words, os.environ)


def test_the_doctor_shows_it_with_the_model(root: Path) -> None:
    done = doctor("model=freeze", "benchmark=original", f"benchmark.root={root}", "benchmark.expected=6")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"data: original, in {root}" in done.stdout
    assert "ok      multiframe: possible for all 6" in done.stdout
    assert "ok      set-up:" in done.stdout


def test_the_doctor_ends_with_2_if_nothing_can_be_done(tmp_path: Path) -> None:
    done = doctor("benchmark=verified", f"benchmark.root={tmp_path}")
    assert done.returncode == 2
    assert "python -m runners.fetch benchmark=verified" in done.stdout


@pytest.mark.parametrize("content", [pytest.param(b"", marks=pytest.mark.full), b"<html>404</html>"])
def test_a_first_switch_frame_that_is_no_picture_does_not_end_the_doctor(root: Path, content: bytes) -> None:
    path = clip(root, "switch-frames")
    path.write_bytes(content)
    done = doctor("model=freeze", "benchmark=original", f"benchmark.root={root}", "benchmark.expected=6")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning image-to-video: possible for 5 of 6" in done.stdout
