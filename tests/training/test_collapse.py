from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gemel.randomness import torch_generator
from gemel.training.collapse import embedding_spread, warnings_for
from gemel.workflows.preparing import Prepared
from tests.training.test_trainer import RECIPES, Watching
from tests.training.tiny import prepared_glyphs, tiny, trainer_in

ROWS = torch.randn(200, 16, generator=torch_generator(0, "rows"))


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepared_glyphs()


def test_spread_is_one_less_the_squared_mean_direction() -> None:
    unit = ROWS / ROWS.norm(dim=1, keepdim=True)
    assert embedding_spread(ROWS) == pytest.approx(1 - float(unit.mean(0).norm() ** 2), abs=1e-6)
    assert embedding_spread(ROWS[:1].expand(9, -1)) == pytest.approx(0, abs=1e-6)
    assert embedding_spread(torch.stack([ROWS[0], -ROWS[0]])) == pytest.approx(1)
    assert embedding_spread(7 * ROWS) == pytest.approx(embedding_spread(ROWS))


def test_healthy_embeddings_and_figures_give_no_warning() -> None:
    assert warnings_for(ROWS, {}) == []
    assert warnings_for(ROWS, {"active": 0.5, "spread": 0.3}) == []


@pytest.mark.parametrize(
    ("embeddings", "metrics", "start"),
    [
        (ROWS[:1].expand(50, -1), {}, "The embeddings have nearly collapsed to one direction"),
        (ROWS[:1] + 0.01 * ROWS, {}, "The embeddings have nearly collapsed to one direction"),
        (ROWS, {"active": 0.001}, "Less than 1 % of the pairs or triplets still teach anything."),
        (ROWS, {"spread": 0.0}, "All pairs get nearly the same score: the prediction is constant."),
        (torch.full((5, 3), torch.nan), {"spread": 0.0}, "The embeddings are not finite."),
    ],
)
def test_each_ill_has_its_warning_with_advice(embeddings: torch.Tensor, metrics: dict[str, float], start: str) -> None:
    (found,) = warnings_for(embeddings, metrics)
    assert found.startswith(start)
    assert "training.learning_rate" in found or "loss.margin" in found


@pytest.mark.parametrize("name", ["plain", "siamese", "koch", "drawing", "center"])
def test_a_training_that_goes_well_warns_of_nothing(name: str, prepared: Prepared, tmp_path: Path) -> None:
    reporter = Watching()
    recipe = tiny(*RECIPES[name], "training.steps=40", "training.validate_every=20")
    trainer_in(tmp_path, prepared, recipe, reporter).train()
    assert reporter.said == []


@pytest.mark.parametrize("name", ["plain", "siamese"])
def test_an_encoder_that_gives_one_answer_is_told_of(name: str, prepared: Prepared, tmp_path: Path) -> None:
    reporter = Watching()
    recipe = tiny(*RECIPES[name], "training.steps=10", "training.validate_every=5", "training.learning_rate=1e-9")
    trainer = trainer_in(tmp_path, prepared, recipe, reporter)
    for module in (trainer.learner, trainer.average):
        torch.nn.init.zeros_(module.encoder.head.weight)
        torch.nn.init.ones_(module.encoder.head.bias)
    trainer.train()
    assert [text for text in reporter.said if "collapsed to one direction" in text]
    assert [text for text in reporter.said if "the prediction is constant" in text] or name == "plain"
