"""Prompts of which a model reads only the beginning: told by clip, counted where that can be done, else estimated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from runners.core.settings import ModelSettings, SelectSettings
from runners.prompts.lengths import long_prompts
from tests.run.harness import Paint, run


def words(texts: Sequence[str], most: int) -> list[tuple[int, int]]:
    """A tokenizer whose tokens are words."""
    return [(len(text.split()), len(" ".join(text.split()[:most]))) for text in texts]


def nobody(_: Sequence[str], __: int) -> None:
    """A tokenizer that is not here."""


def test_prompts_that_fit_are_not_counted_at_all() -> None:
    def never(_: Sequence[str], __: int) -> None:
        raise AssertionError

    assert long_prompts({"0001": "short", "0002": None, "0003": ""}, 226, "m", never) == []


def test_each_clip_is_told_with_its_tokens_and_with_what_is_cut() -> None:
    texts = {f"{number:04d}": "a b c d e " * number for number in range(1, 6)}
    cut = "warning: m reads 10 tokens of a prompt and cuts off the rest without a word"
    assert long_prompts(texts, 10, "m", words) == [
        f"{cut}: 3 prompts of 5 longer, up to 25 tokens (by its own tokenizer)",
        "  0003: 15 tokens, cut from 'a b c d e' on",
        "  0004: 20 tokens, cut from 'a b c d e a b c d e' on",
        "  0005: 25 tokens, cut from 'a b c d e a b c d e a b c d e' on",
    ]


def test_without_its_tokenizer_the_length_is_estimated_and_said_to_be() -> None:
    texts = {f"{number:04d}": "four" * 30 for number in range(1, 7)}
    first, *rest = long_prompts(texts, 20, "m", nobody)
    assert first.endswith(
        "6 prompts of 6 longer, up to 30 tokens (estimated, 4 bytes a token: its tokenizer is not here)"
    )
    assert rest[0] == f"  0001: 30 tokens, cut from {'four' * 10!r} on"
    assert rest[-1] == "  and 0004, 0005, 0006"
    assert long_prompts({"0001": "four" * 20}, 20, "m", nobody) == []


def test_an_estimate_never_cuts_a_letter_in_two() -> None:
    assert long_prompts({"0001": "é" * 200}, 10, "m", nobody)[1].startswith("  0001: 100 tokens, cut from 'éé")


@pytest.mark.parametrize("plan", [True, False])
@pytest.mark.parametrize("short", ["error", "roll_out"])
def test_a_run_and_its_plan_warn_by_the_model_s_own_facts(
    plan: bool, short: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ModelSettings(name="paint", adapter={"_target_": "x"}, facts={"text_tokens": 5}, short=short)
    adapter = Paint()
    adapter.count_tokens = words  # type: ignore[method-assign]
    assert run(tmp_path, adapter, model=model, plan=plan, select=SelectSettings(ids=["1"])).code == 0
    told = capsys.readouterr().err
    assert (
        "warning: paint reads 5 tokens of a prompt and cuts off the rest without a word: 1 prompt of 1 longer" in told
    )
    assert "  0001: 7 tokens, cut from 'Static shot.' on" in told


@pytest.mark.parametrize(("own", "warned"), [(5, True), (300, False), (None, False)])
def test_the_length_that_the_call_is_given_counts_before_the_facts(
    own: int | None, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = {} if own is None else {"max_sequence_length": own}
    facts = {} if own is None else {"text_tokens": 305 - own}
    model = ModelSettings(name="paint", adapter={"_target_": "x", "call": call}, facts=facts)
    run(tmp_path, model=model, plan=True)
    assert ("warning: paint reads 5 tokens" in capsys.readouterr().err) == warned
