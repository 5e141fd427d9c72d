"""A checkpoint's files, through the hub's real client against a hub on loopback; and those of local folders."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.errors import SetupError
from adapters.local.weights import hashing as _hashing
from adapters.local.weights.hub import Source, fetch
from tests.local.hub_server import Fault, Hub

pytest.importorskip("huggingface_hub")
pytest.importorskip("filelock")

_NAME = "someone/model"
_TOKEN = "hf_secret"
_ROOT = Path(__file__).parents[2]
_SCRIPT = """
import json, os, shutil, sys, time
import asyncio, filelock, httpx2, tqdm.auto, yaml  # what takes long to import and reads no settings
from adapters.errors import SetupError
from adapters.local.weights.hub import fetch

def run(job):
    os.environ.update(job["environment"])
    sys.stdout, sys.stderr = open(job["out"], "w"), open(job["said"], "w")
    time.sleep = lambda s: None  # the client waits between its attempts
    if job["free"] is not None:
        shutil.disk_usage = lambda path: type("Usage", (), {"free": job["free"]})
    try:
        found = fetch(**job["arguments"])
    except SetupError as error:
        print(json.dumps({"error": str(error)}))
    else:
        files = sorted(p.relative_to(found.path).as_posix() for p in found.path.rglob("*") if p.is_file())
        print(json.dumps({"path": str(found.path), "revision": found.revision, "files": files}))

for line in sys.stdin:
    jobs = json.loads(line)
    for job in jobs:
        if os.fork() == 0:
            try:
                run(job)
            except BaseException:
                import traceback
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
    for job in jobs:
        os.wait()
    print("done", flush=True)
