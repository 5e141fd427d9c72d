"""What a plan comes to, in US dollars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.harness import fold_attempts
from runners.paid.spending import Totals
from runners.runs.journal import job_facts

if TYPE_CHECKING:
    from runners.planning.plan import Plan, Work


@dataclass(frozen=True)
class Costs:
    """What a plan comes to, in US dollars: `each` job, how many `jobs` are still to be paid, what is `spent`."""

    each_usd: float
    jobs: int
    spent_usd: float

    @property
    def left_usd(self) -> float:
        """What the jobs that are not yet promised will cost."""
        return self.each_usd * self.jobs


def costs(plan: Plan, work: Work, each_usd: float) -> Costs:
    """What the clips that are left will cost; those whose job runs, or may run, are paid for already."""
    jobs = sum(task.raw is None and not _promised(job_facts(task.state)) for task in work.tasks)
    return Costs(each_usd, jobs, Totals([plan.folder.path]).usd())


def _promised(facts: list[dict[str, object]]) -> bool:
    attempts = fold_attempts(facts)
    return bool(attempts) and attempts[-1].promised
