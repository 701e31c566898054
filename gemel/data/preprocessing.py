"""A picture of any kind -> the pixels that an encoder sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, cast, get_args

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from gemel.data.opening import quiet_pillow
from gemel.errors import InputError, RecipeError, did_you_mean

Fit = Literal["stretch", "pad", "crop"]
Background = Literal["keep", "dark"]

_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Preprocessing:
    """What is done to every picture, in training and ever after; kept in the model folder.

    Attributes:
        size: (height, width); one whole number stands for a square.
        channels: 1 (grey) or 3 (colour).
        fit: ``"stretch"`` to the size, ``"pad"`` with the border's own colour, or ``"crop"`` the middle.
        background: ``"keep"``, or ``"dark"``: a picture whose border's median is light is inverted, so that ink is bright
            on dark whatever the scan.
        mean, std: per channel, for pixels in 0 ... 1; one number stands for all channels.

    Raises:
        ValueError: a value is out of range.
    """

    size: tuple[int, int]
    channels: int = 1
    fit: Fit = "stretch"
    background: Background = "keep"
    mean: tuple[float, ...] = (0.5,)
    std: tuple[float, ...] = (0.5,)

    def __post_init__(self) -> None:
        size = (self.size, self.size) if _is_whole(self.size) else tuple(self.size)
        if len(size) != 2 or not all(_is_whole(side) and 1 <= side <= 4096 for side in size):
            raise ValueError(f"size is {self.size!r}; it must be (height, width), each from 1 to 4096")
        if not _is_whole(self.channels) or self.channels not in (1, 3):
            raise ValueError(f"channels is {self.channels!r}; it must be 1 (grey) or 3 (colour)")
        _check_choice("fit", self.fit, get_args(Fit))
        _check_choice("background", self.background, get_args(Background))
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "mean", _per_channel("mean", self.mean, self.channels))
        object.__setattr__(self, "std", _per_channel("std", self.std, self.channels))
        if min(self.std) <= 0:
            raise ValueError(f"std is {self.std}; it must be above 0")

    def pixels(self, image: Image.Image) -> np.ndarray:
        """Return the picture's pixels, uint8 (channels, height, width).

        EXIF orientation is applied, transparency laid over white, 16-bit and float values scaled by their range.

        Raises:
            InputError: the picture has a mode that has no grey or colour meaning.
        """
        with quiet_pillow:
            plain = eight_bit(upright(image)).convert("L" if self.channels == 1 else "RGB")
        if self.background == "dark" and border_median(plain).mean() > 127.5:
            plain = ImageOps.invert(plain)
        fitted = np.asarray(self._fitted(plain))  # (H, W) or (H, W, 3)
        return np.ascontiguousarray(np.atleast_3d(fitted).transpose(2, 0, 1))

    def normalise(self, items: Tensor) -> Tensor:
        """Return ``(x - mean) / std``, x in 0 ... 1: uint8 in 0 ... 255 or floats in 0 ... 1 -> float32 (B, C, H, W)."""
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
        try:
            return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
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
        return ImageOps.exif_transpose(image) if turned else image
    except Exception:  # damaged metadata is no reason to refuse the picture
        return image


def eight_bit(image: Image.Image) -> Image.Image:
    """Return the picture in mode "L" or "RGB": transparency over white, wide values scaled to 0 ... 255.

    Raises:
        InputError: the mode has no grey or colour meaning.
    """
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(scaled_to_bytes(np.asarray(image)))
    try:
        return over_white(image) if image.has_transparency_data else image.convert("RGB")
    except ValueError as error:
        raise InputError(f"pictures of mode {image.mode} cannot be read; save it as RGB or grey") from error


def over_white(image: Image.Image) -> Image.Image:
    """Return the picture laid over white."""
    see_through = image.convert("RGBA")
    white = Image.new("RGBA", see_through.size, "white")
    return Image.alpha_composite(white, see_through).convert("RGB")


def scaled_to_bytes(values: np.ndarray) -> np.ndarray:
    """Return wide values as bytes, scaled by the range that they are plainly of: (H, W) -> uint8 (H, W).

    Floats within 0 ... 1 by 255; floats within 0 ... 255 as they are; anything else within 0 ... 65535 by 255/65535; and
    whatever goes beyond, from its least to its greatest value. What is not a number counts as 0.
    """
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if values.dtype.kind == "f" and low >= 0 and high <= 255:
        low, high = 0.0, 1.0 if high <= 1 else 255.0
    elif low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    finite -= low
    finite *= 255 / (high - low)
    return finite.round(out=finite).astype(np.uint8)


def border_median(image: Image.Image) -> np.ndarray:
    """Return the median of the outermost pixels, per channel: (channels,)."""
    width, height = image.size
    edges = [(0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height)]
    channels = len(image.getbands())
    border = np.concatenate([np.asarray(image.crop(edge)).reshape(-1, channels) for edge in edges])
    return np.asarray(np.median(border, axis=0))


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
    """Return the largest box in the middle of the picture that has the shape of the size: (left, top, right, bottom)."""
    scale = min(image.width / width, image.height / height)
    left, top = (image.width - width * scale) / 2, (image.height - height * scale) / 2
    return (
        max(0.0, left),
        max(0.0, top),
        min(image.width, left + width * scale),
        min(image.height, top + height * scale),
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_choice(what: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{what} is {value!r}.{did_you_mean(str(value), choices)}")


def _per_channel(what: str, values: object, channels: int) -> tuple[float, ...]:
    """Return one finite number a channel."""
    listed = (values,) if isinstance(values, int | float) else tuple(cast(tuple[float, ...], values))
    if len(listed) not in (1, channels) or not all(_is_number(value) for value in listed):
        raise ValueError(
            f"{what} is {values!r}; it must be {channels} number{'s' if channels > 1 else ''}, one a channel"
        )
    return tuple(float(value) for value in listed) * (channels // len(listed))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))
