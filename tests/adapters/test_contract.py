"""The contract: what the types promise, and that every adapter that ships keeps it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from adapters import Adapter, AdapterError, Clip, Conditioning, Needs, Request, write_video
from adapters.baselines import Extrapolate, Freeze, RealTake
from adapters.command.adapter import Command
from adapters.harness import RollOut
from adapters.precomputed import Precomputed
from adapters.testing import check_adapter, make_request, moving_disc

COPY = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])"


class Half(Adapter):
    """Makes half of what is asked for."""

    needs = Needs(prompt="ignored")

    def generate(self, request: Request) -> Clip:
        frames = np.repeat(request.conditioning.frames[-1:], 13, axis=0)
        return Clip(fps=24.0, frames=frames, leading=1)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "clips" / "0001_disc.mp4"
    path.parent.mkdir()
    write_video(path, moving_disc(24), 24, lossless=True)
    return path


MADE: dict[str, Callable[[Path], Adapter]] = {
    "freeze": lambda _: Freeze(),
    "extrapolate": lambda _: Extrapolate(),
    "real_take": lambda _: RealTake(),
    "precomputed": lambda video: Precomputed(str(video.parent)),
    "command": lambda video: Command([sys.executable, "-c", COPY, str(video), "{output}"]),
    "roll_out": lambda _: RollOut(Half()),
}


@pytest.mark.parametrize("name", MADE)
def test_every_adapter_keeps_the_contract(name: str, tmp_path: Path, video: Path) -> None:
    adapter = MADE[name](video)
    oracle = video if adapter.needs.oracle else None
    takes_no_text = name in ("precomputed", "command")  # theirs is for the settings to say
    check_adapter(adapter, make_request(tmp_path, adapter.needs, oracle=oracle), uses_prompt=not takes_no_text)


def test_a_conditioning_cannot_be_changed_behind_its_hash() -> None:
    conditioning = Conditioning.of(moving_disc(2), 24)
    with pytest.raises(ValueError, match="read-only"):
        conditioning.frames[0] = 0


def test_the_hash_of_a_conditioning_covers_pixels_shape_and_rate() -> None:
    frames = moving_disc(2)
    other = frames.copy()
    other[0, 0, 0, 0] ^= 1
    same = [Conditioning.of(frames.copy(), 24).sha256 for _ in range(2)]
    others = [
        Conditioning.of(frames.copy(), 30).sha256,
        Conditioning.of(other, 24).sha256,
        Conditioning.of(frames.copy().reshape(1, 72, 64, 3), 24).sha256,
    ]
    assert len({*same}) == 1
    assert len({*same, *others}) == 4


def test_a_clip_holds_frames_or_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="either"):
        Clip(fps=24)
    with pytest.raises(ValueError, match="either"):
        Clip(fps=24, frames=moving_disc(1), file=tmp_path)


def test_a_request_without_the_harness_s_handles_travels_to_another_process(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    assert pickle.loads(pickle.dumps(request)).conditioning.sha256 == request.conditioning.sha256


def test_one_failed_clip_of_a_batch_leaves_the_others(tmp_path: Path) -> None:
    class Picky(Adapter):
        needs = Needs(max_batch=3)

        def generate(self, request: Request) -> Clip:
            if request.scenario_id == "0002":
                raise AdapterError("not this one")
            return Clip(fps=24, frames=request.conditioning.frames)

    requests = (make_request(tmp_path, scenario_id=f"000{k}") for k in (1, 2, 3))
    kinds = [type(result).__name__ for result in Picky().generate_many(requests)]
    assert kinds == ["Clip", "AdapterError", "Clip"]


def test_importing_the_contract_loads_nothing_heavy() -> None:
    code = "import adapters, sys; print({'av', 'cv2', 'PIL', 'torch', 'hydra', 'runners'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
