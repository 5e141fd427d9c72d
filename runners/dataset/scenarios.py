"""From a descriptions file to the scenarios of a benchmark: what is to be generated, under which name.

The file's columns are those of the official repository: `scenario, description, category, generated_video_name`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from runners.core.errors import UserError
from runners.dataset.claims import contradiction, read_claim
from runners.dataset.layout import VIEWS, DataSet, Item, composed, scenario_name
from runners.dataset.user_csv import Row, read_csv

COLUMNS = ("scenario", "description", "category", "generated_video_name")

_SCENARIO = re.compile(
    r"(?P<id>[0-9]{1,9})_perspective-(?P<view>left|center|right)_take-(?P<take>[0-9]{1,9})_(?P<name>[^/\\\x00-\x1f\x7f]+)\.mp4"
)
_FILE = re.compile(r"[^/\\:\x00-\x1f\x7f]+\.mp4")


@dataclass(frozen=True)
class Scenario:
    """One take-1 item that a model is asked to continue.

    `prompt` is the description file's own text (`op`). `output_name` is the name that the published clip must have.
    `second` is the take-2 item of the same scene and view (for scores and the oracle alone), None without one.
    """

    item: Item
    category: str
    prompt: str
    output_name: str
    second: Item | None = None

    @property
    def id(self) -> str:
        """The id as the file spells it, e.g. "0001"."""
        return self.item.id

    @property
    def view(self) -> str:
        """left, center or right."""
        return self.item.view

    @property
    def name(self) -> str:
        """`trimmed-<scene>`."""
        return self.item.name


def parse_scenario_name(text: str) -> Item | None:
    """The item that `0001_perspective-left_take-1_trimmed-<scene>.mp4` names; None if it is no such name."""
    match = _SCENARIO.fullmatch(text)
    if match is None:
        return None
    return Item(match["id"], match["view"], int(match["take"]), match["name"])


def read_item(row: Row) -> Item:
    """The item in a record's `scenario` column; raises `UserError` if it cannot be read."""
    text = row.get("scenario")
    item = parse_scenario_name(text)
    if item is None:
        example = scenario_name(Item("0001", VIEWS[0], 1, "trimmed-<scene>"))
        raise row.fault(f"the scenario {text!r} is not named like {example}")
    return item


def load_scenarios(dataset: DataSet, descriptions: Path, *, hint: str = "") -> list[Scenario]:
    """The take-1 rows in the order of their ids; rows of other takes are read and never generated.

    A take-2 item is found by view and scene among the rows, or, if the file has no take-2 rows, among the data set's
    own files. `hint` says where to get the file if it is missing. Raises `UserError` naming file and line.
    """
    if not descriptions.exists():
        raise UserError(f"{descriptions}: there is no such descriptions file; {hint or 'set benchmark.descriptions'}")
    rows = read_csv(descriptions, COLUMNS)
    items = [read_item(row) for row in rows]
    _refuse_duplicates(rows, items)
    seconds = {(item.view, composed(item.scene)): item for item in items if item.take == 2}
    scenes = {item.scene for item in items}
    scenarios = [
        Scenario(
            item=item,
            category=row.get("category"),
            prompt=row["description"],
            output_name=_checked_output_name(row, item, scenes),
            second=seconds.get((item.view, composed(item.scene))) or _second_from_files(dataset, item),
        )
        for row, item in zip(rows, items, strict=True)
        if item.take == 1
    ]
    if not scenarios:
        raise UserError(f"{descriptions} has no take-1 rows, so there is nothing to generate; is it the right file?")
    return sorted(scenarios, key=lambda scenario: int(scenario.id))


def descriptions_csv(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """The text of a descriptions file: rows of scenario, description, category and generated_video_name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()


def count_warning(scenarios: list[Scenario], expected: int | None, name: str) -> str | None:
    """A line to say aloud if a benchmark of known size has another count of take-1 rows; None if all is well."""
    if expected is None or len(scenarios) == expected:
        return None
    return (
        f"benchmark {name} has {expected} take-1 videos, but the descriptions file lists {len(scenarios)}: "
        "scores over it cannot be compared with published ones"
    )


def _refuse_duplicates(rows: list[Row], items: list[Item]) -> None:
    seen: dict[tuple[object, ...], int] = {}
    for row, item in zip(rows, items, strict=True):
        keys: dict[tuple[object, ...], str] = {
            ("id", int(item.id)): f"the id {item.id}",
            (
                "take",
                composed(item.scene),
                item.view,
                item.take,
            ): f"take {item.take} of {item.scene} from the {item.view}",
        }
        if item.take == 1:
            # Case and how accents are stored are ignored: two such names are one file on some file systems.
            output = row.get("generated_video_name")
            keys["name", composed(output).casefold()] = f"the generated_video_name {output!r}"
        for key, what in keys.items():
            if key in seen:
                raise row.fault(f"{what} stands already in line {seen[key]}; each may stand once")
            seen[key] = row.line


def _checked_output_name(row: Row, item: Item, scenes: Collection[str]) -> str:
    name = row.get("generated_video_name")
    if not _FILE.fullmatch(name) or Path(name).name != name:
        raise row.fault(f"the generated_video_name {name!r} must be the plain name of an .mp4 file, without folders")
    if not name.startswith(f"{item.id}_"):
        raise row.fault(f"the generated_video_name {name!r} must start with its scenario's id, {item.id}_")
    if said := contradiction(read_claim(name, scenes), item):
        raise row.fault(
            f"the generated_video_name {name!r} says {said}, and its scenario is {item.scene} from the {item.view}"
        )
    return name


def _second_from_files(dataset: DataSet, item: Item) -> Item | None:
    wanted = Item("", item.view, 2, item.name)
    for fps in dataset.rates("testing"):
        path = dataset.find("testing", wanted, fps)
        if path is not None:
            return Item(path.name.split("_", 1)[0], item.view, 2, item.name)
    return None
