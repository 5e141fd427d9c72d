"""A model in its own environment: one run of the command for many clips."""

from __future__ import annotations

import gc
import os
import textwrap
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters import AdapterError, Clip, Request
from adapters.command.adapter import Command
from adapters.testing import make_request
from tests.adapters.command.children import alive, pids, python, when_ready

BATCH = """
lines = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
def write(line):
    open(line['output'], 'wb').write(line['id'].encode())
def say(**message):
    print(json.dumps(message), flush=True)
"""


def requests(tmp_path: Path, count: int, **changes: Any) -> Iterator[Request]:
    for k in range(1, count + 1):
        yield make_request(tmp_path / str(k), scenario_id=f"000{k}", seed=k, **changes)


def start(
    tmp_path: Path, code: str, count: int = 3, request: dict[str, Any] | None = None, **settings: Any
) -> Iterator[Clip | AdapterError]:
    adapter = Command(python(BATCH + textwrap.dedent(code), "{requests}"), batch=8, **settings)
    return adapter.generate_many(requests(tmp_path, count, **(request or {})))


def batch(tmp_path: Path, code: str, count: int = 3, **settings: Any) -> list[Clip | AdapterError]:
    return list(start(tmp_path, code, count, **settings))


def kinds(results: list[Clip | AdapterError]) -> list[str]:
    return [type(result).__name__ for result in results]


def test_one_process_makes_the_whole_batch(tmp_path: Path) -> None:
    code = """
    open('runs', 'a').write('x')
    for line in lines: write(line)
    """
    results = batch(tmp_path, code, cwd=str(tmp_path))
    texts = [clip.file.read_bytes() for clip in results if isinstance(clip, Clip) and clip.file]
    assert texts == [b"0001", b"0002", b"0003"]
    assert (tmp_path / "runs").read_text(encoding="utf-8") == "x"


def test_a_line_holds_all_fields_of_a_clip(tmp_path: Path) -> None:
    code = """
    for line in lines: write(line); say(id=line['id'], info=line)
    """
    first = batch(tmp_path, code, count=2)[0]
    assert isinstance(first, Clip)
    line = dict(first.info)
    assert Path(line.pop("image")).name == "switch_frame.png"
    assert Path(line.pop("output")) == first.file
    assert line == {
        "id": "0001", "prompt": "a disc moves to the right", "negative_prompt": None, "seed": 1, "width": 64,
        "height": 36, "fps": 24, "seconds": 1, "num_frames": 24, "conditioning_fps": 24,
    }  # fmt: skip


def test_a_multiframe_batch_gets_the_video_too_and_others_on_request(tmp_path: Path) -> None:
    code = """
    for line in lines: write(line); say(id=line['id'], info={'has': sorted({'image', 'video', 'frames'} & line.keys())})
    """
    for settings, has in (({"mode": "multiframe"}, ["image", "video"]), ({"inputs": ["frames"]}, ["frames"])):
        (clip,) = batch(tmp_path / has[0], code, count=1, **settings)
        assert isinstance(clip, Clip)
        assert clip.info == {"has": has}


def test_an_announced_clip_comes_while_the_others_are_made(tmp_path: Path) -> None:
    code = """
    write(lines[0]); say(id='0001', output=lines[0]['output'], info={'steps': 30})
    open('go').read()
    write(lines[1])
    """
    os.mkfifo(tmp_path / "go")
    results = start(tmp_path, code, count=2, cwd=str(tmp_path))
    first = next(results)
    assert isinstance(first, Clip)
    assert first.info == {"steps": 30}
    (tmp_path / "go").write_bytes(b"")
    assert kinds(list(results)) == ["Clip"]


def test_results_keep_the_order_of_the_requests(tmp_path: Path) -> None:
    code = """
    for line in reversed(lines): write(line); say(id=line['id'], output=line['output'])
    """
    files = [clip.file for clip in batch(tmp_path, code) if isinstance(clip, Clip)]
    assert [file.read_bytes() for file in files if file] == [b"0001", b"0002", b"0003"]


