"""Within-class covariance normalisation, by its definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from gemel.encoders import Residual
from gemel.errors import DataError
from gemel.learners.whitened import Whitened, within_class_whitening
from gemel.losses import Softmax
from gemel.randomness import seeded, torch_generator
from gemel.similarity import Cosine


def scattered(classes: int = 12, items: int = 9, dimensions: int = 5) -> tuple[Tensor, Tensor]:
    """Return embeddings whose items scatter ten times as far in the first direction as in the others."""
    generator = torch_generator(0, "scattered")
    means = torch.randn(classes, 1, dimensions, generator=generator)
    noise = torch.randn(classes, items, dimensions, generator=generator)
    noise[..., 0] *= 10
    return (means + noise).flatten(0, 1), torch.arange(classes).repeat_interleave(items)


def within(embeddings: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the covariance around the class means, item by item."""
    total = np.zeros((embeddings.shape[1],) * 2)
    for item, label in zip(embeddings, labels, strict=True):
        apart = item - embeddings[labels == label].mean(0)
        total += np.outer(apart, apart)
    return total / len(embeddings)


@pytest.mark.parametrize("shrinkage", [1e-6, 0.3, 1.0])
def test_it_is_the_inverse_root_of_the_shrunk_covariance(shrinkage: float) -> None:
    embeddings, labels = scattered()
    whitening = within_class_whitening(embeddings, labels, shrinkage).numpy()
    covariance = within(embeddings.double().numpy(), labels.numpy())
    shrunk = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / 5 * np.eye(5)
    np.testing.assert_allclose(whitening @ shrunk @ whitening, np.eye(5), atol=1e-8)
    np.testing.assert_allclose(whitening, whitening.T, atol=1e-10)


def test_afterwards_items_of_a_class_scatter_alike_in_every_direction() -> None:
    embeddings, labels = scattered()
    whitened = embeddings.double() @ within_class_whitening(embeddings, labels, 1e-9)
    np.testing.assert_allclose(within(whitened.numpy(), labels.numpy()), np.eye(5), atol=1e-6)


def test_directions_that_were_never_seen_count_nothing() -> None:
    embeddings, labels = scattered(dimensions=3)
    embeddings = torch.cat([embeddings, torch.full((len(embeddings), 2), 4.0)], 1)
    whitening = within_class_whitening(embeddings, labels, 0.3)
    assert whitening.shape == (5, 5)
    assert whitening[3:].abs().max() < 1e-9
    assert torch.linalg.matrix_rank(whitening) == 3


def test_fewer_items_than_dimensions_are_enough() -> None:
    embeddings, labels = scattered(classes=3, items=2, dimensions=40)
    assert within_class_whitening(embeddings, labels, 0.3).isfinite().all()


@pytest.mark.parametrize("embeddings", [torch.eye(3), torch.ones(3, 4)])
def test_classes_of_one_item_or_of_copies_tell_nothing(embeddings: Tensor) -> None:
    with pytest.raises(DataError, match="No training class has two differing items"):
        within_class_whitening(embeddings, torch.arange(3), 0.3)


def learner() -> Whitened:
    with seeded(0):
        return Whitened(Residual(1, 4, widths=(4,)), Cosine(), Softmax(4, 3), copies=2).eval()


def items(count: int) -> Tensor:
    return torch.randn(count, 1, 12, 12, generator=torch_generator(0, "items"))


@torch.no_grad()
def test_embeddings_are_centred_and_whitened_once_it_settles() -> None:
    first, second, asked = learner(), learner(), []
    assert torch.equal(first.embed(items(3)), first.encode(items(3)))
    labels = torch.arange(20) // 5

    def embedded(copies: int) -> tuple[Tensor, Tensor]:
        asked.append(copies)
        return first.encode(items(20)), labels

    first.settle(embedded)
    assert asked == [2]
    base = first.encode(items(20))
    whitening = within_class_whitening(base, labels, 0.3).float()
    torch.testing.assert_close(
        first.embed(items(3)), first.similarity.canonical((first.encode(items(3)) - base.mean(0)) @ whitening)
    )
    second.load_state_dict(first.state_dict())
    assert torch.equal(second.embed(items(3)), first.embed(items(3)))
    first.settle(embedded)  # of the plain embeddings again, not of the whitened ones
    assert torch.equal(second.embed(items(3)), first.embed(items(3)))


@pytest.mark.parametrize("options", [{"shrinkage": 0.0}, {"shrinkage": 1.1}, {"copies": -1}])
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="they must be in"):
        Whitened(Residual(1, 4, widths=(4,)), Cosine(), Softmax(4, 3), **options)  # type: ignore[arg-type]
