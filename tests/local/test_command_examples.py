"""The worked examples of research code: their few lines call the official entry points as those want to be called.

The checkouts are stand-ins that take the official options, read what the real ones read, and write what they write.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra.utils import instantiate

from adapters import Adapter, SetupError, read_frames
from adapters.testing import make_request
from tests.test_conf import composed

ROOT = Path(__file__).resolve().parents[2]

MAGI = """
import argparse, json, os
import numpy as np
from PIL import Image
import inference.common  # as the real one does: the checkout must be where Python looks
from adapters import read_frames, write_video
parser = argparse.ArgumentParser()
for name in ("config_file", "mode", "prompt", "image_path", "prefix_video_path", "output_path"):
    parser.add_argument("--" + name)
given = parser.parse_args()
runtime = json.load(open(given.config_file))["runtime_config"]
size = "24B" if os.environ["GPUS_PER_NODE"] == "8" else "4.5B"
if given.mode == "i2v":
    assert given.prefix_video_path is None
    prefix, first = [np.asarray(Image.open(given.image_path).convert("RGB"))], 4
else:
    prefix, first = list(read_frames(given.prefix_video_path))[:32], 0
    assert len(prefix) == 32
assert given.prompt == "-a disc moves"
assert prefix[0].shape == (runtime["video_size_h"], runtime["video_size_w"], 3)
assert (runtime["seed"], runtime["load"]) == (7, f"./downloads/{size}_base")
write_video(given.output_path, [prefix[-1]] * (136 + first), runtime["fps"])
"""

TORCHRUN = """
while [ "${{1#--n}}" != "$1" ]; do shift; done
PYTHONPATH="{root}:$PYTHONPATH" exec {python} "$@"
"""
"""Takes its own options away, and runs what is left of the line."""

LINGBOT = """
import argparse
import numpy as np
from PIL import Image
from adapters import write_video
parser = argparse.ArgumentParser()
for name in ("backend", "model_dir", "mode", "image", "prompt", "output"):
    parser.add_argument("--" + name, required=True)
for name in ("height", "width", "num_frames", "steps", "seed", "fps"):
    parser.add_argument("--" + name, type=int, required=True)
for name in ("guidance_scale", "shift"):
    parser.add_argument("--" + name, type=float, required=True)
given = parser.parse_args()
picture = np.asarray(Image.open(given.image).convert("RGB"))
assert picture.shape == (given.height, given.width, 3) and given.mode == "ti2v" and given.prompt == "-a disc moves"
assert (given.backend, given.seed, given.steps, given.guidance_scale, given.shift) == ("diffusers", 7, 40, 3, 3)
write_video(given.output, [picture] * given.num_frames, given.fps)
"""

VIDEOGPT = """
import argparse, os
from pathlib import Path
from PIL import Image
from adapters import read_frames
parser = argparse.ArgumentParser()
for name in ("model_name", "save_dir", "video_path_dir", "model_ckpt", "sequence_parallel_size", "height", "width",
             "num_inference_steps", "img_guidance_scale", "max_input_image_size", "clean_image_noise_level",
             "max_frame_window"):
    parser.add_argument("--" + name, required=True)
parser.add_argument("--clean_image_num", type=int)
parser.add_argument("--gen_nums", type=int, nargs="+")
given = parser.parse_args()
(video,) = [name for name in os.listdir(given.video_path_dir) if name.endswith(".mp4")]
taken = list(read_frames(Path(given.video_path_dir) / video))[: given.clean_image_num * 4 : 4]
made = dict(seed=42,)
assert made == dict(seed=7) and Path("LVM").is_dir()
for i, picture in enumerate(taken + [taken[-1]] * sum(given.gen_nums)):
    Image.fromarray(picture).save(given.save_dir + f"/0_{i}.png")
"""

FFMPEG = """
import re, sys
import numpy as np
from PIL import Image
from itertools import count, takewhile
from pathlib import Path
from adapters import write_video
pattern, rate = sys.argv[sys.argv.index("-i") + 1], float(sys.argv[sys.argv.index("-framerate") + 1])
files = list(takewhile(Path.exists, (Path(pattern % i) for i in count())))
write_video(sys.argv[-1], [np.asarray(Image.open(file)) for file in files], rate, lossless=True)
"""


def program(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what both repositories bring, and an environment in it."""
    code = tmp_path / "checkout"
    program(code / "env/bin/python", f'PYTHONPATH="{ROOT}:$PYTHONPATH" exec {sys.executable} "$@"')
    program(code / "env/bin/torchrun", TORCHRUN.format(root=ROOT, python=sys.executable))
    program(code / "bin/ffmpeg", f'PYTHONPATH="{ROOT}" exec {sys.executable} {code}/ffmpeg.py "$@"')
    monkeypatch.setenv("PATH", f"{code}/bin:/usr/bin:/bin")
    for name, text in {
        "inference/pipeline/entry.py": MAGI,
        "example/4.5B/4.5B_base_config.json": '{"runtime_config": {"seed": 1234, "load": "./downloads/4.5B_base"}}',
        "example/24B/24B_base_config.json": '{"runtime_config": {"seed": 1234, "load": "./downloads/24B_base"}}',
        "inference/common.py": "",
        "scripts/inference.py": LINGBOT,
        "LVM/inference/LVM_video_frameblock_autoregressive_inference.py": VIDEOGPT,
        "ffmpeg.py": FFMPEG,
    }.items():
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return code


