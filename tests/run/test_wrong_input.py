"""Wrong input is told in a line or two before the model is loaded, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import Cancelled, Clip, Request, write_video
from runners.core.errors import UserError
from runners.core.settings import (
    BenchmarkSettings,
    ModelSettings,
    OutputSettings,
    PromptsSettings,
    ScorerSettings,
    SelectSettings,
)
from tests.run.harness import MINI, Paint, Scripted, run, videos
from tests.run.test_cli import command, write_model

SMALL = SelectSettings(ids=["1", "2"])
RUN = Path("mini/paint-op-run_01")
CLIPS = {kind: (MINI / "dataset" / "split-videos" / kind / "30FPS") for kind in ("conditioning", "testing")}


def original(root: Path | str, **changes: Any) -> BenchmarkSettings:
    return BenchmarkSettings(name="mini", kind="original", root=str(root), **changes)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set of links, in which one file can be replaced."""
    shutil.copytree(MINI / "dataset", tmp_path / "data", copy_function=os.symlink)
    return tmp_path / "data"


def replace(path: Path, content: bytes | None) -> None:
    path.unlink()
    if content is not None:
        path.write_bytes(content)


def refused(results: Path, message: str, adapter: Paint | None = None, **changes: Any) -> str:
    """The one or two lines with which a run was refused: nothing was loaded, nothing was made."""
    adapter = adapter or Paint()
    with pytest.raises(UserError, match=message) as caught:
        run(results, adapter, **changes)
    assert adapter.loads == 0
    assert not results.exists() or not any(results.iterdir())
    assert len(str(caught.value).splitlines()) <= 2
    return str(caught.value)


