"""A model's YAML read without Hydra says what Hydra composes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from runners.catalogue.chain import Chains, laid_over
from runners.cli.choices import CONF, files
from runners.core.errors import UserError
from tests.test_conf import composed

MODELS = files("model", [CONF])


@pytest.mark.full
def test_every_model_is_read_as_hydra_composes_it() -> None:
    chains = Chains([CONF])
    for name, path in MODELS.items():
        by_hydra = asdict(composed("generate", f"model={name}").model)
        ours = chains.merged(path)
        assert {key: by_hydra[key] for key in ours} == ours, name


def test_a_key_of_the_nearer_file_wins_and_mappings_are_merged() -> None:
    below = {"call": {"steps": 50, "scale": 6.0}, "size": [1, 2], "dtype": {"vae": "float32"}}
    above = {"call": {"steps": 4}, "size": [3], "dtype": "bfloat16"}
    assert laid_over(below, above) == {"call": {"steps": 4, "scale": 6.0}, "size": [3], "dtype": "bfloat16"}


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"mine": "defaults: [other]\n"}, "builds on other, and there is no such file"),
        ({"mine": "defaults: [other]\n", "other": "defaults: [mine]\n"}, "builds on itself"),
        ({"mine": "- a\n"}, "holds no settings of a model"),
        ({"mine": "defaults: [{/placement: cpu}]\n"}, "is read only by the commands that run a model"),
        ({"mine": "a: [\n"}, "not well-formed YAML"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, texts: dict[str, str], told: str) -> None:
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(UserError, match=told):
        Chains([CONF]).merged(tmp_path / "mine.yaml")


def test_a_model_of_ones_own_builds_on_a_shipped_one_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    path = tmp_path / "model" / "mine.yaml"
    path.write_text("defaults: [svd]\nadapter: {checkpoint: mine}\n")
    found = Chains([tmp_path, CONF]).merged(path)
    assert found["adapter"]["checkpoint"] == "mine"
    assert found["adapter"]["_target_"] == "adapters.local.diffusers.Diffusers"
