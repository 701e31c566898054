"""Several pictures in one pass of the encoder, each embedded as if it were alone.

A convolution works out each picture by itself, whatever the batch; a matrix product does not: its last digits depend
on how many rows it has. So each picture's rows are multiplied by themselves, and the rest runs in one batch. Whether
that is enough for an encoder on this machine is not argued but tried: ``sizes_that_agree``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from gemel.embedding import embed_pixels
from gemel.model import Model
from gemel.randomness import torch_generator

#: The batches that are tried, the largest first.
SIZES = (16, 8, 4, 2)

#: How often each is timed, and how much more than the quickest a larger one may take a picture.
ROUNDS, TOLERANCE = 1, 0.05


class ApartInProducts(TorchFunctionMode):
    """Inside, a linear layer multiplies the rows of each of ``items`` pictures by themselves.

    Rows are ordered as ``embed_pixels`` lays them out: all pictures' first view, then their second, ...
    """

    def __init__(self, items: int) -> None:
        super().__init__()
        self.items = items

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if function is not functional.linear or len(args[0]) % self.items:
            return function(*args, **(kwargs or {}))
        rows, *rest = args  # (V B, ..., F)
        apart = rows.unflatten(0, (-1, self.items)).transpose(0, 1).contiguous()  # (B, V, ..., F)
        products = [function(one, *rest, **(kwargs or {})) for one in apart]
        return torch.stack(products, 1).flatten(0, 1)


def embed_together(model: Model, pixels: Tensor) -> Tensor:
    """Return the embeddings of prepared pictures, in one pass: uint8 (B, C, H, W) -> (B, D)."""
    with ApartInProducts(len(pixels)):
        return embed_pixels(model.learner, model.preprocessing, pixels, *model.recipe.validation.seen).clone()


def sizes_that_agree(model: Model, sizes: Iterable[int] = SIZES) -> tuple[int, ...]:
    """Return the batch sizes at which every place gives, to the bit, what a picture gives alone; the largest first.

    Which operations an encoder runs depends on the batch's size and not on what is on the pictures, so that noise
    tells. Where a size fails (PyTorch convolves a single small picture by another method, say), it is not used.
    """
    tried = sorted(sizes, reverse=True)
    if not tried:
        return ()
    shape = (tried[0], model.preprocessing.channels, *model.preprocessing.size)
    noise = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch_generator(0, "alone or together"))
    alone = torch.cat([embed_together(model, one[None]) for one in noise])
    return tuple(size for size in tried if torch.equal(embed_together(model, noise[:size]), alone[:size]))


def quick_sizes(model: Model, sizes: Iterable[int]) -> tuple[int, ...]:
    """Return the sizes up to the one beyond which a picture takes longer, the largest first.

    A larger batch asks less of Python a picture, and more of the processor's cache. It is the processor's time that is
    measured, which other work on the machine disturbs least.
    """
    tried = tuple(sizes)
    times = {size: float("inf") for size in tried}
    for _ in range(ROUNDS):
        for size in tried:
            times[size] = min(times[size], seconds_a_picture(model, size))
    return up_to_the_quickest(times)


def seconds_a_picture(model: Model, size: int) -> float:
    """Return the processor's seconds for a picture of a batch."""
    pixels = torch.zeros(size, model.preprocessing.channels, *model.preprocessing.size, dtype=torch.uint8)
    start = time.process_time()
    embed_together(model, pixels)
    return (time.process_time() - start) / size


def up_to_the_quickest(times: Mapping[int, float]) -> tuple[int, ...]:
    """Return the sizes, the largest first, from the largest on that takes as long as the quickest, or little more."""
    most = (1 + TOLERANCE) * min(times.values(), default=0.0)
    largest = max((size for size, seconds in times.items() if seconds <= most), default=0)
    return tuple(sorted((size for size in times if size <= largest), reverse=True))
