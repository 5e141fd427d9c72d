"""One finder of run folders: whatever a user points at, every run below it is found once."""

from __future__ import annotations

from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.runs.run_finder import check_folder, find_run_folders


def made(path: Path, mark: str = "journal.jsonl") -> Path:
    (path / "videos").mkdir(parents=True)
    (path / mark).touch()
    return path


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """At every depth below `results`."""
    results = tmp_path / "results"
    return sorted(
        [
            made(results / "lonely-op-run_01"),
            made(results / "mini" / "a-op-run_01", "journal-1of2.jsonl"),
            made(results / "mini" / "b-op-run_01", "manifest.json"),
            made(results / ".old" / "2026" / "verified" / "c-op-run_01"),
        ]
    )


def test_runs_are_found_from_wherever_one_looks(tmp_path: Path, runs: list[Path]) -> None:
    results = tmp_path / "results"
    assert find_run_folders(tmp_path) == find_run_folders(results) == runs
    assert find_run_folders(results / "mini") == [run for run in runs if run.parent.name == "mini"]
    for run in runs:
        assert find_run_folders(run) == [run]


def test_a_run_s_own_folders_are_not_looked_into(tmp_path: Path) -> None:
    run = made(tmp_path / "mini" / "a-op-run_01")
    for inner in ("videos", "raw", "scores", ".work", ".work-1of2"):
        made(run / inner / "x")
    assert find_run_folders(tmp_path) == [run]
    assert find_run_folders(run / "raw") == [run / "raw" / "x"]  # where one points, one looks


def test_a_stray_journal_above_hides_no_run(tmp_path: Path, runs: list[Path]) -> None:
    results = tmp_path / "results"
    (results / "journal.jsonl").touch()
    assert find_run_folders(results) == sorted([results, *runs])


def test_another_program_s_manifest_is_no_run(tmp_path: Path, runs: list[Path]) -> None:
    (tmp_path / "results" / "site").mkdir()
    (tmp_path / "results" / "site" / "manifest.json").write_text('{"name": "site"}')
    assert find_run_folders(tmp_path) == runs


def test_links_are_followed_in_no_circle_and_no_run_is_found_twice(tmp_path: Path, runs: list[Path]) -> None:
    results = tmp_path / "results"
    elsewhere = made(tmp_path / "disk" / "verified" / "d-op-run_01")
    (results / "a_circle").symlink_to(results)
    (results / "broken").symlink_to(tmp_path / "nowhere")
    (results / "itself").symlink_to(results / "itself")
    (results / "another_name").symlink_to(results / "mini")
    (results / "verified").symlink_to(tmp_path / "disk" / "verified")
    found = find_run_folders(results)
    assert found == sorted([*runs, results / "verified" / "d-op-run_01"])
    assert elsewhere.samefile(results / "verified" / "d-op-run_01")


def test_what_cannot_be_looked_into_is_told_and_hides_nothing_else(
    tmp_path: Path, runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    closed, scandir = tmp_path / "results" / "mini", os.scandir

    def refusing(path: Path) -> object:
        if path == closed:  # root may look into everything, and tests may run as root
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    unread: list[Path] = []
    assert find_run_folders(tmp_path, unread) == [run for run in runs if run.parent != closed]
    assert unread == [closed]


def test_a_folder_that_is_not_there_is_an_error_with_the_nearest_name(tmp_path: Path, runs: list[Path]) -> None:
    with pytest.raises(UserError, match=r"resluts is no folder; did you mean .*/results\?"):
        find_run_folders(tmp_path / "resluts")
    with pytest.raises(UserError, match=r"did you mean .*/results/mini/a-op-run_01\?"):
        check_folder(tmp_path / "result" / "mini" / "a-op-run_01")
    with pytest.raises(UserError, match=r"zzz is no folder$"):
        check_folder(tmp_path / "zzz")
    with pytest.raises(UserError, match=r"journal\.jsonl is no folder$"):
        check_folder(runs[0] / "journal.jsonl")
    with pytest.raises(UserError, match="is no folder"):
        check_folder(runs[0] / "journal.jsonl" / "x")
