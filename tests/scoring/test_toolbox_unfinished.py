"""What the official toolbox finished stays, however its call ended; and what can be known before is told before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runners.clips.footage import Unfit
from runners.core.errors import UserError
from runners.core.outcome import Outcome
from runners.reporting.official import official_notes
from runners.scoring.choose import score
from runners.scoring.official.child import Ended
from runners.scoring.official.requirements import check_needs
from runners.scoring.official.running import check_end
from runners.scoring.official.toolbox import find_toolbox
from runners.scoring.stored import decode
from tests.scoring import tiny
from tests.scoring.odd_files import late, turned
from tests.scoring.official_run import GENERATIONS, Place, Undisturbed, make_place
from tests.scoring.stand_in import make_ffprobe


@pytest.fixture(autouse=True)
def ffprobe(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(make_ffprobe(tmp_path_factory.mktemp("bin"))), prepend=":")


def staged(place: Place) -> list[Path]:
    return sorted(place.out.glob(".official-*"))


def heard(place: Place, capfd: pytest.CaptureFixture[str], **changes: Any) -> tuple[dict[str, Any], list[str]]:
    """The scores, and what was heard of the toolbox meanwhile."""
    capfd.readouterr()
    scores = place.score(**changes)
    return scores, capfd.readouterr().err.splitlines()


@pytest.mark.rotating("generation")
@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("finished", [4, 6, 8])
def test_masks_that_were_made_are_not_made_again(
    generation: str,
    finished: int,
    tmp_path: Path,
    undisturbed: Callable[[str], Undisturbed],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """6 of the truth come first, then 3 of the clips; the one at which the process is killed is torn."""
    wanted = undisturbed(generation)
    place = make_place(tmp_path, generation)
    monkeypatch.setenv("KILLED_AFTER", str(finished))
    with pytest.raises(UserError, match="the masks that it made stay, and the same command goes on with them"):
        place.score()
    (folder,) = staged(place)
    monkeypatch.delenv("KILLED_AFTER")
    scores, lines = heard(place, capfd)
    assert f"official: {min(finished, 6)} of 6 masks of the truth were there from an earlier call" in lines
    assert ("official: 2 of 3 masks of the clips were there from an earlier call" in lines) == (finished == 8)
    assert len([line for line in lines if "Generating mask for" in line]) == 9 - finished
    assert (scores["verified"], scores["original"]) == (wanted.scores["verified"], wanted.scores["original"])
    assert (place.out / "metrics.csv").read_text() == (wanted.place.out / "metrics.csv").read_text()
    assert not folder.exists()


def test_a_call_that_failed_before_it_made_anything_leaves_nothing(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    place.act("raise SystemExit(3)")
    with pytest.raises(UserError, match=r"failed \(exit code 3\); its last lines"):
        place.score()
    assert staged(place) == []


@pytest.mark.full
def test_other_clips_do_not_get_the_masks_of_those_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    place = make_place(tmp_path)
    monkeypatch.setenv("KILLED_AFTER", "4")
    with pytest.raises(UserError):
        place.score()
    (before,) = staged(place)
    monkeypatch.delenv("KILLED_AFTER")
    tiny.write_clip(place.videos, place.benchmark.scenarios[0], tiny.slide(9.0))
    _, lines = heard(place, capfd)
    assert not any("earlier call" in line for line in lines)
    assert not before.exists()


@pytest.mark.rotating("generation")
@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_failure_after_the_table_was_written_costs_nothing_and_is_told(
    generation: str, tmp_path: Path, undisturbed: Callable[[str], Undisturbed]
) -> None:
    wanted = undisturbed(generation).scores
    place = make_place(tmp_path, generation)
    place.act("import atexit, os\natexit.register(lambda: (print('no display', flush=True), os._exit(1)))")
    scores = place.score()
    assert scores["verified"] == wanted["verified"]
    assert scores["official"]["failed"] == "failed (exit code 1): no display"
    assert staged(place) == []
    (note,) = [line for line in official_notes([Outcome(0, "run", scores=decode(scores))]) if "no display" in line]
    assert "its table was complete by then" in note
    assert "failed" not in str(official_notes([Outcome(0, "run", scores=decode(wanted))]))


def test_scores_of_its_own_that_a_late_failure_tore_are_none_and_its_table_counts(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    place.act(
        "import atexit, os, pathlib\n"
        "atexit.register(lambda: ([p.write_text('{') for p in pathlib.Path().rglob('*_metrics.json')], os._exit(1)))"
    )
    scores = place.score()
    assert scores["complete"]
    assert set(scores["official"]["final"].values()) == {None}


@pytest.mark.full
def test_a_table_that_is_torn_is_not_taken_for_a_result(
    tmp_path: Path, undisturbed: Callable[[str], Undisturbed]
) -> None:
    place, wanted = make_place(tmp_path), undisturbed("physiq").scores["verified"]
    place.act(
        "import atexit, os, pathlib\ntables = lambda: pathlib.Path().rglob('clips-*.csv')\n"
        "tear = lambda: ([p.write_text(p.read_text()[:-900]) for p in tables()], os._exit(1))\n"
        "os.environ.get('GO_ON') or atexit.register(tear)"
    )
    with pytest.raises(UserError, match=r"failed \(exit code 1\); the masks that it made stay"):
        place.score()
    (folder,) = staged(place)
    assert list(folder.rglob("clips-*.csv"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GO_ON", "1")
        assert place.score()["verified"] == wanted


@pytest.mark.parametrize(
    ("code", "last"),
    [(1, "concurrent.futures.process.BrokenProcessPool: A process was terminated"), (-9, ""), (137, "")],
)
def test_too_little_memory_says_what_to_try(code: int, last: str) -> None:
    with pytest.raises(UserError, match=r"too little memory\? try scorer\.workers=1"):
        check_end(Ended(code, (last,)))
    with pytest.raises(UserError) as error:
        check_end(Ended(1, ("ValueError: odd",)))
    assert "memory" not in str(error.value)


# told before


def test_a_clip_that_this_machine_s_ffprobe_finds_too_long_is_told_before_anything_is_started(tmp_path: Path) -> None:
    """The stand-in's ffprobe counts as FFmpeg 5 does, from 0 on."""
    place = make_place(tmp_path)
    path = place.videos / place.benchmark.scenarios[1].output_name
    late(path)
    place.act("raise SystemExit('it was started')")
    with pytest.raises(Unfit, match=rf"{path.name}: this machine's ffprobe tells 5\.125 .*setts=pts=PTS-STARTPTS"):
        place.score()
    assert "0001" in str(score(place.videos, place.fresh(), place.scorer("builtin"), out=place.out).scores.per_clip)


