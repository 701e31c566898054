"""The packaged episodic recipes, small enough to train for two steps."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gemel.batches import Episode
from gemel.recipes import Recipe, packaged_recipes
from tests.training.tiny import prepared_glyphs, trainer_in

SMALL = (
    "encoder.filters=8",
    "sampler.ways=4",
    "sampler.queries=2",
    "training.steps=2",
    "training.precision=float32",
    "training.device=cpu",
    "training.threads=1",
    "validation.episodes=20",
)


@pytest.mark.parametrize(
    ("name", "override"),
    [
        ("prototypical", "training.seed=0"),
        ("matching", "learner.context=none"),
        ("matching", "learner.context=full"),
        ("relation", "training.precision=bf16"),
    ],
)
def test_two_steps_train(name: str, override: str, tmp_path: Path) -> None:
    recipe = Recipe.read(packaged_recipes()[name], [*SMALL, override])
    assert recipe.data.split_file == "omniglot/vinyals_split.json"
    trainer = trainer_in(tmp_path, prepared_glyphs(), recipe)
    batch = trainer.feed.batch(0)
    assert isinstance(batch, Episode)
    assert (len(batch.support.items), len(batch.query.items)) == (4, 8)
    before = {key: value.clone() for key, value in trainer.learner.state_dict().items()}
    history = trainer.train()
    assert history[-1].step == 2
    assert set(history[-1].metrics) == {"accuracy"}
    moved = [not torch.equal(value, before[key]) for key, value in trainer.learner.named_parameters()]
    assert all(moved)