def halved(path: Path) -> bytes:
    content = path.read_bytes()
    return content[: len(content) // 2]


SWITCH = "0001_switch-frames_anyFPS_perspective-left_trimmed-scene-0.jpg"
SWITCH_FAULTS: dict[str, tuple[bytes | None, str]] = {
    "gone": (None, "missing, empty or no file"),
    "empty": (b"", "missing, empty or no file"),
    "cut short": (halved(MINI / "dataset" / "switch-frames" / SWITCH), "is no image that decodes"),
    "text": (b"no picture\n" * 99, "is no image that decodes"),
}


@pytest.mark.parametrize("fault", SWITCH_FAULTS)
def test_a_switch_frame_that_cannot_be_used_is_named(tmp_path: Path, data: Path, fault: str) -> None:
    content, message = SWITCH_FAULTS[fault]
    replace(data / "switch-frames" / SWITCH, content)
    assert SWITCH in refused(tmp_path / "r", message, benchmark=original(data))


def test_a_folder_in_the_place_of_a_switch_frame_is_named(tmp_path: Path, data: Path) -> None:
    replace(data / "switch-frames" / SWITCH, None)
    (data / "switch-frames" / SWITCH).mkdir()
    assert SWITCH in refused(tmp_path / "r", "missing, empty or no file", benchmark=original(data))


CONDITIONING = "0001_conditioning-videos_30FPS_perspective-left_take-1_trimmed-scene-0.mp4"
CONDITIONING_FAULTS: dict[str, tuple[bytes | None, str]] = {
    "gone": (None, "missing, empty or no file"),
    "cut short": (halved(CLIPS["conditioning"] / CONDITIONING), "does not decode"),
    "text": (b"no video\n" * 99, "does not decode"),
    "of another rate": (
        (MINI / "dataset/split-videos/conditioning/24FPS" / CONDITIONING.replace("30FPS", "24FPS")).read_bytes(),
        "runs at 24 FPS where its name and folder say 30",
    ),
}


@pytest.mark.parametrize("fault", CONDITIONING_FAULTS)
def test_a_conditioning_clip_that_cannot_be_used_is_named(tmp_path: Path, data: Path, fault: str) -> None:
    content, message = CONDITIONING_FAULTS[fault]
    replace(data / "split-videos/conditioning/30FPS" / CONDITIONING, content)
    model = Paint(mode="multiframe", sizes=())
    assert CONDITIONING in refused(tmp_path / "r", message, model, benchmark=original(data))


def test_conditioning_shorter_than_3_s_is_refused(tmp_path: Path, data: Path) -> None:
    path = data / "split-videos/conditioning/30FPS" / CONDITIONING
    path.unlink()
    write_video(path, [np.zeros((54, 96, 3), np.uint8)] * 60, 30)
    model = Paint(mode="multiframe", sizes=())
    refused(tmp_path / "r", r"holds 60 frames = 2\.000 s, and 3 s", model, benchmark=original(data))


TRUTH = "0001_testing-videos_30FPS_perspective-left_take-1_trimmed-scene-0.mp4"
SCORED: dict[str, Any] = {
    "scorer": ScorerSettings(workers=1),
    "output": OutputSettings(name="custom", width=96, height=54, fps=30, preset="ultrafast"),
    "select": SMALL,
}


@pytest.mark.parametrize("content", [None, b"", b"text", halved(CLIPS["testing"] / TRUTH)])
def test_truth_that_cannot_be_scored_with_is_told_before_work_and_scorer_none_needs_none(
    tmp_path: Path, data: Path, content: bytes | None
) -> None:
    replace(data / "split-videos/testing/30FPS" / TRUTH, content)
    told = refused(tmp_path / "r", "scorer=none", benchmark=original(data), **SCORED)
    assert TRUTH in told
    unscored = {**SCORED, "scorer": ScorerSettings(name="none")}
    assert run(tmp_path / "r", benchmark=original(data), **unscored).code == 0


def test_a_missing_second_take_is_told_to_the_model_that_shows_it(tmp_path: Path, data: Path) -> None:
    name = "0007_testing-videos_30FPS_perspective-left_take-2_trimmed-scene-0.mp4"
    replace(data / "split-videos/testing/30FPS" / name, b"text")
    at_30 = {**SCORED, "scorer": ScorerSettings(name="none")}
    assert name in refused(tmp_path / "r", "does not decode", Paint(oracle=True), benchmark=original(data), **at_30)
    for fps in (24, 30):
        replace(data / f"split-videos/testing/{fps}FPS" / name.replace("30FPS", f"{fps}FPS"), None)
    refused(tmp_path / "r", "0001 has none in .*; complete", Paint(oracle=True), benchmark=original(data))


def test_a_data_set_at_another_place_is_told_with_the_right_one(tmp_path: Path, data: Path) -> None:
    refused(tmp_path / "r", "is missing; set benchmark.root=", benchmark=original(tmp_path / "none"))
    for wrong in (data / "split-videos" / "testing", data / "switch-frames", data.parent):
        told = refused(tmp_path / "r", "is not the data set's top folder", benchmark=original(wrong))
        assert told.endswith(f"use benchmark.root={data}")
    shutil.rmtree(data / "switch-frames")
    (data / "switch-frames").mkdir()
    wanted = "6 files are missing, empty or no file in .*0001_.*; complete the data set"
    refused(tmp_path / "r", wanted, benchmark=original(data))


def test_a_damaged_record_of_a_data_set_is_told(tmp_path: Path, data: Path) -> None:
    for content in ("{", "[]", '"x"'):
        (data / "dataset.json").write_text(content)
        refused(tmp_path / "r", "dataset.json is damaged", benchmark=original(data))


TABLE = (MINI / "dataset" / "descriptions.csv").read_bytes()
NAME = b"0001_perspective-left_trimmed-scene-0.mp4"
CSV_FAULTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no column scenario"),
    "binary": (bytes(range(256)), "not UTF-8"),
    "another encoding": (TABLE.decode().encode("utf-16"), "not UTF-8"),
    "no column": (TABLE.replace(b"category", b"kind", 1), r"no column category .*found: scenario"),
    "a row twice": (TABLE + TABLE.splitlines(keepends=True)[1], "line 14: the id 0001 stands already in line 2"),
    "out of the folder": (TABLE.replace(NAME, b"../" + NAME), "line 2: .*without folders"),
    "absolute": (TABLE.replace(NAME, b"/tmp/" + NAME), "line 2: .*without folders"),
    "another id": (TABLE.replace(NAME, NAME.replace(b"0001", b"0002")), "line 2: .*must start with"),
    "no id": (TABLE.replace(b"0001_", b"abcd_"), "line 2: .*is not named like 0001_"),
    "an open quote": (TABLE.replace(b"Scene 0", b'"Scene 0', 1), "line 2: not well-formed CSV"),
    "semicolons": (TABLE.replace(b",", b";"), "separate the columns with commas"),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_a_descriptions_file_that_cannot_be_used_is_told_with_its_line(tmp_path: Path, data: Path, fault: str) -> None:
    content, message = CSV_FAULTS[fault]
    replace(data / "descriptions.csv", content)
    assert str(data / "descriptions.csv") in refused(tmp_path / "r", message, benchmark=original(data))


def test_prompts_of_unknown_scenarios_are_refused_and_lacking_ones_named(tmp_path: Path) -> None:
    file = tmp_path / "prompts.csv"
    file.write_bytes(TABLE.replace(b"0001_", b"0099_"))
    prompts = PromptsSettings(mode="bpp", file=str(file))
    refused(tmp_path / "r", "line 2: the benchmark has no take-1 scenario with the id 0099", prompts=prompts)
    file.write_bytes(b"".join(TABLE.splitlines(keepends=True)[:3]))
    refused(tmp_path / "r", "lacks the prompts of 0003", prompts=prompts)


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "no room for such a size": ({"output": OutputSettings(name="custom", width=100000, height=54, fps=8)}, "at most"),
    "no such rate": ({"output": OutputSettings(name="custom", width=96, height=54, fps=100000)}, "at most 240"),
    "negative size": ({"output": OutputSettings(name="custom", width=-96, height=54, fps=8)}, "at least 1"),
    "limit 0": ({"select": SelectSettings(limit=0)}, "select.limit=0"),
    "attempts 0": ({"attempts": 0}, "attempts=0 must be at least 1"),
    "concurrency -1": ({"concurrency": -1}, "concurrency=-1 must be at least 1"),
    "workers -1": ({"scorer": ScorerSettings(name="none", workers=-1)}, "scorer.workers=-1"),
    "deadline": ({"deadline_s": -1.0}, "deadline_s=-1.0 must be more than 0"),
    "shard 0/0": ({"shard": "0/0"}, "shard=0/0"),
    "an empty shard": ({"shard": ""}, "shard="),
    "a shard of nothing": ({"shard": "7/7"}, "nothing to do"),
    "a long tag": ({"tag": "x" * 300}, "tag="),
    "a tag for a shell": ({"tag": "$(x)"}, "tag="),
    "a tag that is a path": ({"tag": ".."}, "tag="),
    "a benchmark that is a path": ({"benchmark": BenchmarkSettings("../x", root=str(MINI / "dataset"))}, "name="),
    "no model": ({"model": ModelSettings(name="", adapter={"_target_": "x"})}, "model=''"),
}  # fmt: skip


