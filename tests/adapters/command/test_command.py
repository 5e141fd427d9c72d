"""A model in its own environment: what the command is told of a clip, and what it gives back."""

from __future__ import annotations

import gc
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adapters import read_frames
from adapters.command.adapter import Command
from adapters.testing import make_request
from tests.adapters.command.children import OUT, run, told

ROOT = Path(__file__).resolve().parents[3]


def test_research_code_makes_a_clip_from_image_prompt_and_size(tmp_path: Path) -> None:
    script = tmp_path / "model.py"
    script.write_text(
        textwrap.dedent("""
        import argparse
        import numpy as np
        from PIL import Image
        from adapters import write_video
        parser = argparse.ArgumentParser()
        for name in ("image", "prompt", "out"):
            parser.add_argument("--" + name)
        parser.add_argument("--frames", type=int)
        parser.add_argument("--fps", type=float)
        given = parser.parse_args()
        assert given.prompt == "a disc moves to the right"
        image = np.asarray(Image.open(given.image))
        write_video(given.out, [image] * given.frames, given.fps, lossless=True)
        """),
        encoding="utf-8",
    )
    line = f"{sys.executable} {script} --image {{image}} --prompt={{prompt}} --frames {{num_frames}} --fps {{fps}}"
    adapter = Command(f"{line} --out {{output}}", native_fps=8, env={"PYTHONPATH": str(ROOT)}, leading=1)
    adapter.check()
    request = make_request(tmp_path, adapter.needs, seconds=1.0)
    clip = adapter.generate(request)
    assert clip.file is not None
    frames = np.stack(list(read_frames(clip.file)))
    assert (len(frames), clip.fps, clip.leading) == (8, None, 1)
    assert (frames == request.conditioning.switch_frame).all()


def test_every_value_reaches_the_command(tmp_path: Path) -> None:
    names = ("id", "seed", "width", "height", "fps", "seconds", "num_frames", "conditioning_fps", "negative_prompt")
    request = {"fps": 30000 / 1001, "seconds": 5.0, "negative_prompt": "blurry"}
    given = told(tmp_path, *(f"{{{name}}}" for name in names), request=request)
    assert given == ["0001", "7", "64", "36", "29.97002997", "5", "150", "24", "blurry"]


@pytest.mark.parametrize(
    "prompt", ['it\'s "odd"; rm -rf $HOME `ls` \\ {seed} {{x}} | & *', "--help", "zwei\nZeilen ü 日本", ""]
)
def test_a_prompt_is_one_argument_whatever_it_holds(prompt: str, tmp_path: Path) -> None:
    assert told(tmp_path, "{prompt}", "--prompt={prompt}", request={"prompt": prompt}) == [prompt, f"--prompt={prompt}"]


def test_no_prompt_is_an_empty_argument(tmp_path: Path) -> None:
    assert told(tmp_path, "{prompt}", request={"prompt": None}) == [""]


def test_double_braces_and_json_are_left_to_the_command(tmp_path: Path) -> None:
    assert told(tmp_path, '{"a": {"b": {seed}}}', "{{seed}}") == ['{"a": {"b": 7}}', "{seed}"]


def test_a_line_is_split_as_a_shell_would_and_no_shell_runs(tmp_path: Path) -> None:
    code = f"import sys, json; {OUT}; print(json.dumps(dict(info=dict(arguments=sys.argv[2:]))))"
    adapter = Command(f"""{sys.executable} -S -c "{code}" {{output}} 'two words' $HOME "; ls" """)
    assert adapter.generate(make_request(tmp_path)).info["arguments"] == ["two words", "$HOME", "; ls"]


def test_the_conditioning_comes_as_the_files_that_are_named(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"mode": "multiframe", "conditioning_frames": 5, "conditioning_fps": 12}
    image, video, frames, text = told(tmp_path, "{image}", "{video}", "{frames}", "{prompt_file}", **settings)
    conditioning = make_request(tmp_path, Command(**settings).needs).conditioning
    assert (np.asarray(Image.open(image)) == conditioning.switch_frame).all()
    assert np.array_equal(np.stack(list(read_frames(video))), conditioning.frames)
    pictures = [np.asarray(Image.open(path)) for path in sorted(Path(frames).iterdir())]
    assert np.array_equal(np.stack(pictures), conditioning.frames)
    assert Path(text).read_text(encoding="utf-8") == "a disc moves to the right"


def test_only_files_that_are_named_are_made(tmp_path: Path) -> None:
    told(tmp_path, "{seed}")
    assert {path.name for path in (tmp_path / "scratch").iterdir()} == {"output.mp4", "stdout.log", "stderr.log"}


def test_it_runs_where_it_is_told_with_what_is_added_to_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHERITED", "yes")
    code = f"{OUT}\ntold = [os.getcwd(), os.environ['ADDED'], os.environ['INHERITED']]\n"
    code += "print(json.dumps(dict(info=dict(told=told))))"
    folder = tmp_path / "checkout"
    folder.mkdir()
    clip = run(tmp_path, code, cwd=str(folder), env={"ADDED": 3})
    assert clip.info == {"told": [str(folder), "3", "yes"]}


def test_the_revision_of_what_runs_is_recorded() -> None:
    assert Command(revision="abc").describe() == {"revision": "abc"}
    assert Command().describe() == {}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files in /proc")
def test_no_file_is_left_open(tmp_path: Path) -> None:
    gc.collect()
    before = len([*Path("/proc/self/fd").iterdir()])
    run(tmp_path, OUT)
    assert len([*Path("/proc/self/fd").iterdir()]) <= before
