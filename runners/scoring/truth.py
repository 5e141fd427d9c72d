"""Which files are the truth of a view, and what of the truth's side is worth computing only once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.file_hashes import FileHashes
from runners.clips.footage import check_file
from runners.core.errors import UserError
from runners.core.files import sha256_json
from runners.dataset.layout import CONTINUATION_S, DataSet, Item, relative_path
from runners.dataset.scenarios import Scenario
from runners.scoring.hashes import truth_hashes
from runners.scoring.metrics import PairMetrics
from runners.scoring.stack import MaskStack

_NAMED_AT_MOST = 5
_MOST_VIEWS = 1_000


@dataclass(frozen=True)
class TruthSource:
    """The files that one view is compared with: take-1 and, where there is one, take-2, in this order.

    `masks` holds a mask video shipped at `fps`, or None, for each take. `shipped_fps` differs from `fps`, the clips'
    rate, where the data set ships no truth at `fps`.
    """

    takes: tuple[Path, ...]
    masks: tuple[Path | None, ...]
    shipped_fps: int
    fps: int

    @property
    def count(self) -> int:
        """How many frames are compared: 5 s of them."""
        return CONTINUATION_S * self.fps

    @property
    def resampled(self) -> bool:
        """Truth at the clips' rate has to be made from another rate."""
        return self.shipped_fps != self.fps

    @property
    def masks_shipped(self) -> bool:
        """Both takes' masks came with the data set; what the scorer makes of a clip may be another mask."""
        return all(path is not None for path in self.masks)

    @property
    def files(self) -> tuple[Path, ...]:
        """All that is read."""
        return (*self.takes, *(path for path in self.masks if path is not None))

    def identity(self, hashes: Mapping[Path, str]) -> str:
        """A hash over all that the truth's side depends on: the rates and the contents of its files, not their names.

        `hashes` knows the sha256 of each of `files`.
        """
        masks = [path and hashes[path] for path in self.masks]
        return sha256_json([self.shipped_fps, self.fps, [hashes[path] for path in self.takes], masks])


@dataclass(frozen=True)
class TruthView:
    """The truth's side of one view: everything that does not depend on the clip, except the frames themselves."""

    width: int
    height: int
    masks: tuple[MaskStack, ...]
    """One stack per take, at width × height: a quarter of take-1's own size."""
    variance: PairMetrics | None
    """Take-1 against take-2: the physical variance. None without a second take."""
    colour: str
    """The colour matrix that take-1's file is tagged with."""
    ceiling: PairMetrics | None = None
    """Take-1 against take-2 with masks made of it as of a clip. None where the shipped masks are not used: it is the
    variance then."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) at which everything is compared."""
        return self.width, self.height


def all_files(sources: Iterable[TruthSource]) -> list[Path]:
    """What is read of all views."""
    return [path for source in sources for path in source.files]


def identities(sources: Sequence[TruthSource], known: FileHashes | None = None) -> tuple[str, ...]:
    """The identity of each view's truth. `known` need not be read again."""
    hashes = (known or truth_hashes()).of(all_files(sources))
    return tuple(source.identity(hashes) for source in sources)


def truth_identity(sources: Sequence[TruthSource], known: FileHashes | None = None) -> str:
    """A hash over what the truth's side of a whole score depends on: if it is the same, so is the truth."""
    return joint_identity(identities(sources, known))


def joint_identity(views: Sequence[str]) -> str:
    """The same, of the identities of its views."""
    return sha256_json(views)


class MemoryStore:
    """Keeps the truth's side, by its identity, for the runs of one session: about 0.3 MB per view of 4K truth."""

    def __init__(self) -> None:
        self._views: dict[str, TruthView] = {}

    def get(self, identity: str) -> TruthView | None:
        """What was put for files of these contents, or None."""
        return self._views.get(identity)

    def put(self, identity: str, view: TruthView) -> None:
        """Keep a view's truth for as long as the session lives; of too many, the oldest is forgotten."""
        self._views[identity] = view
        if len(self._views) > _MOST_VIEWS:
            del self._views[next(iter(self._views))]


def truth_rate(dataset: DataSet, fps: int) -> int:
    """The rate of the truth files that clips at `fps` are compared with: their own, else the highest there is."""
    rates = dataset.rates("testing")
    if not rates:
        folder = dataset.root / relative_path("testing", Item("", "left", 1, ""), fps).parent
        raise UserError(f"there are no truth videos in {folder}; get them with runners.fetch, or set scorer=none")
    return fps if fps in rates else rates[0]


def find_truth(dataset: DataSet, scenarios: Iterable[Scenario], fps: int, masks: str = "shipped") -> list[TruthSource]:
    """The truth of each scenario, in their order; with `masks="made"` as if there were no masks.

    Raises `UserError` naming what is missing and where it belongs, and what is there and no file.
    """
    rate = truth_rate(dataset, fps)
    sources, missing = [], []
    for scenario in scenarios:
        items = [scenario.item] if scenario.second is None else [scenario.item, scenario.second]
        takes = {item: dataset.find("testing", item, rate) for item in items}
        missing += [item for item, path in takes.items() if path is None]
        sources.append(
            TruthSource(
                takes=tuple(path for path in takes.values() if path is not None),
                masks=tuple(dataset.find("masks", item, fps) if masks == "shipped" else None for item in items),
                shipped_fps=rate,
                fps=fps,
            )
        )
    if missing:
        raise UserError(_missing(dataset, missing, rate))
    for source in sources:
        for path in source.files:
            check_file(path, remedy(mask=path in source.masks))
    return sources


def remedy(*, mask: bool) -> str:
    """What to do about a file of the truth that does not fit, or about a mask."""
    again = "get it again (runners.fetch)"
    return f"{again}, or have masks made from the truth: scorer.masks=made" if mask else f"{again}, or set scorer=none"


def _missing(dataset: DataSet, items: list[Item], fps: int) -> str:
    paths = [relative_path("testing", item, fps) for item in items]
    names = ", ".join(path.name for path in paths[:_NAMED_AT_MOST])
    more = f" and {len(paths) - _NAMED_AT_MOST} more" if len(paths) > _NAMED_AT_MOST else ""
    folder = dataset.root / paths[0].parent
    return f"truth is missing in {folder}: {names}{more}; complete the data set (runners.fetch), or set scorer=none"
