from __future__ import annotations

import pytest
import torch

from gemel.encoders import EfficientNetLite0, Encoder, Pretrained
from gemel.randomness import torch_generator
from tests.encoders.tiny_published import FACTS

BOTH = pytest.mark.parametrize("name", ["efficientnet_lite0", "pretrained"])


def blank(name: str, tune: str = "nothing", channels: int = 3) -> Encoder:
    if name == "pretrained":
        return Pretrained(channels, tune=tune, published=FACTS, blank=True)
    return EfficientNetLite0(channels, tune=tune, blank=True)


def items(count: int, channels: int = 3) -> torch.Tensor:
    return torch.randn(count, channels, 28, 28, generator=torch_generator(1))


def moved(encoder: Encoder) -> set[str]:
    return {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}


@BOTH
def test_what_moves_is_what_was_chosen(name: str) -> None:
    everything = {key for key, _ in blank(name).named_parameters()}
    assert moved(blank(name)) == set()
    assert moved(blank(name, "all")) == everything
    last = moved(blank(name, "last_block"))
    starts = ("body.16.", "body.17.") if name == "efficientnet_lite0" else ("body.encoder.layer.1.", "body.layernorm.")
    assert last == {key for key in everything if key.startswith(starts)}
    assert last


@BOTH
@pytest.mark.parametrize("tune", ["nothing", "last_block"])
def test_training_leaves_what_does_not_move_as_it_is(name: str, tune: str) -> None:
    encoder = blank(name, tune).train()
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    encoder(items(4))
    changed = {key for key, value in encoder.state_dict().items() if not torch.equal(value, before[key])}
    assert all(key.startswith(("body.16.", "body.17.")) for key in changed)
    assert bool(changed) == (name == "efficientnet_lite0" and tune == "last_block")  # batch norms of the last block
    assert encoder.training
    assert not next(encoder.body.children()).training
    assert not any(part.training for part in encoder.eval().modules())


@BOTH
def test_grey_is_taken_thrice(name: str) -> None:
    grey, colour = blank(name, channels=1).eval(), blank(name).eval()
    grey.load_state_dict(colour.state_dict())
    with torch.no_grad():
        assert torch.equal(grey(items(2, 1)), colour(items(2, 1).repeat(1, 3, 1, 1)))


@BOTH
def test_an_unknown_choice_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="Did you mean 'last_block'") as error:
        blank(name, "lastblock")
    assert str(error.value) == "tune is 'lastblock'. Did you mean 'last_block'?"
