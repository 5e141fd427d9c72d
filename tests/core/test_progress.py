"""Progress: a log gets one line per clip, a terminal a view of everything that matters."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterable

import pytest
from rich.console import Console

from runners.core.progress import Counts, LiveProgress, PlainProgress, clock_text, make_bar, make_progress

TITLE = "svd-op-run_01"


class Clock:
    """Time as the test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def counted(clock: Clock, *, total: int = 10, done: int = 0) -> Counts:
    return Counts(TITLE, total, done, clock)


# Counts


def test_there_is_no_pace_before_the_first_clip() -> None:
    clock = Clock()
    counts = counted(clock, done=4)
    assert counts.pace() == (0.0, None)
    clock.now += 60
    assert (counts.pace(), counts.summary()) == ((0.0, None), "4/10 done")


def test_pace_and_time_left_are_those_of_this_invocation() -> None:
    clock = Clock()
    counts = counted(clock, total=12, done=4)
    for clip_id in ("a", "b"):
        clock.now += 30
        counts.end(clip_id, "published")
    assert counts.pace() == (2.0, 180.0)
    assert counts.summary() == "6/12 done, 2.0 clips/min, 3:00 left"


def test_failed_and_refused_clips_are_told_and_take_their_time_too() -> None:
    clock = Clock()
    counts = counted(clock, total=8)
    for kind in ("published", "bad_clip", "refused", "error"):
        clock.now += 30
        counts.end("x", kind)
    assert (counts.done, counts.failed, counts.refused, counts.left) == (1, 2, 1, 4)
    assert counts.summary() == "1/8 done, 2 failed, 1 refused, 0.5 clips/min, 2:00 left"


def test_a_finished_run_has_no_time_left_to_tell() -> None:
    clock = Clock()
    counts = counted(clock, total=1)
    clock.now += 60
    counts.end("x", "published")
    assert counts.summary() == "1/1 done, 1.0 clips/min"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3599, "59:59"), (3600, "1:00:00"), (90061, "25:01:01")],
)
def test_times_read_like_a_clock(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


# A log


def test_a_log_gets_exactly_one_line_per_clip() -> None:
    clock, log = Clock(), io.StringIO()
    with PlainProgress(counted(clock, total=4, done=1), log) as view:
        for clip_id, kind, text in (("0001", "published", ""), ("0002", "error", "half"), ("0003", "refused", "no")):
            view.begun(clip_id)
            for k in range(50):
                view.step(clip_id, k + 1, 50)
            clock.now += 60
            view.ended(clip_id, kind, text)
    assert log.getvalue().splitlines() == [
        "0001 published (2/4 done, 1.0 clips/min, 2:00 left)",
        "0002 error: half (2/4 done, 1 failed, 0.5 clips/min, 1:00 left)",
        "0003 refused: no (2/4 done, 1 failed, 1 refused, 0.3 clips/min)",
    ]


def test_lines_of_threads_never_mix() -> None:
    log = io.StringIO()
    view = PlainProgress(Counts(TITLE, 400, 0), log)
    start = threading.Barrier(4)

    def work(thread: int) -> None:
        start.wait(60)
        for k in range(100):
            view.ended(f"{thread}{k:03d}", "published", "")

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    lines = log.getvalue().splitlines()
    assert len(lines) == 400
    assert [re.findall(r"^\d{4} published \((\d+)/400 done", line) for line in lines] == [
        [str(k)] for k in range(1, 401)
    ]


# A terminal


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None, _environ={})


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())


def drawn(view: LiveProgress) -> list[str]:
    """What stands on the terminal at this moment."""
    console = terminal()
    console.print(view._draw())
    return printed(console).splitlines()


def test_the_live_view_shows_counts_pace_time_left_and_the_clips_in_hand_with_their_steps() -> None:
    clock = Clock()
    view = LiveProgress(counted(clock, total=10, done=2), terminal())
    assert drawn(view)[0].startswith(TITLE)
    assert "━" in drawn(view)[0]
    assert drawn(view)[1:] == ["  2/10 done"]

    for kind in ("published", "published", "error", "refused"):
        view.begun("0001")
        clock.now += 30
        view.ended("0001", kind, "why")
    view.begun("0007")
    view.begun("0008")
    view.step("0007", 12, 50)
    view.step("0008", 1, 1)  # one step tells nothing
    view.step("0099", 3, 9)  # not in hand
    assert [line.strip() for line in drawn(view)[1:]] == [
        "4/10 done, 1 failed, 1 refused, 1.0 clips/min, 2:00 left",
        "making 0007 12/50  0008",
    ]

    view.ended("0007", "published", "")
    assert drawn(view)[-1].strip() == "making 0008"


def test_a_failure_stays_above_the_bar_and_the_last_word_is_the_sum() -> None:
    clock, console = Clock(), terminal()
    with LiveProgress(counted(clock, total=2), console) as view:
        view.begun("0001")
        clock.now += 60
        view.ended("0001", "published", "")
        view.begun("0002")
        view.ended("0002", "bad_clip", "shape [/red] (3,)")
    lines = [line.strip() for line in re.split(r"[\r\n]+", printed(console)) if line.strip()]
    assert "0002 bad_clip: shape [/red] (3,)" in lines
    assert not any("0001 published" in line for line in lines)
    assert lines[-1] == f"{TITLE}: 1/2 done, 1 failed, 1.0 clips/min"


def test_names_in_brackets_are_no_markup() -> None:
    console = terminal()
    with LiveProgress(Counts("a[b]-op-run_01", 1, 0), console):
        pass
    assert "a[b]-op-run_01: 0/1 done" in printed(console)


def test_auto_is_plain_without_a_terminal() -> None:
    counts = Counts(TITLE, 1, 0)
    assert isinstance(make_progress("auto", counts), PlainProgress)  # tests have none
    assert isinstance(make_progress("plain", counts), PlainProgress)
    assert isinstance(make_progress("live", counts), LiveProgress)


# Before and after the clips


def told(capsys: pytest.CaptureFixture[str], calls: Iterable[int], total: int) -> list[str]:
    with make_bar("plain", "scoring") as bar:
        for done in calls:
            bar(done, total)
    return capsys.readouterr().err.splitlines()


def test_a_bar_tells_every_tenth_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, range(199), 198)
    assert lines == [f"scoring: {-(-198 * tenth // 10)}/198" for tenth in range(11)]


def test_a_bar_over_few_things_tells_each_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, (0, 0, 1, 2, 2, 3, 3), 3)
    assert lines == ["scoring: 0/3", "scoring: 1/3", "scoring: 2/3", "scoring: 3/3"]


def test_a_bar_without_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, (), 5) == []
    assert told(capsys, (0,), 0) == ["scoring: 0/0"]
