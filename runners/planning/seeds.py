"""Which seed a clip gets: derived from its id, the same for a whole run, or the run's own of a list."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, get_args

from runners.core.errors import UserError, one_of
from runners.core.settings import GenerateSettings

Seeds = Literal["derived", "same"]
SEEDS: tuple[Seeds, ...] = get_args(Seeds)
"""By which rule a clip gets its seed (`clip_seed`)."""
LISTED = "listed"
"""What a run's record has instead of a rule where `seeds` is a list."""
_MOST = 2**31 - 1


def clip_seed(rule: Seeds, seed: int, run: int, scenario_id: str) -> int:
    """The seed of one clip, 0 … 2³¹ − 1: no clip's seed depends on which others are made, nor in which order.

    `derived`: the first 4 bytes of sha256("seed:run:id"). `same`: seed + run − 1 for every clip, as most published
    settings have it.
    """
    if rule == "same":
        return (seed + run - 1) & _MOST
    digest = hashlib.sha256(f"{seed}:{run}:{scenario_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") & _MOST


def seed_of(settings: GenerateSettings, scenario_id: str) -> int:
    """The seed of one clip of this run. Raises UserError as `check_seeds`."""
    if isinstance(settings.seeds, list):
        return listed_seed(settings)
    return clip_seed(one_of("seeds", settings.seeds, SEEDS), settings.seed, settings.run, scenario_id)


def seed_identity(settings: GenerateSettings) -> dict[str, Any]:
    """For fingerprints. Of a list only the run's own seed counts: a list may grow, and runs that are there go on."""
    if isinstance(settings.seeds, list):
        return {"seed": listed_seed(settings), "seeds": LISTED, "run": settings.run}
    return {"seed": settings.seed, "seeds": settings.seeds, "run": settings.run}


def listed_seed(settings: GenerateSettings) -> int:
    """The run's own of a list: run n takes the n-th. Raises UserError for a list that has none, or is none."""
    listed = settings.seeds
    for seed in listed:
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= _MOST:
            raise UserError(f"seeds: {seed!r} is no seed; whole numbers from 0 to {_MOST} are, as in seeds=[42,43,44]")
    twice = next((seed for seed in listed if listed.count(seed) > 1), None)
    if twice is not None:
        raise UserError(f"seeds: {twice} stands twice, and two runs of one seed are no two runs; give each its own")
    if settings.run > len(listed):
        raise UserError(
            f"run={settings.run} takes the seed number {settings.run} of seeds, which lists {len(listed)}; add one, or "
            "choose another run"
        )
    chosen: int = listed[settings.run - 1]
    return chosen


def check_seeds(settings: GenerateSettings) -> None:
    """`seeds` is a rule or a list that has a seed for this run. Raises UserError."""
    if isinstance(settings.seeds, list):
        listed_seed(settings)
        if settings.seed != 0:
            raise UserError(f"seed={settings.seed} is not read where seeds is a list; leave it out")
    elif isinstance(settings.seeds, str):
        one_of("seeds", settings.seeds, SEEDS)
    else:
        raise UserError(f"seeds={settings.seeds!r} must be derived, same or a list such as seeds=[42,43,44]")
