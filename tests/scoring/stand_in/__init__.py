"""A stand-in for the official toolbox, written from what is documented of it: command lines, layout, side effects.

It checks names, counts and lengths, renames clips in place, writes masks into the data set, keeps both masks and CSV by
the base name of the clips' folder, skips a CSV that is complete, and needs ffprobe; its metrics are plain ones.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = {"physiq": "current.py", "code": "older.py"}
"""The folder of each generation's script in its checkout, and the script here."""


def make_checkout(folder: Path, generation: str) -> Path:
    """A checkout of the current (`physiq`) or of the older (`code`) generation."""
    home = folder / generation
    home.mkdir(parents=True)
    shutil.copy(HERE / SCRIPTS[generation], home / "run_physics_iq.py")
    shutil.copy(HERE / "plain.py", home / "plain.py")
    shutil.copy(HERE / "masks.py", home / "binary_mask_generator.py")
    shutil.copy(HERE.parent / "reference.py", home / "reference.py")
    return folder


def make_ffprobe(folder: Path) -> Path:
    """A folder for the PATH with an `ffprobe` that tells a file's length, and does nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "ffprobe"
    program.write_text(
        # An mp4's header: version and flags, two dates, time scale and length, each of 32 bits.
        f"#!{sys.executable} -S\nimport pathlib, struct, sys\n"
        "data = pathlib.Path(sys.argv[-1]).read_bytes()\n"
        "*_, scale, length = struct.unpack('>5I', data[data.index(b'mvhd') + 4 :][:20])\n"
        "print(length / scale)\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return folder
