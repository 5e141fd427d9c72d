"""What local models are run with, each value by its source, and the way back to what it was before."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from adapters import SetupError
from adapters.local.diffusers import Diffusers
from runners.cli.making import instantiate_adapter
from runners.core.files import sha256_json
from runners.planning.fingerprint import conditioning_identity
from tests.local.tiny import others
from tests.local.whole_run import adapter_node, make_adapter, saved
from tests.planning.test_identities import FILE, OUTPUT, typed
from tests.test_conf import CONF, composed

GUARDED = {"options.enable_safety_checker": True, "checkpoint": "nvidia/Cosmos3-Nano"}
LTX_2 = {
    "call.num_inference_steps": 40, "call.guidance_scale": 3.0, "call.spatio_temporal_guidance_blocks": [29],
    "call.use_cross_timestep": False,
}  # fmt: skip
SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    # name: (where its authors say so, the adapter's settings)
    "cogvideox_5b": (
        "zai-org/CogVideo, README (8N+1, N <= 6) and inference/cli_demo.py",
        {"checkpoint": "zai-org/CogVideoX-5b-I2V", "most": 49, "call.num_inference_steps": 50},
    ),
    "cogvideox15_5b": (
        "zai-org/CogVideo, README (16N+1, N <= 10)", {"checkpoint": "zai-org/CogVideoX1.5-5B-I2V", "most": 161}
    ),
    "cosmos3_nano": (
        "NVIDIA/cosmos @ aca7057, cookbooks/cosmos3/generator/audiovisual/run_with_diffusers.ipynb",
        {**GUARDED, "call.num_inference_steps": 35, "call.guidance_scale": 6.0, "scheduler.flow_shift": 10.0},
    ),
    "cosmos3_edge": (
        "NVIDIA/cosmos pull request 325",
        {"call.num_inference_steps": 20, "call.guidance_scale": 5.0, "scheduler.flow_shift": 8.0, "size": [832, 480]},
    ),
    "easyanimate_v2v": (
        "EasyAnimate, predict_i2v.py", {"call.num_inference_steps": 50, "call.guidance_scale": 6.0, "size": [672, 384]}
    ),
    "framepack": ("FramePack, demo_gradio.py", {"call.num_inference_steps": 25, "call.guidance_scale": 10.0}),
    "hunyuan": (
        "HunyuanVideo-I2V, README (--i2v-stability, --embedded-cfg-scale 6.0)",
        {"scheduler.shift": 7.0, "call.guidance_scale": 6.0},
    ),
    "kandinsky5": (
        "kandinsky-5, configs/k5_pro_i2v_5s_sft_hd.yaml; kandinsky5 documentation of diffusers (flex)",
        {"size": [1280, 768], "placement.attention": "flex", "placement.compile": True},
    ),
    "kandinsky_wm": (
        "two programs that read the hub on 2026-10-05", {"size": [768, 512], "placement.attention": None}
    ),
    "ltx": ("LTX-Video, configs/ltxv-2b-0.9.yaml", {"call.num_inference_steps": 40, "call.guidance_scale": 3.0}),
    "ltx_v2v": (
        "LTX-Video, configs/ltxv-2b-0.9.5.yaml",
        {"call.num_inference_steps": 40, "call.decode_timestep": 0.05, "call.decode_noise_scale": 0.025,
         "generator": "device"},
    ),
    "ltx2": ("LTX-2, constants.py, LTX_2_PARAMS", {**LTX_2, "call.image_crf": 0}),
    "ltx2_v2v": ("LTX-2, constants.py, LTX_2_PARAMS", LTX_2),
    "sana_video": (
        "sana_video.md of diffusers; its conversion script (flow-euler for i2v, shift 8)",
        {"scheduler": {"class": "FlowMatchEulerDiscreteScheduler", "shift": 8.0}},
    ),
    "svd": (
        "Stability-AI/generative-models, scripts/sampling/configs/svd.yaml",
        {"call.num_inference_steps": 25, "call.min_guidance_scale": 1.0, "call.max_guidance_scale": 2.5},
    ),
    "svd_xt": (
        "Stability-AI/generative-models, scripts/sampling/configs/svd_xt.yaml",
        {"call.num_inference_steps": 30, "call.min_guidance_scale": 1.5, "call.max_guidance_scale": 3.0},
    ),
    "wan_vace_v2v": (
        "Wan2.1, generate.py; VACE, vace_wan_inference.py (sample_shift 16)", {"scheduler.flow_shift": 16.0}
    ),
}  # fmt: skip


def at(node: Any, path: str) -> Any:
    for word in path.split("."):
        node = node[word]
    return node


@pytest.mark.parametrize("name", SOURCES)
def test_a_model_is_run_with_what_its_authors_say(name: str) -> None:
    _, wanted = SOURCES[name]
    adapter = composed("generate", f"model={name}").model.adapter
    assert {path: at(adapter, path) for path in wanted} == wanted


def negative(name: str) -> str:
    return str(composed("generate", f"model={name}").model.negative_prompt)


def test_negative_prompts_are_the_authors() -> None:
    from diffusers.pipelines.ltx2.utils import DEFAULT_NEGATIVE_PROMPT

    assert negative("ltx2") == negative("ltx2_v2v") == DEFAULT_NEGATIVE_PROMPT
    shared = negative("wan22_a14b")
    # Wan2.1, wan/configs/wan_i2v_14B.py: "camera shake" in front, for image to video alone
    assert negative("wan21_480p") == negative("wan21_720p") == f"镜头晃动，{shared}"
    assert negative("wan_vace_v2v") == negative("skyreels_v2_df") == shared
    # SkyReels-V2: generate_video.py sends the English text, which Helios' authors took over
    assert negative("skyreels_v2") == negative("helios_v2v")
    assert negative("skyreels_v2").startswith("Bright tones, overexposed, static, blurred details, subtitles")


@pytest.mark.parametrize("name", ["cosmos3_nano", "cosmos3_super_v2v", "cosmos3_edge"])
def test_cosmos3_s_negative_prompt_is_sent_as_nvidia_s_notebooks_send_it(name: str) -> None:
    """The file neg_prompt.json of NVIDIA/cosmos @ aca7057, as json.dumps(…, separators=(",", ":")) writes it."""
    text = negative(name)
    made = json.loads(text)
    assert json.dumps(made, ensure_ascii=True, separators=(",", ":")) == text
    assert sha256_json(made)[:16] == "c253f982547f19b1"


def test_cosmos3_s_guardrail_is_a_choice_that_is_recorded() -> None:
    on, off = (
        instantiate_adapter(typed("model=cosmos3_nano", *words).model.adapter)
        for words in ((), ("model.adapter.options.enable_safety_checker=false",))
    )
    assert isinstance(on, Diffusers)
    assert isinstance(off, Diffusers)
    assert (on._packages, off._packages) == (("cosmos_guardrail",), ())
    node = composed("generate", "model=cosmos3_nano").model.adapter
    assert on.identity(node)["options"] == {"enable_safety_checker": True}


def test_sparse_attention_without_flex_is_refused_before_the_weights_are_read(folder: Path) -> None:
    """Any other back-end hands its BlockMask to scaled_dot_product_attention: a TypeError at the first step."""
    tiny = others.TINY["kandinsky5"]
    checkpoint = saved(tiny, folder / tiny.build.__name__)
    hidden = checkpoint / "transformer" / "config.json"
    assert json.loads(hidden.read_text("utf-8"))["attention_type"] == "nabla"
    adapter = make_adapter(adapter_node("kandinsky5", checkpoint, tiny, placement={"device": "cpu"}), tiny)
    with pytest.raises(SetupError, match=r"placement\.attention=null: .* sparse \(nabla\).*placement\.attention=flex "):
        adapter.load()
    assert adapter._pipe is None


PAGE = CONF.parent / "docs" / "local_models.md"
FORMER = {
    "cogvideox15_5b": "c520ff47b4dbd5b0",
    "cogvideox_5b": "7d32c38546faeed4",
    "cosmos3_edge": "d76f829afe597da8",
    "cosmos3_nano": "28e4d7c0390f896f",
    "cosmos3_nano_v2v": "5782cb9171ae0809",
    "cosmos3_super": "a53bc26619358498",
    "cosmos3_super_v2v": "7d72e47ac0239ffa",
    "easyanimate_v2v": "78d4afcbbffc213c",
    "framepack": "f6da4bf3d621c43d",
    "hunyuan": "c5af86f3f0c21467",
    "kandinsky5": "3dbd13108a98e8e8",
    "ltx": "7654a018a9de77fe",
    "ltx2": "6bb64a2b04f56dee",
    "ltx2_v2v": "418eb3d052e1817c",
    "ltx_v2v": "821cfd898538e493",
    "sana_video": "d76e785c82b932a8",
    "svd": "e66227771d6be368",
    "svd_xt": "f0a5a8a3c821f381",
    "wan_vace_v2v": "cc358bae8b7ffea8",
}
"""What identified a run of each before its defaults changed; of the rest only the negative prompt did."""


def ways_back() -> list[tuple[str, list[str]]]:
    """Each name of the table in the docs, and what is typed to have its former settings."""
    page = PAGE.read_text("utf-8").split("## Defaults")[1]
    rows = re.findall(r"^\| (`.+?`) \| [^|]+ \| `(.+)` \|$", page, re.MULTILINE)
    return [(name, shlex.split(words)) for names, words in rows for name in re.findall(r"`(\w+)`", names)]


def test_every_changed_default_is_told() -> None:
    assert {name for name, _ in ways_back()} == {*FORMER, "wan21_480p", "wan21_720p", "skyreels_v2"}
    now = json.loads(FILE.read_text("utf-8"))
    assert [name for name in FORMER if now[name] == FORMER[name]] == []


@pytest.mark.parametrize(("name", "words"), ways_back())
def test_the_former_setting_is_reached_by_what_the_docs_say(name: str, words: list[str]) -> None:
    model = typed(f"model={name}", *words).model
    adapter = instantiate_adapter(model.adapter)
    identity = {
        "adapter": adapter.identity(model.adapter),
        "conditioning": conditioning_identity(adapter.needs, "pad", OUTPUT),
    }
    assert sha256_json(identity)[:16] == FORMER.get(name, json.loads(FILE.read_text("utf-8")).get(name))
    if any("negative_prompt" in word for word in words):
        assert model.negative_prompt != composed("generate", f"model={name}").model.negative_prompt
