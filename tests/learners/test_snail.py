"""SNAIL's layers against convolutions and attention written out, one sequence and one query at a time."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gemel.batches import Episode, Labelled, Tasks
from gemel.learners import SNAIL
from gemel.learners.causal_attention import CausalAttention, seen
from gemel.learners.temporal_convolution import DenseBlock, TemporalConvolution
from gemel.losses import CrossEntropy
from gemel.randomness import seeded, torch_generator
from gemel.similarity import Euclidean
from tests.learners.sequences import answers_alike_in_parts, numbers, refuses_a_fourth_class
from tests.learners.test_episodic import DIMENSIONS, Flat


def snail(ways: int = 3, shots: int = 2) -> SNAIL:
    with seeded(0, "snail"):
        return SNAIL(Flat(), Euclidean(), CrossEntropy(), ways, shots).eval()  # type: ignore[arg-type]


def convolved(block: DenseBlock, rows: Tensor) -> Tensor:
    """Return one sequence as torch's convolution grows it: (T, C) -> (T, C + F)."""
    kernel = torch.stack([block.earlier.weight, block.now.weight], -1)  # (2 F, C, 2), the earlier tap first
    padded = functional.pad(rows.T, (block.dilation, 0))
    both = functional.conv1d(padded[None], kernel, block.now.bias, dilation=block.dilation)[0].T
    filters = both.shape[1] // 2
    return torch.cat([rows, torch.tanh(both[:, :filters]) * torch.sigmoid(both[:, filters:])], -1)


def attended(layer: CausalAttention, rows: Tensor) -> Tensor:
    """Return one sequence with what each step reads of itself and those before: (T, C) -> (T, C + V)."""
    query, key, value = layer.query(rows), layer.key(rows), layer.value(rows)
    read = []
    for t in range(len(rows)):
        weights = [math.exp(float(query[t] @ key[s]) / math.sqrt(len(key[s]))) for s in range(t + 1)]
        read.append(sum(w / sum(weights) * value[s] for s, w in enumerate(weights)))
    return torch.cat([rows, torch.stack(read)], -1)  # type: ignore[arg-type]


def walked(learner: SNAIL, rows: Tensor) -> Tensor:
    """Return the logits at every step of one sequence: (T, D + N) -> (T, N)."""
    for layer in learner.layers:
        for part in layer.blocks if isinstance(layer, TemporalConvolution) else [layer]:
            rows = convolved(part, rows) if isinstance(part, DenseBlock) else attended(part, rows)
    return learner.head(rows)


# The layers


@torch.no_grad()
@pytest.mark.parametrize("dilation", [1, 2, 8])
def test_a_dense_block_is_a_gated_convolution(dilation: int) -> None:
    block, rows = DenseBlock(4, 3, dilation), numbers(2, 7, 4)
    for steps in (6, 7):  # the last step is the next, or one of them
        torch.testing.assert_close(block(rows, steps), torch.stack([convolved(block, one) for one in rows]))


@torch.no_grad()
def test_attention_reads_itself_and_what_was_before() -> None:
    layer, rows = CausalAttention(4, 5, 3), numbers(2, 7, 4)
    torch.testing.assert_close(layer(rows, 7), torch.stack([attended(layer, one) for one in rows]))


def test_who_sees_whom_by_hand() -> None:
    expected = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 0, 1]]
    assert seen(4, 2, torch.device("cpu")).int().tolist() == expected


@pytest.mark.parametrize(("length", "dilations"), [(2, [1]), (6, [1, 2, 4]), (8, [1, 2, 4]), (21, [1, 2, 4, 8, 16])])
def test_dilations_double_until_the_last_step_sees_the_first(length: int, dilations: list[int]) -> None:
    layer = TemporalConvolution(2, length, 3)
    assert [block.dilation for block in layer.blocks] == dilations
    assert layer.channels == 2 + 3 * len(dilations)
    rows = numbers(length, 2).requires_grad_()
    layer(rows, length)[-1].sum().backward()
    assert rows.grad is not None
    assert rows.grad.ne(0).all()


