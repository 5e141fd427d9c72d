"""Pipelines of diffusers that take a picture or a clip, and why no model of conf/model runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import SetupError

_RESTYLE = "repaints the given clip (it makes no later frames)"
_CONTROL = "follows the motion of a given clip, which would have to be the answer"
_EDIT = "edits what is given, by instruction or by an identity or pose that the benchmark does not have"
_SHARPEN = "only enlarges or refines a clip that is there"

NO_CONTINUATION: dict[str, str] = {
    "AnimateDiffVideoToVideoPipeline": _RESTYLE,
    "AnimateDiffVideoToVideoControlNetPipeline": _RESTYLE,
    "CogVideoXVideoToVideoPipeline": _RESTYLE,
    "VideoToVideoSDPipeline": _RESTYLE,
    "WanVideoToVideoPipeline": _RESTYLE,
    "AnimateDiffControlNetPipeline": _CONTROL,
    "CogVideoXFunControlPipeline": _CONTROL,
    "Cosmos2_5_TransferPipeline": _CONTROL,
    "EasyAnimateControlPipeline": _CONTROL,
    "WanAnimate2DistilledModularPipeline": _CONTROL,
    "WanAnimate2ModularPipeline": _CONTROL,
    "WanAnimatePipeline": _CONTROL,
    "ChronoEditPipeline": _EDIT,
    "ConsisIDPipeline": _EDIT,
    "LTX2HDRPipeline": _EDIT,
    "LTX2InContextPipeline": _EDIT,
    "LucyEditPipeline": _EDIT,
    "Kandinsky6SRPipeline": _SHARPEN,
    "LTX2DFRTemporalRefinePipeline": _SHARPEN,
    "LTX2LatentUpsamplePipeline": _SHARPEN,
    "LTX2VideoDiffusionDecodePipeline": "only decodes the latents of a clip that is there",
    "LTXLatentUpsamplePipeline": _SHARPEN,
}
"""Class → why not. From the sources of diffusers 0.42.1."""

_NO_ONE_MODEL = "draws 16 frames at a time with whatever Stable Diffusion 1.5 it is given: there is no one model to run"

NOT_OFFERED: dict[str, str] = {
    "AnimateDiffSparseControlNetPipeline": _NO_ONE_MODEL,
    "AnyFlowPipeline": (
        "is for checkpoints that make clips of a text alone, though it takes frames; "
        "anyflow and anyflow_v2v are run by AnyFlowFARPipeline"
    ),
    "EchoModularPipeline": (
        "is made for stories told through pictures and sounds in memory slots, and wants to be given a schedule "
        "that goes with no checkpoint known here"
    ),
    "I2VGenXLPipeline": "is deprecated in diffusers, and makes 16 frames at a time; svd_xt does what it does",
    "LTX2DFRPipeline": (
        "is one pass of a recipe of several (half size, upsampling, full size, refinement); "
        "ltx25 is the same model in one pass"
    ),
    "LTXI2VLongMultiPromptPipeline": (
        "tells a long story in windows, a prompt for each; ltx098_13b is the same model for 5 s"
    ),
    "PIAPipeline": f"is deprecated in diffusers, and {_NO_ONE_MODEL}",
}
"""Class → why no model here is run by it, though it goes on from a picture."""

TWINS: dict[str, str] = {
    "Cosmos3OmniModularPipeline": "Cosmos3OmniPipeline",
    "HeliosModularPipeline": "HeliosPipeline",
    "HeliosPyramidDistilledModularPipeline": "HeliosPyramidPipeline",
    "HeliosPyramidModularPipeline": "HeliosPyramidPipeline",
    "HunyuanVideo15ModularPipeline": "HunyuanVideo15ImageToVideoPipeline",
    "LTX2ModularPipeline": "LTX2ImageToVideoPipeline",
    "LTX25ModularPipeline": "LTX2ImageToVideoPipeline",
    "LTXModularPipeline": "LTXImageToVideoPipeline",
    "Wan22Image2VideoModularPipeline": "WanImageToVideoPipeline",
    "Wan22VaceModularPipeline": "WanVACEPipeline",
    "WanImage2VideoModularPipeline": "WanImageToVideoPipeline",
}
"""Modular class → the class that runs the same weights; models here are loaded by the latter."""


def refuse_restyling(pipeline: str, call: Mapping[str, Any]) -> None:
    """Raise SetupError for a pipeline, or a way of calling it, that does not continue its conditioning."""
    reason = NO_CONTINUATION.get(pipeline)
    if reason is not None:
        raise SetupError(f"{pipeline} {reason}: that is no continuation; the models that --help lists are")
    if pipeline in NOT_OFFERED:
        raise SetupError(f"{pipeline} {NOT_OFFERED[pipeline]}; the models that --help lists are run by others")
    if "strength" in call or call.get("denoise_strength", 1) != 1:
        raise SetupError(
            f"{pipeline} with strength or denoise_strength starts from the given frames and repaints them: "
            "that is no continuation; leave it out"
        )
