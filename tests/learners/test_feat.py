from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gemel.batches import Episode, Labelled
from gemel.encoders import Residual
from gemel.learners.feat import FEAT
from gemel.learners.set_transformer import SetTransformer
from gemel.losses import CrossEntropy
from gemel.randomness import seeded, torch_generator
from gemel.similarity import SquaredEuclidean

D = 4


def rows(*shape: int) -> Tensor:
    return torch.randn(*shape, D, generator=torch_generator(0, *shape))


def transformer() -> SetTransformer:
    """Return one that has learnt something: its output is not at its start of 0."""
    with seeded(0):
        made = SetTransformer(D, dropout=0.0)
        torch.nn.init.normal_(made.output.weight)
        return made


def learner(**options: float) -> FEAT:
    with seeded(1):
        made = FEAT(Residual(1, D, widths=(4,)), SquaredEuclidean(), CrossEntropy(), dropout=0.0, **options)
    made.transformer = transformer()
    return made.eval()


def attended(made: SetTransformer, x: Tensor) -> Tensor:
    """Return one set as the paper's code transforms it, a row at a time: (M, D) -> (M, D)."""
    q, k, v = x @ made.query.weight.T, x @ made.key.weight.T, x @ made.value.weight.T
    out = []
    for m in range(len(x)):
        weights = torch.tensor([math.exp(float(q[m] @ k[n]) / math.sqrt(D)) for n in range(len(x))])
        taken = sum(w * v[n] for n, w in enumerate(weights / weights.sum()))
        out.append(functional.layer_norm(x[m] + made.output.weight @ taken + made.output.bias, (D,)))
    return torch.stack(out)


@torch.no_grad()
def test_the_transformer_is_the_published_one() -> None:
    made, sets = transformer(), rows(3, 5)
    for number, expected in enumerate(attended(made, x) for x in sets):
        torch.testing.assert_close(made(sets)[number], expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_order_of_a_set_does_not_matter() -> None:
    made, order = transformer(), torch.tensor([2, 0, 1])
    torch.testing.assert_close(made(rows(3)[order]), made(rows(3))[order])


@torch.no_grad()
def test_rows_see_what_they_are_let_see() -> None:
    made, both = transformer(), rows(5)
    labels = torch.tensor([0, 0, 0, 1, 1])
    apart = torch.cat([made(both[:3]), made(both[3:])])
    torch.testing.assert_close(made(both, seen=labels[:, None] == labels), apart)


@torch.no_grad()
def test_it_starts_at_the_prototypes() -> None:
    with seeded(0):
        made = SetTransformer(D).eval()
    torch.testing.assert_close(made(rows(3)), functional.layer_norm(rows(3), (D,)))


@torch.no_grad()
def test_queries_are_compared_with_adapted_prototypes() -> None:
    feat, support, query = learner(), rows(4), rows(3)
    means = torch.stack([support[[0, 2]].mean(0), support[[1, 3]].mean(0)])
    expected = -(query[:, None] - attended(feat.transformer, means)).square().sum(-1)
    found = feat.class_scores(query, support, torch.tensor([0, 1, 0, 1]), 2)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_regulariser_is_the_published_one() -> None:
    items = torch.randn(10, 1, 12, 12, generator=torch_generator(0, "items"))
    labels, truth = torch.tensor([0, 1]), torch.arange(8) % 2
    episode = Episode(Labelled(items[:2], labels), Labelled(items[2:], truth))
    plain, regular = learner(scale=0.5), learner(scale=0.5, contrast=0.3)
    with torch.no_grad():
        gained = regular(episode).loss - plain(episode).loss
        embeddings, numbers = plain.encode(items), torch.cat([labels, truth])
        sets = [attended(plain.transformer, embeddings[numbers == number]) for number in (0, 1)]
        centres = torch.stack([one.mean(0) for one in sets])
        logits = -0.5 * (torch.cat(sets)[:, None] - centres).square().sum(-1)
        expected = functional.cross_entropy(logits, torch.tensor([0, 1]).repeat_interleave(5))
    torch.testing.assert_close(gained, 0.3 * expected, atol=1e-4, rtol=1e-3)


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="contrast is -1"):
        learner(contrast=-1)
