"""Only what a purpose needs is fetched, told beforehand, from the places that the data sets are really in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from tests.fetching.sets import BPP, DATA, TEXT, Fetched, here, official_texts, published
from tests.fetching.storage_server import Fault, Storage, Stored


def folders(root: Path) -> set[str]:
    return {name.rpartition("/")[0] for name in here(root)}


def fill(storage: Storage, files: dict[str, bytes]) -> None:
    storage.buckets["set"] = {name: Stored(data) for name, data in files.items()}


TEXTS = {"descriptions", "descriptions/best_practice"}


def test_generating_needs_switch_frames_first_takes_and_texts(storage: Storage, tmp_path: Path) -> None:
    assert Fetched(tmp_path, purpose="generate").code == 0
    assert folders(tmp_path) == {"switch-frames", "split-videos/conditioning/30FPS", *TEXTS}
    assert not [name for name in here(tmp_path) if "take-2" in name]


def test_scoring_needs_the_truth_of_both_takes_its_masks_and_descriptions(storage: Storage, tmp_path: Path) -> None:
    assert Fetched(tmp_path, purpose="score").code == 0
    assert folders(tmp_path) == {"split-videos/testing/30FPS", "video-masks/real/30FPS", "descriptions"}
    assert {BPP, DATA} & set(here(tmp_path)) == set()
    assert len([name for name in here(tmp_path) if "take-2" in name]) == 6


def test_another_rate_is_that_rate_alone(storage: Storage, tmp_path: Path) -> None:
    assert Fetched(tmp_path, fps=24).code == 0
    videos = {"split-videos/conditioning/24FPS", "split-videos/testing/24FPS", "video-masks/real/24FPS"}
    assert folders(tmp_path) == {"switch-frames", *videos, *TEXTS}


def test_a_rate_that_is_not_shipped_is_made_from_30_fps(storage: Storage, tmp_path: Path) -> None:
    done = Fetched(tmp_path, fps=12)
    assert done.code == 0
    assert folders(tmp_path) >= {"split-videos/conditioning/30FPS", "split-videos/testing/30FPS"}
    assert not [name for name in here(tmp_path) if name.startswith("video-masks")]
    assert "truth, both takes, 30 FPS (from which 12 FPS is made)" in done.said


def test_full_videos_stand_in_where_there_are_no_conditioning_clips(storage: Storage, tmp_path: Path) -> None:
    fill(storage, published(("switch", "testing", "full")))
    assert Fetched(tmp_path, purpose="generate").code == 0
    assert folders(tmp_path) == {"switch-frames", "full-videos/take-1/30FPS", *TEXTS}


def test_the_other_spelling_of_the_folders_is_known(storage: Storage, tmp_path: Path) -> None:
    files = published(("switch", "testing"))
    fill(storage, {name.replace("/testing/", "/testing-videos/"): data for name, data in files.items()})
    assert Fetched(tmp_path, purpose="score").code == 0
    assert "split-videos/testing-videos/30FPS" in folders(tmp_path)


def test_texts_that_the_source_lacks_come_from_the_official_repository(storage: Storage, tmp_path: Path) -> None:
    fill(storage, published(texts=False))
    assert Fetched(tmp_path, purpose="generate").code == 0
    assert {name: here(tmp_path)[name] for name in (TEXT, BPP, DATA)} == official_texts()
    assert "README.md" not in here(tmp_path)


def test_texts_of_ones_own_are_left_and_nobody_is_asked_for_others(storage: Storage, tmp_path: Path) -> None:
    fill(storage, published(texts=False))
    for name, data in official_texts().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data + b"\n")
    storage.faults.append(Fault("/repos/", status=500))
    assert Fetched(tmp_path).code == 0
    assert here(tmp_path)[TEXT] == official_texts()[TEXT] + b"\n"


def test_videos_are_fetched_although_the_texts_cannot_be(storage: Storage, tmp_path: Path) -> None:
    fill(storage, published(texts=False))
    storage.faults.append(Fault("/repos/", status=403, headers={"x-ratelimit-remaining": "0"}))
    done = Fetched(tmp_path, purpose="score")
    assert done.code == 1
    assert f"failed: descriptions/descriptions_original.csv: 127.0.0.1:{storage.port} answers HTTP 403" in done.said
    assert len(here(tmp_path)) == 12


def test_videos_are_fetched_although_a_text_is_denied_on_the_way(storage: Storage, tmp_path: Path) -> None:
    fill(storage, published(texts=False))
    storage.faults.append(Fault("/git/blobs/", status=403))
    done = Fetched(tmp_path, purpose="score", connections=1)
    assert done.code == 1
    assert f"failed: descriptions/descriptions_original.csv: 127.0.0.1:{storage.port} answers HTTP 403" in done.said
    assert len(here(tmp_path)) == 12


def test_a_plan_tells_sizes_and_touches_nothing(storage: Storage, tmp_path: Path) -> None:
    root = tmp_path / "set"
    done = Fetched(root, plan=True)
    assert done.code == 0
    told = " ".join(done.said.split())
    assert "conditioning clips, 30 FPS 3 files 9000 bytes" in told
    assert "masks of the truth, 30 FPS 6 files 18000 bytes" in told
    assert "to be fetched 21 files" in told
    assert not root.exists()
    assert storage.asked == []


def test_a_plan_counts_what_is_there(storage: Storage, tmp_path: Path) -> None:
    Fetched(tmp_path, purpose="generate")
    told = " ".join(Fetched(tmp_path, plan=True).said.split())
    assert "in all 21 files 55481 bytes to be fetched 12 files 36000 bytes" in told


def test_lists_are_read_to_their_last_page(storage: Storage, tmp_path: Path) -> None:
    Fetched(tmp_path, plan=True)
    assert len([query for query in storage.listed if query["prefix"] == "split-videos/"]) == 4
    assert all(query["fields"].startswith("nextPageToken,") for query in storage.listed)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"purpose": "scroe"}, "did you mean 'score'"),
        ({"connections": 0}, "connections=0 must be between 1 and 64"),
        ({"fps": 0}, "fps=0 must be at least 1"),
        ({"origin": None}, "names no benchmark.origin"),
        ({"origin": "ftp://set"}, "is none of gs://BUCKET"),
        ({"origin": "gs://none"}, r"gs://none: 127.0.0.1:[0-9]+ answers HTTP 404"),
    ],
)
def test_wrong_input_is_told_before_any_work(
    storage: Storage, tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        Fetched(tmp_path / "set", **changes)
    assert not (tmp_path / "set").exists()


def test_a_source_without_the_layout_is_told(storage: Storage, tmp_path: Path) -> None:
    fill(storage, {"switch-frames/notes.txt": b"x"})
    with pytest.raises(UserError, match="neither switch frames nor conditioning clips"):
        Fetched(tmp_path, purpose="generate")
    with pytest.raises(UserError, match="holds no truth"):
        Fetched(tmp_path, purpose="score")


def test_the_truth_at_the_rate_of_usual_runs_is_recalled(storage: Storage, tmp_path: Path) -> None:
    from runners.core.settings import OutputSettings

    told = "clips at 24 FPS, output=standard, want the truth at that rate too: fps=24"
    assert told in Fetched(tmp_path, plan=True, output=OutputSettings(fps=24)).said
    assert told not in Fetched(tmp_path, plan=True, fps=24, output=OutputSettings(fps=24)).said
