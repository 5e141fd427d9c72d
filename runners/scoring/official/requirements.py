"""What the official toolbox needs beside its own files: modules in its interpreter, and ffprobe."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

from runners.core.errors import UserError
from runners.scoring.official.toolbox import Toolbox

_PACKAGES = {
    "PIL": "pillow", "cv2": "opencv-python-headless", "skimage": "scikit-image", "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}  # fmt: skip
"""Modules that come in a package of another name."""
_IMPORT_LIMIT_S = 300
_IMPORT = """
import importlib, json, platform, sys
versions, faults = {"python": platform.python_version()}, {}
for name in sys.argv[1:]:
    try:
        versions[name] = str(getattr(importlib.import_module(name), "__version__", ""))
    except BaseException as error:
        faults[name] = "" if isinstance(error, ModuleNotFoundError) and error.name == name else repr(error)
print("\\n" + json.dumps([versions, faults]))
"""


def check_needs(toolbox: Toolbox) -> dict[str, str]:
    """Versions of the interpreter and of the modules that the toolbox imports.

    Raises `UserError` with the line that installs what is missing.
    """
    versions, faults = _import_all(toolbox)
    if faults:
        packages = " ".join(_PACKAGES.get(name, name) for name in faults)
        told = ", ".join(f"{name} ({fault})" if fault else name for name, fault in faults.items())
        raise UserError(
            f"the official toolbox imports what {toolbox.python} cannot: {told}; install it with: "
            f"{toolbox.python} -m pip install {packages}, or name another interpreter with scorer.python=…"
        )
    if shutil.which("ffprobe") is None:
        raise UserError(
            "the official toolbox needs ffprobe on the PATH; install it with: apt install ffmpeg "
            "(macOS: brew install ffmpeg; conda: conda install -c conda-forge ffmpeg)"
        )
    _check_pandas(toolbox, versions)
    return versions


def _check_pandas(toolbox: Toolbox, versions: dict[str, str]) -> None:
    """With an older pandas its guard against changes cries wolf when all is computed, unless it can be switched off."""
    pandas = versions.get("pandas", "")
    old = pandas.partition(".")[0] in ("0", "1")
    if old and toolbox.command_line == "physiq" and "--lazy_integrity" not in toolbox.options:
        raise UserError(
            f"the official toolbox fails with pandas {pandas} after hours, when all is computed; install a later one "
            f"with: {toolbox.python} -m pip install 'pandas>=2'"
        )


def _import_all(toolbox: Toolbox) -> tuple[dict[str, str], dict[str, str]]:
    words = [toolbox.python, "-c", _IMPORT, *toolbox.modules]
    try:
        done = subprocess.run(  # noqa: S603
            # From its script's folder, where its script will import from as well.
            words, cwd=toolbox.script.parent, env=toolbox.environment(), capture_output=True, text=True,
            errors="replace", check=False, timeout=_IMPORT_LIMIT_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _no_python(toolbox, f"no answer within {_IMPORT_LIMIT_S} s") from None
    except OSError as error:
        raise _no_python(toolbox, error.strerror or str(error)) from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise _no_python(toolbox, last or f"it ends with exit code {done.returncode} and says nothing")
    try:
        answer: Any = json.loads(done.stdout.rstrip().rpartition("\n")[2])
        versions, faults = answer
    except ValueError:
        raise _no_python(toolbox, "it does not answer as one") from None
    return versions, faults


def _no_python(toolbox: Toolbox, why: str) -> UserError:
    return UserError(f"scorer.python={toolbox.python} does not work as a Python: {why[:200]}")
