from __future__ import annotations

import pytest
import torch

from gemel.encoders import ENCODERS, Conv4, Residual, Twin
from gemel.errors import RecipeError
from gemel.randomness import seeded, torch_generator
from gemel.registry import build

SMALL = {"name": "residual", "widths": [4, 8]}


def test_the_embedding_is_both_branches_side_by_side() -> None:
    with seeded(0, "twin"):
        model = Twin(1, 6, SMALL, {"name": "conv4", "filters": 4}).eval()
    items = torch.randn(3, 1, 20, 20, generator=torch_generator(0))
    assert isinstance(model.left, Residual)
    assert isinstance(model.right, Conv4)
    assert model.dimensions == 12
    assert torch.equal(model(items), torch.cat([model.left(items), model.right(items)], 1))


def test_branches_of_one_kind_have_weights_of_their_own() -> None:
    with seeded(0, "twin"):
        model = Twin(1, None, SMALL, SMALL)
    left, right = model.left.state_dict(), model.right.state_dict()
    assert left.keys() == right.keys()
    assert not torch.equal(left["head.weight"], right["head.weight"])


def test_a_branch_s_own_dimensions_come_first_and_it_hears_of_channels_and_size() -> None:
    model = Twin(3, 5, {**SMALL, "dimensions": 192}, {"name": "conv4", "dimensions": 192})
    assert (model.left.channels, model.right.channels, model.dimensions) == (3, 3, 384)
    assert Twin(3, None, {**SMALL, "dimensions": 192}, "pixels", size=(8, 8)).right.dimensions == 192


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"left": {**SMALL, "dimensions": 8}, "right": {**SMALL, "dimensions": 9}},
         "encoder 'twin': left has 8 dimensions and right 9; they must have the same"),
        ({"right": "conv5"}, "Unknown encoder.right 'conv5'. Did you mean 'conv4'?"),
        ({"left": {"name": "conv4", "filtres": 3}},
         "Unknown option 'filtres' of encoder.left 'conv4'. Did you mean 'filters'?"),
        ({"left": 3}, "encoder.left is 3; a name, or a name with options, is expected."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError) as error:
        build("encoder", ENCODERS, {"name": "twin", **options}, channels=1, size=(28, 28))
    assert str(error.value) == message
