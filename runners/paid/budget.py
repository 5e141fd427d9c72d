"""Paid models: what must be set before a cent is spent, which caps hold, and what is still to be paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adapters import Adapter, fold_attempts
from runners.core.errors import UserError
from runners.core.files import shown, user_path
from runners.core.settings import GenerateSettings
from runners.dataset.layout import CONTINUATION_S
from runners.generation.adapter_calls import telling
from runners.paid.job_log import job_facts
from runners.paid.spending import Cap, Totals

if TYPE_CHECKING:
    from runners.planning.plan import Plan, Work

_LOCK = ".budget.lock"


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


def price_of(adapter: Adapter) -> float | None:
    """What one clip costs, None for a model that costs nothing. Raises UserError if nobody knows."""
    with telling("the adapter's estimate_usd()"):
        return adapter.estimate_usd(CONTINUATION_S)


def check_budget(settings: GenerateSettings, each_usd: float | None, sweep: Sequence[Path]) -> None:
    """A live run of a paid model says what it may cost. Raises UserError."""
    budget, name = settings.budget, settings.model.name
    for key in ("max_usd", "sweep_max_usd"):
        value = getattr(budget, key)
        if value is not None and not 0 <= value < float("inf"):
            raise UserError(f"budget.{key}={value} is no amount in US dollars")
    if each_usd is None or settings.plan or settings.from_raw:
        return
    if budget.max_usd is None:
        raise UserError(
            f"model {name} costs about ${each_usd:.2f} a clip: say what this run may cost with budget.max_usd=… "
            "(plan=true tells what it comes to)"
        )
    if len(sweep) > 1 and budget.sweep_max_usd is None:
        raise UserError(
            f"model {name} costs money, and this is a sweep of {len(sweep)} runs: say what they may cost together with "
            "budget.sweep_max_usd=…"
        )
    if settings.shard and not budget.lock:
        raise UserError(
            f"model {name} costs money: shards must share one budget. Where all of them see the same results folder, "
            f"name a file in it for them to lock: budget.lock={shown(_results(settings) / _LOCK)}"
        )


def caps_of(settings: GenerateSettings, folder: Path, sweep: Sequence[Path]) -> tuple[tuple[Cap, ...], Path | None]:
    """The caps on this run's spending, and the file to lock while one is looked at (made if need be)."""
    budget = settings.budget
    caps = []
    if budget.max_usd is not None:
        caps.append(Cap(budget.max_usd, Totals([folder]), "budget.max_usd"))
    if budget.sweep_max_usd is not None:
        caps.append(Cap(budget.sweep_max_usd, Totals(dict.fromkeys([*sweep, folder])), "budget.sweep_max_usd"))
    if not caps:
        return (), None
    lock = user_path(budget.lock) if budget.lock else _results(settings) / _LOCK
    try:
        lock.touch()
    except OSError as error:
        raise UserError(f"budget.lock={shown(lock)} cannot be written ({error.strerror}); name another file") from None
    return tuple(caps), lock


def costs(plan: Plan, work: Work, each_usd: float) -> Costs:
    """What the clips that are left will cost; those whose job runs, or may run, are paid for already."""
    jobs = sum(task.raw is None and not _promised(job_facts(task.state)) for task in work.tasks)
    return Costs(each_usd, jobs, Totals([plan.folder.path]).usd())


def _promised(facts: list[dict[str, object]]) -> bool:
    attempts = fold_attempts(facts)
    return bool(attempts) and attempts[-1].state in ("submitting", "answered", "submitted", "succeeded", "fetched")


def _results(settings: GenerateSettings) -> Path:
    return user_path(settings.results)
