"""What to type next, as a shell and the grammar of settings will read it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from runners.core.settings import BenchmarkSettings

_STRUCTURE = ",[]{}()'\"\\"


def setting(key: str, value: str | Path) -> str:
    """One word for a shell: `benchmark.root='/my data'`."""
    text = str(value)
    if any(sign in text for sign in _STRUCTURE) or "${" in text or text != text.strip():
        # Hydra takes a backslash as it is, unless a quote follows.
        escaped = re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), text)
        text = f"'{escaped}'"
    return shlex.quote(f"{key}={text}")


def root_of(benchmark: BenchmarkSettings) -> list[str]:
    """The word that says where a data set lies, if it does not lie where it is looked for."""
    return [setting("benchmark.root", benchmark.root)] if benchmark.root else []


def command_line(module: str, *words: str) -> str:
    """`python -m runners.score …`; the words are quoted already, or need no quotes."""
    return " ".join([f"python -m runners.{module}", *words])
