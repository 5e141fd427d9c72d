"""Whatever a connection or a server does, what bears a final name is the source's, and nothing is fetched twice."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.core.files import Different, place
from runners.fetching import web
from runners.fetching.web import ATTEMPTS
from tests.fetching import storage_server
from tests.fetching.sets import Fetched, Impatient, here, published
from tests.fetching.storage_server import Fault, Storage, Stored
from tests.run.test_disk_full import small_disk

CLIP = "split-videos/testing/30FPS/0001_testing-videos_30FPS_perspective-left_take-1_trimmed-scene-0.mp4"
SCORE = {name: data for name, data in published().items() if "30FPS" in name and ("testing" in name or "mask" in name)}


def videos(root: Path) -> dict[str, bytes]:
    return {name: data for name, data in here(root).items() if name.endswith(".mp4")}


def score(root: Path, **changes: Any) -> Fetched:
    return Fetched(root, purpose="score", **changes)


def parts(root: Path) -> list[Path]:
    return list((root / ".fetch").glob("*.part"))


def test_all_arrives_and_a_second_run_reads_and_asks_for_nothing(storage: Storage, tmp_path: Path) -> None:
    assert score(tmp_path).code == 0
    assert videos(tmp_path) == SCORE
    assert parts(tmp_path) == []
    storage.asked.clear()
    done = score(tmp_path)
    assert (done.code, storage.asked) == (0, [])
    assert "0 files fetched (0 bytes), 13 were there" in done.said
    assert "comparing" not in done.said


def test_every_request_is_anonymous_and_names_the_generation(storage: Storage, tmp_path: Path) -> None:
    storage.buckets["set"][CLIP].generation = 1_712_345_678_901_234
    assert score(tmp_path).code == 0
    assert all("Authorization" not in asked.headers for asked in storage.asked)


def test_cut_connections_are_gone_on_with_where_they_broke(storage: Storage, tmp_path: Path) -> None:
    storage.faults.append(Fault(CLIP, cut_after=1000, times=2))
    assert score(tmp_path).code == 0
    assert videos(tmp_path) == SCORE
    assert storage.starts(CLIP) == [0, 1000, 2000]


def test_a_line_that_breaks_often_but_moves_is_not_given_up(storage: Storage, tmp_path: Path) -> None:
    storage.faults.append(Fault(CLIP, cut_after=100, times=25))
    assert score(tmp_path).code == 0
    assert videos(tmp_path) == SCORE
    assert storage.starts(CLIP) == [100 * number for number in range(26)]


def test_a_server_without_ranges_is_asked_for_the_whole_again(storage: Storage, tmp_path: Path) -> None:
    storage.faults += [Fault(CLIP, cut_after=1000, times=1), Fault(CLIP, no_ranges=True)]
    assert score(tmp_path).code == 0
    assert videos(tmp_path) == SCORE
    assert storage.starts(CLIP) == [0, 1000]


def test_a_part_of_another_generation_is_not_gone_on_with(storage: Storage, tmp_path: Path) -> None:
    storage.faults += [Fault(CLIP, cut_after=1000, times=1), Fault(CLIP, status=500)]
    assert score(tmp_path).code == 1
    assert len(parts(tmp_path)) == 1
    storage.faults.clear()
    storage.asked.clear()
    newer = bytes(reversed(SCORE[CLIP]))
    storage.buckets["set"][CLIP] = Stored(newer, generation=2)
    assert score(tmp_path).code == 0
    assert storage.starts(CLIP) == [0]
    assert videos(tmp_path)[CLIP] == newer
    assert parts(tmp_path) == []


def test_a_file_that_changes_after_it_was_listed_is_told(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = storage.fault

    def changed(path: str) -> Fault:
        if CLIP in path:
            storage.buckets["set"][CLIP] = Stored(b"new", generation=2)
        return fault(path)

    monkeypatch.setattr(storage, "fault", changed)
    done = score(tmp_path)
    assert done.code == 1
    assert f"failed: {CLIP}: 127.0.0.1:{storage.port} answers HTTP 404: it is not there" in done.said
    assert set(videos(tmp_path)) == set(SCORE) - {CLIP}


def test_a_server_that_gives_another_generation_is_not_believed(storage: Storage, tmp_path: Path) -> None:
    storage.faults.append(Fault(CLIP, headers={"x-goog-generation": "2"}))
    done = score(tmp_path)
    assert done.code == 1
    assert f"failed: {CLIP}: it was changed at the source since it was listed" in done.said


@pytest.mark.parametrize("composite", [False, True])
def test_wrong_bytes_are_thrown_away_and_asked_for_once_more(storage: Storage, tmp_path: Path, composite: bool) -> None:
    storage.buckets["set"][CLIP].composite = composite
    storage.faults.append(Fault(CLIP, wrong_bytes=True, times=1))
    assert score(tmp_path).code == 0
    assert videos(tmp_path) == SCORE
    assert storage.starts(CLIP) == [0, 0]


def test_bytes_that_stay_wrong_never_get_the_files_name(storage: Storage, tmp_path: Path) -> None:
    storage.faults.append(Fault(CLIP, wrong_bytes=True))
    done = score(tmp_path)
    assert done.code == 1
    assert f"failed: {CLIP}: its md5 is not the one that the source states" in done.said
    assert set(videos(tmp_path)) == set(SCORE) - {CLIP}
    assert storage.starts(CLIP) == [0, 0]
    assert parts(tmp_path) == []


def test_a_server_that_asks_for_patience_gets_it(storage: Storage, tmp_path: Path) -> None:
    storage.faults.append(Fault(CLIP, status=429, headers={"Retry-After": "77"}, times=1))
    storage.faults.append(Fault(CLIP, status=503, times=2))
    done = score(tmp_path)
    assert done.code == 0
    assert isinstance(done.stop, Impatient)
    assert done.stop.waited[0] == 77
    assert all(1 <= seconds <= 40 for seconds in done.stop.waited[1:])
    assert len(done.stop.waited) == 3


def test_a_date_may_be_asked_for_as_well() -> None:
    assert web.asked_wait("Wed, 21 Oct 2015 07:28:00 GMT") is None
    assert web.asked_wait("Fri, 21 Oct 2095 07:28:00 GMT") == 600
    assert (web.asked_wait("soon"), web.asked_wait(None)) == (None, None)


def test_a_server_that_stays_ill_is_given_up_and_the_rest_is_fetched(storage: Storage, tmp_path: Path) -> None:
    storage.faults.append(Fault(CLIP, status=500))
    done = score(tmp_path)
    assert done.code == 1
    assert f"failed: {CLIP}: 127.0.0.1:{storage.port} answers HTTP 500" in done.said
    assert "1 file could not be fetched; run the same command again" in done.said
    assert isinstance(done.stop, Impatient)
    assert len(done.stop.waited) == ATTEMPTS - 1
    assert set(videos(tmp_path)) == set(SCORE) - {CLIP}
    storage.faults.clear()
    assert score(tmp_path).code == 0
    assert videos(tmp_path) == SCORE


def test_a_list_that_stays_out_of_reach_is_told_before_any_work(storage: Storage, tmp_path: Path) -> None:
    storage.faults.append(Fault("/storage/v1/b/set/o", status=503))
    with pytest.raises(
        UserError, match=r"gs://set: 127\.0\.0\.1:[0-9]+ answers HTTP 503; run the same command again later"
    ):
        score(tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_a_bucket_that_is_closed_is_told(storage: Storage, tmp_path: Path) -> None:
    storage.faults.append(Fault("/storage/v1/b/set/o", status=403))
    with pytest.raises(UserError, match=r"answers HTTP 403; see benchmark\.origin"):
        score(tmp_path)


def test_nobody_who_listens_is_told(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
    with pytest.raises(UserError, match=r"the connection to 127\.0\.0\.1:1 was lost"):
        score(tmp_path)


def test_a_file_of_ones_own_is_left_and_told(storage: Storage, tmp_path: Path) -> None:
    own = {CLIP: b"mine"}
    longer = next(name for name in SCORE if name != CLIP)
    own[longer] = bytes(len(SCORE[longer]))  # of the very size
    for name, data in own.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    done = score(tmp_path)
    assert done.code == 1
    assert "2 files here are not the source's, and were left as they are: " in done.said
    assert "move them away and run the same command again" in done.said
    assert videos(tmp_path) == {**SCORE, **own}
    assert storage.starts(CLIP) == storage.starts(longer) == []


def test_files_from_elsewhere_are_compared_once_and_used(storage: Storage, tmp_path: Path) -> None:
    for name, data in SCORE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    first, second = score(tmp_path), score(tmp_path)
    assert "comparing 12 files that are already here with their checksums" in first.said
    assert "comparing" not in second.said
    assert storage.starts(CLIP) == []


def test_a_file_that_was_changed_later_is_found_out(storage: Storage, tmp_path: Path) -> None:
    score(tmp_path)
    path = tmp_path / CLIP
    before = path.stat()
    path.write_bytes(bytes(len(SCORE[CLIP])))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert score(tmp_path).code == 1
    assert path.read_bytes() == bytes(len(SCORE[CLIP]))


def test_a_torn_index_costs_a_second_look_and_nothing_else(storage: Storage, tmp_path: Path) -> None:
    score(tmp_path)
    index = tmp_path / ".fetch" / "verified.jsonl"
    index.write_bytes(index.read_bytes()[:-9])
    storage.asked.clear()
    assert "comparing 1 file " in score(tmp_path).said
    assert "comparing" not in score(tmp_path).said
    assert storage.asked == []


def test_an_answer_without_a_list_is_a_source_without_data(storage: Storage, tmp_path: Path) -> None:
    storage.faults.append(Fault("/storage/v1/b/set/o", redirect=f"{storage.url}/repos/official/texts/git/trees/HEAD"))
    with pytest.raises(UserError, match="holds no truth"):
        score(tmp_path)


def test_an_empty_file_arrives_empty(storage: Storage, tmp_path: Path) -> None:
    storage.buckets["set"][CLIP] = Stored(b"")
    assert score(tmp_path).code == 0
    assert (tmp_path / CLIP).read_bytes() == b""


@pytest.mark.parametrize(
    "target", ["http://[", "http://a b/", "http://127.0.0.1:99999/", "file:///etc/passwd", "http://\xff/"]
)
def test_a_redirect_to_no_web_address_fails_that_file_alone(storage: Storage, tmp_path: Path, target: str) -> None:
    storage.faults.append(Fault(CLIP, redirect=target))
    done = score(tmp_path)
    assert done.code == 1
    assert f"failed: {CLIP}: " in done.said
    assert "is no web address" in done.said.replace("to what is", "is")
    assert set(videos(tmp_path)) == set(SCORE) - {CLIP}


def test_an_odd_date_to_wait_for_is_no_date() -> None:
    assert web.asked_wait("Wed, 21 Oct 2015 07:28:00 +99999999999999999999") is None


def test_texts_that_come_as_no_list_cost_the_texts_alone(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.buckets["set"] = {name: Stored(data) for name, data in SCORE.items()}
    monkeypatch.setattr(storage_server._Handler, "_repository", lambda handler, *_: handler._json([]))
    done = score(tmp_path)
    assert done.code == 1
    assert "answers with something else than a list of files; run the same command again later" in done.said
    assert videos(tmp_path) == SCORE


def test_an_index_that_is_no_index_costs_a_second_look(storage: Storage, tmp_path: Path) -> None:
    score(tmp_path)
    (tmp_path / ".fetch" / "verified.jsonl").write_text("[" * 100_000 + "\n{}\n3\n")
    done = score(tmp_path)
    assert (done.code, "comparing 13 files" in done.said) == (0, True)


def test_a_folder_that_links_to_another_disk_is_filled_there(storage: Storage, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8192) as disk:
        (tmp_path / "set" / "split-videos").mkdir(parents=True)
        (tmp_path / "set" / "split-videos" / "testing").symlink_to(disk, target_is_directory=True)
        own = disk / "24FPS" / Path(CLIP).name.replace("30FPS", "24FPS")
        own.parent.mkdir()
        own.write_bytes(b"mine")
        assert score(tmp_path / "set").code == 0
        assert score(tmp_path / "set", fps=24).code == 1
        assert own.read_bytes() == b"mine"
        assert (disk / "30FPS" / Path(CLIP).name).read_bytes() == SCORE[CLIP]
        assert list(disk.rglob(".*")) == parts(tmp_path / "set") == []


def test_a_name_on_another_disk_that_was_taken_meanwhile_stays_its_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, final = tmp_path / "a.part", tmp_path / "a"
    part.write_bytes(b"theirs")
    final.write_bytes(b"mine")

    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(Different):
        place(part, final)
    assert final.read_bytes() == b"mine"
