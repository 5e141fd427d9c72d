"""Paid models: what must be set before a cent is spent, which caps hold, and what is still to be paid."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from adapters import Adapter
from runners.core.errors import UserError
from runners.core.failures import telling
from runners.core.files import shown, user_path
from runners.core.settings import GenerateSettings
from runners.dataset.layout import CONTINUATION_S
from runners.paid.spending import Cap, Totals

_LOCK = ".budget.lock"


def price_of(adapter: Adapter, noted: AbstractContextManager[None, bool | None] | None = None) -> float | None:
    """What one clip costs, None for a model that costs nothing. Raises UserError if nobody knows.

    `noted` may take that error: then None too.
    """
    each_usd: float | None = None
    with telling("the adapter's estimate_usd()"), noted or nullcontext():
        each_usd = adapter.estimate_usd(CONTINUATION_S)
    return each_usd  # noqa: RET504  (None where `noted` took the error)


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


def _results(settings: GenerateSettings) -> Path:
    return user_path(settings.results)
