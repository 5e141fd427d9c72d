"""The data set on disk: complete or absent, the same bytes every time, and nobody else's files touched."""

from __future__ import annotations

import csv
import hashlib
import json
import multiprocessing
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from adapters import probe
from runners.core.errors import UserError
from runners.dataset.layout import VIEWS, DataSet, output_name, scenario_name
from runners.dataset.scenarios import load_scenarios
from runners.demo import demo_root, ensure_demo
from runners.demo.build import ensure
from runners.demo.recipe import SCENE_NAMES, DemoRecipe, full_recipe
from runners.prompts.prompt_data import read_data

SCENES = ("block-and-ball-on-incline",)
RECIPE = DemoRecipe(seed=3, size=(32, 18), scenes=SCENES)

MAKER = """
    import sys
    from pathlib import Path
    from runners.demo.build import ensure
    from runners.demo.recipe import DemoRecipe

    def report(done, total):
        print(done, flush=True)
        if len(sys.argv) > 3:
            sys.stdin.readline()

    recipe = DemoRecipe(seed=3, size=(32, 18), scenes=("block-and-ball-on-incline",))
    ensure(Path(sys.argv[1]), recipe, workers=int(sys.argv[2]), progress=report)
"""


def digests(root: Path) -> dict[str, str]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def maker(root: Path, workers: int, *, wait: bool = False) -> subprocess.Popen[str]:
    """Another process that makes the data set; it stops after each take if it is to `wait`."""
    arguments = [sys.executable, "-c", textwrap.dedent(MAKER), str(root), str(workers), *(["wait"] if wait else [])]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small data set, drawn once in this process; not to be changed."""
    return ensure(tmp_path_factory.mktemp("cache") / "demo", RECIPE, workers=1)


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy to be changed."""
    return Path(shutil.copytree(made, tmp_path / "demo"))


def test_it_is_named_and_laid_out_like_the_real_thing(made: Path) -> None:
    dataset = DataSet(made)
    for item in RECIPE.items():
        for kind, frames in (("conditioning", 90), ("testing", 150)):
            path = dataset.find(kind, item, 30)  # type: ignore[arg-type]
            assert path is not None
            info = probe(path)
            assert (info.width, info.height, info.fps, info.frames) == (32, 18, 30, frames)
            assert info.colour == "bt601"
        assert dataset.find("switch", item, 30) is not None
    assert dataset.rates("testing") == dataset.rates("conditioning") == (30,)
    assert len(list((made / "switch-frames").iterdir())) == 3 * len(SCENES)


def test_the_descriptions_have_the_official_columns_and_names(made: Path) -> None:
    rows = list(csv.DictReader((made / "descriptions.csv").open(newline="", encoding="utf-8")))
    items = RECIPE.items()
    assert list(rows[0]) == ["scenario", "description", "category", "generated_video_name"]
    assert [row["scenario"] for row in rows] == [scenario_name(item) for item in items]
    assert [row["generated_video_name"] for row in rows] == [output_name(item) for item in items]


def test_ids_run_take_by_take_scene_by_scene_left_center_right() -> None:
    items = full_recipe(0).items()
    assert [(item.take, item.scene, item.view) for item in items] == [
        (take, scene, view) for take in (1, 2) for scene in SCENE_NAMES for view in VIEWS
    ]
    assert [item.id for item in items] == [f"{number:04d}" for number in range(1, len(items) + 1)]


def test_the_harness_reads_its_scenarios_and_prompts(made: Path) -> None:
    scenarios = load_scenarios(DataSet(made), made / "descriptions.csv")
    assert len(scenarios) == 3 * len(SCENES)
    assert all(scenario.second is not None and scenario.second.take == 2 for scenario in scenarios)
    best = load_scenarios(DataSet(made), made / "descriptions/best_practice/descriptions_base.csv")
    assert [scenario.id for scenario in best] == [scenario.id for scenario in scenarios]
    assert all(a.prompt != b.prompt for a, b in zip(best, scenarios, strict=True))
    assert set(read_data(made / "descriptions/data.yaml").scenes) == set(SCENES)


def test_the_field_file_has_the_upstream_form(made: Path) -> None:
    entry = yaml.safe_load((made / "descriptions/data.yaml").read_text("utf-8"))["scenes"][0]
    assert entry["scene"] == SCENES[0]
    assert entry["takes"] == [
        {"take": 1, "left": 1, "center": 2, "right": 3},
        {"take": 2, "left": 4, "center": 5, "right": 6},
    ]


