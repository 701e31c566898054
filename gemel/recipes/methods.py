"""What a method's name stands for in a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gemel.errors import RecipeError, did_you_mean

#: Such as small folders can fill.
EPISODES = {"name": "episodes", "ways": 5, "shots": 1, "queries": 4}

#: Several of them, for what learns to learn.
TASKS = {"name": "tasks", "tasks": 8, "ways": 5, "shots": 1, "queries": 4}

#: What is watched of a method that adapts anew in every episode.
WATCHED = {"ways": 5, "queries": 5, "episodes": 200}


def adaptive(name: str = "maml", **options: Any) -> dict[str, Any]:
    """Return the sections of a learner that changes its network for a support set."""
    return {
        "similarity": {"name": "cosine"},
        "learner": {"name": name, "ways": 5, **options},
        "sampler": TASKS,
        "loss": {"name": "cross_entropy"},
        "validation": WATCHED,
    }


#: Name -> the sections of a recipe that make the method, whatever the data. A relation network compares maps.
METHODS: dict[str, dict[str, Any]] = {
    "siamese": {
        "similarity": {"name": "weighted_l1"},
        "learner": {"name": "siamese", "active_only": True},
        "loss": {"name": "binary_cross_entropy"},
    },
    "contrastive": {
        "similarity": {"name": "euclidean"},
        "learner": {"name": "siamese", "active_only": True},
        "loss": {"name": "contrastive", "margin": 2.0},
    },
    "triplet": {"similarity": {"name": "euclidean"}, "learner": {"name": "triplet"}, "loss": {"name": "triplet"}},
    "prototypical": {
        "similarity": {"name": "squared_euclidean"},
        "learner": {"name": "episodic"},
        "sampler": EPISODES,
        "loss": {"name": "cross_entropy"},
    },
    "matching": {
        "similarity": {"name": "cosine"},
        "learner": {"name": "matching", "scale": 20.0},
        "sampler": EPISODES,
        "loss": {"name": "cross_entropy"},
    },
    "relation": {
        "encoder": {"name": "conv4", "halvings": 2, "pool": 7},
        "similarity": {"name": "relation", "side": 7},
        "learner": {"name": "episodic"},
        "sampler": EPISODES,
        "loss": {"name": "mean_squared_error"},
    },
    "feat": {
        "similarity": {"name": "squared_euclidean"},
        "learner": {"name": "feat"},
        "sampler": EPISODES,
        "loss": {"name": "cross_entropy"},
    },
    "snail": {
        "similarity": {"name": "euclidean"},
        "learner": {"name": "snail", "ways": 5, "shots": 1},
        "sampler": TASKS,
        "loss": {"name": "cross_entropy"},
        "validation": {"ways": 5},
    },
    "mann": {
        "similarity": {"name": "euclidean"},
        "learner": {"name": "mann", "ways": 5, "scale": 10.0},
        "sampler": TASKS,
        "loss": {"name": "cross_entropy"},
        "validation": {"ways": 5},
    },
    "maml": adaptive(),
    "fomaml": adaptive(order=1),
    "anil": adaptive(adapts="head", steps=5, rate=0.1),
    "boil": adaptive(adapts="body"),
    "meta_sgd": adaptive(rule="per_number", rate=0.1),
    "maml++": adaptive(
        rule="per_step", steps=5, rate=0.1, multi_step=1000, first_order_steps=600, batch_norm="per_step"
    ),
    "lstm_meta_learner": adaptive(rule="lstm", order=1, steps=5, rate=0.05),
    "imaml": adaptive("imaml"),
    "reptile": {**adaptive("reptile"), "sampler": {**TASKS, "shots": 3, "queries": 1}},
    "baseline": {
        "similarity": {"name": "cosine"},
        "learner": {"name": "baseline", "head": "linear"},
        "loss": {"name": "softmax"},
    },
    "baseline++": {
        "similarity": {"name": "cosine"},
        "learner": {"name": "baseline", "head": "cosine"},
        "loss": {"name": "margin_softmax", "margin": 0.0},
    },
    "simpleshot": {
        "similarity": {"name": "euclidean"},
        "learner": {"name": "simpleshot"},
        "loss": {"name": "softmax"},
    },
    "whitened": {
        "similarity": {"name": "cosine"},
        "learner": {"name": "whitened"},
        "loss": {"name": "margin_softmax"},
    },
    "transductive": {
        "similarity": {"name": "cosine"},
        "learner": {"name": "transductive"},
        "loss": {"name": "margin_softmax"},
    },
    "margin_softmax": {
        "similarity": {"name": "cosine"},
        "learner": {"name": "classification"},
        "loss": {"name": "margin_softmax"},
    },
    "supervised_contrastive": {
        "similarity": {"name": "cosine"},
        "learner": {"name": "classification"},
        "loss": {"name": "supervised_contrastive"},
        "sampler": {"name": "class_items"},
    },
}

#: What a method decides, so that nothing of another method stays.
DECIDED = ("similarity", "learner", "loss", "miner", "sampler")


def with_method(values: Mapping[str, Any], method: object) -> dict[str, Any]:
    """Return a recipe's sections with the method's in the place of what another method had.

    Raises:
        RecipeError: there is no such method.
    """
    if method not in METHODS:
        raise RecipeError(f"Unknown method '{method}'.{did_you_mean(str(method), METHODS)}")
    kept = {name: section for name, section in values.items() if name not in DECIDED}
    return {**kept, **METHODS[str(method)]}
