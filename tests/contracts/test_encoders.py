"""What every encoder promises, over every one of them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gemel.encoders import ENCODERS, Encoder
from gemel.randomness import seeded, torch_generator
from gemel.registry import build, options_of
from tests.encoders.tiny_published import FACTS

#: Options that keep the large ones quick.
SMALL: dict[str, dict[str, Any]] = {
    "residual": {"widths": [8, 8, 16, 16], "dimensions": 24},
    "conv4": {"filters": 8},
    "koch": {"widths": [4, 6, 6, 8], "dimensions": 24},
    "vgg16": {"width": 0.0625, "dimensions": 24},
    "resnet12": {"widths": [4, 8, 8, 16]},
    "efficientnet_lite0": {"tune": "all", "blank": True},
    "pretrained": {"published": FACTS, "tune": "all", "blank": True},
    "zagoruyko": {"width": 0.05},
    "mlp": {"dimensions": 24},
    "pixels": {},
    "orientations": {"cell": 4},
    "twin": {
        "left": {"name": "residual", "widths": [8, 8, 16, 16], "dimensions": 12},
        "right": {"name": "conv4", "filters": 8, "dimensions": 12},
    },
}
VARIANTS = [
    *((name, {}) for name in ENCODERS),
    ("conv4", {"dimensions": 5, "pool": 2}),
    ("conv4", {"halvings": 2, "pool": 3}),
    ("koch", {"batch_norm": True}),
    ("vgg16", {"batch_norm": False, "pool": 2, "hidden": 12}),
    ("resnet12", {"dimensions": 5, "pool": 2}),
    ("zagoruyko", {"dimensions": 5}),
    ("mlp", {"layers": 3}),
    ("efficientnet_lite0", {"dimensions": 5}),
    ("pretrained", {"dimensions": 5, "pooling": "mean"}),
    ("twin", {"dimensions": 6, "left": {"widths": [4], "name": "residual"}, "right": "conv4"}),
]
every_encoder = pytest.mark.parametrize(("name", "options"), VARIANTS, ids=str)


def encoder(
    name: str, options: dict[str, Any], channels: int = 1, seed: int = 0, size: tuple[int, int] = (28, 28)
) -> Encoder:
    with seeded(seed, name):
        return build("encoder", ENCODERS, {"name": name, **SMALL[name], **options}, channels=channels, size=size)


def items(count: int, channels: int = 1, size: tuple[int, int] = (28, 28)) -> torch.Tensor:
    return torch.randn(count, channels, *size, generator=torch_generator(1))


@pytest.mark.parametrize("name", ENCODERS)
def test_the_constructor_starts_alike(name: str) -> None:
    options = list(options_of(ENCODERS[name]).values())
    second = "size" if name in ("pixels", "orientations") else "dimensions"  # which a picture's size decides
    assert [option.name for option in options[:2]] == ["channels", second]
    assert options[0].default == 1
    assert all(option.default is not option.empty for option in options)


@every_encoder
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(8, 8), (28, 28), (33, 57), (105, 105)], ids=str)
def test_any_size_in_grey_and_colour(name: str, options: dict[str, Any], channels: int, size: tuple[int, int]) -> None:
    model = encoder(name, options, channels, size=size).eval()
    with torch.no_grad():
        embeddings = model(items(2, channels, size))
        maps = model.features(items(2, channels, size))
    assert embeddings.shape == (2, model.dimensions)
    assert embeddings.isfinite().all()
    assert maps.ndim == 4
    assert not torch.equal(embeddings[0], embeddings[1])


@every_encoder
def test_neither_order_nor_neighbours_matter_in_evaluation(name: str, options: dict[str, Any]) -> None:
    model, batch = encoder(name, options).eval(), items(5)
    order = torch.tensor([3, 1, 4, 0, 2])
    with torch.no_grad():
        together, shuffled = model(batch), model(batch[order])
        alone = torch.cat([model(item[None]) for item in batch])
    torch.testing.assert_close(shuffled, together[order], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(alone, together, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "options"), [case for case in VARIANTS if case[0] not in ("pixels", "orientations")], ids=str
)
def test_the_seed_alone_decides_the_start(name: str, options: dict[str, Any]) -> None:
    first, again, other = (encoder(name, options, seed=seed).eval() for seed in (0, 0, 1))
    with torch.no_grad():
        assert torch.equal(first(items(2)), again(items(2)))
        assert not torch.equal(first(items(2)), other(items(2)))


@every_encoder
def test_its_state_is_all_there_is(name: str, options: dict[str, Any]) -> None:
    trained, fresh = encoder(name, options), encoder(name, options, seed=1)
    with torch.no_grad():
        trained(items(4))  # running statistics move
    fresh.load_state_dict(trained.state_dict())
    with torch.no_grad():
        assert torch.equal(trained.eval()(items(3)), fresh.eval()(items(3)))


@every_encoder
def test_gradients_are_finite_and_reach_every_parameter(name: str, options: dict[str, Any]) -> None:
    model = encoder(name, options, size=(40, 40))
    batch = items(6, size=(40, 40)).requires_grad_()
    weights = torch.randn(6, model.dimensions, generator=torch_generator(2))
    with seeded(0, "dropout"):
        (model(batch) * weights).sum().backward()
    assert batch.grad is not None
    for what, gradient in [("items", batch.grad), *((n, p.grad) for n, p in model.named_parameters())]:
        assert gradient is not None, what
        assert gradient.isfinite().all(), what
        assert gradient.abs().max() > 0, what


@every_encoder
def test_bfloat16_autocast_stays_near(name: str, options: dict[str, Any]) -> None:
    model, batch = encoder(name, options).eval(), items(4)
    with torch.no_grad():
        exact = model(batch)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = model(batch).float()
    assert rounded.isfinite().all()
    assert (rounded - exact).norm() < 0.05 * exact.norm()