def test_clips_and_truth_that_the_builtin_scorer_refuses_are_not_staged_either(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    path = place.videos / place.benchmark.scenarios[1].output_name
    kept = path.read_bytes()
    turned(path)
    for name in ("official", "both"):
        with pytest.raises(Unfit, match=f"{path.name}: holds a display matrix"):
            place.score(name)
    path.write_bytes(kept)
    turned(next((place.benchmark.root / "split-videos/testing/8FPS").iterdir()))
    with pytest.raises(Unfit, match=r"holds a display matrix.*runners\.fetch"):
        place.score()


def test_older_results_are_used_again_once_their_inputs_were_looked_at(
    tmp_path: Path, undisturbed: Callable[[str], Undisturbed]
) -> None:
    place, wanted = undisturbed("physiq").copy(tmp_path), undisturbed("physiq").scores
    kept = place.out / "official" / "scores.json"
    kept.write_text(json.dumps({key: value for key, value in wanted.items() if key != "checks"}))
    assert place.score()["official"] == wanted["official"]
    assert json.loads(kept.read_text())["checks"] == wanted["checks"]


def test_a_pandas_with_which_it_fails_at_the_end_is_told_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path)
    place.act("import pandas")
    older = tmp_path / "older" / "pandas"
    older.mkdir(parents=True)
    (older / "__init__.py").write_text("__version__ = '1.5.3'\n")
    monkeypatch.setenv("PYTHONPATH", str(older.parent))
    assert check_needs(find_toolbox(str(place.checkout), None))["pandas"] == "1.5.3"  # its guard can be switched off
    place.script.write_text(place.script.read_text().replace("--lazy_integrity", "--eager"))
    with pytest.raises(UserError, match=r"fails with pandas 1\.5\.3 .* -m pip install 'pandas>=2'"):
        check_needs(find_toolbox(str(place.checkout), None))
    (older / "__init__.py").write_text("__version__ = '2.0.0'\n")
    assert check_needs(find_toolbox(str(place.checkout), None))["pandas"] == "2.0.0"


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("false", "it ends with exit code 1 and says nothing"),
        ("true", "not answer as one"),
        ("echo", "not answer as one"),
    ],
)
def test_a_program_that_is_no_python_is_told_in_a_line(program: str, told: str, tmp_path: Path) -> None:
    place = make_place(tmp_path)
    with pytest.raises(UserError, match=rf"scorer\.python=\S*{program} does not work as a Python: .*{told}$") as error:
        place.score(python=program)
    assert "importlib" not in str(error.value)
