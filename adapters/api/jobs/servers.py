"""Several servers behind one model: clips are spread evenly, and a job stays with its server.

Which server has a job is in its journal (`host`), so that it holds over kills and restarts. A server that cannot be
reached is left out for a minute; what it surely was not asked for goes to another one, and so do its free jobs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from adapters.api.jobs.download import Fetched
from adapters.api.jobs.reach import ServerDown
from adapters.api.jobs.runner import JobRunner, last_attempt
from adapters.api.wire import Work
from adapters.attempts import Attempt, JobLog
from adapters.contract import Request
from adapters.errors import Ambiguous, Postponed
from adapters.http.urls import host_of

_LEFT_OUT_S = 60.0
_LOOK_AGAIN_S = 5.0


@dataclass
class Servers:
    """Runs each clip at one of several servers; safe to use from several threads.

    The runners differ in their address alone, and each host is there once.
    """

    runners: Sequence[JobRunner]
    now: Callable[[], float] = time.time
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _busy: dict[str, int] = field(default_factory=dict)
    _begun: dict[str, int] = field(default_factory=dict)
    _down: dict[str, float] = field(default_factory=dict)
    """Host → until when it is left out."""

    def run(self, work: Work, request: Request, log: JobLog) -> tuple[Fetched, Attempt]:
        """The video of one clip and the attempt that made it. Raises as `JobRunner.run` does.

        `Postponed` if no server can be reached for as long as a request may wait.
        """
        waited, patience = 0.0, self.runners[0].patience
        while True:
            runner = self._of(log) or self._freest()
            with self._taken(runner):
                try:
                    return runner.run(work, request, log)
                except ServerDown as error:
                    self._leave_out(runner)
                    told = str(error)
            if self._all_down():
                if waited >= patience.submit_s:
                    raise Postponed(f"no server can be reached now: {told}", ends_run=True)
                request.pause(_LOOK_AGAIN_S)
                waited += _LOOK_AGAIN_S

    def _of(self, log: JobLog) -> JobRunner | None:
        """The server that has the clip's job, or may have it; None where any may make it.

        Raises `Ambiguous` for one that is not among ours, so that nobody looks for the job elsewhere.
        """
        if not log.events():
            return None
        last = last_attempt(log)
        if not last.promised and last.state != "expired":
            return None
        host = last.facts.get("host")
        found = next((runner for runner in self.runners if host_of(runner.provider.base) == host), None)
        if found is None and host is not None and not (last.ambiguous and self.runners[0].terms.price.free):
            job = f"job {last.job_id} runs" if last.job_id else "a request of unknown fate went"
            raise Ambiguous(f"{job} at {host}: let model.adapter.base_url name it as well to go on")
        return found

    def _freest(self) -> JobRunner:
        """The one with the fewest clips at work, of those that can be reached as far as is known; each in turn."""
        with self._lock:
            now = self.now()

            def load(runner: JobRunner) -> tuple[float, int, int]:
                host = host_of(runner.provider.base)
                until = self._down.get(host, 0.0)
                return until if until > now else 0.0, self._busy.get(host, 0), self._begun.get(host, 0)

            return min(self.runners, key=load)

    @contextmanager
    def _taken(self, runner: JobRunner) -> Iterator[None]:
        host = host_of(runner.provider.base)
        with self._lock:
            self._busy[host] = self._busy.get(host, 0) + 1
            self._begun[host] = self._begun.get(host, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._busy[host] -= 1

    def _leave_out(self, runner: JobRunner) -> None:
        with self._lock:
            self._down[host_of(runner.provider.base)] = self.now() + _LEFT_OUT_S

    def _all_down(self) -> bool:
        with self._lock:
            now = self.now()
            return all(self._down.get(host_of(runner.provider.base), 0.0) > now for runner in self.runners)
