"""The training of a small network on pictures."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor
from torch.nn import functional

from gemel.errors import DataError
from gemel.optimisers.problems import Family, Problems
from gemel.randomness import torch_generator


def class_scores(theta: Tensor, images: Tensor, hidden: int, classes: int) -> Tensor:
    """Return ``V sigmoid(U x + u) + v`` of B networks: (B, D), (B, N, P) -> (B, N, classes).

    ``theta`` holds U (P, hidden), u (hidden,), V (hidden, classes) and v (classes,), one after the other.
    """
    pixels = images.shape[-1]
    sizes = [pixels * hidden, hidden, hidden * classes, classes]
    weight, bias, last_weight, last_bias = torch.split(theta, sizes, dim=1)
    between = torch.baddbmm(bias[:, None], images, weight.reshape(-1, pixels, hidden)).sigmoid()  # (B, N, hidden)
    return torch.baddbmm(last_bias[:, None], between, last_weight.reshape(-1, hidden, classes))


class Trainings(Problems):
    """B networks to be trained: the loss at a step is that of each one's own batch there.

    Args:
        family: the pictures, and how large network and batches are.
        start: (B, D).
        seed, path: name the batches.
    """

    def __init__(self, family: SmallNetwork, start: Tensor, seed: int, *path: int | str) -> None:
        self.family, self.start = family, start
        self.seed, self.path = seed, path

    def loss(self, theta: Tensor, step: int) -> Tensor:
        chosen = self.batch(step)
        scores = class_scores(theta, self.family.images[chosen], self.family.hidden, self.family.classes)
        labels = self.family.labels[chosen]  # (B, N)
        return functional.cross_entropy(scores.transpose(1, 2), labels, reduction="none").mean(1)

    def batch(self, step: int) -> Tensor:
        """Return which pictures each network sees at a step: (B, N)."""
        generator = torch_generator(self.seed, "batch", *self.path, step)
        return torch.randint(len(self.family.labels), (len(self), self.family.batch_size), generator=generator)


class SmallNetwork(Family):
    """Cross-entropy of a network with one hidden layer of sigmoid units, on a new batch of pictures at every step.

    Andrychowicz et al. (2016), section 3.2: 20 units, batches of 128, MNIST. Trainings differ in their start and their
    batches. The start is normal; its deviation is that of the code which the authors published.

    Args:
        images: (M, P), pixels in 0 ... 1.
        labels: (M,) in 0 ... classes - 1.
        hidden: units of the hidden layer.
        batch_size: pictures a step.
        deviation: of the start's coordinates.

    Raises:
        DataError: there are fewer than two classes.
        ValueError: a number is out of range.
    """

    def __init__(
        self, images: Tensor, labels: Tensor, hidden: int = 20, batch_size: int = 128, deviation: float = 0.01
    ) -> None:
        if min(hidden, batch_size) < 1 or deviation < 0:
            raise ValueError(
                f"hidden {hidden}, batch_size {batch_size}, deviation {deviation}; 1, 1 and 0 are the least"
            )
        if int(labels.min()) == int(labels.max()):
            raise DataError("A network learns to tell classes apart; pictures of at least 2 are needed.")
        self.images, self.labels = images, labels
        self.hidden, self.batch_size, self.deviation = hidden, batch_size, deviation
        self.classes = int(labels.max()) + 1

    @property
    def dimensions(self) -> int:
        """D: how many weights a network has."""
        return (self.images.shape[1] + 1) * self.hidden + (self.hidden + 1) * self.classes

    def draw(self, count: int, seed: int, *path: int | str) -> Trainings:
        start = torch.randn(count, self.dimensions, generator=torch_generator(seed, "network", *path))
        return Trainings(self, self.deviation * start, seed, *path)

    @property
    def fingerprint(self) -> str:
        content = hashlib.blake2b(self.images.numpy().tobytes() + self.labels.numpy().tobytes(), digest_size=16)
        return (
            f"network, {self.hidden} units, batches of {self.batch_size}, start {self.deviation}, {content.hexdigest()}"
        )
