"""The benchmark runs; what it finds depends on the machine and is no test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import bench_score
from tests.bench import Scale, main
from tests.bench_api import ApiScale

TINY = Scale(
    size=(64, 36), fps=8, switch_size=(128, 72), repeats=1, model_s=0.01, clips=2, clips_for_memory=(1, 2), starts=1,
    preset="ultrafast", api=ApiScale(clips=3, few=1, model_s=0.01, concurrency=(2,), poll_s=0.01),
)  # fmt: skip


@pytest.mark.full
def test_it_prints_a_figure_for_everything(capsys: pytest.CaptureFixture[str]) -> None:
    main(TINY)
    rows = capsys.readouterr().out.splitlines()[2:]
    names = [row.split("  ")[0] for row in rows]
    assert names == [
        "peak memory, 1 and 2 clips",
        "--help, wall time",
        "importing the main job, wall time",
        "one clip, textured, cpu time",
        "one clip, textured, wall time",
        "one clip, drawn, cpu time",
        "one clip, drawn, wall time",
        "drawn clips behind a working model, wall",
        "3 clips of a service, 2 at once",
        "",
    ]


@pytest.mark.full
def test_the_scorer_is_held_against_the_reference(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bench_score.main(bench_score.Scale(truths=((128, 72),), clips=((64, 36),), fps=4, views=1), tmp_path)
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row[:46].strip() for row in rows] == [
        "truth 128×72",
        "64×36 clip, reference",
        *[
            f"64×36 clip, {how}"
            for how in (
                "no cache", "off: largest difference", "cold", "cold: largest difference", "warm",
                "warm: largest difference", "cache",
            )
        ],
        "the same, masks shipped, reference",
        "the same, masks shipped, cold",
        "the same, masks shipped: largest difference",
    ]  # fmt: skip
    assert {row.split()[-2] for row in rows if "largest difference" in row} == {"0.0e+00"}
