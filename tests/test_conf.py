"""Every file under conf/ composes, fits the schema, and names an adapter that takes its arguments."""

from __future__ import annotations

import inspect
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.utils import get_class
from omegaconf import OmegaConf

from adapters import Adapter
from runners.cli.choices import headline, options
from runners.cli.composing import compose as jobs
from runners.cli.model_kinds import by_kind
from runners.cli.sources import watch
from runners.core.settings import DoctorSettings, FetchSettings, GenerateSettings, ScoreSettings, SubmitSettings
from runners.planning.make_plan import check_settings

CONF = Path(__file__).resolve().parents[1] / "conf"
SCHEMAS = {
    "generate": GenerateSettings,
    "score": ScoreSettings,
    "fetch": FetchSettings,
    "doctor": DoctorSettings,
    "submit": SubmitSettings,
}


def composed(command: str, *overrides: str) -> Any:
    """The settings of a command line: a copy, since composing takes longer than what is tested with it."""
    return deepcopy(_composed(command, *overrides))


@cache
def _store_schemas() -> None:
    for name, schema in SCHEMAS.items():
        ConfigStore.instance().store(group="schema", name=name, node=schema)


@cache
def _composed(command: str, *overrides: str) -> Any:
    _store_schemas()
    watch(())
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return OmegaConf.to_object(compose(command, list(overrides)))


@pytest.mark.parametrize("model", options("model", [CONF]))
def test_every_model_composes_and_its_arguments_bind(model: str) -> None:
    settings = composed("generate", f"model={model}")
    check_settings(settings)
    assert settings.model.name == model
    arguments = dict(settings.model.adapter)
    target = get_class(arguments.pop("_target_"))
    assert issubclass(target, Adapter)
    inspect.signature(target).bind(**arguments)
    assert target.neutral <= set(inspect.signature(target).parameters)


@pytest.mark.parametrize("name", options("model", [CONF]))
def test_a_kind_read_from_lines_is_that_of_the_composed_model(name: str) -> None:
    [kind] = by_kind({name: CONF / "model" / f"{name}.yaml"})
    adapter = composed("generate", f"model={name}").model.adapter
    if "," in kind:
        where, route = kind.split(", ")
        assert adapter["mode"] == ("multiframe" if route == "multiframe" else "i2v")
        assert adapter["_target_"].startswith("adapters.api.") == (where == "services")
    else:
        assert (
            adapter["_target_"].split(".")[1]
            in {
                "baselines": ("baselines",),
                "your own": ("command", "precomputed", "api"),
                "the paper's closed models": ("retired", "precomputed"),
            }[kind]
        )


def test_the_table_of_services_is_that_of_the_yamls() -> None:
    from tests.tools.services_table import BEGIN, END, README, table  # which composes by this file

    shown = README.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    assert shown == table(), "run: python -m tests.tools.services_table"


OWN = {
    "mine": "adapter: {_target_: adapters.baselines.Freeze}",
    "on_svd": "defaults: [svd, _self_]",
    "named": "name: other\nadapter: {_target_: adapters.baselines.Freeze}",
    "on_named": "defaults: [named, _self_]",
    "whole": "# @package _global_\nmodel: {adapter: {_target_: adapters.baselines.Freeze}}",
    "deep/er": "adapter: {_target_: adapters.baselines.Freeze}",
    "null_": "name: ''\nadapter: {_target_: adapters.baselines.Freeze}",
}


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A word for a folder of somebody's own models."""
    for name, text in OWN.items():
        path = tmp_path / "model" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", "utf-8")
    (tmp_path / "benchmark").mkdir()
    (tmp_path / "benchmark" / "set.yaml").write_text("# @package _global_\nbenchmark: {kind: demo}\n", "utf-8")
    return f"hydra.searchpath=[file://{tmp_path}]"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["model=mine"], "mine"),
        (["model=mine.yaml"], "mine"),
        (["model=on_svd"], "on_svd"),
        (["model=named"], "other"),
        (["model=on_named"], "other"),
        (["model=whole"], "whole"),
        (["model=deep/er"], "er"),
        (["model=null_"], "null_"),
        (["model=mine", "model.name=typed"], "typed"),
        (["model=mine", "model.name="], ""),  # as from a variable of the shell that is not set: never another run's
        (["experiment=verified_submission", "model=svd"], "svd"),
    ],
    ids=lambda each: "+".join(each) if isinstance(each, list) else "",
)
def test_a_model_is_called_as_its_file_is_unless_it_is_named(own: str, words: list[str], name: str) -> None:
    assert composed("generate", own, *words).model.name == name


