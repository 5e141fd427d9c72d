"""Placement: what is refused and how it is said, what changes pixels, and that clips do not depend on each other."""

from __future__ import annotations

import importlib.util
import re
import types
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import Frames, MissingDependency, Request, SetupError
from adapters.errors import AdapterError
from adapters.local.calls.encoding import EncodedPrompts
from adapters.local.diffusers import Diffusers
from adapters.local.placement.placement import Placement
from adapters.testing import make_request
from tests.local.tiny import Tiny
from tests.local.tiny.wan import TINY, _wan_transformer, build_svd, build_wan21
from tests.local.whole_run import frames_of, loaded
from tests.test_conf import composed

KEY = "model.adapter.placement"
STEPS = 5


def build_deep() -> Any:
    """Wan 2.1 with three blocks: a step cache skips those after the first."""
    pipe = build_wan21()
    pipe.register_modules(transformer=_wan_transformer("WanTransformer3DModel", 36, image_dim=8, num_layers=3))
    return pipe


DEEP = Tiny(build_deep, {**TINY["wan21_480p"].changes, "call.num_inference_steps": STEPS, "least": None})


def placed(folder: Path, tiny: Tiny = DEEP, **placement: Any) -> Diffusers:
    """Tiny Wan 2.1 on the CPU with a placement."""
    return loaded("wan21_480p", folder, tiny, placement={"device": "cpu", **placement})


def clip_of(adapter: Diffusers, scratch: Path, **changes: Any) -> Frames:
    return frames_of(adapter.generate(request_of(adapter, scratch, **changes)))


def request_of(adapter: Diffusers, scratch: Path, **changes: Any) -> Request:
    return make_request(scratch, adapter.needs, **{"seconds": 0.5, "prompt": "a ball rolls", **changes})


