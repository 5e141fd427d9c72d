"""`from runners import evaluate`: the main job inside somebody's program, with a model of its own or of the YAMLs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters import Adapter, Clip, Frames, Needs, Request
from runners import Session, evaluate
from runners.core.errors import UserError
from runners.core.outcome import Outcome
from runners.python.result import Run
from runners.scoring.scores import Scores as Details
from tests.reporting.scored import scored_run
from tests.run.harness import MINI, Paint, videos

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = {"width": 96, "height": 54, "fps": 8, "preset": "ultrafast"}


def asked(results: Path | str, **changes: Any) -> dict[str, Any]:
    """Keywords of a run over fixtures/mini at a small size."""
    words = {
        "benchmark": "original", "benchmark.name": "mini", "benchmark.root": MINI / "dataset",
        "benchmark.expected": None, "output": "standard", "scorer": "none", "results": results,
        **{f"output.{key}": value for key, value in OUTPUT.items()},
    }  # fmt: skip
    return words | changes


def still(image: Frames, prompt: str | None, seed: int) -> Frames:
    """The picture, with a dot that depends on the seed."""
    frames = np.repeat(image[None], 41, axis=0)
    frames[1:, :9, :9] = np.random.default_rng(seed).integers(0, 255, (9, 9, 3), np.uint8)
    return frames


def test_a_name_makes_the_very_run_of_the_command(tmp_path: Path) -> None:
    run = evaluate("freeze", **asked(tmp_path / "python", select={"ids": ["0001", 2]}, seed=7))
    words = [
        "model=freeze", "benchmark=original", "benchmark.name=mini", f"benchmark.root={MINI / 'dataset'}",
        "benchmark.expected=null", "output=standard", "scorer=none", f"results={tmp_path / 'command'}",
        *(f"output.{key}={value}" for key, value in OUTPUT.items()), "select.ids=[0001,2]", "seed=7",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "runners.generate", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    theirs = tmp_path / "command" / "mini" / run.name
    assert run.ok
    assert run.folder is not None
    assert videos(run.folder) == videos(theirs)
    one, other = (json.loads((folder / "manifest.json").read_text()) for folder in (run.folder, theirs))
    assert one["fingerprint"] == other["fingerprint"]
    assert {**one["configuration"], "results": "", "progress": ""} == {
        **other["configuration"], "results": "", "progress": "",
    }  # fmt: skip
    assert str(run.clips["0001"].path) == str(run.folder / "videos" / run.clips["0001"].path.name)
    assert run.clips["0001"].path.is_file()
    assert "2 of 2 clips published" in run.table()


@pytest.mark.full
def test_scores_come_with_the_run_and_the_same_call_goes_on_with_it(tmp_path: Path) -> None:
    model = Paint()
    words = asked(tmp_path, scorer="builtin", **{"scorer.workers": 1, "scorer.cache": tmp_path / "cache"})
    part = evaluate(model, name="paint", select={"limit": 2}, **words)
    assert (part.scores.complete, part.scores.verified, len(part.clips)) == (False, None, 2)
    assert part.metrics is not None
    assert part.metrics.mark == "metrics over 2 of 6 clips, no score"
    assert part.metrics.mark in part.table()
    assert part.metrics.mark in part._repr_html_()
    whole = evaluate(model, name="paint", **words)
    assert (whole.scores.complete, len(model.calls), len(whole.clips)) == (True, 6, 6)
    assert whole.scores.verified is not None
    assert whole.folder is not None
    scores = json.loads((whole.folder / "scores" / "scores.json").read_text())
    assert (whole.scores.verified, whole.scores.original) == (scores["verified"], scores["original"])
    assert f"{whole.scores.verified:.2f}" in whole.table()
    assert f"<td>{whole.scores.verified:.2f}</td>" in whole._repr_html_()


def run_with(scores: Details | None) -> Run:
    return Run.of(Outcome(0, "mine", ("mine: 4 of 9 clips",), scores=scores))


def test_a_run_over_part_of_the_set_has_metrics_beside_their_variance_and_no_score() -> None:
    whole = scored_run("mine").scores
    part = Details.of(whole.per_clip[:4], whole.origin, expected=9, missing=["others"])
    run = run_with(part)
    metrics = run.metrics
    assert metrics is not None
    assert (metrics.clips, metrics.expected, metrics.mark) == (4, 9, "metrics over 4 of 9 clips, no score")
    assert [metrics.spatial, metrics.mse] == pytest.approx([0.1, 0.002])
    assert metrics.variance is not None
    assert metrics.variance.spatial == pytest.approx(0.5)
    for shown in (run.table(), run._repr_html_()):
        assert "metrics over 4 of 9 clips, no score" in shown
        assert "physical variance of these clips" in shown
        assert "Verified" not in shown


def test_a_run_with_a_score_has_metrics_that_bear_no_mark_and_one_that_was_not_scored_has_none() -> None:
    run = run_with(scored_run("mine").scores)
    assert run.metrics is not None
    assert run.metrics.mark is None
    assert "Verified" in run._repr_html_()
    assert run_with(None).metrics is None


def test_an_object_is_loaded_once_and_closed_and_its_failed_clips_are_told(tmp_path: Path) -> None:
    class Stumbling(Paint):
        def generate(self, request: Request) -> Clip:
            if request.scenario_id == "0002":
                raise ValueError("no such luck")
            return super().generate(request)

    model = Stumbling()
    run = evaluate(model, name="stumbling", **asked(tmp_path, select={"limit": 3}))
    assert (model.loads, model.closes, run.ok, run.exit_code) == (1, 1, False, 1)
    assert sorted(run.clips) == ["0001", "0003"]
    assert "no such luck" in run.failed["0002"].reason
    assert "0002 failed: ValueError: no such luck" in run.table()


def test_a_function_gets_its_size_and_its_first_frame_is_dropped(tmp_path: Path) -> None:
    seen: list[tuple[tuple[int, ...], str | None, int]] = []

    def model(image: Frames, prompt: str | None, seed: int) -> Frames:
        seen.append((image.shape, prompt, seed))
        return still(image, prompt, seed)

    run = evaluate(model, fps=8, leading=1, size=(64, 36), name="mine", **asked(tmp_path, select={"limit": 1}))
    [(shape, prompt, seed)] = seen
    assert shape == (36, 64, 3)
    assert prompt
    facts = run.clips["0001"].generation
    assert (facts["seed"], facts["info"]) == (seed, {"frames": 41})


def test_what_a_function_must_not_return_is_told_of_its_clip(tmp_path: Path) -> None:
    def floats(image: Frames, prompt: str | None, seed: int) -> Any:
        return np.zeros((41, 36, 64, 3), np.float32)

    run = evaluate(floats, fps=8, leading=1, size=(64, 36), name="floats", **asked(tmp_path, select={"limit": 1}))
    assert "float32 (41, 36, 64, 3)" in run.failed["0001"].reason


@pytest.mark.full
def test_what_is_in_memory_goes_on_only_under_the_same_name_and_version(tmp_path: Path) -> None:
    words = asked(tmp_path, select={"limit": 1})
    facts: dict[str, Any] = {"fps": 8, "leading": 1, "size": (64, 36)}
    first = evaluate(still, name="mine", version=1000, **facts, **words)
    assert evaluate(still, name="mine", version="1000", **facts, **words).folder == first.folder
    with pytest.raises(UserError, match="version: '1000' → '2000'"):
        evaluate(still, name="mine", version=2000, **facts, **words)
    with pytest.raises(UserError, match="leading: 1 → 0"):
        evaluate(still, name="mine", version=1000, **{**facts, "leading": 0}, **words)
    assert evaluate(still, name="other", version=2000, **facts, **words).folder != first.folder


@pytest.mark.parametrize(
    ("model", "words", "told"),
    [
        ("svdd", {}, "did you mean 'svd'"),
        ("freeze", {"benchmrk": "demo"}, "did you mean 'benchmark'"),
        ("freeze", {"select": {"limt": 1}}, "did you mean 'select.limit'"),
        ("freeze", {"run": [1, 2]}, "run"),
        ("freeze", {"sweep": "fit"}, "call it in a loop"),
        ("freeze", {"seed": object()}, "seed"),
        ("freeze", {"fps": 8}, "fps= is for a model that is a function"),
        ("freeze", {"version": 3}, "version= is for what is in memory"),
        ("freeze", {"pipeline": object(), "name": "x"}, "runs no diffusers pipeline"),
        ("freeze", {"config_dir": "/nowhere/at/all"}, "there is no such folder"),
        (still, {"fps": 8, "leading": 1}, "needs a name"),
        (still, {"name": "x", "leading": 1}, "needs fps="),
        (still, {"name": "x", "fps": 8}, "leading="),
        (still, {"name": "a/b", "fps": 8, "leading": 1}, "folder's name"),
        (Paint, {"name": "x"}, "is a class"),
        (7, {"name": "x"}, "no int"),
    ],
)
def test_wrong_input_is_a_user_error_and_leaves_no_folder(
    tmp_path: Path, model: Any, words: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError) as error:
        evaluate(model, **asked(tmp_path / "results", **words))
    assert told in str(error.value)
    assert not (tmp_path / "results").exists()


def test_texts_arrive_as_they_are(tmp_path: Path) -> None:
    place = tmp_path / "2024_01, it's {odd}\\"
    run = evaluate("freeze", **asked(place, select={"limit": 1}, tag="1e3"))
    assert run.folder == place / "mini" / "freeze+1e3-op-run_01"


def test_from_a_thread_the_programs_signals_are_left_alone(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    during: list[Any] = []
    runs: list[Any] = []

    class Watching(Paint):
        def generate(self, request: Request) -> Clip:
            during.append([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)])
            return super().generate(request)

    words = asked(tmp_path, select={"limit": 1})
    thread = threading.Thread(target=lambda: runs.append(evaluate(Watching(), name="watching", **words)))
    thread.start()
    thread.join()
    assert during == [before]
    assert runs[0].ok


def test_ctrl_c_ends_the_call_in_good_order_and_the_next_one_goes_on(tmp_path: Path) -> None:
    class Interrupted(Paint):
        def generate(self, request: Request) -> Clip:
            clip = super().generate(request)
            if len(self.calls) == 1:
                signal.raise_signal(signal.SIGINT)
            return clip

    before = signal.getsignal(signal.SIGINT)
    model = Interrupted(concurrency=1)
    words = asked(tmp_path)
    with pytest.raises(KeyboardInterrupt, match="the same call of evaluate"):
        evaluate(model, name="paint", **words)
    assert signal.getsignal(signal.SIGINT) is before
    done = len(videos(tmp_path / "mini" / "paint-op-run_01"))
    assert 0 < done < 6
    assert len(evaluate(model, name="paint", **words).clips) == 6


HOST = """
import sys
from hydra import compose, initialize
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.version import VersionBase
from runners import evaluate
heavy = {"numpy", "hydra", "omegaconf", "av"} & set(sys.modules)
ConfigStore.instance().store(name="mine", node={"lr": 1})
ConfigStore.instance().store(group="schema", name="generate", node={"mine": 2})
words, before = list(sys.argv), None
with initialize(version_base="1.1", config_path=None):
    for _ in range(2):  # twice in one process, around the host's own settings
        assert compose("mine", overrides=["lr=3"]).lr == 3
        hydra, base = GlobalHydra.instance().hydra, VersionBase.instance().getbase()
        run = evaluate("freeze", **{ASKED})
        assert run.ok and len(run.clips) == 1
        assert GlobalHydra.instance().hydra is hydra and VersionBase.instance().getbase() == base
    assert compose("schema/generate").schema.mine == 2
