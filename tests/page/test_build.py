"""The report's folder: whole, the same from any way to it, never over what is somebody's, and truth stays at home."""

from __future__ import annotations

import hashlib
import html
import json
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from runners.core.errors import UserError
from runners.core.outcome import DONE
from runners.core.settings import PageSettings
from tests.page.conftest import HOSTILE, ask, files
from tests.run.harness import MINI


def data(out: Path, name: str = "index", variable: str = "PIQ") -> Any:
    text = (out / "data" / f"{name}.js").read_text(encoding="ascii")
    return json.loads(text.removeprefix(f"window.{variable}=").rstrip().removesuffix(";"))


@pytest.fixture(scope="module")
def built(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "report"
    assert ask(made, out, report=PageSettings(truth="copy")).code == DONE
    return out


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for key, value in attrs if key in ("href", "src", "data-preview", "data-src") and value]


def test_every_link_of_every_page_leads_to_a_file_of_the_report(built: Path) -> None:
    for page in built.rglob("*.html"):
        links = Links()
        links.feed(page.read_text(encoding="utf-8"))
        for link in links.found:
            way = unquote(link.partition("#")[0].partition("?")[0])
            if way and not link.startswith("data:"):
                target = (page.parent / way).resolve()
                assert target.is_file(), f"{page}: {link}"
                assert target.is_relative_to(built)


def test_the_index_knows_models_scenarios_and_what_is_not_complete(built: Path) -> None:
    index = data(built)
    marks = {model["label"]: model["mark"] for model in index["models"]}
    assert marks == {
        "paint-op": None, "other-op": None, "part-op-run_01": "metrics over 2 of 6 clips, no score",
    }  # fmt: skip
    assert len(index["scenes"]) == 6
    part = next(model for model in index["models"] if model["mark"])
    assert part["scores"] is None
    assert set(part["metrics"]["of"]) == {"spatial", "spatiotemporal", "weighted_spatial", "mse"}
    assert part["metrics"]["variance"] is not None
    page = (built / "index.html").read_text(encoding="utf-8")
    assert "metrics over 2 of 6 clips, no score" in page


def test_a_scenario_has_both_takes_every_run_and_curves_of_each_frame(built: Path) -> None:
    scene = data(built, "scene-mini-0001", "PIQ_SCENE")
    kinds = [(player["kind"], player["preview"] is not None) for player in scene["players"]]
    assert kinds == [("truth", True)] * 2 + [("model", True)] * 4
    model = scene["players"][2]
    assert len(model["iou"]) == len(model["mse"]) == model["frames"]
    assert scene["variance"] is not None
    assert scene["switch"] is not None


def test_two_complete_models_have_their_paired_difference(built: Path) -> None:
    pairs = data(built, "pairs", "PIQ_PAIRS")["pairs"]
    ((names, pair),) = pairs.items()
    scores = {model["key"]: model["scores"] for model in data(built)["models"]}
    assert pair["scenes"] == 2
    for name, side in zip(names.split("|"), "ab", strict=True):
        assert pair["differences"]["verified"][side] == pytest.approx(scores[name]["verified"]["mean"])


