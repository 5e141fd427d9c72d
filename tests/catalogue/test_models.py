"""`python -m runners.models`: every name is there, figures are the adapters' own, filters leave out nothing unsaid."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from adapters import SetupError
from runners.catalogue.entry import CLIPS, Entry
from runners.catalogue.facts import Facts
from runners.catalogue.filters import Wanted
from runners.cli.choices import CONF, files
from runners.cli.making import instantiate_adapter
from runners.core.errors import UserError
from runners.models import entries, settings_of, tell
from tests.test_conf import composed
from tests.test_imports import HEAVY

ROOT = CONF.parent


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, dict[str, object]]:
    tell([*words, "format=json"])
    return {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}


def test_every_model_is_listed_and_nothing_heavy_is_imported_for_it() -> None:
    script = (
        "import runpy, sys\nsys.argv = ['models', 'format=json']\n"
        "try: runpy.run_module('runners.models', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        f"print(code, sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr == "0 []\n"
    found = json.loads(done.stdout)
    assert sorted(one["name"] for one in found) == sorted(files("model", [CONF]))
    assert [one["name"] for one in found if one["fault"]] == []


@pytest.mark.full
def test_a_price_is_that_of_the_adapter_that_is_asked_for_a_clip() -> None:
    priced = 0
    for entry in entries([CONF]):
        if not entry.paid:
            assert entry.usd is None
            continue
        adapter = instantiate_adapter(composed("generate", f"model={entry.name}").model.adapter)
        try:
            each = adapter.estimate_usd(5.0)
        except SetupError:
            each = None
        assert entry.usd == (None if each is None else round(each * CLIPS, 2)), entry.name
        priced += entry.usd is not None
    assert priced > 30


@pytest.mark.full
def test_filters_keep_what_fits_and_say_what_nobody_could_judge(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(listed(capsys, "mode=multiframe")) < set(listed(capsys))
    cheap = listed(capsys, "max_usd=25")
    assert {"replicate_p_video", "freeze", "svd"} <= set(cheap)
    assert "fal_seedance_20" not in cheap
    tell(["max_usd=25"])
    assert "left out, for their price is not known: " in capsys.readouterr().err
    assert set(listed(capsys, "stable", "diffusion")) == {"svd", "svd_xt"}
    assert "magi1_command" in listed(capsys, "max_usd=0")


def entry(name: str, **more: object) -> Entry:
    return Entry(name, str(more.pop("kind", "open weights, image to video")), "", "i2v", **more)  # type: ignore[arg-type]


def test_what_is_not_known_fits_no_limit_and_is_named() -> None:
    small, large = entry("small", facts=Facts(memory_gb=24)), entry("large", facts=Facts(memory_gb=80))
    unknown, bought = entry("unknown"), entry("bought", kind="services, image to video", paid=True)
    everything = [small, large, unknown, bought]
    wanted = Wanted(max_gb=24)
    assert [one.name for one in everything if wanted.takes(one)] == ["small", "bought"]
    assert wanted.unjudged(everything) == ["left out, for nobody published how much memory they need: unknown"]
    wanted = Wanted(max_usd=1)
    assert [one.name for one in everything if wanted.takes(one)] == ["small", "large", "unknown"]
    assert wanted.unjudged(everything) == ["left out, for their price is not known: bought"]
    assert Wanted(licence="apache").takes(entry("a", facts=Facts(licence="Apache-2.0")))
    assert not Wanted(ready=True).takes(entry("a", missing=("a GPU",)))


def test_a_missing_key_is_told_by_its_name_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAL_KEY", raising=False)
    assert listed(capsys, "name=fal_veo31")["fal_veo31"]["missing"] == ["$FAL_KEY"]
    monkeypatch.setenv("FAL_KEY", "secret-of-mine")
    tell(["name=fal_veo31"])
    out = capsys.readouterr().out
    assert "secret-of-mine" not in out
    assert re.search(r"missing here +nothing\n", out)


def test_all_of_one_model_with_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    tell(["name=runway_gen45"])
    out = capsys.readouterr().out
    assert re.search(r"198 clips +\$118\.80 \(\$0\.600 a clip\)\n", out)
    assert "a prompt is required, 1 to 1000 UTF-16 units" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["name=svt"], "unknown model 'svt'; did you mean 'svd_xt' or 'svd'"),
        (["mod=i2v"], "unknown setting 'mod'; did you mean 'mode'"),
        (["mode=v2v"], "mode: unknown 'v2v'; did you mean 'i2v'\\? \\(choices: i2v, multiframe\\)"),
        (["format=csv"], "format: unknown 'csv'"),
        (["max_usd=lots"], "max_usd=lots: a number of US dollars is wanted"),
        (["max_gb=nan"], "max_gb=nan: a number of GB is wanted"),
        (["ready=yes"], "ready: unknown 'yes'"),
    ],
)
def test_words_that_mean_nothing_here_are_told(words: list[str], told: str) -> None:
    with pytest.raises(UserError, match=told):
        tell(words)


def test_words_without_a_setting_are_searched_for() -> None:
    settings, searched = settings_of(["wan", "max_gb=24", "14b"])
    assert (settings.max_gb, searched) == (24.0, ("wan", "14b"))


def test_ones_own_models_are_listed_and_a_broken_one_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("# Mine\ndefaults: [svd]\nfacts: {licence: MIT, memory_gb: 3}\n")
    (tmp_path / "model" / "broken.yaml").write_text("# Broken\nfacts: {license: MIT}\n")
    found = listed(capsys, "--config-dir", str(tmp_path))
    assert found["mine"]["kind"] == "your own"
    assert str(found["broken"]["fault"]).startswith(
        "model broken: facts: unknown fact 'license'; did you mean 'licence'"
    )


PLUG_IN = """
from adapters import Adapter, Needs