def adapter_of(name: str, **changes: Any) -> Adapter:
    made = instantiate({**composed("generate", f"model={name}").model.adapter, **changes})
    assert isinstance(made, Adapter)
    return made


@pytest.mark.parametrize("name", ["magi1_command", "magi1_24b_v2v", "videogpt_command"])
def test_a_checkout_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(SetupError, match=r"model.adapter.cwd=/path/to/.* is not a folder"):
        adapter_of(name).check()


def test_magi_gets_seed_and_size_in_its_own_configuration(checkout: Path, tmp_path: Path) -> None:
    adapter = adapter_of("magi1_command", cwd=str(checkout), width=64, height=32)
    adapter.check()
    assert (adapter.needs.mode, adapter.needs.conditioning_frames, adapter.needs.conditioning_fps) == (
        "multiframe",
        32,
        24,
    )
    clip = adapter.generate(make_request(tmp_path, adapter.needs, prompt="-a disc moves"))
    assert clip.file is not None
    frames = list(read_frames(clip.file))
    assert len(frames) - clip.leading >= 5 * 24


def test_the_large_magi_is_launched_on_its_gpus_with_a_configuration_of_its_own(checkout: Path, tmp_path: Path) -> None:
    launch = 'test "$2" = --nproc_per_node=8 || exit 9; shift 2'
    program(checkout / "env/bin/torchrun", f'{launch}; PYTHONPATH="{ROOT}:$PYTHONPATH" exec {sys.executable} "$@"')
    adapter = adapter_of("magi1_24b_v2v", cwd=str(checkout), width=64, height=32)
    adapter.check()
    assert (adapter.needs.mode, adapter.needs.conditioning_frames, adapter.needs.conditioning_fps) == (
        "multiframe",
        32,
        24,
    )
    clip = adapter.generate(make_request(tmp_path, adapter.needs, prompt="-a disc moves"))
    assert clip.file is not None
    frames = list(read_frames(clip.file))
    assert len(frames) - clip.leading >= 5 * 24


@pytest.mark.parametrize("name", ["magi1_4_5b", "magi1_24b", "lingbot_video"])
def test_others_call_their_programs_as_those_want_to_be_called(checkout: Path, tmp_path: Path, name: str) -> None:
    adapter = adapter_of(name, cwd=str(checkout), width=64, height=32)
    adapter.check()
    assert adapter.needs.mode == "i2v"
    clip = adapter.generate(make_request(tmp_path, adapter.needs, prompt="-a disc moves"))
    assert clip.file is not None
    assert len(list(read_frames(clip.file))) - clip.leading >= 5 * 24


@pytest.mark.parametrize("name", ["longcat_video", "longcat_video_v2v"])
def test_the_lines_for_longcat_are_python_and_give_5_s(name: str) -> None:
    """Its parts need a GPU and its own packages: they cannot be stood in for in a few lines."""
    node = composed("generate", f"model={name}").model.adapter
    compile(node["command"][2], name, "exec")
    assert (93 - node["leading"]) / node["native_fps"] >= 5
    assert adapter_of(name).needs.conditioning_frames == (13 if name.endswith("_v2v") else None)


def test_videogpt_takes_every_fourth_frame_up_to_the_switch_frame(checkout: Path, tmp_path: Path) -> None:
    adapter = adapter_of("videogpt_command", cwd=str(checkout))
    adapter.check()
    request = make_request(tmp_path, adapter.needs)
    clip = adapter.generate(request)
    assert clip.file is not None
    frames = np.stack(list(read_frames(clip.file)))
    assert clip.leading == 8
    assert (frames[:8] == request.conditioning.frames[::4]).all()
    assert (frames[7] == request.conditioning.switch_frame).all()
    assert len(frames) - clip.leading >= 5 * 7.5


def test_videogpt_says_when_its_seed_is_no_longer_where_it_was(checkout: Path, tmp_path: Path) -> None:
    script = checkout / "LVM/inference/LVM_video_frameblock_autoregressive_inference.py"
    script.write_text(script.read_text("utf-8").replace("seed=42,", "seed=args.seed"), encoding="utf-8")
    adapter = adapter_of("videogpt_command", cwd=str(checkout))
    with pytest.raises(Exception, match="no longer holds seed=42"):
        adapter.generate(make_request(tmp_path, adapter.needs))
