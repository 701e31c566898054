"""Matching networks against the paper's formulas, one query and one support item at a time."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from gemel.batches import Episode, Labelled
from gemel.learners import Matching
from gemel.learners.full_context import FullContext
from gemel.learners.matching import soft_maximum
from gemel.losses import CrossEntropy
from gemel.randomness import seeded, torch_generator
from gemel.similarity import Cosine
from tests.learners.test_episodic import DIMENSIONS, LABELS, TRUTH, Flat, episode, items
from tests.reference.similarities import cosine


def matching(scale: float = 1.0, context: str = "none", reads: int = 3) -> Matching:
    with seeded(0, "matching"):
        return Matching(Flat(), Cosine(), CrossEntropy(), scale, context, reads)  # type: ignore[arg-type]


def slow_attention(query: list[float], support: list[list[float]], scale: float) -> list[float]:
    """Return each class's summed attention: Vinyals et al. 2016, equations 1 and 2.1.1."""
    weights = [math.exp(scale * cosine(query, item)) for item in support]
    shares = [weight / sum(weights) for weight in weights]
    return [sum(share for share, own in zip(shares, LABELS.tolist(), strict=True) if own == c) for c in range(3)]


def units(tensor: Tensor) -> Tensor:
    return nn.functional.normalize(tensor.flatten(1))


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_the_loss_is_the_attention_s_negative_log_likelihood(scale: float) -> None:
    batch, learner = episode(), matching(scale)
    support = batch.support.items.flatten(1).tolist()
    attention = [slow_attention(query, support, scale) for query in batch.query.items.flatten(1).tolist()]
    step = learner(batch)
    expected = -sum(math.log(row[label]) for row, label in zip(attention, TRUTH.tolist(), strict=True)) / len(TRUTH)
    torch.testing.assert_close(step.loss, torch.tensor(expected))
    scores = learner.class_scores(units(batch.query.items), units(batch.support.items), LABELS, 3)
    torch.testing.assert_close(torch.softmax(scale * scores, -1), torch.tensor(attention))


def test_with_one_item_a_class_the_score_is_the_pair_s_to_the_bit() -> None:
    query, support = units(items(9, 3)), units(items(4, 4))
    order = torch.tensor([2, 0, 3, 1])
    scores = matching(10.0).class_scores(query, support, order, 4)
    assert torch.equal(scores[:, order], Cosine().matrix(query, support))


def test_the_soft_maximum_lies_between_mean_and_highest_by_hand() -> None:
    scores, labels = torch.tensor([1.0, 0.0, 0.5, 0.0]), torch.tensor([0, 0, 1, 0])
    expected = torch.tensor([math.log((math.exp(2) + 2) / 3) / 2, 0.5])
    torch.testing.assert_close(soft_maximum(scores, labels, 2, scale=2.0), expected)
    torch.testing.assert_close(
        soft_maximum(scores, labels, 2, scale=1e-3), torch.tensor([1 / 3, 0.5]), atol=1e-3, rtol=0
    )
    torch.testing.assert_close(soft_maximum(scores, labels, 2, scale=1e4), torch.tensor([1.0, 0.5]), atol=1e-3, rtol=0)


@pytest.mark.parametrize("far", [0.0, -1e6, 1e6])
def test_the_soft_maximum_and_its_gradient_are_finite_far_off(far: float) -> None:
    scores = (far + torch.randn(5, 6, generator=torch_generator(0, "scores"))).requires_grad_()
    result = soft_maximum(scores, LABELS, 3, scale=50.0)
    result.sum().backward()
    assert result.isfinite().all()
    assert scores.grad is not None
    members = torch.stack([scores.grad[:, c == LABELS].sum(1) for c in range(3)], 1)
    torch.testing.assert_close(members, torch.ones(5, 3))  # the weights within a class


# Full context embeddings


def slow_lstm(x: Tensor, h: Tensor, c: Tensor, weights: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the next output and cell of an LSTM: gates in torch's order i, f, g, o."""
    from_x, from_h, bias_x, bias_h = weights
    i, f, g, o = (from_x @ x + bias_x + from_h @ h + bias_h).chunk(4)
    cell = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(cell), cell


def slow_support(context: FullContext, support: Tensor) -> Tensor:
    """Return g of each item, walking along the support and back."""
    walk = sorted(range(len(support)), key=lambda i: float(support[i].sum()))
    result = support.clone()
    parameters = list(context.company.parameters())
    for weights, path in ((parameters[:4], walk), (parameters[4:], walk[::-1])):
        h = c = torch.zeros(DIMENSIONS)
        for place in path:
            h, c = slow_lstm(support[place], h, c, weights)
            result[place] += h
    return result


def slow_query(context: FullContext, x: Tensor, support: Tensor) -> Tensor:
    """Return f of one query: the paper's equations 3 to 6."""
    h = c = torch.zeros(DIMENSIONS)
    for _ in range(context.reads):
        attention = torch.stack([torch.exp(h @ item) for item in support])
        reading = sum(a * item for a, item in zip(attention / attention.sum(), support, strict=True))
        output, c = slow_lstm(torch.cat([x, reading]), h, c, list(context.reader.parameters()))
        h = output + x
    return h


@torch.no_grad()
def test_full_context_is_the_paper_s() -> None:
    context = matching(context="full").context
    assert context is not None
    for parameter in context.parameters():
        parameter.mul_(3)  # further from doing nothing
    query, support = units(items(4, 1)), units(items(6, 2))
    seen, known = context(query, support)
    expected = slow_support(context, support)
    torch.testing.assert_close(known, expected)
    torch.testing.assert_close(seen, torch.stack([slow_query(context, x, expected) for x in query]))
    assert (known - support).abs().max() > 0.1
    assert (seen - query).abs().max() > 0.1


@torch.no_grad()
def test_in_full_context_neither_order_nor_class_numbers_matter() -> None:
    learner = matching(10.0, "full")
    query, support = units(items(5, 1)), units(items(6, 2))
    scores = learner.class_scores(query, support, LABELS, 3)
    for seed in range(5):
        order, names = (torch.randperm(count, generator=torch_generator(seed, "order")) for count in (6, 3))
        again = learner.class_scores(query, support[order], names[LABELS[order]], 3)
        torch.testing.assert_close(again[:, names], scores, atol=1e-6, rtol=1e-5)
    other = learner.class_scores(query, torch.cat([support[:5], -support[5:]]), LABELS, 3)
    assert ((other - scores)[:, [1, 2]].abs() > 1e-5).any()  # other classes' items are company too


@torch.no_grad()
@pytest.mark.parametrize("context", ["none", "full"])
def test_every_leading_index_is_a_task_of_its_own(context: str) -> None:
    learner = matching(10.0, context)
    query, support = units(items(24, 1)).view(2, 3, 4, -1), units(items(36, 2)).view(2, 3, 6, -1)
    together = learner.class_scores(query, support, LABELS, 3)
    assert together.shape == (2, 3, 4, 3)
    for i in range(2):
        for j in range(3):
            torch.testing.assert_close(together[i, j], learner.class_scores(query[i, j], support[i, j], LABELS, 3))


def test_gradients_reach_the_context() -> None:
    learner = matching(10.0, "full")
    learner(Episode(Labelled(items(6, 1), LABELS), Labelled(items(4, 2), TRUTH))).loss.backward()
    for name, parameter in learner.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="context is 'some'; it must be 'none' or 'full'"):
        matching(context="some")
    with pytest.raises(ValueError, match="reads is 0; it must be 1 or more"):
        matching(context="full", reads=0)
