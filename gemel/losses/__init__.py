"""What training descends: losses on pairs, triplets, classes, episodes, numbers; and miners that pick the triplets."""

from gemel.losses.binary_cross_entropy import BinaryCrossEntropy
from gemel.losses.center import CenterLoss
from gemel.losses.contrastive import ContrastiveLoss
from gemel.losses.cross_entropy import CrossEntropy
from gemel.losses.hinge import Hinge
from gemel.losses.loss import ClassLoss, EpisodeLoss, PairLoss, QueryLoss, RegressionLoss, TripletLoss
from gemel.losses.margin_softmax import MarginSoftmax
from gemel.losses.mean_squared_error import MeanSquaredError
from gemel.losses.mining import MINERS, AllTriplets, DistanceWeighted, Hard, Miner, SemiHard
from gemel.losses.plugged import MetricLearningLoss
from gemel.losses.softmax import Softmax
from gemel.losses.squared_error import SquaredError
from gemel.losses.supervised_contrastive import SupervisedContrastive
from gemel.losses.triplet import Triplet

PAIR_LOSSES: dict[str, type[PairLoss]] = {
    "contrastive": ContrastiveLoss,
    "binary_cross_entropy": BinaryCrossEntropy,
    "hinge": Hinge,
}
TRIPLET_LOSSES: dict[str, type[TripletLoss]] = {
    "triplet": Triplet,
}
CLASS_LOSSES: dict[str, type[ClassLoss]] = {
    "softmax": Softmax,
    "margin_softmax": MarginSoftmax,
    "center": CenterLoss,
    "supervised_contrastive": SupervisedContrastive,
    "metric_learning": MetricLearningLoss,
}
EPISODE_LOSSES: dict[str, type[EpisodeLoss]] = {
    "cross_entropy": CrossEntropy,
    "mean_squared_error": MeanSquaredError,
}
REGRESSION_LOSSES: dict[str, type[RegressionLoss]] = {
    "squared_error": SquaredError,
}
LOSSES: dict[str, type[PairLoss] | type[TripletLoss] | type[ClassLoss] | type[QueryLoss]] = {
    **PAIR_LOSSES,
    **TRIPLET_LOSSES,
    **CLASS_LOSSES,
    **EPISODE_LOSSES,
    **REGRESSION_LOSSES,
}

__all__ = [
    "CLASS_LOSSES",
    "EPISODE_LOSSES",
    "LOSSES",
    "MINERS",
    "PAIR_LOSSES",
    "REGRESSION_LOSSES",
    "TRIPLET_LOSSES",
    "AllTriplets",
    "BinaryCrossEntropy",
    "CenterLoss",
    "ClassLoss",
    "ContrastiveLoss",
    "CrossEntropy",
    "DistanceWeighted",
    "EpisodeLoss",
    "Hard",
    "Hinge",
    "MarginSoftmax",
    "MeanSquaredError",
    "MetricLearningLoss",
    "Miner",
    "PairLoss",
    "QueryLoss",
    "RegressionLoss",
    "SemiHard",
    "Softmax",
    "SquaredError",
    "SupervisedContrastive",
    "Triplet",
    "TripletLoss",
]
