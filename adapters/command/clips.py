"""The clips that one run of a user's command is to make, and what became of each. Part of `adapters.command`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.command.child import exit_reason
from adapters.contract import Clip, StepReport
from adapters.errors import AdapterError, BadClip, Refused, Retryable
from adapters.outside import clean, clean_text

EXIT_TRY_AGAIN = 75
"""A passing fault (EX_TEMPFAIL of sysexits.h): the harness tries the clip again."""
EXIT_REFUSED = 77
"""The model declined the content (EX_NOPERM of sysexits.h): recorded as refused."""


@dataclass
class Job:
    """One clip: what the command was told of it (`values`), and its outcome once there is one."""

    values: dict[str, Any]
    scratch: Path
    step: StepReport
    leading: int
    info: dict[str, Any] = field(default_factory=dict)
    outcome: Clip | AdapterError | None = None

    def hear(self, message: dict[str, Any], cwd: Path) -> None:
        """Take an announcement in; the first that settles the clip stands."""
        if isinstance(told := message.get("info"), dict):
            self.info |= clean(told)
        if self.outcome is not None:
            return
        if "refused" in message:
            self.outcome = Refused(clean_text(str(message["refused"])))
        elif "error" in message:
            self.outcome = AdapterError(clean_text(str(message["error"])))
        elif "output" in message:
            self.outcome = self._clip(cwd / str(message["output"]))

    def end(self, code: int | None, last_words: str, alone: bool) -> None:
        """The command is over (`code` None: its time was up): settle what was not announced."""
        if self.outcome is not None:
            return
        if code is None:
            self.outcome = AdapterError(f"not done in time, stopped (model.adapter.timeout_s): {last_words}")
        elif code == 0:
            self.outcome = self._clip(Path(self.values["output"]))
        elif alone and code == EXIT_REFUSED:
            self.outcome = Refused(last_words)
        elif code == EXIT_TRY_AGAIN:
            self.outcome = Retryable(f"the command asks to try again: {last_words}")
        else:
            self.outcome = AdapterError(f"the command failed, {exit_reason(code)}: {last_words}")

    def _clip(self, file: Path) -> Clip | BadClip:
        if not file.is_file() or file.stat().st_size == 0:
            what = "is a folder, and a video file is wanted" if file.is_dir() else "is not there or empty"
            return BadClip(f"the command says that it is done, but {clean_text(str(file))} {what}")
        return Clip(fps=None, file=file, leading=self.leading, info=self.info)


def hear(line: str, jobs: Sequence[Job], cwd: Path) -> None:
    """Give an announcement to its job. Anything else that a command prints is its own business."""
    if not line.lstrip().startswith("{"):
        return
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return
    for job in jobs:
        if str(message.get("id", job.values["id"] if len(jobs) == 1 else None)) == job.values["id"]:
            job.hear(message, cwd)
