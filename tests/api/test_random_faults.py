"""Faults, outcomes and deaths at random: whatever happens in whatever order, nothing is lost and nothing is paid twice.

A schedule depends on its provider and number alone; the failing one is named in the test's id.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.api.fakes import FAULTS_BY_ROUTE, OUTCOMES, Fault
from tests.api.fakes.faults import CLIPS
from tests.api.kit import CASES, Case, Clock, Killed, Run, check_secrets, jobs_of, running

SCHEDULES = 20
"""For each provider."""
CLIP_IDS = ("0001", "0002", "0003")
HANGING = {"hang", "create_hang", "drip"}
"""Real time passes until they end: drawn never, since tests/api/test_faults.py has them all."""
SPOILING = {"wrong_fps", "too_short", "damaged"}
"""A tiny clip is taken all the same."""
DISTURBED = 4
"""Invocations after which all is well again."""
MOST = 12
SUBMIT_S, WAIT_S, FETCH_S, ATTEMPTS, ADDRESSES = 120, 1800, 600, 2, 4
LONGEST_S = ATTEMPTS * (2 * SUBMIT_S + ADDRESSES * (WAIT_S + FETCH_S))
"""What one clip may be waited for in one invocation, if each step of each job is as slow as it may be."""
ENDS = {"clip", "Refused", "AdapterError", "Ambiguous", "BadClip"}


def drawn(case: Case, chance: random.Random) -> Iterator[Fault]:
    """Some faults on the routes that a provider's clips take."""
    for _ in range(chance.randint(0, 7)):
        route = chance.choice([*case.routes, *(["list"] if case.evidence else [])])
        kinds = [*FAULTS_BY_ROUTE[route], *(CLIPS if route == case.inline else ())]
        kind = chance.choice([kind for kind in kinds if kind not in HANGING])
        yield Fault(route, kind, nth=chance.randint(1, 5), times=chance.choice([1, 1, 1, 2, 3, None]))


@dataclass
class Trial:
    """One schedule on its way."""

    run: Run
    chance: random.Random
    ends: dict[str, str] = field(default_factory=dict)

    def invocation(self, *, disturbed: bool) -> None:
        """Ask for all clips that are not there yet; in a disturbed one the process may die, or be stopped."""
        run, chance = self.run, self.chance
        run.ledger.live()
        if disturbed and chance.random() < 0.5:
            run.ledger.die(chance.randint(1, 14), after=chance.random() < 0.5)
        for clip_id in CLIP_IDS:
            if self.ends.get(clip_id) == "clip":
                continue
            clock = Clock()
            if disturbed and chance.random() < 0.2:
                setattr(clock, chance.choice(["cancel_at", "kill_at"]), chance.randint(1, 8))
            ended = run.go(clip_id, clock=clock)
            assert clock.waited <= LONGEST_S, clip_id
            self.ends[clip_id] = ended.kind
            if ended.kind == "clip" and not self.spoilt:
                assert ended.data in [job.output for job in jobs_of(run.server, clip_id)]
            if isinstance(ended.error, Killed) or ended.kind == "Cancelled":
                return

    @property
    def spoilt(self) -> bool:
        """Whether the service may have given another clip than the job's."""
        return any(scripted.fault.kind in SPOILING for scripted in self.run.server.engine._faults)

    def settle(self) -> None:
        """Invocation after invocation, until another one changes nothing."""
        for number in range(MOST):
            if number == DISTURBED:
                self.run.server.engine.clear()
            before = self.standing()
            self.invocation(disturbed=number < DISTURBED)
            self.check()
            if number > DISTURBED and before == self.standing():
                return
        raise AssertionError(f"still not at rest: {self.ends}")

    def standing(self) -> dict[str, tuple[str | None, list[str]]]:
        """How every clip stands: how it ended last, and the states of its attempts."""
        return {clip_id: (self.ends.get(clip_id), self.run.states(clip_id)) for clip_id in CLIP_IDS}

    def check(self) -> None:
        """What must be true at any time."""
        for clip_id in CLIP_IDS:
            attempts = self.run.ledger.log(clip_id).attempts
            jobs = {job.id for job in jobs_of(self.run.server, clip_id)}
            known = [attempt.job_id for attempt in attempts if attempt.job_id]
            unknown = [attempt for attempt in attempts if attempt.ambiguous]
            assert len(known) == len(set(known)), "one job for two attempts"
            assert set(known) <= jobs, "a job that is another clip's"
            assert len(jobs - set(known)) <= len(unknown) <= 1, "a job that nobody knows of"
            assert len(jobs) <= ATTEMPTS, "more jobs than may be paid for"
            self.check_intents(clip_id)

    def check_intents(self, clip_id: str) -> None:
        """Every request that was sent had been promised, each under a name of its own."""
        intents = [fact for fact in self.run.ledger.log(clip_id).facts if fact.get("state") == "submitting"]
        assert len({fact["uuid"] for fact in intents}) == len(intents)
        mark = f"clip-{clip_id}:".encode()
        sent = [seen for seen in self.run.server.captured("submit") if mark in seen.body]
        assert len(sent) <= len(intents)


@pytest.mark.rotating("number")
@pytest.mark.parametrize("number", range(SCHEDULES))
@pytest.mark.parametrize("case", CASES, ids=str)
def test_whatever_happens_no_job_is_lost_or_paid_twice(case: Case, number: int, tmp_path: Path) -> None:
    chance = random.Random(f"{case}/{number}")
    with running(case, tmp_path, poll_s=60) as run:
        run.server.script(*drawn(case, chance))
        for nth in range(1, 7):
            if chance.random() < 0.3:
                run.server.outcome(nth, chance.choice(OUTCOMES))
        trial = Trial(run, chance)
        trial.settle()
        for clip_id, end in trial.ends.items():
            last = run.ledger.log(clip_id).attempts[-1]
            stuck = end == "Postponed" and run.server.jobs[str(last.job_id)].outcome == "stuck"
            assert end in ENDS or stuck, (clip_id, end, run.told[-1])
            assert (end == "clip") == (last.state == "fetched")
            assert end == "Ambiguous" or not last.ambiguous
        check_secrets(run)
