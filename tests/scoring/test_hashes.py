"""Large files are read once for their hash, and again whenever they may have changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from runners.core.files import sha256_file
from runners.scoring import hashes
from runners.scoring.hashes import content_hashes
from runners.scoring.memory import memory_place


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget(monkeypatch)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As another process would begin."""
    monkeypatch.setattr(hashes, "_SEEN", {})


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files whose bytes were read."""
    seen: list[str] = []
    real = sha256_file

    def watched(path: Path) -> str:
        seen.append(path.name)
        return real(path)

    monkeypatch.setattr(hashes, "sha256_file", watched)
    return seen


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "large.mp4"
    path.write_bytes(bytes(2_000_000))
    return path


def test_a_hash_is_that_of_the_bytes(video: Path) -> None:
    assert content_hashes([video]) == {video: hashlib.sha256(video.read_bytes()).hexdigest()}


def test_another_process_does_not_read_a_large_file_again(
    video: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = content_hashes([video])
    forget(monkeypatch)
    assert content_hashes([video]) == first
    assert read == ["large.mp4"]


def test_a_touched_file_is_read_and_has_the_same_hash(video: Path, read: list[str]) -> None:
    first = content_hashes([video])
    os.utime(video, ns=(1, 1))
    assert content_hashes([video]) == first
    assert len(read) == 2


def test_a_replaced_file_of_the_same_size_and_time_has_its_own_hash(video: Path) -> None:
    first = content_hashes([video])
    stamp = video.stat()
    other = video.with_name("other.mp4")
    other.write_bytes(b"\1" * 2_000_000)
    os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    other.replace(video)
    assert content_hashes([video]) != first


def test_small_files_are_not_remembered(tmp_path: Path, read: list[str]) -> None:
    path = tmp_path / "small.mp4"
    path.write_bytes(b"few")
    content_hashes([path])
    content_hashes([path])
    assert len(read) == 2
    assert not memory_place("truth-hashes.json").exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"x": 3}', b'{"x": [1, 2, 3]}', b'{"x": ["a", 2, 3, "b"]}'])
def test_a_damaged_memory_is_an_empty_one(damage: bytes, video: Path) -> None:
    memory_place("truth-hashes.json").parent.mkdir(parents=True)
    memory_place("truth-hashes.json").write_bytes(damage)
    assert content_hashes([video])


def test_where_nothing_can_be_written_the_process_remembers_by_itself(
    video: Path, read: list[str], tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file is in the way")
    for _ in range(2):
        content_hashes([video])
    assert read == ["large.mp4"]


def test_files_that_are_gone_are_forgotten(video: Path, tmp_path: Path) -> None:
    content_hashes([video])
    other = tmp_path / "other.mp4"
    other.write_bytes(b"\1" * 2_000_000)
    video.unlink()
    content_hashes([other])
    assert "large" not in memory_place("truth-hashes.json").read_text()


def test_progress_is_told_of_files_that_have_to_be_read(video: Path) -> None:
    heard: list[tuple[int, int]] = []
    for _ in range(2):
        content_hashes([video], lambda done, total: heard.append((done, total)))
    assert heard == [(0, 1)]
