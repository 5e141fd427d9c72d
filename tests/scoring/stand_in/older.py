"""The command line of April 2026 and before: the data set is where it is run from, under its one name."""

from __future__ import annotations

import argparse
from pathlib import Path

from plain import score_folder, scores  # type: ignore[import-not-found]

parser = argparse.ArgumentParser()
parser.add_argument("--input_folders", nargs="+", required=True, type=Path)
parser.add_argument("--output_folder", required=True, type=Path)
parser.add_argument("--descriptions_file", required=True, type=Path)

if __name__ == "__main__":
    args = parser.parse_args()
    results = args.output_folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    for folder in args.input_folders:
        score_folder(folder, Path("physics-IQ-benchmark"), args.descriptions_file, results)
    for table in sorted(results.glob("*.csv")):
        print(f"Physics-IQ score for {table.stem}: {scores(table)['final_score_origround']}")
