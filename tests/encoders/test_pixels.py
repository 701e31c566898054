from __future__ import annotations

import pytest
import torch

from gemel.encoders import Pixels
from gemel.errors import InputError
from gemel.randomness import torch_generator


def test_a_picture_is_its_own_embedding_whatever_its_layout() -> None:
    items = torch.randn(4, 3, 9, 8, generator=torch_generator(0))
    model = Pixels(3, (9, 8))
    assert model.dimensions == 216
    assert torch.equal(model(items).view(4, 3, 9, 8), items)
    assert torch.equal(model(items.contiguous(memory_format=torch.channels_last)), model(items))
    assert not list(model.parameters())


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(InputError) as error:
        Pixels(1, (28, 28))(torch.zeros(2, 3, 28, 20))
    assert str(error.value) == (
        "Items of 3 x 28 x 20 came to encoder 'pixels' of 1 x 28 x 28; resize them, or build it anew."
    )
