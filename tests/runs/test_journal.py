"""The journal: whole events survive anything, torn ones did not happen."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.core.locks import Held
from runners.runs.events import Failed, Job
from runners.runs.journal import Journal, fold, journal_name, read_events
from tests.runs.lines import event

PUBLISHED: dict[str, Any] = {
    "id": "0001", "name": "0001.mp4", "sha256": "x", "generation": {}, "raw": None, "publication": {}, "session": "a",
}  # fmt: skip


def test_events_come_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(3):
        journal.append(event("job", id="0001", job={"number": number}))
    journal.close()
    assert [each.job["number"] for each in read_events(tmp_path / "journal.jsonl") if isinstance(each, Job)] == [
        0,
        1,
        2,
    ]


@given(cut=st.integers(min_value=0, max_value=400))
def test_a_journal_cut_anywhere_keeps_its_whole_lines_and_goes_on(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    journal = Journal(path)
    for number in range(3):
        journal.append(event("failed", id=f"{number:04d}", kind="error", reason="ä\n"))
    journal.close()
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    whole = data[:cut].count(b"\n")
    assert len(list(read_events(path))) == whole

    journal = Journal(path)
    journal.append(event("failed", id="0009", kind="error", reason="after"))
    journal.close()
    assert [each.id for each in read_events(path) if isinstance(each, Failed)][-1] == "0009"
    assert len(list(read_events(path))) == whole + 1


def test_a_damaged_line_in_the_middle_is_told_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"event": "later"}\n{"eve\n{"event": "later"}\n', encoding="utf-8")
    with pytest.raises(UserError, match="line 2 is damaged"):
        list(read_events(path))


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(Held):
        Journal(tmp_path / "journal.jsonl")
    journal.close()
    Journal(tmp_path / "journal.jsonl").close()


def test_threads_append_whole_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    threads = [
        threading.Thread(target=lambda k=k: [journal.append(event("job", id=str(k), job={"n": n})) for n in range(20)])
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    assert len([json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]) == 80


def test_folding_merges_shards_and_a_publication_ends_a_failure(tmp_path: Path) -> None:
    for shard, clip_id in (((1, 2), "0001"), ((2, 2), "0002")):
        journal = Journal(tmp_path / journal_name(shard))
        journal.append(event("start", session=clip_id, fingerprint={"generation": {}, "publication": {}}))
        journal.append(event("failed", id=clip_id, kind="refused", reason="no"))
        if clip_id == "0001":
            journal.append(event("published", **PUBLISHED))
        journal.close()
    state = fold(tmp_path)
    assert state.clip("0001").published is not None
    assert state.clip("0001").failed is None
    assert state.clip("0002").refused
    assert len(state.started) == 2


def test_events_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(event("some_later_kind", id="0001"))
    journal.close()
    assert fold(tmp_path).clip("0001").published is None


def test_what_happened_later_counts_whatever_the_clocks_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard on a machine whose clock is ahead fails a clip; the next process publishes it."""
    shard = Journal(tmp_path / journal_name((1, 2)))
    shard.append(event("start", session="a", fingerprint={}))
    failed = shard.append(event("failed", id="0001", kind="error", reason="no"))
    shard.close()
    ahead = (tmp_path / journal_name((1, 2))).read_text("utf-8").replace(failed.time, "2099-01-01T00:00:00.000+00:00")
    (tmp_path / journal_name((1, 2))).write_text(ahead, encoding="utf-8")
    whole = Journal(tmp_path / journal_name(None))
    whole.append(event("published", **PUBLISHED))
    whole.close()
    assert fold(tmp_path).clip("0001").published is not None


def test_a_clip_made_anew_is_no_longer_the_published_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(event("published", **PUBLISHED))
    journal.append(event("rendered", file=".work/a/0001.mp4", **PUBLISHED))
    journal.close()
    clip = fold(tmp_path).clip("0001")
    assert (clip.published, clip.rendered is not None) == (None, True)
