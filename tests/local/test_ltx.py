"""What would go wrong unseen with LTX-Video, LTX-2, HunyuanVideo, FramePack and SANA-Video."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import AdapterError, BadClip, Clip, Frames, frames_for
from adapters.local.calls.feeding import Shot, ltx2_conditions, ltx_conditions
from adapters.local.calls.frame_rules import FrameRule
from adapters.local.diffusers import Diffusers
from adapters.testing import make_request
from tests.local.tiny import Tiny, hunyuan, ltx
from tests.local.whole_run import adapter_node, frames_of, loaded, make_adapter, pipeline
from tests.test_conf import composed

TINY: dict[str, Tiny] = {**ltx.TINY, **hunyuan.TINY}


def made_by(adapter: Diffusers, scratch: Path, **changes: Any) -> Clip:
    return adapter.generate(make_request(scratch, adapter.needs, **{"seconds": 5.0, **changes}))


def call(name: str, **arguments: Any) -> Any:
    """One bare call at 64 × 64 that brings float frames (T, H, W, 3)."""
    import torch

    fixed = {
        "prompt": "a ball", "num_inference_steps": 2, "width": 64, "height": 64, "output_type": "np",
        "max_sequence_length": 32, "generator": torch.Generator().manual_seed(1),
    }  # fmt: skip
    return pipeline(name)(**{**fixed, **arguments}).frames[0]


def noise(count: int, seed: int = 0) -> Frames:
    return np.random.default_rng(seed).integers(0, 255, (count, 64, 64, 3), dtype=np.uint8)


# LTX


def test_ltx_cuts_other_lengths_down_without_a_word_and_the_rule_tells() -> None:
    made = composed("generate", "model=ltx").model.adapter
    rule = FrameRule.parse(made["lengths"], least=None, most=None, added=0, leading=made["leading"])
    assert rule.ask(frames_for(5.0, made["native_fps"])) == 121
    came = call("ltx", image=Shot(noise(1), 24).pictures[0], num_frames=24)
    assert len(came) == 17
    with pytest.raises(BadClip, match="asked for 24 frames, must give 24, and gave 17"):
        rule.check(24, (64, 64), len(came), (64, 64))


def test_a_bare_list_of_pictures_would_show_ltx_only_the_first() -> None:
    clip, other = noise(9), noise(9, seed=1)
    other[0] = clip[0]
    bare = [call("ltx_v2v", video=Shot(frames, 25).pictures, num_frames=25) for frames in (clip, other)]
    assert (bare[0] == bare[1]).all()
    fed = [call("ltx_v2v", **ltx_conditions(Shot(frames, 25)), num_frames=25) for frames in (clip, other)]
    assert np.abs(fed[0] - fed[1]).max() > 0.01


@pytest.mark.parametrize(("name", "feed"), [("ltx_v2v", ltx_conditions), ("ltx2_v2v", ltx2_conditions)])
def test_ltx_keeps_the_first_8k_plus_1_frames_so_it_is_given_that_many(name: str, feed: Any) -> None:
    clip, other = noise(10), noise(10)
    other[9] = 255 - other[9]
    cut = [call(name, **feed(Shot(frames, 25)), num_frames=25) for frames in (clip, other)]
    assert (cut[0] == cut[1]).all()  # the tenth frame, here the switch frame, was dropped
    given = composed("generate", f"model={name}").model.adapter
    assert given["conditioning_frames"] % 8 == 1
    assert given["leading"] == given["conditioning_frames"]


@pytest.mark.parametrize("name", ["ltx_v2v", "ltx2_v2v"])
def test_the_switch_frame_is_seen_and_5_s_follow(name: str, folder: Path, tmp_path: Path) -> None:
    adapter = loaded(name, folder)
    clip = made_by(adapter, tmp_path)
    assert (adapter.needs.conditioning_frames, clip.leading, len(frames_of(clip))) == (65, 65, 65 + frames_for(5.0, 24))


def test_the_generator_of_ltx_is_on_the_device_because_later_vaes_draw_there() -> None:
    import torch
    from PIL import Image

    assert composed("generate", "model=ltx").model.adapter["generator"] == "device"
    pipe = ltx.build_ltx_later()
    pipe.set_progress_bar_config(disable=True)
    with pytest.raises(TypeError, match="generator"):  # the same draw takes no list of generators either
        pipe(
            image=[Image.new("RGB", (64, 64))] * 2, prompt=["a", "b"], width=64, height=64, num_frames=9,
            num_inference_steps=2, max_sequence_length=32, generator=[torch.Generator(), torch.Generator()],
        )  # fmt: skip


@pytest.mark.parametrize("name", ["ltx2", "ltx2_v2v"])
def test_no_picture_goes_through_an_encoder_before_ltx2_sees_it(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers.pipelines.ltx2 import pipeline_ltx2_condition, pipeline_ltx2_image2video

    quality: list[int] = []

    def compress(picture: Any, crf: int) -> Any:
        quality.append(crf)
        return picture

    for module in (pipeline_ltx2_condition, pipeline_ltx2_image2video):
        monkeypatch.setattr(module, "apply_image_conditioning_crf", compress)
    one: dict[str, Any] = {"conditioning_frames": 1, "leading": 1} if name == "ltx2_v2v" else {}
    made_by(loaded(name, folder, least=9, **one), tmp_path, seconds=0.25)
    assert set(quality) <= {0}
    call(name, num_frames=9, **_one_picture(name))
    assert 33 in quality  # what it does by default


def _one_picture(name: str) -> dict[str, Any]:
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

    picture = Shot(noise(1), 9).pictures[0]
    return {"image": picture} if name == "ltx2" else {"conditions": [LTX2VideoCondition(frames=picture)]}


# HunyuanVideo


@pytest.mark.full
def test_hunyuan_of_33_channels_gives_4_frames_fewer(folder: Path, tmp_path: Path) -> None:
    tiny = Tiny(hunyuan.build_hunyuan_concat, TINY["hunyuan"].changes)
    with pytest.raises(BadClip, match="asked for 13 frames, must give 13, and gave 9"):
        made_by(loaded("hunyuan", folder, tiny, least=13), tmp_path, seconds=0.25)
    clip = made_by(loaded("hunyuan", folder, tiny, least=13, added=-4, leading=0), tmp_path, seconds=0.25)
    assert (len(frames_of(clip)), clip.leading) == (9, 0)
    rule = FrameRule.parse("4k+1", least=1, most=None, added=-4, leading=0)
    assert rule.returned(rule.ask(frames_for(5.0, 24))) >= 120


@pytest.mark.full
def test_hunyuan15_chooses_its_size_and_the_yaml_names_that_one(folder: Path, tmp_path: Path) -> None:
    from diffusers.pipelines.hunyuan_video1_5.image_processor import HunyuanVideo15ImageProcessor

    made = composed("generate", "model=hunyuan15").model.adapter
    choose = HunyuanVideo15ImageProcessor(vae_scale_factor=16).calculate_default_height_width
    for (width, height), target in ((made["size"], 640), ((1280, 720), 960), ((640, 640), 640), ((720, 544), 640)):
        assert choose(height, width, target) == (height, width)
    with pytest.raises(BadClip, match="asked for 96×48 and gave 80×48"):
        made_by(loaded("hunyuan15", folder, least=9, size=[96, 48]), tmp_path, seconds=0.25)


# FramePack


@pytest.mark.rotating("asked", "came")
@pytest.mark.parametrize(("asked", "came"), [(33, 37), (34, 73), (99, 109)])
def test_framepack_gives_whole_sections(asked: int, came: int) -> None:
    rule = FrameRule.parse("framepack", least=None, most=None, added=0, leading=1)
    assert rule.returned(asked) == came
    assert len(call("framepack", image=Shot(noise(1), asked).pictures[0], num_frames=asked)) == came
    assert rule.returned(rule.ask(frames_for(5.0, 30))) == 181


def test_framepack_is_put_together_from_three_folders(folder: Path, tmp_path: Path) -> None:
    whole = loaded("framepack", folder)
    main, other, third = (tmp_path / name for name in ("main", "transformer", "redux"))
    pipeline("framepack").save_pretrained(main)
    (main / "transformer").rename(other)
    third.mkdir()
    for name in ("image_encoder", "feature_extractor"):
        (main / name).rename(third / name)
    index = json.loads((main / "model_index.json").read_text("utf-8"))
    del index["image_encoder"], index["feature_extractor"]
    index |= {"_class_name": "HunyuanVideoPipeline", "transformer": ["diffusers", "HunyuanVideoTransformer3DModel"]}
    (main / "model_index.json").write_text(json.dumps(index), "utf-8")
    parts = {
        key: dict(part) for key, part in composed("generate", "model=framepack").model.adapter["components"].items()
    }
    for name, part in parts.items():
        part["checkpoint"] = str(other if name == "transformer" else third)
    node = adapter_node("framepack", main, TINY["framepack"], components=parts)
    adapter = make_adapter(node, TINY["framepack"])
    adapter.load()
    clips = [frames_of(made_by(each, tmp_path, seconds=1.0)) for each in (whole, adapter)]
    assert (clips[0] == clips[1]).all()


@pytest.mark.parametrize("name", ["framepack", "hunyuan"])
def test_the_tiny_tokenizer_leaves_the_prompt_whole(name: str) -> None:
    """The pipelines cut as many tokens off the front as their template has with the real one."""
    import inspect

    pipe = pipeline(name)
    template = inspect.signature(pipe.encode_prompt).parameters["prompt_template"].default
    before = pipe.tokenizer(template["template"].partition("{}")[0]).input_ids
    assert len(before) == template["crop_start"]
    if name == "hunyuan":
        assert before.index(pipe.tokenizer.convert_tokens_to_ids("<image>")) == template["image_emb_start"]


# SANA-Video


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:.*")  # its own, in place of the error
def test_a_full_device_is_told_although_sana_swallows_the_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    adapter = loaded("sana_video", folder, least=9)
    with monkeypatch.context() as changed:
        changed.setattr(adapter._pipe.vae, "decode", full)
        with pytest.raises(AdapterError, match="out of memory on cpu"):
            made_by(adapter, tmp_path, seconds=0.25)
    assert len(frames_of(made_by(adapter, tmp_path, seconds=0.25))) == 9


def test_sana_is_told_not_to_change_the_size_that_is_its_own_anyway() -> None:
    from diffusers.pipelines.sana_video.pipeline_sana_video_i2v import ASPECT_RATIO_480_BIN

    made = composed("generate", "model=sana_video").model.adapter
    assert made["call"]["use_resolution_binning"] is False
    assert [made["size"][1], made["size"][0]] in list(ASPECT_RATIO_480_BIN.values())


# Batches


@pytest.mark.parametrize("name", ["ltx", "ltx2", "hunyuan", "framepack"])
def test_a_batch_makes_the_single_clips(name: str, folder: Path, tmp_path: Path) -> None:
    adapter = loaded(name, folder, batch=2, least=9)
    requests = [
        make_request(tmp_path / str(seed), adapter.needs, seconds=0.25, seed=seed, prompt=prompt)
        for seed, prompt in enumerate(("", "a long red ball rolls down the slope"))
    ]
    singles = [frames_of(adapter.generate(request)) for request in requests]
    for clip, single in zip(adapter.generate_many(requests), singles, strict=True):
        assert isinstance(clip, Clip)
        assert np.abs(frames_of(clip).astype(int) - single).max() <= 1