def test_a_second_build_writes_nothing_and_another_folder_gets_the_same_bytes(
    made: Path, built: Path, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*") if path.is_file()}
    truth = PageSettings(truth="copy")
    ask(made, built, report=truth)
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*") if path.is_file()} == before
    ask(made, tmp_path / "other", report=truth)
    assert files(tmp_path / "other") == files(built)


def test_a_build_that_was_killed_is_gone_on_with(made: Path, built: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "import runners.page.build as build\n"
        "write, count = build.write_text, []\n"
        "def dying(path, text):\n"
        "    count.append(path)\n"
        "    if len(count) == 20:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    write(path, text)\n"
        "build.write_text = dying\n"
        "from runners.core.settings import PageSettings\n"
        "from tests.page.conftest import ask\n"
        "ask(Path(sys.argv[1]), Path(sys.argv[2]), report=PageSettings(truth='copy'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(made), str(out)], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    ask(made, out, report=PageSettings(truth="copy"))
    assert files(out) == files(built)


def test_what_is_gone_from_the_results_goes_from_the_report(results: Path, tmp_path: Path) -> None:
    ask(results, tmp_path / "report")
    (gone,) = results.glob("mini/other-*")
    gone.rename(tmp_path / "elsewhere")
    ask(results, tmp_path / "report")
    assert not list((tmp_path / "report" / "models").glob("*other*"))
    assert "other-op" not in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("truth", ["link", "none"])
def test_truth_is_never_inside_unless_it_is_asked_for(made: Path, tmp_path: Path, truth: str) -> None:
    out = tmp_path / "report"
    ask(made, out, report=PageSettings(truth=truth))
    known = {hashlib.sha256(path.read_bytes()).hexdigest() for path in MINI.rglob("*") if path.is_file()}
    scene = data(out, "scene-mini-0001", "PIQ_SCENE")
    for path in out.rglob("*"):
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() not in known
    inside = [player["preview"] for player in scene["players"] if player["kind"] == "truth"]
    assert all(way is None or not (out / unquote(way)).resolve().is_relative_to(out) for way in inside)
    assert all(way is not None for way in inside) == (truth == "link")


def test_names_prompts_and_reasons_are_text_whatever_they_hold(results: Path, tmp_path: Path) -> None:
    path = next(results.glob("mini/part-*")) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    clips = list(manifest["clips"].values())
    clips[0]["published"]["generation"]["prompt"] = HOSTILE * 100
    clips[0]["category"] = HOSTILE
    clips[1]["failed"] = {"time": "", "kind": "refused", "reason": HOSTILE}
    del clips[1]["published"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    out = tmp_path / "report"
    ask(results, out)
    for page in [*out.rglob("*.html"), *out.rglob("data/*.js")]:
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "\x07" not in text
    (model,) = (out / "models").glob("*part*")
    text = model.read_text(encoding="utf-8")
    assert html.escape("<script>alert(1)</script>") in text
    assert "refused" in text
    assert {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")} <= {"results", "report"}


def test_a_folder_of_somebody_s_is_left_alone(made: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(UserError, match="holds other files and is no report"):
        ask(made, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_report_inside_a_run_s_folder_is_refused(results: Path) -> None:
    (run,) = results.glob("mini/other-*")
    with pytest.raises(UserError, match="lies in a run's folder"):
        ask(results, run / "report")


@pytest.mark.parametrize(
    ("settings", "told"),
    [(PageSettings(media="copie"), "media: unknown 'copie'"), (PageSettings(truth="lin"), "truth: unknown 'lin'")],
)
def test_a_word_that_is_no_choice_is_told_before_any_work(
    made: Path, tmp_path: Path, settings: PageSettings, told: str
) -> None:
    with pytest.raises(UserError, match=rf"report\.{told}; did you mean"):
        ask(made, tmp_path / "report", report=settings)
    assert not (tmp_path / "report").exists()


def test_full_clips_are_copied_or_linked_as_asked(made: Path, tmp_path: Path) -> None:
    for media, inside in (("copy", True), ("link", False)):
        out = tmp_path / media
        ask(made, out, report=PageSettings(media=media))
        clip = data(out, "scene-mini-0001", "PIQ_SCENE")["players"][-1]["clip"]
        path = (out / unquote(clip)).resolve()
        assert path.is_file()
        assert path.is_relative_to(out) == inside


def test_places_of_this_machine_stand_nowhere_in_the_pages_text(built: Path, made: Path) -> None:
    for page in [*built.rglob("*.html"), *built.rglob("data/*.js")]:
        assert str(made.parent) not in page.read_text(encoding="utf-8")
        assert str(Path.home()) + "/" not in page.read_text(encoding="utf-8")
