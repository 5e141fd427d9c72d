"""What may be spent and tried for one clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from adapters.api.jobs.price import Price

Resubmit = Literal["never", "gateway_errors"]


@dataclass(frozen=True)
class Terms:
    """What may be spent and tried for one clip.

    `price`: of one job; only where it is free is a request of unknown fate sent again. `most_attempts`: jobs per clip
    over all invocations. `moderation_retries`: how many refusals that were not charged may be followed by another job.
    `resubmit`: whether a request is sent again whose answer was an error that does not say that it was not taken
    (`gateway_errors`); each that may have made a job counts with its price.
    """

    price: Price
    most_attempts: int = 2
    moderation_retries: int = 0
    resubmit: Resubmit = "never"
