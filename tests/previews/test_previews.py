from __future__ import annotations

import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from adapters import probe, read_frames, write_video
from runners.core.files import sha256_file
from runners.previews.cache import PreviewCache, open_previews
from runners.previews.make import PreviewWriter, make_mask_video, make_previews, preview_size


def clip(path: Path, frames: int = 40, fps: int = 8, size: tuple[int, int] = (640, 360)) -> Path:
    pictures = np.zeros((frames, size[1], size[0], 3), np.uint8)
    for number, picture in enumerate(pictures):
        picture[:, :, 1] = 60
        picture[100:180, 5 + 10 * number : 85 + 10 * number] = 220
    write_video(path, pictures, fps)
    return path


def key_frames(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [number for number, packet in enumerate(container.demux(video=0)) if packet.is_keyframe]


@pytest.fixture
def cache(tmp_path: Path) -> PreviewCache:
    return PreviewCache(tmp_path / "cache")


def test_a_preview_has_the_clip_s_rate_and_every_frame_and_a_key_frame_at_least_every_12(
    tmp_path: Path, cache: PreviewCache
) -> None:
    made = make_previews(clip(tmp_path / "a.mp4"), "a" * 64, cache)
    assert made is not None
    info = probe(made.preview)
    assert (info.width, info.height, info.fps, info.frames, info.duration_s) == (480, 270, 8, 40, 5.0)
    keys = key_frames(made.preview)
    assert all(after - before <= 12 for before, after in zip(keys, [*keys[1:], 40], strict=True))
    assert made.thumb.stat().st_size < 8_000
    assert made.preview == cache.find("a" * 64, "preview")


def test_frames_agree_one_by_one_with_the_clip_s(tmp_path: Path, cache: PreviewCache) -> None:
    source = clip(tmp_path / "a.mp4")
    made = make_previews(source, "a" * 64, cache)
    assert made is not None
    for small, large in zip(read_frames(made.preview), read_frames(source, size=(480, 270)), strict=True):
        assert np.abs(small.astype(int) - large).mean() < 4


def test_the_same_frames_make_the_same_bytes_and_what_is_there_is_not_made_again(
    tmp_path: Path, cache: PreviewCache
) -> None:
    source = clip(tmp_path / "a.mp4")
    first = make_previews(source, "a" * 64, cache)
    other = make_previews(source, "b" * 64, cache)
    assert first is not None
    assert other is not None
    assert first.preview.read_bytes() == other.preview.read_bytes()
    assert first.thumb.read_bytes() == other.thumb.read_bytes()
    before = first.preview.stat().st_mtime_ns
    source.unlink()
    assert make_previews(source, "a" * 64, cache) == first
    assert first.preview.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("size", "small"),
    [((1280, 720), (480, 270)), ((200, 100), (200, 100)), ((720, 1280), (152, 270)), ((3, 2), (2, 2))],
)
def test_a_preview_keeps_the_shape_and_is_never_larger(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert preview_size(size) == small


def test_a_mask_video_shows_the_masks(cache: PreviewCache) -> None:
    masks = np.zeros((24, 90, 160), np.bool_)
    for number, mask in enumerate(masks):
        mask[20:60, 4 * number : 4 * number + 40] = True
    path = make_mask_video(masks, 24, "c" * 64, cache)
    assert path is not None
    shown = [frame[:, :, 0] > 127 for frame in read_frames(path)]
    assert max(np.mean(one != other) for one, other in zip(shown, masks, strict=True)) < 0.01


def test_what_the_disk_refuses_leaves_the_clip_without_and_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = PreviewCache(tmp_path / "file" / "cache")
    assert make_previews(clip(tmp_path / "a.mp4", frames=8), "a" * 64, cache) is None
    assert make_mask_video(np.ones((4, 9, 16), np.bool_), 8, "a" * 64, cache) is None


def test_a_file_that_is_no_clip_has_no_preview(tmp_path: Path, cache: PreviewCache) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    assert make_previews(tmp_path / "a.mp4", "a" * 64, cache) is None
    assert not cache.folder.exists() or list(cache.folder.iterdir()) == []


def test_a_clip_that_is_given_up_leaves_nothing(cache: PreviewCache) -> None:
    with PreviewWriter(cache, Fraction(8), 40) as writer:
        writer.write(np.zeros((36, 64, 3), np.uint8))
    assert list(cache.folder.iterdir()) == []


def test_a_kill_leaves_nothing_under_a_final_name(tmp_path: Path, cache: PreviewCache) -> None:
    code = (
        "import os, signal, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from runners.previews.cache import PreviewCache\n"
        "from runners.previews.make import PreviewWriter\n"
        "with PreviewWriter(PreviewCache(Path(sys.argv[1])), 8, 40) as writer:\n"
        "    for _ in range(20):\n"
        "        writer.write(np.zeros((36, 64, 3), np.uint8))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(cache.folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = cache.folder.iterdir()
    assert left.name.startswith(".")
    os.utime(left, (0, 0))
    cache.clean()
    assert list(cache.folder.iterdir()) == []


def test_the_oldest_go_when_it_grows_too_large_and_files_of_others_stay(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, limit_bytes=25)
    for age, letter in enumerate("abc"):
        path = cache.place(letter * 64, "thumb")
        path.parent.mkdir()
        path.write_bytes(b"x" * 10)
        os.utime(path, (age, age))
    (tmp_path / "aa" / "mine.jpg").write_bytes(b"y" * 100)
    cache.clean()
    assert [cache.find(letter * 64, "thumb") is not None for letter in "abc"] == [False, True, True]
    assert (tmp_path / "aa" / "mine.jpg").exists()


def test_the_folder_can_be_named_and_switched_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PHYSICS_IQ_PREVIEWS", str(tmp_path))
    assert open_previews() == PreviewCache(tmp_path)
    monkeypatch.setenv("PHYSICS_IQ_PREVIEWS", "off")
    assert open_previews() is None


def test_the_hash_is_of_the_clip(tmp_path: Path, cache: PreviewCache) -> None:
    source = clip(tmp_path / "a.mp4", frames=8)
    sha256 = sha256_file(source)
    made = make_previews(source, sha256, cache)
    assert made is not None
    assert made.preview.name.startswith(sha256)


def test_what_an_encoder_refuses_leaves_the_clip_without(cache: PreviewCache, monkeypatch: pytest.MonkeyPatch) -> None:
    from av.error import ExternalError

    def refuse(*_: object) -> None:
        raise ExternalError(1, "no")

    monkeypatch.setattr("adapters.video.encode.Writer.write", refuse)
    with PreviewWriter(cache, 8, 40) as writer:
        writer.write(np.zeros((36, 64, 3), np.uint8))
        assert writer.keep("d" * 64) is None
    assert make_mask_video(np.ones((4, 9, 16), np.bool_), 8, "d" * 64, cache) is None
    assert list(cache.folder.iterdir()) == []


def test_two_processes_at_once_make_one_preview(tmp_path: Path, cache: PreviewCache) -> None:
    source = clip(tmp_path / "a.mp4", frames=16)
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from runners.previews.cache import PreviewCache\nfrom runners.previews.make import make_previews\n"
        "assert make_previews(Path(sys.argv[1]), 'e' * 64, PreviewCache(Path(sys.argv[2])))\n"
    )
    words = [sys.executable, "-c", code, str(source), str(cache.folder)]
    both = [subprocess.Popen(words) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert sorted(path.suffix for path in cache.folder.rglob("*") if path.is_file()) == [".jpg", ".mp4"]
