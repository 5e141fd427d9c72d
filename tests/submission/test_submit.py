"""The whole command on real runs: a submission is written whole, and with nothing that nobody signed, or not at all."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from runners.core.errors import UserError
from runners.core.locks import Lock
from runners.core.outcome import BAD_INPUT, DONE, STOPPED
from runners.core.settings import PromptsSettings
from runners.submission import bundle
from tests.api import shell
from tests.run.harness import MINI
from tests.submission.conftest import SIGNED, Ask, make_runs, text

ROOT = Path(__file__).resolve().parents[2]


def only_folder(out: Path) -> Path:
    [folder] = out.iterdir()
    return folder


def test_a_submission_holds_card_texts_and_runs_and_nothing_else(runs: list[Path], ask: Ask, tmp_path: Path) -> None:
    outcome = ask(runs, SIGNED)
    assert outcome.code == DONE, text(outcome)
    folder = only_folder(tmp_path / "out")
    assert re.fullmatch(r"us__paint-op__\d{4}-\d\d-\d\d", folder.name)
    assert sorted(path.name for path in folder.iterdir()) == ["descriptions.csv", "runs", "submission.yaml"]
    made = {path.name: sorted(clip.name for clip in path.iterdir()) for path in (folder / "runs").iterdir()}
    names = sorted(path.name for path in (runs[0] / "videos").iterdir())
    assert made == {"paint-op-run_01": names, "paint-op-run_02": names}
    for run in runs:
        for name in names:
            assert (folder / "runs" / run.name / name).samefile(run / "videos" / name)  # no second copy of the bytes


@pytest.mark.full
def test_the_descriptions_are_the_texts_that_the_model_was_given(tmp_path: Path, ask: Ask) -> None:
    rows = list(csv.reader((MINI / "dataset" / "descriptions.csv").open(encoding="utf-8", newline="")))
    best = [[row[0], f'Best "practice", {row[0][:4]}\nsecond line.', *row[2:]] for row in rows[1:]]
    file = tmp_path / "best.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([rows[0], *best])
    runs = make_runs(tmp_path / "results", prompts=PromptsSettings(mode="bpp", file=str(file)))
    file.unlink()  # from manifests and scores alone
    assert ask(runs, SIGNED).code == DONE
    folder = only_folder(tmp_path / "out")
    with (folder / "descriptions.csv").open(encoding="utf-8", newline="") as opened:
        made = list(csv.reader(opened))
    assert made == [rows[0], *best[:6]]  # the six take-1 items, in the official columns
    card = yaml.safe_load((folder / "submission.yaml").read_text("utf-8"))
    assert card["public_info"]["descriptions"] == "bpp"
    assert sorted(path.name for path in (folder / "runs").iterdir()) == ["paint-bpp-run_01", "paint-bpp-run_02"]


def test_without_a_card_all_that_a_person_must_fill_in_is_empty_and_listed_last(
    runs: list[Path], ask: Ask, tmp_path: Path
) -> None:
    outcome = ask(runs)
    assert outcome.code == STOPPED
    folder = only_folder(tmp_path / "out")
    assert folder.name.startswith("org__paint-op__")
    card = yaml.safe_load((folder / "submission.yaml").read_text("utf-8"))
    listed = [line.split()[0] for line in outcome.lines if line.startswith("  ")]
    for name in listed:
        section, key = name.split(".")
        assert card[section][key] in (None, ""), name
    assert "  public_info.tech_report (entries without a report were held or closed)" in outcome.lines
    assert "  terms.terms_version (the leaderboard takes 1.0)" in outcome.lines
    assert {"public_info.organization", "terms.terms_accepted", "warranties.has_rights_to_submit"} <= set(listed)
    assert outcome.lines[-1].startswith("may be filled in as well: parameters, provider, comments")


def test_of_one_run_the_spread_is_asked_for_with_what_passes(runs: list[Path], ask: Ask) -> None:
    outcome = ask(runs[:1], SIGNED)
    told = "  reported_scores.physiq_std (one run has none, and the leaderboard wants a number: 0.0 passes)"
    assert (outcome.code, told in outcome.lines) == (STOPPED, True)


def test_reported_scores_are_the_mean_and_spread_of_the_runs(runs: list[Path], ask: Ask, tmp_path: Path) -> None:
    ask(runs, SIGNED)
    card = yaml.safe_load((only_folder(tmp_path / "out") / "submission.yaml").read_text("utf-8"))
    a, b = (json.loads((run / "scores/scores.json").read_bytes())["verified"] for run in runs)
    assert card["reported_scores"]["physiq_mean"] == pytest.approx((a + b) / 2, abs=1e-4)
    assert card["reported_scores"]["physiq_std"] == pytest.approx(abs(a - b) / 2**0.5, abs=1e-4)
    assert card["public_info"]["resolution"] == "96x54"
    assert card["public_info"]["fps"] == 8


def test_an_existing_submission_is_never_written_over(runs: list[Path], ask: Ask, tmp_path: Path) -> None:
    ask(runs, SIGNED)
    folder = only_folder(tmp_path / "out")
    (folder / "submission.yaml").write_text("mine")
    with pytest.raises(UserError, match="there already, and no submission is written over"):
        ask(runs, SIGNED)
    assert (folder / "submission.yaml").read_text() == "mine"


def test_a_submission_that_was_killed_half_way_is_not_there_and_the_next_one_is_whole(
    runs: list[Path], ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, content: str) -> None:
        if path.name == "submission.yaml":
            raise KeyboardInterrupt
        path.write_text(content)

    monkeypatch.setattr(bundle, "write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        ask(runs, SIGNED)
    [left] = (tmp_path / "out").iterdir()
    assert (left.name[0], (left / "submission.yaml").exists()) == (".", False)
    monkeypatch.undo()
    assert ask(runs, SIGNED).code == DONE
    assert (only_folder(tmp_path / "out") / "submission.yaml").exists()


def test_two_processes_never_make_the_same_submission(runs: list[Path], ask: Ask, tmp_path: Path) -> None:
    name = ask(runs, SIGNED).name
    shutil.rmtree(tmp_path / "out" / name)
    part = tmp_path / "out" / f".{name}.part"
    part.mkdir()
    with Lock(part), pytest.raises(UserError, match="another process is making"):
        ask(runs, SIGNED)


def test_clips_are_copied_where_links_cannot_be_made(
    runs: list[Path], ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert ask(runs, SIGNED).code == DONE
    for clip in (runs[0] / "videos").iterdir():
        copy = only_folder(tmp_path / "out") / "runs" / "paint-op-run_01" / clip.name
        assert not copy.samefile(clip)
        assert copy.read_bytes() == clip.read_bytes()


def test_of_a_link_the_submission_holds_the_file(runs: list[Path], ask: Ask, tmp_path: Path) -> None:
    clip = min((runs[0] / "videos").iterdir())
    clip.rename(runs[0] / "moved.mp4")
    clip.symlink_to("../moved.mp4")
    assert ask(runs, SIGNED).code == DONE
    made = only_folder(tmp_path / "out") / "runs" / "paint-op-run_01" / clip.name
    assert not made.is_symlink()
    assert made.samefile(runs[0] / "moved.mp4")


@pytest.mark.parametrize("text", ["**x", "x" * 300])
def test_what_is_no_path_and_no_pattern_is_told(ask: Ask, text: str) -> None:
    with pytest.raises(UserError, match="is neither a path nor a pattern of names"):
        ask([Path(text)])


def test_a_pattern_names_all_runs_that_fit(runs: list[Path], ask: Ask) -> None:
    assert "2 runs, 12 clips" in text(ask([runs[0].parent / "paint-op-run_*"], check_only=True))
    with pytest.raises(UserError, match="nothing is there that fits"):
        ask([runs[0].parent / "svd-op-run_*"])


def test_other_than_four_runs_are_a_warning_and_no_breach(runs: list[Path], ask: Ask) -> None:
    assert "warning: runs: 2; the leaderboard asks for 4 of whoever claims" in text(ask(runs, SIGNED))


def test_wrong_questions_are_told(runs: list[Path], ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="say which runs"):
        ask([])
    with pytest.raises(UserError, match="say where the submission goes"):
        ask(runs, out=None)
    with pytest.raises(UserError, match="is no folder"):
        ask([tmp_path / "gone"])
    with pytest.raises(UserError, match="named twice"):
        ask([runs[0], runs[0] / "videos"])
    with pytest.raises(UserError, match="lies inside the run"):
        ask(runs, SIGNED, out=str(runs[0] / "submission"))


def test_a_damaged_manifest_is_told(runs: list[Path], ask: Ask) -> None:
    (runs[0] / "manifest.json").write_text("{")
    with pytest.raises(UserError, match=r"manifest\.json is damaged"):
        ask(runs)
    manifest = json.loads((runs[1] / "manifest.json").read_bytes())
    manifest["clips"]["0001"]["failed"] = None
    (runs[1] / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="the record of clip 0001 is incomplete"):
        ask(runs[1:])


@pytest.mark.full
def test_the_command_line_leaves_with_the_right_code(runs: list[Path], tmp_path: Path) -> None:
    def cli(*words: str) -> subprocess.CompletedProcess[str]:
        typed = [f"runs=[{','.join(map(str, runs))}]", *words]
        return shell.run(ROOT, "runners.submit", typed, os.environ, tmp_path)

    assert cli("check_only=true").returncode == DONE
    assert cli("out=out", "benchmark.expected=6").returncode == STOPPED
    assert "written: again/org__paint-op__" in cli("out=again", "benchmark.expected=6").stdout
    assert "is over 6 clips, and the leaderboard wants 198" in cli("out=more").stdout
    (runs[0] / "videos" / "notes.txt").touch()
    assert cli("out=more", "benchmark.expected=6").returncode == BAD_INPUT
    assert cli().returncode == BAD_INPUT
