"""The published networks, against their papers' figures and their layers written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.encoders import VGG16, Conv4, Encoder, Koch, ResNet12, Zagoruyko
from gemel.encoders.pooling import Embedding, Halve
from gemel.randomness import seeded, torch_generator


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def items(count: int, channels: int, side: int) -> Tensor:
    return torch.randn(count, channels, side, side, generator=torch_generator(1))


def test_sizes_are_the_papers() -> None:
    with torch.device("meta"):
        assert parameters(Koch()) == 38_951_745 - 4097  # Koch's whole network without its last layer
        vgg = VGG16(3, 1000, batch_norm=False, pool=7, hidden=4096)
        assert parameters(vgg) == 138_357_544
        assert parameters(Conv4()) == 111_936 - 4 * 64  # without the biases that batch norm takes away
        assert round(parameters(ResNet12(3)) / 1e6, 1) == 12.4


def test_conv4_at_28_is_the_papers_flattening() -> None:
    model = Conv4(filters=8).eval()
    maps = items(3, 1, 28)
    with torch.no_grad():
        for block in model.body:
            convolution, norm = block[0], block[1]
            maps = functional.max_pool2d(torch.relu(norm(convolution(maps))), 2)
        assert maps.shape == (3, 8, 1, 1)
        torch.testing.assert_close(model(items(3, 1, 28)), maps.flatten(1))


def test_conv4_with_two_halvings_is_the_relation_networks_embedding() -> None:
    model = Conv4(filters=4, halvings=2, pool=7).eval()
    maps = items(3, 1, 28)
    with torch.no_grad():
        for layer, block in enumerate(model.body):
            maps = torch.relu(block[1](block[0](maps)))
            maps = functional.max_pool2d(maps, 2) if layer < 2 else maps
        assert maps.shape == (3, 4, 7, 7)
        torch.testing.assert_close(model(items(3, 1, 28)), maps.flatten(1))


@pytest.mark.parametrize(("kind", "features"), [(Conv4, 64 * 25), (ResNet12, 640 * 25)])
def test_five_cells_at_84_are_the_papers_flattening(kind: type[Conv4] | type[ResNet12], features: int) -> None:
    with torch.device("meta"):
        model: Encoder = kind(3, pool=5)
        assert model.features(torch.empty(2, 3, 84, 84)).shape[-2:] == (5, 5)
        assert model.dimensions == features
        assert model(torch.empty(2, 3, 84, 84)).shape == (2, features)


def test_koch_has_the_maps_of_figure_four() -> None:
    with torch.device("meta"):
        model, maps, sides = Koch(), torch.empty(1, 1, 105, 105), []
        for layer in model.body:
            maps = layer(maps)
            if not isinstance(layer, nn.ReLU):
                sides.append((maps.shape[1], maps.shape[2]))
    assert sides == [(64, 96), (64, 48), (128, 42), (128, 21), (128, 18), (128, 9), (256, 6)]


def test_koch_starts_as_published_unless_normalised() -> None:
    with seeded(0, "koch"):
        model = Koch(dimensions=64)
    weight, bias = model.body[3].weight, torch.cat([p for n, p in model.named_parameters() if n.endswith("bias")])
    assert abs(weight.std() - 0.01) < 1e-4
    assert abs(weight.mean()) < 1e-4
    assert abs(model.embedding.linear.weight.std() - 0.2) < 2e-3
    assert abs(bias.mean() - 0.5) < 2e-3
    assert abs(bias.std() - 0.01) < 1e-3
    assert Koch(dimensions=64, batch_norm=True).embedding.linear.weight.std() < 0.01


def test_koch_enlarges_what_its_kernels_do_not_fit() -> None:
    model = Koch(widths=(2, 2, 2, 2), dimensions=4).eval()
    small = items(2, 1, 28)
    with torch.no_grad():
        large = functional.interpolate(small, size=(105, 105), mode="bilinear")
        torch.testing.assert_close(model(small), model(large))
        assert model.features(items(1, 1, 140)).shape[-1] > 6


def test_zagoruyko_has_the_maps_of_figure_two_and_enlarges_what_is_smaller() -> None:
    model = Zagoruyko(width=0.05).eval()
    small = items(2, 1, 40)
    with torch.no_grad():
        torch.testing.assert_close(model(small), model(functional.interpolate(small, size=(64, 64), mode="bilinear")))
    with torch.device("meta"):
        assert Zagoruyko().features(torch.empty(1, 1, 64, 64)).shape == (1, 256, 1, 1)
        assert sum(value.numel() for value in Zagoruyko().parameters()) == 908_416


def test_halving_stops_at_one() -> None:
    assert Halve()(torch.zeros(1, 2, 1, 7)).shape == (1, 2, 1, 3)
    maps = items(2, 3, 7)
    assert torch.equal(Halve()(maps), functional.max_pool2d(maps, 2))


def test_the_embedding_averages_cells() -> None:
    maps = items(2, 3, 6)
    torch.testing.assert_close(Embedding(3, 2, None)(maps), functional.avg_pool2d(maps, 3).flatten(1))
    assert Embedding(3, 2, 5)(maps).shape == (2, 5)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="pool is 0; it must be at least 1"):
        Conv4(pool=0)
    for halvings in (-1, 5):
        with pytest.raises(ValueError, match=f"halvings is {halvings}; it must be 0 to 4"):
            Conv4(halvings=halvings)
    with pytest.raises(ValueError, match=r"width is 0\.001; it must be at least 0\.015625"):
        VGG16(width=0.001)
    with pytest.raises(ValueError, match="widths has 2 entries; it must have 4"):
        Koch(widths=(4, 4))
