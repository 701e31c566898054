from __future__ import annotations

import numpy as np
import pytest
import torch

from gemel.assembly import assemble, sampler_of
from gemel.data.augmentation import Augmentation
from gemel.data.samplers import ClassItems, Items, RandomPairs
from gemel.encoders import ENCODERS
from gemel.errors import RecipeError
from gemel.recipes import Recipe, packaged_recipes
from gemel.workflows.feeding import augmentation_of

LABELS = np.repeat(np.arange(6), 5)


@pytest.mark.parametrize("name", packaged_recipes())
def test_every_packaged_recipe_reads_and_assembles(name: str) -> None:
    recipe = Recipe.read(packaged_recipes()[name])
    assert recipe.name == name
    assert recipe.description.endswith(".")
    channels = recipe.preprocessing.channels or 1
    learner = assemble(recipe, channels, classes=6).eval()
    size = recipe.preprocessing.size or ENCODERS[recipe.encoder["name"]].input_size
    with torch.no_grad():
        assert learner.embed(torch.zeros(1, channels, *size)).shape == (1, learner.encoder.dimensions)
    assert isinstance(augmentation_of(recipe), Augmentation)
    sampler_of(recipe, np.repeat(np.arange(60), 20)).batch(0)


def test_the_first_weights_are_the_seed_s_alone() -> None:
    torch.manual_seed(1)
    first = assemble(Recipe.of({}, ["encoder.widths=[8]"]), 1, 5).state_dict()
    torch.manual_seed(2)
    second = assemble(Recipe.of({}, ["encoder.widths=[8]"]), 1, 5).state_dict()
    other = assemble(Recipe.of({}, ["encoder.widths=[8]", "training.seed=1"]), 1, 5).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["encoder.head.weight"], other["encoder.head.weight"])


def test_the_sampler_is_the_learner_s_unless_the_recipe_names_one() -> None:
    assert isinstance(sampler_of(Recipe(), LABELS), Items)
    siamese = ["learner=siamese", "loss=contrastive"]
    assert isinstance(sampler_of(Recipe.of({}, siamese), LABELS), ClassItems)
    assert isinstance(sampler_of(Recipe.of({}, [*siamese, "sampler=pairs"]), LABELS), RandomPairs)
    sampler = sampler_of(Recipe.of({}, ["sampler.batch_size=3"]), LABELS)
    assert isinstance(sampler, Items)
    assert sampler.batch_size == 3


def test_the_distance_weighted_miner_knows_the_dimensions() -> None:
    recipe = Recipe.of({}, ["learner=triplet", "loss=triplet", "miner=distance_weighted", "encoder.dimensions=24"])
    assert assemble(recipe, 1, 5).miner.dimensions == 24


REFUSED = {
    "encoder=resnet": "Unknown encoder 'resnet'. Did you mean 'resnet12'?",
    "encoder.dimensionz=3": "Unknown option 'dimensionz' of encoder 'residual'. Did you mean 'dimensions'?",
    "encoder.channels=3": "Unknown option 'channels' of encoder 'residual'. Known: dimensions, dropout, norm, "
    "pool, stem_stride, widths.",
    "encoder.dimensions=abc": "Option 'dimensions' of encoder 'residual' is 'abc'; a whole number is expected.",
    "encoder.dimensions=-5": "encoder 'residual': dimensions is -5; it must be 1 or more",
    "encoder.widths=[]": "encoder 'residual': widths is []; it must be one whole number or more, each 1 or more",
    "similarity=cosinus": "Unknown similarity 'cosinus'. Did you mean 'cosine'?",
    "similarity={name: weighted_l1, activation: 1}": "Option 'activation' of similarity 'weighted_l1' is 1; true or "
    "false is expected.",
    "miner=foo": "Unknown miner 'foo'. Known: all, distance_weighted, hard, semi_hard.",
    "loss.form=x": "loss 'margin_softmax': form is 'x'; it must be 'cosface' or 'arcface'",
    "loss.margin=true": "Option 'margin' of loss 'margin_softmax' is True; a number is expected.",
    "loss=triplet": "Learner 'classification' does not descend loss 'triplet'; set loss to softmax or margin_softmax "
    "or center or supervised_contrastive or metric_learning.",
    "learner=siamese": "Learner 'siamese' does not descend loss 'margin_softmax'; set loss to contrastive or "
    "binary_cross_entropy or hinge.",
    "learner={active_only: true}": "Unknown learner ''. Known: baseline, classification, episodic, feat, "
    "imaml, maml, mann, matching, reptile, siamese, simpleshot, snail, transductive, triplet, whitened.",
}


@pytest.mark.parametrize("override", REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(override: str) -> None:
    with pytest.raises(RecipeError) as error:
        assemble(Recipe.of({}, [override]), 1, 5)
    assert str(error.value) == REFUSED[override]


REFUSED_SAMPLERS = {
    "sampler=foo": "Unknown sampler 'foo'. Known: class_items, episodes, items, pairs, tasks, triplets.",
    "sampler.batch_sise=3": "Unknown option 'batch_sise' of sampler 'items'. Did you mean 'batch_size'?",
    "sampler.batch_size=0": "sampler 'items': batch_size is 0; it must be 1 or more",
    "sampler=pairs": "Learner 'classification' does not take the batches of sampler 'pairs'; set sampler to 'items', "
    "or leave it out.",
}


@pytest.mark.parametrize("override", REFUSED_SAMPLERS)
def test_a_sampler_that_does_not_fit_is_refused_in_one_line(override: str) -> None:
    with pytest.raises(RecipeError) as error:
        sampler_of(Recipe.of({}, [override]), LABELS)
    assert str(error.value) == REFUSED_SAMPLERS[override]


def test_augmentation_is_checked() -> None:
    assert augmentation_of(Recipe.of({}, ["augmentation.rotate=5"])).rotate == 5
    refusals = {
        "augmentation.rotat=5": "Unknown option 'rotat' of augmentation. Did you mean 'rotate'?",
        "augmentation.rotate=500": "augmentation: rotate is 500; it must be in [0, 180]",
    }
    for override, message in refusals.items():
        with pytest.raises(RecipeError) as error:
            augmentation_of(Recipe.of({}, [override]))
        assert str(error.value) == message
