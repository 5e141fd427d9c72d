"""Pipelines of diffusers that take a picture or a clip and do not continue it."""

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
    "WanAnimatePipeline": _CONTROL,
    "ChronoEditPipeline": _EDIT,
    "ConsisIDPipeline": _EDIT,
    "LTX2HDRPipeline": _EDIT,
    "LTX2InContextPipeline": _EDIT,
    "LucyEditPipeline": _EDIT,
    "Kandinsky6SRPipeline": _SHARPEN,
    "LTX2DFRTemporalRefinePipeline": _SHARPEN,
    "LTX2LatentUpsamplePipeline": _SHARPEN,
    "LTXLatentUpsamplePipeline": _SHARPEN,
}
"""Class → why not. From the sources of diffusers 0.42.1."""


def refuse_restyling(pipeline: str, call: Mapping[str, Any]) -> None:
    """Raise SetupError for a pipeline, or a way of calling it, that does not continue its conditioning."""
    reason = NO_CONTINUATION.get(pipeline)
    if reason is not None:
        raise SetupError(f"{pipeline} {reason}: that is no continuation; the models that --help lists are")
    if "strength" in call or call.get("denoise_strength", 1) != 1:
        raise SetupError(
            f"{pipeline} with strength or denoise_strength starts from the given frames and repaints them: "
            "that is no continuation; leave it out"
        )
