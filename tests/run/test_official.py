"""A run that the official toolbox scores: checked before a clip is made, scored when all are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.core.settings import OutputSettings, ScorerSettings, SelectSettings
from runners.scoring.stored import decode
from tests.run.harness import Paint, run
from tests.scoring.stand_in import make_checkout, make_ffprobe

SHIPPED = OutputSettings(name="custom", width=96, height=54, fps=24, preset="ultrafast")


@pytest.fixture
def scorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScorerSettings:
    monkeypatch.setenv("PATH", str(make_ffprobe(tmp_path / "bin")), prepend=":")
    return ScorerSettings(name="official", path=str(make_checkout(tmp_path / "checkout", "physiq")), workers=1)


def test_a_complete_run_is_scored_by_it_and_once_only(scorer: ScorerSettings, tmp_path: Path) -> None:
    outcome = run(tmp_path / "r", output=SHIPPED, scorer=scorer)
    assert outcome.code == 0, outcome.lines
    assert outcome.folder is not None
    written = json.loads((outcome.folder / "scores" / "scores.json").read_text("utf-8"))
    assert (written["scorer"], written["complete"], written["fps"]) == ("official", True, 24)
    again = run(tmp_path / "r", output=SHIPPED, scorer=scorer)
    assert again.scores == outcome.scores == decode(written)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"scorer": ScorerSettings(name="official")}, r"set scorer\.path=CHECKOUT"),
        ({"scorer": ScorerSettings(name="both", path="/nowhere")}, "is no folder"),
        ({"scorer": ScorerSettings(name="offical")}, "did you mean 'official'"),
        ({"output": OutputSettings(name="custom", width=96, height=54, fps=8)}, "no truth at 8 FPS"),
    ],
)
def test_what_would_keep_it_from_scoring_is_told_before_a_clip_is_made(
    scorer: ScorerSettings, tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    model = Paint()
    with pytest.raises(UserError, match=told):
        run(tmp_path / "r", model, **{"output": SHIPPED, "scorer": scorer, **changes})
    assert not model.calls
    assert not (tmp_path / "r").exists()


def test_part_of_the_set_is_published_and_the_outcome_says_why_it_has_no_score(
    scorer: ScorerSettings, tmp_path: Path
) -> None:
    outcome = run(tmp_path / "r", output=SHIPPED, scorer=scorer, select=SelectSettings(ids=["1", "2"]))
    assert outcome.code == 2
    assert any("2 of 2 clips published" in line for line in outcome.lines)
    assert any("complete runs only; 4 missing" in line for line in outcome.lines)
