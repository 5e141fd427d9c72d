"""`--help` shows everything there is: each choice of conf/, each setting of the schema, each plug-in's model."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from runners.cli.choices import CONF, headline, options, plugin_folders
from runners.cli.command import Command as Entry
from runners.cli.help import help_text
from runners.cli.hydra_errors import keys
from runners.cli.model_kinds import KINDS
from runners.doctor import COMMAND as DOCTOR
from runners.fetch import COMMAND as FETCH
from runners.generate import COMMAND as GENERATE
from runners.jobs import COMMAND as JOBS
from runners.score import COMMAND as SCORE
from runners.submit import COMMAND as SUBMIT

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = pytest.mark.parametrize(
    "command", [GENERATE, SCORE, FETCH, SUBMIT, DOCTOR, JOBS], ids=lambda command: command.name
)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """As wide as most terminals; without a terminal it would be 80 columns."""
    monkeypatch.setenv("COLUMNS", "120")


def page(command: Entry, *folders: Path) -> str:
    words = [f"--config-dir={folder}" for folder in folders]
    return help_text(command.name, command.purpose, command.schema, command.groups, words)


def section(text: str, group: str) -> dict[str, str]:
    """Name → what is said of it, for the choices of a group or the `settings`."""
    lines = re.split(r"\n\n", text.split(f"\n{group}", 1)[1])[0].splitlines()[1:]
    found: dict[str, str] = {}
    for line in lines:
        if re.match(r"  \S", line):
            name, _, doc = line.strip().partition(" ")
            found[name.partition("=")[0]] = doc.strip()
        elif found:
            last = next(reversed(found))
            found[last] = f"{found[last]} {line.strip()}".strip()
    return found


@COMMANDS
def test_every_choice_is_shown_with_its_headline(command: Entry) -> None:
    text = page(command)
    for group in command.groups:
        place = CONF / group
        files = {path.relative_to(place).with_suffix("").as_posix(): headline(path) for path in place.rglob("*.yaml")}
        if group != "model":
            assert section(text, f"{group}=") == dict(sorted(files.items()))


def of_kinds(text: str) -> dict[str, list[str]]:
    """Kind → names, as the first page has them."""
    kinds: dict[str, list[str]] = {}
    last = ""
    for line in re.split(r"\n\n", text.split("\nmodel=", 1)[1])[0].splitlines()[1:]:
        kind, names = line[2:32].strip(), line[32:]
        last = kind or last
        kinds[last] = kinds.get(last, []) + [name for name in re.split(r",\s*", names) if name]
    return kinds


def told(command: Entry, *words: str) -> dict[str, str]:
    """Name → what `--help model` says of it."""
    text = help_text(command.name, command.purpose, command.schema, command.groups, ["--help", "model", *words])
    return {name: doc for kind in KINDS if f"\n{kind}\n" in text for name, doc in section(text, kind).items()}


@pytest.mark.parametrize("command", [GENERATE, DOCTOR], ids=lambda command: command.name)
def test_every_model_is_shown_once_by_its_kind(command: Entry) -> None:
    kinds = of_kinds(page(command))
    assert list(kinds) == list(KINDS)
    assert sorted(name for names in kinds.values() for name in names) == sorted(options("model", [CONF]))
    assert kinds["baselines"] == ["extrapolate", "freeze", "real_take"]
    assert kinds["your own"] == [
        "command", "fal", "openai_videos", "openrouter", "precomputed", "replicate", "together", "vercel", "wavespeed",
    ]  # fmt: skip
    assert kinds["the paper's closed models"] == [
        "lumiere_i2v", "lumiere_multiframe", "pika_1_0", "runway_gen3", "sora", "videopoet_i2v", "videopoet_multiframe",
    ]  # fmt: skip


def test_a_page_of_models_says_what_each_is() -> None:
    shown = told(GENERATE)
    for path in (CONF / "model").glob("*.yaml"):
        assert re.sub(": image to video(,| in) ", ": ", headline(path)) in (shown[path.stem], headline(path))
    assert shown["svd_xt"] == headline(CONF / "model" / "svd_xt.yaml")
    assert shown["wan21_480p"] == "Wan 2.1 I2V 14B 480P: 5 s at 832×480, 16 FPS"


def test_a_group_behind_help_is_shown_alone() -> None:
    words = ["--config-dir", "model", "--help", "prompts="]
    text = help_text(GENERATE.name, GENERATE.purpose, GENERATE.schema, GENERATE.groups, words)
    assert text.splitlines()[0] == "prompts="
    assert len(text.splitlines()) == 1 + len(options("prompts", [CONF]))
    words = ["model=svd", "--help", "run=1"]
    assert help_text(GENERATE.name, "", GENERATE.schema, GENERATE.groups, words).startswith("usage: ")


def test_the_first_page_is_short() -> None:
    """Its models fit one screen."""
    models = page(GENERATE).split("\nmodel=")[1].split("\n\n")[0]
    assert len(models.splitlines()) < 40


def test_every_group_of_conf_is_offered_by_a_command() -> None:
    groups = {path.name for path in CONF.iterdir() if path.is_dir() and any(path.glob("*.yaml"))} - {"base"}
    assert groups == set(GENERATE.groups)


@COMMANDS
def test_every_setting_is_shown_with_its_meaning(command: Entry) -> None:
    shown = section(page(command), "settings (with their defaults)")
    for key in keys(command.schema):
        group = key.partition(".")[0]
        if group in ("prompts", "output") and group not in command.groups:
            assert key not in shown  # there only because benchmarks choose for them
        elif not any(other.startswith(f"{key}.") for other in keys(command.schema)):
            assert shown.pop(key), key
    assert shown == {}


def test_a_default_is_shown_where_no_choice_decides_it() -> None:
    text = page(GENERATE)
    assert re.search(r"^  run=1 ", text, re.MULTILINE)
    assert re.search(r"^  plan=false ", text, re.MULTILINE)
    assert re.search(r"^  tag=null ", text, re.MULTILINE)
    assert re.search(r"^  select\.ids=\[\] ", text, re.MULTILINE)
    assert re.search(r"^  output\.width +pixels", text, re.MULTILINE)


def test_a_page_fits_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (80, 110, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert max(map(len, page(GENERATE).split("Hydra's own flags")[0].splitlines())) <= columns


def test_one_s_own_models_are_shown_and_the_first_of_a_name_wins(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("# @package _global_\n# Mine (no licence)\nname: mine\n")
    (tmp_path / "model" / "freeze.yaml").write_text("# Not the one that Hydra takes\n")
    (tmp_path / "model" / "silent.yaml").write_text("name: silent\n# too late\n")
    assert of_kinds(page(GENERATE, tmp_path))["your own"][5:7] == ["replicate", "silent"]
    shown = told(GENERATE, f"--config-dir={tmp_path}")
    assert (shown["mine"], shown["silent"]) == ("Mine (no licence)", "")
    assert shown["freeze"] == headline(CONF / "model" / "freeze.yaml")


def test_a_plug_in_s_models_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example plug-in, as an installation lays it out: its package on the path with its entry point beside."""
    record = tmp_path / "acme_piq-0.1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-piq\nVersion: 0.1.0\n")
    (record / "entry_points.txt").write_text(
        "[physics_iq_harness.conf]\nacme = acme_piq.conf\ngone = no_such_package.conf\n"
    )
    (tmp_path / "acme_piq").symlink_to(ROOT / "tests" / "example_plugin" / "acme_piq")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    try:
        folders = plugin_folders()
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "acme_piq"]:
            del sys.modules[name]
    assert [folder.parent.name for folder in folders] == ["acme_piq"]
    assert set(options("model", folders)) == {"acme"}
    assert "an example plug-in" in told(GENERATE, *[f"--config-dir={folder}" for folder in folders])["acme"]


def test_the_exit_codes_and_flags_are_on_the_page() -> None:
    text = page(GENERATE)
    for word in ("0 all done", "1 some clips failed", "2 bad input", "3 stopped", "130 interrupted", "--config-dir"):
        assert word in text
