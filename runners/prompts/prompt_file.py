"""A prompts file fitted to a benchmark: which of its entries is for which clip, and none for another's."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runners.core.errors import UserError, first_of
from runners.dataset.claims import Claim, contradiction, read_claim
from runners.dataset.layout import composed
from runners.dataset.scenarios import Scenario
from runners.prompts.entries import NEGATIVE, Entry, read_entries

_NUMBER = re.compile(r"(\d{1,9})(?=_|$)")
_EXAMPLE = "0001_perspective-left_trimmed-<scene>, an id such as 0001, or a scene's name"


@dataclass(frozen=True)
class Texts:
    """By scenario id. `negatives` is None if the file has none, else it holds one, perhaps "", for each text."""

    prompts: Mapping[str, str]
    negatives: Mapping[str, str] | None


def read_prompts(path: Path, scenarios: Sequence[Scenario]) -> Texts:
    """The take-1 texts by the benchmark's ids. Raises UserError with the place.

    Every entry must be for one of its scenarios, or by a scene's bare name for all of its views, and no clip may have
    two. An entry whose name says another scene or view than the id's is refused: it is another benchmark's.
    """
    finder = _Finder(scenarios)
    prompts: dict[str, str] = {}
    negatives: dict[str, str] = {}
    for entry in read_entries(path):
        for scenario in finder.meant(entry):
            if scenario.id in prompts:
                raise entry.fault(f"the id {_spelt(entry, scenario)} stands twice; remove one")
            if not entry.text.strip():
                raise entry.fault(f"the prompt of {scenario.id} is empty; write one, or use prompts=none for all")
            prompts[scenario.id] = entry.text
            if entry.negative is not None:
                negatives[scenario.id] = entry.negative
    without = sorted(set(prompts) - set(negatives))
    if negatives and without:
        raise UserError(
            f"{path}: some entries have a {NEGATIVE}, and {first_of(without)} have none ({len(without)} in all); "
            'write "" where none is to be sent'
        )
    return Texts(prompts, negatives or None)


def _spelt(entry: Entry, scenario: Scenario) -> str:
    found = _NUMBER.match(entry.name)
    return found[1] if found else scenario.id


class _Finder:
    """Which scenarios a name in a prompts file means."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self._scenarios = scenarios
        self._by_id = {int(scenario.id): scenario for scenario in scenarios}
        self._scenes: Collection[str] = {composed(scenario.item.scene) for scenario in scenarios}

    def meant(self, entry: Entry) -> list[Scenario]:
        """One, or all views of a scene; none for another take. Raises UserError."""
        name = composed(re.split(r"[/\\]", entry.name.strip())[-1])
        number = _NUMBER.match(name.removesuffix(".mp4"))
        claim = replace(read_claim(name.removesuffix(".mp4"), self._scenes), id=int(number[1]) if number else None)
        if claim.take not in (None, 1):
            return []
        if number:
            return [self._by_number(number[1], claim, entry.fault)]
        found = [each for each in self._scenarios if claim.scenes and contradiction(claim, each.item) is None]
        if not found and claim.scenes:
            raise entry.fault(f"the benchmark has no take-1 scenario {entry.name!r}; remove it")
        if not found:
            raise entry.fault(f"the scenario {entry.name!r} is not named like {_EXAMPLE}")
        return found

    def _by_number(self, number: str, claim: Claim, fault: Callable[[str], UserError]) -> Scenario:
        scenario = self._by_id.get(int(number))
        if scenario is None:
            raise fault(f"the benchmark has no take-1 scenario with the id {number}; remove the row")
        if contradiction(claim, scenario.item):
            scene, view = min(claim.scenes, default=scenario.item.scene), min(claim.views, default=scenario.view)
            raise fault(
                f"{number} is {scene} from the {view} here, but {scenario.item.scene} from the "
                f"{scenario.view} in the benchmark's descriptions; is this another benchmark's file?"
            )
        return scenario
