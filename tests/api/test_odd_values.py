"""One odd value in an answer that tells of a finished video: it spoils its own field, and never the video."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import AdapterError, SetupError
from adapters.api.http.redaction import Redactor
from adapters.api.http.transport import Transport
from adapters.api.jobs.poll import AnotherJob, Asking
from adapters.api.provider import Provider
from adapters.api.wire import Answer, BadAnswer, Call, State, Status, Ticket
from adapters.http.retry_after import Passing
from tests.api.kit import CASES, Case, running
from tests.api.works import is_fit

Path_ = tuple[str | int, ...]

ODD = {
    "NaN": b"NaN", "a word": b'"x"', "negative": b"-1", "infinite": b"1e400", "-Infinity": b"-Infinity", "list": b"[]",
    "object": b"{}", "null": b"null", "true": b"true", "half a character": rb'"\ud800"', "no UTF-8": b'"\xff\xfe"',
    "a line break": b'"a\nb"', "twice": b'{"a": 1, "a": 2}', "long": b'"%s"' % (b"a" * 100_000),
    "5000 digits": b"9" * 5000, "deep": b"[" * 30 + b"]" * 30, "deeper": b"[" * 3000 + b"]" * 3000,
}  # fmt: skip
ADDRESSED: dict[str, dict[str, tuple[Path_, ...]]] = {
    "runway": {"status": (("status",), ("output", 0))},
    "fal": {"status": (("status",),), "result": (("video", "url"),)},
    "luma": {"status": (("state",), ("output", 0, "url"))},
    "xai": {"status": (("status",), ("video", "url"))},
    # What was sent stands among the steps as well: a step's type alone tells that the model made the video in it.
    "gemini": {"status": (("status",), ("steps", 2, "type"), ("steps", 2, "content", 0, "data"))},
    "gemini_file": {
        "status": (("status",), ("steps", 2, "type"), ("steps", 2, "content", 0, "uri")),
        "result": (("state",),),
    },
    "vertex": {"status": (("done",), ("response", "videos", 0, "bytesBase64Encoded"))},
    "replicate": {"status": (("status",), ("output",))},
    "ark": {"status": (("status",), ("content", "video_url"))},
    "kling": {"status": (("data", "task_status"), ("data", "task_result", "videos", 0, "url"))},
    "minimax": {"status": (("status",), ("file_id",)), "result": (("file", "download_url"),)},
    "minimax_v2": {"status": (("task", "status"), ("task", "content", "url"))},
    "dashscope": {"status": (("output", "task_status"), ("output", "video_url"))},
    "openrouter": {"status": (("status",), ("unsigned_urls", 0))},
    "wavespeed": {"status": (("data", "status"), ("data", "outputs", 0))},
    "together": {"status": (("status",), ("outputs", "video_url"))},
    "vercel": {"status": (("status",), ("videos", 0, "type"), ("videos", 0, "url"))},
    "openai": {"status": (("status",),)},
}
"""Where a finished answer tells that it is done, and where its video is: what an odd value there or above may hide."""
NOTHING = {"list", "object", "null", "twice"}
"""What says at an address that there is no video: it is empty, or holds nothing that is known."""
NAMES = ("id", "request_id", "task_id", "name", "file_id", "jobId")
DOCUMENTED = [("status", ("data_removed",), "true")]
"""What is no odd value, but the vendor's word for a video that is gone."""


class Replay(Transport):
    """Gives the answers of a finished job once more."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__("http://127.0.0.1:9", dict, Redactor())
        self.answers = answers
        self.asked = 0

    def send(self, call: Call, *, fresh: bool = False, most_bytes: int = 0) -> Answer:
        """The poll's, then that of the further call."""
        self.asked += 1
        return self.answers["status" if self.asked == 1 else "result"]


class Finished:
    """What a service answered when a job was done, and how it is asked."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.answers: dict[str, Answer] = {}
        self.provider: Provider
        self.ticket: Ticket
        read = Asking._read

        def recorded(asking: Asking, reads: Any, answer: Answer) -> Status:
            self.answers[reads.__name__] = answer
            self.provider, self.ticket = asking.provider, asking.ticket
            return read(asking, reads, answer)

        with pytest.MonkeyPatch.context() as patch, running(case, folder) as run:
            patch.setattr(Asking, "_read", recorded)
            assert run.go().kind == "clip"

    def look(self, **changed: bytes) -> Status:
        """What is read, with these bodies in the place of some."""
        given = {
            name: Answer(one.status, one.headers, changed.get(name, one.body)) for name, one in self.answers.items()
        }
        return Asking(self.provider, Replay(given), self.ticket, 0.0, time.time).look()

    def spoilt(self) -> Iterator[tuple[str, Path_, str, bytes]]:
        """Every value of every answer in turn, in the place of which some odd one stands: where, which, the body."""
        for name, given in self.answers.items():
            for path in paths(given.json()):
                for kind, odd in ODD.items():
                    yield (
                        name,
                        path,
                        kind,
                        json.dumps(put(given.json(), path, "@odd@")).encode().replace(b'"@odd@"', odd),
                    )


def paths(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Where the values in a value are."""
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in entries:
        yield from paths(one, (*path, key))


def put(value: Any, path: Path_, other: Any) -> Any:
    """A value with another one at a place."""
    *above, last = path
    place = value
    for key in above:
        place = place[key]
    place[last] = other
    return value


def leads_to(path: Path_, places: tuple[Path_, ...]) -> bool:
    """Whether a value is one of these, or holds one."""
    return any(place[: len(path)] == path or path[: len(place)] == place for place in places)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_an_odd_address_or_state_hides_a_finished_video(case: Case, tmp_path: Path) -> None:
    finished = Finished(case, tmp_path)
    whole = finished.look()
    assert whole.state is State.SUCCEEDED
    assert finished.answers.keys() == ADDRESSED[case.name].keys()
    lost, given_up, unfit = [], [], []
    for name, path, kind, body in finished.spoilt():
        addressed = leads_to(path, ADDRESSED[case.name][name])
        try:
            status = finished.look(**{name: body})
        except AnotherJob:
            assert path[-1] in NAMES, path  # another id is another job's, whose video this is not
            continue
        except (Passing, AdapterError, SetupError) as error:
            if len(str(error).encode("utf-8")) > 4000:
                unfit.append((name, path, kind))
            if not addressed:
                lost.append((name, path, kind))
            continue
        if status.output != whole.output and not addressed:
            lost.append((name, path, kind))
        if status.state is not State.PENDING and status.output is None and addressed and kind not in NOTHING:
            given_up.append((name, path, kind))
        if not is_fit(status):
            unfit.append((name, path, kind))
    assert [one for one in lost if one not in DOCUMENTED] == []
    assert (given_up, unfit) == ([], [])


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_value_spoils_nothing_beside_it(kind: str) -> None:
    read = Answer(200, {}, b'{"odd": %s, "url": "https://h/v.mp4"}' % ODD[kind]).record()
    assert read["url"] == "https://h/v.mp4"


@pytest.mark.parametrize("depth", [1, 49, 50, 51, 500, 100_000])
def test_what_lies_too_deep_is_left_out(depth: int) -> None:
    body = '{"a": ' + '{"c": [' * depth + r'"]}[{\"]"' + "]}" * depth + ', "b": 1}'
    read = Answer(200, {}, body.encode()).record()
    assert read["b"] == 1
    assert ("]}[{" in repr(read)) == (depth < 50)
    with pytest.raises(BadAnswer):
        Answer(200, {}, body[:-20].encode()).record()
