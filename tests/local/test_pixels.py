"""What can change a pixel without any setting's being another: pinned, or on record."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from adapters import MissingDependency
from adapters.local import loading
from adapters.local.diffusers import Diffusers
from tests.local.whole_run import loaded, pipeline, saved, tiny_models

ROOT = Path(__file__).resolve().parents[2]
SEEING = ("svd", "wan21_480p", "framepack")
"""Models that look at the switch frame through one of transformers' image processors."""

TORCHVISION = '''
"""Stands in for torchvision: all its modules and names are there, and none of them works."""
import enum, importlib.abc, importlib.machinery, sys, types

__version__ = "0.30.0"

class Module(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "InterpolationMode":
            words = "NEAREST NEAREST_EXACT BOX BILINEAR HAMMING BICUBIC LANCZOS".split()
            return enum.Enum(name, {word: word.lower() for word in words})
        return type(name, (), {})

class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.startswith("torchvision.") else None

    def create_module(self, spec):
        return Module(spec.name)

    def exec_module(self, module):
        pass

sys.meta_path.insert(0, Finder())
'''


def published(name: str, folder: Path) -> Path:
    """A tiny checkpoint whose index names its processor as those on the hub do, without saying whose code it is."""
    tiny = tiny_models()[name]
    index = saved(tiny, folder / tiny.build.__name__) / "model_index.json"
    index.write_text(index.read_text("utf-8").replace("ImageProcessorPil", "ImageProcessor"), "utf-8")
    return folder


IN_ANOTHER = """
import hashlib, json, sys
import numpy as np
from pathlib import Path
import torch
from PIL import Image
from transformers.utils import is_torchvision_available
from adapters.testing import make_request
from tests.local.whole_run import frames_of, loaded

torch.set_num_threads(1)
folder, found = Path(sys.argv[1]), {}
picture = Image.linear_gradient("L").resize((300, 170)).convert("RGB")
for name in sys.argv[2:]:
    adapter = loaded(name, folder, **{"least": None, "call.num_inference_steps": 1})
    seeing = {part: made for part, made in adapter._pipe.components.items() if "ImageProcessor" in type(made).__name__}
    bits = [np.asarray(made(picture, return_tensors="np").pixel_values) for made in seeing.values()]
    if name == "svd":
        bits.append(frames_of(adapter.generate(make_request(folder, adapter.needs, seconds=0.1))))
    kinds = [type(made).__name__ for made in seeing.values()]
    found[name] = [kinds, [hashlib.sha256(each.tobytes()).hexdigest() for each in bits]]
print(json.dumps([is_torchvision_available(), found]))
"""


@pytest.mark.full  # two processes that import torch and transformers
def test_a_picture_is_seen_through_the_same_code_with_and_without_torchvision(folder: Path, tmp_path: Path) -> None:
    for name in SEEING:
        published(name, folder)
    package, metadata = tmp_path / "torchvision", tmp_path / "torchvision-0.30.0.dist-info"
    package.mkdir()
    metadata.mkdir()
    (package / "__init__.py").write_text(TORCHVISION, "utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: torchvision\nVersion: 0.30.0\n", "utf-8")
    beside = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]\n{IN_ANOTHER}"
    at_work = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder), *SEEING], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for script in (IN_ANOTHER, beside)
    ]  # fmt: skip
    told = [process.communicate() for process in at_work]
    assert [process.returncode for process in at_work] == [0, 0], told
    (no, without), (yes, there) = (json.loads(out.splitlines()[-1]) for out, _ in told)
    assert (no, yes) == (False, True)
    assert there == without
    kinds = {name: seen for name, (seen, _) in without.items()}
    clip, siglip = ["CLIPImageProcessorPil"], ["SiglipImageProcessorPil"]
    assert kinds == {"svd": clip, "wan21_480p": clip, "framepack": siglip}
    for _, error in told:
        assert "falling back" not in error
        assert "Expected types" not in error


def test_what_is_at_work_is_described(folder: Path) -> None:
    adapter = loaded("wan21_480p", folder, placement={"device": "cpu", "attention": "_native_math"})
    told: dict[str, Any] = adapter.describe()["pixels"]
    assert told["parts"]["transformer"] == "WanTransformer3DModel"
    assert told["parts"]["scheduler"] == "UniPCMultistepScheduler"
    assert told["attention"] == {"text_encoder": "sdpa", "image_encoder": "sdpa", "transformer": "_native_math"}
    assert told["deterministic"] == {"torch": False, "cudnn": True, "cudnn_benchmark": False}
    assert told["tf32"]["matmul"] is False
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        assert adapter.describe()["pixels"]["tf32"]["matmul"] is True
    finally:
        torch.backends.cuda.matmul.allow_tf32 = False


def test_an_owners_pipeline_is_described_as_it_is(folder: Path) -> None:
    inner = loaded("svd", folder)
    assert isinstance(inner, Diffusers)
    borrowed = inner.borrow(pipeline("svd"))
    assert borrowed.describe()["pixels"]["parts"]["feature_extractor"] == "CLIPImageProcessorPil"


@pytest.mark.parametrize(("name", "cleans"), [("wan21_480p", True), ("svd", False)])
def test_a_model_that_cleans_its_texts_is_refused_without_ftfy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, cleans: bool
) -> None:
    monkeypatch.setattr(loading, "importable", lambda package: package != "ftfy")
    if not cleans:
        loaded(name, folder)
        return
    with pytest.raises(MissingDependency, match="ftfy is not installed; install it with: pip install -e"):
        loaded(name, folder)
