"""What each view scored, kept from the moment it is known: scoring that was killed goes on where it was."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from runners.core.files import sha256_json
from runners.scoring.metrics import PairMetrics
from runners.scoring.nodes import Damaged, Node
from runners.scoring.scores import CHECKS, SCORER_VERSION

if TYPE_CHECKING:
    from runners.scoring.view import ViewResult

_NAME = ".views.jsonl"
_PAIRS = ("first", "second", "variance", "ceiling")


def view_key(clip_sha256: str, truth_identity: str) -> str:
    """A hash over all that a view's metrics depend on: the clip, the truth, the scorer and the OpenCV beneath it."""
    import cv2

    return sha256_json([clip_sha256, truth_identity, SCORER_VERSION, cv2.__version__])


class ViewLog:
    """One line per scored view in a scores folder, appended and made durable; gone when the scores are written.

    A line that a kill tore is a view that was not scored.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME

    def read(self) -> dict[str, ViewResult]:
        """What earlier invocations scored, by `view_key`, of inputs that were checked as they are now."""
        if not self._path.exists():
            return {}
        found = {}
        for line in self._path.read_bytes().splitlines():
            try:
                content = json.loads(line)
                row = Node(content if isinstance(content, dict) else {})
                if row.whole("checks") == CHECKS:
                    found[row.text("key")] = _result(row.inner("view"))
            except (ValueError, Damaged, RecursionError):
                continue
        return found

    def append(self, key: str, result: ViewResult) -> None:
        """Keep one view's metrics. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        pairs = {name: pair and asdict(pair) for name, pair in zip(_PAIRS, _pairs(result), strict=True)}
        row = {"checks": CHECKS, "key": key, "view": {"sha256": result.sha256, "colour": result.colour, **pairs}}
        # The line begins with its break: what a kill tore before it stays a line of its own.
        line = b"\n" + json.dumps(row, allow_nan=False).encode() + b"\n"
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            os.write(fd, line)
            os.fsync(fd)
        finally:
            os.close(fd)

    def remove(self) -> None:
        """The scores are written, so that nobody needs it any more."""
        self._path.unlink(missing_ok=True)


def _pairs(result: ViewResult) -> tuple[PairMetrics | None, ...]:
    return result.first, result.second, result.variance, result.ceiling


def _result(view: Node) -> ViewResult:
    from runners.scoring.view import ViewResult

    return ViewResult(
        view.text("sha256"),
        PairMetrics.read(view.inner("first")),
        PairMetrics.read_or_none(view.node("second")),
        PairMetrics.read_or_none(view.node("variance")),
        view.text("colour"),
        ceiling=PairMetrics.read_or_none(view.node("ceiling")),
    )
