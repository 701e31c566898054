"""The memory against its equations number by number, and what the network is told and when."""

from __future__ import annotations

import pytest
import torch

from gemel.batches import Episode, Labelled, Tasks
from gemel.learners import MANN
from gemel.learners.mann import lstm
from gemel.learners.memory import Memory, accessed, least_used, likeness
from gemel.losses import CrossEntropy
from gemel.randomness import seeded, torch_generator
from gemel.similarity import Euclidean
from tests.learners.sequences import answers_alike_in_parts, numbers, refuses_a_fourth_class
from tests.learners.test_episodic import DIMENSIONS, Flat
from tests.reference import memory as reference


def mann(ways: int = 3, **options: float) -> MANN:
    sizes = {"units": 12, "slots": 7, "width": 4, "heads": 2, **options}
    with seeded(0, "mann"):
        return MANN(Flat(), Euclidean(), CrossEntropy(), ways, **sizes).eval()  # type: ignore[arg-type]


# The memory


@pytest.mark.parametrize(("decay", "scale"), [(0.99, 1.0), (0.5, 10.0)])
def test_ten_steps_of_the_memory_are_the_paper_s(decay: float, scale: float) -> None:
    keys, gates = torch.tanh(numbers(10, 3, 2, 4)), torch.sigmoid(numbers(10, 3, 2, 1, seed=1))
    memory = Memory.empty(3, 7, 4, 2, torch.device("cpu"))
    slow = [[field[number].tolist() for field in memory] for number in range(3)]
    for step in range(10):
        read, memory = accessed(memory, keys[step], gates[step], decay, scale)
        for number in range(3):
            expected, *slow[number] = reference.accessed(
                *slow[number], keys[step, number].tolist(), gates[step, number, :, 0].tolist(), decay, scale
            )
            torch.testing.assert_close(read[number], torch.tensor(expected))
            for field, values in zip(memory, slow[number], strict=True):
                torch.testing.assert_close(field[number], torch.tensor(values))


def test_the_least_used_slots_are_told_by_hand() -> None:
    usage = torch.tensor([[0.3, 0.0, 2.0, 0.0], [4.0, 3.0, 2.0, 1.0]])
    assert least_used(usage, 2).argmax(-1).tolist() == [[1, 3], [3, 2]]
    assert least_used(usage, 3).sum(-1).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_a_closed_gate_writes_to_a_slot_that_nobody_used_and_an_open_one_where_it_was_read() -> None:
    empty = Memory.empty(1, 5, 3, 2, torch.device("cpu"))
    keys, closed, opened = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]]), torch.zeros(1, 2, 1), torch.ones(1, 2, 1)
    read, memory = accessed(empty, keys, closed, 0.99, 1.0)
    assert not read.any()  # nothing was there yet
    torch.testing.assert_close(memory.slots[0, :2], keys[0])
    assert not memory.slots[0, 2:].any()
    _, found = accessed(memory, keys, closed, 0.99, 1.0)
    assert found.weights[0].argmax(-1).tolist() == [0, 1]
    _, later = accessed(found, 2 * keys, opened, 0.99, 1.0)
    emptied = (1 - least_used(found.usage, 2).sum(1))[..., None]
    torch.testing.assert_close(later.slots, emptied * found.slots + found.weights.mT @ (2 * keys))


def test_an_empty_slot_is_like_no_key_and_has_a_finite_slope() -> None:
    slots = torch.zeros(1, 3, 4, requires_grad=True)
    found = likeness(numbers(1, 2, 4), slots)
    found.sum().backward()
    assert not found.any()
    assert slots.grad is not None
    assert slots.grad.isfinite().all()


def test_the_cell_is_torch_s() -> None:
    known, inputs, hidden, cell = torch.nn.LSTMCell(5, 6), numbers(4, 5), numbers(4, 6, seed=1), numbers(4, 6, seed=2)
    weights = inputs @ known.weight_ih.T + known.bias_ih + hidden @ known.weight_hh.T + known.bias_hh
    for mine, its in zip(lstm(weights, cell), known(inputs, (hidden, cell)), strict=True):
        torch.testing.assert_close(mine, its)


