"""Bytes of others in a journal: whole events beside them are kept, and what could be an event is never passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.runs.journal import Journal, check_state, fold
from runners.runs.journal_lines import as_recorded, encoded, read_lines
from tests.runs.lines import event

MESSAGE = b"stopping: finishing what is being written (once more to leave at once)\n"
PROMISE = {"state": "submitting", "attempt": 1, "usd": 0.5, "prompt": "A lamp, lit; it swings. " * 9, "size": [[1, 2]]}


def written(folder: Path, count: int = 4) -> list[bytes]:
    """The lines of a journal of promises."""
    folder.mkdir(exist_ok=True)
    journal = Journal(folder / "journal.jsonl")
    for number in range(count):
        journal.append(event("job", id=f"{number:04d}", job=PROMISE))
    journal.close()
    return (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)


def ids(path: Path) -> list[str]:
    return [event["id"] for event in read_lines(path).events]


@pytest.mark.parametrize(
    "foreign", [MESSAGE, b"\n", b"[2026-01-01 10:00:00,000][INFO] - \xe9t\xe9\n", b"\x1b[31m50%\r100%\n"]
)
@pytest.mark.parametrize("place", range(5))
def test_lines_of_another_program_are_passed_over_and_told(tmp_path: Path, foreign: bytes, place: int) -> None:
    lines = written(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join([*lines[:place], foreign, *lines[place:]]))
    assert ids(path) == ["0000", "0001", "0002", "0003"]
    (told,) = read_lines(path).foreign
    assert told.startswith(f"line {place + 1} of journal.jsonl is not this program's")
    assert told.isprintable()


def test_an_event_is_kept_with_foreign_bytes_before_and_behind_it(tmp_path: Path) -> None:
    first, second, third, fourth = written(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"warning" + first.rstrip() + b"Killed" + second.rstrip() + third + fourth.rstrip() + b" x\n")
    assert ids(path) == ["0000", "0001", "0002", "0003"]
    assert [told.partition(": ")[2] for told in read_lines(path).foreign] == ["'warning ... Killed'", "' x'"]


def test_a_run_goes_on_behind_foreign_bytes(tmp_path: Path) -> None:
    lines = written(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join([*lines, MESSAGE]))
    journal = Journal(path)
    assert journal.append(event("failed", id="0009", kind="error", reason="x")).number == 5
    journal.close()
    assert ids(path)[-1] == "0009"


@given(first=st.integers(0, 2), length=st.integers(1, 1000), fill=st.sampled_from([MESSAGE, b"\0", b"x", b"\n"]))
def test_what_is_written_over_events_never_makes_them_vanish(
    tmp_path_factory: pytest.TempPathFactory, first: int, length: int, fill: bytes
) -> None:
    """A message to a closed descriptor comes to stand at the beginning of the file."""
    folder = tmp_path_factory.mktemp("run")
    lines = written(folder)
    start, end = sum(map(len, lines[:first])), sum(map(len, lines[:3]))
    length = min(length, end - start)
    data = b"".join(lines)
    (folder / "journal.jsonl").write_bytes(data[:start] + (fill * length)[:length] + data[start + length :])
    with pytest.raises(UserError, match="is damaged"):
        read_lines(folder / "journal.jsonl")


def test_a_whole_event_that_was_written_over_is_missed_by_its_number(tmp_path: Path) -> None:
    lines = written(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join([lines[0], b"x" * (len(lines[1]) - 1) + b"\n", *lines[2:]]))
    with pytest.raises(UserError, match="line 2 is damaged"):
        read_lines(path)


def test_an_event_that_somebody_quotes_does_not_happen_again(tmp_path: Path) -> None:
    lines = written(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join([*lines, b"debug: " + lines[1]]))
    with pytest.raises(UserError, match="line 5 is damaged"):
        read_lines(path)


@pytest.mark.parametrize(
    "piece", [b'{"event": "job", "num', b'te": "submitting"}}', b' "id": "0001", "job', b"1280, 720], [", b"\0\0\0"]
)
def test_a_piece_of_an_event_is_damage_wherever_it_stands(tmp_path: Path, piece: bytes) -> None:
    lines = written(tmp_path)
    for place in range(5):
        for whole in (piece + b"\n", MESSAGE[:-1] + piece + b"\n", piece + MESSAGE):
            path = tmp_path / "journal.jsonl"
            path.write_bytes(b"".join([*lines[:place], whole, *lines[place:]]))
            with pytest.raises(UserError, match=f"line {place + 1} is damaged"):
                read_lines(path)


def test_an_event_with_a_byte_that_fell_over_is_damage(tmp_path: Path) -> None:
    lines = written(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(lines[0].replace(b"lamp", b"l\xffmp") + lines[1])
    with pytest.raises(UserError, match="line 1 is damaged"):
        read_lines(path)


def test_halves_of_surrogate_pairs_of_older_journals_are_read_as_whole_characters(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    reason = "a \ud83d b \ude00 \U0001f600"
    path.write_text(json.dumps({"event": "failed", "id": "0001", "reason": reason}) + "\n", "utf-8")
    (event,) = read_lines(path).events
    assert event["reason"] == "a \ufffd b \ufffd \U0001f600"


def test_what_no_journal_can_hold_is_written_as_text() -> None:
    event, line = encoded({"event": "job", "job": {"a": float("nan"), "b": b"\xff", "c": {1, 2}, "d": "\udcff"}})
    assert json.loads(line) == event
    assert event["job"]["a"] == "nan"
    assert event["job"]["d"] == "\ufffd"
    assert line.isascii()


def test_a_value_is_compared_as_it_comes_back(tmp_path: Path) -> None:
    value = {"size": (1, 2), "path": "a\udcffb"}
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(event("loaded", facts=value))
    journal.close()
    assert fold(tmp_path).loaded[0].facts == as_recorded(value) == {"size": [1, 2], "path": "a\ufffdb"}


def test_a_run_of_a_newer_version_is_not_gone_on_with(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(event("start", schema=1, session="a", fingerprint={}))
    check_state(fold(tmp_path), tmp_path)
    journal.append(event("start", schema=2, session="b", fingerprint={}))
    journal.close()
    with pytest.raises(UserError, match=r"a newer version of this program worked on it \(schema 2"):
        check_state(fold(tmp_path), tmp_path)
