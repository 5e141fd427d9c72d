"""The benchmark's own toolbox as a scorer: run on staged links, its results read back and held against ours."""

from runners.scoring.official.compare import compare
from runners.scoring.official.results import read_metrics
from runners.scoring.official.scorer import FOLDER, check_official, say, score_official

__all__ = ["FOLDER", "check_official", "compare", "read_metrics", "say", "score_official"]
