"""A run: what it publishes, how it goes on, and what it never does."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tenacity

from adapters import Clip, Needs, RateLimited, Refused, Request, Retryable, SetupError, write_video
from adapters.precomputed import Precomputed
from runners.clips.conditioning import find_source
from runners.core.errors import UserError
from runners.core.outcome import Outcome
from runners.core.settings import (
    BenchmarkSettings,
    ModelSettings,
    OutputSettings,
    PromptsSettings,
    ScorerSettings,
    SelectSettings,
)
from runners.runs.events import Published
from runners.runs.journal import fold, read_events
from tests.run.harness import IDS, MINI, Batched, Paint, Scripted, run, settings, videos

SMALL = SelectSettings(ids=["1", "2"])


def manifest(outcome: Outcome) -> dict[str, Any]:
    assert outcome.folder is not None
    record: dict[str, Any] = json.loads((outcome.folder / "manifest.json").read_text(encoding="utf-8"))
    return record


def folder_of(outcome: Outcome) -> Path:
    assert outcome.folder is not None
    return outcome.folder


def test_every_scenario_is_published_under_its_name_and_nothing_is_left_beside(tmp_path: Path) -> None:
    outcome = run(tmp_path)
    assert outcome.code == 0
    assert sorted(videos(folder_of(outcome))) == sorted(
        f"{number:04d}_perspective-{view}_trimmed-scene-{scene}.mp4"
        for number, (scene, view) in enumerate(((s, v) for s in (0, 1) for v in ("left", "center", "right")), start=1)
    )
    assert sorted(path.name for path in folder_of(outcome).iterdir()) == ["journal.jsonl", "manifest.json", "videos"]


def test_the_same_command_again_asks_the_model_nothing(tmp_path: Path) -> None:
    first = run(tmp_path, select=SMALL)
    before = videos(folder_of(first))
    model = Paint()
    second = run(tmp_path, model, select=SMALL)
    assert (second.code, model.calls, model.loads) == (0, [], 0)
    assert videos(folder_of(second)) == before


def test_a_clip_that_was_taken_away_is_made_again_alike(tmp_path: Path) -> None:
    folder = folder_of(run(tmp_path, select=SMALL))
    before = videos(folder)
    next((folder / "videos").glob("0001_*")).unlink()
    model = Paint()
    run(tmp_path, model, select=SMALL)
    assert [request.scenario_id for request in model.calls] == ["0001"]
    assert videos(folder) == before


def test_bytes_depend_on_neither_concurrency_nor_order_nor_shards_nor_batches(tmp_path: Path) -> None:
    whole = videos(folder_of(run(tmp_path / "one", concurrency=1)))
    assert videos(folder_of(run(tmp_path / "four", concurrency=4))) == whole
    assert videos(folder_of(run(tmp_path / "batches", Batched(max_batch=4)))) == whole
    for shard in ("2/2", "1/2"):
        outcome = run(tmp_path / "shards", shard=shard)
        assert outcome.code == 0
    assert videos(folder_of(outcome)) == whole
    for clip_id in reversed(IDS):
        outcome = run(tmp_path / "order", select=SelectSettings(ids=[clip_id]))
    assert videos(folder_of(outcome)) == whole


@pytest.mark.full
def test_the_last_shard_to_finish_scores_the_run(tmp_path: Path) -> None:
    first = run(tmp_path, shard="1/2", scorer=ScorerSettings())
    assert (manifest(first)["complete"], first.scores) == (False, None)
    last = run(tmp_path, shard="2/2", scorer=ScorerSettings())
    assert (manifest(last)["complete"], last.scores is not None and last.scores.complete) == (True, True)


def test_seeds_differ_by_clip_and_run_and_may_be_the_same_for_all(tmp_path: Path) -> None:
    seeds = {}
    for number in (1, 2):
        model = Paint()
        run(tmp_path, model, run=number)
        seeds[number] = {request.scenario_id: request.seed for request in model.calls}
    assert len({*seeds[1].values(), *seeds[2].values()}) == 12
    for number, by_clip in seeds.items():
        digests = {clip_id: hashlib.sha256(f"0:{number}:{clip_id}".encode()).digest() for clip_id in IDS}
        assert by_clip == {clip_id: int.from_bytes(digest[:4], "big") % 2**31 for clip_id, digest in digests.items()}
    model = Paint()
    run(tmp_path / "same", model, seeds="same", seed=40, run=3)
    assert {request.seed for request in model.calls} == {42}
    model = Paint()
    listed = run(tmp_path / "listed", model, seeds=[42, 20260830, 314159], run=2)
    assert {request.seed for request in model.calls} == {20260830}
    assert manifest(listed)["fingerprint"]["generation"]["seed"] == {"seed": 20260830, "seeds": "listed", "run": 2}


def test_a_failing_clip_fails_alone_and_is_tried_again_by_the_same_command(tmp_path: Path) -> None:
    def breaks(request: Request, number: int) -> Clip | None:
        if request.scenario_id == "0002":
            raise ZeroDivisionError("half a model")
        return None

    outcome = run(tmp_path, Scripted(breaks))
    assert (outcome.code, outcome.counts.published, outcome.counts.failed) == (1, 5, 1)
    told = "\n".join(outcome.lines)
    assert "0002 failed: ZeroDivisionError: half a model" in told
    assert "1 clip left; go on with: " in told
    assert manifest(outcome)["clips"]["0002"]["failed"]["kind"] == "error"

    model = Paint()
    assert run(tmp_path, model).code == 0
    assert [request.scenario_id for request in model.calls] == ["0002"]


BAD_CLIPS: dict[str, Callable[[Request], Any]] = {
    "no Clip": lambda request: np.zeros(3),
    "uint8": lambda request: Clip(8, np.zeros((41, 54, 96, 3), np.float64)),
    "NaN": lambda request: Clip(8, np.full((41, 54, 96, 3), np.nan, np.float32)),
    "shape": lambda request: Clip(8, np.zeros((41, 54, 96), np.uint8)),
    "5 s are needed": lambda request: Clip(8, np.zeros((20, 54, 96, 3), np.uint8)),
    "rate": lambda request: Clip(None, np.zeros((41, 54, 96, 3), np.uint8)),
    "leading": lambda request: Clip(8, np.zeros((41, 54, 96, 3), np.uint8), leading=41),
    "such file|cannot": lambda request: Clip(None, file=request.scratch / "none.mp4"),
}


@pytest.mark.parametrize("fault", BAD_CLIPS)
def test_an_adapter_that_returns_no_usable_clip_fails_that_clip_with_the_reason(tmp_path: Path, fault: str) -> None:
    def bad(request: Request, number: int) -> Any:
        return BAD_CLIPS[fault](request) if request.scenario_id == "0001" else None

    outcome = run(tmp_path, Scripted(bad), select=SMALL)
    assert (outcome.code, outcome.counts.published) == (1, 1)
    assert manifest(outcome)["clips"]["0001"]["failed"]["kind"] == "bad_clip"
    assert any(re.search(fault.removeprefix("no "), line) for line in outcome.lines), outcome.lines


def test_a_passing_fault_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.generation.retry.JITTER", tenacity.wait_none())

    def busy(request: Request, number: int) -> Clip | None:
        if number == 1:
            raise Retryable("busy")
        if number == 2:
            raise RateLimited("slow down", retry_after_s=0.001)
        return None

    assert run(tmp_path, Scripted(busy), select=SelectSettings(ids=["1"])).code == 0
    assert run(tmp_path / "batch", Scripted(busy, max_batch=3), select=SMALL).code == 0


def test_a_fault_that_does_not_pass_fails_after_its_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.generation.retry.JITTER", tenacity.wait_none())
    tries = []

    def busy(request: Request, number: int) -> Clip | None:
        tries.append(number)
        raise Retryable("busy")

    outcome = run(tmp_path, Scripted(busy), select=SelectSettings(ids=["1"]), attempts=2)
    assert (outcome.code, tries) == (1, [1, 2])


def test_a_refused_clip_is_asked_again_only_on_request(tmp_path: Path) -> None:
    def refuses(request: Request, number: int) -> Clip | None:
        if request.scenario_id == "0001":
            raise Refused("moderated")
        return None

    model = Scripted(refuses)
    outcome = run(tmp_path, model, select=SMALL)
    assert (outcome.code, outcome.counts.refused) == (1, 1)
    assert "retry_refused=true" in "\n".join(outcome.lines)
    assert run(tmp_path, model, select=SMALL).code == 1
    assert len([request for request in model.calls if request.scenario_id == "0001"]) == 0
    assert run(tmp_path, Paint(), select=SMALL, retry_refused=True).code == 0


def test_max_failures_stops_early_with_what_is_left(tmp_path: Path) -> None:
    def breaks(request: Request, number: int) -> Clip | None:
        raise ValueError("always")

    model = Scripted(breaks)
    outcome = run(tmp_path, model, max_failures=2, concurrency=1)
    assert outcome.code == 1
    assert 2 <= outcome.counts.failed < 6
    assert "max_failures was reached" in "\n".join(outcome.lines)


def test_a_wrong_set_up_ends_the_run_before_any_clip_fails(tmp_path: Path) -> None:
    class Unready(Paint):
        def load(self) -> None:
            raise SetupError("acme is not installed; install it with: pip install acme")

    with pytest.raises(UserError, match="pip install acme"):
        run(tmp_path, Unready())


def test_a_deadline_stops_in_good_order_with_exit_code_3(tmp_path: Path) -> None:
    def slow(request: Request, number: int) -> Clip | None:
        import threading

        threading.Event().wait(0.2)
        return None

    outcome = run(tmp_path, Scripted(slow), deadline_s=0.05, concurrency=1)
    assert outcome.code == 3
    assert 0 < outcome.counts.published < 6
    assert "the deadline was reached" in "\n".join(outcome.lines)
    assert run(tmp_path, Paint()).code == 0


def test_one_event_per_published_clip(tmp_path: Path) -> None:
    folder = folder_of(run(tmp_path))
    published = [event.id for event in read_events(folder / "journal.jsonl") if isinstance(event, Published)]
    assert sorted(published) == IDS


def test_other_settings_in_the_same_folder_are_refused_with_the_difference_and_a_tag(tmp_path: Path) -> None:
    run(tmp_path, select=SMALL)
    other = OutputSettings(name="custom", width=96, height=54, fps=12, preset="ultrafast")
    with pytest.raises(UserError, match=r"publication\.output\.fps: 8 → 12") as caught:
        run(tmp_path, select=SMALL, output=other)
    assert "tag=fps=12" in str(caught.value)
    assert run(tmp_path, select=SMALL, output=other, tag="fps12").name == "paint+fps12-op-run_01"


def test_selection_concurrency_and_tries_are_no_part_of_a_run(tmp_path: Path) -> None:
    run(tmp_path, select=SMALL)
    assert run(tmp_path, concurrency=2, attempts=9, max_failures=5, shard=None).code == 0


def test_raw_clips_make_another_output_without_the_model(tmp_path: Path) -> None:
    first = run(tmp_path, select=SMALL, keep_raw=True)
    assert len(list((folder_of(first) / "raw").iterdir())) == 2
    model = Paint()
    other = OutputSettings(name="custom", width=48, height=30, fps=12, preset="ultrafast")
    second = run(tmp_path, model, select=SMALL, output=other, tag="small", from_raw=str(first.folder))
    assert (second.code, model.loads, model.calls) == (0, 0, [])
    direct = run(tmp_path / "direct", select=SMALL, output=other)
    assert videos(folder_of(second)) == videos(folder_of(direct))
    record = manifest(second)["clips"]["0001"]["published"]
    assert record["generation"]["seed"] == manifest(first)["clips"]["0001"]["published"]["generation"]["seed"]


def test_a_run_with_raw_clips_publishes_again_from_them(tmp_path: Path) -> None:
    folder = folder_of(run(tmp_path, select=SMALL, keep_raw=True))
    before = videos(folder)
    for path in (folder / "videos").iterdir():
        path.unlink()
    model = Paint()
    assert run(tmp_path, model, select=SMALL, keep_raw=True).code == 0
    assert (model.calls, videos(folder)) == ([], before)


def test_from_raw_refuses_clips_of_other_settings_and_clips_that_are_not_there(tmp_path: Path) -> None:
    first = run(tmp_path, select=SMALL, keep_raw=True)
    with pytest.raises(UserError, match=r"seed\.seed: 0 → 7"):
        run(tmp_path, select=SMALL, tag="x", seed=7, from_raw=str(first.folder))
    with pytest.raises(UserError, match="no raw clips of 0003"):
        run(tmp_path, tag="x", from_raw=str(first.folder))
    with pytest.raises(UserError, match="no run in this folder"):
        run(tmp_path, tag="x", from_raw=str(tmp_path / "nowhere"))


def test_raw_clips_are_kept_by_default_where_they_were_paid_for(tmp_path: Path) -> None:
    paid = ModelSettings(name="paint", adapter={"_target_": "x"}, paid=True)
    assert (folder_of(run(tmp_path, select=SMALL, model=paid)) / "raw").is_dir()


def test_a_published_clip_that_was_changed_is_never_overwritten(tmp_path: Path) -> None:
    folder = folder_of(run(tmp_path, select=SMALL))
    clip = next((folder / "videos").glob("0001_*"))
    clip.write_bytes(b"mine")
    with pytest.raises(UserError, match="content changed"):
        run(tmp_path, select=SMALL)
    assert clip.read_bytes() == b"mine"


def test_a_foreign_file_among_the_clips_is_told(tmp_path: Path) -> None:
    folder = folder_of(run(tmp_path, select=SMALL))
    (folder / "videos" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.txt; move them away"):
        run(tmp_path, select=SMALL)


def test_a_changed_prompt_does_not_slip_into_a_run(tmp_path: Path) -> None:
    rows = (MINI / "dataset" / "descriptions.csv").read_text(encoding="utf-8")
    for name, text in (("a.csv", rows), ("b.csv", rows.replace("Scene 0, a ball", "Scene 0, a cat", 1))):
        (tmp_path / name).write_text(text, encoding="utf-8")
    mini = BenchmarkSettings(name="mini", kind="original", root=str(MINI / "dataset"))
    run(tmp_path, select=SMALL, benchmark=replace(mini, descriptions=str(tmp_path / "a.csv")))
    with pytest.raises(UserError, match="the prompt of 0001 changed"):
        run(tmp_path, select=SMALL, benchmark=replace(mini, descriptions=str(tmp_path / "b.csv")))


def test_the_manifest_says_how_each_clip_came_to_be(tmp_path: Path) -> None:
    model = ModelSettings(name="paint", adapter={"_target_": "x"}, negative_prompt="blur")
    outcome = run(tmp_path, select=SMALL, model=model)
    whole = manifest(outcome)
    clip = whole["clips"]["0001"]["published"]
    generation, publication = clip["generation"], clip["publication"]
    assert generation["prompt"] == "Scene 0, a ball bounces. Static shot."
    assert generation["negative_prompt"] == "blur"
    assert generation["conditioning"]["frames"] == 1
    assert generation["conditioning"]["source"]["file"].startswith("0001_switch-frames_anyFPS")
    assert generation["geometry"]["fit"] == "stretch"
    assert generation["asked"] == {"seconds": 5, "fps": 8, "frames": 40}
    assert (publication["frames_returned"], publication["leading_dropped"], publication["frames"]) == (41, 1, 40)
    assert {"python", "numpy", "av"} <= set(whole["sessions"][0]["versions"])
    assert whole["sessions"][0]["hardware"]["cores"] >= 1
    assert whole["configuration"]["output_resolved"]["width"] == 96
    assert not whole["complete"]


def test_a_model_that_ignores_text_gets_none(tmp_path: Path) -> None:
    model = Paint(prompt="ignored")
    run(tmp_path, model, select=SMALL)
    assert {request.prompt for request in model.calls} == {None}


def test_a_model_that_needs_text_is_refused_without(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs a prompt, and 0001"):
        run(tmp_path, Paint(prompt="required"), prompts=PromptsSettings(mode="none"))


def test_no_model_ever_receives_take_2_unless_it_declares_to_be_the_ceiling(tmp_path: Path) -> None:
    model = Paint()
    run(tmp_path, model)
    assert {request.oracle for request in model.calls} == {None}
    ceiling = Paint(oracle=True)
    outcome = run(tmp_path / "oracle", ceiling, select=SMALL)
    assert all("take-2" in str(request.oracle) for request in ceiling.calls)
    assert outcome.oracle


def test_plan_says_what_would_be_done_and_touches_nothing(tmp_path: Path) -> None:
    model = Paint()
    outcome = run(tmp_path, model, plan=True, select=SMALL)
    assert (outcome.code, model.loads, list(tmp_path.iterdir())) == (0, 0, [])
    assert "2 of 6 scenarios chosen, 0 published, 0 refused, 2 to make" in outcome.lines[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"select": SelectSettings(ids=["77"])}, "77"),
        ({"select": SelectSettings(views=["top"])}, "top"),
        ({"shard": "3/2"}, "shard=3/2"),
        ({"run": 0}, "run=0 must be at least 1"),
        ({"seeds": "sam"}, "did you mean 'same'"),
        ({"output": OutputSettings(name="custom", width=97, height=54, fps=8)}, "98"),
        ({"output": OutputSettings(name="custom")}, "set output.width"),
        ({"output": OutputSettings(name="standrad")}, "did you mean 'standard'"),
        (
            {"benchmark": BenchmarkSettings(name="mini", kind="original", root="/nowhere/at/all")},
            "does not exist|missing",
        ),
        ({"benchmark": BenchmarkSettings(name="mini", kind="original", root=str(MINI))}, "benchmark.root="),
        ({"tag": "a/b"}, "tag='a/b'"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_made(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    model = Paint()
    with pytest.raises(UserError, match=message):
        run(tmp_path, model, **changes)
    assert (model.loads, list(tmp_path.iterdir())) == (0, [])


def test_needs_are_bound_to_the_request(tmp_path: Path) -> None:
    model = Paint(mode="multiframe", conditioning_frames=9, conditioning_fps=24, sizes=())
    run(tmp_path, model, select=SMALL)
    seen = model.calls[0].conditioning
    assert (len(seen.frames), seen.fps, seen.width, seen.height) == (9, 24, 96, 54)
    assert isinstance(model.needs, Needs)
    assert settings(tmp_path).run == 1


def test_the_last_shard_of_a_selection_writes_the_manifest_too(tmp_path: Path) -> None:
    run(tmp_path, select=SMALL, shard="2/2")
    assert manifest(run(tmp_path, select=SMALL, shard="1/2"))["published"] == 2


def test_a_shard_with_a_refused_clip_still_leads_to_metrics_without_a_score(tmp_path: Path) -> None:
    def refuses(request: Request, number: int) -> Clip | None:
        if request.scenario_id == "0001":
            raise Refused("moderated")
        return None

    assert run(tmp_path, Scripted(refuses), shard="1/2", scorer=ScorerSettings()).code == 1
    last = run(tmp_path, shard="2/2", scorer=ScorerSettings())
    assert last.code == 0
    assert last.scores is not None
    assert (last.scores.clips, last.scores.verified) == (5, None)


def test_shards_of_different_selections_never_make_the_same_clip(tmp_path: Path) -> None:
    models = Paint(), Paint()
    run(tmp_path, models[0], shard="1/2", select=SelectSettings(ids=["1-4"]))
    run(tmp_path, models[1], shard="2/2", select=SelectSettings(ids=["2-5"]))
    made = [request.scenario_id for model in models for request in model.calls]
    assert sorted(made) == sorted(set(made)) == ["0001", "0002", "0003", "0004"]


def test_a_raw_clip_of_another_prompt_is_not_published_for_this_one(tmp_path: Path) -> None:
    rows = (MINI / "dataset" / "descriptions.csv").read_text(encoding="utf-8")
    changed = rows.replace("Scene 0, a ball", "Scene 0, a cat", 1)
    texts = tmp_path / "texts.csv"
    mini = BenchmarkSettings(name="mini", kind="original", root=str(MINI / "dataset"), descriptions=str(texts))
    texts.write_text(rows, encoding="utf-8")
    folder = folder_of(run(tmp_path, select=SMALL, benchmark=mini, keep_raw=True))
    texts.write_text(changed, encoding="utf-8")
    with pytest.raises(UserError, match="the prompt of 0001 changed"):
        run(tmp_path, select=SMALL, benchmark=mini, keep_raw=True, tag="x", from_raw=str(folder))
    next((folder / "videos").glob("0001_*")).unlink()
    model = Paint()
    run(tmp_path, model, select=SMALL, benchmark=mini, keep_raw=True)
    assert [request.scenario_id for request in model.calls] == ["0001"]


def test_a_run_whose_clips_were_too_short_goes_on_as_its_message_says(tmp_path: Path) -> None:
    def short(request: Request, number: int) -> Clip | None:
        return Clip(8, np.zeros((20, 54, 96, 3), np.uint8)) if request.scenario_id == "0001" else None

    assert run(tmp_path, Scripted(short), select=SMALL).code == 1
    held = ModelSettings(name="paint", adapter={"_target_": "tests.run.harness.Paint"}, short="hold")
    outcome = run(tmp_path, Scripted(short), select=SMALL, model=held)
    assert outcome.code == 0
    assert manifest(outcome)["clips"]["0001"]["published"]["publication"]["held_frames"] == 20


def test_a_clip_made_elsewhere_that_was_replaced_is_not_taken_for_the_new_one(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("0001.mp4", "0002.mp4"):
        write_video(clips / name, np.zeros((40, 54, 96, 3), np.uint8), 8)
    run(tmp_path, Precomputed(str(clips)), select=SMALL)
    moved = clips.rename(tmp_path / "moved")
    assert run(tmp_path, Precomputed(str(moved)), select=SMALL).code == 0
    write_video(moved / "0001.mp4", np.full((40, 54, 96, 3), 9, np.uint8), 8)
    with pytest.raises(UserError, match=r"0001\.mp4 changed since the clip of 0001 was made"):
        run(tmp_path, Precomputed(str(moved)), select=SMALL)


def test_clips_made_elsewhere_are_not_rolled_out(tmp_path: Path) -> None:
    rolled = ModelSettings(name="theirs", adapter={"_target_": "x"}, short="roll_out")
    with pytest.raises(UserError, match="cannot go on from its own frames"):
        run(tmp_path, Precomputed(str(MINI / "generated" / "static-30")), model=rolled)


def test_a_progress_view_that_breaks_ends_no_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*words: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("runners.core.progress.PlainProgress.ended", broken)
    assert run(tmp_path).counts.published == 6


def test_what_killed_shards_left_is_cleared_by_who_has_the_run_alone(tmp_path: Path) -> None:
    folder = folder_of(run(tmp_path, select=SMALL, shard="1/2"))
    (folder / ".work-1of2").mkdir()
    run(tmp_path, select=SMALL)
    assert list(folder.glob(".work*")) == []


def test_a_kept_raw_clip_that_was_too_short_is_rolled_out_if_that_is_asked_for(tmp_path: Path) -> None:
    def short(request: Request, number: int) -> Clip | None:
        return Clip(8, np.full((20, 54, 96, 3), number, np.uint8))

    assert run(tmp_path, Scripted(short), select=SelectSettings(ids=["1"]), keep_raw=True).code == 1
    rolled = ModelSettings(name="paint", adapter={"_target_": "tests.run.harness.Paint"}, short="roll_out")
    outcome = run(tmp_path, Scripted(short), select=SelectSettings(ids=["1"]), keep_raw=True, model=rolled)
    assert outcome.code == 0
    assert manifest(outcome)["clips"]["0001"]["published"]["generation"]["roll_out"] is not None


def test_a_paid_clip_that_cannot_be_published_is_not_paid_for_again_unasked(tmp_path: Path) -> None:
    calls = []

    def short(request: Request, number: int) -> Clip | None:
        calls.append(number)
        return Clip(8, np.zeros((20, 54, 96, 3), np.uint8))

    paid = ModelSettings(name="paint", adapter={"_target_": "tests.run.harness.Paint"}, paid=True)
    for _ in range(2):
        assert run(tmp_path, Scripted(short), select=SelectSettings(ids=["1"]), model=paid).code == 1
    assert calls == [1]
    held = replace(paid, short="hold")
    assert run(tmp_path, Scripted(short), select=SelectSettings(ids=["1"]), model=held).code == 0
    assert calls == [1]


def test_shards_of_one_run_have_one_checkpoint(tmp_path: Path) -> None:
    class Revised(Paint):
        def __init__(self, revision: str) -> None:
            super().__init__()
            self._revision = revision

        def describe(self) -> dict[str, Any]:
            return {"revision": self._revision}

    assert run(tmp_path, Revised("aaa"), shard="1/2").code == 0
    with pytest.raises(UserError, match="begun with revision aaa of the model, and bbb was loaded"):
        run(tmp_path, Revised("bbb"), shard="2/2")
    assert run(tmp_path, Revised("aaa"), shard="2/2").code == 0


def test_a_shard_that_nothing_falls_into_is_done(tmp_path: Path) -> None:
    outcome = run(tmp_path, shard="2/2", select=SelectSettings(ids=["1"]))
    assert (outcome.code, outcome.counts.chosen) == (0, 0)


def test_the_last_clip_to_fail_is_no_reason_to_leave_out_the_metrics(tmp_path: Path) -> None:
    begun: list[str] = []

    def breaks(request: Request, number: int) -> Clip | None:
        begun.append(request.scenario_id)
        if len(begun) == 6:  # whichever it is: clips wait side by side for their turn
            raise ValueError("no")
        return None

    outcome = run(tmp_path, Scripted(breaks), max_failures=1, concurrency=1, scorer=ScorerSettings())
    assert outcome.scores is not None
    assert (outcome.code, outcome.scores.clips) == (1, 5)


def test_raw_clips_serve_when_what_they_were_made_from_is_gone(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("0001.mp4", "0002.mp4"):
        write_video(clips / name, np.zeros((40, 54, 96, 3), np.uint8), 8)
    first = run(tmp_path, Precomputed(str(clips)), select=SMALL, keep_raw=True)
    clips.rename(tmp_path / "elsewhere")
    other = OutputSettings(name="custom", width=48, height=30, fps=12, preset="ultrafast")
    again = run(tmp_path, Precomputed(str(clips)), select=SMALL, output=other, tag="small", from_raw=str(first.folder))
    assert again.code == 0
    assert manifest(again)["raw_from"]["sessions"][0]["versions"]["av"]


def test_a_clip_rendered_by_a_killed_process_is_published_whatever_the_split_is_now(tmp_path: Path) -> None:
    """Killed before the rename, unsharded; then resumed as a shard that has another share of the clips."""
    folder = folder_of(run(tmp_path, select=SMALL))
    clip = next((folder / "videos").glob("0002_*"))
    lines = (folder / "journal.jsonl").read_text("utf-8").splitlines()
    kept = [
        line for line in lines if not (json.loads(line)["event"] == "published" and json.loads(line)["id"] == "0002")
    ]
    rendered = next(json.loads(line) for line in kept if json.loads(line)["event"] == "rendered" and '"0002"' in line)
    (folder / "journal.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    place = folder / rendered["file"]
    place.parent.mkdir(parents=True)
    clip.rename(place)
    model = Paint()
    run(tmp_path, model, select=SMALL, shard="1/2")
    assert (model.calls, clip.exists(), list(folder.glob(".work*"))) == ([], True, [])


def test_a_fresh_run_looks_for_its_files_once_and_reads_its_journals_no_oftener_than_others_may_write_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it begins, before it is warmed up, once the model is loaded (other shards may be ahead), and at its end."""
    counts = {"fold": 0, "find_source": 0}

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any) -> Any:
            counts[name] += 1
            return real(*words)

        return call

    monkeypatch.setattr("runners.planning.work.find_source", counted("find_source", find_source))
    for module in ("planning.work", "runs.manifest", "planning.make_plan"):
        monkeypatch.setattr(f"runners.{module}.fold", counted("fold", fold))
    assert run(tmp_path, Paint()).code == 0
    assert counts == {"fold": 4, "find_source": len(IDS)}
