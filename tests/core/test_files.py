"""Files: whole under their final name or not there at all."""

from __future__ import annotations

import errno
import hashlib
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.core.files import publish, sha256_file, sha256_json, shown, user_path, write_json, write_text
from runners.dataset.presence import cache_folder


def test_text_arrives_wholly_in_a_folder_made_for_it_with_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "note.txt"
    write_text(path, "Grüße\n")
    assert path.read_bytes() == "Grüße\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scores.json"
    write_json(path, {"old": 1})

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_json(path, {"new": 2})
    assert json.loads(path.read_text("utf-8")) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, {"deep": [math.nan]}])
def test_what_is_no_json_is_refused_before_anything_is_touched(tmp_path: Path, value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x" / "scores.json", value)
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_half_written_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".note.txt.part").write_text("half of an old one, and longer")
    write_text(tmp_path / "note.txt", "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"note.txt": "new"}


def test_publishing_makes_the_contents_durable_then_the_name_then_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def traced_fsync(fd: int) -> None:
        steps.append(f"fsync {Path(f'/proc/self/fd/{fd}').readlink().name}")
        fsync(fd)

    def traced_replace(self: Path, target: Path) -> Path:
        steps.append(f"{self.name} → {Path(target).name}")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", traced_fsync)
    monkeypatch.setattr(Path, "replace", traced_replace)
    (tmp_path / "work").mkdir()
    (tmp_path / "videos").mkdir()
    (tmp_path / "work" / "1.part").write_bytes(b"clip")
    publish(tmp_path / "work" / "1.part", tmp_path / "videos" / "1.mp4")
    assert steps == ["fsync 1.part", "1.part → 1.mp4", "fsync videos"]
    assert (tmp_path / "videos" / "1.mp4").read_bytes() == b"clip"


def test_a_file_s_hash_is_that_of_its_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "f").write_bytes(data)
    assert sha256_file(tmp_path / "f") == hashlib.sha256(data).hexdigest()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(), JSON, max_size=5))
def test_a_json_hash_depends_on_the_value_alone_not_on_the_order_of_keys_nor_on_a_round_trip(
    value: dict[str, object],
) -> None:
    backwards = dict(reversed(value.items()))
    assert sha256_json(backwards) == sha256_json(value) == sha256_json(json.loads(json.dumps(value)))


def test_different_values_have_different_hashes() -> None:
    values = [None, 0, 0.5, "", "0", [], {}, [0], {"a": 1}, {"a": 2}, {"b": 1}, [[1], 2], [1, [2]]]
    assert len({sha256_json(value) for value in values}) == len(values)


def test_a_path_is_shown_as_it_would_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "results" / "demo") == "results/demo"
    assert shown(tmp_path.parent / "elsewhere") == str(tmp_path.parent / "elsewhere")


def test_a_path_that_a_person_gave_is_whole_and_knows_their_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert user_path("~/x") == Path("/home/ada/x")
    assert user_path("c:v") == Path.cwd() / "c:v"


def test_who_has_no_home_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="~nobody-of-this-name/x: nobody knows the home"):
        user_path("~nobody-of-this-name/x")

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)  # a container's user without an entry
    with pytest.raises(UserError, match="set HOME=FOLDER or XDG_CACHE_HOME=FOLDER"):
        cache_folder({})
    assert cache_folder({"XDG_CACHE_HOME": "/cache"}) == Path("/cache/physics-iq-harness")
