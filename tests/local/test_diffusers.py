"""The generic adapter around real tiny pipelines: what is refused and recorded, and how it behaves under stress."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adapters import AdapterError, BadClip, Cancelled, Clip, MissingDependency, Refused, SetupError
from adapters.local.diffusers import Diffusers
from adapters.testing import check_adapter, make_request
from runners.generation.run import generate
from tests.local.whole_run import adapter_node, make_adapter, run_settings, saved, tiny_models
from tests.run.harness import videos

ROOT = Path(__file__).resolve().parents[2]
TINY = tiny_models()
Make = Callable[..., Diffusers]


@pytest.fixture
def make(folder: Path) -> Make:
    """The adapter of a model, tiny and short: 9 frames are 0.5 s."""

    def made(name: str = "wan21_480p", **changes: Any) -> Diffusers:
        tiny = TINY[name]
        checkpoint = saved(tiny, folder / tiny.build.__name__)
        node = adapter_node(name, checkpoint, tiny, **{"least": None, **changes})
        return make_adapter(node, tiny)

    return made


def half_a_second(tmp_path: Path, adapter: Diffusers, **changes: Any) -> Any:
    return make_request(tmp_path, adapter.needs, seconds=0.5, **changes)


def test_it_keeps_the_contract(make: Make, tmp_path: Path) -> None:
    adapter = make()
    check_adapter(adapter, half_a_second(tmp_path, adapter))


def test_the_seed_decides_and_nothing_else(make: Make, tmp_path: Path) -> None:
    adapter = make()
    adapter.load()
    request = half_a_second(tmp_path, adapter)
    first = adapter.generate(request).frames
    torch.manual_seed(99)
    other = adapter.generate(replace(request, seed=8)).frames
    again = adapter.generate(request).frames
    assert np.array_equal(np.asarray(first), np.asarray(again))
    assert not np.array_equal(np.asarray(first), np.asarray(other))


def test_a_text_is_encoded_once_for_three_views(make: Make, tmp_path: Path) -> None:
    adapter = make()
    adapter.load()
    encoder = adapter._pipe.text_encoder
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    encoder.register_forward_pre_hook(count)
    clips = [adapter.generate(half_a_second(tmp_path, adapter, seed=seed)) for seed in (1, 2, 3)]
    first = calls
    adapter.generate(half_a_second(tmp_path, adapter, prompt="another"))
    assert first <= 2  # the prompt, and the negative one
    assert calls > first
    assert len({np.asarray(clip.frames).tobytes() for clip in clips}) == 3


def test_every_step_is_told_and_ctrl_c_ends_the_clip_at_the_next(make: Make, tmp_path: Path) -> None:
    adapter = make(**{"call.num_inference_steps": 4})
    adapter.load()
    told: list[tuple[int, int]] = []
    adapter.generate(half_a_second(tmp_path, adapter, step=lambda k, n: told.append((k, n))))
    assert (4, 4) in told
    assert [k for k, _ in told] == sorted(k for k, _ in told)
    steps = 0

    def stop(k: int, n: int) -> None:
        nonlocal steps
        steps = k
        if k == 2:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        adapter.generate(half_a_second(tmp_path, adapter, step=stop))
    assert steps == 2
    adapter.generate(half_a_second(tmp_path, adapter))  # and it is ready for the next


def test_out_of_memory_fails_one_clip_with_advice_and_the_next_one_is_made(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = make()
    adapter.load()
    decode = adapter._pipe.vae.decode
    full = True

    def once(*args: Any, **kwargs: Any) -> Any:
        nonlocal full
        if full:
            full = False
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")
        return decode(*args, **kwargs)

    monkeypatch.setattr(adapter._pipe.vae, "decode", once)
    with pytest.raises(AdapterError, match=r"out of memory on cpu; try ") as caught:
        adapter.generate(half_a_second(tmp_path, adapter))
    assert caught.value.__context__ is None  # nothing holds the failed clip's tensors
    assert isinstance(adapter.generate(half_a_second(tmp_path, adapter)), Clip)


def test_a_result_that_holds_no_numbers_is_a_bad_clip(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = make()
    adapter.load()
    with torch.no_grad():
        adapter._pipe.vae.decoder.conv_out.weight.fill_(float("nan"))
    with pytest.raises(BadClip, match="dtype"):
        adapter.generate(half_a_second(tmp_path, adapter))


def test_a_pipeline_that_shortens_is_an_error_that_names_both_lengths(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wan rounds 10 frames to 9 with no more than a warning; a rule that says otherwise is found out."""
    adapter = make(lengths="any", least=10)
    adapter.load()
    with pytest.raises(BadClip, match=r"asked for 10 frames, must give 10, and gave 9"):
        adapter.generate(half_a_second(tmp_path, adapter))


