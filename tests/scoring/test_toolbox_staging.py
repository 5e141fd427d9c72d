"""The official toolbox renames, writes and caches: all of it in a staged folder that is gone afterwards."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.core.files import link_or_copy
from runners.core.locks import Lock
from runners.scoring.official.staging import staging_folder
from tests.scoring.official_run import GENERATIONS, Place, Undisturbed, make_place
from tests.scoring.stand_in import make_ffprobe


@pytest.fixture(autouse=True)
def ffprobe(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(make_ffprobe(tmp_path_factory.mktemp("bin"))), prepend=":")


def leftovers(place: Place) -> list[str]:
    return sorted(path.name for path in place.out.iterdir())


@pytest.mark.parametrize("generation", GENERATIONS)
def test_data_set_clips_and_checkout_are_as_they_were(generation: str, tmp_path: Path) -> None:
    place = make_place(tmp_path, generation)
    before = place.snapshot()
    place.score()
    assert place.snapshot() == before
    assert leftovers(place) == ["metrics.csv", "official", "scores.json"]


def test_clips_of_other_names_are_renamed_in_staging_alone(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    names = [f"{scenario.id}_mine.mp4" for scenario in place.benchmark.scenarios]
    for scenario, name in zip(place.benchmark.scenarios, names, strict=True):
        (place.videos / scenario.output_name).rename(place.videos / name)
        object.__setattr__(scenario, "output_name", name)
    assert place.score()["complete"]
    assert sorted(path.name for path in place.videos.iterdir()) == names


def seen_by_toolbox(place: Place) -> dict[str, str]:
    """What the toolbox finds where it is run, by path: folder, link or file, and how many names a file has."""
    told = place.folder / "seen.json"
    place.act(
        "import json, pathlib\n"
        "seen = {str(p): 'link' if p.is_symlink() else 'folder' if p.is_dir() else "
        "f'file {p.stat().st_nlink} {p.stat().st_size > 0}' for p in pathlib.Path().rglob('*')}\n"
        f"json.dump(seen, open({str(told)!r}, 'w'))"
    )
    place.score()
    found: dict[str, str] = json.loads(told.read_text())
    return found


def test_folders_are_real_truth_is_linked_and_clips_cost_no_space(tmp_path: Path) -> None:
    found = seen_by_toolbox(make_place(tmp_path))
    kinds = {path: kind for path, kind in found.items() if path.endswith(".mp4")}
    truth = [kind for path, kind in kinds.items() if "/testing/8FPS/" in path]
    clips = [kind for path, kind in kinds.items() if path.startswith("clips-")]
    assert truth == ["link"] * 6
    assert clips == ["file 2 True"] * 3
    assert found["physics-IQ-benchmark/split-videos/testing/8FPS"] == "folder"


def test_the_30_fps_folder_that_it_lists_is_there_and_holds_no_frames_of_another_rate(tmp_path: Path) -> None:
    found = seen_by_toolbox(make_place(tmp_path))
    names = {path: kind for path, kind in found.items() if "/30FPS/" in path}
    assert len(names) == 6
    assert set(names.values()) == {"file 1 False"}


def test_the_verified_set_is_staged_under_its_own_name(tmp_path: Path) -> None:
    found = seen_by_toolbox(make_place(tmp_path, kind="verified"))
    assert "physics-IQ-benchmark-verified" in found
    assert "physics-IQ-benchmark" not in found


def test_the_folder_of_clips_is_named_by_their_contents(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    first = next(path for path in seen_by_toolbox(place) if path.startswith("clips-") and "/" not in path)
    clip = place.videos / place.benchmark.scenarios[0].output_name
    shutil.copy(place.videos / place.benchmark.scenarios[1].output_name, clip)
    second = next(path for path in seen_by_toolbox(place) if path.startswith("clips-") and "/" not in path)
    assert first != second


def test_across_file_systems_clips_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    place = make_place(tmp_path)
    before = place.snapshot()
    assert place.score()["complete"]
    assert place.snapshot() == before
    assert leftovers(place) == ["metrics.csv", "official", "scores.json"]


def test_a_linked_clip_is_linked_to_its_contents(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("frames")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    link_or_copy(tmp_path / "link", tmp_path / "staged")
    assert not (tmp_path / "staged").is_symlink()
    assert (tmp_path / "staged").samefile(tmp_path / "real")


@pytest.mark.parametrize("pattern", ["clips-*/0001*", "*/split-videos/testing/8FPS/0002*"])
def test_a_toolbox_that_writes_through_a_link_is_found_out(pattern: str, tmp_path: Path) -> None:
    place = make_place(tmp_path)
    place.act(f"import pathlib; [p.open('ab').write(b'!') for p in pathlib.Path().glob({pattern!r})]")
    with pytest.raises(UserError, match=r"CHANGED files of yours, through its links to them: .*000[12]"):
        place.score()
    assert leftovers(place) == []


def test_a_failed_toolbox_leaves_no_staging_and_the_old_scores(
    tmp_path: Path, undisturbed: Callable[[str], Undisturbed]
) -> None:
    place, old = undisturbed("physiq").copy(tmp_path), undisturbed("physiq").scores
    place.act("raise SystemExit(3)")
    with pytest.raises(UserError):
        place.score()
    assert leftovers(place) == ["metrics.csv", "official", "scores.json"]
    assert json.loads((place.out / "scores.json").read_text()) == old


def test_what_a_killed_process_left_is_cleared_away_and_a_living_one_s_is_not(tmp_path: Path) -> None:
    for name in ("dead", "alive"):
        (tmp_path / f".official-{name}").mkdir()
        (tmp_path / f".official-{name}" / "lock").touch()
    with Lock(tmp_path / ".official-alive" / "lock"), staging_folder(tmp_path, "0123456789abcdef"):
        assert not (tmp_path / ".official-dead").exists()
        assert (tmp_path / ".official-alive" / "lock").exists()
    assert [path.name for path in tmp_path.iterdir()] == [".official-alive"]


def test_what_was_left_of_the_very_job_is_taken_over_and_stays_when_it_is_cut_off_again(tmp_path: Path) -> None:
    job = "0123456789abcdef" * 4

    def cut_off() -> None:
        with staging_folder(tmp_path, job) as folder:
            (folder / "mask").touch()
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            cut_off()
    with staging_folder(tmp_path, job) as folder:
        assert (folder / "mask").exists()
    assert list(tmp_path.iterdir()) == []


def test_two_processes_do_not_work_on_one_job(tmp_path: Path) -> None:
    job = "0123456789abcdef"
    with staging_folder(tmp_path, job) as folder:
        with pytest.raises(UserError, match="another process scores these clips"), staging_folder(tmp_path, job):
            pass
        assert folder.exists()
