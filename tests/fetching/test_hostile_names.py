"""A source's name for a file never leads out of the data set's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from runners.fetching.remote import is_safe
from tests.fetching.sets import Fetched, here
from tests.fetching.storage_server import Storage, Stored

HOSTILE = [
    "../../split-videos/testing/30FPS/x.mp4",
    "switch-frames/../../../evil.jpg",
    "switch-frames//etc/evil.jpg",
    "split-videos/testing/30FPS/0009_testing-videos_30FPS_perspective-left_take-1_trimmed-a\\..\\b.mp4",
    "split-videos/testing/30FPS/0009_testing-videos_30FPS_perspective-left_take-1_trimmed-a\x00b.mp4",
    "split-videos/testing/30FPS/0009_testing-videos_30FPS_perspective-left_take-1_trimmed-a\nb.mp4",
    "split-videos/testing/../30FPS/0009_testing-videos_30FPS_perspective-left_take-1_trimmed-a.mp4",
    "descriptions/../../../evil.csv",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_could_leave_the_folder_is_left_out(storage: Storage, tmp_path: Path, name: str) -> None:
    storage.buckets["set"][name] = Stored(b"evil")
    root = tmp_path / "a" / "b" / "set"
    done = Fetched(root)
    assert done.code == 0
    assert all(data != b"evil" for data in here(tmp_path).values())
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {p for p in root.rglob("*") if p.is_file()}
    if not name.startswith(".."):  # such an object is not below any folder that is listed
        assert "could leave the data set's folder by its name; it is left out" in done.said


def test_absolute_names_are_not_safe() -> None:
    assert not any(is_safe(name) for name in ("/etc/passwd", "C:/x", "a/./b", "a//b", "", ".."))
    assert is_safe("switch-frames/0001_a b.jpg")
