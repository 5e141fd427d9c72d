"""Every diffusers model of conf/model: its class exists, its arguments bind, and its frame rule gives 5 s."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from adapters import SetupError, frames_for
from adapters.local.calls.feeding import FEEDS, names_fed
from adapters.local.calls.frame_rules import FrameRule
from adapters.local.diffusers import Diffusers
from adapters.local.loading import find_class
from runners.catalogue.chain import Chains
from runners.catalogue.facts import Against, facts_of
from runners.cli.choices import options
from tests.test_conf import CONF, composed


def target(path: Path) -> str:
    """The class that a YAML or its base names, read without composing it, since every worker collects all tests."""
    node = yaml.safe_load(path.read_text("utf-8"))
    if "_target_" in node.get("adapter", {}):
        return str(node["adapter"]["_target_"])
    bases = [str(base).partition("@")[0] for base in node.get("defaults", []) if base != "_self_"]
    found = [target((CONF if base.startswith("/") else path.parent) / f"{base.lstrip('/')}.yaml") for base in bases]
    return next(filter(None, reversed(found)), "")


TARGETS = {name: target(CONF / "model" / f"{name}.yaml") for name in options("model", [CONF])}
LOCAL = sorted(name for name, path in TARGETS.items() if path.endswith("diffusers.Diffusers"))
REFUSED = sorted(name for name, path in TARGETS.items() if path.endswith("Unreachable"))
ASKED_FOR = {
    "svd", "svd_xt", "cogvideox_5b", "cogvideox15_5b", "wan21_480p", "wan21_720p", "wan22_a14b", "wan22_ti2v_5b", "ltx",
    "ltx2", "hunyuan", "hunyuan15", "framepack", "skyreels_v2", "skyreels_v2_df", "kandinsky5", "kandinsky6",
    "sana_video", "motif", "cosmos_predict2", "cosmos_predict25", "cosmos3_nano", "cosmos3_super", "cosmos3_edge",
    "kandinsky_wm", "minimax_h3", "cosmos_predict2_v2v", "cosmos_predict25_v2v", "cosmos3_nano_v2v",
    "cosmos3_super_v2v", "ltx_v2v", "ltx2_v2v", "skyreels_v2_df_v2v", "helios_v2v", "anyflow_v2v", "wan_vace_v2v",
    "easyanimate_v2v", "cosmos3_super_i2v", "cosmos3_super_i2v_4step", "ltx23", "ltx23_v2v", "ltx23_distilled", "ltx25",
    "ltx25_v2v", "ltx25_sft", "hunyuan15_720p", "hunyuan15_step_distilled", "wan22_a14b_4step", "fastwan22_ti2v_5b",
    "kandinsky5_lite", "kandinsky5_pro_distilled", "helios", "helios_distilled", "helios_distilled_v2v", "anyflow",
    "easyanimate", "cosmos1_7b", "cosmos1_14b", "cosmos1_7b_v2v", "cosmos1_14b_v2v", "cosmos_predict25_14b",
    "ltx097_13b", "ltx098_13b", "ltx098_13b_v2v", "skyreels_v1", "sana_wm", "ltx2_condition",
}  # fmt: skip


def arguments(name: str) -> dict[str, Any]:
    """The adapter's arguments, defaults filled in."""
    node = {
        key: value for key, value in composed("generate", f"model={name}").model.adapter.items() if key != "_target_"
    }
    bound = inspect.signature(Diffusers).bind(**node)
    bound.apply_defaults()
    return dict(bound.arguments)


def test_all_models_are_there_by_name() -> None:
    assert set(TARGETS) >= ASKED_FOR


@pytest.mark.parametrize("name", LOCAL)
def test_the_class_takes_every_argument_of_the_call(name: str) -> None:
    made = arguments(name)
    if made["loader"] == "modular":
        pytest.skip("a modular pipeline's arguments belong to its blocks: see its own test")
    taken = inspect.signature(find_class(made["pipeline"]).__call__).parameters
    own = {key: key for key in ("num_frames", "width", "height", "generator", "output_type", "prompt")} | made["names"]
    if made["prompt"] == "ignored":
        own["prompt"] = None
    wanted = {value for value in own.values() if value is not None} | set(made["call"])
    fed = names_fed(FEEDS[made["conditioning"]], tuple(made["size"]), made["conditioning_frames"])
    wanted |= {str(own.get(name, name)) for name in fed}
    assert wanted - set(taken) == set()
    required = {
        key for key, value in taken.items() if value.default is value.empty and key not in ("self", "args", "kwargs")
    }
    assert required - wanted == set()


@pytest.mark.parametrize("name", LOCAL)
def test_its_frame_rule_gives_5_s_or_it_is_rolled_out(name: str) -> None:
    made = arguments(name)
    rule = FrameRule.parse(
        made["lengths"], least=made["least"], most=made["most"], added=made["added"], leading=made["leading"]
    )
    wanted = frames_for(5.0, made["native_fps"])
    new = rule.returned(rule.ask(wanted)) - made["leading"]
    assert new >= wanted or composed("generate", f"model={name}").model.short == "roll_out"
    assert made["conditioning"] in FEEDS


COMMANDS = sorted(name for name, path in TARGETS.items() if path.endswith(".Command") and name != "command")


@pytest.mark.parametrize("name", [*LOCAL, *COMMANDS])
def test_the_facts_of_a_model_are_stated_once(name: str) -> None:
    path = CONF / "model" / f"{name}.yaml"
    facts = facts_of(Chains([CONF]).merged(path)["facts"], name)
    assert None not in (facts.licence, facts.page, facts.checked, facts.source)
    assert facts.against in get_args(Against)
    assert facts.page is not None
    own = yaml.safe_load(path.read_text("utf-8"))["facts"]
    assert own["page"] == facts.page, "another checkpoint has a page of its own"
    checkpoint = own_checkpoint(path)
    assert checkpoint is None or facts.page.endswith(f"/{checkpoint}")
    comments = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    assert not [line for line in comments if re.search(r"huggingface\.co/|[0-9] B parameters|· (licence|memory)", line)]


def own_checkpoint(path: Path) -> str | None:
    """The hub's name of what a YAML loads, unless that is inherited, or put together from several repositories."""
    adapter = yaml.safe_load(path.read_text("utf-8")).get("adapter", {})
    return None if "components" in adapter else adapter.get("checkpoint")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_reached_says_why(name: str) -> None:
    from hydra.utils import instantiate

    adapter = instantiate(composed("generate", f"model={name}").model.adapter)
    with pytest.raises(SetupError, match=r".{40,}"):
        adapter.check()


def test_the_table_of_local_models_is_that_of_the_yamls() -> None:
    from tests.tools.local_table import BEGIN, END, README, table  # which composes all of them

    shown = README.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    assert shown == table(), "run: python -m tests.tools.local_table"
