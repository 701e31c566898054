"""What every registered sampler promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from gemel.batches import Batch, Episode, Labelled, Pairs, Tasks, Triplets
from gemel.data.samplers import SAMPLERS, ClassItems, Episodes, Items, RandomPairs, RandomTasks, RandomTriplets, Sampler
from gemel.errors import DataError
from gemel.randomness import numpy_generator

#: Items of each class, in no order: two of a single item, one of them the last.
SIZES = np.array([6, 1, 9, 4, 5, 30, 4, 1])
LABELS = numpy_generator(0, "labels").permutation(np.repeat(np.arange(len(SIZES)), SIZES))
SINGLE = np.flatnonzero(SIZES == 1)

SMALL: dict[str, Callable[[np.ndarray, int], Sampler]] = {
    "items": lambda labels, seed: Items(labels, seed, batch_size=7),
    "class_items": lambda labels, seed: ClassItems(labels, seed, classes=3, items=3),
    "pairs": lambda labels, seed: RandomPairs(labels, seed, pairs=6),
    "triplets": lambda labels, seed: RandomTriplets(labels, seed, triplets=5),
    "episodes": lambda labels, seed: Episodes(labels, seed, ways=3, shots=1, queries=2),
    "tasks": lambda labels, seed: RandomTasks(labels, seed, tasks=2, ways=3, shots=1, queries=2),
}


@pytest.fixture(params=SAMPLERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_registered_sampler_is_tried() -> None:
    assert SMALL.keys() == SAMPLERS.keys()


def tensors(batch: Batch) -> list[Tensor]:
    """Return everything that a batch says: its items, then its labels."""
    match batch:
        case Labelled():
            return [batch.items, batch.labels]
        case Pairs():
            return [batch.left, batch.right, batch.same]
        case Triplets():
            return [batch.anchor, batch.positive, batch.negative]
        case Episode():
            return [*tensors(batch.support), *tensors(batch.query)]
        case Tasks():
            return [tensor for episode in batch.episodes for tensor in tensors(episode)]
    raise AssertionError(type(batch))


def equal(a: Batch, b: Batch) -> bool:
    return all(torch.equal(x, y) for x, y in zip(tensors(a), tensors(b), strict=True))


def items_of(batch: Batch) -> np.ndarray:
    return torch.cat(batch.parts()).numpy()


def test_a_batch_is_of_its_seed_and_step_alone(name: str) -> None:
    forward, backward = SMALL[name](LABELS, 3), SMALL[name](LABELS, 3)
    there = [forward.batch(step) for step in range(20)]
    back = [backward.batch(step) for step in reversed(range(20))][::-1]
    assert all(equal(a, b) for a, b in zip(there, back, strict=True))
    assert not equal(there[0], there[1])


def test_another_seed_gives_other_batches(name: str) -> None:
    first, second = SMALL[name](LABELS, 3), SMALL[name](LABELS, 4)
    assert not any(equal(first.batch(step), second.batch(step)) for step in range(10))


def test_batches_do_not_touch_global_generators(name: str) -> None:
    before, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - that nobody draws from it
    SMALL[name](LABELS, 3).batch(0)
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(numbers, np.random.get_state()[1])  # noqa: NPY002


def test_item_numbers_are_whole_and_in_range(name: str) -> None:
    batch = SMALL[name](LABELS, 0).batch(5)
    assert all(part.dtype == torch.int64 for part in tensors(batch))
    assert items_of(batch).min() >= 0
    assert items_of(batch).max() < len(LABELS)


def test_every_class_is_reached_within_a_round(name: str) -> None:
    sampler = SMALL[name](LABELS, 1)
    rounds = {
        "items": 9,
        "class_items": 3,
        "pairs": 3,
        "triplets": 4,
        "episodes": 2,
        "tasks": 1,
    }  # ceil(choices / choices a batch)
    for first in (0, rounds[name], 5 * rounds[name]):
        batches = [sampler.batch(step) for step in range(first, first + rounds[name])]
        reached = {int(label) for batch in batches for label in LABELS[items_of(batch)]}
        expected = (
            set(range(len(SIZES))) if name in ("items", "class_items", "pairs") else set(np.flatnonzero(SIZES > 2))
        )
        assert expected <= reached


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 50])
def test_the_last_class_is_reached_whatever_the_batch(count: int) -> None:
    labels = np.repeat(np.arange(8), 2)
    for sampler in (ClassItems(labels, 0, classes=max(2, count)), RandomPairs(labels, 0, pairs=2 * count)):
        calls = -(-8 // count)
        assert 7 in {int(label) for step in range(calls) for label in labels[items_of(sampler.batch(step))]}


def test_every_item_is_met_within_a_round_of_items() -> None:
    sampler = Items(LABELS, 0, batch_size=7)
    calls = -(-len(LABELS) // 7)
    assert set(np.concatenate([items_of(sampler.batch(step)) for step in range(calls)])) == set(range(len(LABELS)))


def test_a_batch_larger_than_the_data_goes_round() -> None:
    batch = Items(LABELS, 0, batch_size=150).batch(0)
    counts = np.bincount(items_of(batch), minlength=len(LABELS))
    assert len(items_of(batch)) == 150
    assert set(counts) <= {150 // len(LABELS), 150 // len(LABELS) + 1}


def test_labels_are_the_items_classes() -> None:
    for sampler in (Items(LABELS, 0, 20), ClassItems(LABELS, 0, classes=4, items=3)):
        batch = sampler.batch(2)
        assert isinstance(batch, Labelled)
        assert np.array_equal(LABELS[batch.items], batch.labels)


def test_class_items_gives_each_class_its_items_once() -> None:
    sampler = ClassItems(LABELS, 0, classes=4, items=5)
    for step in range(12):
        items = items_of(sampler.batch(step))
        found = np.bincount(LABELS[items], minlength=len(SIZES))
        assert len(set(items)) == len(items)
        assert (found > 0).sum() == 4
        assert np.array_equal(found[found > 0], np.minimum(SIZES, 5)[found > 0])


def pairs_over(sampler: RandomPairs, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    batches = [sampler.batch(step) for step in range(steps)]
    return tuple(np.concatenate([tensors(batch)[part].numpy() for batch in batches]) for part in range(3))  # type: ignore[return-value]


def test_pairs_are_half_same_and_half_different_and_tell_the_truth() -> None:
    for count, same_count in ((6, 3), (7, 3), (1, 0)):
        batch = RandomPairs(LABELS, 0, pairs=count).batch(0)
        assert len(batch.left) == len(batch.right) == len(batch.same) == count
        assert int(batch.same.sum()) == same_count
        assert np.array_equal(LABELS[batch.left.numpy()] == LABELS[batch.right.numpy()], batch.same == 1)


def test_no_item_is_paired_with_itself_and_single_items_only_with_others() -> None:
    left, right, same = pairs_over(RandomPairs(LABELS, 0, pairs=16), 60)
    assert (left != right).all()
    assert not np.isin(LABELS[left[same == 1]], SINGLE).any()
    for side in (left, right):
        assert np.isin(SINGLE, LABELS[side[same == 0]]).all()


def test_uneven_classes_lead_pairs_equally_often() -> None:
    left, _, same = pairs_over(RandomPairs(LABELS, 0, pairs=2 * len(SIZES)), 24)
    led = np.bincount(LABELS[left[same == 0]], minlength=len(SIZES))
    assert np.array_equal(led, np.full(len(SIZES), 24))


def test_triplets_hold_two_items_of_a_class_and_one_of_another() -> None:
    sampler = RandomTriplets(LABELS, 0, triplets=12)
    negatives = set()
    for step in range(30):
        anchor, positive, negative = (part.numpy() for part in sampler.batch(step).parts())
        assert (anchor != positive).all()
        assert (LABELS[anchor] == LABELS[positive]).all()
        assert (LABELS[anchor] != LABELS[negative]).all()
        negatives |= set(LABELS[negative].tolist())
    assert negatives == set(range(len(SIZES)))


def test_an_episode_shares_no_item_between_support_and_query() -> None:
    sampler = Episodes(LABELS, 0, ways=4, shots=2, queries=2)
    for step in range(20):
        batch = sampler.batch(step)
        support, query = batch.support, batch.query
        assert support.labels.tolist() == query.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
        assert len(set(items_of(batch))) == 16
        classes = LABELS[support.items].reshape(4, 2)
        assert (classes == classes[:, :1]).all()
        assert len(set(classes[:, 0])) == 4
        assert np.array_equal(LABELS[query.items].reshape(4, 2), classes)


def test_tasks_are_the_episodes_one_after_another() -> None:
    tasks, episodes = RandomTasks(LABELS, 2, tasks=3, ways=4, queries=2), Episodes(LABELS, 2, ways=4, queries=2)
    batch = tasks.batch(5)
    assert len(batch.episodes) == 3
    assert all(equal(episode, episodes.batch(15 + place)) for place, episode in enumerate(batch.episodes))


def test_an_episode_of_all_the_classes_and_items_there_are() -> None:
    labels = np.repeat(np.arange(3), 4)
    batch = Episodes(labels, 0, ways=3, shots=1, queries=3).batch(0)
    assert sorted(items_of(batch)) == list(range(12))


def test_no_item_is_a_clear_error(name: str) -> None:
    with pytest.raises(DataError) as error:
        SMALL[name](np.zeros(0, np.int64), 0)
    assert str(error.value) == "The data set holds no item to sample from; check its path and its split."


ONE_CLASS = {
    "class_items": "1 training class(es), 1 with two items or more: likeness is learnt from at least two classes, one "
    "of them with two items. Add examples.",
    "pairs": "1 class(es), 1 with two items or more: pairs need at least two classes, one of them with two items. "
    "Add examples.",
    "triplets": "1 class(es), 1 with two items or more: triplets need at least two classes, one of them with two "
    "items. Add examples.",
    "episodes": "3-way 1-shot episodes with 2 queries need 3 classes of 3 items; 1 of 1 classes have that many. Lower "
    "ways, shots or queries.",
}
ONE_CLASS["tasks"] = ONE_CLASS["episodes"]


@pytest.mark.parametrize("name", ONE_CLASS)
def test_one_class_is_a_clear_error(name: str) -> None:
    with pytest.raises(DataError) as error:
        SMALL[name](np.zeros(5, np.int64), 0)
    assert str(error.value) == ONE_CLASS[name]


@pytest.mark.parametrize("name", ["class_items", "pairs", "triplets"])
def test_single_items_alone_are_a_clear_error(name: str) -> None:
    with pytest.raises(DataError, match="0 with two items or more"):
        SMALL[name](np.arange(5), 0)


@pytest.mark.parametrize("name", ["class_items", "pairs", "triplets"])
def test_two_small_classes_are_enough(name: str) -> None:
    batch = SMALL[name](np.array([0, 0, 1]), 0).batch(0)
    assert set(items_of(batch)) == {0, 1, 2}


TOO_FEW = {
    "items": (Items, {"batch_size": 0}, "batch_size is 0; it must be 1 or more"),
    "class_items": (ClassItems, {"items": 1}, "items is 1; it must be 2 or more"),
    "pairs": (RandomPairs, {"pairs": -1}, "pairs is -1; it must be 1 or more"),
    "triplets": (RandomTriplets, {"triplets": 0}, "triplets is 0; it must be 1 or more"),
    "episodes": (Episodes, {"ways": 1}, "ways is 1; it must be 2 or more"),
    "tasks": (RandomTasks, {"tasks": 0}, "tasks is 0; it must be 1 or more"),
}


def test_a_batch_of_too_little_is_refused(name: str) -> None:
    kind, options, message = TOO_FEW[name]
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message follows
        kind(LABELS, 0, **options)
    assert str(error.value) == message


# The five shapes of a batch


@pytest.mark.parametrize("name", SAMPLERS)
def test_with_items_fetches_once_and_keeps_every_place(name: str) -> None:
    indices = SMALL[name](LABELS, 0).batch(1)
    calls: list[int] = []

    def fetch(numbers: Tensor) -> Tensor:
        calls.append(len(numbers))
        return numbers[:, None, None].expand(-1, 2, 3).float()

    batch = indices.with_items(fetch)
    assert type(batch) is type(indices)
    assert calls == [sum(len(part) for part in indices.parts())]
    assert all(part.shape[1:] == (2, 3) for part in batch.parts())
    assert equal(batch.with_items(lambda items: items[:, 0, 0].long()), indices)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_batch_moves_whole_to_a_device(name: str) -> None:
    batch = SMALL[name](LABELS, 0).batch(1)
    moved = batch.to(torch.device("meta"))
    assert type(moved) is type(batch)
    assert all(tensor.device.type == "meta" for tensor in tensors(moved))
    assert equal(batch.to(torch.device("cpu")), batch)
