"""Large files are read once for their hash, and again whenever they may have changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from adapters import file_hashes
from adapters.file_hashes import FileHashes, cache_folder, sha256_file
from runners.scoring.hashes import truth_hashes


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileHashes:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return truth_hashes()


def kept() -> Path:
    return cache_folder() / "truth-hashes.json"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files whose bytes were read."""
    seen: list[str] = []
    real = sha256_file

    def watched(path: Path) -> str:
        seen.append(path.name)
        return real(path)

    monkeypatch.setattr(file_hashes, "sha256_file", watched)
    return seen


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "large.mp4"
    path.write_bytes(bytes(2_000_000))
    return path


def test_a_hash_is_that_of_the_bytes(memory: FileHashes, video: Path) -> None:
    assert memory.of([video]) == {video: hashlib.sha256(video.read_bytes()).hexdigest()}


def test_another_process_does_not_read_a_large_file_again(memory: FileHashes, video: Path, read: list[str]) -> None:
    first = memory.of([video])
    assert truth_hashes().of([video]) == first
    assert read == ["large.mp4"]


def test_a_touched_file_is_read_and_has_the_same_hash(memory: FileHashes, video: Path, read: list[str]) -> None:
    first = memory.of([video])
    os.utime(video, ns=(1, 1))
    assert memory.of([video]) == first
    assert len(read) == 2


def test_a_replaced_file_of_the_same_size_and_time_has_its_own_hash(memory: FileHashes, video: Path) -> None:
    first = memory.of([video])
    stamp = video.stat()
    other = video.with_name("other.mp4")
    other.write_bytes(b"\1" * 2_000_000)
    os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    other.replace(video)
    assert memory.of([video]) != first


def test_small_files_are_not_remembered(memory: FileHashes, tmp_path: Path, read: list[str]) -> None:
    path = tmp_path / "small.mp4"
    path.write_bytes(b"few")
    memory.of([path])
    memory.of([path])
    assert len(read) == 2
    assert not kept().exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"x": 3}', b'{"x": [1, 2, 3]}', b'{"x": ["a", 2, 3, "b"]}'])
def test_a_damaged_memory_is_an_empty_one(memory: FileHashes, damage: bytes, video: Path) -> None:
    kept().parent.mkdir(parents=True)
    kept().write_bytes(damage)
    assert memory.of([video])


def test_where_nothing_can_be_written_the_process_remembers_by_itself(
    memory: FileHashes, video: Path, read: list[str], tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file is in the way")
    for _ in range(2):
        memory.of([video])
    assert read == ["large.mp4"]


def test_files_that_are_gone_are_forgotten(memory: FileHashes, video: Path, tmp_path: Path) -> None:
    memory.of([video])
    other = tmp_path / "other.mp4"
    other.write_bytes(b"\1" * 2_000_000)
    video.unlink()
    memory.of([other])
    assert "large" not in kept().read_text()


def test_progress_is_told_of_files_that_have_to_be_read(memory: FileHashes, video: Path) -> None:
    heard: list[tuple[int, int]] = []
    for _ in range(2):
        memory.of([video], lambda done, total: heard.append((done, total)))
    assert heard == [(0, 1)]


def test_what_was_kept_before_is_still_read(memory: FileHashes, video: Path, read: list[str]) -> None:
    status = video.stat()
    sha256 = hashlib.sha256(video.read_bytes()).hexdigest()
    kept().parent.mkdir(parents=True)
    kept().write_text(f'{{"{video}": [{status.st_size}, {status.st_mtime_ns}, {status.st_ctime_ns}, "{sha256}"]}}')
    assert memory.of([video]) == {video: sha256}
    assert read == []
    sha256_of_weights = FileHashes("hashes.json", large_bytes=1000, times=("st_mtime_ns",))
    kept().with_name("hashes.json").write_text(f'{{"{video}": [{status.st_size}, {status.st_mtime_ns}, "{sha256}"]}}')
    assert sha256_of_weights.of([video]) == {video: sha256}
    assert read == []
