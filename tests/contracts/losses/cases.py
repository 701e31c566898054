"""The registered losses with their options, and rows and numbers to try them on."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gemel.losses import (
    CLASS_LOSSES,
    EPISODE_LOSSES,
    PAIR_LOSSES,
    REGRESSION_LOSSES,
    TRIPLET_LOSSES,
)
from gemel.randomness import seeded, torch_generator
from gemel.registry import build

DIMENSIONS, CLASSES = 12, 5
Case = tuple[str, dict[str, Any]]

PAIR_CASES: list[Case] = [
    *[("contrastive", {"form": form, "margin": 0.8}) for form in ("hadsell", "caffe", "plain")],
    ("binary_cross_entropy", {}),
    ("binary_cross_entropy", {"scale": 10.0, "bias": -5.0, "learned": True}),
    ("hinge", {}),
]
TRIPLET_CASES: list[Case] = [("triplet", {"form": form}) for form in ("plain", "squared", "ratio", "soft")]
CLASS_CASES: list[Case] = [
    ("softmax", {}),
    ("margin_softmax", {"form": "cosface"}),
    ("margin_softmax", {"form": "arcface", "margin": 0.5}),
    ("center", {"weight": 0.5}),
    ("supervised_contrastive", {"temperature": 0.5}),
    ("metric_learning", {}),
    ("metric_learning", {"loss": "ProxyAnchorLoss"}),
    ("metric_learning", {"loss": "TripletMarginLoss", "miner": "BatchHardMiner"}),
]
EPISODE_CASES: list[Case] = [("cross_entropy", {}), ("mean_squared_error", {})]
REGRESSION_CASES: list[Case] = [("squared_error", {})]
CASES = (
    (PAIR_CASES, PAIR_LOSSES),
    (TRIPLET_CASES, TRIPLET_LOSSES),
    (CLASS_CASES, CLASS_LOSSES),
    (EPISODE_CASES, EPISODE_LOSSES),
    (REGRESSION_CASES, REGRESSION_LOSSES),
)


def named(cases: list[Case]) -> list[str]:
    return ["-".join([name, *map(str, options.values())]) for name, options in cases]


def made(what: str, registry: dict[str, type[Any]], case: Case) -> Any:
    name, options = case
    with seeded(1, "losses"):
        return build(what, registry, {"name": name, **options}, dimensions=DIMENSIONS, classes=CLASSES)


def rows(count: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(count, DIMENSIONS, generator=torch_generator(seed, "rows"))


def numbers(count: int, below: int, seed: int = 0) -> Tensor:
    return torch.randint(below, (count,), generator=torch_generator(seed, "numbers"))
