"""`python -m runners.generate model=svd`: make a model's continuations, and score them."""

from __future__ import annotations

from collections.abc import Sequence

from runners.core.outcome import Outcome
from runners.core.settings import GenerateSettings
from runners.entry import Command, instantiate_adapter, main


def run(settings: GenerateSettings) -> Outcome:
    """One job."""
    from runners.generation import generate

    return generate(settings, instantiate_adapter)


def conclude(outcomes: Sequence[Outcome]) -> None:
    """What each job did, and one table over all."""
    from runners.reporting.tables import print_outcomes

    print_outcomes(outcomes)


COMMAND = Command(
    name="generate",
    purpose="Make 5-s continuations of every scenario of a benchmark with a model, and score them.",
    schema=GenerateSettings,
    groups=("model", "benchmark", "prompts", "output", "scorer", "experiment", "sweep"),
    run=run,
    conclude=conclude,
)

if __name__ == "__main__":
    main(COMMAND)