def test_a_benchmark_is_called_as_its_file_is(own: str) -> None:
    assert composed("score", own, "benchmark=set").benchmark.name == "set"
    assert composed("score", own, "benchmark=set", "benchmark.name=typed").benchmark.name == "typed"


def test_each_job_of_a_sweep_has_its_own_name(own: str, tmp_path: Path) -> None:
    def names(*words: str) -> list[str]:
        typed = [own, f"hydra.sweep.dir={tmp_path}/sweep", *words]
        return [job.settings.model.name for job in jobs("generate", GenerateSettings, typed, lambda job: None)]

    assert names("-m", "model=mine,named,svd") == ["mine", "other", "svd"]
    assert names("-m", "model=mine", "model.name=a,b") == ["a", "b"]
    assert names("sweep=baselines") == ["freeze", "extrapolate", "real_take"]


def test_no_file_repeats_its_own_name() -> None:
    for path in [*(CONF / "model").glob("*.yaml"), *(CONF / "benchmark").glob("*.yaml")]:
        content = yaml.safe_load(path.read_text("utf-8"))
        assert "name" not in content.get("benchmark", content), path.name


@pytest.mark.parametrize(
    ("group", "choice"),
    [
        (group, choice)
        for group in ("benchmark", "prompts", "output", "scorer", "experiment")
        for choice in options(group, [CONF])
    ],
)
def test_every_other_choice_composes(group: str, choice: str) -> None:
    check_settings(composed("generate", f"{group}={choice}"))


@pytest.mark.parametrize("command", SCHEMAS)
@pytest.mark.parametrize("benchmark", options("benchmark", [CONF]))
def test_every_command_takes_every_benchmark(command: str, benchmark: str) -> None:
    assert composed(command, f"benchmark={benchmark}").benchmark.name == benchmark


@pytest.mark.parametrize("path", sorted(CONF.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_sweep_of_any_command_leaves_no_folder_of_hydra_s_where_one_stands(path: Path) -> None:
    place = yaml.safe_load(path.read_text("utf-8"))["hydra"]["sweep"]["dir"]
    assert place.startswith(("${results}/", "${oc.env:TMPDIR,/tmp}/"))


@pytest.mark.parametrize("sweep", options("sweep", [CONF]))
def test_every_sweep_names_choices_that_exist(sweep: str) -> None:
    parameters = yaml.safe_load((CONF / "sweep" / f"{sweep}.yaml").read_text("utf-8"))["hydra"]["sweeper"]["params"]
    for key, values in parameters.items():
        for value in str(values).split(","):
            assert composed("generate", f"{key}={value}").model.adapter is not None


def test_every_choice_says_what_it_is() -> None:
    files = [path for path in CONF.glob("*/*.yaml") if path.parent.name != "schema"]
    assert [str(path) for path in files if not headline(path)] == []


def test_benchmarks_choose_their_prompts_and_the_demo_its_output() -> None:
    demo, verified = composed("generate"), composed("generate", "benchmark=verified")
    assert (demo.prompts.mode, demo.output.name, demo.model.name) == ("op", "truth", "freeze")
    assert (verified.prompts.mode, verified.output.name) == ("bpp", "standard")
    assert composed("generate", "benchmark=original").prompts.mode == "op"
    assert composed("generate", "benchmark=verified", "prompts=op").prompts.mode == "op"
    assert composed("generate", "output=standard").output.width == 1280


def test_ids_stay_texts() -> None:
    assert composed("generate", "select.ids=[0001,7]").select.ids == ["0001", "7"]
