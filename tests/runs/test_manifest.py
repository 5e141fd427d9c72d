"""The manifest: what the journals tell, said for people, with what they should know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runners.core.files import sha256_json
from runners.core.provenance import ABSENT
from runners.dataset.layout import Item, output_name
from runners.dataset.scenarios import Scenario
from runners.runs.events import Loaded
from runners.runs.journal import Journal
from runners.runs.manifest import write_manifest
from runners.runs.records import encode
from runners.runs.run_folder import RunFolder
from tests.runs.lines import event

SCENARIOS = [
    Scenario(item, "Optics", "A lamp.", output_name(item))
    for item in (Item(f"{k:04d}", view, 1, "trimmed-lamp") for k, view in enumerate(("left", "center", "right"), 1))
]
FINGERPRINT: dict[str, dict[str, Any]] = {"generation": {"seed": 0}, "publication": {"output": {"fps": 24}}}
VERSIONS = {"python": "3.11.9", "av": "18.0"}
HARDWARE: dict[str, Any] = {"processor": "one", "cores": 2}


class Story:
    """A run folder whose journal a test writes."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = RunFolder(tmp_path / "svd-op-run_01")
        self.folder.videos.mkdir(parents=True)
        self.journal = Journal(self.folder.path / "journal.jsonl")

    def start(self, session: str, **changes: Any) -> None:
        facts = {"versions": VERSIONS, "hardware": HARDWARE, "fingerprint": FINGERPRINT, **changes}
        self.journal.append(event("start", session=session, **facts))

    def publish(self, clip_id: str, session: str, *, made_by: str | None = None, cost: float | None = None) -> None:
        generation = {"session": made_by or session, "cost_usd": cost, "prompt": "A lamp."}
        facts = {"name": f"{clip_id}.mp4", "sha256": "ab", "raw": None, "publication": {"frames": 120}}
        (self.folder.videos / f"{clip_id}.mp4").touch()
        self.journal.append(event("published", id=clip_id, session=session, generation=generation, **facts))

    def fail(self, clip_id: str, kind: str = "error", reason: str = "half") -> None:
        self.journal.append(event("failed", id=clip_id, kind=kind, reason=reason))

    def manifest(self) -> dict[str, Any]:
        returned = write_manifest(self.folder, {"seed": 0}, SCENARIOS, mode="i2v", oracle=False)
        self.journal.close()
        written: dict[str, Any] = json.loads(self.folder.manifest.read_text("utf-8"))
        assert written == encode(returned)
        return written


def test_a_run_is_complete_only_with_every_clip_of_the_benchmark(tmp_path: Path) -> None:
    some, whole = Story(tmp_path / "some"), Story(tmp_path / "whole")
    for story, count in ((some, 2), (whole, 3)):
        story.start("a")
        for scenario in SCENARIOS[:count]:
            story.publish(scenario.id, "a")
    told = [{key: m[key] for key in ("complete", "published", "expected")} for m in (some.manifest(), whole.manifest())]
    assert told == [
        {"complete": False, "published": 2, "expected": 3},
        {"complete": True, "published": 3, "expected": 3},
    ]


def test_a_run_without_any_event_has_an_empty_manifest(tmp_path: Path) -> None:
    manifest = Story(tmp_path).manifest()
    assert (manifest["complete"], manifest["clips"], manifest["cost_usd"], manifest["warnings"]) == (
        False,
        {},
        None,
        [],
    )