@pytest.fixture(scope="module")
def plain(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Frames:
    """The clip of a placement that changes nothing."""
    return clip_of(placed(folder), tmp_path_factory.mktemp("plain"))


def classes(pipe: Any) -> dict[str, Any]:
    return {name: type(part) for name, part in pipe.components.items() if part is not None}


@cache
def svd() -> Any:
    return build_svd()


@cache
def wan() -> Any:
    return build_wan21()


def check(pipe: Any, placement: Mapping[str, Any]) -> None:
    Placement.parse({"device": "cpu", **placement}).check(type(pipe), classes(pipe))


@pytest.mark.parametrize(
    ("placement", "says"),
    [
        ({"ofload": "model"}, "has no ofload (did you mean offload, lora?)"),
        ({"_facts": {}}, "has no _facts"),
        ({"device": "gpu"}, "device: unknown 'gpu'; one of auto, cpu, cuda"),
        ({"offload": "modle"}, "offload: unknown 'modle' (did you mean model?); one of none, model"),
        ({"text_encoder": "cpu"}, "text_encoder: unknown 'cpu'"),
        ({"group": {"typ": 1}}, "group: unknown 'typ' (did you mean type?)"),
        ({"group": {"type": "leaf_levle"}}, "group.type: unknown 'leaf_levle' (did you mean leaf_level"),
        ({"group": {"blocks": 0}}, "group.blocks=0 must be a whole number"),
        ({"group": "leaf_level"}, "write {type: "),
        ({"vae_tiling": "yes"}, "vae_tiling='yes' is neither true, false or auto"),
        ({"compile": "auto"}, "compile='auto' is neither true or false"),
        ({"threads": 0}, "threads=0 must be a whole number, at least 1"),
        ({"threads": True}, "threads=True must be"),
        ({"offload": "model", "text_encoder": "offload"}, "set text_encoder=keep"),
        ({"cache": "first_block"}, "write {kind: first_block, …}"),
        ({"cache": {"kind": "firstblock"}}, "unknown 'firstblock' (did you mean first_block?)"),
        ({"cache": {"threshold": 0.1}}, "cache.kind: unknown None"),
        ({"quantization": "torchao"}, "write {backend: torchao, …}"),
        ({"quantization": {"backend": "torch_ao"}}, "unknown 'torch_ao' (did you mean torchao?)"),
        ({"quantization": {"backend": "torchao"}}, "needs a quant_type, such as Int8WeightOnlyConfig"),
        ({"quantization": {"backend": "gguf", "file": "none.gguf"}}, "file=none.gguf: there is no such GGUF file"),
        ({"lora": {"path": "a/b"}}, "write a list"),
        ({"lora": [{"paht": "a/b"}]}, "each has a path"),
        ({"lora": [{"path": "a/b", "part": "transformer2"}]}, "(did you mean transformer_2"),
        ({"lora": [{"path": "a/b", "weight": "much"}]}, "weight='much' is no number"),
    ],
)
def test_what_is_no_setting_is_refused_with_the_nearest(placement: dict[str, Any], says: str) -> None:
    with pytest.raises(SetupError) as caught:
        Placement.parse(placement)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_that_is_null_has_its_default() -> None:
    assert Placement.parse(dict.fromkeys(("cache", "lora", "group", "offload", "quantization"))) == Placement()


@pytest.mark.parametrize(
    "placement",
    [
        {"device": "cuda:1", "offload": "model", "threads": 4, "vae_slicing": True, "compile": True},
        {"offload": "group", "group": {"type": "leaf_level", "stream": True}},
        {"text_encoder": "offload", "attention": "flash"},
        {"attention": "_native_cudnn", "cache": {}, "quantization": {}, "lora": []},
    ],
)
def test_what_changes_no_pixel_is_no_part_of_identity(placement: dict[str, Any]) -> None:
    assert Placement.parse(placement).identity() == {}


@pytest.mark.parametrize(
    "placement",
    [
        {"vae_tiling": True},
        {"vae_tiling": "auto"},
        {"cache": {"kind": "taylorseer", "cache_interval": 3}},
        {"quantization": {"backend": "bitsandbytes_4bit"}},
        {"lora": [{"path": "a/b", "weight": 0.5}]},
        {"attention": "_sage_qk_int8_pv_fp8_cuda"},
        {"attention": "sage_hub"},
    ],
)
def test_what_changes_pixels_is_part_of_identity(placement: dict[str, Any]) -> None:
    assert Placement.parse({"device": "cuda", "offload": "model", **placement}).identity() == placement


@pytest.mark.parametrize(
    ("placement", "line"),
    [
        ({"quantization": {"backend": "torchao", "quant_type": "Int8WeightOnlyConfig"}}, "pip install torchao"),
        ({"quantization": {"backend": "bitsandbytes_8bit"}}, "pip install bitsandbytes"),
        ({"lora": [{"path": "a/b"}]}, "pip install peft"),
        ({"attention": "flash_varlen"}, "pip install flash-attn --no-build-isolation"),
        ({"attention": "_flash_varlen_3"}, "flash-attention.git#subdirectory=hopper"),
        ({"attention": "_flash_3_hub"}, "pip install kernels"),
        ({"attention": "_sage_qk_int8_pv_fp16_triton"}, "pip install sageattention"),
        ({"attention": "sage_hub"}, "pip install kernels"),
        ({"attention": "xformers"}, "pip install xformers"),
    ],
)
def test_a_back_end_that_is_missing_is_named_with_its_line(
    placement: dict[str, Any], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingDependency) as caught:
        Placement.parse(placement).packages()
    assert line in str(caught.value)


def test_what_torch_brings_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    for name in (None, "native", "_native_cudnn", "flex"):
        Placement.parse({"attention": name}).packages()
    with pytest.raises(MissingDependency):  # as any other would
        Placement.parse({"attention": "sage"}).packages()


@pytest.mark.parametrize(
    ("placement", "says"),
    [
        ({"vae_tiling": True}, "KLTemporalDecoder has no tiling; lower model.adapter.call.decode_chunk_size"),
        ({"vae_slicing": True}, "has no slicing; lower model.adapter.call.decode_chunk_size"),
        ({"cache": {"kind": "first_block"}}, "UNetSpatioTemporalConditionModel cannot keep steps"),
        ({"compile": True}, "names no repeated blocks"),
        ({"attention": "native"}, "has attention of its own kind"),
        ({"lora": [{"path": "a/b"}]}, "StableVideoDiffusionPipeline takes no LoRA"),
    ],
)  # fmt: skip
def test_stable_video_diffusion_is_asked_only_for_what_it_can(placement: dict[str, Any], says: str) -> None:
    with pytest.raises(SetupError) as caught:
        check(svd(), placement)
    assert says in str(caught.value)


def test_tiles_where_possible_suit_every_vae() -> None:
    for pipe in (svd(), wan()):
        check(pipe, {"vae_tiling": "auto"})
    pipe = build_svd()
    Placement.parse({"device": "cpu", "vae_tiling": "auto"}).apply(pipe)
    assert not getattr(pipe.vae, "use_tiling", False)


@pytest.mark.parametrize(
    ("placement", "says"),
    [
        ({"attention": "nativ"}, "attention: unknown nativ (did you mean native"),
        ({"offload": "model"}, "finds no accelerator"),
        ({"text_encoder": "offload"}, "finds no accelerator"),
        ({"cache": {"kind": "sea"}}, "WanImageToVideoPipeline does not tell its steps"),
    ],
)
def test_wan_is_asked_only_for_what_it_can(placement: dict[str, Any], says: str) -> None:
    with pytest.raises(SetupError) as caught:
        check(wan(), placement)
    assert says in str(caught.value)


def test_what_wan_can_is_let_through() -> None:
    check(wan(), {"vae_tiling": True, "vae_slicing": True, "compile": True, "attention": "native"})
    check(wan(), {"cache": {"kind": "pyramid_attention"}, "lora": [{"path": "a/b"}]})


def test_a_gpu_that_is_not_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SetupError, match=r"finds no CUDA device here; install a build of torch for your GPU"):
        check(wan(), {"device": "cuda"})
    with pytest.raises(SetupError, match="no such device"):
        check(wan(), {"device": "mps"})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check(wan(), {"device": "cuda:1", "offload": "model"})
    with pytest.raises(SetupError, match=r"the GPUs here are cuda:0 to cuda:1"):
        check(wan(), {"device": "cuda:2"})


