"""scores.json is read and written without a byte of difference, and damage to it is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.scoring.stored import read_scores, write_scores
from tests.scoring.conftest import Scored
from tests.scoring.official_run import make_place
from tests.scoring.stand_in import make_ffprobe


@pytest.fixture
def folder(tiny_scored: Scored, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_scored.out, tmp_path / "scores"))


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file after a change of its content, of which the order stays."""
    path = folder / "scores.json"
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path.read_bytes()


def same(folder: Path) -> None:
    """Read and written: once with what the file said at hand, once of the values alone."""
    before = (folder / "scores.json").read_bytes()
    scores = read_scores(folder)
    for each in (scores, replace(scores, stored=None)):
        write_scores(folder, each)
        assert (folder / "scores.json").read_bytes() == before


def test_what_was_just_made_is_read_as_it_was_and_written_as_it_stood(folder: Path, tiny_scored: Scored) -> None:
    assert read_scores(folder) == tiny_scored.scores
    same(folder)


@pytest.mark.parametrize("scorer", ["official", "both"])
def test_so_is_what_the_official_toolbox_came_to(scorer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(make_ffprobe(tmp_path / "bin")), prepend=":")
    place = make_place(tmp_path)
    place.score(scorer)
    assert read_scores(place.out).by_toolbox == (scorer == "official")
    same(place.out)
    same(place.out / "official")


def newer(content: dict[str, Any]) -> None:
    content |= {"schema": 9, "realism": {"flicker": [0.5]}}
    content["per_clip"][0]["flicker"] = 0.25


def older(content: dict[str, Any]) -> None:
    for key in ("checks", "ceiling", "remarks"):
        del content[key]


@pytest.mark.parametrize("change", [newer, older])
def test_what_another_version_wrote_stays_when_one_fact_is_replaced(
    change: Callable[[dict[str, Any]], None], folder: Path
) -> None:
    wanted = json.loads(rewrite(folder, change)) | {"checks": 7}
    write_scores(folder, replace(read_scores(folder), checks=7))
    content = json.loads((folder / "scores.json").read_bytes())
    assert (content, list(content)) == (wanted, list(wanted))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda content: content.pop("fps"), "fps is no number"),
        (lambda content: content.update(clips="6"), "clips is no number"),
        (lambda content: content.update(verified=float("nan")), "verified is no number"),
        (lambda content: content.pop("original"), "original is no number"),
        (lambda content: content.update(per_clip=[]), "no per_clip"),
        (lambda content: content["per_clip"][1].pop("sha256"), "an entry of per_clip is incomplete"),
        (lambda content: content["per_clip"][1]["variance"].pop("mse"), "the metrics of clip 0002 are incomplete"),
        (lambda content: content.update(masks="painted"), "masks is none of those there are"),
    ],
)
def test_a_damaged_file_is_told_with_what_is_wrong(
    change: Callable[[dict[str, Any]], object], why: str, folder: Path
) -> None:
    rewrite(folder, change)
    with pytest.raises(UserError) as told:
        read_scores(folder)
    assert f"scores.json is damaged ({why}); remove it, and score the run again" in str(told.value)


def test_a_part_that_is_not_there_is_no_damage_and_no_number(folder: Path) -> None:
    rewrite(folder, lambda content: content.pop("verified_mse"))
    assert read_scores(folder).marks.score("verified_mse") is None
