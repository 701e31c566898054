from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from gemel.errors import DataError
from gemel.optimisers import SmallNetwork
from gemel.randomness import torch_generator

IMAGES = torch.rand(30, 6, generator=torch_generator(0, "images"))
LABELS = torch.arange(30) % 3


def family(**options: float) -> SmallNetwork:
    return SmallNetwork(IMAGES, LABELS, **{"hidden": 4, "batch_size": 8, **options})  # type: ignore[arg-type]


def network_of(theta: Tensor) -> nn.Sequential:
    """Return torch's own network with the weights of one row."""
    network = nn.Sequential(nn.Linear(6, 4), nn.Sigmoid(), nn.Linear(4, 3))
    weight, bias, last, last_bias = theta.split([24, 4, 12, 3])
    values = (weight.reshape(6, 4).T, bias, last.reshape(4, 3).T, last_bias)
    for parameter, value in zip(network.parameters(), values, strict=True):
        parameter.data = value.contiguous()
    return network


def test_loss_and_gradient_are_those_of_torchs_own_network() -> None:
    problems = family(deviation=1.0).draw(3, 0)
    loss, gradient = problems.loss_and_gradient(problems.start, 5)
    for row, chosen in enumerate(problems.batch(5)):
        network = network_of(problems.start[row])
        expected = nn.functional.cross_entropy(network(IMAGES[chosen]), LABELS[chosen])
        expected.backward()
        first, bias, last, last_bias = (parameter.grad for parameter in network.parameters())
        parts = (first.T.flatten(), bias, last.T.flatten(), last_bias)
        assert_close(loss[row], expected.detach())
        assert_close(gradient[row], torch.cat(parts))


def test_every_step_and_every_network_has_a_batch_of_its_own() -> None:
    problems = family().draw(2, 0, "train")
    assert problems.batch(0).shape == (2, 8)
    assert torch.equal(problems.batch(3), family().draw(2, 0, "train").batch(3))
    others = (problems.batch(4), family().draw(2, 1, "train").batch(3), family().draw(2, 0, "validation").batch(3))
    assert all(not torch.equal(problems.batch(3), other) for other in others)
    assert not torch.equal(*problems.batch(3))


def test_the_papers_network_has_its_number_of_weights() -> None:
    mnist = SmallNetwork(torch.zeros(10, 784), torch.arange(10))
    assert mnist.dimensions == 784 * 20 + 20 + 20 * 10 + 10
    assert mnist.draw(2, 0).start.shape == (2, mnist.dimensions)


def test_the_fingerprint_tells_other_pictures_and_options() -> None:
    others = (family(hidden=5), SmallNetwork(IMAGES.flip(0), LABELS, 4, 8), SmallNetwork(IMAGES, LABELS.flip(0), 4, 8))
    assert family().fingerprint not in {other.fingerprint for other in others}
    assert family().fingerprint == family().fingerprint


def test_one_class_is_refused() -> None:
    with pytest.raises(DataError, match="at least 2"):
        SmallNetwork(IMAGES, torch.ones(30, dtype=torch.int64))


@pytest.mark.parametrize("options", [{"hidden": 0}, {"batch_size": 0}, {"deviation": -0.1}])
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="least"):
        family(**options)
