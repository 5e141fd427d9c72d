"""Each rule of the leaderboard, broken by real files: the breach names the file and what is wrong with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from adapters import write_video
from runners.submission.rules import Checked, Format, check_folder
from tests.scoring.odd_files import changing_size, coded_as_av1, late, turned, varying_rate

NAMES = tuple(f"{number:04d}_perspective-left_trimmed-scene.mp4" for number in range(1, 5))
CARD = Format(8, 64, 36)


def write(path: Path, *, seconds: float = 5.0, fps: int = 8, size: tuple[int, int] = (64, 36)) -> None:
    frames = [np.full((size[1], size[0], 3), 40 + k, np.uint8) for k in range(round(seconds * fps))]
    write_video(path, frames, fps)


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One clip that breaks no rule."""
    path = tmp_path_factory.mktemp("right") / "clip.mp4"
    write(path)
    return path


@pytest.fixture
def folder(right: Path, tmp_path: Path) -> Path:
    """A run that breaks no rule."""
    made = tmp_path / "videos"
    made.mkdir()
    for name in NAMES:
        (made / name).write_bytes(right.read_bytes())
    return made


def check(folder: Path, wanted: Format | None = CARD) -> Checked:
    return check_folder(folder, "run", NAMES, wanted)


def test_a_folder_that_keeps_all_rules_has_no_breach(folder: Path) -> None:
    assert check(folder) == Checked((), CARD, 4)
    assert check(folder, None) == Checked((), CARD, 4)


def test_a_missing_clip_is_named(folder: Path) -> None:
    (folder / NAMES[1]).unlink()
    assert check(folder).breaches == (f"run/{NAMES[1]}: is missing", "run: holds 3 clips, and 4 are wanted")


def test_a_clip_too_many_is_named(folder: Path, right: Path) -> None:
    (folder / "0005_more.mp4").write_bytes(right.read_bytes())
    assert check(folder).breaches == (
        "run/0005_more.mp4: not in the descriptions' generated_video_name",
        "run: holds 5 clips, and 4 are wanted",
    )


def test_a_name_that_the_descriptions_lack_is_told(folder: Path) -> None:
    (folder / NAMES[2]).rename(folder / "0003_other.mp4")
    assert check(folder).breaches == (
        "run/0003_other.mp4: not in the descriptions' generated_video_name",
        f"run/{NAMES[2]}: is missing",
    )


def test_a_name_whose_accents_are_stored_apart_is_told_as_that(tmp_path: Path, right: Path) -> None:
    name = "0001_perspective-left_trimmed-café.mp4"
    (tmp_path / unicodedata.normalize("NFD", name)).write_bytes(right.read_bytes())
    (told,) = check_folder(tmp_path, "run", [name], CARD).breaches
    assert told.endswith("its accents are stored in another way than in the descriptions")


def test_prefixes_must_be_in_order(folder: Path) -> None:
    renamed = NAMES[3].replace("0004", "0007")
    (folder / NAMES[3]).rename(folder / renamed)
    found = check_folder(folder, "run", (*NAMES[:3], renamed), CARD).breaches
    assert found == (f"run/{renamed}: is clip number 4, and must begin with 0004_",)


@pytest.mark.parametrize("name", ["notes.txt", ".DS_Store", "clip.MP4", "more"])
def test_nothing_else_may_be_in_the_folder(folder: Path, name: str) -> None:
    (folder / name).mkdir() if name == "more" else (folder / name).touch()
    assert check(folder).breaches == (f"run/{name}: no .mp4, and nothing else may be here",)


@pytest.mark.parametrize(("seconds", "fps"), [(4.875, 8), (5.125, 8), (1.0, 8)])
def test_a_length_other_than_five_seconds_is_told(folder: Path, seconds: float, fps: int) -> None:
    write(folder / NAMES[0], seconds=seconds, fps=fps)
    assert check(folder).breaches[0] == f"run/{NAMES[0]}: lasts {seconds:.4f} s, not 5 s ± 0.001"


def test_another_rate_or_size_than_the_cards_is_told_per_file(folder: Path) -> None:
    write(folder / NAMES[0], fps=16)
    write(folder / NAMES[1], size=(66, 36))
    assert check(folder).breaches == (
        f"run/{NAMES[0]}: runs at 16 FPS, not 8",
        f"run/{NAMES[1]}: is 66x36, not 64x36",
    )
    assert len(check(folder, Format(24, 64, 36)).breaches) == 5


def test_without_a_card_all_clips_must_be_as_most_are(folder: Path) -> None:
    write(folder / NAMES[2], fps=16)
    assert check(folder, None).breaches == (f"run/{NAMES[2]}: runs at 16 FPS, not 8",)


def test_the_cards_rate_may_differ_by_a_hundredth(folder: Path) -> None:
    assert check(folder, Format(8.01, 64, 36)).breaches == ()
    assert len(check(folder, Format(8.02, 64, 36)).breaches) == 4


@pytest.mark.parametrize("content", [b"", b"no video"])
def test_a_file_that_is_no_video_is_told(folder: Path, content: bytes) -> None:
    (folder / NAMES[0]).write_bytes(content)
    [breach] = check(folder).breaches
    assert breach.startswith(f"run/{NAMES[0]}: ")


def test_a_file_that_was_cut_short_is_told(folder: Path, right: Path) -> None:
    (folder / NAMES[0]).write_bytes(right.read_bytes()[:-400])
    assert any(breach.startswith(f"run/{NAMES[0]}: ") for breach in check(folder).breaches)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert check(tmp_path / "gone").breaches == ("run: there is no such folder of clips",)


def test_several_faults_of_one_file_are_all_told(folder: Path) -> None:
    write(folder / NAMES[0], seconds=4, fps=16, size=(66, 36))
    assert [line.partition(": ")[2] for line in check(folder).breaches] == [
        "lasts 4.0000 s, not 5 s ± 0.001",
        "has 64 frames, and 5 s at 16 FPS are 80",
        "runs at 16 FPS, not 8",
        "is 66x36, not 64x36",
    ]


def test_a_clip_that_older_ffmpegs_find_too_long_is_told_with_what_shifts_it(folder: Path) -> None:
    late(folder / NAMES[2])
    (told,) = check(folder, None).breaches
    assert told.startswith(f"run/{NAMES[2]}: lasts 5.1250 s for FFmpeg 5 and older, since its time line does not begin")
    assert "-c copy -bsf:v setts=pts=PTS-STARTPTS" in told


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (turned, "holds a display matrix"),
        (varying_rate, "its frames do not follow each other at a constant rate"),
        (changing_size, "changes its size from 64×36 to 32×18 midway"),
        (coded_as_av1, "is coded as AV1"),
    ],
)
def test_what_the_leaderboards_scorer_would_read_wrongly_is_told(
    make: Callable[[Path], object], told: str, folder: Path
) -> None:
    make(folder / NAMES[2])
    assert any(line.startswith(f"run/{NAMES[2]}: {told}") for line in check(folder).breaches)
