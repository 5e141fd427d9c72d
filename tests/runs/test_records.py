"""Records: whatever a journal holds comes back as it stood there, known or not."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runners.clips.geometry import Geometry, plan_fit
from runners.core.errors import UserError
from runners.dataset.layout import Item, output_name
from runners.dataset.scenarios import Scenario
from runners.runs.events import ClipEvent, Event, Failed, Job, Loaded, Published, Raw, Rendered, Start, event_of
from runners.runs.generation import Asked, Generation, Shown, SourceFile
from runners.runs.journal import Journal, RunState, apply_event, check_state, fold, job_facts
from runners.runs.manifest import write_manifest
from runners.runs.manifest_records import Manifest
from runners.runs.records import decode, encode, field_kinds
from runners.runs.run_folder import RunFolder
from tests.runs.lines import event

ARCHIVE = Path(__file__).resolve().parents[1] / "fixtures" / "older_run.tar.gz"
KINDS: tuple[type[Event], ...] = (Start, Loaded, Job, Raw, Rendered, Published, Failed)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
OBJECT = st.dictionaries(st.sampled_from(["a", "file", "sha256", "source", "fit"]), PLAIN, max_size=3)
ANY = PLAIN | OBJECT | st.lists(PLAIN | OBJECT, max_size=3)


def facts(kind: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with any of a record's fields, of any kind and in any order, and fields of a newer version between."""
    names = st.sampled_from([*field_kinds(kind), "of_a_newer_version", "another"])
    value = ANY
    if kind is not Generation and "generation" in field_kinds(kind):
        value |= facts(Generation)
    return st.lists(st.tuples(names, value), max_size=12).map(dict)


@given(data=st.data())
def test_any_object_comes_back_as_it_was_in_its_order(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([*KINDS, Generation, Shown, SourceFile, Asked, Manifest]))
    found = data.draw(facts(kind))
    assert json.dumps(encode(decode(kind, found))) == json.dumps(found)


