from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gemel.batches import Tasks
from gemel.data.sinusoids import SinusoidFeed
from gemel.data.task_mixing import mixed_tasks
from gemel.errors import RecipeError
from gemel.randomness import numpy_generator
from gemel.training.mixed_feed import MixedFeed, mixing
from tests.training.tiny import prepared_glyphs, tiny, trainer_in

TASKS = ("preprocessing.size=20", "encoder={name: conv4, filters: 4}", "method=maml", "learner.ways=3")
SAMPLER = "sampler={name: tasks, tasks: 3, ways: 3, queries: 1}"


def same(first: Tasks, second: Tasks) -> bool:
    mine, its = ([*tasks.parts(), *(one.query.labels for one in tasks.episodes)] for tasks in (first, second))
    return all(torch.equal(a, b) for a, b in zip(mine, its, strict=True))


def test_sinusoids_are_mixed_by_seed_and_step_alone() -> None:
    plain = SinusoidFeed(5, torch.device("cpu"), tasks=4)
    feed = mixing(plain, 0.5, 5)
    assert isinstance(feed, MixedFeed)
    expected = mixed_tasks(plain.batch(7), 0.5, numpy_generator(5, "mixing", 7))
    feed.batch(3)
    assert same(feed.batch(7), expected)
    assert not same(feed.batch(7), feed.batch(8))
    assert not same(feed.batch(7), mixing(plain, 0.5, 6).batch(7))  # type: ignore[arg-type]
    assert mixing(plain, 0.0, 5) is plain


def test_a_training_mixes_where_its_recipe_says_so(tmp_path: Path) -> None:
    prepared = prepared_glyphs()
    plain, feed = (
        trainer_in(tmp_path, prepared, tiny(*TASKS, SAMPLER, *more)).feed for more in ((), ("data.mixing=2",))
    )
    first = plain.batch(4)
    assert isinstance(first, Tasks)
    assert same(feed.batch(4), mixed_tasks(first, 2.0, numpy_generator(0, "mixing", 4)))  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [(*TASKS, SAMPLER.replace("tasks: 3", "tasks: 1")), ("method=prototypical",), ()])
def test_without_several_tasks_there_is_nothing_to_mix(more: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="mixes the tasks of a batch, and there is one or none"):
        trainer_in(tmp_path, prepared_glyphs(), tiny("sampler.batch_size=4", *more, "data.mixing=1"))


def test_mirrored_classes_are_trained_on_and_no_class_is_its_own_mirror_image(tmp_path: Path) -> None:
    prepared = prepared_glyphs()
    feed = trainer_in(tmp_path, prepared, tiny("data.rotations=true", "data.flips=true")).feed
    assert len(feed.data.classes) == 8 * len(prepared.train.classes)  # type: ignore[attr-defined]
    with pytest.raises(RecipeError, match="makes mirror images other classes, and augmentation"):
        trainer_in(tmp_path, prepared, tiny("data.flips=true", "augmentation.flip=0.5"))