assert sys.argv == words
print(run.folder)
"""


@pytest.mark.full
def test_a_program_that_has_composed_hydra_keeps_its_own(tmp_path: Path) -> None:
    words = asked(str(tmp_path), select={"limit": 1})
    words["benchmark.root"] = str(words["benchmark.root"])
    script = tmp_path / "host.py"
    script.write_text(HOST.replace("{ASKED}", repr(words)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), "own", "words"], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "mini" / "freeze-op-run_01")


@pytest.mark.full
def test_the_workers_that_score_do_not_run_the_calling_script_again(tmp_path: Path) -> None:
    words = asked(str(tmp_path / "results"), scorer="builtin")
    words |= {"benchmark.root": str(MINI / "dataset"), "scorer.workers": 2, "scorer.cache": str(tmp_path / "cache")}
    script = tmp_path / "train.py"
    script.write_text(
        f"print('training')\nfrom runners import evaluate\nprint(evaluate('freeze', **{words!r}).scores.complete)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["training", "True"]), done.stderr


def test_the_import_is_light() -> None:
    code = "import sys; from runners import evaluate; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"numpy", "hydra", "omegaconf", "rich", "av", "cv2", "torch"} & set(done.stdout.split()) == set()


def test_an_adapter_may_roll_out_what_it_makes(tmp_path: Path) -> None:
    class Short(Adapter):
        needs = replace(Needs(), native_fps=8, sizes=((64, 36),))

        def generate(self, request: Request) -> Clip:
            return Clip(fps=8, frames=np.repeat(request.conditioning.switch_frame[None], 17, axis=0), leading=1)

    run = evaluate(Short(), name="short", **asked(tmp_path, select={"limit": 1}, model={"short": "roll_out"}))
    assert run.ok, run.lines


DEAF = """
import sys, threading, numpy as np
from runners import evaluate
from runners.core.errors import UserError
from runners.core.outcome import Outcome
from runners.python.result import Run
from runners.scoring.scores import Scores as Details
from tests.reporting.scored import scored_run
released = threading.Event()
calls = []

