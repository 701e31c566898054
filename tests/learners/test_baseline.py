from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gemel.encoders import Residual
from gemel.learners.baseline import Baseline, cosine_head, cosine_scores, linear_head, linear_scores
from gemel.losses import Softmax
from gemel.randomness import seeded, torch_generator
from gemel.similarity import Euclidean
from tests.reference.heads import published_scores

HEADS = pytest.mark.parametrize("head", ["linear", "cosine"])


def learner(**options: object) -> Baseline:
    with seeded(0):
        return Baseline(Residual(1, 4, widths=(4,)), Euclidean(), Softmax(4, 3), **options)  # type: ignore[arg-type]


def clouds(episodes: int, ways: int, items: int, dimensions: int = 32, spread: float = 1.0) -> Tensor:
    """Return classes around points of their own, as an encoder leaves them, above 0: (E, N, items, D)."""
    generator = torch_generator(0, "clouds")
    centres = torch.randn(episodes, ways, 1, dimensions, generator=generator)
    noise = torch.randn(episodes, ways, items, dimensions, generator=generator)
    return (centres + spread * noise).relu()


def split(items: Tensor, shots: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return support (E, N*K, D) and its labels, query (E, N*Q, D) and its labels."""
    ways = items.shape[1]
    numbers = torch.arange(ways)
    support, query = items[:, :, :shots].flatten(1, 2), items[:, :, shots:].flatten(1, 2)
    return support, numbers.repeat_interleave(shots), query, numbers.repeat_interleave(items.shape[2] - shots)


def test_the_linear_head_is_at_the_foot_of_its_loss() -> None:
    rows = torch.randn(6, 4, generator=torch_generator(1)).double()
    targets = functional.one_hot(torch.tensor([0, 0, 1, 1, 2, 2]), 3).double()
    head = linear_head(rows @ rows.T, targets, decay=0.1, steps=1000)
    weights = (rows.T @ head).requires_grad_()  # (D, N)
    loss = functional.cross_entropy(rows @ weights, targets) + 0.05 * weights.square().sum()
    loss.backward()
    assert weights.grad is not None
    assert weights.grad.abs().max() < 1e-6


def test_the_cosine_head_is_at_the_foot_of_its_loss() -> None:
    rows = functional.normalize(torch.randn(6, 4, generator=torch_generator(1)).double())
    targets = functional.one_hot(torch.tensor([0, 0, 1, 1, 2, 2]), 3).double()
    weights = (rows.T @ cosine_head(rows @ rows.T, targets, scale=2.0, steps=1000)).requires_grad_()
    torch.testing.assert_close(weights.norm(dim=0), torch.ones(3).double())
    functional.cross_entropy(2 * rows @ functional.normalize(weights, dim=0), targets).backward()
    assert weights.grad is not None
    assert weights.grad.abs().max() < 1e-6


def test_two_items_apart_are_told_by_hand() -> None:
    support, query = torch.tensor([[0.0, 0.0], [2.0, 0.0]]), torch.tensor([[0.5, 9.0], [1.5, -9.0], [1.0, 0.0]])
    scores = linear_scores(query, support, torch.eye(2), decay=1e-3, steps=100)
    assert scores.argmax(-1)[:2].tolist() == [0, 1]
    torch.testing.assert_close(scores[2], torch.zeros(2))  # half way between
    turned = cosine_scores(torch.eye(2), torch.eye(2), torch.eye(2), scale=2.0, steps=1000)
    # both weights lie in the plane; pushed apart to w = (cos t, -sin t), where the pull along the circle ends
    torch.testing.assert_close(turned, turned.T)
    assert turned[0, 0] > 0.7
    assert turned[0, 1] < 0


@HEADS
@pytest.mark.parametrize(("shots", "spread"), [(1, 2.0), (2, 2.5)])
def test_the_published_loop_and_the_whole_fit_beside_it(head: str, shots: int, spread: float) -> None:
    episodes = 6
    items = 0.25 * clouds(episodes, 5, shots + 40, dimensions=256, spread=spread)  # of a length that its rate suits
    support, labels, query, truth = split(items, shots)
    published = torch.stack([published_scores(query[e], support[e], labels, 5, head) for e in range(episodes)])
    found = learner(head=head, fit="sgd").class_scores(query, support, labels, 5)
    torch.testing.assert_close(found, published, rtol=1e-3, atol=1e-3)
    whole = learner(head=head).class_scores(query, support, labels, 5)
    theirs, ours = (float((scores.argmax(-1) == truth).double().mean()) for scores in (published, whole))
    assert 0.6 < theirs < 0.95  # the drawn weights still show
    assert ours > theirs - 0.01


@HEADS
def test_all_episodes_at_once_are_the_episodes_one_by_one(head: str) -> None:
    support, labels, query, _ = split(clouds(3, 4, 6), 2)
    scores = learner(head=head).class_scores(query, support, labels, 4)
    for episode in range(3):
        alone = learner(head=head).class_scores(query[episode], support[episode], labels, 4)
        torch.testing.assert_close(scores[episode], alone, rtol=1e-4, atol=1e-4)


@HEADS
def test_the_scale_of_embeddings_and_empty_ones_are_no_reason_to_break(head: str) -> None:
    support, labels, query, truth = split(clouds(8, 5, 21), 1)
    for scale in (1e-2, 1.0, 1e2, 1e4):
        scores = learner(head=head).class_scores(scale * query, scale * support, labels, 5)
        assert scores.isfinite().all()
        assert (scores.argmax(-1) == truth).double().mean() > 0.6
    assert learner(head=head).class_scores(0 * query, 0 * support, labels, 5).isfinite().all()


@HEADS
@pytest.mark.parametrize("fit", ["whole", "sgd"])
def test_the_same_comes_again_and_no_graph_is_left(head: str, fit: str) -> None:
    support, labels, query, _ = split(clouds(2, 3, 4), 1)
    baseline = learner(head=head, fit=fit, steps=5)
    state = torch.get_rng_state()
    scores = baseline.class_scores(query.requires_grad_(), support.requires_grad_(), labels, 3)
    assert not scores.requires_grad
    assert query.grad is None
    assert torch.equal(torch.get_rng_state(), state)
    with torch.inference_mode():
        assert torch.equal(scores, baseline.class_scores(query.clone(), support.clone(), labels.clone(), 3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"head": "cosinus"}, "head is 'cosinus'; it must be 'linear' or 'cosine'"),
        ({"fit": "adam"}, "fit is 'adam'; it must be 'whole' or 'sgd'"),
        ({"steps": 0}, "steps is 0, decay 0.001, scale 2.0; they must be >= 1, >= 0 and > 0"),
    ],
)
def test_what_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match="must be") as error:
        learner(**options)
    assert str(error.value) == message
