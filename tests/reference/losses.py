"""Losses as the papers write them, one pair, triplet or item at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.reference.similarities import Vector, cosine


def contrastive(distance: float, same: int, margin: float, form: str) -> float:
    if form == "hadsell":
        y = 1 - same  # the paper's Y: 0 where the pair is similar
        return (1 - y) * distance**2 / 2 + y * max(0, margin - distance) ** 2 / 2
    if form == "caffe":
        return distance**2 / 2 if same else max(0, margin - distance**2) / 2
    return distance**2 if same else max(0, margin - distance) ** 2


def binary_cross_entropy(score: float, same: int, scale: float = 1, bias: float = 0) -> float:
    probability = 1 / (1 + math.exp(-(scale * score + bias)))
    return -math.log(probability if same else 1 - probability)


def triplet(positive: float, negative: float, margin: float, form: str) -> float:
    if form == "plain":
        return max(0, positive - negative + margin)
    if form == "squared":
        return max(0, positive**2 - negative**2 + margin)
    if form == "soft":
        return math.log(1 + math.exp(positive - negative))
    return (math.exp(positive) / (math.exp(positive) + math.exp(negative))) ** 2


def cross_entropy(logits: Vector, label: int) -> float:
    return math.log(sum(math.exp(logit) for logit in logits)) - logits[label]


def linear(x: Vector, weight: Sequence[Vector], bias: Vector) -> list[float]:
    return [sum(p * q for p, q in zip(x, row, strict=True)) + b for row, b in zip(weight, bias, strict=True)]


def margin_softmax(x: Vector, label: int, weight: Sequence[Vector], form: str, margin: float, scale: float) -> float:
    logits = []
    for number, row in enumerate(weight):
        angle = math.acos(cosine(x, row))
        if number != label:
            logits.append(scale * math.cos(angle))
        elif form == "cosface":
            logits.append(scale * (math.cos(angle) - margin))
        elif angle + margin < math.pi:
            logits.append(scale * math.cos(angle + margin))
        else:
            logits.append(scale * (math.cos(angle) - margin * math.sin(margin)))
    return cross_entropy(logits, label)


def moved_center(center: Vector, members: Sequence[Vector], alpha: float) -> list[float]:
    """Wen et al. 2016, eq. 4, for one class and its members in the batch."""
    moved = []
    for axis, value in enumerate(center):
        delta = sum(value - member[axis] for member in members) / (1 + len(members))
        moved.append(value - alpha * delta)
    return moved


def supervised_contrastive(embeddings: Sequence[Vector], labels: Sequence[int], temperature: float) -> float:
    """Khosla et al. 2020, eq. 2, mean over the anchors that have a positive."""
    costs = []
    for a, anchor in enumerate(embeddings):
        scores = [math.exp(cosine(anchor, other) / temperature) for other in embeddings]
        others = sum(score for k, score in enumerate(scores) if k != a)
        positives = [p for p in range(len(labels)) if p != a and labels[p] == labels[a]]
        if positives:
            costs.append(-sum(math.log(scores[p] / others) for p in positives) / len(positives))
    return sum(costs) / len(costs)


def mean_squared_error(scores: Sequence[Vector], truth: Sequence[int]) -> float:
    squares = [(s - (c == y)) ** 2 for row, y in zip(scores, truth, strict=True) for c, s in enumerate(row)]
    return sum(squares) / len(squares)
