from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from pytorch_metric_learning import losses, miners

from gemel.errors import MissingExtraError, RecipeError
from gemel.losses import CLASS_LOSSES, MetricLearningLoss
from gemel.randomness import seeded, torch_generator
from gemel.registry import build


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(24, 6, generator=torch_generator(0, "batch")), torch.arange(24) % 5


def test_it_is_the_named_loss_with_its_options() -> None:
    loss = MetricLearningLoss(6, 5, "TripletMarginLoss", loss_options={"margin": 0.3})
    assert torch.equal(loss(*batch()), losses.TripletMarginLoss(margin=0.3)(*batch()))


def test_the_miner_chooses() -> None:
    loss = MetricLearningLoss(6, 5, "TripletMarginLoss", miner="BatchHardMiner")
    embeddings, labels = batch()
    expected = losses.TripletMarginLoss()(embeddings, labels, miners.BatchHardMiner()(embeddings, labels))
    assert torch.equal(loss(embeddings, labels), expected)
    assert expected != losses.TripletMarginLoss()(embeddings, labels)


def test_sizes_are_passed_where_they_are_wanted() -> None:
    with seeded(0):
        loss = MetricLearningLoss(6, 5, "ProxyAnchorLoss")
    assert [tuple(p.shape) for p in loss.parameters()] == [(5, 6)]
    loss(*batch()).backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in loss.parameters())


def test_from_a_recipe() -> None:
    options = {"name": "metric_learning", "loss": "NTXentLoss", "loss_options": {"temperature": 0.2}}
    loss = build("loss", CLASS_LOSSES, options, dimensions=6, classes=5)
    assert torch.equal(loss(*batch()), losses.NTXentLoss(temperature=0.2)(*batch()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"loss": "MultiSimilaritLoss"},
            "pytorch-metric-learning has no 'MultiSimilaritLoss' among its losses. Did you mean 'MultiSimilarityLoss'?",
        ),
        (
            {"miner": "BatchHardMinr"},
            "pytorch-metric-learning has no 'BatchHardMinr' among its miners. Did you mean 'BatchHardMiner'?",
        ),
        (
            {"loss": "TripletMarginLoss", "loss_options": {"marginn": 1}},
            "pytorch-metric-learning's 'TripletMarginLoss' cannot be built: ",
        ),
    ],
)
def test_unknown_names_and_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        MetricLearningLoss(6, 5, **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytorch_metric_learning.losses", None)
    with pytest.raises(MissingExtraError, match=r"Install it with: pip install gemel\[metric\]$"):
        MetricLearningLoss(6, 5)


def test_gemel_does_not_import_it_before_it_is_asked_for() -> None:
    program = "import sys, gemel.losses; print('pytorch_metric_learning' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
