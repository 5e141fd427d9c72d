"""The providers as the tests of paid services know them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.api.fakes import Personality

Pairs = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Case:
    """One provider as the tests know it. `personality` is module:Class in tests/api/fakes, `model` a YAML in conf.

    `routes` are those that an undisturbed clip takes. `evidence`: the service lists jobs, and a lost one can be told
    there. `inline`: the video comes inside the answer of this route. `signed`: it is downloaded with the key.
    `bearer`: its credential is a token that others make; the key stands in for it. `changes` are arguments of the
    service, `fake_changes` of the personality. `differs` tells what a fault (route, kind) or an outcome ("outcome",
    name) means here where most vendors mean something else: see the tables of tests/api/test_faults.py.
    """

    name: str
    personality: str
    model: str
    key_env: str
    key: str
    routes: tuple[str, ...] = ("submit", "poll", "download")
    multiframe: str | None = None
    evidence: bool = False
    inline: str | None = None
    signed: bool = False
    bearer: bool = False
    changes: Mapping[str, Any] = field(default_factory=dict)
    fake_changes: Mapping[str, Any] = field(default_factory=dict)
    differs: Pairs = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> tuple[str, ...]:
        """The parts of the key that nobody else may see."""
        return tuple(part for part in self.key.split(":") if part)

    def fake(self) -> Personality:
        """A new fake of this vendor that wants the canary key."""
        module, _, name = self.personality.partition(":")
        kind = getattr(importlib.import_module(f"tests.api.fakes.{module}"), name)
        made: Personality = kind(self.key, **self.fake_changes)
        return made


def on(route: str, meaning: str, *kinds: str) -> dict[tuple[str, str], str]:
    """What these kinds of fault mean on a route."""
    return dict.fromkeys(((route, kind) for kind in kinds), meaning)


REVOKED = ("403_until_repolled", "410_until_repolled")
"""Where a job's address stays the same, one that is dead stays dead."""

FINAL = on("outcome", "final", "failed_transient")
"""Where no failure is documented as one that may pass."""