def test_offloading_that_a_class_does_not_support_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from diffusers import ModularPipeline, VQModel

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    def refused(made: Any, parts: dict[str, Any], **placement: Any) -> str:
        with pytest.raises(SetupError) as caught:
            Placement.parse({"device": "cuda", **placement}).check(made, parts)
        return str(caught.value)

    parts = classes(wan())
    assert "VQModel does not support it" in refused(type(wan()), {**parts, "vae": VQModel}, offload="group")
    quantization = {"backend": "bitsandbytes_8bit"}
    assert "does not go with" in refused(type(wan()), parts, offload="group", quantization=quantization)
    assert "ModularPipeline does not support it" in refused(ModularPipeline, parts, offload="sequential")
    assert "does not tell when a text" in refused(ModularPipeline, parts, text_encoder="offload")
    Placement.parse({"device": "cuda", "text_encoder": "offload"}).check(type(svd()), classes(svd()))


def test_tiles_change_pixels_and_no_shape(folder: Path, tmp_path: Path) -> None:
    wide = Tiny(build_deep, {**DEEP.changes, "size": [288, 32], "call.num_inference_steps": 1})
    whole = clip_of(placed(folder, wide), tmp_path, seconds=0.25)
    adapter = placed(folder, wide, vae_tiling=True, vae_slicing=True)
    tiled = clip_of(adapter, tmp_path, seconds=0.25)
    assert tiled.shape == whole.shape
    assert not np.array_equal(tiled, whole)


def test_the_native_attention_gives_the_same_pixels_and_stays_with_its_model(
    folder: Path, tmp_path: Path, plain: Frames
) -> None:
    from diffusers.models.attention_dispatch import _AttentionBackendRegistry

    before = _AttentionBackendRegistry.get_active_backend()
    assert np.array_equal(clip_of(placed(folder, attention="native"), tmp_path), plain)
    placed(folder, attention="_native_math")
    assert _AttentionBackendRegistry.get_active_backend() == before