@pytest.mark.parametrize("fault", SETTINGS)
def test_settings_beyond_reason_are_refused(tmp_path: Path, fault: str) -> None:
    changes, message = SETTINGS[fault]
    refused(tmp_path / "r", message, **changes)


def test_unusual_but_right_settings_work(tmp_path: Path) -> None:
    assert run(tmp_path, select=SMALL, concurrency=999, seed=-5, seeds="same", tag="", attempts=99).code == 0
    limit = SelectSettings(ids=["1", "1"], limit=10**9)
    assert run(tmp_path / "2", select=limit, seed=10**30, shard="1/99999").code == 0


@pytest.mark.parametrize("place", ["on a file", "under a file", "run folder", "videos", "journal.jsonl", ".work"])
def test_something_in_the_way_of_the_run_folder_is_told_and_left_alone(tmp_path: Path, place: str) -> None:
    ways = {"on a file": Path(), "under a file": Path("up"), "run folder": RUN, "journal.jsonl": RUN / "journal.jsonl"}
    results, folder = tmp_path / "r", tmp_path / "r" / ways.get(place, RUN / place)
    mine = results if place == "under a file" else folder
    mine.parent.mkdir(parents=True, exist_ok=True)
    if place == "journal.jsonl":
        mine.mkdir()
    else:
        mine.write_text("mine")
    model = Paint()
    with pytest.raises(UserError, match=r"choose results=|move (it|away what is there)"):
        run(folder if place == "under a file" else results, model, select=SMALL)
    assert model.loads == 0
    assert mine.is_dir() or mine.read_text() == "mine"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("finished")
    assert run(results, select=SMALL).code == 0
    return results