def test_what_a_safety_checker_declines_is_refused(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = make()
    adapter.load()

    def decline(*_: object, **__: object) -> None:
        raise ValueError("Cosmos Guardrail detected unsafe text in the prompt: a ball. Please ensure …")

    monkeypatch.setattr(adapter._pipe, "check_inputs", decline)
    with pytest.raises(Refused, match="unsafe text"):
        adapter.generate(half_a_second(tmp_path, adapter))


def test_a_batch_is_as_many_clips_as_requests(make: Make, tmp_path: Path) -> None:
    adapter = make("cogvideox15_5b", batch=2)
    adapter.load()
    requests = [half_a_second(tmp_path / str(seed), adapter, seed=seed) for seed in (1, 2)]
    together = list(adapter.generate_many(iter(requests)))
    alone = [adapter.generate(request) for request in requests]
    for one, other in zip(together, alone, strict=True):
        assert isinstance(one, Clip)
        difference = np.abs(np.asarray(one.frames).astype(int) - np.asarray(other.frames).astype(int))
        assert difference.max() <= 1  # another order of additions, nothing else


def test_mixed_precision_is_kept_per_component(make: Make, tmp_path: Path) -> None:
    adapter = make(dtype={"default": "bfloat16", "vae": "float32"})
    adapter.load()
    assert adapter._pipe.transformer.dtype is torch.bfloat16
    assert adapter._pipe.vae.dtype is torch.float32
    clip = adapter.generate(half_a_second(tmp_path, adapter))
    assert np.asarray(clip.frames).dtype == np.uint8


@pytest.mark.full
def test_a_switch_frame_with_an_alpha_channel_is_shown_as_rgb(make: Make, tmp_path: Path) -> None:
    """Pipelines take RGBA pictures and fail later, or condition on four channels: the harness gives three."""
    from PIL import Image

    from tests.run.harness import MINI

    data = tmp_path / "data"
    shutil.copytree(MINI / "dataset", data)
    for path in (data / "switch-frames").iterdir():
        Image.open(path).convert("RGBA").save(path.with_suffix(".png"))
        path.with_suffix(".png").replace(path)
    adapter = make(most=9)
    seen: list[Any] = []
    original = Diffusers._arguments

    def spy(self: Diffusers, requests: Any, asked: int) -> dict[str, Any]:
        made = original(self, requests, asked)
        seen.append(made["image"])
        return made

    tiny = TINY["wan21_480p"]
    node = adapter_node("wan21_480p", tmp_path, tiny)
    plan = run_settings(tmp_path / "results", "wan21_480p", node)
    plan = replace(plan, benchmark=replace(plan.benchmark, root=str(data)), model=replace(plan.model, short="hold"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Diffusers, "_arguments", spy)
        outcome = generate(plan, lambda _: adapter)
    assert outcome.code == 0, outcome.lines
    assert [picture.mode for picture in seen] == ["RGB"]
    assert seen[0].size == adapter.needs.sizes[0]


# What is refused, and when


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pipeline": "WanVideoToVideoPipeline"}, "no continuation"),
        ({"pipeline": "ChronoEditPipeline"}, "no continuation"),
        ({"batch": 2}, "takes one clip per call"),
        ({"call.denoise_strength": 0.6}, "no continuation"),
        ({"size": [100, 64]}, r"multiples of 16, such as \[96,64\]"),
        ({"conditioning": "imge"}, "did you mean image"),
        ({"lengths": "4k"}, ""),
        ({"lengths": "four"}, "no frame rule"),
        ({"names": {"picture": "image"}}, "names has no picture"),
        ({"returns": "mp4"}, "returns"),
        ({"loader": "magic"}, "loader"),
        ({"components": {"vae": {"class": "AutoencoderKLWan"}}}, "needs a class and a checkpoint"),
        ({"placement": {"offlod": "model"}}, "did you mean offload"),
    ],
)
def test_wrong_settings_are_told_at_once(make: Make, changes: dict[str, Any], words: str) -> None:
    if not words:
        make(**changes)
        return
    with pytest.raises(SetupError, match=words):
        make(**changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pipeline": "WanImageToVideoPipelin"}, "did you mean WanImageToVideoPipeline"),
        ({"call.num_inference_step": 3}, "takes no 'num_inference_step'"),
        ({"checkpoint": "/no/such/folder"}, "is no folder here"),
        ({"dtype": "bfloat61"}, "unknown 'bfloat61'"),
        ({"revision": "main"}, "is asked for"),
        ({"scheduler": {"class": "NoScheduler"}}, "has no NoScheduler"),
        ({"guider": {"guidance_scale": 2.0}}, "no guider"),
        ({"placement": {"device": "cuda"}}, "no CUDA device"),
    ],
)
def test_what_only_the_libraries_know_is_told_when_it_is_loaded(
    make: Make, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(SetupError, match=words):
        make(**changes).load()


def test_a_missing_component_is_one_line(make: Make, tmp_path: Path) -> None:
    whole = make()
    broken = tmp_path / "broken"
    shutil.copytree(whole._recipe.checkpoint, broken)
    shutil.rmtree(broken / "transformer")
    with pytest.raises(SetupError, match="cannot be loaded") as caught:
        make(checkpoint=str(broken)).load()
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_one_line(make: Make, tmp_path: Path) -> None:
    whole = make()
    broken = tmp_path / "broken"
    shutil.copytree(whole._recipe.checkpoint, broken)
    weights = next((broken / "transformer").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(SetupError, match="cannot be loaded"):
        make(checkpoint=str(broken)).load()


def test_a_missing_package_is_told_by_check(make: Make) -> None:
    with pytest.raises(MissingDependency, match="pip install no_such_package"):
        make(needs=["no_such_package"]).check()
    with pytest.raises(MissingDependency, match="go with your torch"):
        make(needs=["torchvision"]).check()


# Identity and records


def test_where_it_runs_is_no_part_of_its_identity_and_what_changes_pixels_is(folder: Path, make: Make) -> None:
    node = adapter_node("wan21_480p", folder, TINY["wan21_480p"])

    def identity(**placement: Any) -> dict[str, Any]:
        changed = {**node, "placement": placement}
        return make_adapter(changed, TINY["wan21_480p"]).identity(changed)

    plain = identity()
    assert "placement" not in plain
    assert plain == identity(device="cpu", compile=True, vae_slicing=True, attention="native")
    assert identity(vae_tiling=True)["placement"] == {"vae_tiling": True}
    assert plain["checkpoint"] == str(folder)
    assert "batch" not in plain  # as long as it is the default


def test_another_checkpoint_in_the_same_place_is_another_revision(make: Make, tmp_path: Path) -> None:
    whole = make()
    copy = tmp_path / "copy"
    shutil.copytree(whole._recipe.checkpoint, copy)
    assert make(checkpoint=str(copy)).revision() == whole.revision()
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps({**index, "boundary_ratio": 0.5}))
    assert make(checkpoint=str(copy)).revision() != whole.revision()


def test_loras_and_gguf_files_are_part_of_the_revision(make: Make, tmp_path: Path) -> None:
    plain = make().revision()
    file = tmp_path / "weights.gguf"
    file.write_bytes(b"one")
    quantized = {"device": "cpu", "quantization": {"backend": "gguf", "file": str(file)}}
    first = make(placement=quantized).revision()
    file.write_bytes(b"two")
    assert len({plain, first, make(placement=quantized).revision()}) == 3
    lora = make(placement={"device": "cpu", "lora": [{"path": str(file)}]}).revision()
    assert lora.startswith(f"{plain} lora@sha256:")


@pytest.mark.full
def test_a_model_that_stops_short_is_rolled_out_and_the_manifest_says_so(folder: Path, tmp_path: Path) -> None:
    tiny = TINY["svd_xt"]
    checkpoint = saved(tiny, folder / tiny.build.__name__)
    node = adapter_node("svd_xt", checkpoint, tiny)
    plan = run_settings(tmp_path, "svd_xt", node)
    outcome = generate(plan, lambda _: make_adapter(node, tiny))
    assert outcome.folder is not None
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    told = manifest["clips"]["0001"]["published"]["generation"]["roll_out"]
    assert told["segments"] == 2
    assert len(set(told["seeds"])) == 2
    assert sum(told["frames"]) >= 35
    assert len(videos(outcome.folder)) == 1


@pytest.mark.full
def test_nothing_heavy_is_imported_for_a_plan(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from tests.test_conf import composed\n"
        "from adapters.local.diffusers import Diffusers\n"
        "node = dict(composed('generate', 'model=wan22_a14b').model.adapter); node.pop('_target_')\n"
        "adapter = Diffusers(**node); adapter.identity(node)\n"
        "assert not {'torch', 'diffusers', 'transformers', 'huggingface_hub'} & set(sys.modules), 'imported'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
