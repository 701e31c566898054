"""Two embeddings -> one score, higher for more alike."""

from gemel.similarity.class_scorer import ClassScorer, prototypes
from gemel.similarity.cosine import Cosine
from gemel.similarity.crossed import Crossed
from gemel.similarity.euclidean import Euclidean, SquaredEuclidean
from gemel.similarity.exp_manhattan import ExpManhattan
from gemel.similarity.hausdorff import Hausdorff
from gemel.similarity.nearest import Nearest
from gemel.similarity.relation import Relation
from gemel.similarity.similarity import Similarity
from gemel.similarity.two_channel import TwoChannel
from gemel.similarity.weighted_l1 import WeightedL1

SIMILARITIES: dict[str, type[Similarity]] = {
    "cosine": Cosine,
    "euclidean": Euclidean,
    "squared_euclidean": SquaredEuclidean,
    "exp_manhattan": ExpManhattan,
    "weighted_l1": WeightedL1,
    "relation": Relation,
    "nearest": Nearest,
    "hausdorff": Hausdorff,
    "crossed": Crossed,
    "two_channel": TwoChannel,
}

__all__ = [
    "SIMILARITIES",
    "ClassScorer",
    "Cosine",
    "Crossed",
    "Euclidean",
    "ExpManhattan",
    "Hausdorff",
    "Nearest",
    "Relation",
    "Similarity",
    "SquaredEuclidean",
    "TwoChannel",
    "WeightedL1",
    "prototypes",
]
