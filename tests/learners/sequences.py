"""What is asked of every learner that reads a sequence."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gemel.errors import DataError
from gemel.learners.sequence_learner import SequenceLearner
from gemel.randomness import torch_generator
from tests.learners.test_episodic import DIMENSIONS


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch_generator(seed, "numbers"))


def refuses_a_fourth_class(learner: SequenceLearner) -> None:
    """Check that a learner of three classes is not asked for four."""
    with pytest.raises(DataError) as error:
        learner.class_scores(numbers(5, DIMENSIONS, seed=1), numbers(4, DIMENSIONS), torch.arange(4), 4)
    assert str(error.value) == (
        "The model tells 3 classes at most from each other, and 4 came; train with learner.ways=4 (and episodes of as "
        "many ways)."
    )


def answers_alike_in_parts(learner: SequenceLearner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that neither the other queries, nor the other tasks, nor how many go at once matters."""
    support, query, labels = numbers(2, 3, DIMENSIONS), numbers(2, 5, DIMENSIONS, seed=1), torch.arange(3)
    whole = learner.class_scores(query, support, labels, 3)
    torch.testing.assert_close(learner.class_scores(query[:, 2:3], support, labels, 3), whole[:, 2:3])
    torch.testing.assert_close(learner.class_scores(query[1], support[1], labels, 3), whole[1])
    monkeypatch.setattr("gemel.learners.sequence_learner.TOGETHER", 4)
    torch.testing.assert_close(learner.class_scores(query, support, labels, 3), whole)
