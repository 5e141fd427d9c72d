"""What would go wrong unseen with Cosmos, Kandinsky, Helios, AnyFlow, EasyAnimate and MiniMax-H3."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import AdapterError, BadClip, Conditioning, Frames, MissingDependency
from adapters.local.calls.feeding import Shot, anyflow
from adapters.local.calls.frame_rules import FrameRule
from adapters.local.diffusers import Diffusers
from adapters.local.loading import find_class
from adapters.testing import make_request, moving_disc
from tests.local.tiny import cosmos, others
from tests.local.whole_run import frames_of, loaded, pipeline
from tests.test_conf import composed

TINY = {**cosmos.TINY, **others.TINY}
GUARDED = sorted(name for name in TINY if name.startswith("cosmos"))


def node(name: str) -> dict[str, Any]:
    return dict(composed("generate", f"model={name}").model.adapter)


def made(adapter: Diffusers, scratch: Path, **changes: Any) -> Frames:
    """A clip's frames, those that echo the conditioning first."""
    return frames_of(adapter.generate(make_request(scratch, adapter.needs, seconds=5.0, **changes)))


@pytest.mark.parametrize("name", GUARDED)
def test_the_safety_checker_is_asked_for_before_anything_is_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package the class fails in the middle of loading; torchvision only at the first step."""
    wanted = node(name)["needs"]
    found = importlib.util.find_spec
    adapter = Diffusers(**{key: value for key, value in node(name).items() if key != "_target_"})
    for package in wanted:
        monkeypatch.setattr(importlib.util, "find_spec", lambda asked, p=package: None if asked == p else found("os"))
        with pytest.raises(MissingDependency, match=package):
            adapter.check()
    assert "cosmos_guardrail" in wanted
    assert ("torchvision" in wanted) == name.startswith("cosmos_predict")


@pytest.mark.parametrize("name", GUARDED)
def test_the_safety_checker_is_on_unless_someone_turns_it_off(name: str) -> None:
    assert node(name)["options"] == ({} if name.startswith("cosmos_predict") else {"enable_safety_checker": True})
    assert not any("safety" in key for key in node(name)["call"])


def test_a_prompt_that_the_checker_refuses_makes_no_clip(folder: Path, tmp_path: Path) -> None:
    adapter = loaded("cosmos_predict2", folder)
    adapter._pipe.safety_checker.check_text_safety = lambda text: "disc" not in text
    with pytest.raises((AdapterError, ValueError), match="Guardrail"):
        adapter.generate(make_request(tmp_path, adapter.needs))


@pytest.mark.parametrize("name", ["kandinsky5", "kandinsky6", "kandinsky_wm", "minimax_h3"])
def test_processors_that_load_only_with_torchvision_ask_for_it(name: str) -> None:
    assert node(name)["needs"] == ["torchvision"]


@pytest.mark.full
def test_kandinsky5_s_sparse_attention_can_be_compiled_in_whole(folder: Path, tmp_path: Path) -> None:
    """`fullgraph` fails where torch cannot trace a block from end to end; what is traced makes the same pixels."""
    adapter = loaded("kandinsky5", folder)
    expected = made(adapter, tmp_path)
    adapter._pipe.transformer.compile_repeated_blocks(fullgraph=True, backend="eager")
    np.testing.assert_array_equal(made(adapter, tmp_path), expected)


@pytest.mark.full
def test_cosmos3_goes_on_from_the_end_of_a_clip(folder: Path, tmp_path: Path) -> None:
    """The class itself keeps the first frames of what it is given."""
    clip = moving_disc(9, 32, 32, speed=2)
    short = loaded("cosmos3_nano_v2v", folder)
    expected = made(short, tmp_path, conditioning=Conditioning.of(clip[-5:], 24))
    longer = loaded("cosmos3_nano_v2v", folder, conditioning_frames=9)
    np.testing.assert_array_equal(made(longer, tmp_path, conditioning=Conditioning.of(clip, 24)), expected)
    unguarded = loaded("cosmos3_nano_v2v", folder, conditioning_frames=9, **{"call.condition_video_keep": "first"})
    assert (made(unguarded, tmp_path, conditioning=Conditioning.of(clip, 24)) != expected).any()


@pytest.mark.full
def test_three_seconds_with_the_first_frame_twice_are_73_frames_that_are_all_kept(folder: Path, tmp_path: Path) -> None:
    """The authors' own conditioning on the benchmark, as `experiment=published/cosmos3_super_v2v` has it."""
    clip = moving_disc(72, 32, 32, speed=1)
    whole = {"call.condition_frame_indexes_vision": list(range(19)), "leading": 73}
    fed = loaded("cosmos3_super_v2v", folder, conditioning_frames=72, conditioning="repeat_first", **whole)
    one, two = (made(fed, tmp_path, seed=seed, conditioning=Conditioning.of(clip, 24)) for seed in (1, 2))
    assert len(one) == 193
    apart = np.abs(one.astype(int) - two.astype(int)).mean(axis=(1, 2, 3))
    assert apart[:73].max() < 0.2 * apart[77:].min()
    padded = Conditioning.of(np.concatenate([clip[:1], clip]), 24)
    by_hand = loaded("cosmos3_super_v2v", folder, conditioning_frames=73, **whole)
    np.testing.assert_array_equal(made(by_hand, tmp_path, seed=1, conditioning=padded), one)


