"""Texts mean what was typed: no name of a folder is read as a number, and no YAML says something else than it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from runners.cli.hydra_errors import text_keys
from runners.cli.sources import check_header
from runners.cli.typed import kept_as_typed
from runners.core.settings import (
    DoctorSettings,
    FetchSettings,
    GenerateSettings,
    JobsSettings,
    ScoreSettings,
    SubmitSettings,
)
from tests.run.test_cli import DATA, SMALL, command

TEXTS = ("tag", "results", "select.ids")
NUMBERS = (
    "2024_01", "1e3", "1_0", "7", "-3", "+5", "1.10", ".5", "1.", "1E-3", "inf", "-nan", "true", "FALSE", "0",
)  # fmt: skip
OTHERS = ("007", "0x10", "on", "1:30", "2024-01-02", "v1.10", "a-b", "été", "a=b", "lr=1e-3", "~/x")


def read(word: str) -> object:
    """What Hydra takes a word for."""
    return OverridesParser.create().parse_override(kept_as_typed(word, TEXTS)).value()


@pytest.mark.parametrize("text", [*NUMBERS, *OTHERS, "c:v", "a b", "#1", "50%", "a;b", "x&y"])
def test_a_text_is_read_as_it_was_typed(text: str) -> None:
    assert read(f"tag={text}") == text
    assert read(f"+results={text}") == text
    assert read(f"select.ids=[{text}, {text}]") == [text, text]


@pytest.mark.parametrize("text", NUMBERS)
def test_every_text_of_a_sweep_is_read_as_it_was_typed(text: str) -> None:
    for values in (f"{text},b", f"choice({text}, b)"):
        sweep = OverridesParser.create().parse_override(kept_as_typed(f"tag={values}", TEXTS))
        assert [value.strip("'") for value in sweep.sweep_string_iterator()] == [text, "b"]


@pytest.mark.parametrize(
    "word",
    [
        "tag=null", "tag='a, b'", 'tag="1_0"', "tag=${model.name}", r"tag=a\,b", "tag=", "~tag", "--cfg", "run=1_0",
        "run=range(1,4)", "model.adapter.x={a: 1_0}", "+x=[{path: FILE, w: 0.8}]", "tag=don't", "seed=1,2", "run",
    ],
)  # fmt: skip
def test_what_can_be_no_text_or_is_quoted_stays_as_it_is(word: str) -> None:
    assert kept_as_typed(word, TEXTS) == word


def test_other_settings_take_signs_that_the_grammar_has_no_word_for() -> None:
    assert read("model.adapter.folder=r/svd+fit=pad-op-run_01/vidéos") == "r/svd+fit=pad-op-run_01/vidéos"
    assert read("model.adapter.steps=30") == 30


def test_every_command_s_texts_are_known() -> None:
    assert {"tag", "results", "model.name", "select.ids", "from_raw", "budget.lock", "scorer.path"} <= text_keys(
        GenerateSettings
    )
    assert not {"run", "seed", "plan", "output.fps", "model.adapter", "budget.max_usd"} & text_keys(GenerateSettings)
    assert {"videos", "scores", "compare"} <= text_keys(ScoreSettings)
    assert {"runs", "out", "card"} <= text_keys(SubmitSettings)
    assert {"run", "clip", "job", "action"} <= text_keys(JobsSettings)
    assert {"purpose", "benchmark.root"} <= text_keys(FetchSettings)
    assert "model.name" in text_keys(DoctorSettings)


def test_a_run_is_made_under_the_name_that_was_typed(tmp_path: Path) -> None:
    done = command("plan=true", "tag=2024_01", *DATA, *SMALL, f"results={tmp_path}", "benchmark.name=1e3")
    assert f"{tmp_path}/1e3/freeze+2024_01-op-run_01" in done.stdout


def test_a_choice_is_the_file_of_the_name_that_was_typed(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "2024_01.yaml").write_text(f"# Mine\nname: mine\n{FREEZE}", "utf-8")
    done = command("plan=true", f"--config-dir={tmp_path}", "model=2024_01", *DATA, *SMALL)
    assert (done.returncode, "mine-op-run_01:" in done.stdout) == (0, True), done.stdout


# YAML files


def own(folder: Path, group: str, text: str) -> Path:
    path = folder / group / "mine.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def told(folder: Path, *words: str) -> str:
    done = command("plan=true", f"--config-dir={folder}", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 1
    return done.stdout


FREEZE = "adapter: {_target_: adapters.baselines.Freeze}\n"


@pytest.mark.parametrize(
    ("written", "value"), [("0123", "83"), ("1_0", "10"), ("on", "True"), ("1:30", "90"), ("1e3", "1000.0")]
)
def test_a_text_of_a_yaml_that_is_read_as_another_is_refused_with_its_line(
    tmp_path: Path, written: str, value: str
) -> None:
    path = own(tmp_path, "model", f"# Mine\nname: {written}\n{FREEZE}")
    wanted = f"{path}, line 2: model.name is read as {value}; put it in quotes: name: '{written}'"
    assert wanted in told(tmp_path, "model=mine")


def test_a_quoted_text_of_a_yaml_and_one_that_reads_as_it_is_written_are_taken(tmp_path: Path) -> None:
    for name in ("'0123'", "7", "0x", "2024-01-02"):
        own(tmp_path, "model", f"# Mine\nname: {name}\n{FREEZE}")
        done = command("plan=true", f"--config-dir={tmp_path}", "model=mine", *DATA, *SMALL)
        assert (done.returncode, name.strip("'") + "-op-run_01:" in done.stdout) == (0, True), done.stdout


def test_ids_of_a_yaml_are_never_octal(tmp_path: Path) -> None:
    own(tmp_path, "experiment", "# @package _global_\n# Mine\nselect: {ids: [0010]}\n")
    assert "select.ids is read as 8" in told(tmp_path, "experiment=mine")


@pytest.mark.parametrize("group", ["sweep", "model", "experiment"])
def test_a_package_line_that_is_not_the_first_is_told_as_that(tmp_path: Path, group: str) -> None:
    path = own(tmp_path, group, "# Mine\n\n# @package _global_\nseed: 3\n")
    wanted = f"{path}, line 3: '# @package _global_' counts in the first line only; move it there"
    assert wanted in told(tmp_path, f"{group}=mine")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# @package\nname: x\n", "is no header"),
        ("# @author Jane Doe\nname: x\n", "is no header"),
        ("\ufeff# @package _global_\nname: x\n", "byte order mark"),
        ("# Mine\nname: [x\n", "line 2: not well-formed YAML"),
        ("name: &a [*a]\n", "holds itself"),
    ],
)
def test_a_model_s_file_that_would_be_misread_is_told_with_its_name(tmp_path: Path, text: str, message: str) -> None:
    path = own(tmp_path, "model", text)
    line = told(tmp_path, "model=mine")
    assert (message in line, str(path) in line) == (True, True), line


def test_a_header_stands_before_everything_else() -> None:
    check_header("# @package _global_\n# Words\nseed: 1\n", "f")
    check_header("\n# @package model.adapter\n\nx: 1 # @package no\n", "f")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"model/mine": "# @package _global_\nhydra: {callbacks: {x: CALL}}\n"}, "hydra.callbacks.x._target_"),
        ({"model/mine": "defaults: [other@_global_.hydra.callbacks]\n", "model/other": "x: CALL\n"},
         "hydra.callbacks.x._target_"),
        ({"model/mine": "# @package _global_\nhydra: {job_logging: {formatters: {x: {(): os.mkdir, path: PATH}}}}\n"},
         r"hydra.job_logging.formatters.x.()"),
        ({"model/mine": "# @package hydra\njob_logging: {handlers: {x: {class: logging.os.mkdir, path: PATH}}}\n"},
         "hydra.job_logging.handlers.x.class"),
    ],
)  # fmt: skip
def test_no_yaml_has_hydra_call_something(tmp_path: Path, files: dict[str, str], place: str) -> None:
    made = tmp_path / "made"
    for name, text in files.items():
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            text.replace("CALL", f"{{_target_: os.mkdir, path: {made}}}").replace("PATH", str(made)), "utf-8"
        )
    assert f"{place}: " in told(tmp_path, "model=mine")
    assert not made.exists()
