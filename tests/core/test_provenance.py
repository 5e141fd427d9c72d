"""What is on record of a machine because it can change a pixel."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from runners.core import provenance
from runners.core.provenance import ABSENT


def test_packages_that_libraries_do_without_are_on_record_there_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"ftfy": "6.3.1", "numpy": "2.4"}

    def version(name: str) -> str:
        if name not in there:
            raise importlib.metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = provenance.versions.__wrapped__()
    assert {name: found.get(name) for name in ("ftfy", "torchvision", "sentencepiece", "numpy", "torch")} == {
        "ftfy": "6.3.1", "torchvision": ABSENT, "sentencepiece": ABSENT, "numpy": "2.4", "torch": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54.03  Tue Jun  6 22:20:39\nGCC 12.2.0", "535.54.03"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (x@y)\n", "580.95.05"),
        ("another text", None),
    ],
)  # fmt: skip
def test_the_driver_and_what_a_gpu_can_do_are_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, version: str | None
) -> None:
    (tmp_path / "version").write_text(told, "utf-8")
    pattern = provenance._DRIVERS["/proc/driver/nvidia/version"]
    monkeypatch.setattr(provenance, "_DRIVERS", {str(tmp_path / "none"): r"(\S+)", str(tmp_path / "version"): pattern})
    cuda = SimpleNamespace(
        is_available=lambda: True, device_count=lambda: 1, get_device_name=lambda _: "H200",
        get_device_capability=lambda _: (9, 0),
    )  # fmt: skip
    backends = SimpleNamespace(cudnn=SimpleNamespace(version=lambda: 91002))
    torch = SimpleNamespace(cuda=cuda, version=SimpleNamespace(cuda="12.8", hip=None), backends=backends)
    monkeypatch.setitem(sys.modules, "torch", torch)
    provenance._driver.cache_clear()
    found = provenance.hardware()
    provenance._driver.cache_clear()
    assert (found["gpus"], found["compute_capability"], found["driver"]) == (["H200"], ["9.0"], version)
