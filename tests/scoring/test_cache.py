"""The truth's side is computed once, kept, and never used when it is not, to the last bit, what it should be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.core.locks import Lock
from runners.core.settings import ScorerSettings
from runners.dataset.layout import DataSet
from runners.scoring import build, cache, view
from runners.scoring.cache import TruthCache, open_cache
from runners.scoring.inputs import ScoringInput
from runners.scoring.pipeline import score_videos
from runners.scoring.truth import find_truth, identities
from runners.scoring.views import Resources
from tests.scoring import tiny
from tests.scoring.conftest import Scored, Tiny

ROOT = Path(__file__).parents[2]
LIMIT = 10_000_000


@pytest.fixture
def store(tmp_path: Path) -> TruthCache:
    return TruthCache(tmp_path / "cache", LIMIT)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of videos that were opened for their frames, in this process."""
    seen: list[str] = []
    for module in (build, view):
        real: Callable[..., object] = module.read_frames

        def watched(path: Path, count: int, real: Callable[..., object] = real) -> object:
            seen.append(path.name)
            return real(path, count)

        monkeypatch.setattr(module, "read_frames", watched)
    return seen


def score(run: Tiny, store: TruthCache | None, out: Path, workers: int = 1) -> dict[str, bytes]:
    """The two files that are written."""
    dataset, scenarios = DataSet(run.dataset.root), run.scenarios
    score_videos(
        ScoringInput(run.videos, dataset, scenarios, benchmark="tiny", expected=len(scenarios)),
        out,
        Resources(workers=workers, cache=store),
    )
    return {path.name: path.read_bytes() for path in out.iterdir()}


def told(run: Tiny, store: TruthCache, out: Path) -> list[str]:
    lines: list[str] = []
    score_videos(
        ScoringInput(run.videos, run.dataset, run.scenarios, benchmark="tiny", expected=2),
        out,
        Resources(workers=1, cache=store, tell=lines.append),
    )
    return lines


def entries(store: TruthCache, kind: str = "truth") -> list[Path]:
    return sorted(store.folder.glob(f"*.{kind}"))


def truth_videos(decoded: list[str]) -> list[str]:
    return [name for name in decoded if "testing-videos" in name]


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.full), 2])
def test_scores_are_the_same_bytes_without_a_cache_cold_and_warm(
    workers: int, tiny_run: Tiny, tiny_scored: Scored, store: TruthCache, tmp_path: Path
) -> None:
    wanted = {path.name: path.read_bytes() for path in tiny_scored.out.iterdir()}
    assert score(tiny_run, store, tmp_path / "cold", workers) == wanted
    assert len(entries(store)) == 6
    assert score(tiny_run, store, tmp_path / "warm", workers) == wanted


def test_with_a_full_cache_no_truth_is_decoded(
    own: Tiny, store: TruthCache, tmp_path: Path, decoded: list[str]
) -> None:
    score(own, store, tmp_path / "cold")
    assert len(truth_videos(decoded)) > 0
    decoded.clear()
    score(own, store, tmp_path / "warm")
    assert truth_videos(decoded) == []
    assert len(decoded) == 2


def test_resampled_truth_and_truth_without_second_takes_are_cached_as_well(tmp_path: Path, store: TruthCache) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"], second_takes=False, fps=12)
    run = Tiny(dataset, scenarios, tiny.write_run(tmp_path / "videos", scenarios, fps=10))
    plain = score(run, None, tmp_path / "plain")
    assert score(run, store, tmp_path / "cold") == score(run, store, tmp_path / "warm") == plain


def test_each_rate_is_an_entry_of_its_own(tmp_path: Path, store: TruthCache) -> None:
    dataset, scenarios = tiny.make_dataset(tmp_path / "data", views=["left"])
    for fps in (8, 4):
        videos = tiny.write_run(tmp_path / f"videos-{fps}", scenarios, fps=fps)
        score(Tiny(dataset, scenarios, videos), store, tmp_path / f"out-{fps}")
    assert len(entries(store)) == 2


def test_touched_and_moved_truth_keeps_its_entry(own: Tiny, store: TruthCache, tmp_path: Path) -> None:
    score(own, store, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in entries(store)}
    for path in own.dataset.root.rglob("*.mp4"):
        os.utime(path, ns=(1, 1))
    moved = own.dataset.root.rename(tmp_path / "moved")
    score(own._replace(dataset=DataSet(moved)), store, tmp_path / "again")
    assert {path: path.stat().st_mtime_ns for path in entries(store)} == before


def test_changed_truth_is_another_entry_and_another_score(own: Tiny, store: TruthCache, tmp_path: Path) -> None:
    before = score(own, store, tmp_path / "out")
    tiny.write_truth(own.dataset.root, own.scenarios[0].item, tiny.slide(9.0), tiny.FPS)
    after = score(own, store, tmp_path / "again")
    assert after != before
    assert after == score(own, None, tmp_path / "plain")
    assert len(entries(store)) == 3


