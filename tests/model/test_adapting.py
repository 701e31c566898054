"""What a network that adapts keeps of a support set."""

from __future__ import annotations

import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from gemel.adaptation import Numbers
from gemel.assembly import assemble
from gemel.batches import Labelled
from gemel.evaluation.unknown import class_log_odds
from gemel.learners import Adaptive
from gemel.model import Model
from gemel.recipes import Recipe
from tests.model.drawn import PAGES, support


@pytest.fixture
def adapting(tiny_model: Model) -> Model:
    parts = {"encoder": {"name": "conv4", "filters": 4}, "method": "maml", "preprocessing": {"size": 28, "channels": 1}}
    recipe = Recipe.of(parts)
    return replace(tiny_model, learner=assemble(recipe, channels=1, classes=1).eval().requires_grad_(False))


def test_a_support_is_adapted_to_once_while_it_is_in_use(adapting: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    learner, known, asked = (
        adapting.learner,
        adapting.support(support()),
        torch.from_numpy(adapting.embed([PAGES[0, 3]])),
    )
    assert isinstance(learner, Adaptive)
    numbers = (known.embeddings, known.labels, len(known.classes))
    expected = learner.class_scores(asked, *numbers)
    odds = class_log_odds(learner, adapting.calibration, asked, *numbers)
    adapted, times = learner.adapted, list[int]()

    def counted(batch: Labelled) -> Numbers:
        times.append(len(batch.labels))
        return adapted(batch)

    monkeypatch.setattr(learner, "adapted", counted)
    first = adapting.identify([PAGES[0, 3]], known)
    assert len(times) == 1
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(adapting.identify, [[PAGES[0, 3]]] * 4, [known] * 4)) == [first] * 4
    assert len(times) == 1
    scorer = adapting.scorer(known)
    assert torch.equal(scorer.class_scores(asked, *numbers), expected)
    assert np.array_equal(class_log_odds(scorer, adapting.calibration, asked, *numbers), odds)
    two = adapting.support(dict(list(support().items())[:2]))
    assert len(adapting.identify([PAGES[0, 3]], two)[0].matches) == 2
    assert times == [10, 4]

    kept = weakref.ref(scorer)
    del scorer, known, numbers
    gc.collect()
    assert kept() is None


def test_other_learners_keep_nothing_for_a_support(tiny_model: Model) -> None:
    assert tiny_model.scorer(tiny_model.support(support())) is tiny_model.learner


def test_a_model_in_use_may_be_sent_to_another_process(adapting: Model) -> None:
    known = adapting.support(support())
    answer = adapting.identify([PAGES[0, 3]], known)
    assert pickle.loads(pickle.dumps(adapting)).identify([PAGES[0, 3]], known) == answer