def test_the_bytes_do_not_depend_on_the_number_of_processes(made: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    again = ensure(tmp_path / "demo", RECIPE, workers=2, progress=lambda done, total: told.append((done, total)))
    assert digests(again) == digests(made)
    assert told == [(1, 2), (2, 2)]


def test_what_is_there_is_not_made_again(own: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in own.rglob("*")}
    ensure(own, RECIPE, progress=lambda done, total: pytest.fail("it was drawn again"))
    assert {path: path.stat().st_mtime_ns for path in own.rglob("*")} == before


def test_another_rate_is_added_and_nothing_else_changes(own: Path) -> None:
    before, content = digests(own), json.loads((own / "dataset.json").read_text("utf-8"))["content"]
    ensure(own, RECIPE, fps=8, workers=1)
    after = digests(own)
    added = {name for name in after if name not in before}
    assert all("/8FPS/" in name for name in added)
    assert len(added) == 2 * len(RECIPE.items())
    assert {name for name in before if before[name] != after[name]} == {"dataset.json"}
    assert json.loads((own / "dataset.json").read_text("utf-8"))["content"] == content
    assert DataSet(own).rates("testing") == (30, 8)


def test_a_rate_whose_making_was_cut_short_is_made_again(own: Path) -> None:
    whole = Path(shutil.copytree(own, own.parent / "whole"))
    ensure(whole, RECIPE, fps=8, workers=1)
    folder = "split-videos/conditioning/8FPS"
    shutil.copytree(whole / folder, own / folder)
    ensure(own, RECIPE, fps=8, workers=1)
    assert digests(own) == digests(whole)


def test_two_processes_at_once_make_one_data_set(made: Path, tmp_path: Path) -> None:
    both = [maker(tmp_path / "demo", workers=1) for _ in range(2)]
    printed = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(len(text.split()) for text in printed) == [0, 2], "the second must find it, not make it again"
    assert digests(tmp_path / "demo") == digests(made)


@pytest.mark.rotating("workers")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_maker_that_is_killed_leaves_nothing_in_the_way(made: Path, tmp_path: Path, workers: int) -> None:
    (tmp_path / "mine.txt").write_text("not yours")
    process = maker(tmp_path / "demo", workers, wait=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    process.kill()
    process.stdout.read()  # ends only when the helper processes, which share it, have ended too
    process.communicate()
    assert not (tmp_path / "demo").exists()
    ensure(tmp_path / "demo", RECIPE, workers=1)
    assert digests(tmp_path / "demo") == digests(made)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "mine.txt"]


@pytest.mark.full
def test_a_worker_that_dies_is_told_with_its_scene_and_nothing_is_left(tmp_path: Path) -> None:
    def kill(done: int, total: int) -> None:
        for worker in multiprocessing.active_children():
            worker.kill()

    recipe = DemoRecipe(seed=3, size=(32, 18), scenes=SCENE_NAMES[:2])
    with pytest.raises(UserError, match=r"that filmed [a-z-]+ \(take [12]\) died \(exit code -9\)"):
        ensure(tmp_path / "demo", recipe, workers=2, progress=kill)
    assert list(tmp_path.iterdir()) == []
    assert multiprocessing.active_children() == []


def test_a_damaged_data_set_is_reported_and_never_deleted(own: Path) -> None:
    lost = next((own / "split-videos/testing/30FPS").iterdir())
    lost.unlink()
    with pytest.raises(UserError, match=rf"{lost.name} is missing or empty: delete that folder") as caught:
        ensure(own, RECIPE)
    assert str(own) in str(caught.value)
    assert (own / "descriptions.csv").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/thesis.txt").write_text("chapter 1")
    with pytest.raises(UserError, match="not a demo data set"):
        ensure(tmp_path / "demo", RECIPE)
    assert (tmp_path / "demo/thesis.txt").read_text() == "chapter 1"


def test_a_data_set_of_another_seed_is_not_taken_for_this_one(own: Path) -> None:
    with pytest.raises(UserError, match="another demo data set"):
        ensure(own, DemoRecipe(seed=4, size=RECIPE.size, scenes=SCENES))


def test_an_empty_folder_may_be_filled(tmp_path: Path, made: Path) -> None:
    (tmp_path / "demo").mkdir()
    ensure(tmp_path / "demo", RECIPE, workers=1)
    assert digests(tmp_path / "demo") == digests(made)


def test_a_rate_that_is_not_filmed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="30, 24, 16, 8 FPS, not 25"):
        ensure_demo(tmp_path / "demo", fps=25)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be made in"):
        ensure_demo(tmp_path / "file" / "demo")


def test_the_folder_is_named_for_version_and_seed(tmp_path: Path) -> None:
    assert demo_root(tmp_path, 7) == tmp_path / "demo-v1-seed7"
    assert full_recipe(7).size == (480, 270)


def test_asking_for_its_name_loads_no_drawing() -> None:
    script = "import sys, runners.demo; print({'cv2', 'pymunk', 'av'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
