from __future__ import annotations

import numpy as np
import pytest
import torch

from gemel.errors import RecipeError
from gemel.learners import Adaptive
from gemel.workflows.regressing import baseline, learner_of, methods, recipe_of
from gemel.workflows.regression_figures import at_rate, errors_by_step, fewer, tasks_of


def learner(method: str, *overrides: str) -> Adaptive:
    made = learner_of(recipe_of(method, 10, 1, 0, overrides)).eval()
    return made.requires_grad_(False)


def test_every_method_that_adapts_has_a_recipe() -> None:
    assert {"maml", "fomaml", "anil", "boil", "meta_sgd", "maml++", "lstm_meta_learner", "imaml", "reptile"} <= set(
        methods()
    )
    assert not {"prototypical", "snail", "siamese"} & set(methods())
    for method in methods():
        made = learner(method)
        assert made.network.head.out_features == 1
        assert sum(value.numel() for value in made.network.parameters()) == 1761  # 1 -> 40 -> 40 -> 1
        assert len(list(made.path(tasks_of("test", 1, 0)[0].support, 2))) == 3
    with pytest.raises(RecipeError, match="'snail' is no method that adapts"):
        recipe_of("snail", 10, 1, 0, ())
    with pytest.raises(RecipeError, match="Did you mean 'maml'"):
        recipe_of("mamel", 10, 1, 0, ())


def test_the_baselines_are_the_same_network_that_does_not_adapt_while_it_learns() -> None:
    recipe = recipe_of("meta_sgd", 10, 1, 0, ["encoder.dimensions=8"])
    pretrained, oracle = learner_of(baseline(recipe)), learner_of(baseline(recipe, told=True))
    assert pretrained.network.encoder.dimensions == oracle.network.encoder.dimensions == 8
    assert (pretrained.network.encoder.channels, oracle.network.encoder.channels) == (1, 3)
    task = tasks_of("test", 1, 0)[0]
    adapted = pretrained.adapted(task.support)
    assert all(torch.equal(adapted[name], value) for name, value in pretrained.numbers().items())


def test_errors_are_those_of_the_network_after_each_step() -> None:
    tasks, maml = tasks_of("test", 3, 0), learner("maml")
    found = errors_by_step(maml, tasks, 5, 2)
    assert found.shape == (3, 3)
    task = fewer(tasks[1], 5)
    assert len(task.support.items) == len(task.support.labels) == 5
    for numbers, error in zip(maml.path(task.support, 2), found[1], strict=True):
        told = maml.functions[False](numbers, task.query.items)[:, 0].detach()
        assert float((told - task.query.labels).square().mean()) == pytest.approx(error, rel=1e-5)
    alone = learner("maml", "learner.together=1")
    np.testing.assert_allclose(errors_by_step(alone, tasks, 5, 2), found, rtol=1e-4)


def test_a_rate_is_a_copy_s_own() -> None:
    maml, tasks = learner("maml"), tasks_of("test", 2, 0)
    before = errors_by_step(maml, tasks, 10, 1)
    other = errors_by_step(at_rate(maml, 0.02), tasks, 10, 1)
    np.testing.assert_array_equal(other[:, 0], before[:, 0])
    assert (other[:, 1] != before[:, 1]).all()
    np.testing.assert_array_equal(errors_by_step(maml, tasks, 10, 1), before)


def test_a_network_that_says_nothing_errs_by_the_truth() -> None:
    maml, tasks = learner("maml"), tasks_of("test", 2, 0)
    for value in maml.network.parameters():
        value.zero_()
    expected = [float(task.query.labels.square().mean()) for task in tasks]
    np.testing.assert_allclose(errors_by_step(maml, tasks, 5, 0)[:, 0], expected, rtol=1e-5)


def test_test_tasks_are_alike_whatever_is_told_and_no_validation_tasks() -> None:
    plain, told = (tasks_of("test", 2, 0, told=known) for known in (False, True))
    assert all(torch.equal(a.query.labels, b.query.labels) for a, b in zip(plain, told, strict=True))
    assert not torch.equal(plain[0].query.labels, tasks_of("validation", 2, 0)[0].query.labels)
