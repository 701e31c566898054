"""Methods: a loss on a batch, and how to adapt to a support set."""

from gemel.learners.adaptive import AdaptedClassifier, Adaptive
from gemel.learners.baseline import Baseline
from gemel.learners.classification import Classification
from gemel.learners.classifier import Classifier, SupportClassifier
from gemel.learners.episodic import Episodic
from gemel.learners.feat import FEAT
from gemel.learners.imaml import IMAML
from gemel.learners.learner import EmbeddingLearner, Learner, Step
from gemel.learners.maml import MAML
from gemel.learners.mann import MANN
from gemel.learners.matching import Matching
from gemel.learners.reptile import Reptile
from gemel.learners.siamese import Siamese
from gemel.learners.simpleshot import SimpleShot
from gemel.learners.snail import SNAIL
from gemel.learners.transductive import Transductive
from gemel.learners.triplet import Triplet
from gemel.learners.whitened import Whitened

LEARNERS: dict[str, type[Learner]] = {
    "siamese": Siamese,
    "triplet": Triplet,
    "classification": Classification,
    "episodic": Episodic,
    "matching": Matching,
    "baseline": Baseline,
    "simpleshot": SimpleShot,
    "feat": FEAT,
    "whitened": Whitened,
    "transductive": Transductive,
    "maml": MAML,
    "imaml": IMAML,
    "reptile": Reptile,
    "snail": SNAIL,
    "mann": MANN,
}

__all__ = [
    "FEAT",
    "IMAML",
    "LEARNERS",
    "MAML",
    "MANN",
    "SNAIL",
    "AdaptedClassifier",
    "Adaptive",
    "Baseline",
    "Classification",
    "Classifier",
    "EmbeddingLearner",
    "Episodic",
    "Learner",
    "Matching",
    "Reptile",
    "Siamese",
    "SimpleShot",
    "Step",
    "SupportClassifier",
    "Transductive",
    "Triplet",
    "Whitened",
]
