"""Random and fixed variants of whole batches."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gemel.data.augmentation import VIEWS, Augmentation, colour, geometry, texture, views
from gemel.data.augmentation.augmentation import RANGES
from gemel.randomness import torch_generator
from tests.reference.warp import moved

#: One value for every option that changes pictures by itself.
OPTIONS: dict[str, float] = {
    "rotate": 15,
    "scale": 0.3,
    "stretch": 0.3,
    "shear": 20,
    "translate": 0.2,
    "perspective": 0.3,
    "elastic": 0.08,
    "crop": 0.5,
    "flip": 0.5,
    "flip_vertical": 0.5,
    "thickness": 1,
    "blur": 0.1,
    "brightness": 0.3,
    "contrast": 0.5,
    "saturation": 0.8,
    "hue": 0.4,
    "gamma": 0.5,
    "noise": 0.2,
    "erase": 0.7,
}
ALL = Augmentation(**OPTIONS)  # type: ignore[arg-type]


def pictures(count: int = 6, channels: int = 3, height: int = 20, width: int = 28) -> Tensor:
    """Random pictures that are smooth enough for a shift to show."""
    coarse = torch.rand(count, channels, 6, 6, generator=torch_generator(7))
    return torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear")


def augmented(images: Tensor, seed: int = 0, **options: Any) -> Tensor:
    return Augmentation(**options)(images, torch_generator(seed))


def test_every_option_is_tried_here_and_has_a_range() -> None:
    parameters = {"padding", "elastic_grid", "erase_area"}
    assert {field.name for field in fields(Augmentation)} == set(OPTIONS) | parameters
    assert set(RANGES) == set(OPTIONS) | parameters - {"padding"}


def test_off_gives_the_very_same_pictures_and_draws_nothing() -> None:
    images, generator = pictures(), torch_generator(0)
    before = generator.get_state()
    assert Augmentation()(images, generator) is images
    assert Augmentation(elastic_grid=8, padding="zeros", erase_area=0.5)(images, generator) is images
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("option", OPTIONS)
def test_each_option_changes_pictures_differently_and_stays_in_range(option: str) -> None:
    image = pictures(1)
    images = image.expand(16, -1, -1, -1)
    kept = images.clone()
    result = augmented(images, **{option: OPTIONS[option]})
    assert result.shape == images.shape
    assert result.dtype == images.dtype
    assert 0 <= result.min() <= result.max() <= 1
    changed = (result - images).abs().amax((1, 2, 3)) > 1e-3
    assert changed.float().mean() > 0.25
    assert len(result[changed].unique(dim=0)) > 1 or option.startswith("flip")  # there is one mirror image only
    assert torch.equal(images, kept), "the pictures given are not to be written on"


@pytest.mark.parametrize("option", sorted(set(OPTIONS) - {"saturation", "hue"}))
def test_each_option_works_on_grey(option: str) -> None:
    images = pictures(16, channels=1)
    assert not torch.equal(augmented(images, **{option: OPTIONS[option]}), images)


def test_saturation_and_hue_leave_grey_pictures_alone() -> None:
    images = pictures(channels=1)
    assert torch.equal(augmented(images, saturation=0.9, hue=0.5), images)


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (3, 3, 33, 57), (2, 1, 105, 105), (0, 1, 28, 28)])
def test_all_options_together_on_any_size(shape: tuple[int, ...]) -> None:
    result = ALL(torch.rand(shape, generator=torch_generator(1)), torch_generator(0))
    assert result.shape == shape
    assert ((result >= 0) & (result <= 1)).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("padding", ["border", "zeros", "reflection"])
def test_black_and_white_stay_in_range(value: float, padding: str) -> None:
    result = replace(ALL, padding=padding)(torch.full((64, 3, 16, 16), value), torch_generator(0))
    assert ((result >= 0) & (result <= 1)).all()


def test_the_generator_alone_decides() -> None:
    images = pictures()
    torch.manual_seed(1)
    first = ALL(images, torch_generator(3))
    state = torch.get_rng_state()
    torch.manual_seed(2)
    assert torch.equal(first, ALL(images, torch_generator(3)))
    assert not torch.equal(first, ALL(images, torch_generator(4)))
    torch.manual_seed(1)
    assert torch.equal(state, torch.get_rng_state()), "the global generator was drawn from"


def test_the_generator_moves_on() -> None:
    images, generator = pictures(), torch_generator(0)
    assert not torch.equal(ALL(images, generator), ALL(images, generator))


def test_an_item_does_not_depend_on_its_neighbours() -> None:
    images = pictures()
    others = images.clone()
    others[1:] = 1 - others[1:]
    torch.testing.assert_close(ALL(images, torch_generator(0))[0], ALL(others, torch_generator(0))[0])


def test_no_gradient_is_recorded() -> None:
    assert not ALL(pictures().requires_grad_(), torch_generator(0)).requires_grad


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rotate": 200}, "rotate is 200; it must be in [0, 180]"),
        ({"scale": 1}, "scale is 1; it must be in [0, 1)"),
        ({"flip": -0.1}, "flip is -0.1; it must be in [0, 1]"),
        ({"crop": 0}, "crop is 0; it must be in [0.01, 1]"),
        ({"noise": math.nan}, "noise is nan; it must be in [0, 1]"),
        ({"elastic_grid": 1}, "elastic_grid is 1; it must be in [2, 64]"),
        ({"padding": "white"}, "padding is 'white'; it must be one of border, zeros, reflection"),
    ],
)
def test_a_value_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        Augmentation(**options)
    assert str(error.value) == message


@pytest.mark.parametrize("images", [torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.zeros(1, 8, 8)])
def test_what_is_no_batch_of_floats_is_refused(images: Tensor) -> None:
    with pytest.raises(ValueError, match="expected floats"):
        ALL(images, torch_generator(0))


# Geometry, against slow formulae


@pytest.mark.parametrize(
    "motion",  # degrees, slant, scale, stretch, pixels right, pixels down
    [
        (0, 0, 1, 1, 0, 0),
        (30, 0, 1, 1, 0, 0),
        (0, 25, 1, 1, 0, 0),
        (0, 0, 1.3, 0.8, 0, 0),
        (0, 0, 1, 1, 3, -2),
        (-20, 10, 0.8, 1.2, 2.5, 1),
    ],
)
@pytest.mark.parametrize("size", [(12, 12), (9, 16)])
def test_affine_is_the_motion_of_every_pixel(motion: tuple[float, ...], size: tuple[int, int]) -> None:
    image = pictures(1, 1, *size)
    degrees, slant, scale, stretch, right, down = (torch.tensor([value], dtype=torch.float32) for value in motion)
    shift = torch.stack([right / size[1], down / size[0]], -1)
    matrix = geometry.affine(torch.deg2rad(degrees), torch.deg2rad(slant), scale, stretch, shift, size)
    expected = moved(image[0, 0].double().numpy(), *motion)
    np.testing.assert_allclose(geometry.warp(image, matrix)[0, 0].numpy(), expected, atol=2e-5)


def test_flips_are_mirror_images() -> None:
    images = pictures()
    torch.testing.assert_close(augmented(images, flip=1), images.flip(-1), atol=1e-5, rtol=0)
    torch.testing.assert_close(augmented(images, flip_vertical=1), images.flip(-2), atol=1e-5, rtol=0)


def test_a_flip_follows_the_crop_and_the_crop_the_rotation() -> None:
    images = pictures()
    cropped = augmented(images, rotate=15, crop=0.5)
    torch.testing.assert_close(augmented(images, rotate=15, crop=0.5, flip=1), cropped.flip(-1), atol=1e-5, rtol=0)


def test_a_crop_shows_its_box() -> None:
    image = torch.arange(64.0).view(1, 1, 8, 8) / 64
    matrix = geometry.crop(torch.tensor([0.25]), torch.tensor([1.0]), torch.tensor([[1.0, 0.0]]))  # upper right quarter
    result = geometry.warp(image, matrix)[..., ::2, ::2] + geometry.warp(image, matrix)[..., 1::2, 1::2]
    torch.testing.assert_close(result[0, 0, 1:-1, 1:-1] / 2, image[0, 0, 1:3, 5:7])


def test_random_crops_keep_at_least_the_share_asked_for() -> None:
    area = torch.linspace(0.4, 1, 50)
    aspect = torch.full((50,), 4 / 3).clamp(area, 1 / area)
    matrix = geometry.crop(area, aspect, torch.rand(50, 2, generator=torch_generator(0)))
    corners = torch.tensor([[-1.0, -1, 1], [1, 1, 1]]).T
    assert (matrix @ corners)[:, :2].abs().max() <= 1 + 1e-6
    torch.testing.assert_close(torch.linalg.det(matrix), area)


def test_perspective_keeps_lines_straight_and_the_centre() -> None:
    matrix = geometry.perspective(torch.tensor([[0.3, -0.2]]))
    x, y = torch.linspace(-1, 1, 5), torch.full((5,), 0.5)
    points = matrix[0] @ torch.stack([x, y, torch.ones(5)])
    places = points[:2] / points[2]
    directions = places[:, 1:] - places[:, :1]
    torch.testing.assert_close(directions[0] * directions[1, -1], directions[1] * directions[0, -1])
    torch.testing.assert_close(matrix[0] @ torch.tensor([0.0, 0, 1]), torch.tensor([0.0, 0, 1]))


def test_elastic_passes_through_the_coarse_grid_and_moves_a_constant_as_a_shift() -> None:
    moves = torch.randn(2, 2, 4, 4, generator=torch_generator(0))
    field = geometry.elastic(moves, (28, 37))
    torch.testing.assert_close(field[..., ::9, ::12], moves)
    torch.testing.assert_close(geometry.elastic(torch.full((1, 2, 3, 3), 0.5), (8, 9)), torch.full((1, 2, 8, 9), 0.5))


# Colour and texture


def test_contrast_keeps_the_mean_and_brightness_adds_to_it() -> None:
    images = pictures()
    result = colour.linear(images, torch.full((6,), 0.5), torch.full((6,), 0.1))
    torch.testing.assert_close(result.mean((1, 2, 3)), images.mean((1, 2, 3)) + 0.1)
    torch.testing.assert_close(result.var((1, 2, 3)), images.var((1, 2, 3)) / 4)


def test_no_saturation_is_grey_and_full_saturation_is_as_it_was() -> None:
    maps = colour.saturation(torch.tensor([0.0, 1.0]))
    red = maps @ torch.tensor([1.0, 0, 0])
    torch.testing.assert_close(red, torch.tensor([[0.299, 0.299, 0.299], [1.0, 0, 0]]))


def test_a_third_of_a_turn_is_red_to_green_and_grey_stays() -> None:
    maps = colour.hue(torch.tensor([0.0, 1 / 3, 0.21]))
    torch.testing.assert_close(maps[0], torch.eye(3))
    torch.testing.assert_close(maps[1] @ torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0]), atol=1e-6, rtol=0)
    torch.testing.assert_close(maps[2] @ torch.ones(3), torch.ones(3))


def test_thicken_is_dilation_and_erosion() -> None:
    images = pictures(3)
    result = texture.thicken(images, torch.tensor([1.0, -1.0, 0.0]))
    pool = torch.nn.functional.max_pool2d
    torch.testing.assert_close(result[0], pool(images[:1], 3, 1, 1)[0])
    torch.testing.assert_close(result[1], -pool(-images[1:2], 3, 1, 1)[0])
    torch.testing.assert_close(result[2], images[2])


def test_blur_is_a_gaussian_and_none_is_none() -> None:
    image = torch.zeros(2, 1, 41, 41)
    image[..., 20, 20] = 1
    result = texture.blur(image, torch.tensor([0.0, 2.0]))
    torch.testing.assert_close(result[0], image[0])
    distance = torch.arange(41.0) - 20
    density = torch.exp(-distance.square() / 8) / math.sqrt(8 * math.pi)
    torch.testing.assert_close(result[1, 0], density[:, None] * density, atol=1e-6, rtol=0)
    torch.testing.assert_close(texture.blur(torch.ones(1, 1, 9, 9), torch.tensor([3.0])), torch.ones(1, 1, 9, 9))


def test_an_erased_box_has_its_share_and_the_mean() -> None:
    masks = texture.boxes(
        torch.tensor([0.25, 0.0]), torch.tensor([4.0, 1.0]), torch.tensor([[0.0, 1.0], [0, 0]]), (8, 12)
    )
    assert masks.sum((1, 2, 3)).tolist() == [24, 0]
    assert masks[0, 0, 6:].all()  # all the width, and the lower quarter
    images = pictures(2, 3, 8, 12)
    result = texture.erase(images, masks)
    torch.testing.assert_close(result[0, :, 7, 3], images[0].mean((1, 2)))
    assert torch.equal(result[1], images[1])


# Fixed views


def test_views_are_fixed_distinct_and_start_with_the_picture_itself() -> None:
    images = pictures()
    result = views(images, len(VIEWS))
    assert result.shape == (len(VIEWS), *images.shape)
    assert torch.equal(result[0], images)
    assert torch.equal(result, views(images, len(VIEWS)))
    assert torch.equal(result[:3], views(images, 3))
    distances = torch.cdist(result.flatten(1), result.flatten(1)) + torch.eye(len(VIEWS))
    assert distances.min() > 0.1


@pytest.mark.parametrize("number", range(len(VIEWS)))
def test_a_view_is_the_motion_it_says(number: int) -> None:
    image = pictures(1, 1, 12, 16)
    degrees, scale, right, down = VIEWS[number]
    expected = moved(image[0, 0].double().numpy(), degrees, 0, scale, 1, right * 16, down * 12)
    np.testing.assert_allclose(views(image, number + 1)[number, 0, 0].numpy(), expected, atol=2e-5)


@pytest.mark.parametrize("count", [0, len(VIEWS) + 1])
def test_a_count_of_views_that_does_not_exist_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} views were asked for; there are 1 to {len(VIEWS)}"):
        views(pictures(), count)