CACHES: dict[str, dict[str, Any]] = {
    "first_block": {"threshold": 10.0},
    "taylorseer": {"cache_interval": 2, "disable_cache_before_step": 1, "use_lite_mode": True},
    "mag": {"mag_ratios": [1.0] * 2 * STEPS, "num_inference_steps": STEPS, "threshold": 10.0, "retention_ratio": 0.2},
    "pyramid_attention": {"spatial_attention_block_skip_range": 2, "spatial_attention_timestep_skip_range": [1, 999]},
}


@pytest.mark.parametrize("kind", CACHES)
def test_a_step_cache_remembers_nothing_of_other_clips(kind: str, folder: Path, tmp_path: Path, plain: Frames) -> None:
    adapter = placed(folder, cache={"kind": kind, **CACHES[kind]})
    first = clip_of(adapter, tmp_path)
    assert first.shape == plain.shape
    assert not np.array_equal(first, plain), "the cache was never used"
    clip_of(adapter, tmp_path, seed=8, prompt="another")
    assert np.array_equal(clip_of(adapter, tmp_path), first)

    def fail(k: int, _: int) -> None:
        if k == 3:
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        adapter.generate(request_of(adapter, tmp_path, seed=8, step=fail))
    assert np.array_equal(clip_of(adapter, tmp_path), first)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"kind": "first_block", "treshold": 0.1}, "first_block has no treshold (did you mean threshold?)"),
        ({"kind": "taylorseer", "taylor_factors_dtype": "half_a"}, "unknown 'half_a'"),
        ({"kind": "taylorseer"}, "finds no layer of WanTransformer3DModel to keep; set use_lite_mode=true"),
        ({"kind": "mag"}, "cache: "),
    ],
)
def test_a_cache_with_settings_that_do_not_fit_is_told_in_a_line(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(SetupError) as caught:
        Placement.parse({"device": "cpu", "cache": settings}).apply(build_wan21())
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_compilation_is_of_the_repeated_blocks_of_every_denoiser() -> None:
    made: list[dict[str, Any]] = []
    pipe = TINY["wan22_a14b"].build()
    for denoiser in (pipe.transformer, pipe.transformer_2):
        denoiser.compile_repeated_blocks = lambda **how: made.append(how)
    Placement.parse({"device": "cpu", "compile": True}).apply(pipe)
    assert made == [{"fullgraph": True}] * 2


def make_lora(folder: Path, transformer: Any, targets: list[str]) -> Path:
    """A LoRA of rank 2 with weights far from none."""
    import torch
    from diffusers import WanImageToVideoPipeline
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    torch.manual_seed(3)
    transformer.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=targets, init_lora_weights=False))
    layers = {name: 10 * weight for name, weight in get_peft_model_state_dict(transformer).items()}
    WanImageToVideoPipeline.save_lora_weights(folder, transformer_lora_layers=layers)
    return folder


def test_a_lora_of_weight_0_changes_nothing_and_of_weight_1_does(folder: Path, tmp_path: Path, plain: Frames) -> None:
    pytest.importorskip("peft")
    lora = make_lora(tmp_path / "lora", build_deep().transformer, ["to_q", "to_v"])
    (tmp_path / "s").mkdir()
    without = placed(folder, lora=[{"path": str(lora), "weight": 0}])
    assert np.array_equal(clip_of(without, tmp_path / "s"), plain)
    file = {"path": str(lora), "file": "pytorch_lora_weights.safetensors"}
    assert not np.array_equal(clip_of(placed(folder, lora=[file]), tmp_path / "s"), plain)
    assert "lora@sha256:" in without.revision()


def test_a_lora_of_another_model_is_told_in_a_line(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    other = _wan_transformer("WanTransformer3DModel", 36, image_dim=16)
    lora = make_lora(tmp_path / "lora", other, ["image_embedder.ff.net.0.proj"])
    with pytest.raises(SetupError) as caught:
        placed(folder, lora=[{"path": str(lora)}])
    assert "lora does not fit: " in str(caught.value)
    assert "\n" not in str(caught.value)
    longer = make_lora(
        tmp_path / "longer", _wan_transformer("WanTransformer3DModel", 36, image_dim=8, num_layers=4), ["to_q"]
    )
    with pytest.raises(SetupError, match=r"longer does not fit, it is of another model: .*blocks.3.attn1"):
        placed(folder, lora=[{"path": str(longer)}])
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupError, match="empty does not fit: "):
        placed(folder, lora=[{"path": str(tmp_path / "empty")}])


