"""The run's folder goes away, or is no place to publish in: nothing more is made, and nothing is written elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters import Clip, Request
from runners.core.errors import UserError
from runners.core.outcome import FAILED
from tests.run.harness import IDS, Paint, Scripted, run, videos
from tests.run.test_disk_full import small_disk

RUN = Path("mini/paint-op-run_01")


def remove(folder: Path) -> None:
    """While somebody still writes into it."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


GONE: dict[str, Callable[[Path], object]] = {
    "moved": lambda run: run.rename(run.parents[1] / "away"),
    "removed": remove,
    "without videos": lambda run: remove(run / "videos"),
    "replaced by a copy": lambda run: (shutil.copytree(run, run.parents[1] / "copy"), run.rename(run.parents[1] / "x"),
                                       (run.parents[1] / "copy").rename(run)),
}  # fmt: skip


@pytest.mark.parametrize("keep_raw", [False, True])
@pytest.mark.parametrize("how", GONE)
def test_a_run_whose_folder_goes_away_stops_and_writes_nothing_in_its_place(
    tmp_path: Path, how: str, keep_raw: bool
) -> None:
    left: list[str] = []

    def act(request: Request, number: int) -> Clip | None:
        if not left:  # the first of all: nothing else is being written
            GONE[how](tmp_path / RUN)
            left.extend(sorted(str(path) for path in tmp_path.rglob("*")))
        return None

    model = Scripted(act, concurrency=1)
    outcome = run(tmp_path, model, keep_raw=keep_raw)
    assert outcome.code == FAILED
    assert len(model.calls) == 1
    assert "was removed, moved or replaced while it was worked on" in outcome.lines[-1]
    assert not any("Error" in line for line in outcome.lines)
    now = {str(path) for path in tmp_path.rglob("*") if ".work" not in str(path) and path.name != ".at_work"}
    if how == "without videos":
        assert not (tmp_path / RUN / "videos").exists()
    else:
        assert now <= set(left)


def test_a_run_that_was_moved_and_put_back_goes_on(tmp_path: Path) -> None:
    def act(request: Request, number: int) -> Clip | None:
        if request.scenario_id == "0003":
            (tmp_path / RUN).rename(tmp_path / "away")
        return None

    first = Scripted(act, concurrency=1)
    assert run(tmp_path, first).code == FAILED
    (tmp_path / "away").rename(tmp_path / RUN)
    made = set(videos(tmp_path / RUN))
    again = Paint()
    assert run(tmp_path, again).code == 0
    # What was written and not yet published when the folder went away is published now, without the model.
    assert len(again.calls) <= len(IDS) - len(made)
    assert not {request.scenario_id for request in again.calls} & {name[:4] for name in made}
    assert run(tmp_path / "other").code == 0
    assert videos(tmp_path / RUN) == videos(tmp_path / "other" / RUN)


@pytest.mark.parametrize("place", ["videos", "raw"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_place_for_clips_on_another_disk_is_told_before_anything_is_made(
    tmp_path: Path, place: str, linked: bool
) -> None:
    folder = tmp_path / "results" / RUN
    (folder / "videos").mkdir(parents=True)
    target = tmp_path / "disk" if linked else folder / place
    if not linked:
        shutil.rmtree(folder / place, ignore_errors=True)
    with small_disk(target, 8192):
        if linked:
            shutil.rmtree(folder / place, ignore_errors=True)
            (folder / place).symlink_to(target)
        model = Paint()
        with pytest.raises(UserError, match=f"{place} lies on another disk than its run folder"):
            run(tmp_path / "results", model, keep_raw=True)
        assert (model.loads, model.calls) == (0, [])
        assert list(target.iterdir()) == []
