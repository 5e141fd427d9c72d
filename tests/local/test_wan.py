"""What would go wrong unseen with SVD, CogVideoX, Wan and SkyReels; every test fails without its guard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import BadClip, Clip, Request, SetupError, frames_for
from adapters.local.calls.feeding import Shot, vace
from adapters.local.calls.frame_rules import FrameRule
from adapters.local.diffusers import Diffusers
from adapters.testing import make_request
from tests.local.tiny.wan import TINY
from tests.local.whole_run import adapter_node, frames_of, loaded, make_adapter, pipeline
from tests.test_conf import composed


def request_for(adapter: Diffusers, scratch: Path, **changes: Any) -> Request:
    return make_request(scratch, adapter.needs, seconds=5.0, **changes)


def call(name: str, **changes: Any) -> Any:
    """One bare call with a picture of 64 × 32 that brings float frames (T, H, W, 3)."""
    import torch
    from PIL import Image

    arguments = {
        "prompt": "a ball", "num_inference_steps": 1, "max_sequence_length": 16, "width": 64, "height": 32,
        "image": Image.new("RGB", (64, 32), (40, 90, 160)), "generator": torch.Generator().manual_seed(1),
        "output_type": "np",
    }  # fmt: skip
    return pipeline(name)(**{**arguments, **changes}).frames[0]


# CogVideoX


@pytest.mark.parametrize("asked", [13, 21, 29])
def test_cogvideox_makes_another_length_than_4k_plus_1(asked: int) -> None:
    rule = FrameRule.parse("4k+1", least=None, most=None, added=0, leading=1)
    came = call("cogvideox_5b", num_frames=asked)
    assert rule.ask(asked - 1) == asked
    assert len(came) == asked + 3  # an even number of latents
    with pytest.raises(BadClip, match=str(len(came))):
        rule.check(asked, (64, 32), len(came), (64, 32))


@pytest.mark.parametrize(("name", "lengths"), [("cogvideox_5b", (9, 41, 49)), ("cogvideox15_5b", (17, 81))])
def test_the_lengths_that_cogvideox_is_asked_for_come_back(name: str, lengths: Sequence[int]) -> None:
    rule = FrameRule.parse(composed("generate", f"model={name}").model.adapter["lengths"], least=9, most=None, added=0,
                           leading=1)  # fmt: skip
    for asked in lengths:
        assert rule.ask(asked - 1) == asked
        assert len(call(name, num_frames=asked)) == asked


# Stable Video Diffusion


@pytest.mark.parametrize("name", ["svd", "svd_xt"])
def test_svd_is_asked_for_the_length_it_was_trained_on_and_rolled_out(name: str) -> None:
    model = composed("generate", f"model={name}").model
    made = model.adapter
    rule = FrameRule.parse(made["lengths"], least=made["least"], most=made["most"], added=0, leading=1)
    assert {rule.ask(wanted) for wanted in (1, 10, 35, 100)} == {{"svd": 14, "svd_xt": 25}[name]}
    assert model.short == "roll_out"
    assert made["call"]["fps"] == made["native_fps"]


def test_svd_decodes_a_batch_as_single_clips_where_its_chunks_end_with_the_clips() -> None:
    import torch
    from PIL import Image

    pictures = [Image.new("RGB", (32, 32), colour) for colour in ((200, 40, 40), (20, 180, 90))]

    def made(images: Any, seeds: list[int], chunk: int) -> Any:
        noise = [torch.Generator().manual_seed(seed) for seed in seeds]
        return pipeline("svd_xt")(
            images, width=32, height=32, num_frames=10, num_inference_steps=1, decode_chunk_size=chunk,
            generator=noise, output_type="np",
        ).frames  # fmt: skip

    def apart(chunk: int) -> float:
        single = np.concatenate([made([picture], [seed], chunk) for seed, picture in enumerate(pictures)])
        return float(np.abs(single - made(pictures, [0, 1], chunk)).max())

    assert apart(5) < 1 / 255 < apart(8)


# Wan


def test_the_5b_model_is_not_asked_for_a_size_that_it_would_shrink(tmp_path: Path) -> None:
    shrunk = call("wan22_ti2v_5b", width=48, height=80, num_frames=5)
    assert shrunk.shape == (5, 64, 32, 3)
    with pytest.raises(SetupError, match="multiples of 32"):
        make_adapter(adapter_node("wan22_ti2v_5b", tmp_path, TINY["wan22_ti2v_5b"], size=[48, 80]), TINY["svd"])


@pytest.mark.parametrize("name", ["wan21_480p", "wan21_720p", "wan22_a14b", "wan22_ti2v_5b"])
def test_only_the_model_of_two_experts_is_given_two_guidance_scales(name: str) -> None:
    given = composed("generate", f"model={name}").model.adapter["call"]
    two = pipeline(name).config.boundary_ratio is not None
    assert ("guidance_scale_2" in given) == two
    if not two:
        with pytest.raises(ValueError, match="boundary_ratio"):
            call(name, width=64, height=64, num_frames=5, guidance_scale_2=3.5)


def test_an_odd_length_is_rounded_by_wan_and_told_by_the_rule() -> None:
    rule = FrameRule.parse("4k+1", least=81, most=None, added=0, leading=1)
    assert rule.ask(frames_for(5.0, 16)) == 81
    came = call("wan22_a14b", num_frames=8)
    assert len(came) == 9
    with pytest.raises(BadClip, match="asked for 8 frames, must give 8, and gave 9"):
        rule.check(8, (64, 32), len(came), (64, 32))


def test_vace_is_given_known_frames_first_then_grey_ones_all_of_one_size() -> None:
    known = np.random.default_rng(0).integers(0, 255, (9, 32, 64, 3), dtype=np.uint8)
    fed = vace(Shot(known, 89))
    assert {(picture.size, picture.mode) for picture in fed["video"]} == {((64, 32), "RGB")}
    assert {(mask.size, mask.mode) for mask in fed["mask"]} == {((64, 32), "L")}
    assert [mask.getextrema()[0] for mask in fed["mask"]] == [0] * 9 + [255] * 80
    assert (np.stack([np.asarray(picture) for picture in fed["video"][:9]]) == known).all()
    assert {picture.getpixel((0, 0)) for picture in fed["video"][9:]} == {(128, 128, 128)}


def test_what_vace_knows_is_what_the_yaml_says_leads(folder: Path, tmp_path: Path) -> None:
    adapter = loaded("wan_vace_v2v", folder)
    clip = adapter.generate(request_for(adapter, tmp_path))
    assert (adapter.needs.conditioning_frames, clip.leading, len(frames_of(clip))) == (9, 9, 89)


# SkyReels


def test_skyreels_continues_after_the_given_clip_and_its_overlap(folder: Path, tmp_path: Path) -> None:
    adapter = loaded("skyreels_v2_df_v2v", folder)
    request = request_for(adapter, tmp_path)
    clip = adapter.generate(request)
    frames = frames_of(clip)
    given = adapter.needs.conditioning_frames
    assert given == 17
    assert np.abs(frames[:given].astype(int) - request.conditioning.frames).max() <= 1
    assert (len(frames), clip.leading) == (17 + 137, 17 + 17)
    assert len(frames) - clip.leading == frames_for(5.0, 24)


def test_skyreels_reads_exactly_the_frames_that_it_is_given() -> None:
    made = composed("generate", "model=skyreels_v2_df_v2v").model.adapter
    assert made["conditioning_frames"] == made["call"]["overlap_history"] == made["added"]
    assert made["leading"] == made["added"] + made["call"]["overlap_history"]


@pytest.mark.full
def test_the_same_seed_makes_the_same_frames_although_skyreels_draws_from_the_global_generator(
    folder: Path, tmp_path: Path
) -> None:
    import torch

    adapter = loaded("skyreels_v2_df_v2v", folder)
    request = request_for(adapter, tmp_path)
    torch.manual_seed(1)
    first = frames_of(adapter.generate(request))
    torch.manual_seed(2)
    state = torch.random.get_rng_state()
    assert (frames_of(adapter.generate(request)) == first).all()
    assert torch.equal(torch.random.get_rng_state(), state)


def test_skyreels_from_a_picture_needs_no_second_section() -> None:
    made = composed("generate", "model=skyreels_v2_df").model.adapter
    rule = FrameRule.parse(made["lengths"], least=made["least"], most=made["most"], added=0, leading=1)
    assert rule.ask(frames_for(5.0, made["native_fps"])) <= made["call"]["base_num_frames"]
    with pytest.raises(IndexError):  # what a shorter last section does in diffusers 0.42.1
        call("skyreels_v2_df", num_frames=21, base_num_frames=17, overlap_history=5)


# Batches


def test_a_batch_of_cogvideox_makes_the_single_clips(folder: Path, tmp_path: Path) -> None:
    changes = {"least": 9, "lengths": "8k+1"}
    adapter = loaded("cogvideox_5b", folder, batch=2, **changes)
    requests = [
        make_request(tmp_path / str(seed), adapter.needs, seconds=1.0, seed=seed, prompt=f"ball {seed}")
        for seed in (1, 2)
    ]
    singles = [frames_of(adapter.generate(request)) for request in requests]
    for clip, single in zip(adapter.generate_many(requests), singles, strict=True):
        assert isinstance(clip, Clip)
        assert np.abs(frames_of(clip).astype(int) - single).max() <= 1
