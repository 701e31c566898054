"""Any loss and miner of pytorch-metric-learning, by its name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from gemel.errors import MissingExtraError, RecipeError, did_you_mean
from gemel.losses.loss import ClassLoss


def metric_learning(room: str) -> ModuleType:
    """Return ``pytorch_metric_learning.<room>``: ``"losses"`` or ``"miners"``.

    Raises:
        MissingExtraError: pytorch-metric-learning is not installed.
    """
    try:
        return importlib.import_module(f"pytorch_metric_learning.{room}")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"The loss 'metric_learning' needs pytorch-metric-learning, and {error.name} is not installed. "
            "Install it with: pip install gemel[metric]"
        ) from error


def plugged(room: str, name: str, options: Mapping[str, Any], **given: Any) -> nn.Module:
    """Build the loss or miner that ``name`` names, with ``options`` and those of ``given`` that its constructor takes.

    Raises:
        MissingExtraError: pytorch-metric-learning is not installed.
        RecipeError: there is no such loss or miner, or its constructor refuses an option.
    """
    module = metric_learning(room)
    kinds = {key: kind for key, kind in vars(module).items() if inspect.isclass(kind) and issubclass(kind, nn.Module)}
    if name not in kinds:
        raise RecipeError(f"pytorch-metric-learning has no '{name}' among its {room}.{did_you_mean(name, kinds)}")
    wanted = {key: value for key, value in given.items() if key in inspect.signature(kinds[name]).parameters}
    try:
        return kinds[name](**{**wanted, **options})
    except (TypeError, ValueError) as error:
        raise RecipeError(f"pytorch-metric-learning's '{name}' cannot be built: {error}") from error


class MetricLearningLoss(ClassLoss):
    """A loss of pytorch-metric-learning on the embeddings and labels of a batch, optionally on what its miner picks.

    Such a loss brings its own distance: most normalise the embeddings, and so go with the cosine similarity.

    Args:
        dimensions: D of the embeddings; given to losses that ask for ``embedding_size``.
        classes: training classes; given to losses that ask for ``num_classes``.
        loss: a name from ``pytorch_metric_learning.losses``.
        miner: a name from ``pytorch_metric_learning.miners``, or None for all pairs or triplets.
        loss_options: further arguments of the loss.
        miner_options: further arguments of the miner.

    Raises:
        MissingExtraError: pytorch-metric-learning is not installed.
        RecipeError: a name or an option is unknown to it.
    """

    def __init__(
        self,
        dimensions: int,
        classes: int,
        loss: str = "MultiSimilarityLoss",
        miner: str | None = None,
        loss_options: Mapping[str, Any] | None = None,
        miner_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.loss = plugged("losses", loss, loss_options or {}, embedding_size=dimensions, num_classes=classes)
        self.miner = plugged("miners", miner, miner_options or {}) if miner else None

    def mean_loss(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        mined = self.miner(embeddings, labels) if self.miner else None
        loss: Tensor = self.loss(embeddings, labels, mined)
        return loss