@torch.no_grad()
@pytest.mark.parametrize("layer", [TemporalConvolution(4, 7, 3), CausalAttention(4, 5, 3)])
def test_what_comes_later_changes_nothing_before_to_the_bit(layer: torch.nn.Module) -> None:
    rows = numbers(7, 4)
    for place in range(7):
        other = rows.clone()
        other[place] += 1
        before, after = layer(rows, 7), layer(other, 7)
        assert torch.equal(before[:place], after[:place])
        assert not torch.equal(before[place], after[place])


# The network


def test_its_sizes_are_the_paper_s() -> None:
    first, second, third, fourth, fifth = snail(5, 1).layers
    assert [layer.query.out_features for layer in (first, third, fifth)] == [64, 256, 512]
    assert [layer.value.out_features for layer in (first, third, fifth)] == [32, 128, 256]
    assert [len(layer.blocks) for layer in (second, fourth)] == [3, 3]
    grown = [layer.channels - (DIMENSIONS + 5) for layer in (first, second, third, fourth, fifth)]
    assert grown == [32, 416, 544, 928, 1184]
    assert [len(snail(20, 1).layers[place].blocks) for place in (1, 3)] == [5, 5]


@torch.no_grad()
def test_each_query_is_the_last_step_of_a_sequence_of_its_own() -> None:
    learner, support, query = snail(), numbers(2, 6, DIMENSIONS), numbers(2, 4, DIMENSIONS, seed=1)
    labels = torch.tensor([2, 0, 1, 1, 0, 2])
    found = learner.class_scores(query, support, labels, 3)
    order = learner.order(support)
    for task in range(2):
        known = torch.cat([support[task], torch.eye(3)[labels]], -1)[order[task]]
        for number in range(4):
            asked = torch.cat([query[task, number], torch.zeros(3)])
            expected = walked(learner, torch.cat([known, asked[None]]))[-1]
            torch.testing.assert_close(found[task, number], expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_queries_do_not_see_each_other_and_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    answers_alike_in_parts(snail(), monkeypatch)


def test_the_loss_is_the_queries_cross_entropy() -> None:
    learner, labels, truth = snail(), torch.tensor([1, 0, 2]), torch.tensor([0, 1, 1, 2])
    support, query = numbers(2, 3, 1, 1, DIMENSIONS), numbers(2, 4, 1, 1, DIMENSIONS, seed=1)
    batch = Tasks(tuple(Episode(Labelled(support[n], labels), Labelled(query[n], truth)) for n in range(2)))
    scores = learner.class_scores(query.flatten(2), support.flatten(2), labels, 3)
    step = learner(batch)
    torch.testing.assert_close(step.loss, functional.cross_entropy(scores.flatten(0, 1), truth.repeat(2)))
    assert step.metrics["accuracy"] == (scores.argmax(-1) == truth).float().mean()


@torch.no_grad()
def test_other_shots_and_fewer_classes_are_answered_and_more_are_refused() -> None:
    learner, query = snail(ways=3, shots=1), numbers(5, DIMENSIONS, seed=1)
    many = learner.class_scores(query, numbers(40, DIMENSIONS), torch.arange(40) % 2, 2)
    assert many.shape == (5, 2)
    assert many.isfinite().all()
    refuses_a_fourth_class(learner)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="ways is 1"):
        snail(ways=1)
    with pytest.raises(ValueError, match="shots is 0"):
        snail(shots=0)


def test_it_learns_to_find_a_query_s_class() -> None:
    """Two classes drawn anew in every task, their numbers, too: what is learnt is to compare."""
    learner = snail(ways=2, shots=1).train()
    optimizer = torch.optim.AdamW(learner.parameters(), 1e-3)
    generator, accuracies = torch_generator(0, "tasks"), []
    for step in range(80):
        centres = torch.randn(32, 2, 1, 1, DIMENSIONS, generator=generator)
        noise = 0.1 * torch.randn(32, 2, 1, 1, DIMENSIONS, generator=generator)
        both = torch.arange(2)
        tasks = zip(centres, centres + noise, strict=True)
        with seeded(0, step):
            result = learner(Tasks(tuple(Episode(Labelled(s, both), Labelled(q, both)) for s, q in tasks)))
        optimizer.zero_grad()
        result.loss.backward()
        optimizer.step()
        accuracies.append(float(result.metrics["accuracy"]))
    assert sum(accuracies[-10:]) / 10 > 0.9
