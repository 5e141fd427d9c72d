"""`plan=true` always plans: what a live run lacks here is listed under the plan, whatever the model."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from runners.cli.choices import options
from runners.cli.making import instantiate_adapter
from runners.core.errors import UserError
from runners.core.outcome import DONE, Outcome
from runners.core.settings import GenerateSettings, SelectSettings
from runners.generation.run import generate
from runners.reporting.tables import whole_cost
from tests.run.harness import settings
from tests.test_conf import CONF, composed

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "torch", "diffusers", "transformers", "accelerate", "ftfy", "peft", "google", "google.auth", "torchvision",
    "cosmos_guardrail",
)  # fmt: skip
STORIES = {
    "Retired": "clips of it that you have: model=precomputed",
    "Precomputed": "set model.adapter.folder",
}
"""What models that nobody can run as they are say with exit code 2, by their adapter."""
TEMPLATE = "set model.adapter.(model|base_url) to "
"""What those of a service say whose YAML leaves the model to be named."""
NO_COMMAND = "model.adapter.command is not set"


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with no package of the extras, no key and no Google project."""
    for name in HEAVY:
        monkeypatch.setitem(sys.modules, name, None)
    for name in [*os.environ]:
        if name.endswith(("_KEY", "_TOKEN", "_SECRET", "_PROJECT")):
            monkeypatch.delenv(name)


def wish(name: str, results: Path, **changes: object) -> GenerateSettings:
    whole = composed("generate", f"model={name}")
    base = settings(results, model=whole.model, prompts=whole.prompts, select=SelectSettings(limit=1), plan=True)
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", options("model", [CONF]))
def test_every_model_plans_with_nothing_installed_or_tells_its_story(empty: None, name: str, tmp_path: Path) -> None:
    node = composed("generate", f"model={name}").model.adapter
    target = str(node["_target_"])
    unnamed = TEMPLATE if node.get("provider") and node["model"] is None else None
    unnamed = unnamed or (NO_COMMAND if node.get("command", "") is None else None)
    if story := unnamed or STORIES.get(target.rpartition(".")[2]):
        with pytest.raises(UserError, match=story):
            generate(wish(name, tmp_path), instantiate_adapter)
        return
    outcome = generate(wish(name, tmp_path), instantiate_adapter)
    assert (outcome.code, outcome.lines[0].partition(" ")[0]) == (DONE, f"{outcome.name}:")
    assert not any(tmp_path.iterdir())
    needs = [line.strip() for line in outcome.lines if "a run needs:" in line]
    if target.startswith("adapters.local."):
        assert needs[0] == "a run needs: pip install -e '.[local]' (torch is missing)"
    if target.endswith(".Command"):
        assert needs[0].startswith("a run needs: the folder in which its command runs: set model.adapter.cwd (")
    adapter = instantiate_adapter(node)
    for key in adapter.needs.keys:
        assert f"a run needs: the environment variable {key}, your key for this service" in needs
    if name.startswith("vertex_"):
        assert needs == [
            "a run needs: pip install -e '.[vertex]' (google-auth is missing)",
            "a run needs: a Google Cloud project: set $GOOGLE_CLOUD_PROJECT, or model.adapter.options.project=…",
        ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("runway_gen45", "RUNWAYML_API_SECRET is not set; set it to your key"),
        ("wan21_480p", "torch is not installed; install it with: pip install -e"),
        ("vertex_veo31", "google-auth is not installed; install it with: pip install -e"),
    ],
)
def test_a_live_run_is_refused_as_ever(empty: None, name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        generate(wish(name, tmp_path, plan=False), instantiate_adapter)
    assert not any(tmp_path.iterdir())


def unpriced(name: str, results: Path, **changes: object) -> GenerateSettings:
    wanted = wish(name, results, **changes)
    price = {"usd_per_second": None, "usd_per_clip": None}
    return replace(wanted, model=replace(wanted.model, adapter={**wanted.model.adapter, "price": price}))


def test_a_model_of_unknown_price_is_planned_and_not_run(
    empty: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNWAYML_API_SECRET", "a")
    outcome = generate(unpriced("runway_gen45", tmp_path), instantiate_adapter)
    ways = "model.adapter.price.usd_per_second=… or model.adapter.price.usd_per_clip=…"
    assert outcome.lines[-1] == f"  price unknown: set {ways}"
    assert (outcome.code, outcome.cost_usd, outcome.unpriced) == (DONE, None, True)
    with pytest.raises(UserError, match="no price is known for this model: look it up and set"):
        generate(unpriced("runway_gen45", tmp_path, plan=False), instantiate_adapter)


def test_the_sum_over_a_sweep_says_of_how_many_no_price_is_known() -> None:
    known, unknown, free = Outcome(DONE, cost_usd=1.5), Outcome(DONE, unpriced=True), Outcome(DONE)
    assert whole_cost([known, free]) is None
    assert whole_cost([known, known, free]) == "all 2 runs of paid models: about $3.00"
    assert whole_cost([known, unknown, free]) == "1 of 2 runs of paid models: about $1.50; the price of one is unknown"
    assert whole_cost([unknown, unknown]) == "0 of 2 runs of paid models: about $0.00; the price of 2 is unknown"


BARE = """
import runpy, sys
class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *rest):
        return None if name.partition(".")[0] in NAMES else self.finder.find_spec(name, *rest)
    def __getattr__(self, name):
        return getattr(self.finder, name)
sys.meta_path[:] = map(Without, sys.meta_path)
sys.argv[0] = "generate"
runpy.run_module("runners.generate", run_name="__main__", alter_sys=True)
"""


def test_a_sweep_shows_every_job_and_ends_with_2_for_a_template(tmp_path: Path) -> None:
    script = f"NAMES = {set(HEAVY)!r}\n{BARE}"
    fixture = ROOT / "tests" / "fixtures" / "mini" / "dataset"
    words = [
        "-m", "model=fal,svd,runway_gen45,vertex_veo31", "plan=true", "select.limit=1", f"results={tmp_path / 'out'}",
        "benchmark=original", f"benchmark.root={fixture}", "scorer=none", "output=native",
    ]  # fmt: skip
    bare = {key: value for key, value in os.environ.items() if not key.endswith(("_KEY", "_SECRET", "_PROJECT"))}
    done = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=ROOT, env=bare, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    for words_told in (
        "error: set model.adapter.model to the model's path at fal.ai/models",
        "svd-op-run_01: 1 of", "pip install -e '.[local]'", "runway_gen45-op-run_01: 1 of", "RUNWAYML_API_SECRET",
        "vertex_veo31-op-run_01: 1 of", "GOOGLE_CLOUD_PROJECT", "all 2 runs of paid models: about $",
    ):  # fmt: skip
        assert words_told in said, said
