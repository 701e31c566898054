"""Two embeddings -> one score, higher for more alike."""

from gemel.similarity.class_scorer import ClassScorer, prototypes
from gemel.similarity.cosine import Cosine
from gemel.similarity.euclidean import Euclidean, SquaredEuclidean
from gemel.similarity.exp_manhattan import ExpManhattan
from gemel.similarity.similarity import Similarity
from gemel.similarity.weighted_l1 import WeightedL1

SIMILARITIES: dict[str, type[Similarity]] = {
    "cosine": Cosine,
    "euclidean": Euclidean,
    "squared_euclidean": SquaredEuclidean,
    "exp_manhattan": ExpManhattan,
    "weighted_l1": WeightedL1,
}

__all__ = [
    "SIMILARITIES",
    "ClassScorer",
    "Cosine",
    "Euclidean",
    "ExpManhattan",
    "Similarity",
    "SquaredEuclidean",
    "WeightedL1",
    "prototypes",
]
