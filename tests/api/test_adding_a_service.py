"""The worked example of adapters/api/README.md is a service: its very text runs a clip against such a server."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from runners.cli.making import instantiate_adapter
from runners.core.settings import BudgetSettings, SelectSettings
from tests.api.fakes import FakeServer
from tests.api.fakes.personality import Call, Personality, Route
from tests.api.fakes.wire import Reply
from tests.run.harness import run, videos

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "adapters/api/README.md").read_text(encoding="utf-8")
WORDS = {"succeeded": "ready", "moderated": "blocked", "pending": "waiting", "unknown": "BREWING"}


class AcmeServer(Personality):
    """The other side of the example."""

    name, key = "acme", "acme-secret-key"

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("submit", "POST", "/v2/clips", self._create),
            Route("poll", "GET", "/v2/clips/(?P<id>[^/]+)", self._clip),
        )

    def error(self, status: int, message: str = "") -> Reply:
        return Reply(status, {"error": message or "no"})

    def _create(self, call: Call) -> Reply:
        job = call.accept(call.body, seconds=call.body["seconds"])
        return Reply(200, {"clip": {"id": job.id, "state": "waiting"}})

    def _clip(self, call: Call) -> Reply:
        state = call.state(call.job)
        clip = {"id": call.job.id, "state": WORDS.get(state, "broken"), "seed": call.job.request["seed"]}
        if state == "succeeded":
            clip |= {"url": call.url(call.job), "charged_usd": 0.45}
        return Reply(200, {"clip": clip})


def example(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def acme_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder of the example's YAML; its module can be imported."""
    module = ModuleType("acme_video")
    exec(example("python"), module.__dict__)
    monkeypatch.setitem(sys.modules, "acme_video", module)
    monkeypatch.setenv("ACME_API_KEY", AcmeServer.key)
    path = tmp_path / "my_models" / "model" / "acme_one.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(example("yaml"), encoding="utf-8")
    return str(path.parents[1])


def test_the_example_makes_a_clip_and_records_what_it_cost(tmp_path: Path, acme_model: str) -> None:
    node, model = composed_model(acme_model)
    with FakeServer(AcmeServer()) as server:
        node |= {"base_url": server.base_url, "poll_s": 0.01}
        outcome = run(
            tmp_path / "r", instantiate_adapter(node), model=model, select=SelectSettings(ids=["1", "2"]),
            budget=BudgetSettings(max_usd=1.0),
        )  # fmt: skip
        sent = [job.request for job in server.jobs.values()]
    assert outcome.code == 0, outcome.lines
    assert outcome.folder is not None
    assert len(videos(outcome.folder)) == len(sent) == 2
    assert {(body["model"], body["seconds"], body["sound"], body["rewrite_text"]) for body in sent} == {
        ("acme-1", 5, False, False)
    }
    assert '"cost_usd": 0.9' in (outcome.folder / "manifest.json").read_text("utf-8")


def composed_model(folder: str) -> tuple[dict[str, object], object]:
    """The adapter node and the model settings of the example's YAML, composed as the command line would."""
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore
    from omegaconf import OmegaConf

    from runners.cli.sources import watch
    from runners.core.settings import GenerateSettings

    watch(())
    ConfigStore.instance().store(group="schema", name="generate", node=GenerateSettings)
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        settings = OmegaConf.to_object(compose("generate", ["model=acme_one", f"hydra.searchpath=[file://{folder}]"]))
    assert isinstance(settings, GenerateSettings)
    return dict(settings.model.adapter), settings.model