# The sequence


@torch.no_grad()
def test_the_network_is_its_equations_step_by_step() -> None:
    learner, items, labels = mann(), numbers(1, 6, DIMENSIONS), torch.tensor([[2, 0, 1, 1, 0, 2]])
    hidden, cell, read = torch.zeros(12), torch.zeros(12), torch.zeros(8)
    state = [field[0].tolist() for field in Memory.empty(1, 7, 4, 2, torch.device("cpu"))]
    told = torch.zeros(3)
    for step in range(6):
        seen = learner.inputs.weight @ torch.cat([items[0, step], told]) + learner.inputs.bias
        i, f, g, o = (seen + learner.recurrent.weight @ torch.cat([hidden, read])).chunk(4)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        hidden = torch.sigmoid(o) * torch.tanh(cell)
        keys = torch.tanh(learner.keys(hidden)).view(2, 4).tolist()
        vectors, *state = reference.accessed(*state, keys, torch.sigmoid(learner.gates(hidden)).tolist(), 0.99, 1.0)
        read = torch.tensor(vectors).flatten()
        expected = learner.head(torch.cat([hidden, read]))
        torch.testing.assert_close(learner.sequence_scores(items, labels)[0, step], expected, atol=1e-5, rtol=1e-4)
        told = torch.eye(3)[labels[0, step]]


