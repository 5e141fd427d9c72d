"""The picture of the README, from the clips of `make demo`: `python -m tests.tools.demo_picture results/demo`."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

from adapters import read_frames

ROWS = {
    "real_take-op-run_01": "what really happened (take 2)",
    "freeze-op-run_01": "freeze",
    "extrapolate-op-run_01": "extrapolate",
}
SCENES = ("0004", "0010")
TIMES_S = (0.1, 1.3, 2.5, 4.9)
FPS = 30
TILE = (160, 90)
LABEL_PX = 14
PLACE = Path(__file__).resolve().parents[2] / "docs" / "demo.png"


def strip(results: Path) -> Image.Image:
    """A row per model, and for each of two scenes a column per moment of the 5 s."""
    columns = len(SCENES) * len(TIMES_S)
    sheet = Image.new("RGB", (columns * TILE[0] + 8, len(ROWS) * (TILE[1] + LABEL_PX)), "white")
    draw = ImageDraw.Draw(sheet)
    for row, (run, label) in enumerate(ROWS.items()):
        top = row * (TILE[1] + LABEL_PX)
        draw.text((2, top + 1), label, fill="black")
        for number, scene in enumerate(SCENES):
            (path,) = (results / run / "videos").glob(f"{scene}_*.mp4")
            frames = list(read_frames(path))
            for column, seconds in enumerate(TIMES_S):
                picture = Image.fromarray(frames[round(seconds * FPS)]).resize(TILE, Image.Resampling.LANCZOS)
                left = (number * len(TIMES_S) + column) * TILE[0] + number * 8
                sheet.paste(picture, (left, top + LABEL_PX))
    return sheet


def main() -> None:
    """Write the picture anew."""
    strip(Path(sys.argv[1])).save(PLACE, optimize=True)
    print(f"{PLACE}: {PLACE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
