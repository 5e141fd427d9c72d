"""What the name of a clip's file or folder says beside an id, and whether it is another scene's, view's or take's.

Names are free as long as nothing in them is wrong: whoever numbers clips by another table, or takes those of another
benchmark, has files of the right ids and the wrong scenes.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from runners.dataset.layout import VIEWS, Item, composed

_ID = re.compile(r"(\d{1,9})_(?:.*_)?perspective-")
_VIEW = re.compile(rf"(?:perspective-|(?<![^_\s.]))({'|'.join(VIEWS)})(?![^_\s.])")
_TAKE = re.compile(r"(?<![^_\s.])take-(\d{1,9})(?![^_\s.])")
_SCENE = re.compile(r"(?<![^_\s.])trimmed-(.+)")
_BETWEEN = re.compile(r"[_\s.]+")


@dataclass(frozen=True)
class Claim:
    """What a name says; None or nothing where it says nothing."""

    id: int | None = None
    views: frozenset[str] = frozenset()
    take: int | None = None
    scenes: frozenset[str] = frozenset()
    """Bare names, in lower case."""

    @classmethod
    def of(cls, item: Item) -> Claim:
        """What the full name of an item says."""
        return cls(int(item.id), frozenset({item.view}), item.take, frozenset({_plain(item.scene)}))


def read_claim(name: str, scenes: Collection[str]) -> Claim:
    """What a file's or folder's name says; `scenes` are the bare names that there are.

    A view is `perspective-left`, or just `left` between underscores; a scene whatever follows `trimmed-`, or one of
    `scenes` between underscores.
    """
    text = _plain(name)
    number, take = _ID.match(text), _TAKE.search(text)
    return Claim(
        int(number[1]) if number else None,
        frozenset(_VIEW.findall(text)),
        int(take[1]) if take else None,
        _claimed_scenes(text, [_plain(scene) for scene in scenes]),
    )


def contradiction(claim: Claim, item: Item) -> str | None:
    """What the name says and the item is not, in words ("dominoes from the right"); None if they agree."""
    scenes = claim.scenes if claim.scenes and _plain(item.scene) not in claim.scenes else frozenset()
    views = claim.views if claim.views and item.view not in claim.views else frozenset()
    said = [*sorted(scenes)[:1], *(f"from the {view}" for view in sorted(views)[:1])]
    if claim.take not in (None, item.take):
        said.append(f"take {claim.take}")
    if claim.id not in (None, int(item.id)):
        said.append(f"with the id {claim.id}")
    return " ".join(said) or None


def foreign_name(path: Path, item: Item, scenes: Collection[str]) -> str | None:
    """A line that says why a file cannot be the item's, by its name; None if it may be."""
    said = contradiction(read_claim(path.name, scenes), item)
    if said is None:
        return None
    return (
        f"{path}: its name says {said}, and {item.id} is {item.scene} from the {item.view}; is it another benchmark's? "
        "Rename it if it is the right one"
    )


def _claimed_scenes(text: str, scenes: Collection[str]) -> frozenset[str]:
    found = _SCENE.search(text)
    if found is None:
        return frozenset(scenes) & frozenset(_BETWEEN.split(text))
    rest = found[1]
    # Of `match` and `match-blows-balloon` the longer one is meant; what follows may be anything, as in `match-seed3`.
    fitting = [scene for scene in scenes if rest.startswith(scene) and not rest[len(scene) :][:1].isalnum()]
    return frozenset({max(fitting, key=len)} if fitting else {_BETWEEN.split(rest)[0]})


def _plain(text: str) -> str:
    return composed(text).casefold()