"""
"""Runs each job in a process of its own, forked from one that has the slow imports behind it."""

_FILES = {
    "model_index.json": json.dumps({
        "_class_name": "SomePipeline", "_diffusers_version": "0.42.1",
        "transformer": ["diffusers", "SomeTransformer"], "text_encoder": ["transformers", "SomeEncoder"],
        "tokenizer": ["transformers", "SomeTokenizer"], "image_encoder": [None, None], "use_it": True,
    }).encode(),
    "README.md": b"words", "example.png": b"picture", "whole.safetensors": b"all at once",
    "transformer/config.json": b"{}",
    "transformer/diffusion_pytorch_model.safetensors.index.json":
        b'{"weight_map": {"a": "diffusion_pytorch_model-00001-of-00002.safetensors",'
        b' "b": "diffusion_pytorch_model-00002-of-00002.safetensors"}}',
    "transformer/diffusion_pytorch_model-00001-of-00002.safetensors": b"first half",
    "transformer/diffusion_pytorch_model-00002-of-00002.safetensors": b"second half",
    "transformer/diffusion_pytorch_model.fp16.safetensors": b"half precision",
    "text_encoder/config.json": b"{}",
    "text_encoder/model.safetensors": b"text weights" * 1000,
    "text_encoder/pytorch_model.bin": b"pickled",
    "text_encoder/onnx/model.bin": b"another form",
    "tokenizer/tokenizer_config.json": b"{}", "tokenizer/spiece.model": b"pieces",
    "image_encoder/config.json": b"{}", "image_encoder/model.safetensors": b"unused",
}  # fmt: skip
_PLAIN = {
    "model_index.json", "transformer/config.json", "text_encoder/config.json", "text_encoder/model.safetensors",
    "transformer/diffusion_pytorch_model.safetensors.index.json",
    "tokenizer/tokenizer_config.json", "tokenizer/spiece.model",
}  # fmt: skip
_SHARDS = {f"transformer/diffusion_pytorch_model-0000{k}-of-00002.safetensors" for k in (1, 2)}


@pytest.fixture(scope="module")
def forks() -> Iterator[subprocess.Popen[str]]:
    foreign = ("HF_", "HUGGING", "HTTP_", "HTTPS_", "ALL_")
    environment = {k: v for k, v in os.environ.items() if not k.upper().startswith(foreign)}
    environment |= {"PYTHONPATH": str(_ROOT), "NO_PROXY": "*", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_TOKEN": _TOKEN}
    words = [sys.executable, "-c", _SCRIPT]
    with subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


@dataclass
class Machine:
    """Where `fetch` runs: in processes of its own, with a cache of its own."""

    hub: Hub
    home: Path
    forks: subprocess.Popen[str]

    def fetch(self, **arguments: Any) -> dict[str, Any]:
        return self.fetch_at_once(1, **arguments)[0]

    def fetch_at_once(
        self, processes: int, *, offline: bool = False, free: int | None = None, **arguments: Any
    ) -> list[dict[str, Any]]:
        settings = {"HF_ENDPOINT": self.hub.endpoint, "HF_HOME": str(self.home), "HF_HUB_OFFLINE": str(int(offline))}
        outs = [self.home.parent / f"{k}" for k in range(processes)]
        jobs = [
            {
                "environment": settings, "free": free, "arguments": {"checkpoint": _NAME, **arguments},
                "out": f"{out}.out", "said": f"{out}.said",
            }
            for out in outs
        ]  # fmt: skip
        assert self.forks.stdin is not None
        assert self.forks.stdout is not None
        print(json.dumps(jobs), file=self.forks.stdin, flush=True)
        assert self.forks.stdout.readline() == "done\n"
        return [self._result(out) for out in outs]

    def _result(self, out: Path) -> dict[str, Any]:
        result, said = out.with_suffix(".out").read_text(), out.with_suffix(".said").read_text()
        assert result, said
        assert _TOKEN not in result + said
        return {**json.loads(result), "said": said}

    def refused(self, **arguments: Any) -> str:
        """The line of the SetupError."""
        line = self.fetch(**arguments)["error"]
        assert isinstance(line, str)
        assert "\n" not in line
        return line

    @property
    def cache(self) -> Path:
        return self.home / "hub" / "models--someone--model"


@pytest.fixture
def machine(tmp_path: Path, forks: subprocess.Popen[str]) -> Iterator[Machine]:
    with Hub() as hub:
        yield Machine(hub, tmp_path / "home", forks)


def test_only_the_files_of_the_components_are_fetched_and_the_commit_is_told(machine: Machine) -> None:
    sha = machine.hub.add(_NAME, _FILES)
    found = machine.fetch()
    assert set(found["files"]) == _PLAIN | _SHARDS
    assert found["revision"] == sha
    assert f"commit {sha[:12]}" in found["said"]
    assert f"Bearer {_TOKEN}" in machine.hub.tokens  # so that its absence from what is said means something
    assert machine.hub.storage_tokens == {""}


def test_of_a_variant_only_its_weights_where_it_exists(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    found = machine.fetch(variant="fp16")
    assert set(found["files"]) == _PLAIN | {"transformer/diffusion_pytorch_model.fp16.safetensors"}


def test_a_component_from_elsewhere_is_not_fetched(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    assert not [name for name in machine.fetch(skip=["transformer"])["files"] if name.startswith("transformer/")]


def test_a_subfolder_alone_and_the_top_alone(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    found = machine.fetch(subfolder="text_encoder")
    assert found["files"] == ["text_encoder/config.json", "text_encoder/model.safetensors"]
    assert set(machine.fetch(subfolder="")["files"]) - set(found["files"]) == {"model_index.json", "whole.safetensors"}


def test_a_point_in_a_name_is_no_variant(machine: Machine) -> None:
    machine.hub.add(_NAME, {"lora_v1.0.safetensors": b"weights"})
    assert machine.fetch(subfolder="")["files"] == ["lora_v1.0.safetensors"]


def test_weights_that_are_only_there_as_a_variant_name_it(machine: Machine) -> None:
    files = {k: v for k, v in _FILES.items() if k not in _SHARDS}
    machine.hub.add(_NAME, files)
    assert "model.adapter.variant to one of fp16" in machine.refused()


def test_a_modular_repository_is_fetched_by_its_own_index(machine: Machine) -> None:
    index = {"_class_name": "X", "transformer": [None, None, {"subfolder": "transformer"}], "text_encoder": ["a", "b"]}
    files = {k: v for k, v in _FILES.items() if k != "model_index.json"}
    machine.hub.add(_NAME, {**files, "modular_model_index.json": json.dumps(index).encode()})
    found = machine.fetch(skip=["text_encoder"])["files"]
    assert {name.partition("/")[0] for name in found} == {"modular_model_index.json", "transformer"}


def test_a_second_call_downloads_nothing(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    first = machine.fetch()
    machine.hub.served.clear()
    second = machine.fetch()
    assert not machine.hub.served
    assert (second["path"], second["said"]) == (first["path"], "")


def test_a_new_commit_fetches_what_changed_and_weighs_only_that(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    machine.fetch()
    new = machine.hub.add(_NAME, {**_FILES, "tokenizer/spiece.model": b"others"})
    machine.hub.served.clear()
    assert machine.fetch(free=1_000_001_000)["revision"] == new  # the text encoder alone is larger than what is spare
    assert set(machine.hub.served) == {"tokenizer/spiece.model"}


@pytest.mark.parametrize("revision", [None, "other"])
def test_offline_the_cache_serves_and_the_commit_is_told(machine: Machine, revision: str | None) -> None:
    sha = machine.hub.add(_NAME, _FILES, revision or "main")
    there = machine.fetch(revision=revision)
    machine.hub.requests.clear()
    found = machine.fetch(offline=True, revision=revision)
    assert (found["path"], found["revision"]) == (there["path"], sha)
    assert sha in found["said"]
    assert not machine.hub.requests


@pytest.mark.parametrize("fault", [Fault("/api/models/", 503), Fault("/api/models/", cut_after=-1)], ids=["503", "cut"])
def test_without_an_answer_of_the_hub_the_cache_serves(machine: Machine, fault: Fault) -> None:
    sha = machine.hub.add(_NAME, _FILES)
    machine.fetch()
    machine.hub.faults.append(fault)
    found = machine.fetch()
    assert found["revision"] == sha
    assert f"taken from the cache, commit {sha}" in found["said"]


def test_offline_without_a_cache_is_one_line(machine: Machine) -> None:
    assert machine.refused(offline=True) == (
        "someone/model is not in the cache, and HF_HUB_OFFLINE is set; where there is a network, run "
        "`hf download someone/model`, or name a folder: model.adapter.checkpoint=FOLDER"
    )


def test_a_hub_that_cannot_be_reached_without_a_cache_is_one_line(machine: Machine) -> None:
    machine.hub.faults.append(Fault("/api/models/", cut_after=-1))
    assert "is not in the cache, and the hub cannot be reached" in machine.refused()


@pytest.mark.parametrize("listed", [True, False], ids=["with the client's listing", "without"])
@pytest.mark.parametrize(
    "lost",
    ["text_encoder/model.safetensors", "transformer/diffusion_pytorch_model-00002-of-00002.safetensors", "tokenizer"],
)
def test_half_a_checkpoint_is_never_taken_from_the_cache(machine: Machine, lost: str, listed: bool) -> None:
    machine.hub.add(_NAME, _FILES)
    path = Path(machine.fetch()["path"])
    shutil.rmtree(path / lost) if (path / lost).is_dir() else (path / lost).unlink()
    if not listed:
        shutil.rmtree(machine.cache / "trees")
    line = machine.refused(offline=True)
    assert "is only partly in the cache" in line
    assert lost.partition("/")[0] in line


def test_a_whole_commit_without_the_clients_listing_is_taken_from_the_cache(machine: Machine) -> None:
    sha = machine.hub.add(_NAME, _FILES)
    machine.fetch()
    shutil.rmtree(machine.cache / "trees")
    assert machine.fetch(offline=True)["revision"] == sha


def test_what_was_fetched_for_another_variant_is_not_taken_offline(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    machine.fetch()
    assert "fp16.safetensors of commit" in machine.refused(offline=True, variant="fp16")


_MAIN = {
    "gated": (Fault("/resolve/", 403, "GatedRepo"), "https://huggingface.co/someone/model"),
    "gated, no token": (Fault("/resolve/", 401, "GatedRepo"), "is gated"),
    "no repository": (Fault("/api/models/", 404, "RepoNotFound"), "is not on the hub, or is private"),
    "private": (Fault("/api/models/", 401, "RepoNotFound"), "is not on the hub, or is private"),
    "bad token": (Fault("/api/models/", 401), "does not accept the login"),
    "500": (Fault("/api/models/", 500), "the hub answered 500"),
    "500 for a file": (Fault("/cdn/", 500, method="GET"), "the hub answered 500"),
    "500 for all heads": (Fault("/resolve/", 500), "the hub answered 500"),
    "no file": (Fault("/resolve/", 404, "EntryNotFound"), "the hub answered 404"),
    "too many": (Fault("/api/models/", 429), "the hub answered 429"),
    "cut": (Fault("/cdn/", cut_after=0, method="GET"), "the connection to the hub was lost (RemoteProtocolError)"),
    "cut heads": (Fault("/resolve/", cut_after=-1), "the connection to the hub was lost (RemoteProtocolError)"),
}


@pytest.mark.parametrize("name", _MAIN)
def test_a_fault_of_the_hub_is_told_in_one_line(machine: Machine, name: str) -> None:
    fault, words = _MAIN[name]
    machine.hub.add(_NAME, _FILES)
    machine.hub.faults.append(fault)
    assert words in machine.refused()


def test_an_unknown_repository(machine: Machine) -> None:
    assert "someone/model is not on the hub" in machine.refused()


def test_an_unknown_revision(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    assert machine.refused(revision="v9").startswith("someone/model has no revision v9: see ")


def test_a_connection_cut_once_is_taken_up_where_it_broke(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    machine.hub.faults.append(Fault("/cdn/", cut_after=4, times=1, method="GET"))
    found = machine.fetch(subfolder="text_encoder")
    assert (Path(found["path"]) / "text_encoder/model.safetensors").read_bytes() == b"text weights" * 1000


def test_what_was_lost_midway_is_fetched_by_the_next_call(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    machine.hub.faults.append(Fault("/cdn/", 500, method="GET"))
    machine.refused()
    machine.hub.faults.clear()
    assert set(machine.fetch()["files"]) == _PLAIN | _SHARDS


def test_too_small_a_disk_is_told_before_any_weights_move(machine: Machine) -> None:
    machine.hub.add(_NAME, _FILES)
    line = machine.refused(free=500_000_000)
    assert "has 0.5 GB free" in line
    assert "HF_HUB_CACHE" in line
    assert set(machine.hub.served) == {"model_index.json"}


def test_unsafe_weights_need_a_word_of_trust(machine: Machine) -> None:
    machine.hub.add(_NAME, {k: v for k, v in _FILES.items() if k != "text_encoder/model.safetensors"})
    line = machine.refused()
    assert "someone/model/text_encoder has weights only as .bin" in line
    assert "model.adapter.safetensors_only=false" in line
    assert "text_encoder/pytorch_model.bin" in machine.fetch(safetensors_only=False)["files"]


def test_a_repository_that_is_no_pipeline(machine: Machine) -> None:
    machine.hub.add(_NAME, {"config.json": b"{}"})
    assert "-Diffusers at its end" in machine.refused()


@pytest.mark.full
def test_two_processes_fetch_each_file_once(machine: Machine) -> None:
    sha = machine.hub.add(_NAME, _FILES)
    found = machine.fetch_at_once(2)
    assert [one["revision"] for one in found] == [sha, sha]
    assert set(found[0]["files"]) == set(found[1]["files"]) == _PLAIN | _SHARDS
    assert set(machine.hub.served.values()) == {1}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = tmp_path / "a"
    for name in sorted(_PLAIN):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(_FILES[name])
    return place


def test_a_folders_hash_is_of_its_contents_not_its_place(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "far" / "away")
    (copy / "README.md").write_text("words of ours")
    (copy / ".cache").mkdir()
    (copy / ".cache" / "listing.json").write_text("{}")
    assert fetch(str(folder)) == Source(folder, fetch(str(copy)).revision)
    assert fetch(str(folder)).revision.startswith("sha256:")


def test_a_folders_hash_changes_with_a_files_contents_and_its_name(folder: Path) -> None:
    weights = folder / "text_encoder" / "model.safetensors"
    before = fetch(str(folder)).revision
    weights.write_bytes(b"other weights")
    changed = fetch(str(folder)).revision
    weights.rename(weights.with_name("moved.safetensors"))
    assert len({before, changed, fetch(str(folder)).revision}) == 3


def test_a_linked_component_counts(folder: Path, tmp_path: Path) -> None:
    before = fetch(str(folder)).revision
    elsewhere = shutil.move(folder / "text_encoder", tmp_path / "elsewhere")
    (folder / "text_encoder").symlink_to(elsewhere)
    (folder / "itself").symlink_to(folder)
    assert fetch(str(folder)).revision == before
    (folder / "text_encoder_2").symlink_to(elsewhere)
    assert fetch(str(folder)).revision != before


def test_a_snapshot_of_the_hub_gives_its_commit(folder: Path, tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    place = tmp_path / "models--a--b" / "snapshots" / commit
    shutil.copytree(folder, place)
    assert fetch(str(place)) == Source(place, commit)


def test_a_revision_of_a_local_folder_is_refused(folder: Path) -> None:
    with pytest.raises(SetupError, match=r"model\.adapter\.revision=main is asked for"):
        fetch(str(folder), "main")
    assert fetch(str(folder), fetch(str(folder)).revision).path == folder


def test_a_folder_without_an_index_is_refused(folder: Path) -> None:
    with pytest.raises(SetupError, match=r"holds no model_index\.json"):
        fetch(str(folder / "text_encoder"))
    assert fetch(str(folder / "text_encoder"), subfolder="").revision.startswith("sha256:")
    with pytest.raises(SetupError, match="has no folder vae"):
        fetch(str(folder), subfolder="vae")


@pytest.mark.parametrize("name", ["nowhere", "/no/such/folder", "./a/b", "a/b/c"])
def test_what_is_neither_a_folder_nor_a_repository(name: str) -> None:
    with pytest.raises(SetupError, match="is no folder here, and no owner/name on the hub"):
        fetch(name)


def _count_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    read: list[str] = []
    digest = hashlib.file_digest

    def counting(file: Any, name: str) -> Any:
        read.append(Path(file.name).name)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counting)
    return read


def test_a_large_files_hash_is_remembered_until_it_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_hashing, "_LARGE_BYTES", 1000)
    weights = folder / "text_encoder" / "model.safetensors"
    before = fetch(str(folder)).revision
    read = _count_reads(monkeypatch)
    assert fetch(str(folder)).revision == before
    assert weights.name not in read
    assert len(read) == len(_PLAIN) - 1
    weights.write_bytes(b"TEXT weights" * 1000)
    os.utime(weights, ns=(1, 1))
    assert fetch(str(folder)).revision != before
    assert weights.name in read


@pytest.mark.parametrize("memory", ["no json", "[]", '{"/a": [1, 2, "x"], "/b": 3}'])
def test_a_damaged_memory_is_as_good_as_none(folder: Path, monkeypatch: pytest.MonkeyPatch, memory: str) -> None:
    before = fetch(str(folder)).revision
    monkeypatch.setattr(_hashing, "_LARGE_BYTES", 1000)
    place = Path(os.environ["XDG_CACHE_HOME"]) / "physics-iq-harness" / "hashes.json"
    place.parent.mkdir(parents=True)
    place.write_text(memory)
    assert fetch(str(folder)).revision == before
    assert [len(entry) for entry in json.loads(place.read_text()).values()] == [3]
    assert [path.name for path in place.parent.iterdir()] == ["hashes.json"]


def test_a_memory_that_cannot_be_written_harms_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fetch(str(folder)).revision
    monkeypatch.setattr(_hashing, "_LARGE_BYTES", 1000)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert fetch(str(folder)).revision == before
