"""Frame rules: what is asked for brings enough, and what comes back is held against the rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import BadClip, SetupError
from adapters.local.calls.frame_rules import FrameRule, framepack, helios


def rule(
    text: str, *, least: int | None = None, most: int | None = None, added: int = 0, leading: int = 1
) -> FrameRule:
    return FrameRule.parse(text, least=least, most=most, added=added, leading=leading)


@pytest.mark.parametrize(
    ("text", "fps", "leading", "asked"),
    [("4k+1", 16, 1, 81), ("8k+1", 24, 1, 121), ("17k+5", 24, 1, 124), ("16k+1", 16, 1, 81), ("4k+1", 24, 1, 121)],
)
def test_five_seconds_are_asked_for_as_the_published_settings_have_it(
    text: str, fps: int, leading: int, asked: int
) -> None:
    assert rule(text, leading=leading).ask(5 * fps) == asked


@given(
    st.integers(1, 20), st.integers(1, 40), st.integers(1, 300), st.integers(0, 40), st.integers(-8, 40),
    st.integers(1, 200),
)  # fmt: skip
def test_what_is_asked_for_is_the_shortest_length_that_is_long_enough(
    step: int, first: int, wanted: int, leading: int, added: int, least: int
) -> None:
    made = rule(f"{step}k+{first}", least=least, added=added, leading=leading)
    n = made.ask(wanted)
    assert n >= least
    assert (n - first) % step == 0
    assert made.returned(n) - leading >= wanted
    before = n - step
    assert before < max(least, first) or made.returned(before) - leading < wanted


def test_a_model_that_cannot_make_it_is_asked_for_the_most_it_can() -> None:
    assert rule("any", least=25, most=25).ask(35) == 25
    assert rule("any", least=25, most=25).ask(10) == 25  # trained on this length
    assert rule("8k+1", most=97).ask(120) == 97


def test_pipelines_that_work_in_sections_return_more_than_they_are_asked_for() -> None:
    # Framepack: 91 → 109, 129 → 145; Helios: 33 → 33, 99 → 97, 120 → 129 (run in diffusers 0.42.1).
    assert [framepack(n) for n in (33, 91, 129, 150)] == [37, 109, 145, 181]
    assert [helios(n) for n in (33, 99, 120, 132)] == [33, 97, 129, 129]
    assert rule("framepack").ask(150) == 165
    assert rule("framepack").returned(165) == 181
    assert rule("helios", leading=0).returned(rule("helios", leading=0).ask(120)) == 129


@pytest.mark.parametrize("text", ["", "4k+", "0k+1", "k", "frampack", "4k-1"])
def test_a_rule_that_is_none_is_told(text: str) -> None:
    with pytest.raises(SetupError, match="no frame rule"):
        rule(text)


def test_bounds_without_any_length_between_them_are_told() -> None:
    with pytest.raises(SetupError, match="no length between"):
        rule("8k+1", least=10, most=16)


def test_a_clip_that_was_shortened_silently_is_an_error_that_names_both_lengths() -> None:
    with pytest.raises(BadClip, match=r"asked for 24 frames, must give 24, and gave 17"):
        rule("any").check(24, (64, 64), 17, (64, 64))


def test_a_pipeline_that_chose_its_own_size_is_an_error_that_names_both_sizes() -> None:
    with pytest.raises(BadClip, match=r"asked for 720×400 and gave 704×384"):
        rule("4k+1").check(81, (720, 400), 81, (704, 384))
