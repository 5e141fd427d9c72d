"""`python -m runners.generate model=svd`: make a model's continuations, and score them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.cli.command import Command, main
from runners.cli.making import instantiate_adapter
from runners.core.outcome import Outcome
from runners.core.settings import GenerateSettings

if TYPE_CHECKING:
    from runners.generation.session import Session


def named(settings: GenerateSettings, swept: Mapping[str, Any]) -> GenerateSettings:
    """A job of a sweep with a tag of its own, where its run folder's name does not show what was swept."""
    from runners.planning.variant import variant_tag

    return replace(settings, tag=variant_tag(settings, swept)) if swept else settings


def begin(jobs: Sequence[GenerateSettings]) -> list[Path]:
    """The run folders of all jobs, which share a sweep's budget; a name that makes no folder is told when its job runs.

    Raises UserError for jobs that would meet in one folder with different settings, before any of them begins.
    """
    from runners.core.errors import UserError
    from runners.planning.make_plan import run_path
    from runners.planning.variant import check_apart

    paths = {}
    for number, settings in enumerate(jobs):
        with suppress(UserError):
            paths[number] = run_path(settings)
    check_apart([jobs[number] for number in paths], list(paths.values()))
    return list(dict.fromkeys(paths.values()))


def alone(settings: GenerateSettings) -> None:
    """Raise UserError for a cap over runs that this process knows nothing of: each of them would spend all of it."""
    from runners.core.errors import UserError

    if settings.budget.sweep_max_usd is not None:
        raise UserError(
            "budget.sweep_max_usd holds over the runs of one process, and this launcher gives each run its own: sweep "
            "with Hydra's own launcher, or leave it out (budget.max_usd holds for each run)"
        )


def run(settings: GenerateSettings, session: Session) -> Outcome:
    """One job."""
    from runners.generation.run import generate
    from runners.sharing.trackers import tracked

    return tracked(settings, lambda: generate(settings, session.lender.of(instantiate_adapter), session))


COMMAND = Command(
    name="generate",
    purpose="Make 5-s continuations of every scenario of a benchmark with a model, and score them.",
    schema=GenerateSettings,
    groups=("model", "placement", "benchmark", "prompts", "output", "scorer", "experiment", "sweep"),
    run=run,
    named=named,
    begin=begin,
    alone=alone,
)

if __name__ == "__main__":
    main(COMMAND)
