from __future__ import annotations

import pytest
import torch

from gemel.encoders import MLP
from gemel.errors import InputError
from gemel.randomness import torch_generator


def test_it_is_its_layers_one_after_another() -> None:
    model, x = MLP(1, 3, 2, (1, 2)), torch.randn(5, 1, 1, 2, generator=torch_generator(0, "items"))
    (w, b, v, c) = model.parameters()
    by_hand = torch.relu(torch.relu(x.view(5, 2) @ w.T + b) @ v.T + c)
    torch.testing.assert_close(model(x), by_hand)
    torch.testing.assert_close(model.features(x), by_hand.view(5, 3, 1, 1))


def test_maml_s_network_for_sinusoids_has_so_many_numbers() -> None:
    assert sum(value.numel() for value in MLP(1, 40, 2, (1, 1)).parameters()) == 1 * 40 + 40 + 40 * 40 + 40


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="Items of 1 x 2 x 2 came to encoder 'mlp' of 1 x 1 x 2; resize them"):
        MLP(1, 3, 1, (1, 2))(torch.zeros(1, 1, 2, 2))
    with pytest.raises(ValueError, match="layers is 0; it must be 1 or more"):
        MLP(layers=0)
