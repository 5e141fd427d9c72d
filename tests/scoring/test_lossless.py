"""Frames that are kept come back bit for bit, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runners.scoring.lossless import Image, NotLossless, Stream, StreamWriter, read_stream

SIZE = (33, 21)


def write(path: Path, frames: list[Image], size: tuple[int, int] = SIZE) -> Stream:
    with path.open("ab") as file:
        writer = StreamWriter(file, size)
        for frame in frames:
            writer.add(frame)
        return writer.close()


def noise(count: int, size: tuple[int, int] = SIZE, seed: int = 0) -> list[Image]:
    return list(np.random.default_rng(seed).integers(0, 256, (count, size[1], size[0], 3), np.uint8))


def read(path: Path, stream: Stream, size: tuple[int, int] = SIZE) -> list[Image]:
    return [frame.copy() for frame in read_stream(path, stream, size, verify=True)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(width=st.integers(1, 70), height=st.integers(1, 40), count=st.integers(1, 6), seed=st.integers(0, 9))
def test_frames_of_any_size_come_back_bit_for_bit(
    width: int, height: int, count: int, seed: int, tmp_path: Path
) -> None:
    path = tmp_path / "frames"
    path.unlink(missing_ok=True)
    frames = noise(count, (width, height), seed)
    stream = write(path, frames, (width, height))
    assert stream.frames == count
    np.testing.assert_array_equal(read(path, stream, (width, height)), frames)


def test_still_frames_cost_next_to_nothing(tmp_path: Path) -> None:
    still = noise(1) * 100
    assert write(tmp_path / "still", still).length < 2 * write(tmp_path / "one", still[:1]).length


def test_several_streams_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "frames"
    path.write_bytes(b"something before")
    streams = [write(path, noise(4, seed=seed)) for seed in (1, 2)]
    for seed, stream in zip((1, 2), streams, strict=True):
        np.testing.assert_array_equal(read(path, stream), noise(4, seed=seed))


def test_the_same_frames_are_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / name, noise(5))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_frames_that_differ_from_what_was_written_are_noticed_at_the_end(tmp_path: Path) -> None:
    stream = write(tmp_path / "frames", noise(5))
    with pytest.raises(NotLossless, match="frames"):
        read(tmp_path / "frames", replace(stream, sha256="0" * 64))
    with pytest.raises(NotLossless, match="5 of 6"):
        read(tmp_path / "frames", replace(stream, frames=6))


def test_bytes_that_are_no_video_are_noticed(tmp_path: Path) -> None:
    stream = write(tmp_path / "frames", noise(5))
    data = bytearray((tmp_path / "frames").read_bytes())
    data[4 : len(data) // 2] = bytes(len(data) // 2 - 4)
    (tmp_path / "frames").write_bytes(data)
    with pytest.raises(NotLossless):
        read(tmp_path / "frames", stream)
