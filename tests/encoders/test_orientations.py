"""Gradient orientations against the formula with its angles, and what they are blind to."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from gemel.encoders.orientations import FAINT, Orientations, blurred, orientation_energy
from gemel.randomness import torch_generator


def pictures(count: int, channels: int = 1, size: tuple[int, int] = (24, 36)) -> Tensor:
    return torch.randn(count, channels, *size, generator=torch_generator(0, "pictures"), dtype=torch.float64)


def test_the_blur_is_scipys() -> None:
    maps = pictures(2, 3)
    expected = ndimage.gaussian_filter(maps.numpy(), (0, 0, 1.5, 1.5), mode="nearest", truncate=3 + 1e-9 + 0.2)
    torch.testing.assert_close(blurred(maps, 1.5), torch.from_numpy(expected), atol=1e-4, rtol=1e-4)


def test_the_energy_is_the_formula_with_the_angle() -> None:
    picture = pictures(1)
    found = orientation_energy(picture, 6)[0].numpy()
    padded = np.pad(picture[0, 0].numpy(), 1, mode="edge")
    right, down = (padded[1:-1, 2:] - padded[1:-1, :-2]) / 2, (padded[2:, 1:-1] - padded[:-2, 1:-1]) / 2
    for number in range(6):
        turn = np.arctan2(down, right) - 2 * math.pi * number / 6
        np.testing.assert_allclose(found[number], np.hypot(right, down) * np.maximum(np.cos(turn), 0) ** 4, atol=1e-6)


def test_a_ramp_points_one_way_in_every_cell() -> None:
    ramp = torch.arange(36.0).expand(1, 1, 24, 36)
    cells = Orientations(1, (24, 36)).features(ramp)
    assert cells.shape == (1, 8, 2, 3)
    assert torch.equal(cells.argmax(1), torch.zeros(1, 2, 3, dtype=torch.long))
    assert torch.equal(Orientations(1, (24, 36)).features(ramp.flip(-1)).argmax(1), torch.full((1, 2, 3), 4))


def test_each_cell_is_nearly_of_length_1_and_an_even_picture_of_0() -> None:
    encoder = Orientations(1, (24, 36), cell=6)
    lengths = encoder.features(pictures(3).float() * 30).square().sum(1).sqrt()
    assert ((lengths > 0.9) & (lengths < 1)).all()
    assert encoder(torch.full((1, 1, 24, 36), 0.7)).abs().max() < 1e-3
    assert FAINT > 0


def test_brightness_changes_nothing_and_contrast_little() -> None:
    encoder, items = Orientations(1, (24, 36)), pictures(2).float() * 20
    torch.testing.assert_close(encoder(items + 3), encoder(items), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(encoder(items * 1.5), encoder(items), atol=0.02, rtol=0.05)


def test_another_size_has_as_many_cells() -> None:
    encoder = Orientations(1, (24, 36))
    assert encoder(pictures(2, size=(50, 19)).float()).shape == (2, encoder.dimensions) == (2, 8 * 2 * 3)


@pytest.mark.parametrize("options", [{"cell": 0}, {"bins": 1}, {"blur": 0.0}])
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="they must be"):
        Orientations(1, (24, 24), **options)  # type: ignore[arg-type]
