"""A gated data set of the Hugging Face hub, through the hub's own client for lists and logins."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from tests.fetching.sets import Fetched, Impatient, here, official_texts, published
from tests.local.hub_server import Fault, Hub

constants = pytest.importorskip("huggingface_hub.constants")

NAME = "somebody/Verified-Set"
TOKEN = "hf_canaryCANARYcanaryCANARYcanary12345"
CLIP = "0001_testing-videos_30FPS_perspective-left_take-1_trimmed-scene-0.mp4"
FILES = published(("switch", "testing", "full"), rates=(30,))
"""As the set's own page lists it: no conditioning clips."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with Hub(page=5) as server:
        server.add(f"datasets/{NAME}", FILES)
        server.repositories[f"datasets/{NAME}"].members = {TOKEN}
        address = server.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield server


def fetched(root: Path, **changes: Any) -> Fetched:
    return Fetched(root, **{"origin": f"hf://datasets/{NAME}", "texts": None, **changes})


def test_all_that_is_needed_arrives_and_full_videos_stand_in_for_conditioning(hub: Hub, tmp_path: Path) -> None:
    done = fetched(tmp_path / "set")
    assert done.code == 0, done.said
    wanted = {name: data for name, data in FILES.items() if "full-videos/take-2" not in name}
    assert here(tmp_path / "set") == wanted
    assert TOKEN not in done.said


def test_the_login_goes_to_the_hub_and_nowhere_else(hub: Hub, tmp_path: Path) -> None:
    assert fetched(tmp_path / "set").code == 0
    assert {token for path, token in hub.signed if NAME in path} == {f"Bearer {TOKEN}"}, hub.signed
    assert hub.storage_tokens == {""}


def test_the_login_may_lie_in_the_clients_own_file(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    assert fetched(tmp_path / "set").code == 0


def test_without_a_login_the_way_in_is_told_before_any_work(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    page = f"https://huggingface.co/datasets/{NAME}"
    with pytest.raises(UserError, match=rf"accept its terms at {page} .* then log in: hf auth login") as told:
        fetched(tmp_path / "set")
    assert TOKEN not in str(told.value)
    assert not (tmp_path / "set").exists()


def test_a_login_whose_terms_are_not_accepted_is_told(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_anotherANOTHERanotherANOTHER1234567")
    with pytest.raises(UserError, match="is gated: accept its terms at") as told:
        fetched(tmp_path / "set")
    assert "another" not in str(told.value)


def test_a_login_that_is_invalid_is_told(hub: Hub, tmp_path: Path) -> None:
    wrong = {"X-Error-Message": "Invalid credentials in Authorization header"}
    hub.faults.append(Fault("/api/datasets", status=401, headers=wrong))
    with pytest.raises(UserError, match=r"does not accept your token .* hf auth login"):
        fetched(tmp_path / "set")


def test_a_token_that_no_header_can_hold_is_told(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canary\u20acCANARY")
    with pytest.raises(UserError) as told:
        fetched(tmp_path / "set")
    assert "CANARY" not in str(told.value)


def test_a_login_that_ends_on_the_way_stops_the_work_and_is_told(hub: Hub, tmp_path: Path) -> None:
    hub.faults.append(Fault("/resolve/", status=403, code="GatedRepo"))
    with pytest.raises(UserError, match="answers HTTP 403: it lets you in no more; check your login"):
        fetched(tmp_path / "set")


def test_a_data_set_that_is_not_there_is_told(hub: Hub, tmp_path: Path) -> None:
    hub.faults.append(Fault("/api/datasets", status=404, code="RepoNotFound"))
    with pytest.raises(UserError, match="is not on the hub, or hidden from you"):
        fetched(tmp_path / "set")


@pytest.mark.parametrize(
    "fault", [Fault("/api/datasets", status=503, times=2), Fault("/api/datasets", cut_after=-1, times=1)]
)
def test_passing_faults_of_lists_are_waited_out(hub: Hub, tmp_path: Path, fault: Fault) -> None:
    hub.faults.append(fault)
    done = fetched(tmp_path / "set")
    assert done.code == 0
    assert isinstance(done.stop, Impatient)
    assert 1 <= len(done.stop.waited) <= 2


def test_a_hub_that_falls_silent_is_given_up(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silence = threading.Event()
    monkeypatch.setattr("runners.fetching.hub._SILENCE_S", 0.05)
    monkeypatch.setattr("huggingface_hub.HfApi.auth_check", lambda *_, **__: silence.wait())
    with pytest.raises(UserError, match="the hub does not answer; run the same command again later"):
        fetched(tmp_path / "set")
    silence.set()


def test_an_address_at_the_storage_that_ran_out_is_asked_for_anew(hub: Hub, tmp_path: Path) -> None:
    hub.faults.append(Fault("/cdn/", status=403, times=2))
    assert fetched(tmp_path / "set", purpose="score", connections=1).code == 0


def test_offline_is_told(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="cannot be fetched while HF_HUB_OFFLINE is set"):
        fetched(tmp_path / "set")


def test_cut_connections_are_gone_on_with(hub: Hub, tmp_path: Path) -> None:
    hub.faults.append(Fault("/cdn/", cut_after=1000, times=1))
    assert fetched(tmp_path / "set", purpose="score", connections=1).code == 0
    assert [asked for _, asked in hub.ranges if asked] == ["bytes=1000-"]


def test_wrong_bytes_never_get_the_files_name(hub: Hub, tmp_path: Path) -> None:
    hub.faults.append(Fault("/cdn/", wrong_bytes=True))
    done = fetched(tmp_path / "set")
    assert done.code == 1
    assert "its sha256 is not the one that the source states" in done.said
    assert [name for name in here(tmp_path / "set") if name.endswith((".mp4", ".jpg"))] == []


def test_the_sources_own_top_folder_is_taken_off(hub: Hub, tmp_path: Path) -> None:
    inside = {f"physics-IQ-benchmark-verified/{name}": data for name, data in FILES.items()}
    hub.add(f"datasets/{NAME}", {**inside, "README.md": b"words"})
    assert fetched(tmp_path / "set").code == 0
    assert set(here(tmp_path / "set")) == {name for name in FILES if "full-videos/take-2" not in name}


def test_a_file_that_changed_at_the_hub_is_fetched_anew_and_the_old_one_kept(hub: Hub, tmp_path: Path) -> None:
    assert fetched(tmp_path / "set").code == 0
    name = f"split-videos/testing/30FPS/{CLIP}"
    hub.add(f"datasets/{NAME}", {**FILES, name: b"better"})
    done = fetched(tmp_path / "set")
    assert (done.code, here(tmp_path / "set")[name]) == (1, FILES[name])
    (tmp_path / "set" / name).unlink()
    assert fetched(tmp_path / "set").code == 0
    assert here(tmp_path / "set")[name] == b"better"


def test_texts_are_compared_by_gits_own_id(hub: Hub, tmp_path: Path) -> None:
    assert fetched(tmp_path / "set").code == 0
    assert {name: here(tmp_path / "set")[name] for name in official_texts()} == official_texts()


def test_the_clients_package_is_named_where_it_is_missing(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"needs: pip install -e '\.\[data\]'"):
        fetched(tmp_path / "set")
