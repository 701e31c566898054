"""Triplets found by looping over every item of a batch."""

from __future__ import annotations

from collections.abc import Sequence

Distances = Sequence[Sequence[float]]
Found = list[tuple[int, int, int]]


def all_triplets(labels: Sequence[int]) -> Found:
    found = []
    for a in range(len(labels)):
        for p in range(len(labels)):
            for n in range(len(labels)):
                if a != p and labels[a] == labels[p] and labels[a] != labels[n]:
                    found.append((a, p, n))
    return found


def hard(distances: Distances, labels: Sequence[int]) -> Found:
    found = []
    for a in range(len(labels)):
        positives = sorted({p for i, p, _ in all_triplets(labels) if i == a})
        negatives = sorted({n for i, _, n in all_triplets(labels) if i == a})
        if positives and negatives:
            farthest = max(positives, key=lambda p: distances[a][p])
            nearest = min(negatives, key=lambda n: distances[a][n])
            found.append((a, farthest, nearest))
    return found


def semi_hard(distances: Distances, labels: Sequence[int]) -> Found:
    found = []
    for a, p in sorted({(a, p) for a, p, _ in all_triplets(labels)}):
        negatives = [n for n in range(len(labels)) if labels[n] != labels[a]]
        farther = [n for n in negatives if distances[a][n] > distances[a][p]]
        if farther:
            found.append((a, p, min(farther, key=lambda n: distances[a][n])))
        else:
            found.append((a, p, max(negatives, key=lambda n: distances[a][n])))
    return found


def distance_weights(distances: Sequence[float], dimensions: int, cutoff: float, farthest: float) -> list[float]:
    """The chance of each negative at ``distances`` from the anchor (Wu et al. 2017, section 4)."""
    weights = []
    for distance in distances:
        d = max(distance, cutoff)
        density = d ** (dimensions - 2) * (1 - d**2 / 4) ** ((dimensions - 3) / 2)
        weights.append(0 if distance > farthest else 1 / density)
    if not any(weights):
        weights = [1 for _ in distances]
    return [weight / sum(weights) for weight in weights]
