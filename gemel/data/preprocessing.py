"""A picture of any kind -> the pixels that an encoder sees."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from gemel.data.opening import quiet_pillow
from gemel.errors import InputError, RecipeError, did_you_mean

Fit = Literal["stretch", "pad", "crop"]
Background = Literal["keep", "dark"]

#: A difference from the background that counts as ink, of 255, and the least box kept around it, as a share.
FAINTEST_INK = 24
LEAST_BOX = 0.3

_EXIF_ORIENTATION = 0x0112

#: Pictures of more pixels are made smaller before anything else is done to them.
_LARGE = 16_000_000


@dataclass(frozen=True)
class Preprocessing:
    """What is done to every picture, in training and ever after; kept in the model folder.

    Attributes:
        size: (height, width); one whole number stands for a square.
        channels: 1 (grey) or 3 (colour).
        fit: ``"stretch"`` to the size, ``"pad"`` with the border's own colour, or ``"crop"`` the middle.
        background: ``"keep"``, or ``"dark"``: a picture whose border's median is light is inverted, so that ink is
            bright on dark whatever the scan.
        mean, std: per channel, for pixels in 0 ... 1; one number stands for all channels.
        trim: cut away the even background around the ink first, so that neither its place nor its size matters.

    Raises:
        ValueError: a value is out of range.
    """

    size: tuple[int, int]
    channels: int = 1
    fit: Fit = "stretch"
    background: Background = "keep"
    mean: tuple[float, ...] = (0.5,)
    std: tuple[float, ...] = (0.5,)
    trim: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _height_and_width(self.size))
        if not _is_whole(self.channels) or self.channels not in (1, 3):
            raise ValueError(f"channels is {self.channels!r}; it must be 1 (grey) or 3 (colour)")
        if not isinstance(self.trim, bool):
            raise ValueError(f"trim is {self.trim!r}; it must be true or false")
        _check_choice("fit", self.fit, get_args(Fit))
        _check_choice("background", self.background, get_args(Background))
        object.__setattr__(self, "mean", _per_channel("mean", self.mean, self.channels))
        object.__setattr__(self, "std", _per_channel("std", self.std, self.channels))
        if min(self.std) <= 0:
            raise ValueError(f"std is {self.std}; it must be above 0")

    def pixels(self, image: Image.Image) -> np.ndarray:
        """Return the picture's pixels, uint8 (channels, height, width).

        EXIF orientation is applied, transparency laid over white, 16-bit and float values scaled by their range.

        Raises:
            InputError: the picture has no pixels, or a mode that has no grey or colour meaning.
        """
        if 0 in image.size:
            raise InputError(f"the picture has no pixels: {image.width} x {image.height}")
        with quiet_pillow:
            plain = eight_bit(upright(image), "L" if self.channels == 1 else "RGB")
        light = self.background == "dark" and border_median(plain).sum() > 127.5 * self.channels
        fitted = np.array(self._fitted(trimmed(plain) if self.trim else plain)).reshape(*self.size, self.channels)
        if light:
            np.subtract(255, fitted, out=fitted)
        return np.ascontiguousarray(fitted.transpose(2, 0, 1))

    def normalise(self, items: Tensor) -> Tensor:
        """Return ``(x - mean) / std``, x in 0 ... 1: bytes 0 ... 255 or floats 0 ... 1 -> float32 (B, C, H, W)."""
        scaled = items.float() if items.is_floating_point() else items.float() / 255
        mean = torch.tensor(self.mean, device=items.device)[:, None, None]  # (C, 1, 1)
        std = torch.tensor(self.std, device=items.device)[:, None, None]
        return (scaled - mean) / std

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain lists, numbers and words."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return what ``to_json`` was taken from; every attribute but ``size`` may be left out.

        Raises:
            RecipeError: a name is unknown, ``size`` is missing, or a value is of the wrong type or out of range.
        """
        known = [field.name for field in fields(cls)]
        for key in values:
            if key not in known:
                raise RecipeError(f"Unknown option '{key}' of preprocessing.{did_you_mean(key, known)}")
        if "size" not in values:
            raise RecipeError("preprocessing needs a size: [height, width]")
        chosen: dict[str, Any] = {key: tuple(x) if isinstance(x, list) else x for key, x in values.items()}
        try:
            return cls(**chosen)
        except (TypeError, ValueError) as error:
            raise RecipeError(f"preprocessing: {error}") from error

    def _fitted(self, image: Image.Image) -> Image.Image:
        """Return the picture at ``size``."""
        height, width = self.size
        if self.fit == "pad":
            return padded(image, height, width)
        return resized(image, height, width, middle(image, height, width) if self.fit == "crop" else None)