@pytest.mark.rotating("name", "least", "words")
@pytest.mark.parametrize(
    ("name", "least", "words"),
    [
        ("cosmos3_nano", 124, "asked for 124 frames, must give 124, and gave 121"),
        ("cosmos_predict2", 84, "asked for 84 frames, must give 84, and gave 81"),
        ("kandinsky_wm", 123, "asked for 123 frames, must give 123, and gave 121"),
        ("kandinsky6", 123, "asked for 123 frames, must give 123, and gave 121"),
        ("helios_v2v", 130, "asked for 130 frames, must give 130, and gave 129"),
    ],
)
def test_a_length_off_the_grid_is_an_error_not_a_shorter_clip(
    name: str, least: int, words: str, folder: Path, tmp_path: Path
) -> None:
    adapter = loaded(name, folder, lengths="any", least=least, most=least)
    with pytest.raises(BadClip, match=words):
        made(adapter, tmp_path)


def test_cosmos_predict25_is_never_asked_for_a_length_that_it_would_stretch(folder: Path, tmp_path: Path) -> None:
    """Asked for 94 frames it makes 93, shows each four times, and cuts the slow motion to 94: no count tells."""
    stretched = made(loaded("cosmos_predict25", folder, lengths="any", least=94, most=94), tmp_path)
    assert len(stretched) == 94
    assert all((stretched[k] == stretched[k - k % 4]).all() for k in range(94))
    for name in ("cosmos_predict25", "cosmos_predict25_v2v"):
        arguments = node(name)
        rule = FrameRule.parse(arguments["lengths"], least=arguments["least"], most=None, added=0, leading=1)
        assert {rule.ask(wanted) % 4 for wanted in range(1, 200)} == {1}


@pytest.mark.rotating("name")
@pytest.mark.parametrize("name", ["cosmos_predict25_v2v", "cosmos3_nano_v2v", "anyflow_v2v"])
def test_the_echoed_frames_are_those_that_the_yaml_drops(name: str, folder: Path, tmp_path: Path) -> None:
    """Two seeds differ in what is generated, and hardly in what echoes the conditioning."""
    adapter = loaded(name, folder)
    leading = node(name)["leading"]
    one, two = (made(adapter, tmp_path, seed=seed).astype(int) for seed in (1, 2))
    apart = np.abs(one - two).mean(axis=(1, 2, 3))
    assert apart[:leading].max() < 0.2 * apart[leading + 4 :].min()


@pytest.mark.parametrize(
    ("name", "context", "known"),
    [("cosmos_predict2_v2v", 5, 2), ("cosmos_predict2_v2v", 93, 24), ("cosmos_predict25_v2v", 93, 2)],
)
def test_cosmos_predict_generates_after_two_latents(
    name: str, context: int, known: int, folder: Path, tmp_path: Path
) -> None:
    """Predict2 conditions on all that it is given: with as many frames as it is asked for, nothing is generated."""
    adapter, seen = loaded(name, folder, conditioning_frames=context), []

    def look(_: Any, __: Any, given: dict[str, Any]) -> None:
        seen.append(int(given["condition_mask"][0, 0, :, 0, 0].sum()))

    adapter._pipe.transformer.register_forward_pre_hook(look, with_kwargs=True)
    made(adapter, tmp_path)
    assert set(seen) == {known}
    assert node(name)["conditioning_frames"] == 5


@pytest.mark.parametrize("known", range(1, 14))
def test_anyflow_conditioning_ends_on_the_boundary_of_a_chunk(known: int) -> None:
    """Inside a chunk, what is not known of it would be left at zero and never generated."""
    shot = Shot(np.zeros((4 * known - 3, 8, 8, 3), np.uint8), 4 * known - 3 + 80)
    ends = np.cumsum(anyflow(shot)["chunk_partition"])
    assert known in ends
    assert ends[-1] == known + 20


def test_helios_uses_every_frame_that_it_is_given() -> None:
    """It takes whole chunks of 33 from the end; a longer past would be cut, a shorter one refused."""
    assert node("helios_v2v")["conditioning_frames"] % 33 == 0
    assert node("helios_v2v")["leading"] == 0


@pytest.mark.parametrize("name", ["helios_v2v", "easyanimate_v2v"])
def test_noise_drawn_on_the_device_has_its_generator_there(name: str) -> None:
    """torch.rand and torch.randn refuse a generator of another device, where diffusers' randn_tensor does not."""
    assert node(name)["generator"] == "device"


def test_easyanimate_makes_a_clip_without_any_negative_prompt(folder: Path, tmp_path: Path) -> None:
    clip = {"num_frames": 49, "height": 32, "width": 32, "num_inference_steps": 1, "prompt": "a disc"}
    with pytest.raises(TypeError, match="NoneType"):
        pipeline("easyanimate_v2v")(**clip)
    assert len(made(loaded("easyanimate_v2v", folder), tmp_path, negative_prompt=None)) == 49


def test_the_empty_negative_prompt_of_easyanimate_gives_way_to_a_real_one(folder: Path, tmp_path: Path) -> None:
    adapter = loaded("easyanimate_v2v", folder)
    without = made(adapter, tmp_path, negative_prompt=None)
    assert (made(adapter, tmp_path, negative_prompt="garbled text") != without).any()


def test_minimax_h3_takes_every_argument_in_its_workflow() -> None:
    arguments = node("minimax_h3")
    taken = set(find_class("MiniMaxH3Blocks")().get_workflow(arguments["workflow"]).input_names)
    own = {"image", "prompt", "num_frames", "width", "height", "generator", "output_type"}
    assert own | set(arguments["call"]) <= taken
    assert "negative_prompt" not in taken
    assert arguments["names"]["negative_prompt"] is None


@pytest.mark.full
def test_minimax_h3_is_asked_for_a_length_that_it_makes(folder: Path, tmp_path: Path) -> None:
    """Others are lengthened: 120 come back as 124."""
    assert len(made(loaded("minimax_h3", folder), tmp_path)) == 124
    with pytest.raises(BadClip, match="asked for 120 frames, must give 120, and gave 124"):
        made(loaded("minimax_h3", folder, lengths="any", least=120, most=120), tmp_path)
