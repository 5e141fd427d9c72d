"""The words of a command line before Hydra reads them: flags in front, texts kept as they were typed.

Hydra's grammar takes `2024_01` for a number, `1e3` for 1000.0 and an `=` inside a value for an error. A folder that
is named so must be found under its name, so such values are put into quotes where only a text can be meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

_INFO = ("--info", "-i", "all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
_CONFIG_DIR = ("--config-dir", "-cd")
_FLAGS_WITH_VALUE = (
    *_CONFIG_DIR, "--config-path", "-cp", "--config-name", "-cn", "--cfg", "-c", "--package", "-p",
)  # fmt: skip

_PIECE = re.compile(
    r"""'(?:\\.|[^'\\])*' | "(?:\\.|[^"\\])*" | \$\{[^}]*\} | \\. | [\[\]{}(),] | [^\[\]{}(),'"$\\]+ | .""",
    re.DOTALL | re.VERBOSE,
)
"""A quoted text, an interpolation, an escaped sign, a bracket or comma, a stretch of anything else."""
_BRACKETS = {"[": "]", "{": "}", "(": ")"}
_TAKEN = re.compile(r"[A-Za-z0-9_./\-+$%*@?|: \t]*")
"""What Hydra's grammar takes without quotes."""
_WHOLE = r"(?:0|[1-9](?:_?[0-9])*)"
_POINT = rf"(?:{_WHOLE}\.|{_WHOLE}?\.[0-9](?:_?[0-9])*)"
_NO_TEXT = re.compile(
    rf"[+-]?(?:{_WHOLE}|{_POINT}|(?:{_WHOLE}|{_POINT})[eE][+-]?[0-9](?:_?[0-9])*|inf|nan)|true|false", re.IGNORECASE
)
"""What it takes for a number or a truth value."""


def config_dirs(words: Sequence[str]) -> list[Path]:
    """The folders given by --config-dir/-cd, in both spellings."""
    found = []
    for flag, value in zip(words, [*words[1:], ""], strict=False):
        name, equals, inline = flag.partition("=")
        if name in _CONFIG_DIR:
            found.append(Path(inline if equals else value))
    return found


def for_hydra(words: Sequence[str], texts: Collection[str]) -> tuple[list[str], list[str], list[str]]:
    """The words as Hydra is to read them: (flags, settings, what stands last), in this order.

    Its parser takes no setting behind a flag that stands between settings; people type them in any order. `texts`:
    the keys of all settings that hold texts.
    """
    flags: list[str] = []
    settings: list[str] = []
    last: list[str] = []
    waiting = False
    for word in words:
        if word in _INFO:  # --info may have a value: in front it would swallow the first setting
            last.append(word)
        elif waiting or word.startswith("-"):
            flags.append(word)
        else:
            settings.append(kept_as_typed(word, texts))
        waiting = word in _FLAGS_WITH_VALUE
    return flags, settings, last


def kept_as_typed(word: str, texts: Collection[str]) -> str:
    """A setting whose value is read as it is written: in quotes wherever Hydra would take it for something else."""
    key, equals, value = word.partition("=")
    if not equals or key.startswith("~"):
        return word
    return f"{key}={''.join(_quoted(value, is_text=key.lstrip('+') in texts))}"


def _quoted(value: str, *, is_text: bool) -> Iterator[str]:
    """The value piece by piece. What stands in braces, or is handed to a function other than choice(), stays."""
    run, inside = "", [""]
    for piece in _PIECE.findall(value):
        if piece not in "[]{}(),":
            run += piece
            continue
        kept = inside[-1] in ("other", "}") or piece == "("
        yield run if kept else _quoted_run(run, is_text=is_text)
        yield piece
        if piece in _BRACKETS:
            function = piece == "(" and run.strip() != "choice"
            inside.append("other" if function or inside[-1] in ("other", "}") else _BRACKETS[piece])
        elif piece in "]})" and len(inside) > 1:
            inside.pop()
        run = ""
    yield run if inside[-1] in ("other", "}") else _quoted_run(run, is_text=is_text)


def _quoted_run(run: str, *, is_text: bool) -> str:
    text = run.strip(" \t")
    if any(sign in text for sign in ("'", '"', "\\", "${")):
        return run
    if _TAKEN.fullmatch(text) and not (is_text and _NO_TEXT.fullmatch(text)):
        return run
    return run.replace(text, f"'{text}'")
