"""The wrapper around Hydra: words in any order, plain errors, honest exit codes, adapters by their own signature."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from adapters import Adapter, Clip, Request
from adapters.harness import Wrapper
from runners.cli.choices import CONF
from runners.cli.command import Command, _one_job
from runners.cli.composing import check_numbers
from runners.cli.hydra_errors import plain_words
from runners.cli.making import check_arguments, find_class, instantiate_adapter
from runners.cli.typed import config_dirs, for_hydra
from runners.core.errors import UserError
from runners.core.outcome import BAD_INPUT, DONE, FAILED, INTERRUPTED, STOPPED, Outcome, exit_code
from runners.core.settings import GenerateSettings
from runners.generation.session import Session
from tests.run.test_cli import DATA, command

HERE = "tests.cli.test_command"


class Given(Adapter):
    """Takes what it is given."""

    def __init__(self, *, steps: int, scale: float = 1.0) -> None:
        if scale < 0:
            raise ValueError("scale must not be negative")
        self.steps = steps
        self.scale = scale

    def generate(self, request: Request) -> Clip:
        raise NotImplementedError


class Anything(Given):
    def __init__(self, **options: Any) -> None:
        super().__init__(steps=len(options))
        self.options = options


class Around(Wrapper):
    """A wrapper that a YAML puts around another adapter."""


class Named(Given):
    def __init__(self, revision: str | None = None, folder: str = "", size: list[int] | None = None) -> None:
        super().__init__(steps=1)


NOT_A_CLASS = 5
CALLED: list[object] = []


def factory(*given: object, **named: object) -> Adapter:
    """Makes an adapter, and is none."""
    CALLED.append((given, named))
    return Given(steps=1)


class NoAdapter:
    def __init__(self, **named: object) -> None:
        CALLED.append(named)


# The order of words


def ordered(words: Sequence[str]) -> list[str]:
    return [word for part in for_hydra(words, ()) for word in part]


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        ("model=a run=1", "model=a run=1"),
        ("model=a -m run=1,2", "-m model=a run=1,2"),
        ("model=a --config-dir mine run=1", "--config-dir mine model=a run=1"),
        ("model=a --config-dir=mine run=1", "--config-dir=mine model=a run=1"),
        ("model=a -cd mine run=1 --multirun", "-cd mine --multirun model=a run=1"),
        ("model=a --cfg job run=1", "--cfg job model=a run=1"),
        ("model=a -c job -p model run=1", "-c job -p model model=a run=1"),
        ("--info config model=a", "model=a --info config"),
        ("model=a --info run=1", "model=a run=1 --info"),
        ("~sweep +model.adapter.x=1 -m", "-m ~sweep +model.adapter.x=1"),
        ("model=a --config-dir", "--config-dir model=a"),
        ("", ""),
    ],
)
def test_flags_and_settings_may_stand_in_any_order(typed: str, given: str) -> None:
    assert ordered(typed.split()) == given.split()


def test_settings_keep_their_order_and_no_word_is_lost() -> None:
    words = ["a=1", "-m", "--config-dir", "x", "b=2", "--info", "a=3"]
    for some in itertools.permutations(words, 4):
        moved = ordered(some)
        assert sorted(moved) == sorted(some)


@pytest.mark.parametrize(
    ("typed", "folders"),
    [
        ("model=a", []),
        ("--config-dir mine model=a", ["mine"]),
        ("model=a --config-dir=mine", ["mine"]),
        ("-cd mine", ["mine"]),
        ("--config-dir=a=b", ["a=b"]),
        ("--config-dir one -cd two", ["one", "two"]),
        ("--config-name x", []),
    ],
)
def test_the_folder_of_one_s_own_choices_is_found_in_every_spelling(typed: str, folders: list[str]) -> None:
    assert config_dirs(typed.split()) == [Path(folder) for folder in folders]


# Exit codes


def test_the_gravest_outcome_of_a_sweep_is_its_exit_code() -> None:
    gravest_first = [INTERRUPTED, BAD_INPUT, FAILED, STOPPED, DONE]
    assert gravest_first == [130, 2, 1, 3, 0]
    for count in range(1, 6):
        for codes in itertools.permutations(gravest_first, count):
            assert exit_code(map(Outcome, codes)) == min(codes, key=gravest_first.index)


def test_without_any_job_nothing_went_wrong() -> None:
    assert exit_code([]) == 0


def job(run: Callable[[Any], Outcome], before: list[Outcome] | None = None) -> Outcome:
    command = Command("generate", "", GenerateSettings, (), lambda settings, _: run(settings), lambda outcomes: None)
    return _one_job(command, OmegaConf.structured(GenerateSettings), Session("the same words"), before or [])


def test_a_job_is_given_plain_settings() -> None:
    seen = []

    def run(settings: Any) -> Outcome:
        seen.append(settings)
        return Outcome(DONE)

    assert job(run).code == 0
    assert seen == [GenerateSettings()]


def test_a_user_s_mistake_in_one_job_is_its_outcome_and_stops_no_other() -> None:
    def wrong(settings: Any) -> Outcome:
        raise UserError("no such folder; choose another")

    outcome = job(wrong, [Outcome(FAILED), Outcome(BAD_INPUT)])
    assert (outcome.code, outcome.lines) == (2, ("error: no such folder; choose another",))


def test_what_a_disk_refuses_is_told_with_its_path_and_no_fault_of_this_program() -> None:
    def unreadable(settings: Any) -> Outcome:
        raise PermissionError(13, "Permission denied", "/data/videos")

    outcome = job(unreadable)
    assert (outcome.code, len(outcome.lines)) == (2, 1)
    assert outcome.lines[0].startswith("error: /data/videos: Permission denied")


def test_after_ctrl_c_no_job_is_begun() -> None:
    def run(settings: Any) -> Outcome:
        raise AssertionError("begun")

    outcome = job(run, [Outcome(DONE), Outcome(INTERRUPTED)])
    assert (outcome.code, outcome.lines) == (130, ("not started: the sweep was interrupted",))


def test_ctrl_c_in_a_job_is_its_outcome() -> None:
    def run(settings: Any) -> Outcome:
        raise KeyboardInterrupt

    outcome = job(run)
    assert outcome.code == 130
    assert "go on with" in outcome.lines[0]


# Adapters


def test_an_adapter_gets_the_arguments_of_its_yaml() -> None:
    made = instantiate_adapter({"_target_": f"{HERE}.Given", "steps": 4})
    assert isinstance(made, Given)
    assert (made.steps, made.scale) == (4, 1.0)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (None, "names no adapter"),
        ({"steps": 3}, "names no adapter"),
        ("adapters.baselines.Freeze", "names no adapter"),
        ({"_target_": f"{HERE}.Given"}, r"Given needs 'steps': set model\.adapter\.steps=…"),
        ({"_target_": f"{HERE}.Given", "stesp": 3}, r"takes no argument 'stesp'; did you mean 'steps'\?"),
        ({"_target_": f"{HERE}.Given", "steps": 3, "scale": -1}, "^scale must not be negative$"),
        ({"_target_": f"{HERE}.Givne"}, r"tests\.cli\.test_command has no 'Givne'; did you mean 'Given'"),
        ({"_target_": "no_such_package.Model"}, "No module named 'no_such_package'"),
        ({"_target_": "Model"}, "model.adapter._target_=Model names no module"),
        ({"_target_": ".Model"}, "model.adapter._target_=.Model names no module"),
        ({"_target_": "..Model"}, "model.adapter._target_=..Model: "),
        ({"_target_": 5}, "model.adapter._target_=5 names no module"),
        ({"_target_": f"{HERE}.NOT_A_CLASS"}, "is no class"),
        ({"_target_": "runners.core"}, "runners.core is no class"),
        ({"_target_": "pathlib.PurePath"}, "pathlib.PurePath is no Adapter"),
        ({"_target_": "adapters.Adapter"}, "abstract"),
    ],
)
def test_a_yaml_that_names_no_usable_adapter_is_told_in_a_line(node: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        instantiate_adapter(node)
    assert len(str(caught.value).splitlines()) <= 2


@pytest.mark.parametrize("target", [f"{HERE}.factory", f"{HERE}.NoAdapter", "os.system", "builtins.eval"])
def test_nothing_but_an_adapter_is_called_at_any_depth_of_a_yaml(target: str) -> None:
    hostile = {"_target_": target, "command": "touch called"}
    nodes: list[dict[str, Any]] = [
        hostile,
        {"_target_": f"{HERE}.Anything", "inside": hostile},
        {"_target_": f"{HERE}.Anything", "inside": {"deep": [{"er": hostile}]}},
        {"_target_": f"{HERE}.Around", "inner": hostile},
    ]
    for node in nodes:
        with pytest.raises(UserError, match=f"_target_={target} is no (class|Adapter)"):
            instantiate_adapter(node)
    assert CALLED == []


@pytest.mark.parametrize("word", ["_partial_", "_args_"])
def test_no_other_word_of_hydra_s_makes_something_else_of_an_adapter(word: str) -> None:
    with pytest.raises(UserError, match=f"takes no argument '{word}'"):
        instantiate_adapter({"_target_": f"{HERE}.Given", "steps": 1, word: ["x"]})


def test_an_adapter_may_stand_inside_an_adapter_and_plain_values_stay_plain() -> None:
    inner = {"_target_": f"{HERE}.Anything", "_convert_": "all", "a": {"b": [1, {"c": None}]}, "d": 2.5}
    made = instantiate_adapter({"_target_": f"{HERE}.Around", "inner": inner})
    assert isinstance(made, Around)
    assert isinstance(made.inner, Anything)
    assert made.inner.options == {"a": {"b": [1, {"c": None}]}, "d": 2.5}


@pytest.mark.parametrize("value", [1234567, 7e12, True])
@pytest.mark.parametrize("name", ["revision", "folder"])
def test_a_text_that_was_read_as_a_number_is_refused_with_the_quoting_that_works(name: str, value: Any) -> None:
    with pytest.raises(
        UserError, match=f"model.adapter.{name} must be a text, and was read as .*\"model.adapter.{name}='…'\""
    ):
        instantiate_adapter({"_target_": f"{HERE}.Named", name: value})
    instantiate_adapter({"_target_": f"{HERE}.Named", "revision": None, "folder": "0123", "size": [1, 2]})


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def f(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("import nothing_such", "nothing_such"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_a_module_that_breaks_while_it_is_imported_is_told_with_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    (tmp_path / "broken_model.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=message):
        find_class("broken_model.Model", "model.adapter")


def test_an_adapter_that_takes_anything_is_given_anything() -> None:
    check_arguments(Anything, {"_target_": "x", "whatever": 1})
    check_arguments(Given, {"_target_": "x", "_convert_": "all", "steps": 1})


# Numbers that are none


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused_wherever_it_stands(number: float) -> None:
    given = GenerateSettings()
    for settings, key in (
        (replace(given, deadline_s=number), "deadline_s"),
        (replace(given, budget=replace(given.budget, sweep_max_usd=number)), "budget.sweep_max_usd"),
        (replace(given, scorer=replace(given.scorer, cache_gb=number)), "scorer.cache_gb"),
        (replace(given, model=replace(given.model, adapter={"call": {"scales": [1.0, number]}})),
         "model.adapter.call.scales"),
        (replace(given, model=replace(given.model, card={"cost": number})), "model.card.cost"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=f"^{key}=.* is no number to work with"):
            check_numbers(settings)
    check_numbers(given)


@pytest.mark.parametrize(
    "words",
    [
        ("generate", "plan=true", "budget.max_usd=nan"),
        ("generate", "plan=true", "+model.adapter.scale=nan"),
        ("generate", "plan=true", "-m", "deadline_s=5,nan"),
        ("score", "scorer.cache_gb=inf"),
        ("doctor", "+model.adapter.scale=nan"),
    ],
)
def test_every_command_refuses_a_number_that_is_none(words: tuple[str, ...]) -> None:
    done = command(*words[1:], *DATA, module=words[0])
    assert (done.returncode, "is no number to work with" in done.stdout) == (2, True), done.stdout
    assert "Traceback" not in done.stdout + done.stderr


# Hydra's errors in plain words


@pytest.fixture(scope="module", autouse=True)
def schema() -> None:
    ConfigStore.instance().store(group="schema", name="generate", node=GenerateSettings)


def told(*words: str) -> str:
    """What a user reads who typed this."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        try:
            OmegaConf.to_object(compose("generate", list(words)))
        except (HydraException, OmegaConfBaseException) as error:
            return plain_words(error, GenerateSettings)
    raise AssertionError("no error")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("model=frezee", "there is no model 'frezee'; did you mean 'freeze'?"),
        ("benchmark=verifed", "there is no benchmark 'verifed'; did you mean 'verified'?"),
        ("sweep=four", "there is no sweep 'four'; did you mean 'four_runs'?"),
        ("output=8k", "there is no output '8k' (choices: native, standard, truth)"),
        ("sed=1", "there is no setting 'sed'; did you mean 'seed'"),
        ("run=1,2", "run=1,2: for a sweep over several values add -m, for a list write 'run=[1,2]'"),
        ("+output=truth", "output is chosen twice; it is a group that is always there: write output=NAME, without a +"),
        ("select.view=[left]", "there is no setting 'select.view'; did you mean 'select.views'"),
        ("output.with=96", "there is no setting 'output.with'; did you mean 'output.width'"),
        ("run=one", "run=one: run: Value 'one' of type 'str' could not be converted to Integer"),
        ("plan=perhaps", "plan=perhaps: plan: Value 'perhaps' is not a valid bool"),
        ("output.fps=23.976", "output.fps=23.976: output.fps: Value '23.976' of type 'float' could not be converted"),
        ("select.ids=7", "select.ids"),
        ("run=[1", "cannot read 'run=[1': settings are key=value"),
        ("run", "cannot read 'run': settings are key=value"),
        ("model.negative_prompt=blur, noise", "quote the value: \"model.negative_prompt='blur, noise'\""),
    ],
)
def test_a_typical_mistake_is_told_in_plain_words(word: str, expected: str) -> None:
    text = told(word)
    assert expected in text
    assert len(text.splitlines()) <= 2
    for noise in ("full_key", "object_type", "HYDRA_FULL_ERROR", "hydra.cc", "Traceback", "search path"):
        assert noise not in text


def test_an_error_without_words_is_called_by_its_name() -> None:
    assert plain_words(HydraException()) == "HydraException"
