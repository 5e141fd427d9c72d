"""A model in its own environment or container: runs the user's command for one clip, or once for a batch."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

from adapters.command.arguments import choose_inputs, fields, filled, placeholders, split
from adapters.command.child import Child, running
from adapters.command.clips import Job, hear
from adapters.contract import Adapter, Clip, Mode, Needs, PromptUse, Request
from adapters.errors import AdapterError, Lacking, Rejected, SetupError
from adapters.identity import SHOWN

_TICK_S = 0.2
"""How often a running command is looked after: announcements heard, a cancelled run noticed."""


class Command(Adapter):
    """Runs `command`, a list of arguments or a line split like a shell's, but never through a shell.

    **One clip**: placeholders in its arguments are replaced: {image} the switch frame (PNG), {video} the conditioning
    frames (lossless mp4), {frames} the same as a folder of PNGs, {prompt}, {prompt_file}, {negative_prompt}, {seed},
    {width}, {height}, {fps}, {seconds}, {num_frames}, {conditioning_fps}, {id}; it writes its video to {output}.

    **A batch**: with {requests} in it the command is run once for up to `batch` clips; {requests} is a file with a
    line of JSON per clip that holds the same fields by the same names (of the files those in `inputs`; default: image,
    and video for multiframe).

    Exit code 0 means that all outputs are complete, 75 try again, 77 refused (one clip), any other a fault told by the
    last lines of stderr. While it runs the command may print lines of JSON on stdout: {"id": …, "output": PATH} when
    one clip is complete, {"id": …, "error": TEXT} or {"id": …, "refused": TEXT} when one is not to be had, and
    "info": {…} in any of them for the manifest. An output that was not announced is taken only after exit code 0, so a
    half-written file never is.

    `timeout_s` is per clip (a batch may take that times its clips). `env` adds variables to the harness's own; secrets
    belong into the latter, since this one is recorded. `cwd`: where the command runs. `mode`, `conditioning_frames`,
    `conditioning_fps`: what the model is shown; `width` and `height`: at which size (default: any). `native_fps`: the
    rate the model makes (default: the run's). `leading`: how many frames of its output only echo the conditioning.
    `revision` is recorded.
    """

    neutral: ClassVar[frozenset[str]] = frozenset({"timeout_s", "concurrency"})
    renamed = SHOWN

    def __init__(
        self,
        command: str | Sequence[str] | None = None,
        batch: int = 1,
        timeout_s: float = 3600.0,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        mode: Mode = "i2v",
        conditioning_frames: int | None = None,
        conditioning_fps: float | None = None,
        width: int | None = None,
        height: int | None = None,
        native_fps: float | None = None,
        leading: int = 0,
        prompt: PromptUse = "optional",
        concurrency: int = 1,
        inputs: Sequence[str] | None = None,
        revision: str | None = None,
    ) -> None:
        if batch < 1:
            raise SetupError(f"model.adapter.batch={batch}: a batch has at least 1 clip")
        if (width is None) != (height is None):
            raise SetupError("model.adapter.width and model.adapter.height go together: give both or neither")
        self._argv = split(command) if command else []
        used = placeholders(self._argv, batch)
        self._batched = "requests" in used
        self._inputs = choose_inputs(used, inputs, mode)
        self.needs = Needs(
            mode=mode,
            conditioning_frames=conditioning_frames,
            conditioning_fps=conditioning_fps,
            sizes=((width, height),) if width and height else (),
            native_fps=native_fps,
            prompt=prompt,
            negative=bool(used & {"negative_prompt", "requests"}) or not used,
            concurrency=concurrency,
            max_batch=batch,
        )
        self._timeout_s, self._leading, self._revision = timeout_s, leading, revision
        self._env = {name: str(value) for name, value in (env or {}).items()}
        self._cwd = Path(cwd or ".").expanduser().absolute()

    def check(self) -> None:
        """Check that there is a command and that it can be found. Raises `SetupError`, `Lacking` if it is not there."""
        if not self._argv:
            raise SetupError("model.adapter.command is not set; conf/model/command.yaml shows how")
        if not self._cwd.is_dir():
            raise Lacking(
                f"model.adapter.cwd={self._cwd} is not a folder",
                f"the folder in which its command runs: set model.adapter.cwd ({self._cwd} is none)",
            )
        program = self._argv[0]
        place = self._cwd / program if os.sep in program else program
        if shutil.which(place, path=self._environment().get("PATH")) is None:
            raise Lacking(f"model.adapter.command: {program} is not found, or is not executable")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self._env}

    def describe(self) -> dict[str, Any]:
        """The revision, if one was given."""
        return {"revision": self._revision} if self._revision else {}

    def generate(self, request: Request) -> Clip:
        """Run the command for one clip. Raises what its exit code means, `BadClip` if it left no output."""
        outcome = next(self._run([self._job(request)]))
        if isinstance(outcome, AdapterError):
            raise outcome
        return outcome

    def generate_many(self, requests: Iterable[Request]) -> Iterator[Clip | AdapterError]:
        """Run the command once for all requests, if it takes batches; each result comes as soon as it may."""
        if self._batched:
            return self._run([self._job(request) for request in requests])
        return super().generate_many(requests)

    def _job(self, request: Request) -> Job:
        """Write a request's files and let go of its frames: a batch may be too large to hold."""
        values = fields(request, self.needs.native_fps or request.fps, self._inputs)
        return Job(values, request.scratch.absolute(), request.step, self._leading)

    def _run(self, jobs: list[Job]) -> Iterator[Clip | AdapterError]:
        """Outcomes in the order of the jobs; the last one only at the end, since its scratch folder holds the logs."""
        if not jobs:
            return
        logs, told = jobs[-1].scratch, 0
        with ExitStack() as stack:
            try:
                child = stack.enter_context(
                    running(self._arguments(jobs, logs), cwd=self._cwd, env=self._environment(), logs=logs)
                )
            except Rejected as error:
                yield from itertools.repeat(error, len(jobs))
                return
            for _ in self._watch(child, jobs):
                while told < len(jobs) - 1 and (outcome := jobs[told].outcome) is not None:
                    told += 1
                    yield outcome
        for job in jobs[told:]:
            assert job.outcome is not None, "the end of the command settles every job"
            yield job.outcome

    def _arguments(self, jobs: list[Job], folder: Path) -> list[str]:
        if not self._batched:
            return filled(self._argv, jobs[0].values)
        requests = folder / "requests.jsonl"
        lines = (json.dumps(job.values, ensure_ascii=False) + "\n" for job in jobs)
        requests.write_text("".join(lines), encoding="utf-8")
        return filled(self._argv, {"requests": requests})

    def _watch(self, child: Child, jobs: list[Job]) -> Iterator[None]:
        """Until the command ends or its time is up: hear what it announces, let the harness cancel it."""
        deadline = time.monotonic() + self._timeout_s * len(jobs)
        code, late = None, False
        while code is None and not late:
            yield
            next((job for job in jobs if job.outcome is None), jobs[-1]).step(0, 1)
            code = child.wait(_TICK_S)
            for line in child.new_lines(ended=code is not None):
                hear(line, jobs, self._cwd)
            late = time.monotonic() > deadline
        for job in jobs:
            job.end(code, child.last_words(), alone=len(jobs) == 1)
