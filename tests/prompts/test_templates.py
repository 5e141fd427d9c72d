"""Templates: what a scene lacks leaves no trace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.prompts.templates import BASE, FIELDS, choose_template, field_name, render

FULL = {
    "subject_action": "The ball rolls.",
    "subject_action_postfix": "Then it stops.",
    "scene_description": "A table.",
    "pre_action_scene_description": "A ball was put down.",
}
BLOCKS = """
Style: realistic
Scene: {scene_description}

Before:
{pre_action_scene_description}

Actions:
- {subject_action}
- {subject_action_postfix}
"""


def _only(*names: str) -> dict[str, str]:
    return {name: FULL[name] for name in names}


def test_the_base_template_orders_its_sentences_like_the_official_one() -> None:
    text = render(BASE, FULL)
    assert text.endswith("beyond what is described. A ball was put down. A table. The ball rolls. Then it stops.")
    assert "camera" in text.split(". ")[0]


def test_an_absent_field_takes_its_sentence_along() -> None:
    assert render(BASE, _only("subject_action")).endswith("is described. The ball rolls.")
    template = "Look! In the scene, {scene_description} {subject_action} Is it real?"
    assert render(template, _only("subject_action")) == "Look! The ball rolls. Is it real?"


def test_an_absent_field_takes_its_line_and_its_heading_along() -> None:
    assert render(BLOCKS, _only("subject_action")) == "Style: realistic\n\nActions:\n- The ball rolls."
    whole = "Style: realistic\nScene: A table.\n\nBefore:\nA ball was put down.\n\nActions:\n- The ball rolls."
    assert render(BLOCKS, FULL) == f"{whole}\n- Then it stops."


def test_a_heading_with_a_blank_line_below_stays_with_its_text() -> None:
    assert render("Scene:\n\n{scene_description}", FULL) == "Scene:\n\nA table."
    assert render("Scene:\n\n{scene_description}\n\nEnd.", {}) == "End."


@given(st.sets(st.sampled_from(FIELDS)))
def test_no_brace_double_space_or_loose_end_is_left(names: set[str]) -> None:
    for template in (BASE, BLOCKS):
        text = render(template, _only("subject_action", *names))
        assert not set("{}") & set(text)
        assert "  " not in text
        assert "\n\n\n" not in text
        assert text == text.strip()
        for name, value in FULL.items():
            assert (value in text) == (name in {"subject_action", *names})


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), min_size=1))
def test_a_field_is_inserted_as_it_is(value: str) -> None:
    assert render("Do: {subject_action}", {"subject_action": f"x{value}x"}) == f"Do: x{value}x"


@pytest.mark.parametrize(
    "spelling",
    ["subject-action-postfix", "subject-action post-fix", "subject_action_postfix", "Subject-Action-PostFix"],
)
def test_fields_are_known_in_every_spelling(spelling: str) -> None:
    assert field_name(spelling) == "subject_action_postfix"
    assert render(f"{{{spelling}}}", FULL) == "Then it stops."


def test_a_model_may_bring_its_own_template_and_replace_a_built_in_one() -> None:
    assert choose_template("base", {}) == BASE
    assert choose_template("mine", {"mine": "{subject_action}"}) == "{subject_action}"
    assert choose_template("base", {"base": "{subject_action}"}) == "{subject_action}"


def test_unknown_templates_and_fields_are_told_with_the_nearest() -> None:
    with pytest.raises(UserError, match="unknown template 'sora'; did you mean 'sora2'"):
        choose_template("sora", {"sora2": ""})
    with pytest.raises(UserError, match=r"unknown field \{subject\}; did you mean 'subject_action'"):
        choose_template("mine", {"mine": "{subject}"})
    with pytest.raises(UserError, match="must be a text, not dict"):
        choose_template("mine", {"mine": {"a": 1}})  # type: ignore[dict-item]