def upright(image: Image.Image) -> Image.Image:
    """Return the picture turned as its EXIF orientation says; unreadable EXIF counts as none."""
    try:
        turned = image.getexif().get(_EXIF_ORIENTATION, 1) != 1
    except Exception:  # damaged metadata is no reason to refuse the picture
        return image
    return ImageOps.exif_transpose(image) if turned else image


def eight_bit(image: Image.Image, mode: Literal["L", "RGB"]) -> Image.Image:
    """Return the picture in ``mode``: transparency laid over white, wide values scaled to 0 ... 255.

    A picture of more than 16 megapixels is made smaller by a whole factor on the way, strip by strip, so that the
    memory is that of the picture itself and little more.

    Raises:
        InputError: the picture's mode has no grey or colour meaning.
    """
    wide = image.mode.startswith("I") or image.mode == "F"
    limits = picture_limits(image) if wide else None
    factor = math.ceil(math.sqrt(image.width * image.height / _LARGE))
    if factor == 1:
        return _strip_in_mode(image, mode, limits)
    small = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    for top, strip in strips(image, factor):
        small.paste(_strip_in_mode(strip, mode, limits).reduce(factor), (0, top // factor))
    return small


def strips(image: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """Yield (top, strip) over the picture, of about a million pixels each, their heights divisible by ``factor``."""
    rows = factor * max(1, 1_000_000 // (image.width * factor))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _strip_in_mode(strip: Image.Image, mode: Literal["L", "RGB"], limits: tuple[float, float] | None) -> Image.Image:
    if strip.mode.startswith("I") or strip.mode == "F":
        return Image.fromarray(scaled_to_bytes(np.asarray(strip), limits)).convert(mode)
    if strip.has_transparency_data:
        return over_white(strip).convert(mode)
    try:
        return strip.convert(mode)
    except ValueError as error:
        raise InputError(f"pictures of mode {strip.mode} cannot be read; save it as RGB or grey") from error


def over_white(image: Image.Image) -> Image.Image:
    """Return the picture laid over white, "RGB"."""
    see_through = image.convert("RGBA")
    white = Image.new("RGBA", see_through.size, "white")
    return Image.alpha_composite(white, see_through).convert("RGB")


def picture_limits(image: Image.Image) -> tuple[float, float]:
    """Return the ``value_limits`` of a whole picture, strip by strip."""
    found = [(values.min(), values.max()) for values in (_finite(np.asarray(strip)) for _, strip in strips(image, 1))]
    return value_limits(min(low for low, _ in found), max(high for _, high in found), floats=image.mode == "F")


def value_limits(low: float, high: float, floats: bool) -> tuple[float, float]:
    """Return the values that stand for black and white where wide values run from ``low`` to ``high``.

    Floats within 0 ... 1 or 0 ... 255 have that range; else whatever is within 0 ... 65535 has that one; and what goes
    beyond has its own least and greatest value.
    """
    usual = (1.0, 255.0, 65535.0) if floats else (65535.0,)
    return next(((0.0, white) for white in usual if low >= 0 and high <= white), (float(low), float(high)))


def scaled_to_bytes(values: np.ndarray, limits: tuple[float, float] | None = None) -> np.ndarray:
    """Return ``255 (values - black) / (white - black)`` rounded, for limits (black, white): (...) -> uint8 (...).

    Without limits, those of the values themselves are taken: ``value_limits``.
    """
    plain = _finite(values)
    black, white = limits or value_limits(plain.min(), plain.max(), values.dtype.kind == "f")
    return ((plain - black) * (255 / ((white - black) or 1))).round().astype(np.uint8)


def _finite(values: np.ndarray) -> np.ndarray:
    """Return the values with 0 for each that is infinite or not a number."""
    return np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def border_median(image: Image.Image) -> np.ndarray:
    """Return the median of the outermost pixels, per channel: (channels,)."""
    pixels = np.asarray(image).reshape(image.height, image.width, -1)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])  # (2 (H + W), channels)
    return np.sort(border, axis=0)[len(border) // 2]


def trimmed(image: Image.Image) -> Image.Image:
    """Return the box of what differs from the border's median, with some margin; an even picture comes back as it is.

    Ink is what differs by at least 40 % of the greatest difference. The margin is a tenth of the box's longer side, and
    the box at least ``LEAST_BOX`` of the picture's longer side in one direction: a speck does not become a blot.
    """
    grey = image.convert("L")
    differences = np.abs(np.asarray(grey, dtype=np.int16) - int(border_median(grey)[0]))  # (H, W)
    ink = differences >= max(FAINTEST_INK, 0.4 * differences.max())
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        return image
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    longest = max(bottom - top, right - left)
    margin = round(max(0.1 * longest, (LEAST_BOX * max(image.size) - longest) / 2))
    box = (left - margin, top - margin, right + margin, bottom + margin)
    return image.crop((max(0, box[0]), max(0, box[1]), min(image.width, box[2]), min(image.height, box[3])))


def resized(
    image: Image.Image, height: int, width: int, box: tuple[float, float, float, float] | None = None
) -> Image.Image:
    """Return the picture, or the box (left, top, right, bottom) of it, at the size; antialiased where it shrinks."""
    if box is None and image.size == (width, height):
        return image
    return image.resize((width, height), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)


def padded(image: Image.Image, height: int, width: int) -> Image.Image:
    """Return the whole picture in the middle of the size, its shape kept, the rest in its border's median colour."""
    scale = min(width / image.width, height / image.height)
    inner = resized(image, max(1, round(image.height * scale)), max(1, round(image.width * scale)))
    colour = tuple(int(value) for value in border_median(image))
    canvas = Image.new(image.mode, (width, height), colour)
    canvas.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
    return canvas


def middle(image: Image.Image, height: int, width: int) -> tuple[float, float, float, float]:
    """Return the largest box in the picture's middle that has the size's shape: (left, top, right, bottom)."""
    scale = min(image.width / width, image.height / height)
    left, top = (image.width - width * scale) / 2, (image.height - height * scale) / 2
    return (
        max(0.0, left),
        max(0.0, top),
        min(image.width, left + width * scale),
        min(image.height, top + height * scale),
    )


def _height_and_width(size: object) -> tuple[int, int]:
    sides = (size, size) if _is_whole(size) else size
    if not isinstance(sides, tuple) or len(sides) != 2 or not all(_is_whole(s) and 1 <= s <= 4096 for s in sides):
        raise ValueError(f"size is {size!r}; it must be (height, width), each from 1 to 4096")
    return sides


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_choice(what: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{what} is {value!r}.{did_you_mean(str(value), choices)}")


def _per_channel(what: str, values: object, channels: int) -> tuple[float, ...]:
    """Return one finite number a channel."""
    listed = values if isinstance(values, tuple) else (values,)
    if len(listed) not in (1, channels) or not all(_is_number(value) for value in listed):
        raise ValueError(
            f"{what} is {values!r}; it must be {channels} number{'s' if channels > 1 else ''}, one a channel"
        )
    return tuple(float(value) for value in listed) * (channels // len(listed))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))