def test_each_of_two_experts_has_loras_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    lora = make_lora(tmp_path, _wan_transformer("WanTransformer3DModel", 36), ["to_q"])
    pipe = TINY["wan22_a14b"].build()
    second = {"path": "b", "weight": 0.25, "part": "transformer_2"}
    Placement.parse({"device": "cpu", "lora": [{"path": "a", "weight": 0.5}, second]}).apply(pipe, [lora, lora])
    assert pipe.get_list_adapters() == {"transformer": ["lora_0"], "transformer_2": ["lora_1"]}
    for part, weight in ((pipe.transformer, 0.5), (pipe.transformer_2, 0.25)):
        scalings = [layer.scaling for layer in part.modules() if hasattr(layer, "scaling")]
        assert {value for scaling in scalings for value in scaling.values()} == {weight}
    with pytest.raises(SetupError, match="has no transformer_2 here"):
        Placement.parse({"device": "cpu", "lora": [second]}).apply(build_wan21(), [lora])


def quantized(**settings: Any) -> Any:
    import torch

    parse = Placement.parse({"device": "cpu", "quantization": settings})
    return parse.load_arguments({"default": torch.bfloat16}, classes(wan()), Path())


def test_torchao_gets_the_object_that_a_word_names() -> None:
    pytest.importorskip("torchao")
    found = quantized(backend="torchao", quant_type="Int8WeightOnlyConfig", components=["transformer", "text_encoder"])
    mapping = found["quantization_config"].quant_mapping
    assert {name: type(one).__module__.partition(".")[0] for name, one in mapping.items()} == {
        "transformer": "diffusers", "text_encoder": "transformers",
    }  # fmt: skip
    assert {type(one.quant_type).__name__ for one in mapping.values()} == {"Int8WeightOnlyConfig"}
    with pytest.raises(SetupError, match=r"unknown 'Int8WeightOnly' \(did you mean Int8WeightOnlyConfig"):
        quantized(backend="torchao", quant_type="Int8WeightOnly")


def test_torchao_quantizes_while_it_loads(folder: Path, tmp_path: Path, plain: Frames) -> None:
    pytest.importorskip("torchao")
    adapter = placed(folder, quantization={"backend": "torchao", "quant_type": "Int8WeightOnlyConfig"})
    clip = clip_of(adapter, tmp_path)
    assert clip.shape == plain.shape
    assert not np.array_equal(clip, plain)


def test_bitsandbytes_computes_in_the_dtype_of_the_model() -> None:
    pytest.importorskip("bitsandbytes")
    import torch

    (config,) = quantized(backend="bitsandbytes_4bit")["quantization_config"].quant_mapping.values()
    assert config.load_in_4bit
    assert config.bnb_4bit_compute_dtype is torch.bfloat16


def test_a_gguf_file_is_read_as_the_component_that_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(b"GGUF")
    settings = {"backend": "gguf", "file": str(file)}
    with pytest.raises(SetupError, match="a GGUF file holds one component"):
        quantized(**settings, components=["transformer", "text_encoder"])
    with pytest.raises(SetupError, match=r"unknown 'transfomer' \(did you mean transformer"):
        quantized(**settings, components=["transfomer"])
    with pytest.raises(SetupError) as caught:
        quantized(**settings)
    assert "broken.gguf cannot be read as a transformer: " in str(caught.value)


def test_groups_of_blocks_visit_the_device_and_change_nothing(folder: Path, tmp_path: Path, plain: Frames) -> None:
    """On the CPU the way there and back moves nothing; that the hooks agree with the pipeline is what is tried."""
    for group in ({}, {"type": "leaf_level"}, {"blocks": 2, "to_disk": str(tmp_path / "disk")}):
        adapter = placed(folder)
        adapter._placement = Placement.parse({"device": "cpu", "offload": "group", "group": group})
        adapter._placement.apply(adapter._pipe)
        assert np.array_equal(clip_of(adapter, tmp_path), plain), group


