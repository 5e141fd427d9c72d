"""Runs to be shown: three scenes of the demo × three views, four models × two runs, and what goes wrong.

Each run over the whole demo would cost a minute, and the page's behaviour is what is tested here: so a benchmark is cut
from it that is small and complete. The models run at 15 frames per second, the truth was filmed at 30, and a run of a
part has 24: players of different rates stand beside each other.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from runners.demo import demo_root, ensure_demo

ROOT = Path(__file__).resolve().parents[3]
SCENES = ("newtons-cradle", "swinging-lamp-shadows", "heat-melts-wax")
IDS = [f"{number:04d}" for number in (7, 8, 9, 22, 23, 24, 25, 26, 27)]
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> \"quoted\" 'too' \u202eRTL\u202c \U0001f600 ../../etc "
HOSTILE_FOLDER = "x<img src=1 onerror=alert(3)>&amp;\"'"
SIZE = ("output=truth", "output.width=240", "output.height=136", "output.preset=ultrafast", "scorer.workers=1")


def cut_demo(target: Path) -> Path:
    """A data set of some scenes of the demo, by links; the demo is filmed first if nobody has asked for it yet."""
    whole = ensure_demo(demo_root(Path.home() / ".cache" / "physics-iq-harness", 0))
    for path in whole.rglob("*"):
        if path.suffix in (".mp4", ".jpg") and path.stem.partition("_trimmed-")[2] in SCENES:
            place = target / path.relative_to(whole)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(path)
    with (whole / "descriptions.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.reader(source) if row[0] == "scenario" or any(scene in row[0] for scene in SCENES)]
    with (target / "descriptions.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return target


def start(data: Path, results: Path, *words: str) -> subprocess.Popen[str]:
    """`runners.generate` over this data, under way."""
    of = ("benchmark=original", f"benchmark.root={data}", "benchmark.expected=9", "benchmark.name=small")
    command = [sys.executable, "-m", "runners.generate", *words, *of, *SIZE, f"results={results}"]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ)
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> None:
    told = process.communicate()[0]
    assert process.returncode == code, told


def make_results(place: Path) -> Path:
    """A results folder, and beside it the data set that it is of."""
    data, results = cut_demo(place / "data"), place / "results"
    real = data / "split-videos" / "testing" / "30FPS"
    both = [
        start(data, results, "-m", "model=freeze,extrapolate", "run=1,2", "output.fps=15"),
        start(
            data, results, "-m", "model=precomputed", f"model.adapter.folder={real}", "model.name=copy", "run=1,2",
            "output.fps=15",
        ),
    ]  # fmt: skip
    finish(both[1])
    finish(start(data, results, "-m", "model=real_take", "run=1,2", "output.fps=15"))
    finish(start(data, results, "model=extrapolate", "tag=part", "select.ids=[7,22,23]", "output.fps=24"))
    finish(both[0])
    spoil(results / "small")
    return results


def spoil(runs: Path) -> None:
    """One clip refused, texts that would be markup, and a run that can't be read under a name that would be markup."""
    path = next(runs.glob("extrapolate*part*")) / "manifest.json"
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    first, second, *_ = manifest["clips"].values()
    first["published"]["generation"]["prompt"] = HOSTILE + "0123456789" * 1000
    first["published"]["generation"]["negative_prompt"] = HOSTILE
    second["failed"] = {"time": "", "kind": "refused", "reason": HOSTILE}
    del second["published"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    shutil.copytree(path.parent, runs / HOSTILE_FOLDER)
    (runs / HOSTILE_FOLDER / "journal.jsonl").write_text("no journal\n", encoding="utf-8")


def write_report(results: Path, out: Path) -> Path:
    """The report over them with all films inside, as it would be put on a web site."""
    words = [f"results={results}", f"out={out}", "report.truth=copy", "report.media=copy", "resamples=200"]
    done = subprocess.run(
        [sys.executable, "-m", "runners.report", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


if __name__ == "__main__":  # python -m tests.page.browser.results FOLDER: to look at, and for BROWSER_REPORT
    place = Path(sys.argv[1])
    sys.stdout.write(f"{write_report(make_results(place), place / 'report')}\n")