@settings(max_examples=40)
@given(data=st.data())
def test_an_event_that_is_recorded_is_read_back_as_itself(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    held = data.draw(facts(kind)) | {"event": decode(kind, {"event": kind.event}).event}
    folder = tmp_path_factory.mktemp("run")
    journal = Journal(folder / "journal.jsonl")
    recorded = journal.append(event_of(held))
    journal.close()
    line = json.loads((folder / "journal.jsonl").read_bytes())
    assert list(line)[:3] == ["event", "number", "time"]
    assert encode(recorded) == line == held | {"number": 1, "time": recorded.time}
    assert event_of(line) == recorded


def a_generation() -> Generation:
    source = SourceFile(file="0001.mp4", bytes=7, mtime_ns=8, sha256="ab")
    return Generation(
        prompt_given="A lamp.", prompt=None, negative_prompt=None, negative_prompt_given=None, seed=3,
        conditioning=Shown(sha256="cd", mode="i2v", frames=1, fps=None, width=64, height=36, source=source),
        inputs=(source,), geometry=plan_fit("pad", (64, 36), (32, 32)), asked=Asked(seconds=5.0, fps=8, frames=40),
        info={"odd": [1, None]}, cost_usd=None, roll_out=None, generate_s=0.5, session="a",
    ).without("negative_prompt_given")  # fmt: skip


def test_a_line_has_the_keys_that_it_always_had_in_their_order(tmp_path: Path) -> None:
    """As the versions before this one wrote them, byte for byte."""
    made = a_generation()
    journal = Journal(tmp_path / "journal.jsonl")
    rendered = Rendered(
        id="1", file=".work/a/1.mp4", name="1.mp4", sha256="x", generation=made, raw=None, publication={"fps": 24},
        session="a",
    )  # fmt: skip
    fingerprint: dict[str, Any] = {"generation": {}, "publication": {}}
    events: list[Event] = [
        Start(
            session="a", pid=1, host="h", shard=None, fingerprint=fingerprint, settings={}, versions={}, hardware={},
            prompts={},
        ),
        Loaded(session="a", facts={"revision": None}, hardware={}),
        Job(id="1", job={"state": "held"}),
        Raw(id="1", file="raw/1.mp4", sha256="x", fps=8, leading=1, generation=made),
        rendered,
        Published.of(rendered),
        Failed.of("1", "refused", "no", {"prompt": None}),
        Failed.of("1", "error", "no", {"prompt": "A lamp."}),
    ]  # fmt: skip
    times = [journal.append(each).time for each in events]
    journal.close()
    generation = (
        '"generation": {"prompt_given": "A lamp.", "prompt": null, "negative_prompt": null, "seed": 3, "conditioning": '
        '{"sha256": "cd", "mode": "i2v", "frames": 1, "fps": null, "width": 64, "height": 36, "source": {"file": '
        '"0001.mp4", "bytes": 7, "mtime_ns": 8, "sha256": "ab"}}, "inputs": [{"file": "0001.mp4", "bytes": 7, '
        '"mtime_ns": 8, "sha256": "ab"}], "geometry": {"fit": "pad", "source": [64, 36], "target": [32, 32], "box": '
        '[0, 7, 32, 18]}, "asked": {"seconds": 5.0, "fps": 8, "frames": 40}, "info": {"odd": [1, null]}, "cost_usd": '
        'null, "roll_out": null, "generate_s": 0.5, "session": "a"}'
    )
    clip = f'"name": "1.mp4", "sha256": "x", {generation}, "raw": null, "publication": {{"fps": 24}}, "session": "a"'
    begun = (
        '"schema": 1, "session": "a", "pid": 1, "host": "h", "shard": null, "fingerprint": {"generation": {}, '
        '"publication": {}}, "settings": {}, "versions": {}, "hardware": {}, "prompts": {}'
    )
    bodies = [
        begun,
        '"session": "a", "facts": {"revision": null}, "hardware": {}',
        '"id": "1", "job": {"state": "held"}',
        f'"id": "1", "file": "raw/1.mp4", "sha256": "x", "fps": 8, "leading": 1, {generation}',
        f'"id": "1", "file": ".work/a/1.mp4", {clip}',
        f'"id": "1", {clip}',
        '"id": "1", "kind": "refused", "reason": "no", "prompt": null',
        '"id": "1", "kind": "error", "reason": "no"',
    ]
    assert (tmp_path / "journal.jsonl").read_text("utf-8").splitlines() == [
        f'{{"event": "{each.event}", "number": {number}, "time": "{time}", {body}}}'
        for number, (each, time, body) in enumerate(zip(events, times, bodies, strict=True), 1)
    ]


@pytest.mark.parametrize("odd", [float("nan"), {1, 2}, b"\xff", "\udcff", object(), [[[{}]]] * 3])
def test_what_a_vendor_reports_becomes_a_line_whatever_it_is(tmp_path: Path, odd: object) -> None:
    endless: list[object] = []
    endless.append(endless)
    for reported in (odd, endless):
        journal = Journal(tmp_path / "journal.jsonl")
        recorded = journal.append(Job(id="0001", job={"attempt": 1, "report": reported}))
        journal.close()
        assert fold(tmp_path).clip("0001").events[-1] == recorded
        assert recorded.job["attempt"] == 1


def test_an_unknown_kind_is_passed_over_and_its_clip_is_known(tmp_path: Path) -> None:
    state = RunState()
    for each in (event("later", id="0001", x=1), event("later", x=1), event_of({"event": ["odd"]})):
        apply_event(state, each)
    assert (list(state.clips), state.started, state.loaded) == (["0001"], [], [])
    assert isinstance(event("later", id="0001"), ClipEvent)


def test_a_fact_of_another_kind_counts_as_lacking() -> None:
    state = RunState()
    apply_event(state, event("published", id="0001", name=7, sha256="x", generation={}, raw=None, publication={}))
    with pytest.raises(UserError, match="the event 'published' of 0001 lacks name, session; restore the file"):
        check_state(state, Path("run"))


def test_a_fact_of_paid_work_that_cannot_be_read_is_never_passed_over() -> None:
    state = RunState()
    apply_event(state, event("job", id="0001"))
    with pytest.raises(UserError, match="the event 'job' of 0001 lacks job"):
        job_facts(state.clip("0001"))


def test_a_geometry_that_a_newer_version_says_more_of_is_understood_and_kept() -> None:
    found = {"geometry": {**plan_fit("crop", (64, 36), (32, 32)).to_dict(), "rotated": 90}, "session": "a"}
    made = decode(Generation, found)
    assert isinstance(made.geometry, Geometry)
    assert (made.geometry.fit, encode(made)) == ("crop", found)


def test_the_journal_of_an_older_version_folds_to_the_manifest_that_it_wrote(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = (path.parent for path in tmp_path.rglob("manifest.json"))
    before = (folder / "manifest.json").read_bytes()
    told = decode(Manifest, json.loads(before))
    assert json.dumps(encode(told)) == json.dumps(json.loads(before))
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    second = next(number for number, line in enumerate(lines) if number and b'"event": "start"' in line)
    (folder / "journal.jsonl").write_bytes(b"".join(lines[:second]))  # it was killed before it wrote another
    items = [Item(f"{number:04d}", "left", 1, "trimmed-scene-0") for number in range(1, told.expected + 1)]
    category = told.clips["0001"].category
    write_manifest(
        RunFolder(folder), encode(told.configuration),
        [Scenario(item, category, "", output_name(item)) for item in items],
        mode=told.mode, oracle=told.oracle, data=told.data, raw_from=told.raw_from,
    )  # fmt: skip
    now = json.loads((folder / "manifest.json").read_bytes())
    assert len(now["clips"]["0001"]["jobs"][0].pop("sha256")) == 64
    assert json.dumps(now) == json.dumps(json.loads(before))  # which did not yet tell the hash of what was fetched
