"""What a clip of 5 s costs, as it was last looked up: a price that changes here was changed on purpose."""

from __future__ import annotations

import pytest

from adapters.api.service import Service
from runners.cli.making import instantiate_adapter
from tests.test_conf import composed

LOOKED_UP = {
    # model: US dollars for the job that holds 5 s, and where that is told
    "gemini_omni_12_flash": (0.35, "litellm 1.110.2: $12 per million video tokens; 5792 a second at 720p"),
    "gemini_omni_12_flash_extend": (0.38, "the same, and 3 s of input"),
    "gemini_omni_11_flash": (0.50, "litellm 1.110.2: $17.50 per million video tokens"),
    "vertex_veo31": (1.20, "cloud.google.com as told 2026-07-30: silent $0.20; 6 s are asked for"),
    "vertex_veo31_extend": (1.40, "the same; 7 s are added"),
    "vertex_veo31_fast": (0.60, "cloud.google.com as told 2026-07-30: silent $0.10 at 720p; 6 s are asked for"),
    "ark_seedance_20": (0.756, "BytePlus 2026-10-02: $7 per million tokens; BerriAI/litellm#34532"),
    "ark_seedance_20_fast": (0.605, "BytePlus 2026-10-02: $5.6 per million tokens"),
    "ark_seedance_15_pro": (0.1295, "BytePlus 2026-10-02: silent, $1.2 per million tokens"),
    "ark_seedance_10_pro": (0.27, "BytePlus 2026-10-02: $2.5 per million tokens"),
    "runway_kling30_pro": (0.60, "docs.dev.runwayml.com as told 2026-05-31: 12 credits a second without sound"),
    "runway_gemini_omni_flash_11_extend": (0.50, "10 credits a second as for image to video"),
    "replicate_kling25_turbo_pro": (0.35, "velinussage/pfp-animate"),
    "replicate_wan21_720p": (1.27, "programs that tell of $0.25 a second of output"),
    "replicate_seedance_10_pro": (0.35, "programs that tell of $0.05 to $0.07 a second: the largest"),
    "fal_minimax_h3_max": (0.40, "NousResearch/hermes-agent#95894: $0.08 a second at 768P"),
    "ark_seedance_25": (1.1555, "BytePlus: $10.7 per million tokens, as told 2026-10-09"),
    "fal_seedance_25": (2.365, "programs that tell of $0.473 a second at 720p"),
    "fal_seedance_25_extend": (2.2704, "0.6 of it with a video, and 3 s of input"),
    "replicate_seedance_25": (1.156, "programs that tell of $0.2312 a second"),
    "replicate_seedance_25_extend": (4.838, "programs that tell of $0.9676 a second with a video"),
    "fal_kling_v3_pro": (0.56, "NousResearch/hermes-agent#92720: $0.112 a second without sound"),
    "together_seedance_25": (1.245, "docs.together.ai: from $0.249 a second at 720p"),
    "vercel_seedance_25": (1.1555, "BytePlus' price: the gateway adds nothing"),
    "vercel_grok_imagine_15_lite": (0.16, "xAI's price: the gateway adds nothing"),
    "xai_grok_imagine_15_lite": (0.16, "litellm 1.110.2: $0.03 a second at 720p; $0.01 for the image"),
    "runway_seedance2_fast": (1.45, "docs.dev.runwayml.com as told 2026-09-30: 29 credits a second"),
    "runway_seedance2_mini": (0.80, "docs.dev.runwayml.com as told 2026-09-30: 16 credits a second, 64 at least"),
    "runway_gemini_omni_flash": (0.51, "10 credits a second, 1 for the image"),
    "kling_v3": (0.56, "Comfy-Org/docs#971"),
    "kling_v3_std": (0.42, "Comfy-Org/docs#971"),
}


def service(name: str) -> Service:
    made = instantiate_adapter(composed("generate", f"model={name}").model.adapter)
    assert isinstance(made, Service)
    return made


@pytest.mark.parametrize("name", LOOKED_UP)
def test_a_clip_costs_what_was_looked_up(name: str) -> None:
    assert service(name).estimate_usd(5.0) == pytest.approx(LOOKED_UP[name][0], abs=5e-5)


def test_what_gemini_shuts_down_says_when_and_names_its_successor() -> None:
    for name in ("gemini_omni_11_flash", "gemini_omni_11_flash_extend"):
        found = service(name)
        assert (found.eol, found.successor) == ("2026-12-03", name.replace("11", "12"))
