"""Physics-IQ metrics and scores, equal to the official toolbox's."""

from runners.scoring.altered import check_unaltered
from runners.scoring.choose import check_scorer, check_scorer_settings, score
from runners.scoring.fit import check_truth
from runners.scoring.pipeline import score_videos
from runners.scoring.pool import ScoringError
from runners.scoring.reuse import folder_rate, reuse_scores
from runners.scoring.scores import Scores

__all__ = [
    "Scores", "ScoringError", "check_scorer", "check_scorer_settings", "check_truth", "check_unaltered",
    "folder_rate", "reuse_scores", "score", "score_videos",
]  # fmt: skip
