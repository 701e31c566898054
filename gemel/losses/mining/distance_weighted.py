"""Negatives drawn evenly over the distances."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gemel.errors import RecipeError
from gemel.losses.mining.miner import Mined, Miner, positive_pairs


def log_density(distances: Tensor, dimensions: int) -> Tensor:
    """Return ``log q(d)``, up to a constant, of the distance d in (0, 2) between random points of the unit sphere.

    ``q(d) = d^(n - 2) (1 - d^2 / 4)^((n - 3) / 2)`` for n dimensions: most pairs lie near ``sqrt(2)``.
    """
    return (dimensions - 2) * distances.log() + (dimensions - 3) / 2 * (1 - distances.square() / 4).log()


class DistanceWeighted(Miner):
    """Each anchor and positive with a negative drawn with probability in proportion to ``1 / q(max(d, cutoff))``.

    Wu et al. 2017, "Sampling matters": negatives come evenly from all distances, where an even draw would bring almost
    none but the far ones. As in the authors' code, negatives beyond ``farthest`` are not drawn, unless there are no
    others: then all are equally likely.

    Args:
        dimensions: D of the embeddings.
        cutoff: distances below it count as it, so that noise is not drawn for ever.
        farthest: beyond it a negative is of no use; below 2.
        distance: what the distances are: ``"euclidean"``, of embeddings of unit length, or ``"cosine"``, where
            ``1 - cosine`` is half their square.

    Raises:
        RecipeError: a distance is above 2, so that the embeddings are not of unit length.
    """

    def __init__(
        self, dimensions: int, cutoff: float = 0.5, farthest: float = 1.4, distance: str = "euclidean"
    ) -> None:
        if not 0 < cutoff <= farthest < 2:
            raise ValueError(f"cutoff is {cutoff} and farthest {farthest}; it must be 0 < cutoff <= farthest < 2")
        if distance not in ("euclidean", "cosine"):
            raise ValueError(f"distance is '{distance}'; it must be 'euclidean' or 'cosine'")
        self.dimensions = dimensions
        self.cutoff = cutoff
        self.farthest = farthest
        self.distance = distance

    def __call__(self, distances: Tensor, labels: Tensor, generator: torch.Generator) -> Mined:
        anchor, positive, negatives = positive_pairs(labels)
        if len(anchor) == 0:
            return anchor, positive, anchor
        weights = self.weights(self.on_sphere(distances)[anchor], negatives)  # (T, B)
        draws = torch.rand(len(anchor), 1, generator=generator).to(weights)  # on the CPU: the same on every device
        cumulative = weights.cumsum(1)
        negative = torch.searchsorted(cumulative, draws * cumulative[:, -1:], right=True)
        return anchor, positive, negative[:, 0]

    def on_sphere(self, distances: Tensor) -> Tensor:
        """Return the Euclidean distances of the unit vectors, in double precision: (B, B) -> (B, B)."""
        distances = distances.detach().double()
        if distances.max() > 2.001:
            raise RecipeError(
                f"Distance-weighted mining got a distance of {float(distances.max()):.3g}; between embeddings of unit "
                "length none is above 2. Take the cosine similarity, with distance: cosine, or another miner."
            )
        return (2 * distances).sqrt() if self.distance == "cosine" else distances

    def weights(self, distances: Tensor, negatives: Tensor) -> Tensor:
        """Return each item's weight as an anchor's negative, at most 1: (T, B), (T, B) -> (T, B)."""
        allowed = negatives & (distances <= self.farthest)
        rarity = -log_density(distances.clamp(self.cutoff, self.farthest), self.dimensions)
        rarity = rarity.masked_fill(~allowed, -math.inf)
        highest = rarity.amax(1, keepdim=True)
        drawn = (rarity - highest.masked_fill(highest.isinf(), 0)).exp()
        return torch.where(allowed.any(1, keepdim=True), drawn, negatives.to(drawn))
