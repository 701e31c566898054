"""Pure functions over embeddings and scores that were computed once: how good, how sure, and from where on "same"."""

from gemel.evaluation.calibration import Calibration
from gemel.evaluation.episode_indices import sample_episodes
from gemel.evaluation.episodes import EpisodesResult, episode_accuracy
from gemel.evaluation.instances import InstancesResult, instance_accuracy
from gemel.evaluation.intervals import Estimate, class_bootstrap, counted_rate, mean_rate
from gemel.evaluation.one_shot_runs import OneShotRun, OneShotRunsResult, one_shot_runs
from gemel.evaluation.pairs import pair_scores, random_pairs
from gemel.evaluation.retrieval import RetrievalResult, retrieval
from gemel.evaluation.roc import Roc, area_under, best_accuracy, equal_error_rate, roc
from gemel.evaluation.thresholds import OperatingPoint, operating_points, point_at_eer, point_at_far
from gemel.evaluation.unknown import OpenSetResult, class_log_odds, open_set, posterior
from gemel.evaluation.verification import TarAtFar, VerificationResult, verification

__all__ = [
    "Calibration",
    "EpisodesResult",
    "Estimate",
    "InstancesResult",
    "OneShotRun",
    "OneShotRunsResult",
    "OpenSetResult",
    "OperatingPoint",
    "RetrievalResult",
    "Roc",
    "TarAtFar",
    "VerificationResult",
    "area_under",
    "best_accuracy",
    "class_bootstrap",
    "class_log_odds",
    "counted_rate",
    "episode_accuracy",
    "equal_error_rate",
    "instance_accuracy",
    "mean_rate",
    "one_shot_runs",
    "open_set",
    "operating_points",
    "pair_scores",
    "point_at_eer",
    "point_at_far",
    "posterior",
    "random_pairs",
    "retrieval",
    "roc",
    "sample_episodes",
    "verification",
]