@pytest.mark.parametrize("place", ["frames", "header", "footer", "end"])
def test_a_damaged_entry_is_built_anew_without_a_word(
    place: str, own: Tiny, store: TruthCache, tmp_path: Path, decoded: list[str]
) -> None:
    wanted = score(own, store, tmp_path / "out")
    path = entries(store)[0]
    whole = path.read_bytes()
    at = {"frames": 100, "header": len(whole) - 200, "footer": len(whole) - 8, "end": None}[place]
    bad = whole[: len(whole) // 2] if at is None else whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    path.write_bytes(bad)
    decoded.clear()
    assert score(own, store, tmp_path / "again") == wanted
    assert len(set(truth_videos(decoded))) == 2
    assert path.read_bytes() == whole


def test_an_empty_or_foreign_file_in_the_place_of_an_entry_is_replaced(
    own: Tiny, store: TruthCache, tmp_path: Path
) -> None:
    wanted = score(own, store, tmp_path / "out")
    for path, content in zip(entries(store), (b"", b"something else, long enough to hold a footer" * 9), strict=True):
        path.write_bytes(content)
    assert score(own, store, tmp_path / "again") == wanted
    assert all(path.stat().st_size > 1000 for path in entries(store))


@pytest.mark.full
def test_two_processes_may_build_the_same_entries_at_once(own: Tiny, store: TruthCache, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.scoring.killed import score\n"
        "data, videos, work = map(Path, sys.argv[1:])\n"
        "print('ready', flush=True); sys.stdin.readline(); score(data, videos, work)\n"
    )
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir()
        (place / "cache").symlink_to(store.folder)
    store.folder.mkdir()
    words = [[sys.executable, "-c", code, str(own.dataset.root), str(own.videos), str(place)] for place in places]
    pipe = subprocess.PIPE
    both = [subprocess.Popen(word, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for word in words]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[1] is None and process.returncode for process in both] == [0, 0]
    wanted = score(own, None, tmp_path / "plain")
    for place in places:
        assert {path.name: path.read_bytes() for path in (place / "scores").iterdir()} == wanted
    assert len(entries(store)) == 2
    assert sorted(path.name for path in store.folder.iterdir() if path not in entries(store)) == [".lock"]
    assert score(own, store, tmp_path / "warm") == wanted


def test_the_cache_says_how_large_it_will_be_before_it_grows(own: Tiny, store: TruthCache, tmp_path: Path) -> None:
    (before,) = told(own, store, tmp_path / "out")
    assert before == f"truth cache {store.folder}: 0 of 2 views are there; building 2, about 1 MB"
    (after,) = told(own, store, tmp_path / "again")
    assert after == f"truth cache {store.folder}: 2 of 2 views are there"


def test_the_estimate_is_near_the_size(own: Tiny, store: TruthCache, tmp_path: Path) -> None:
    score(own, store, tmp_path / "out")
    source = find_truth(own.dataset, own.scenarios, tiny.FPS)[0]
    size = sum(path.stat().st_size for path in entries(store)) / 2
    assert size / 3 < build.estimate_bytes(source) < size * 3


def too_small(store: TruthCache) -> TruthCache:
    """A cache that lacks a byte for all that a filled one holds."""
    return TruthCache(store.folder.with_name("small"), store.used_bytes() - 1)


def test_a_cache_at_its_limit_keeps_masks_and_variance_and_the_numbers_stay(
    own: Tiny, store: TruthCache, tmp_path: Path, decoded: list[str]
) -> None:
    wanted = score(own, store, tmp_path / "out")
    small = too_small(store)
    lines = told(own, small, tmp_path / "full")
    assert {path.name: path.read_bytes() for path in (tmp_path / "full").iterdir()} == wanted
    assert (len(entries(small)), len(entries(small, "masks"))) == (1, 1)
    assert small.used_bytes() <= small.limit_bytes
    assert sum("no room for the frames of about 1 views (scorer.cache_gb=" in line for line in lines) == 1
    decoded.clear()
    assert score(own, small, tmp_path / "again") == wanted
    assert {name.split("_")[0] for name in truth_videos(decoded)} == {"0002", "0004"}  # both takes of one view


def test_a_limit_that_holds_nothing_keeps_nothing(own: Tiny, store: TruthCache, tmp_path: Path) -> None:
    wanted = score(own, None, tmp_path / "plain")
    none = TruthCache(store.folder, 0)
    assert score(own, none, tmp_path / "out") == wanted
    assert none.used_bytes() == 0


def test_views_without_frames_get_them_when_there_is_room_again(own: Tiny, store: TruthCache, tmp_path: Path) -> None:
    score(own, store, tmp_path / "out")
    small = too_small(store)
    score(own, small, tmp_path / "full")
    larger = TruthCache(small.folder, LIMIT)
    score(own, larger, tmp_path / "again")
    assert (len(entries(larger)), len(entries(larger, "masks"))) == (2, 0)
    assert [path.read_bytes() for path in entries(larger)] == [path.read_bytes() for path in entries(store)]


def test_entries_of_another_opencv_are_not_used_and_make_room_first(
    own: Tiny, store: TruthCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    wanted = score(own, store, tmp_path / "out")
    old = entries(store)
    with monkeypatch.context() as other:
        other.setattr(cache, "_generation", lambda: "12345678")
        decoded.clear()
        tight = TruthCache(store.folder, store.used_bytes() + 100)
        assert score(own, tight, tmp_path / "other") == wanted
        assert len(truth_videos(decoded)) > 0
        assert len(entries(store)) == 2
        assert not set(old) & set(entries(store))
        assert tight.used_bytes() <= tight.limit_bytes


def test_a_draft_that_nobody_writes_any_more_is_removed_and_one_being_written_is_not(
    own: Tiny, store: TruthCache, tmp_path: Path
) -> None:
    store.folder.mkdir()
    (store.folder / f".{'0' * 32}.part").write_bytes(b"half an entry")
    with store.draft() as alive:
        score(own, store, tmp_path / "out")
        assert list(store.folder.glob(".*.part")) == [alive]


def test_a_draft_is_locked_before_others_can_take_it_for_a_dead_one(
    store: TruthCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Lock):
        def __init__(self, path: Path) -> None:
            store.clean()
            super().__init__(path)

    monkeypatch.setattr("runners.scoring.scratch.Lock", Slow)
    with store.draft() as path:
        store.clean()
        assert path.exists()


def test_files_of_others_in_the_same_folder_are_left_alone(own: Tiny, store: TruthCache, tmp_path: Path) -> None:
    store.folder.mkdir()
    theirs = [store.folder / name for name in (".film.mp4.part", "my-own.masks", "my-own.truth")]
    for path in theirs:
        path.write_bytes(bytes(LIMIT))
    score(own, store, tmp_path / "out")
    assert len([path for path in entries(store) if path not in theirs]) == 2
    assert all(path.exists() for path in theirs)


def test_truth_that_changes_while_it_is_measured_is_kept_nowhere(
    own: Tiny, store: TruthCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = build.build_entry

    def changing(*words: Any) -> object:
        tiny.write_truth(own.dataset.root, own.scenarios[0].item, tiny.slide(9.0), tiny.FPS)
        return real(*words)

    monkeypatch.setattr(view, "build_entry", changing)
    for kept in (store, None):
        tiny.write_truth(own.dataset.root, own.scenarios[0].item, tiny.slide(5.0), tiny.FPS)
        with pytest.raises(UserError, match=r"0001_testing-videos.*changed while it was scored"):
            score(own, kept, tmp_path / "out")
    assert entries(store) == []
    assert not (tmp_path / "out").exists()


def test_a_clip_that_changes_while_it_is_measured_has_no_score(
    own: Tiny, store: TruthCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(own, store, tmp_path / "warm")
    real = view.measure_clip

    def changing(*words: Any, **named: Any) -> object:
        tiny.write_clip(own.videos, own.scenarios[0], tiny.slide(9.0))
        return real(*words, **named)

    monkeypatch.setattr(view, "measure_clip", changing)
    with pytest.raises(UserError, match=rf"{own.scenarios[0].output_name}.*changed while it was scored"):
        score(own, store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_cache_that_cannot_be_written_slows_scoring_and_does_not_stop_it(
    own: Tiny, store: TruthCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    wanted = score(own, None, tmp_path / "plain")
    monkeypatch.setattr(cache, "publish", full)
    assert score(own, store, tmp_path / "out") == wanted
    monkeypatch.setattr(TruthCache, "draft", full)
    assert score(own, store, tmp_path / "again") == wanted
    assert entries(store) == []


def test_the_identity_follows_contents_and_not_names(own: Tiny, tmp_path: Path) -> None:
    sources = find_truth(own.dataset, own.scenarios, tiny.FPS)
    first, second = identities(sources)
    assert first != second
    assert identities([sources[0]]) == (first,)


def test_the_default_place_is_the_user_s_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert open_cache(ScorerSettings()) == TruthCache(tmp_path / "physics-iq-harness" / "truth", 12_000_000_000)
    assert open_cache(ScorerSettings(cache=str(tmp_path / "x"), cache_gb=0.5)) == TruthCache(
        tmp_path / "x", 500_000_000
    )
    assert not (tmp_path / "physics-iq-harness").exists()


@pytest.mark.parametrize("word", ["off", "OFF", "False"])
def test_it_can_be_off(word: str) -> None:
    assert open_cache(ScorerSettings(cache=word)) is None


def test_a_place_that_cannot_be_written_is_told_before_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/cache cannot be written.*scorer\.cache=off"):
        open_cache(ScorerSettings(cache=str(tmp_path / "file" / "cache")))


@pytest.mark.parametrize("size", [-1.0, float("nan"), float("inf")])
def test_a_size_that_is_none_is_told(size: float) -> None:
    with pytest.raises(UserError, match=r"scorer\.cache_gb="):
        open_cache(ScorerSettings(cache_gb=size))