@torch.no_grad()
def test_what_all_items_share_says_nothing() -> None:
    learner, items = mann().train(), numbers(4, 9, DIMENSIONS)
    labels = torch.arange(9).expand(4, 9) % 3
    moved, _ = learner.read(100 + 50 * items, labels)
    torch.testing.assert_close(moved, learner.read(items, labels)[0], rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_a_class_is_told_one_step_late() -> None:
    learner, items, labels = mann(), numbers(2, 6, DIMENSIONS), torch.tensor([[2, 0, 1, 1, 0, 2]]).repeat(2, 1)
    other = labels.clone()
    other[:, 3] = 2
    first, second = learner.sequence_scores(items, labels), learner.sequence_scores(items, other)
    assert torch.equal(first[:, :4], second[:, :4])
    assert not torch.isclose(first[:, 4:], second[:, 4:]).any()


@torch.no_grad()
def test_a_query_is_the_next_item_after_the_support() -> None:
    learner, support, query = mann(), numbers(2, 6, DIMENSIONS), numbers(2, 5, DIMENSIONS, seed=1)
    labels = torch.tensor([2, 0, 1, 1, 0, 2])
    found = learner.class_scores(query, support, labels, 3)
    order = learner.order(support)
    for task in range(2):
        for number in range(5):
            sequence = torch.cat([support[task, order[task]], query[task, number : number + 1]])
            told = torch.cat([labels[order[task]], torch.tensor([0])])  # the last is for nobody any more
            expected = learner.sequence_scores(sequence, told)[-1]
            torch.testing.assert_close(found[task, number], expected)


@torch.no_grad()
def test_queries_in_parts_and_tasks_by_themselves_are_answered_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    answers_alike_in_parts(mann(), monkeypatch)


def test_it_learns_from_every_step_of_supports_and_queries() -> None:
    learner, labels, truth = mann(), torch.tensor([1, 0, 2]), torch.tensor([0, 1, 1, 2])
    episodes = [
        Episode(Labelled(numbers(3, 1, 1, DIMENSIONS, seed=n), labels), Labelled(numbers(4, 1, 1, DIMENSIONS), truth))
        for n in (1, 2)
    ]
    costs, right = [], []
    for episode in episodes:
        items = torch.cat(episode.parts()).flatten(1)
        order = learner.order(items)
        told = torch.cat([labels, truth])[order]
        scores = learner.sequence_scores(items[order], told)
        costs += [torch.nn.functional.cross_entropy(scores, told)]
        right += [(scores.argmax(-1) == told).float().mean()]
    step = learner(Tasks(tuple(episodes)))
    torch.testing.assert_close(step.loss, (costs[0] + costs[1]) / 2)
    torch.testing.assert_close(step.metrics["accuracy"], (right[0] + right[1]) / 2)


def test_training_draws_an_order_and_use_does_not() -> None:
    learner, rows = mann(), numbers(4, 9, DIMENSIONS)
    assert torch.equal(learner.order(rows), learner.order(rows))
    learner.train()
    with seeded(0):
        drawn = learner.order(rows)
        assert not torch.equal(drawn, learner.order(rows))
    assert drawn.sort(-1).values.tolist() == [list(range(9))] * 4


def test_the_settled_order_is_of_the_items_and_mixes_the_classes() -> None:
    rows, order = numbers(9, DIMENSIONS), torch.randperm(9, generator=torch_generator(0, "other"))
    learner = mann()
    assert torch.equal(rows[learner.order(rows)], rows[order][learner.order(rows[order])])
    sums = rows.sum(-1)[learner.order(rows)].tolist()
    assert sums not in (sorted(sums), sorted(sums, reverse=True))


@torch.no_grad()
def test_read_once_for_each_number_it_matters_to_nobody_which_class_has_which() -> None:
    once, learner = mann(), mann(readings=3)
    support, query, labels = numbers(6, DIMENSIONS), numbers(5, DIMENSIONS, seed=1), torch.tensor([0, 1, 2, 2, 1, 0])
    told = [learner.reading(query, support, (labels + turn) % 3, 3, 0).roll(-turn, -1) for turn in range(3)]
    assert torch.equal(told[0], once.class_scores(query, support, labels, 3))
    order = learner.order(support)
    expected = []
    for turn in range(3):
        read = Labelled(support[order.roll(turn)], ((labels + turn) % 3)[order.roll(turn)])
        expected.append(torch.log_softmax(learner.answers(read, query).roll(-turn, -1), -1))
    torch.testing.assert_close(learner.class_scores(query, support, labels, 3), sum(expected) / 3)
    apart = (torch.log_softmax(told[0], -1) - torch.log_softmax(told[1], -1)).abs().max()
    again = learner.class_scores(query, support, (labels + 1) % 3, 3).roll(-1, -1)
    assert (again - learner.class_scores(query, support, labels, 3)).abs().max() < apart
    with pytest.raises(ValueError, match="readings 0"):
        mann(readings=0)


@torch.no_grad()
def test_fewer_classes_than_it_knows_are_told_and_more_are_refused() -> None:
    learner, support, query = mann(ways=3), numbers(4, DIMENSIONS), numbers(5, DIMENSIONS, seed=1)
    two = learner.class_scores(query, support, torch.tensor([0, 1, 1, 0]), 2)
    three = learner.class_scores(query, support, torch.tensor([0, 1, 1, 0]), 3)
    assert torch.equal(two, three[:, :2])
    refuses_a_fourth_class(learner)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="ways is 1"):
        mann(ways=1)
    for options in ({"units": 0}, {"slots": 1}, {"decay": 1.5}, {"scale": 0}):
        with pytest.raises(ValueError, match="units is"):
            mann(**options)


def test_it_learns_to_remember() -> None:
    """Two items, drawn anew in every sequence, and one of them again: which it is, and of what class, is to be told."""
    learner = mann(ways=2, units=32, slots=6, width=8, scale=10.0).train()
    optimizer = torch.optim.AdamW(learner.parameters(), 1e-2)
    generator, accuracies = torch_generator(0, "tasks"), []
    for _ in range(220):
        two = torch.randn(64, 2, DIMENSIONS, generator=generator).sign()
        again, first = torch.randint(2, (2, 64, 1), generator=generator)
        places = torch.cat([torch.tensor([[0, 1]]).expand(64, -1), again], 1)
        items, labels = two.gather(1, places[..., None].expand(-1, -1, DIMENSIONS)), places ^ first
        scores = learner.sequence_scores(items, labels)[:, 2]
        loss = torch.nn.functional.cross_entropy(scores, labels[:, 2])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        accuracies.append((scores.argmax(-1) == labels[:, 2]).float().mean())
    assert torch.stack(accuracies[-20:]).mean() > 0.9