def test_the_text_encoder_leaves_the_device_whenever_a_text_is_encoded(folder: Path, tmp_path: Path) -> None:
    """The encoders' way is recorded; the rest of the model moves at once, the encoders only with their first text."""
    moved: list[tuple[str, str]] = []
    pipe = placed(folder)._pipe
    for name, part in pipe.components.items():

        def to(self: Any, device: Any, *, name: str = name) -> Any:
            moved.append((name, str(device)))
            return self

        if hasattr(part, "parameters"):
            part.to = types.MethodType(to, part)
    placement = Placement.parse({"device": "cuda", "text_encoder": "offload"})
    placement._move(pipe)
    assert ("text_encoder", "cpu") in moved
    assert ("text_encoder", "cuda") not in moved
    assert {("transformer", "cuda"), ("vae", "cuda")} <= set(moved)

    (hook,) = pipe.parked
    moved.clear()
    hook.hook.execution_device = "cpu"  # the encoder really works here
    offloads: list[str] = []
    hook.hook.offload = hook.offload = lambda: offloads.append("left")
    inner = pipe.encode_prompt._encode
    prompts = EncodedPrompts(inner, placement.after_encoding(pipe))
    for text in ("one", "one", "two"):
        prompts(text, None, False, 1, device="cpu", max_sequence_length=16)
    assert offloads == ["left", "left"]  # a text that is remembered wakes no encoder
    placement.release(pipe)  # a call that failed while it encoded left the encoder on the device
    assert len(offloads) == 3


def fragments(advice: str) -> list[str]:
    return re.findall(r"\+?model\.adapter\.\S+=[^\s,]+", advice)


@pytest.mark.parametrize("chosen", [None, "gpu12gb", "gpu24gb", "gpu80gb"])
def test_advice_is_accepted_on_the_command_line(chosen: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    used = ["model=wan21_480p", *([f"placement={chosen}"] if chosen else [])]
    now = dict(composed("generate", *used).model.adapter["placement"])
    placement = Placement.parse({**now, "device": "cuda"})
    placement.check(type(wan()), classes(wan()))
    advice = placement.advice()
    ways = [fragments(way) for way in advice.split(", or ") if fragments(way)]
    assert bool(ways) == (chosen != "gpu12gb"), advice
    for way in ways:
        then = composed("generate", *used, *way).model.adapter["placement"]
        Placement.parse(then)
        assert then != now


def test_advice_names_only_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def advice(pipe: Any, **placement: Any) -> str:
        parsed = Placement.parse(placement)
        parsed.check(type(pipe), classes(pipe))
        return parsed.advice()

    assert advice(wan(), device="cpu") == f"try +{KEY}.vae_tiling=true (changes pixels a little)"
    assert advice(svd(), device="cpu") == "try lower model.adapter.call.decode_chunk_size"
    assert advice(wan(), device="cpu", vae_tiling=True) == "use a smaller model or size, or a larger device"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    found = advice(wan(), device="cuda", text_encoder="offload", vae_tiling=False)
    assert f"+{KEY}.offload=model {KEY}.text_encoder=keep, or " in found
    assert f"or {KEY}.vae_tiling=true" in found
    assert "offload=model" not in advice(wan(), device="cuda", offload="model")


def test_out_of_memory_names_the_ways_and_the_next_clip_is_the_same(
    folder: Path, tmp_path: Path, plain: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    adapter = placed(folder)

    def full(k: int, _: int) -> None:
        if k == 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    with pytest.raises(AdapterError, match=rf"out of memory on cpu; try \+{KEY}\.vae_tiling=true"):
        adapter.generate(request_of(adapter, tmp_path, step=full))
    assert np.array_equal(clip_of(adapter, tmp_path), plain)


@pytest.mark.full
def test_release_puts_hooks_back_and_never_raises() -> None:
    class Pipe:
        freed = 0

        def maybe_free_model_hooks(self) -> None:
            self.freed += 1
            raise RuntimeError("the device is gone")

    pipe = Pipe()
    Placement().release(pipe)
    assert pipe.freed == 1
    Placement().release(None)