def test_a_failed_clip_stands_there_with_its_reason_until_it_succeeds(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    story.fail("0001", "refused", "moderated")
    story.fail("0002", "bad_clip", "too short")
    story.publish("0002", "a")
    clips = story.manifest()["clips"]
    assert {key: clips["0001"]["failed"][key] for key in ("kind", "reason")} == {
        "kind": "refused",
        "reason": "moderated",
    }
    assert "published" not in clips["0001"]
    assert "failed" not in clips["0002"]
    assert (clips["0002"]["name"], clips["0002"]["view"], clips["0002"]["category"]) == (
        SCENARIOS[1].output_name,
        "center",
        "Optics",
    )
    assert clips["0002"]["published"]["publication"] == {"frames": 120}
    assert "0003" not in clips


def test_a_clip_whose_file_was_lost_and_could_not_be_made_again_is_not_called_published(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    for scenario in SCENARIOS:
        story.publish(scenario.id, "a")
    story.fail("0002")
    manifest = story.manifest()
    assert (manifest["complete"], manifest["published"]) == (False, 2)
    assert manifest["clips"]["0002"]["failed"]["reason"] == "half"


def test_a_clip_whose_file_is_gone_is_not_called_published(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    for scenario in SCENARIOS:
        story.publish(scenario.id, "a")
    (story.folder.videos / f"{SCENARIOS[0].id}.mp4").unlink()
    manifest = story.manifest()
    assert (manifest["complete"], manifest["published"]) == (False, 2)


def test_costs_are_summed_over_the_clips_that_tell_one(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    for clip_id, cost in (("0001", 0.1), ("0002", 0.2), ("0003", None)):
        story.publish(clip_id, "a", cost=cost)
    assert story.manifest()["cost_usd"] == 0.3


def test_a_raw_clip_that_was_paid_counts_before_it_is_published_and_not_twice(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    for clip_id in ("0001", "0002"):
        generation = {"session": "a", "cost_usd": 0.25}
        story.journal.append(
            event("raw", id=clip_id, file="raw/x", sha256="ab", fps=8, leading=1, generation=generation)
        )
    story.publish("0001", "a", cost=0.25)
    assert story.manifest()["cost_usd"] == 0.5


def test_a_free_run_has_no_cost_and_a_cost_of_nothing_is_nothing(tmp_path: Path) -> None:
    free, zero = Story(tmp_path / "free"), Story(tmp_path / "zero")
    for story, cost in ((free, None), (zero, 0.0)):
        story.start("a")
        story.publish("0001", "a", cost=cost)
    assert [free.manifest()["cost_usd"], zero.manifest()["cost_usd"]] == [None, 0.0]


def test_clips_of_different_versions_or_machines_are_told_with_what_differs(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    story.publish("0001", "a")
    story.start("b", versions={**VERSIONS, "av": "19.0", "torch": "2.9"}, hardware={**HARDWARE, "cores": 64})
    story.publish("0002", "b")
    assert story.manifest()["warnings"] == [
        "clips of this run were made with different versions: av, torch",
        "clips of this run were made with different hardware: cores",
    ]


def loaded_as(story: Story, session: str, **facts: Any) -> None:
    story.start(session)
    story.journal.append(Loaded(session=session, facts=facts, hardware=HARDWARE))
    story.publish({"a": "0001", "b": "0002", "c": "0003"}[session], session)


def test_another_part_of_a_model_or_another_way_to_round_is_told(tmp_path: Path) -> None:
    story = Story(tmp_path)
    seeing, rounding = {"feature_extractor": "CLIPImageProcessorPil"}, {"matmul": False}
    loaded_as(story, "a", pixels={"parts": seeing, "tf32": rounding, "sdp": ["math"]}, threads=2)
    loaded_as(story, "c", pixels={"parts": seeing, "tf32": rounding, "sdp": ["math"]}, threads=2)
    other = {"parts": {"feature_extractor": "CLIPImageProcessor"}, "tf32": {"matmul": True}, "sdp": ["math"]}
    loaded_as(story, "b", pixels=other, threads=2)
    assert story.manifest()["warnings"] == [
        "clips of this run were made with the model set up differently: parts.feature_extractor, tf32.matmul"
    ]


@pytest.mark.parametrize("another", [False, True])
def test_nothing_follows_from_facts_that_an_older_record_does_not_hold(tmp_path: Path, another: bool) -> None:
    story = Story(tmp_path)
    loaded_as(story, "a", threads=2)
    told = {"torchvision": ABSENT, "ftfy": "6.3.1", "sentencepiece": "0.2"}
    story.start("b", versions=VERSIONS | told, hardware=HARDWARE | {"driver": "590.1", "compute_capability": ["9.0"]})
    older = Loaded(session="b", facts={"threads": 2, "pixels": {"parts": {"vae": "A"}}}, hardware={})
    story.journal.append(older.without("hardware"))
    story.publish("0002", "b")
    if another:
        story.start("c", versions=VERSIONS | told | {"ftfy": ABSENT}, hardware=HARDWARE | {"driver": "600.1"})
        story.publish("0003", "c")
    warned = [
        "clips of this run were made with different versions: ftfy",
        "clips of this run were made with different hardware: driver",
    ]
    assert story.manifest()["warnings"] == (warned if another else [])


def test_a_session_that_made_no_clip_mixes_nothing(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    story.publish("0001", "a")
    story.start("b", versions={"python": "3.14"})
    story.fail("0002")
    story.start("c")
    story.publish("0003", "c")
    assert story.manifest()["warnings"] == []


def test_encoding_raw_clips_with_another_version_is_a_mix_too(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    story.publish("0001", "a")
    story.start("b", versions=VERSIONS | {"av": "19.0"})
    story.publish("0002", "b", made_by="a")
    assert story.manifest()["warnings"] == ["clips of this run were made with different versions: av"]


def test_clips_taken_from_another_run_s_raw_ones_are_no_mix(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    for clip_id in ("0001", "0002"):
        story.publish(clip_id, "a", made_by="a session of another run")
    assert story.manifest()["warnings"] == []


def test_the_fingerprints_stand_there_as_lists_and_as_hashes(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    fingerprint = story.manifest()["fingerprint"]
    assert fingerprint == {key: {"sha256": sha256_json(part)} | part for key, part in FINGERPRINT.items()}


def test_what_the_model_said_of_itself_and_every_session_is_kept(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    story.journal.append(event("loaded", session="a", facts={"revision": "f00"}))
    story.start("b")
    manifest = story.manifest()
    assert [event["facts"] for event in manifest["loaded"]] == [{"revision": "f00"}]
    assert [session["session"] for session in manifest["sessions"]] == ["a", "b"]
    assert manifest["configuration"] == {"seed": 0}
    assert manifest["name"] == "svd-op-run_01"


def test_the_shards_journals_are_told_as_one_run(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.start("a")
    story.publish("0001", "a")
    other = Journal(story.folder.path / "journal-2of2.jsonl")
    other.append(event("start", session="b", versions=VERSIONS, hardware={"processor": "two"}, fingerprint=FINGERPRINT))
    generation = {"session": "b", "cost_usd": 2.0}
    (story.folder.videos / "0002.mp4").touch()
    facts: dict[str, Any] = {"name": "0002.mp4", "sha256": "cd", "raw": None, "publication": {}}
    other.append(event("published", id="0002", session="b", generation=generation, **facts))
    other.close()
    manifest = story.manifest()
    assert (manifest["published"], manifest["cost_usd"], len(manifest["warnings"])) == (2, 2.0, 1)
