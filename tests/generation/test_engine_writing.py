"""Clips are written beside the model, and not more of them at once than there are cores for it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from adapters import Clip, Frame, Request
from tests.generation.engines import PATIENCE_S, run
from tests.run.harness import IDS, Paint


class Lazy(Paint):
    """Gives its frames one by one while they are written, and counts how many clips are being written."""

    def __init__(self) -> None:
        super().__init__()
        self._meet = threading.Barrier(2)
        self.now = self.most = 0

    def generate(self, request: Request) -> Clip:
        clip = super().generate(request)
        assert clip.frames is not None
        return Clip(fps=clip.fps, frames=self._counted(clip.frames), leading=clip.leading)

    def _counted(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        with self._mutex:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            self._meet.wait(PATIENCE_S)
            yield from frames
        finally:
            with self._mutex:
                self.now -= 1


def test_no_more_clips_are_written_at_once_than_there_are_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runners.generation.engine.usable_cores", lambda: 2)
    model = Lazy()
    tally = run(tmp_path, model, concurrency=4)
    assert (tally.published, tally.failed) == (len(IDS), {})
    assert model.most == 2
