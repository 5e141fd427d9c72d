"""Paid clips that are one video: told where the service was asked for different ones, and of copies nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runners.runs.manifest_records import ClipRecord
from runners.runs.records import decode
from runners.runs.twins import twins_between, twins_within


def clip(
    video: str, *, prompt: str = "a ball", seed: int | None = 1, job: str = "j", session: str = "s", paid: bool = True,
    published: str | None = None,
) -> ClipRecord:  # fmt: skip
    """A clip's record in a manifest; `published`: the hash of the clip, by default another for every video."""
    info = {"prompt": prompt, "seed": seed, "seconds": 5, "sent": {"sha256": "frame"}, "model": "m"}
    generation = {"info": info | ({"job_id": job} if paid else {}), "session": session}
    jobs = [{"attempt": 1, "state": "fetched", "job_id": job, "sha256": video}]
    record = {"published": {"sha256": published or f"out-{video}", "raw": None, "generation": generation}}
    return decode(ClipRecord, record | ({"jobs": jobs} if paid else {}))


def test_two_clips_of_a_run_with_one_video_are_told_once() -> None:
    clips = {"0001": clip("v"), "0002": clip("v", prompt="a cube"), "0003": clip("w", prompt="a cone")}
    (line,) = twins_within(clips)
    assert line.startswith("clips 0001, 0002 are the same video, byte for byte")


@pytest.mark.parametrize(
    "other",
    [
        clip("x", prompt="a cube", published="out-v"),  # packed anew, and the same pictures
        clip("v", prompt="a cube", published="out-x"),  # cut otherwise
    ],
)
def test_the_video_as_it_came_counts_and_the_clip_that_was_made_of_it(other: ClipRecord) -> None:
    assert len(twins_within({"0001": clip("v"), "0002": other})) == 1


def test_what_was_asked_for_twice_in_one_run_and_what_nobody_paid_for_is_not_told() -> None:
    assert twins_within({"0001": clip("v"), "0002": clip("v")}) == []
    assert twins_within({"0001": clip("v", paid=False), "0002": clip("v", prompt="a cube", paid=False)}) == []


def test_of_two_runs_a_wrong_video_is_told_otherwise_than_a_repeated_one() -> None:
    first = {"0001": clip("v", seed=1, job="a", session="s1"), "0002": clip("w", seed=None, job="b", session="s1")}
    second = {"0001": clip("v", seed=2, job="c", session="s2"), "0002": clip("w", seed=None, job="d", session="s2")}
    wrong, again = twins_between([("one", first), ("two", second)])
    assert wrong.startswith(
        "one (clip 0001) and two (clip 0001) have the same video, byte for byte: one of them likely"
    )
    assert again.startswith(
        "one (clip 0002) and two (clip 0002) have the same video, byte for byte: the service was asked"
    )


def test_a_job_that_two_runs_took_is_told_and_a_copy_of_a_run_is_not() -> None:
    mine, taken = clip("v", seed=1, job="a", session="s1"), clip("v", seed=2, job="a", session="s2")
    assert len(twins_between([("one", {"0001": mine}), ("two", {"0001": taken})])) == 1
    assert twins_between([("one", {"0001": mine}), ("copy", {"0001": mine})]) == []


def test_a_manifest_that_somebody_edited_is_no_crash() -> None:
    odd: list[dict[str, Any]] = [
        {}, {"jobs": 1, "published": {"sha256": "v", "generation": {"info": [], "session": {}}}}, {"jobs": [3]},
        {"jobs": [{"state": "fetched"}], "published": {"generation": {"info": {"job_id": "x"}}}},
    ]  # fmt: skip
    clips = {str(number): decode(ClipRecord, record) for number, record in enumerate(odd)}
    assert twins_within(clips) == []
    assert twins_between([("one", clips), (str(Path("two")), clips)]) == []
