"""`experiment=published/…`: each composes, and its values are the published ones, written down here once more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runners.cli.choices import CONF, options
from runners.cli.making import instantiate_adapter
from runners.core.errors import UserError
from runners.planning.make_plan import check_settings
from runners.planning.seeds import seed_of
from runners.prompts.prompts import PromptChoice, plan_prompts
from runners.reporting.published import BY_BENCHMARK
from tests.test_conf import composed

NAMES = [name.removeprefix("published/") for name in options("experiment", [CONF]) if name.startswith("published/")]
COSMOS_I2V = {
    "adapter.native_fps": 24, "adapter.size": [1280, 720], "adapter.call.num_inference_steps": 50,
    "adapter.call.guidance_scale": 3.0, "adapter.scheduler.flow_shift": 4.75, "output": (1280, 720, 24),
    "adapter.options.enable_safety_checker": False, "seeds": [0], "prompts": "bpp", "mode": "i2v", "asked": 121,
}  # fmt: skip
COSMOS_V2V = {
    **COSMOS_I2V, "adapter.call.guidance_scale": 6.0, "adapter.scheduler.flow_shift": 5.0, "mode": "multiframe",
    "adapter.conditioning_frames": 72, "adapter.conditioning": "repeat_first", "adapter.leading": 73, "asked": 193,
    "adapter.call.condition_frame_indexes_vision": list(range(19)),
}  # fmt: skip
PUBLISHED: dict[str, tuple[tuple[str, str, str, float], dict[str, Any]]] = {
    # name: (benchmark, model in the table of published scores, mode, score), settings
    # NVIDIA/cosmos @ aca7057, evaluation/cosmos3/Physics_IQ/run_with_cosmos_framework.ipynb, build_i2v_input_jsonl
    "cosmos3_super_i2v": (
        ("original", "Cosmos3-Super", "i2v", 43.8), {**COSMOS_I2V, "adapter.checkpoint": "nvidia/Cosmos3-Super"}
    ),
    "cosmos3_nano_i2v": (
        ("original", "Cosmos3-Nano", "i2v", 40.2), {**COSMOS_I2V, "adapter.checkpoint": "nvidia/Cosmos3-Nano"}
    ),
    # the same notebook, prepare_v2v_conditioning and build_v2v_input_jsonl
    "cosmos3_super_v2v": (
        ("original", "Cosmos3-Super", "multiframe", 59.7), {**COSMOS_V2V, "adapter.checkpoint": "nvidia/Cosmos3-Super"}
    ),
    "cosmos3_nano_v2v": (
        ("original", "Cosmos3-Nano", "multiframe", 50.2), {**COSMOS_V2V, "adapter.checkpoint": "nvidia/Cosmos3-Nano"}
    ),
    # google-deepmind/physics-IQ-benchmark issue 76; NVIDIA/cosmos pull request 325
    "cosmos3_edge": (
        ("verified", "Cosmos3-Edge", "i2v", 32.7),
        {"adapter.size": [832, 480], "adapter.call.num_inference_steps": 20, "adapter.call.guidance_scale": 5.0,
         "adapter.scheduler.flow_shift": 8.0, "seeds": [0, 1, 2, 3], "prompts": "bpp", "mode": "i2v"},
    ),
    # the benchmark's pull request 80
    "minimax_h3": (
        ("verified", "MiniMax H3", "i2v", 39.8),
        {"adapter.checkpoint": "MiniMaxAI/MiniMax-H3", "adapter.workflow": "fl2va", "seeds": [42, 43, 44, 45],
         "prompts": "bpp", "mode": "i2v"},
    ),
    # the benchmark's pull request 65
    "kandinsky_wm": (
        ("verified", "Kandinsky-WM 1.0", "i2v", 30.8),
        {"adapter.checkpoint": "kandinskylab/Kandinsky-WM-1.0-I2V-5s-PH", "seeds": [32768, 1109, 1137, 16384],
         "prompts": "bpp", "mode": "i2v"},
    ),
    # ved015/CogVideoX-5b-Physics_iq_benchmarking @ 4ac5115, Physics_benchmark.ipynb
    "cogvideox_5b_2026": (
        ("original", "CogVideoX-5B", "i2v", 32.3),
        {"adapter.call.num_inference_steps": 60, "adapter.call.guidance_scale": 6.0, "adapter.native_fps": 8,
         "adapter.call.use_dynamic_cfg": False, "adapter.generator": "device", "asked": 49, "seeds": [42],
         "prompts": "bpp", "mode": "i2v"},
    ),
    # the benchmark's pull request 62; SandAI-org/MAGI-1 @ 6ff822e, example/24B/24B_base_config.json
    "magi1_24b_v2v": (
        ("verified", "Magi-1 24B", "multiframe", 48.4),
        {"adapter.width": 1280, "adapter.height": 720, "adapter.native_fps": 24, "adapter.conditioning_frames": 32,
         "adapter.env.GPUS_PER_NODE": "8", "seeds": [1234, 1235], "prompts": "op", "mode": "multiframe"},
    ),
    # isoquant-ai/research @ 419b9ea, physics-iq/README.md
    "seedance25_isoquant_i2v": (
        ("verified", "Seedance 2.5 + Isoquant", "i2v", 53.7),
        {"adapter.model": "bytedance/seedance-2.5", "adapter.call.resolution": "720p",
         "adapter.call.aspect_ratio": "adaptive", "adapter.call.generate_audio": False,
         "adapter.options.version": "ca38262bae0952bf80a7f10eda58af860a0eae7d48957a099e32632792b8f116",
         "output": (1280, 720, 24), "seeds": [42, 20260830, 314159, 271828], "prompts": "bpp", "mode": "i2v"},
    ),
    "seedance25_isoquant_v2v": (
        ("verified", "Seedance 2.5 + Isoquant", "multiframe", 57.1),
        {"adapter.model": "bytedance/seedance-2.5", "adapter.call.resolution": "720p",
         "adapter.call.aspect_ratio": "adaptive", "adapter.call.generate_audio": False,
         "adapter.options.version": "ca38262bae0952bf80a7f10eda58af860a0eae7d48957a099e32632792b8f116",
         "adapter.options.video": "reference_videos", "adapter.options.listed": True,
         "output": (1280, 720, 24), "seeds": [42, 20260830, 314159, 271828], "prompts": "bpp", "mode": "multiframe"},
    ),
}  # fmt: skip
ENCODED = {
    "cosmos3_super_i2v": ("ultrafast", 23),
    "cosmos3_super_v2v": ("medium", 18),
    "seedance25_isoquant_i2v": ("medium", 10),
}


def recipe(name: str, *words: str) -> Any:
    return composed("generate", f"experiment=published/{name}", *words)


def test_every_recipe_is_in_the_table() -> None:
    assert sorted(NAMES) == sorted(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_s_values_are_the_published_ones(name: str) -> None:
    (benchmark, *_), values = PUBLISHED[name]
    settings = recipe(name)
    check_settings(settings)
    adapter = instantiate_adapter(settings.model.adapter)
    output = settings.output
    found: dict[str, Any] = {
        "seeds": [seed_of(recipe(name, f"run={run}"), "0001") for run in range(1, len(values["seeds"]) + 1)],
        "prompts": settings.prompts.mode,
        "mode": adapter.needs.mode,
        "output": (output.width, output.height, output.fps),
        "asked": adapter.frames_to_ask(5.0) if "asked" in values else None,
    }
    for key in values:
        if key.startswith("adapter."):
            place: Any = settings.model.adapter
            for word in key.split(".")[1:]:
                place = place[word]
            found[key] = place
    assert {key: found[key] for key in values} == values
    assert (settings.benchmark.name, settings.tag) == (benchmark, "published")


@pytest.mark.parametrize("name", ENCODED)
def test_a_recipe_s_clips_are_encoded_as_the_published_ones(name: str) -> None:
    output = recipe(name).output
    assert (output.preset, output.crf) == ENCODED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_says_its_score_its_source_and_what_cannot_be_equal(name: str) -> None:
    (benchmark, model, mode, score), _ = PUBLISHED[name]
    text = (CONF / "experiment" / "published" / f"{name}.yaml").read_text("utf-8")
    rows = [row for row in BY_BENCHMARK[benchmark] if (row.model, row.mode) == (model, mode) and not row.means]  # type: ignore[index]
    assert [row.score for row in rows if "best of N" not in row.marks] == [score]
    headline = text.splitlines()[1]
    assert str(score) in headline
    assert ("Verified" if benchmark == "verified" else "original") in headline
    for word in ("# Source: ", "# As there: ", "# Unknown: ", "# Not equal: "):
        assert word in text, word


@pytest.mark.parametrize("name", [name for name, (_, values) in PUBLISHED.items() if values["prompts"] == "bpp"])
def test_a_recipe_whose_prompts_are_somebody_s_file_says_where_to_get_it(name: str, tmp_path: Path) -> None:
    hint = recipe(name).prompts.hint
    with pytest.raises(UserError, match=r"the prompts of this recipe are a file of its authors, .*: set prompts.file="):
        plan_prompts(PromptChoice("bpp", hint=hint), [], tmp_path)
    assert plan_prompts(PromptChoice("op", hint=hint), [], tmp_path).mode == "op"
    assert recipe(name, "prompts=op").prompts.mode == "op"
    assert recipe(name, "prompts.file=mine.json").prompts.file == "mine.json"
