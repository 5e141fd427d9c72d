"""Run folders: their names, and who may write to them at the same time."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.core.locks import Held, Lock
from runners.runs.run_folder import OpenRun, RunFolder, run_name
from tests.runs.lines import event


def test_a_name_says_model_tag_prompts_and_run() -> None:
    assert run_name("svd", None, "op", 1) == "svd-op-run_01"
    assert run_name("svd", "fps30", "bpp", 12) == "svd+fps30-bpp-run_12"


@pytest.mark.parametrize("tag", ["a/b", "..", "a b", "+b", "=b", ".x", "a\\b"])
def test_a_tag_that_is_no_part_of_a_folder_name_is_refused(tag: str) -> None:
    with pytest.raises(UserError, match="tag="):
        run_name("svd", tag, "op", 1)


def test_the_second_process_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with OpenRun(folder, None) as first:
        first.journal.append(event("start", session="a", fingerprint={}, pid=os.getpid(), host=socket.gethostname()))
        with pytest.raises(UserError, match=f"process {os.getpid()} on "):
            OpenRun(folder, None)
        with pytest.raises(UserError, match="being worked on"):
            OpenRun(folder, (1, 2))
    OpenRun(folder, (1, 2)).close()


def test_shards_work_side_by_side_but_each_only_once(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with OpenRun(folder, (1, 2)), OpenRun(folder, (2, 2)):
        with pytest.raises(UserError, match="being worked on"):
            OpenRun(folder, (2, 2))
        with pytest.raises(UserError, match="being worked on"):
            OpenRun(folder, None)
        with pytest.raises(UserError, match="keep its n"):
            OpenRun(folder, (1, 3))
    OpenRun(folder, (1, 3)).close()


def test_a_refused_process_holds_no_lock(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    first = OpenRun(folder, (1, 2))
    with pytest.raises(UserError):
        OpenRun(folder, (1, 2))
    first.close()
    with Lock(folder.path), pytest.raises(Held):
        Lock(folder.path)


def test_the_scratch_space_is_gone_afterwards(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with OpenRun(folder, None) as run:
        run.empty_work()
        (run.work / "0001").mkdir()
    assert sorted(path.name for path in folder.path.iterdir()) == ["journal.jsonl", "videos"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="choose results="):
        OpenRun(RunFolder(tmp_path / "file" / "run"), None)
