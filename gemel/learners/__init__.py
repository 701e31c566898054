"""Methods: a loss on a batch, and how to adapt to a support set."""

from gemel.learners.classification import Classification
from gemel.learners.classifier import Classifier, SupportClassifier
from gemel.learners.episodic import Episodic
from gemel.learners.learner import EmbeddingLearner, Learner, Step
from gemel.learners.matching import Matching
from gemel.learners.siamese import Siamese
from gemel.learners.triplet import Triplet

LEARNERS: dict[str, type[Learner]] = {
    "siamese": Siamese,
    "triplet": Triplet,
    "classification": Classification,
    "episodic": Episodic,
    "matching": Matching,
}

__all__ = [
    "LEARNERS",
    "Classification",
    "Classifier",
    "EmbeddingLearner",
    "Episodic",
    "Learner",
    "Matching",
    "Siamese",
    "Step",
    "SupportClassifier",
    "Triplet",
]
