"""Episodes on made-up characters, one at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from gemel.embedding import embed_pixels
from gemel.errors import DataError, RecipeError
from gemel.model import Model
from gemel.pages import arena
from gemel.pages.arena import Arena, Episode, Task, quick_model
from gemel.recipes.methods import METHODS


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(arena, "CHARACTERS", 6)
    monkeypatch.setattr(arena, "WRITERS", 4)
    monkeypatch.setattr(arena, "SIZE", 32)


def test_an_episode_asks_what_its_number_says(tiny_model: Model):
    found = Arena(tiny_model, Task(3, 1, 2)).episode(4)
    again = Arena(tiny_model, Task(3, 1, 2)).episode(4)
    assert found.support.shape == (3, 1)
    assert found.query.shape == found.answers.shape == (3, 2)
    np.testing.assert_array_equal(found.support, again.support)
    np.testing.assert_array_equal(found.answers, again.answers)
    others = [Arena(tiny_model, Task(3, 1, 2)).episode(number).support.tolist() for number in range(4)]
    assert found.support.tolist() not in others


def test_support_and_queries_are_of_one_class_a_row_and_no_item_is_both(tiny_model: Model):
    ring = Arena(tiny_model, Task(5, 2, 2, seed=3))
    for number in range(5):
        found = ring.episode(number)
        rows = np.concatenate([found.support, found.query], axis=1)
        assert all(len(set(ring.labels[row])) == 1 for row in rows)
        assert len(set(rows.ravel())) == rows.size


def test_the_answers_are_those_of_the_models_scores(tiny_model: Model):
    ring = Arena(tiny_model, Task(4, 2, 2))
    found = ring.episode(0)
    single: dict[int, torch.Tensor] = {}
    for item in np.concatenate([found.support, found.query], axis=1).ravel():
        seen = tiny_model.preprocessing.pixels(Image.fromarray(ring.drawings[item]))
        single[item] = embed_pixels(tiny_model.learner, tiny_model.preprocessing, torch.from_numpy(seen[None]))
    for row in range(4):
        for place, query in enumerate(found.query[row]):
            means = [sum(single[item] for item in items) / 2 for items in found.support]
            scores = [float(tiny_model.similarity(single[query], mean)) for mean in means]
            assert found.answers[row, place] == int(np.argmax(scores))


def test_accuracy_is_the_share_of_right_answers():
    found = Episode(np.zeros((2, 1)), np.zeros((2, 2)), np.array([[0, 1], [1, 1]]))
    assert found.right.tolist() == [[True, False], [True, True]]
    assert found.accuracy == 0.75


def test_too_many_classes_are_refused(tiny_model: Model):
    with pytest.raises(DataError, match="13"):
        Arena(tiny_model, Task(13, 1, 1)).episode(0)


def test_an_unknown_method_is_refused():
    with pytest.raises(RecipeError, match="Did you mean 'prototypical'"):
        quick_model("prototypica", 0)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_every_installed_method_plays(method: str):
    told: list[tuple[int, int]] = []
    model = quick_model(method, 2, lambda done, total: told.append((done, total)))
    assert told[-1][1] == 2
    rates = [Arena(model, Task(5, 1, 2)).episode(number).accuracy for number in range(3)]
    assert all(0 <= rate <= 1 for rate in rates)
