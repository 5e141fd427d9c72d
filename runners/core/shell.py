"""What to type next, as a shell and the grammar of settings will read it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from runners.core.settings import BenchmarkSettings

_STRUCTURE = ",[]{}()'\"\\"


def setting(key: str, value: str | Path) -> str:
    """One word for a shell: `benchmark.root='/my data'`."""
    return shlex.quote(f"{key}={_value(str(value))}")


def list_setting(key: str, values: Iterable[str]) -> str:
    """One word for a shell whose value is a list of texts: `'clip=[0001,0007]'`."""
    return shlex.quote(f"{key}=[{','.join(map(_value, values))}]")


def _value(text: str) -> str:
    """A text as the grammar of settings reads it."""
    if any(sign in text for sign in _STRUCTURE) or "${" in text or text != text.strip():
        # Hydra takes a backslash as it is, unless a quote follows.
        escaped = re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), text)
        return f"'{escaped}'"
    return text


def root_of(benchmark: BenchmarkSettings) -> list[str]:
    """The word that says where a data set lies, if it does not lie where it is looked for."""
    return [setting("benchmark.root", benchmark.root)] if benchmark.root else []


def command_line(module: str, *words: str) -> str:
    """`python -m runners.score …`; the words are quoted already, or need no quotes."""
    return " ".join([f"python -m runners.{module}", *words])
