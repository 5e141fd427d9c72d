"""What the tests of paid services share: real services at fake ones, and runs of several invocations."""

from __future__ import annotations

import itertools
import json
import os
import random
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from adapters import Clip, Conditioning, Request
from adapters.api.jobs.servers import Servers
from adapters.api.service import Service
from tests.api.cases import BY_NAME, CASES, Case
from tests.api.fakes import Capture, ClipSpec, FakeJob, FakeServer
from tests.api.record import Clock, Killed, Ledger, Log
from tests.test_conf import composed

__all__ = [
    "BY_NAME",
    "CASES",
    "TINY",
    "USD",
    "Case",
    "Clock",
    "Ended",
    "Killed",
    "Ledger",
    "Log",
    "Run",
    "arguments",
    "check_secrets",
    "conditioning",
    "jobs_of",
    "request",
    "running",
    "service",
]

TINY = ClipSpec(width=64, height=36, fps=8, frames=9)
"""Where a clip's length plays no part."""
USD = 0.5
"""What a second costs where the YAML knows no price."""


@cache
def _arguments(model: str) -> str:
    node = dict(composed("generate", f"model={model}").model.adapter)
    assert node.pop("_target_") == "adapters.api.service.Service"
    return json.dumps(node)


def arguments(case: Case, base_url: str | Sequence[str], model: str | None = None, **changes: Any) -> dict[str, Any]:
    """What a case's YAML gives the service, with these changes, at this address, and at some price."""
    given: dict[str, Any] = json.loads(_arguments(model or case.model))
    given |= {"base_url": base_url, "read_s": 10.0, "force": True, **case.changes, **changes}
    if not any(given["price"].get(name) for name in ("usd_per_second", "usd_per_clip", "free")):
        given["price"] = {"usd_per_second": USD}
    return given


def service(
    case: Case, server: FakeServer, clock: Clock, *, model: str | None = None, seed: int = 0,
    base_url: str | Sequence[str] | None = None, **changes: Any,
) -> Service:  # fmt: skip
    """The real service of a case as its YAML describes it, loaded, speaking to the fake and living by the clock.

    Each call stands for a new process. `base_url` is of what may stand before the fake.
    """
    made = Service(**arguments(case, base_url or server.base_url, model, **changes))
    if case.bearer:
        token = {"Authorization": f"Bearer {case.key}"}
        made.provider.credential = lambda key: lambda: token  # type: ignore[method-assign]
    with mock.patch.dict(os.environ, {case.key_env: case.key}):
        made.load()
    assert made._runner is not None
    for one in made.servers:
        one.now = clock.now
    if isinstance(made._runner, Servers):
        made._runner.runners = [replace(one, now=clock.now, rng=random.Random(seed)) for one in made._runner.runners]
        made._runner.now = clock.now
    else:
        made._runner = replace(made._runner, now=clock.now, rng=random.Random(seed))
    return made


@cache
def conditioning(size: tuple[int, int], frames: int) -> Conditioning:
    """A grey field; made and hashed once for all tests."""
    return Conditioning.of(np.full((frames, size[1], size[0], 3), 90, np.uint8), 24.0)


_numbers = itertools.count()


def request(
    tmp_path: Path, clip_id: str, made: Service, clock: Clock, log: Log | None = None, **changes: Any
) -> Request:
    """One scenario for a service. Its prompt holds the clip's id, so that the fake's jobs can be told apart."""
    scratch = tmp_path / f"{clip_id}-{next(_numbers)}"
    scratch.mkdir()
    needs = made.needs
    frames = 1 if needs.mode == "i2v" else needs.conditioning_frames or 12
    size = needs.sizes[0] if needs.sizes else (1280, 720)
    facts: dict[str, Any] = {
        "scenario_id": clip_id, "conditioning": conditioning(size, frames), "seconds": 5.0, "fps": 24.0,
        "seed": 2**21 + int(clip_id), "scratch": scratch, "prompt": f"clip-{clip_id}: a ball rolls down",
        "pause": clock.pause, "jobs": log,
    }  # fmt: skip
    return Request(**{**facts, **changes})


def jobs_of(server: FakeServer, clip_id: str) -> list[FakeJob]:
    """All jobs that were billed for a clip, in order."""
    mark = f"clip-{clip_id}:"
    return [job for job in list(server.jobs.values()) if mark in repr((job.request, job.files))]


@dataclass(frozen=True)
class Ended:
    """How one clip ended in one invocation: exactly one of the two is set."""

    clip: Clip | None
    error: BaseException | None

    @property
    def kind(self) -> str:
        """`clip`, or the name of the exception."""
        return "clip" if self.error is None else type(self.error).__name__

    @property
    def data(self) -> bytes:
        """The video."""
        assert self.clip is not None, repr(self.error)
        assert self.clip.file is not None
        return self.clip.file.read_bytes()

    @property
    def told(self) -> str:
        """All that an exception says, causes included."""
        return "".join(traceback.format_exception(self.error)) if self.error else ""


@dataclass
class Run:
    """One run of a case: every call of `go` is another invocation, in a process of its own as far as anybody can tell.

    `changes` are arguments of the service.
    """

    case: Case
    server: FakeServer
    folder: Path
    changes: dict[str, Any] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    told: list[str] = field(default_factory=list)
    """What the exceptions of all invocations said."""

    def go(self, clip_id: str = "0001", *, clock: Clock | None = None, again: bool = False, **changes: Any) -> Ended:
        """Ask for one clip."""
        clock = clock or Clock()
        clock.server, clock.began = self.server, self.server.engine.epoch()
        made = service(self.case, self.server, clock, **{**self.changes, **changes})
        try:
            asked = request(self.folder, clip_id, made, clock, self.ledger.log(clip_id), again=again)
            ended = Ended(made.generate(asked), None)
        except (Exception, Killed) as error:  # noqa: BLE001  (every end of a clip is what is looked at)
            ended = Ended(None, error)
        finally:
            made.close()
        self.told.append(ended.told)
        return ended

    def states(self, clip_id: str = "0001") -> list[str]:
        """The state of each attempt of a clip."""
        return [attempt.state for attempt in self.ledger.log(clip_id).attempts]

    def billed(self, clip_id: str = "0001") -> int:
        """How many jobs the service would charge for."""
        return len(jobs_of(self.server, clip_id))


@contextmanager
def running(case: Case, folder: Path, *, clip: ClipSpec | None = TINY, **changes: Any) -> Iterator[Run]:
    """A run of a case against a fake service of its own; ends by looking for the key where it does not belong."""
    with FakeServer(case.fake(), clip=clip, pending=1) as server:
        run = Run(case, server, folder, changes)
        yield run
        check_secrets(run)


def check_secrets(run: Run) -> None:
    """The key is in no journal and no message, and on the wire only in headers to the service itself."""
    for secret in run.case.secrets:
        assert secret not in run.ledger.text()
        assert not [told for told in run.told if secret in told]
        assert not [seen for seen in run.server.captures if secret in _exposed(run, seen)]
    for seen in run.server.captures:
        if not _at_home(run.server, seen):
            assert not {"authorization", "x-goog-api-key", "x-api-key"} & seen.headers.keys(), seen.path


def _at_home(server: FakeServer, seen: Capture) -> bool:
    return f"http://{seen.headers.get('host')}" == server.base_url


def _exposed(run: Run, seen: Capture) -> str:
    """What of a request must not hold a key: all of one to another host, of others all but the headers."""
    headers = "" if _at_home(run.server, seen) else repr(dict(seen.headers))
    return f"{seen.path} {headers} {seen.body.decode('latin-1')}"