def test_a_half_written_clip_of_a_failed_batch_is_never_taken(tmp_path: Path) -> None:
    code = """
    write(lines[0]); say(id='0001', output=lines[0]['output'])
    write(lines[1])
    sys.exit('out of memory')
    """
    results = batch(tmp_path, code)
    assert kinds(results) == ["Clip", "AdapterError", "AdapterError"]
    assert "out of memory" in str(results[1])


def test_a_clip_that_a_good_batch_left_out_is_told(tmp_path: Path) -> None:
    assert kinds(batch(tmp_path, "write(lines[0]); write(lines[2])")) == ["Clip", "BadClip", "Clip"]


def test_a_batch_may_refuse_or_fail_single_clips(tmp_path: Path) -> None:
    code = """
    say(id='0001', refused='violence'); say(id='0002', error='too dark'); write(lines[2])
    """
    results = batch(tmp_path, code)
    assert kinds(results) == ["Refused", "AdapterError", "Clip"]
    assert [str(results[0]), str(results[1])] == ["violence", "too dark"]


def test_other_output_is_the_commands_own_business(tmp_path: Path) -> None:
    code = """
    print('loading'); print('{not json'); print('[1]'); print('{"id": "9999", "output": "x"}'); print('{}')
    for line in lines: write(line)
    """
    assert kinds(batch(tmp_path, code)) == ["Clip"] * 3


def test_an_announced_path_counts_from_where_the_command_runs(tmp_path: Path) -> None:
    code = """
    open('mine.mp4', 'wb').write(b'clip'); say(id='0001', output='mine.mp4')
    """
    (clip,) = batch(tmp_path, code, count=1, cwd=str(tmp_path))
    assert isinstance(clip, Clip)
    assert clip.file == tmp_path / "mine.mp4"


ONE_OF_MANY = """
write(lines[0]); say(id='0001', output=lines[0]['output'])
open('pids', 'w').write(str(os.getpid()))
open('ready', 'w').close()
time.sleep(600)
"""


def test_a_batch_that_takes_too_long_keeps_what_it_announced(tmp_path: Path) -> None:
    request = {"step": when_ready(tmp_path)}
    results = batch(tmp_path, ONE_OF_MANY, cwd=str(tmp_path), timeout_s=0.001, request=request)
    assert kinds(results) == ["Clip", "AdapterError", "AdapterError"]
    assert "not done in time" in str(results[2])
    assert not any(map(alive, pids(tmp_path)))


def test_leaving_a_batch_early_stops_its_command(tmp_path: Path) -> None:
    results = start(tmp_path, ONE_OF_MANY, cwd=str(tmp_path), request={"step": when_ready(tmp_path)})
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not any(map(alive, pids(tmp_path)))


def test_requests_are_let_go_of_as_they_are_written(tmp_path: Path) -> None:
    seen: list[weakref.ref[Any]] = []
    held: list[int] = []

    def lazily() -> Iterator[Request]:
        for request in requests(tmp_path, 4):
            gc.collect()
            held.append(sum(ref() is not None for ref in seen))
            seen.append(weakref.ref(request.conditioning))
            yield request

    code = "for line in lines: write(line)"
    list(Command(python(BATCH + code, "{requests}"), batch=8).generate_many(lazily()))
    assert max(held) <= 1


def test_a_batch_that_cannot_start_fails_all_its_clips(tmp_path: Path) -> None:
    results = list(Command("/nowhere/model {requests}", batch=8).generate_many(requests(tmp_path, 2)))
    assert kinds(results) == ["Rejected", "Rejected"]


def test_an_empty_batch_runs_nothing(tmp_path: Path) -> None:
    assert batch(tmp_path, "sys.exit(1)", count=0) == []


def test_one_clip_may_be_asked_of_a_batch_command(tmp_path: Path) -> None:
    adapter = Command(python(BATCH + "write(lines[0])", "{requests}"), batch=8)
    assert adapter.generate(make_request(tmp_path)).file is not None