CASES = (
    Case(
        "runway", "runway:Runway", "runway_gen45", "RUNWAYML_API_SECRET", "key_CANARY-runway-51c07e92",
        multiframe="runway_gemini_omni_flash_11_extend",
        differs=on("submit", "passes", "503", "503_seconds"),  # documented as load shedding
    ),
    Case(
        "fal", "fal:Fal", "fal_pika22", "FAL_KEY", "CANARY-fal-id-3d4e:CANARY-fal-secret-5f60",
        routes=("submit", "poll", "result", "download"),
        differs={
            **on("download", "gone", *REVOKED), **on("result", "unanswerable", "404", "413"),
            **on("result", "failed", "422"),
        },
    ),
    Case("luma", "luma:Luma", "luma_ray32", "LUMA_AGENTS_API_KEY", "luma-api-CANARY-718293"),
    Case(
        "xai", "xai:XAI", "xai_grok_imagine_15", "XAI_API_KEY", "xai-CANARY-20b5aa61",
        multiframe="xai_grok_imagine_15_extend", differs=FINAL,
    ),
    Case(
        "gemini", "gemini:Gemini", "gemini_omni_12_flash", "GEMINI_API_KEY", "AIza_CANARY-gemini-7712",
        routes=("submit", "poll"), inline="poll", multiframe="gemini_omni_12_flash_extend",
        differs=on("poll", "failed", "zero_bytes") | FINAL,
    ),
    Case(
        "gemini_file", "gemini:Gemini", "gemini_omni_12_flash", "GEMINI_API_KEY", "AIza_CANARY-gemini-8823",
        routes=("submit", "poll", "result", "download"), signed=True, fake_changes={"delivery": "uri"},
        differs=on("result", "reappears", "403") | FINAL,  # a file that is gone looks like one of somebody else
    ),
    Case(
        "vertex", "vertex:Vertex", "vertex_veo31", "GOOGLE_APPLICATION_CREDENTIALS", "ya29.CANARY-vertex-6d1f",
        routes=("submit", "poll"), inline="poll", multiframe="vertex_veo31_extend", bearer=True,
        changes={"options": {"project": "p-1"}}, differs=on("poll", "failed", "zero_bytes"),
    ),
    Case(
        "replicate", "replicate:Replicate", "replicate_p_video", "REPLICATE_API_TOKEN", "r8_CANARY-replicate-0b9c",
        routes=("upload", "submit", "poll", "download"), changes={"options": {"upload": 100}},
        differs=on("download", "gone", *REVOKED),
    ),
    Case(
        "ark", "ark:Ark", "ark_seedance_15_pro", "ARK_API_KEY", "CANARY-ark-99127",
    ),
    Case(
        "kling", "kling:Kling", "kling_v3", "KLING_API_KEY", "CANARY-kling-4417", evidence=True,
        differs=FINAL | on("submit", "declined", "409"),  # its envelope's code says more than the status
    ),
    Case(
        "minimax", "minimax:MiniMax", "minimax_hailuo_23", "MINIMAX_API_KEY", "CANARY-minimax-1279",
        routes=("submit", "poll", "result", "download"),
        differs={
            **on("submit", "unknown", "404"),  # not in an envelope of its own
            **on("poll", "passes", "413", "422"),  # codes inside an HTTP 200
            **on("outcome", "may pass", "cancelled"),  # an unknown error, by its code
        },
    ),
    Case(
        "minimax_v2", "minimax_v2:MiniMaxV2", "minimax_api_h3", "MINIMAX_API_KEY", "CANARY-minimax-v2-3390",
    ),
    Case(
        "dashscope", "dashscope:DashScope", "dashscope_wan27", "DASHSCOPE_API_KEY", "sk-CANARY-dashscope-7d20",
        multiframe="dashscope_wan27_extend", differs=on("download", "gone", *REVOKED),
    ),
    Case(
        "openrouter", "openrouter:OpenRouter", "openrouter_kling_v30_pro", "OPENROUTER_API_KEY",
        "sk-or-CANARY-openrouter-64a8", signed=True, differs=FINAL,
    ),
    Case(
        "wavespeed", "wavespeed:WaveSpeed", "wavespeed_kling_4", "WAVESPEED_API_KEY", "CANARY-wavespeed-0b77",
        multiframe="wavespeed_kling_4_extend", differs=on("download", "gone", *REVOKED),
    ),
    Case(
        "together", "together:Together", "together_seedance_25", "TOGETHER_API_KEY", "CANARY-together-9a3d",
        differs=FINAL,
    ),
    Case(
        "vercel", "vercel:Vercel", "vercel_seedance_25", "AI_GATEWAY_API_KEY", "vck_CANARY-vercel-2f60",
        differs=FINAL,
    ),
    Case(
        "openai", "openai:OpenAI", "openai_videos", "OPENAI_API_KEY", "sk-CANARY-openai-e5d3", signed=True,
        changes={
            "model": "sora-2", "key_env": "OPENAI_API_KEY", "durations": [4, 8, 12], "seed": False, "negative": False,
            "price": {"usd_per_second": 0.1},
        },
        differs=FINAL,
    ),
)  # fmt: skip
DASHSCOPE_CLIP = Case(
    "dashscope_clip", "dashscope:DashScope", "dashscope_wan27_extend", "DASHSCOPE_API_KEY", "sk-CANARY-dashscope-51fe",
    routes=("upload", "files", "submit", "poll", "download"), changes={"leading": 0},
    differs=on("download", "gone", *REVOKED)
    # a storage's word is nobody's verdict: leave to put a file there is asked for anew
    | on("files", "passes", "401", "402", "403", "404", "413", "422")
    # it says yes, and the service then finds nothing there: nothing is made
    | on("files", "declined", "malformed_json", "empty_object"),
)  # fmt: skip
WAVESPEED_CLIP = Case(
    "wavespeed_clip", "wavespeed:WaveSpeed", "wavespeed_kling_4_extend", "WAVESPEED_API_KEY", "CANARY-wavespeed-c41e",
    routes=("upload", "files", "submit", "poll", "download"), changes={"leading": 0},
    differs=DASHSCOPE_CLIP.differs,
)  # fmt: skip
PUT_FIRST = (DASHSCOPE_CLIP, WAVESPEED_CLIP)
"""Services with footage, which is put into a storage first: the catalogue of faults knows them beside the others."""
BY_NAME = {case.name: case for case in (*CASES, *PUT_FIRST)}
