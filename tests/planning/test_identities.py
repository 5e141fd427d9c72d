"""What identifies a run of each shipped model stays what it was: else nobody could go on with a run that was begun.

`tests/fixtures/identities.json` holds a digest for each model. Where a change of a model's YAML is meant to make its
next runs others, write the file anew: `python -m tests.planning.test_identities`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters import Needs, SetupError
from runners.cli.choices import CONF, options
from runners.cli.in_process import compose_here
from runners.cli.making import instantiate_adapter
from runners.clips.standardize import Output
from runners.core.errors import UserError
from runners.core.files import sha256_json
from runners.core.settings import GenerateSettings
from runners.planning.fingerprint import conditioning_identity
from tests.test_conf import composed

FILE = Path(__file__).resolve().parents[1] / "fixtures" / "identities.json"
OUTPUT = Output(width=1280, height=720, fps=24)


def digest(model: str) -> str:
    """Of the model's part of a fingerprint."""
    node = composed("generate", f"model={model}").model.adapter
    adapter = instantiate_adapter(node)
    shown = conditioning_identity(adapter.needs, "pad", OUTPUT)
    return sha256_json({"adapter": adapter.identity(node), "conditioning": shown})[:16]


def digests() -> dict[str, str]:
    return {model: digest(model) for model in sorted(options("model", [CONF]))}


def typed(*words: str, folders: Sequence[Path] = ()) -> Any:
    return compose_here("generate", GenerateSettings, words, folders)


def test_no_model_s_identity_has_changed() -> None:
    assert digests() == json.loads(FILE.read_text(encoding="utf-8"))


def test_what_is_typed_of_arguments_with_newer_names_is_recorded_by_the_former_ones() -> None:
    changed = {"native_fps": 8, "lengths": "any", "conditioning_frames": 5, "mode": "multiframe"}
    node = composed("generate", "model=svd").model.adapter | changed
    assert instantiate_adapter(node).identity(node).items() >= {"fps": 8, "frames": "any", "context": 5}.items()
    changed = {"native_fps": 30, "conditioning_fps": 8, "conditioning_frames": 5}
    node = composed("generate", "model=vertex_veo31_extend").model.adapter | changed
    assert instantiate_adapter(node).identity(node).items() >= {"fps": 30, "context_fps": 8, "frames": 5}.items()
    node = composed("generate", "model=extrapolate").model.adapter | {"conditioning_fps": 8, "conditioning_frames": 5}
    assert instantiate_adapter(node).identity(node).items() >= {"fps": 8, "frames": 5}.items()


@pytest.mark.parametrize(
    ("model", "former", "name"),
    [
        ("svd", "fps", "native_fps"), ("svd", "frames", "lengths"), ("svd", "context", "conditioning_frames"),
        ("luma_ray32", "fps", "native_fps"), ("luma_ray32", "context_fps", "conditioning_fps"),
        ("luma_ray32", "frames", "conditioning_frames"), ("command", "frames", "conditioning_frames"),
        ("command", "fps", "conditioning_fps"), ("extrapolate", "fps", "conditioning_fps"),
    ],
)  # fmt: skip
def test_a_former_name_is_refused_and_the_new_one_told(model: str, former: str, name: str) -> None:
    with pytest.raises(UserError, match=rf"^model\.adapter\.{former} is now called .*model\.adapter\.{name}"):
        typed(f"model={model}", f"model.adapter.{former}=8")
    with pytest.raises(UserError, match=f": '{former}' is now called '{name}'$"):
        typed(f"model={model}", f"+model.adapter.{former}=8")
    node = composed("generate", f"model={model}").model.adapter
    with pytest.raises(UserError, match=f": '{former}' is now called '{name}'$"):
        instantiate_adapter({**node, former: 8})


def test_a_former_name_in_a_yaml_is_told_rather_than_that_the_new_one_is_lacking(tmp_path: Path) -> None:
    lines = (
        "defaults: [/base/diffusers@_here_, _self_]\nadapter: {pipeline: P, checkpoint: c, size: [64, 64], frames: any}"
    )
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text(lines, encoding="utf-8")
    with pytest.raises(UserError, match=r"Diffusers: 'frames' is now called 'lengths'$"):
        typed("model=mine", folders=[tmp_path])


def test_needs_tell_the_new_names_too() -> None:
    with pytest.raises(SetupError, match=r"Needs\(fps=…\) is now called Needs\(conditioning_fps=…\)"):
        Needs(fps=24)  # type: ignore[call-arg]


if __name__ == "__main__":
    FILE.write_text(json.dumps(digests(), indent=1) + "\n", encoding="utf-8")
