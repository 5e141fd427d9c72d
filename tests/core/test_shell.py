"""What is told to be typed next means the same when it is typed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from runners.cli.typed import kept_as_typed
from runners.core.settings import BenchmarkSettings
from runners.core.shell import command_line, list_setting, root_of, setting

ODD = (
    "/data/set", "/my data/set", "a,b", "[x]", "{a: b}", "it's", 'the "set"', "a\\b", "ends\\", "\\'", "$HOME/x",
    "${x}", "a;b&c", "r/svd+fit=pad-op-run_01", "été", "2024_12", "c:v",
    " x ", "*?", "`x`", "#1", "~/x", "(a)", "a\\,b", "!x",
)  # fmt: skip


@pytest.mark.parametrize("value", ODD)
def test_a_setting_is_read_back_by_a_shell_and_by_the_grammar(value: str) -> None:
    [word] = shlex.split(setting("benchmark.root", value))
    read = OverridesParser.create().parse_override(kept_as_typed(word, {"benchmark.root"}))
    assert (read.key_or_group, read.value()) == ("benchmark.root", value)


def test_a_list_is_read_back_by_a_shell_and_by_the_grammar() -> None:
    [word] = shlex.split(list_setting("clip", [*ODD, "0001", "1e3"]))
    read = OverridesParser.create().parse_override(kept_as_typed(word, {"clip"}))
    assert (read.key_or_group, read.value()) == ("clip", [*ODD, "0001", "1e3"])


def test_a_plain_setting_needs_no_quotes() -> None:
    assert command_line("generate", setting("benchmark", "demo"), "plan=true") == (
        "python -m runners.generate benchmark=demo plan=true"
    )
    assert (
        setting("run", Path("results/verified/svd+fit=pad-op-run_01")) == "run=results/verified/svd+fit=pad-op-run_01"
    )


def test_only_a_root_that_was_given_is_told() -> None:
    assert root_of(BenchmarkSettings()) == []
    assert root_of(BenchmarkSettings(root="/my data")) == ["'benchmark.root=/my data'"]
