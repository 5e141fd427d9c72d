"""Prompt templates: plain text with `{field}`s, filled per scene; what a scene lacks leaves no trace.

The fields are those of the official `descriptions/data.yaml`. Rules for a field that a scene lacks:
its sentence vanishes (a sentence ends at . ! ? or at a field before another field or a capital letter); a line of
which nothing is left vanishes; so does a heading (a line that ends in a colon) with nothing left below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import dropwhile, takewhile

from runners.core.errors import UserError, nearest

FIELDS = ("subject_action", "subject_action_postfix", "scene_description", "pre_action_scene_description")

# The order of the official base template; the three fixed sentences are our own words.
BASE = (
    "One continuous shot from a locked camera, at real-time speed. "
    "Realistic footage of a physics experiment. "
    "Nothing appears and nothing happens beyond what is described. "
    "{pre_action_scene_description} {scene_description} {subject_action} {subject_action_postfix}"
)
BUILT_IN: Mapping[str, str] = {"base": BASE}

_FIELD = re.compile(r"\{([^{}\n]*)\}")
_SENTENCE_END = re.compile(r"(?<=[.!?])[ \t]+|(?<=\})[ \t]+(?=[{A-Z])")


def field_name(text: str) -> str | None:
    """The field that a spelling means (`subject-action post-fix` too), or None."""
    plain = re.sub(r"[\s_-]+", "", text.lower())
    return next((field for field in FIELDS if field.replace("_", "") == plain), None)


def choose_template(name: str, own: Mapping[str, str]) -> str:
    """The text of a template: a model's own, else a built-in one.

    Raises `UserError` for an unknown name, a template that is no text, and a field that does not exist.
    """
    known = {**BUILT_IN, **own}
    if name not in known:
        raise UserError(f"prompts.template: unknown template {name!r}{nearest(name, known)}")
    text = known[name]
    if not isinstance(text, str):
        raise UserError(f"the template {name!r} must be a text, not {type(text).__name__}; quote it or use |")
    for written in _FIELD.findall(text):
        if field_name(written) is None:
            raise UserError(f"the template {name!r} has an unknown field {{{written}}}{nearest(written, FIELDS)}")
    return text


def render(template: str, fields: Mapping[str, str]) -> str:
    """The template filled with the fields that a scene has; see the rules above."""
    lines = template.strip().splitlines()
    filled = [_fill_line(line, fields) for line in lines]
    kept = [
        text for index, text in enumerate(filled) if text is not None and not _is_bare_heading(index, lines, filled)
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _fill_line(line: str, fields: Mapping[str, str]) -> str | None:
    """The line without the sentences whose fields are absent; None if that leaves nothing of it."""
    sentences = _SENTENCE_END.split(line.rstrip())
    kept = [sentence for sentence in sentences if all(_value(name, fields) for name in _FIELD.findall(sentence))]
    if line.strip() and not kept:
        return None
    return _FIELD.sub(lambda match: _value(match[1], fields), " ".join(kept))


def _value(name: str, fields: Mapping[str, str]) -> str:
    return fields.get(field_name(name) or "", "").strip()


def _is_heading(line: str) -> bool:
    return line.rstrip().endswith(":") and not _FIELD.search(line)


def _is_bare_heading(index: int, lines: list[str], filled: list[str | None]) -> bool:
    """Whether this line is a heading and every line of the paragraph below it has vanished."""
    if not _is_heading(lines[index]):
        return False
    below = dropwhile(lambda pair: not pair[0].strip(), zip(lines[index + 1 :], filled[index + 1 :], strict=True))
    paragraph = [text for _, text in takewhile(lambda pair: pair[0].strip() and not _is_heading(pair[0]), below)]
    return bool(paragraph) and all(text is None for text in paragraph)
