"""The command line of the current generation."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from physiq.plain import score_folder, scores  # type: ignore[import-not-found]

parser = argparse.ArgumentParser()
parser.add_argument("--input_folders", nargs="+", required=True, type=Path)
parser.add_argument("--output_folder", required=True, type=Path)
parser.add_argument("--descriptions_file", required=True, type=Path)
parser.add_argument("--benchmark_base_folder", default=".", type=Path)
parser.add_argument("--original_physics_iq", action="store_true")
parser.add_argument("--n_process", default=0, type=int)
parser.add_argument("--lazy_integrity", action="store_true")

if __name__ == "__main__":
    args = parser.parse_args()
    if args.n_process < 1:
        raise ValueError("Number of processes must be at least 1")
    name = "physics-IQ-benchmark" if args.original_physics_iq else "physics-IQ-benchmark-verified"
    results = args.output_folder / name / "results"
    results.mkdir(parents=True, exist_ok=True)
    for folder in args.input_folders:
        score_folder(folder, args.benchmark_base_folder / name, args.descriptions_file, results)
    for table in sorted(results.glob("*.csv")):
        (results / f"{table.stem}_metrics.json").write_text(json.dumps(scores(table)))
