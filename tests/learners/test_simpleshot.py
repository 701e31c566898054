from __future__ import annotations

import torch
from torch.nn import functional

from gemel.encoders import Residual
from gemel.learners.simpleshot import SimpleShot
from gemel.losses import Softmax
from gemel.randomness import seeded, torch_generator
from gemel.similarity import Cosine, Euclidean, Similarity


def learner(similarity: Similarity) -> SimpleShot:
    with seeded(0):
        return SimpleShot(Residual(1, 4, widths=(4,)), similarity, Softmax(4, 3)).eval()


def items(count: int) -> torch.Tensor:
    return torch.randn(count, 1, 12, 12, generator=torch_generator(0, "items"))


@torch.no_grad()
def test_the_published_steps_one_by_one() -> None:
    simple, support, query = learner(Euclidean()), items(4), items(9)[4:]
    base = simple.encode(items(20))
    simple.settle(lambda copies: (simple.embed(items(20)), torch.zeros(20)))
    centre = base.mean(0)
    rows = functional.normalize(simple.encode(support) - centre)
    asked = functional.normalize(simple.encode(query) - centre)
    expected = -torch.cdist(asked, torch.stack([rows[:2].mean(0), rows[2:].mean(0)]))
    labels = torch.tensor([0, 0, 1, 1])
    found = simple.class_scores(simple.embed(query), simple.embed(support), labels, 2)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_before_it_settles_embeddings_are_as_they_come() -> None:
    simple = learner(Cosine())
    assert torch.equal(simple.embed(items(3)), simple.encode(items(3)))


@torch.no_grad()
def test_the_centre_is_kept_with_the_weights_and_taken_anew() -> None:
    first, second = learner(Cosine()), learner(Cosine())
    first.settle(lambda copies: (first.embed(items(20)), torch.zeros(20)))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.embed(items(3)), second.embed(items(3)))
    centre = first.centre.clone()
    first.settle(
        lambda copies: (first.embed(items(20)), torch.zeros(20))
    )  # of the plain embeddings again, not of the centred ones
    assert torch.equal(first.centre, centre)