def continued(finished: Path, tmp_path: Path, damage: Callable[[Path], object]) -> Callable[[], Any]:
    shutil.copytree(finished, tmp_path / "r")
    damage(tmp_path / "r" / RUN)
    return lambda: run(tmp_path / "r", select=SMALL)


def lines_of(finished: Path) -> list[bytes]:
    return (finished / RUN / "journal.jsonl").read_bytes().splitlines(keepends=True)


DAMAGE: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "a torn line in the middle": (lambda lines: [lines[0], lines[1][:20] + b"\n", *lines[2:]], "line 2 is damaged"),
    "binary": (lambda lines: [lines[0], b"\xff\xfe\x00\n", *lines[1:]], "line 2 is damaged"),
    "an event without its facts": (
        lambda lines: [*lines, b'{"event":"published","id":"0001"}\n'],
        "'published' of 0001 lacks generation, name",
    ),
    "an id that is none": (lambda lines: [*lines, b'{"event":"x","id":[1]}\n'], "is damaged"),
    "nested without end": (lambda lines: [*lines, b"[" * 100_000 + b"\n"], "is damaged"),
    "empty": (lambda lines: [], "holds files that this run did not publish"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_journal_is_told_and_nothing_is_overwritten(finished: Path, tmp_path: Path, damage: str) -> None:
    change, message = DAMAGE[damage]
    journal = b"".join(change(lines_of(finished)))
    again = continued(finished, tmp_path, lambda folder: (folder / "journal.jsonl").write_bytes(journal))
    with pytest.raises(UserError, match=message):
        again()
    assert (tmp_path / "r" / RUN / "journal.jsonl").read_bytes() == journal
    assert videos(tmp_path / "r" / RUN) == videos(finished / RUN)


def test_a_journal_of_a_later_version_is_read_as_far_as_it_is_understood(finished: Path, tmp_path: Path) -> None:
    later = b'{"event":"telepathy","id":"0001","new":[1]}\n{"event":"weather"}\n'
    again = continued(finished, tmp_path, lambda folder: (folder / "journal.jsonl").open("ab").write(later))
    assert again().code == 0


def test_what_another_program_wrote_into_a_journal_is_told_and_the_run_goes_on(finished: Path, tmp_path: Path) -> None:
    def scribble(folder: Path) -> None:
        lines = lines_of(finished)
        message = b"warning: disk is slow \x1b[0m\n"
        (folder / "journal.jsonl").write_bytes(b"".join([*lines[:2], message, *lines[2:]]))

    outcome = continued(finished, tmp_path, scribble)()
    assert (outcome.code, outcome.counts.published) == (0, 2)
    told = "line 3 of journal.jsonl is not this program's, and was passed over: 'warning: disk is slow \\x1b[0m'"
    assert f"warning: {told}" in outcome.lines
    assert told in json.loads((tmp_path / "r" / RUN / "manifest.json").read_bytes())["warnings"]


def test_a_run_of_a_newer_version_is_left_as_it_is(finished: Path, tmp_path: Path) -> None:
    newer = b"".join(lines_of(finished)).replace(b'"schema": 1', b'"schema": 2') + b'{"event": "torn'
    again = continued(finished, tmp_path, lambda folder: (folder / "journal.jsonl").write_bytes(newer))
    with pytest.raises(UserError, match=r"a newer version of this program worked on it \(schema 2; this one knows 1\)"):
        again()
    assert (tmp_path / "r" / RUN / "journal.jsonl").read_bytes() == newer
    listed = command("list", f"run={tmp_path / 'r' / RUN}", module="jobs")
    assert (listed.returncode, "a newer version of this program" in listed.stdout) == (0, True)


def test_what_is_only_written_may_be_damaged_and_is_written_again(finished: Path, tmp_path: Path) -> None:
    again = continued(finished, tmp_path, lambda folder: (folder / "manifest.json").write_bytes(b"\xff{"))
    assert again().code == 0
    assert json.loads((tmp_path / "r" / RUN / "manifest.json").read_bytes())["published"] == 2


def test_damaged_scores_are_computed_again(tmp_path: Path) -> None:
    one = {**SCORED, "select": SelectSettings(ids=["1"])}
    assert run(tmp_path, **one).scores is not None
    scores = tmp_path / RUN / "scores" / "scores.json"
    right = scores.read_bytes()
    for content in (b"", b'{"per_clip": 3}', b"\xff", right.replace(b'"fps": 30', b'"fps": "x"')):
        scores.write_bytes(content)
        assert run(tmp_path, **one).code == 0
        assert scores.read_bytes() == right


def test_any_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / 'it\'s "ü" [x] {0} %05d,=#'
    place.mkdir()
    (place / "link").symlink_to(MINI / "dataset")
    monkeypatch.chdir(place)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert run(Path("out"), benchmark=original("link"), select=SMALL).code == 0
    assert len(videos(place / "out" / RUN)) == 2
    assert run(Path("~/out"), benchmark=original("link"), select=SMALL).folder == tmp_path / "home" / "out" / RUN


def test_an_adapter_that_moves_elsewhere_moves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def moves(request: Request, number: int) -> Clip | None:
        os.chdir(request.scratch)
        Path("junk.txt").write_text("left behind")
        return None

    outcome = run(Path("r"), Scripted(moves, concurrency=1), select=SMALL)
    assert outcome.code == 0
    monkeypatch.chdir(tmp_path)
    assert {path.name for path in (tmp_path / "r" / RUN).iterdir()} == {"journal.jsonl", "manifest.json", "videos"}


NONSENSE: list[dict[str, Any]] = [
    {"conditioning_frames": 0}, {"conditioning_frames": "all"}, {"conditioning_fps": 0},
    {"conditioning_fps": float("nan")}, {"native_fps": 1e9}, {"sizes": ((0, 0),)}, {"sizes": (96, 54)},
    {"sizes": None}, {"concurrency": 0}, {"max_batch": 0}, {"mode": "t2v"}, {"prompt": "perhaps"},
]  # fmt: skip


@pytest.mark.parametrize("needs", NONSENSE, ids=str)
def test_needs_that_make_no_sense_are_told(tmp_path: Path, needs: dict[str, Any]) -> None:
    refused(tmp_path / "r", rf"needs make no sense: {next(iter(needs))}=", Paint(**needs))


def broken(method: str, result: Callable[..., Any]) -> Paint:
    model: Paint = type("Broken", (Paint,), {method: result})()
    return model


def boom(*_: object) -> Any:
    raise ZeroDivisionError("boom")


def test_an_adapter_whose_check_raises_is_told_with_the_place(tmp_path: Path) -> None:
    refused(tmp_path / "r", r"check\(\) raised ZeroDivisionError: boom \(test_wrong", broken("check", boom))


@pytest.mark.parametrize(
    ("method", "result", "message"),
    [
        ("load", boom, "ZeroDivisionError: boom"),
        ("load", lambda self: sys.exit(7), "SystemExit: 7"),
        ("describe", boom, "ZeroDivisionError: boom"),
    ],
)
def test_an_adapter_that_cannot_be_loaded_is_told_and_closed(
    tmp_path: Path, method: str, result: Callable[..., Any], message: str
) -> None:
    model = broken(method, result)
    with pytest.raises(UserError, match=message) as caught:
        run(tmp_path, model, select=SMALL)
    assert model.closes == 1
    assert caught.value.__cause__ is not None
    assert run(tmp_path, select=SMALL).code == 0


def test_a_fault_while_closing_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(tmp_path, broken("close", boom), select=SMALL)
    assert outcome.code == 0
    assert (tmp_path / RUN / "manifest.json").exists()
    assert "close() raised ZeroDivisionError: boom" in capsys.readouterr().err


def frames(count: int = 40, **changes: Any) -> Any:
    shape = {"height": 54, "width": 96, "channels": 3, "dtype": np.uint8} | changes
    return np.zeros((count, shape["height"], shape["width"], shape["channels"]), shape["dtype"])


def breaks_off() -> Iterator[Any]:
    yield from frames(10)
    raise RuntimeError("half-way")


def changes_size() -> Iterator[Any]:
    yield from frames(10)
    yield from frames(30, width=48)


def raises(error: BaseException) -> Any:
    raise error


BAD_RESULTS: dict[str, Callable[[], Any]] = {
    "half-way": lambda: Clip(8, breaks_off()),
    "frame 10 is 48x54": lambda: Clip(8, changes_size()),
    "uint8 from 0 to 255": lambda: Clip(8, frames(dtype=np.float32)),
    r"\(54, 96, 4\)": lambda: Clip(8, frames(channels=4)),
    "rate": lambda: Clip(1e-9, frames()),
    "SystemExit: 3": lambda: raises(SystemExit(3)),
    "KeyboardInterrupt": lambda: raises(KeyboardInterrupt()),
    "is a folder|Is a directory": lambda: Clip(None, file=Path("/tmp")),
    "instead of a Clip": lambda: None,
}


@pytest.mark.parametrize("fault", BAD_RESULTS)
def test_a_clip_that_cannot_be_used_fails_alone(tmp_path: Path, fault: str) -> None:
    def act(request: Request, number: int) -> Any:
        return BAD_RESULTS[fault]() if request.scenario_id == "0001" else Paint().generate(request)

    model: Any = type("Bad", (Paint,), {"generate": lambda self, request: act(request, 1)})()
    outcome = run(tmp_path, model, select=SMALL)
    assert (outcome.code, outcome.counts.published, outcome.counts.failed) == (1, 1, 1)
    assert [line for line in outcome.lines if "0001 failed" in line]
    assert json.loads((tmp_path / RUN / "manifest.json").read_bytes())["published"] == 1


def test_a_clip_that_never_ends_is_read_as_far_as_it_is_needed(tmp_path: Path) -> None:
    def endless() -> Iterator[Any]:
        while True:
            yield frames(1)[0]

    assert run(tmp_path, Scripted(lambda request, number: Clip(8, endless())), select=SMALL).code == 0


def test_a_clip_that_is_given_up_unasked_is_no_success(tmp_path: Path) -> None:
    outcome = run(tmp_path, broken("generate", lambda self, request: raises(Cancelled("why not"))), select=SMALL)
    assert outcome.code == 1
    assert "2 clips left" in "\n".join(outcome.lines)


BATCHES: dict[str, tuple[Callable[..., Any], int]] = {
    "none": (lambda self, requests: iter([]), 0),
    "too few": (lambda self, requests: iter([self.generate(next(iter(requests)))]), 1),
    "too many": (lambda self, requests: (clip for r in requests for clip in [self.generate(r)] * 2), 1),
    "before they were asked for": (lambda self, requests: iter([Clip(8, frames())]), 0),
    "of another type": (lambda self, requests: ("text" for _ in requests), 0),
    "as plain exceptions": (lambda self, requests: (ValueError("x") for _ in requests), 0),
    "no iterator": (lambda self, requests: None, 0),
}


@pytest.mark.parametrize("results", BATCHES)
def test_a_batch_that_keeps_no_promise_fails_its_clips_and_ends(tmp_path: Path, results: str) -> None:
    generate_many, published = BATCHES[results]
    model = type("Many", (Paint,), {"generate_many": generate_many})(max_batch=3)
    outcome = run(tmp_path, model, select=SMALL)
    assert (outcome.code, outcome.counts.published, outcome.counts.failed) == (1, published, 2 - published)


YAMLS = {
    "name: x": "names no adapter",
    "name: [1]\nadapter: {_target_: adapters.Freeze}": "model.name",
    "name: x\nwidth: 3\nadapter: {_target_: adapters.Freeze}": "there is no setting 'model.width'",
    "a: [": "not well-formed",
}


@pytest.mark.parametrize("text", YAMLS)
def test_a_model_yaml_that_is_wrong_is_told(tmp_path: Path, text: str) -> None:
    path = write_model(tmp_path, "mine", "x") / "model" / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    done = command("model=mine", f"--config-dir={tmp_path}", f"benchmark.root={MINI / 'dataset'}", "plan=true")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert YAMLS[text] in done.stdout
