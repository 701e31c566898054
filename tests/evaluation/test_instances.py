from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gemel.errors import DataError
from gemel.evaluation import instance_accuracy, mean_rate
from gemel.evaluation.instances import by_instance, instances
from tests.evaluation.clouds import clouds


class Remembering:
    """Tells the class of the nearest item before, and 0 at first; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Tensor, Tensor]] = []

    def sequence_scores(self, items: Tensor, labels: Tensor) -> Tensor:
        self.asked.append((items, labels))
        near = -torch.cdist(items, items).masked_fill(torch.ones(items.shape[-2:-1] * 2).triu().bool(), torch.inf)
        told = labels.gather(-1, near.argmax(-1))
        told[..., 0] = 0
        return functional.one_hot(told, 9).float()  # for more classes than are asked about


def test_instances_are_counted_by_hand() -> None:
    labels = np.array([[0, 1, 0, 0, 1, 1], [1, 1, 1, 0, 0, 0]])
    assert instances(labels).tolist() == [[0, 0, 1, 2, 1, 2], [0, 1, 2, 0, 1, 2]]
    right = np.array([[1, 0, 1, 0, 1, 0], [0, 0, 1, 1, 0, 1]], bool)
    assert by_instance(right, labels).tolist() == [[0.5, 1, 0], [0.5, 0, 1]]


def test_the_figures_are_those_counted_one_answer_at_a_time() -> None:
    embeddings, labels = clouds(8, 9, spread=0.9)
    scorer = Remembering()
    result = instance_accuracy(embeddings, labels, scorer, ways=4, items=6, episodes=20, seed=3)
    [(items, truth)] = scorer.asked
    told = scorer.sequence_scores(items, truth).argmax(-1)
    slow = np.zeros((20, 6))
    for episode in range(20):
        met = dict.fromkeys(range(4), 0)
        for step in range(24):
            number = int(truth[episode, step])
            slow[episode, met[number]] += int(told[episode, step]) == number
            met[number] += 1
        assert set(met.values()) == {6}
    np.testing.assert_allclose(result.rates, slow / 4)
    assert result.accuracies == tuple(mean_rate(column) for column in (slow / 4).T)
    assert result.accuracies[0].value < 0.5 < result.accuracies[-1].value


def test_a_sequence_holds_each_item_once_and_a_class_under_one_number() -> None:
    embeddings, labels = clouds(8, 9, spread=0.9)
    scorer = Remembering()
    instance_accuracy(embeddings, labels, scorer, ways=4, items=6, episodes=10)
    [(items, told)] = scorer.asked
    places = torch.cdist(items, embeddings[None]).argmin(-1)  # (E, T)
    for row, numbers in zip(places.tolist(), told.tolist(), strict=True):
        assert len(set(row)) == 24
        assert len({(labels[place], number) for place, number in zip(row, numbers, strict=True)}) == 4
    assert any(row != sorted(row) for row in told.tolist())


def test_the_seed_alone_decides_and_parts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels = clouds(8, 9, spread=0.9)
    first, again, other = (
        instance_accuracy(embeddings, labels, Remembering(), 4, 6, 20, seed).rates for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    monkeypatch.setattr("gemel.evaluation.instances.TOGETHER", 7)
    assert np.array_equal(instance_accuracy(embeddings, labels, Remembering(), 4, 6, 20).rates, first)


def test_json_and_text_are_as_promised() -> None:
    embeddings, labels = clouds(8, 12, spread=0.5)
    result = instance_accuracy(embeddings, labels, Remembering(), ways=3, items=11, episodes=10, seed=2)
    told = result.to_json()
    assert [told[key] for key in ("protocol", "ways", "instances", "episodes", "seed")] == ["instances", 3, 11, 10, 2]
    assert told["accuracies"] == [accuracy.to_json() for accuracy in result.accuracies]
    shown = {number: str(result.accuracies[number - 1]) for number in (1, 2, 3, 5, 10, 11)}
    assert str(result) == (
        f"3-way accuracy by instance: 1st {shown[1]}, 2nd {shown[2]}, 3rd {shown[3]}, 5th {shown[5]}, "
        f"10th {shown[10]}, 11th {shown[11]} (10 episodes)"
    )


def test_too_little_is_refused() -> None:
    embeddings, labels = clouds(8, 9, spread=0.5)
    with pytest.raises(DataError, match="1 item a class has no second instance"):
        instance_accuracy(embeddings, labels, Remembering(), items=1)
    with pytest.raises(DataError, match="5 ways need 5 classes of 10 items"):
        instance_accuracy(embeddings, labels, Remembering(), items=10)
