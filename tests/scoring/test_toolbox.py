"""What a checkout of the official toolbox is, needs and insists on is found by looking, and told before any work."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.dataset.layout import DataSet
from runners.dataset.scenarios import Scenario
from runners.scoring.official.preconditions import check_folder, check_rules
from runners.scoring.official.requirements import check_needs
from runners.scoring.official.toolbox import ORIGINAL, VERIFIED, Toolbox, find_toolbox
from tests.scoring import tiny
from tests.scoring.stand_in import make_checkout, make_ffprobe

PLACES = (Path("/s/clips-1"), Path("/s/physics-IQ-benchmark"), Path("/s/d.csv"), Path("/s/out"))


@pytest.fixture
def current(tmp_path: Path) -> Path:
    return make_checkout(tmp_path / "current", "physiq")


@pytest.fixture
def older(tmp_path: Path) -> Path:
    return make_checkout(tmp_path / "older", "code")


def look(checkout: Path, python: str | None = None) -> Toolbox:
    return find_toolbox(str(checkout), python)


def test_the_current_command_line_is_told_where_the_data_lies(current: Path) -> None:
    words = look(current).command(*PLACES, processes=3)
    assert words[:2] == [sys.executable, str(current / "physiq" / "run_physics_iq.py")]
    assert words[2:] == [
        "--input_folders", "/s/clips-1", "--output_folder", "/s/out", "--descriptions_file", "/s/d.csv",
        "--benchmark_base_folder", "/s", "--original_physics_iq", "--n_process", "3", "--lazy_integrity",
    ]  # fmt: skip


def test_the_older_command_line_knows_nothing_but_its_three_folders(older: Path) -> None:
    words = look(older).command(*PLACES, processes=3)
    assert words[1:] == [
        str(older / "code" / "run_physics_iq.py"),
        "--input_folders", "/s/clips-1", "--output_folder", "/s/out", "--descriptions_file", "/s/d.csv",
    ]  # fmt: skip


def test_the_verified_set_has_its_own_name_only_in_the_current_toolbox(current: Path, older: Path) -> None:
    clips, root, descriptions, output = PLACES
    words = look(current).command(clips, root.with_name(VERIFIED), descriptions, output, processes=1)
    assert "--original_physics_iq" not in words
    assert [look(current).folder(kind) for kind in ("verified", "original", "demo")] == [VERIFIED, ORIGINAL, ORIGINAL]
    assert look(older).folder("verified") == ORIGINAL


def test_the_checkout_is_importable_and_nothing_is_written_into_it(
    current: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/mine")
    environment = look(current).environment()
    assert environment["PYTHONPATH"] == f"{current}:/mine"
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"


def test_another_commit_is_another_toolbox(current: Path) -> None:
    before = look(current)
    (current / "physiq" / "plain.py").write_text("# changed")
    assert look(current).sha256 != before.sha256
    assert before.revision is None


def test_what_is_no_checkout_is_told_with_the_way_to_one(current: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"neither physiq/run_physics_iq\.py nor code/run_physics_iq\.py; git clone"):
        look(tmp_path / "empty")
    with pytest.raises(UserError, match="is no folder; git clone"):
        look(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"set scorer\.path=CHECKOUT"):
        find_toolbox(None, None)


def test_a_folder_too_high_or_too_low_names_the_right_one(current: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"use {current}$"):
        look(current / "physiq")
    with pytest.raises(UserError, match=f"did you mean {current}\\?"):
        look(tmp_path)


def test_the_interpreter_may_be_a_name_or_a_link_and_must_be_there(current: Path, tmp_path: Path) -> None:
    link = tmp_path / "its python"
    link.symlink_to(sys.executable)
    assert look(current, str(link)).python == str(link)
    assert Path(look(current, "sh").python).is_absolute()
    with pytest.raises(UserError, match=r"scorer\.python=/no/python is not found"):
        look(current, "/no/python")


def test_all_modules_that_its_files_import_are_looked_for(current: Path, older: Path) -> None:
    assert look(current).modules == look(older).modules == ("cv2", "numpy")
    (current / "physiq" / "plots.py").write_text("import os, matplotlib.pyplot as plt\nfrom PIL import Image\n")
    assert "matplotlib" not in look(current).modules  # nobody imports that file
    script = current / "physiq" / "run_physics_iq.py"
    script.write_text(script.read_text().replace("import json", "import json\nfrom physiq import plots"))
    assert look(current).modules == ("PIL", "cv2", "matplotlib", "numpy")


def test_a_missing_module_is_told_with_the_line_that_installs_it(current: Path) -> None:
    plain = current / "physiq" / "plain.py"
    plain.write_text("import no_such_module, skimage\n" + plain.read_text())
    install = rf"{sys.executable} -m pip install no_such_module scikit-image"
    with pytest.raises(UserError, match=rf"cannot: no_such_module, skimage; install it with: {install}"):
        check_needs(look(current))


def test_a_module_that_is_there_and_broken_is_told_with_its_error(current: Path) -> None:
    (current / "physiq" / "broken").mkdir()
    (current / "physiq" / "broken" / "__init__.py").write_text("raise ImportError('libGL.so.1: cannot open')\n")
    toolbox = replace(look(current), modules=("broken",))
    with pytest.raises(UserError, match=r"broken \(ImportError\('libGL\.so\.1: cannot open'\)\)"):
        check_needs(toolbox)


def test_a_missing_ffprobe_is_told_with_the_line_that_installs_it(
    current: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="ffprobe on the PATH; install it with: apt install ffmpeg"):
        check_needs(look(current))
    make_ffprobe(tmp_path)
    assert check_needs(look(current))["cv2"]


def test_an_interpreter_that_is_none_is_told(current: Path) -> None:
    with pytest.raises(UserError, match="does not work as a Python"):
        check_needs(look(current, "/bin/sh"))


@pytest.fixture
def data(tmp_path: Path) -> tuple[DataSet, list[Scenario]]:
    return tiny.make_dataset(tmp_path / "data")


def test_a_data_set_that_fits_is_taken(current: Path, data: tuple[DataSet, list[Scenario]]) -> None:
    check_rules(look(current), *data, tiny.FPS)


def test_a_rate_that_is_not_shipped_is_refused_with_the_reason(
    current: Path, data: tuple[DataSet, list[Scenario]]
) -> None:
    with pytest.raises(UserError, match=r"no truth at 24 FPS \(it has 8\), .* converter writes H\.264"):
        check_rules(look(current), *data, 24)


def test_a_toolbox_that_insists_on_198_clips_gets_no_other_number(
    current: Path, data: tuple[DataSet, list[Scenario]]
) -> None:
    script = current / "physiq" / "run_physics_iq.py"
    script.write_text(script.read_text() + "\nnum_videos = 198\n")
    with pytest.raises(
        UserError, match=r"exactly 198 clips, and this data set has 3 take-1 videos; use scorer=builtin"
    ):
        check_rules(look(current), *data, tiny.FPS)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": "0007"}, "ids 0001 to 0003"),
        ({"name": "trimmed-two_words"}, "names: trimmed-two_words"),
        ({"name": "trimmed-mistake-2"}, "names: trimmed-mistake-2"),
        ({"view": "left"}, "all three views, also of trimmed-scene-0"),
        ({"second": None}, "second takes, and 0003 have none"),
    ],
)
def test_what_it_would_trip_over_is_refused(
    current: Path, data: tuple[DataSet, list[Scenario]], change: dict[str, str | None], told: str
) -> None:
    dataset, (*first, last) = data
    seconds = {"second": None} if "second" in change else {}
    odd = replace(last, item=replace(last.item, **{k: v for k, v in change.items() if k != "second"}), **seconds)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=told):
        check_rules(look(current), dataset, [*first, odd], tiny.FPS)


def test_rates_that_it_would_cut_off_or_find_unequal_are_refused() -> None:
    check_folder([], [24.0, 24.0], 24)
    with pytest.raises(UserError, match=r"one whole FPS in a folder, and these clips have 23\.9999"):
        check_folder([], [23.9999], 24)
    with pytest.raises(UserError, match=r"24\.0, 24\.0001"):
        check_folder([], [24.0, 24.0001], 24)
