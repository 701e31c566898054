"""Random variants of a batch of pictures, every item with its own."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import reduce

import torch
from torch import Tensor

from gemel.data.augmentation import colour, geometry, texture

#: What each option may be: (lowest, highest, whether the highest is itself allowed).
RANGES: dict[str, tuple[float, float, bool]] = {
    "rotate": (0, 180, True),
    "scale": (0, 1, False),
    "stretch": (0, 1, False),
    "shear": (0, 90, False),
    "translate": (0, 1, True),
    "perspective": (0, 0.5, False),
    "elastic": (0, 0.5, True),
    "elastic_grid": (2, 64, True),
    "crop": (0.01, 1, True),
    "flip": (0, 1, True),
    "flip_vertical": (0, 1, True),
    "thickness": (0, 1, True),
    "blur": (0, 0.5, True),
    "brightness": (0, 1, True),
    "contrast": (0, 1, False),
    "saturation": (0, 1, True),
    "hue": (0, 0.5, True),
    "gamma": (0, 1, False),
    "noise": (0, 1, True),
    "erase": (0, 1, True),
    "erase_area": (0.01, 1, True),
}
PADDINGS = ("border", "zeros", "reflection")


@dataclass(frozen=True)
class Augmentation:
    """Random variants of pictures (B, C, H, W) in 0 ... 1, of the same shape and range; every option starts off.

    Every item draws its own parameters, uniform between the ends named below (factors uniform in their logarithm), from
    the generator given. The picture is displaced elastically, moved, seen in perspective, cropped and flipped, all with
    one interpolation; then stroke thickness, blur, colour, gamma, noise and erasing follow in this order. Without any
    option the very tensor comes back.

    Attributes:
        rotate: at most so many degrees either way.
        scale: a share s: larger or smaller by a factor in [1 - s, 1 / (1 - s)].
        stretch: a share s: the width by a factor in [1 - s, 1 / (1 - s)], the height by its inverse.
        shear: a slant of at most so many degrees either way.
        translate: a shift of at most this share of the width and of the height.
        perspective: a share p < 0.5: one edge is seen up to (1 + p) / (1 - p) times as large as the opposite one.
        elastic: displacements on a coarse grid of at most this share of the size, cubic in between.
        elastic_grid: points of that grid along each side.
        crop: the least share of the area kept by a random box, shown in full size, its aspect in [3/4, 4/3]; 1 is off.
        flip: the probability of a mirror image.
        flip_vertical: the probability of top and bottom exchanged.
        padding: what comes in from outside: "border" the nearest pixel, "zeros" black, "reflection" a mirror image.
        thickness: bright parts grown, or shrunk, by at most this share of a pixel on every side.
        blur: a Gaussian whose standard deviation is at most this share of the shorter side.
        brightness: at most so much added or taken off.
        contrast: a share s: values away from the item's mean by a factor in [1 - s, 1 / (1 - s)].
        saturation: a share s: colours away from grey by a factor in [1 - s, 1 + s]; colour pictures only.
        hue: at most this share of a turn of the colour wheel either way; colour pictures only.
        gamma: a share s: values raised to a power in [1 - s, 1 / (1 - s)].
        noise: Gaussian noise of at most this standard deviation.
        erase: the probability that a box is replaced by the item's mean (after Zhong et al. 2020).
        erase_area: the box's largest share of the area.

    Raises:
        ValueError: an option is out of its range, when built; or the pictures are not (B, C, H, W) floats, when called.
    """

    rotate: float = 0.0
    scale: float = 0.0
    stretch: float = 0.0
    shear: float = 0.0
    translate: float = 0.0
    perspective: float = 0.0
    elastic: float = 0.0
    elastic_grid: int = 4
    crop: float = 1.0
    flip: float = 0.0
    flip_vertical: float = 0.0
    padding: str = "border"
    thickness: float = 0.0
    blur: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    gamma: float = 0.0
    noise: float = 0.0
    erase: float = 0.0
    erase_area: float = 0.25

    def __post_init__(self) -> None:
        if self.padding not in PADDINGS:
            raise ValueError(f"padding is '{self.padding}'; it must be one of {', '.join(PADDINGS)}")
        for name, (low, high, closed) in RANGES.items():
            value = getattr(self, name)
            if not (low <= value < high or (closed and value == high)):
                raise ValueError(f"{name} is {value}; it must be in [{low}, {high}{']' if closed else ')'}")

    @property
    def active(self) -> tuple[str, ...]:
        """The options that change something."""
        parameters = {"elastic_grid", "padding", "erase_area"}
        return tuple(f.name for f in fields(self) if f.name not in parameters and getattr(self, f.name) != f.default)

    @torch.no_grad()
    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return a variant of each picture: (B, C, H, W) floats in 0 ... 1 -> the same shape and range.

        ``generator`` lives on the pictures' device, and is advanced.
        """
        if images.ndim != 4 or not images.is_floating_point():
            raise ValueError(
                f"got {images.dtype} of shape {tuple(images.shape)}; expected floats (batch, channels, height, width)"
            )
        active = self.active
        if not active or not len(images):
            return images
        draw = Draw(len(images), generator)
        images = self._moved(images, draw)
        images = self._retouched(images, draw)
        images = self._coloured(images, draw)
        return self._disturbed(images, draw).clamp(0, 1)  # interpolation rounds beyond 1

    def _moved(self, images: Tensor, draw: Draw) -> Tensor:
        size = (images.shape[-2], images.shape[-1])
        steps = []
        if self.rotate or self.shear or self.scale or self.stretch or self.translate:
            angle, slant = (draw.either_way(math.radians(option)) for option in (self.rotate, self.shear))
            scale, stretch = draw.factor(self.scale), draw.factor(self.stretch)
            shift = draw.either_way(self.translate, 2)
            steps.append(geometry.affine(angle, slant, scale, stretch, shift, size))
        if self.perspective:
            steps.append(geometry.perspective(draw.either_way(self.perspective, 2)))
        if self.crop < 1:
            area, aspect = draw.uniform(self.crop, 1), draw.factor(1 / 4)
            steps.append(geometry.crop(area, aspect.clamp(area, 1 / area), draw.uniform(0, 1, 2)))
        if self.flip or self.flip_vertical:
            steps.append(geometry.flip(draw.chance(self.flip), draw.chance(self.flip_vertical)))
        displacement = None
        if self.elastic:
            moves = draw.either_way(2 * self.elastic, 2, self.elastic_grid, self.elastic_grid)
            displacement = geometry.elastic(moves, size)
        if not steps and displacement is None:
            return images
        identity = torch.eye(3, device=images.device).expand(len(images), 3, 3)
        return geometry.warp(images, reduce(torch.matmul, steps, identity), displacement, self.padding)

    def _retouched(self, images: Tensor, draw: Draw) -> Tensor:
        if self.thickness:
            images = texture.thicken(images, draw.either_way(self.thickness))
        if self.blur:
            images = texture.blur(images, draw.uniform(0, self.blur * min(images.shape[-2:])))
        return images

    def _coloured(self, images: Tensor, draw: Draw) -> Tensor:
        coloured = images.shape[1] == 3 and (self.saturation or self.hue)
        if coloured or self.brightness or self.contrast:
            channels = None
            if coloured:
                factor, turn = 1 + draw.either_way(self.saturation), draw.either_way(self.hue)
                channels = colour.saturation(factor) @ colour.hue(turn)
            gain, offset = draw.factor(self.contrast), draw.either_way(self.brightness)
            images = colour.linear(images, gain, offset, channels).clamp_(0, 1)
        return colour.gamma(images, draw.factor(self.gamma)) if self.gamma else images

    def _disturbed(self, images: Tensor, draw: Draw) -> Tensor:
        if self.noise:
            deviation = draw.uniform(0, self.noise)[:, None, None, None]
            images = images + deviation * draw.normal(*images.shape[1:])
        if self.erase:
            area, aspect, place = draw.uniform(0, self.erase_area), draw.factor(2 / 3), draw.uniform(0, 1, 2)
            size = (images.shape[-2], images.shape[-1])
            masks = texture.boxes(area, aspect.clamp(area, 1 / area), place, size)
            images = texture.erase(images, masks & draw.chance(self.erase)[:, None, None, None])
        return images


@dataclass(frozen=True)
class Draw:
    """Random numbers for each of ``items`` items, on the generator's device."""

    items: int
    generator: torch.Generator

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return numbers in [low, high]: (items, *shape)."""
        unit = torch.rand(self.items, *shape, generator=self.generator, device=self.generator.device)
        return low + (high - low) * unit

    def either_way(self, most: float, *shape: int) -> Tensor:
        """Return numbers in [-most, most]: (items, *shape)."""
        return self.uniform(-most, most, *shape)

    def factor(self, share: float) -> Tensor:
        """Return factors in [1 - share, 1 / (1 - share)], uniform in their logarithm: (items,)."""
        return self.either_way(-math.log1p(-share)).exp()

    def chance(self, probability: float) -> Tensor:
        """Return True with a probability: (items,)."""
        return self.uniform(0, 1) < probability

    def normal(self, *shape: int) -> Tensor:
        """Return standard normal numbers: (items, *shape)."""
        return torch.randn(self.items, *shape, generator=self.generator, device=self.generator.device)
