"""Small pictures are made on the way, while a clip's frames are in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from runners.core.outcome import DONE
from runners.core.settings import ScorerSettings, SelectSettings
from runners.previews.cache import PreviewCache
from tests.run.harness import run, videos

ONE = SelectSettings(ids=["1"])


def made(results: Path, scorer: str = "none") -> tuple[str, dict[str, bytes]]:
    outcome = run(results, select=ONE, scorer=ScorerSettings(name=scorer, workers=1))
    assert outcome.code == DONE
    assert outcome.folder is not None
    published = videos(outcome.folder)
    (content,) = published.values()
    return hashlib.sha256(content).hexdigest(), published


def test_publishing_a_clip_makes_its_preview_and_no_other_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = made(tmp_path / "off")[1]
    monkeypatch.setenv("PHYSICS_IQ_PREVIEWS", str(tmp_path / "cache"))
    sha256, published = made(tmp_path / "on")
    cache = PreviewCache(tmp_path / "cache")
    assert published == plain
    assert [cache.find(sha256, kind) is not None for kind in ("preview", "thumb", "masks")] == [True, True, False]


def test_scoring_makes_what_is_missing_and_the_masks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path)
    monkeypatch.setenv("PHYSICS_IQ_PREVIEWS", str(tmp_path / "cache"))
    sha256, _ = made(tmp_path, scorer="builtin")
    cache = PreviewCache(tmp_path / "cache")
    assert [cache.find(sha256, kind) is not None for kind in ("preview", "thumb", "masks")] == [True, True, True]


def test_a_cache_that_cannot_be_written_fails_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PHYSICS_IQ_PREVIEWS", str(tmp_path / "file" / "cache"))
    made(tmp_path, scorer="builtin")