def model(image, prompt, seed):
    calls.append(seed)
    if len(calls) == 2:
        print("blocked", flush=True)
        released.wait()
    return np.repeat(image[None], 41, axis=0)

def again():
    return evaluate(model, fps=8, leading=1, size=(64, 36), name="deaf", **{ASKED})

try:
    again()
except KeyboardInterrupt as stop:
    print("stopped:", str(stop).splitlines()[-1], flush=True)
try:
    again()
except UserError as error:
    print("refused:", error, flush=True)
released.set()
for thread in threading.enumerate():
    if thread.name == "abandoned":
        thread.join()
run = again()
print(run.ok, len(run.clips), len(calls), flush=True)
"""


@pytest.mark.full
def test_two_ctrl_c_leave_a_function_that_hears_nothing_and_the_next_call_goes_on(tmp_path: Path) -> None:
    words = asked(str(tmp_path), select={"limit": 3}, concurrency=1) | {"benchmark.root": str(MINI / "dataset")}
    command = [sys.executable, "-c", DEAF.replace("{ASKED}", repr(words))]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "blocked\n"
        while len(list((tmp_path / "mini" / "deaf-op-run_01" / "videos").glob("*.mp4"))) < 1:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        while "once more to leave at once" not in process.stderr.readline():
            pass
        time.sleep(0.6)  # a second wish, not an echo of the first
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    stopped, refused, done = out.splitlines()
    assert "the model is still at work" in stopped
    assert f"process {process.pid}" in refused
    assert done == "True 3 3"  # the clip that was in the model is kept, and nothing is made twice


@pytest.mark.parametrize("in_thread", [False, True])
def test_a_deadline_lets_a_function_that_hears_nothing_end_its_clip(tmp_path: Path, *, in_thread: bool) -> None:
    def slow(image: Frames, prompt: str | None, seed: int) -> Frames:
        time.sleep(0.5)
        return still(image, prompt, seed)

    runs: list[Any] = []
    words = asked(tmp_path, deadline_s=0.2, concurrency=1)

    def call() -> None:
        runs.append(evaluate(slow, fps=8, leading=1, size=(64, 36), name="slow", **words))

    if in_thread:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    else:
        call()
    [run] = runs
    assert (run.exit_code, len(run.clips), run.failed) == (3, 1, {})
    assert "5 clips left (the deadline was reached, deadline_s=0.2); go on with: the same call of evaluate" in str(run)


@pytest.mark.full
def test_a_session_keeps_the_model_loaded_until_another_one_comes_or_it_ends(tmp_path: Path) -> None:
    log: list[str] = []

    class Noted(Paint):
        def __init__(self, called: str) -> None:
            super().__init__()
            self.called = called

        def load(self) -> None:
            log.append(f"load {self.called}")

        def close(self) -> None:
            log.append(f"close {self.called}")

    one, other = Noted("one"), Noted("other")
    words = asked(tmp_path, select={"limit": 1})
    with Session() as session:
        for step in (1, 2):
            assert evaluate(one, name=f"step-{step}", version=step, session=session, **words).ok
        assert log == ["load one"]
        evaluate(other, name="other", session=session, **words)
        assert log == ["load one", "close one", "load other"]
        evaluate("freeze", session=session, **words)
        assert log == ["load one", "close one", "load other", "close other"]
        evaluate(one, name="step-3", session=session, **words)
    assert log[4:] == ["load one", "close one"]


@pytest.mark.full
def test_a_session_at_work_refuses_a_second_call_that_would_close_its_model(tmp_path: Path) -> None:
    class Watched(Paint):
        told = ""
        closed = 0

        def generate(self, request: Request) -> Clip:
            assert not self.closed
            if not self.told:
                with pytest.raises(UserError) as raised:
                    evaluate(Paint(), name="other", session=session, **asked(tmp_path))
                self.told = str(raised.value)
            return super().generate(request)

        def close(self) -> None:
            self.closed += 1

    model = Watched()
    with Session() as session:
        run = evaluate(model, name="watched", session=session, **asked(tmp_path))
        assert (run.ok, model.closed) == (True, 0)
        assert model.told.startswith("session= is at work in another call; give each thread a Session of its own")
        assert evaluate(Paint(), name="other", session=session, **asked(tmp_path)).ok
        assert model.closed == 1