class Sound(Adapter):
    needs = Needs(mode="i2v")
    def generate(self, request): raise NotImplementedError

class NeedsRaise(Sound):
    @property
    def needs(self): raise RuntimeError("boom")

class NoNeeds(Sound):
    needs = None

class PriceRaises(Sound):
    def estimate_usd(self, seconds): raise ZeroDivisionError("boom")

class PriceIsText(Sound):
    def estimate_usd(self, seconds): return "free"

class PriceIsNone(Sound):
    def estimate_usd(self, seconds): return float("nan")
"""
OF_OTHERS = {
    "needs_raise": ("adapter: {_target_: odd_plug_in.NeedsRaise}", "the adapter's needs raised RuntimeError: boom"),
    "no_needs": ("adapter: {_target_: odd_plug_in.NoNeeds}", "the adapter's needs are a NoneType"),
    "price_raises": ("adapter: {_target_: odd_plug_in.PriceRaises}", "estimate_usd() raised ZeroDivisionError: boom"),
    "price_is_text": ("adapter: {_target_: odd_plug_in.PriceIsText}", "estimate_usd() raised TypeError"),
    "price_is_nan": ("adapter: {_target_: odd_plug_in.PriceIsNone}", "estimate_usd() said nan, which is no amount"),
    "key_is_a_number": ("adapter: {1: 2, _target_: odd_plug_in.Sound}", "Sound takes no argument 1"),
    "built_on_what_is_above": ("defaults: [../../x]", "builds on ../../x, and there is no such file"),
    "built_on_a_long_name": (f"defaults: [{'a' * 5000}]", "and there is no such file"),
}


def test_a_fault_of_somebody_s_model_is_its_line_s_and_hides_no_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "odd_plug_in.py").write_text(PLUG_IN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "model").mkdir()
    for name, (text, _) in OF_OTHERS.items():
        (tmp_path / "model" / f"{name}.yaml").write_text(text + "\n", encoding="utf-8")
    found = listed(capsys, "--config-dir", str(tmp_path))
    assert sorted(found) == sorted([*OF_OTHERS, *files("model", [CONF])])
    for name, (_, told) in OF_OTHERS.items():
        assert told in str(found[name]["fault"]), name
