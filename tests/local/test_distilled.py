"""Models of few steps look at exactly the times that they were distilled for, and move between them as taught."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adapters import Clip
from adapters.local.calls.feeding import Shot, still_camera
from adapters.testing import make_request
from tests.local.tiny import Tiny
from tests.local.tiny.ltx import build_ltx2, build_ltx2_condition
from tests.local.whole_run import loaded
from tests.test_conf import composed


@pytest.mark.parametrize(("name", "build"), [("ltx25", build_ltx2), ("ltx25_v2v", build_ltx2_condition)])
def test_ltx_2_5_takes_the_sigmas_of_its_authors_and_calls_the_model_once_a_step(
    name: str, build: Any, folder: Path, tmp_path: Path
) -> None:
    """diffusers.pipelines.ltx2.utils; a scheduler that shifts, as that of LTX-2.0, would move them."""
    from diffusers.pipelines.ltx2.utils import DISTILLED_SIGMA_VALUES

    shifting = {"use_dynamic_shifting": True, "shift_terminal": 0.1}
    tiny = Tiny(build, {"size": [64, 64], "least": 9, "lengths": "8k+1", "call.max_sequence_length": 32})
    adapter: Any = loaded(name, folder, tiny)
    pipe = adapter._pipe
    settings = composed("generate", f"model={name}").model.adapter["scheduler"]
    shifted = type(pipe.scheduler).from_config({**pipe.scheduler.config, **shifting})
    pipe.scheduler = type(pipe.scheduler).from_config(shifted.config, **settings)
    calls = []
    pipe.transformer.register_forward_hook(lambda *_: calls.append(1))
    clip = adapter.generate(make_request(tmp_path, adapter.needs, seconds=0.1))
    assert isinstance(clip, Clip)
    assert pipe.scheduler.sigmas.tolist() == pytest.approx([*DISTILLED_SIGMA_VALUES, 0.0])
    assert len(calls) == len(DISTILLED_SIGMA_VALUES)


def test_wan_in_4_steps_goes_from_time_to_time_in_straight_lines() -> None:
    """lightx2v: 1000, 750, 500 and 250, shifted by 5, in Euler steps."""
    import diffusers

    settings = dict(composed("generate", "model=wan22_a14b_4step").model.adapter["scheduler"])
    made = getattr(diffusers, settings.pop("class"))
    own = diffusers.UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True)
    scheduler = made.from_config(own.config, **settings)
    scheduler.set_timesteps(4)
    times = [1.0, 0.75, 0.5, 0.25]
    sigmas = [5 * time / (1 + 4 * time) for time in times] + [0.0]
    assert scheduler.sigmas.tolist() == pytest.approx(sigmas, abs=2e-3)
    noise = torch.Generator().manual_seed(0)
    sample = straight = torch.randn(1, 4, 8, generator=noise)
    for k, time in enumerate(scheduler.timesteps):
        velocity = torch.randn(1, 4, 8, generator=noise)
        sample = scheduler.step(velocity, time, sample, return_dict=False)[0]
        straight = straight + (float(scheduler.sigmas[k + 1]) - float(scheduler.sigmas[k])) * velocity
    assert torch.allclose(sample, straight, atol=1e-4)


def test_a_still_camera_has_one_pose_for_all_frames() -> None:
    fed = still_camera(Shot(np.zeros((1, 704, 1280, 3), np.uint8), 89))
    assert fed["c2w"].shape == (89, 4, 4)
    assert (fed["c2w"] == np.eye(4)).all()
    assert fed["intrinsics"] == [1280, 1280, 640, 352]
    assert fed["image"].size == (1280, 704)
