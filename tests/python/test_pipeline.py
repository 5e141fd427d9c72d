"""A pipeline that is in memory already: used as it is, where it lies, and given back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runners import evaluate
from runners.core.errors import UserError
from tests.local.whole_run import pipeline, tiny_models
from tests.python.test_evaluate import asked

pytest.importorskip("diffusers")

MODEL = "wan22_ti2v_5b"
MODULAR = "minimax_h3"


def words(tmp_path: Path, model: str = MODEL, **changes: Any) -> dict[str, Any]:
    """One clip, with what a tiny checkpoint changes of the model's YAML."""
    tiny = {f"++model.adapter.{key}": value for key, value in tiny_models()[model].changes.items()}
    return asked(tmp_path, select={"limit": 1}, **{"++model.adapter.needs": []}, **tiny, **changes)


def state(pipe: Any) -> dict[str, Any]:
    """What a borrower might leave behind."""
    import torch

    parts = {name: part for name, part in pipe.components.items() if isinstance(part, torch.nn.Module)}
    return {
        "own": vars(pipe).keys() & {"progress_bar", "encode_prompt"},
        "hooks": {name: len(module._forward_pre_hooks) for name, module in parts.items()},
        "training": {name: [module.training for module in part.modules()] for name, part in parts.items()},
        "cudnn": (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic),
        "bars": getattr(pipe, "_progress_bar_config", None),
    }


def test_a_pipeline_in_memory_makes_the_clips_and_is_given_back_as_it_was(tmp_path: Path) -> None:
    import torch

    pipe = pipeline(MODEL)
    pipe.transformer.train()
    before = state(pipe)
    run = evaluate(MODEL, pipeline=pipe, name="lora-step-1000", **words(tmp_path))
    assert run.ok, run.lines
    assert run.name == "lora-step-1000-op-run_01"
    assert state(pipe) == before
    assert pipe.transformer.training
    first = run.clips["0001"].path.read_bytes()

    with torch.no_grad():
        for weights in pipe.transformer.parameters():
            weights.add_(0.5)
    again = evaluate(MODEL, pipeline=pipe, name="lora-step-1000", **words(tmp_path))  # nothing is left to make
    assert again.clips["0001"].path.read_bytes() == first
    other = evaluate(MODEL, pipeline=pipe, name="lora-step-2000", **words(tmp_path))
    assert other.clips["0001"].path.read_bytes() != first
    with pytest.raises(UserError, match="version: None → 'b'"):
        evaluate(MODEL, pipeline=pipe, name="lora-step-2000", version="b", **words(tmp_path))
    pipe.transformer.eval()


@pytest.mark.parametrize(
    ("model", "given", "told"),
    [
        ("svd", {"name": "mine"}, "calls a StableVideoDiffusionPipeline"),
        (MODEL, {}, "needs a name"),
        (MODEL, {"name": "mine", "placement": "cpu"}, "placement="),
    ],
)
def test_what_does_not_go_together_is_told(tmp_path: Path, model: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        evaluate(model, pipeline=pipeline(MODEL), **asked(tmp_path, **given))


def modular(folder: Path, workflow: str) -> Any:
    """The tiny MiniMax-H3, loaded with one of its workflows."""
    import torch
    from diffusers import ModularPipeline

    tiny = tiny_models()[MODULAR]
    folder.mkdir(exist_ok=True)
    tiny.build().save_pretrained(folder)
    assert tiny.components is not None
    parts = tiny.components()
    pipe = ModularPipeline.from_pretrained(str(folder), workflow=workflow)
    pipe.update_components(**parts)
    names = [name for name in pipe.null_component_names if (folder / name).is_dir()]
    pipe.load_components(names=names, pretrained_model_name_or_path=str(folder), dtype=torch.float32)
    return pipe


@pytest.mark.full
def test_a_modular_pipeline_is_borrowed_if_its_blocks_take_the_picture(tmp_path: Path) -> None:
    pipe = modular(tmp_path / "weights", "fl2va")
    pipe.transformer.train()
    before = state(pipe)
    run = evaluate(MODULAR, pipeline=pipe, name="mine", **words(tmp_path, MODULAR))
    assert run.ok, run.lines
    assert (state(pipe), pipe.transformer.training) == (before, True)
    with pytest.raises(UserError, match="blocks that take no image: they are of another workflow"):
        evaluate(MODULAR, pipeline=modular(tmp_path / "weights", "t2va"), name="text", **words(tmp_path, MODULAR))
