"""Every class of diffusers that goes on from a picture or a clip is run by a model, or left out for a reason."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import diffusers
import pytest

from adapters import SetupError
from adapters.local.calls.kinds import NO_CONTINUATION, NOT_OFFERED, TWINS, refuse_restyling
from tests.local.test_models import LOCAL
from tests.test_conf import composed

SHOWN = {"image", "images", "video", "cond_image", "conditions", "conditioning_frames", "control_video", "ref_image",
         "reference_conditions", "driving_video"}  # fmt: skip
"""Arguments in which a pipeline is given pictures or clips."""


def _taken(made: Any) -> tuple[set[str], bool]:
    """The arguments of a pipeline class, and whether a video comes back."""
    if "Modular" not in made.__name__:
        taken = set(inspect.signature(made.__call__).parameters)
        moves = bool(taken & {"num_frames", "frames", "video", "control_video"}) or "Video" in made.__name__
        return taken, moves
    blocks = getattr(diffusers, made.default_blocks_name)()
    return {given.name for given in blocks.inputs}, "videos" in {result.name for result in blocks.outputs}


def video_classes() -> Iterator[str]:
    """All pipeline classes that are shown a picture or a clip and return a clip."""
    for name in sorted(dir(diffusers)):
        made = getattr(diffusers, name) if name.endswith("Pipeline") else None
        if not inspect.isclass(made) or made.__name__ != name or ".dummy_" in made.__module__:
            continue  # no class, another name of one, or a stand-in for what needs a package that is not here
        if getattr(made, "default_blocks_name", "") is None:
            continue
        taken, moves = _taken(made)
        if moves and taken & SHOWN:
            yield name


@pytest.mark.full
def test_every_class_that_continues_something_is_a_name_or_left_out_for_a_reason() -> None:
    shipped = {str(composed("generate", f"model={name}").model.adapter["pipeline"]) for name in LOCAL}
    found = list(video_classes())
    assert len(found) > 50  # the walk sees what it should
    accounted = shipped | set(NO_CONTINUATION) | set(NOT_OFFERED) | set(TWINS)
    assert [name for name in found if name not in accounted] == []
    assert set(TWINS.values()) <= shipped
    assert not shipped & (set(NO_CONTINUATION) | set(NOT_OFFERED) | set(TWINS))
    assert not (accounted - shipped) - {name for name in dir(diffusers) if name.endswith("Pipeline")}


@pytest.mark.parametrize("name", sorted(NOT_OFFERED))
def test_what_is_left_out_says_why(name: str) -> None:
    with pytest.raises(SetupError, match=rf"^{name} .{{40,}}; the models that --help lists are run by others$"):
        refuse_restyling(name, {})
