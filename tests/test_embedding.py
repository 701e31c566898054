"""Items -> embeddings: views, the mirror, augmented copies."""

from __future__ import annotations

import numpy as np
import torch

from gemel.data import Dataset
from gemel.data.augmentation import Augmentation
from gemel.embedding import embed_dataset, embed_pixels, embed_varied
from gemel.model import Model
from gemel.randomness import torch_generator


def pixels(count: int) -> torch.Tensor:
    return torch.randint(0, 256, (count, 1, 28, 28), dtype=torch.uint8, generator=torch_generator(0, "pixels"))


def data(count: int) -> Dataset:
    names = tuple(map(str, range(count)))
    return Dataset(pixels(count).numpy(), np.zeros(count, np.int64), names, ("all",))


def test_with_the_mirror_a_picture_and_its_mirror_image_are_one(tiny_model: Model) -> None:
    learner, preprocessing = tiny_model.learner, tiny_model.preprocessing
    seen = embed_pixels(learner, preprocessing, pixels(3), mirror=True)
    torch.testing.assert_close(seen, embed_pixels(learner, preprocessing, pixels(3).flip(-1), mirror=True))
    both = [embed_pixels(learner, preprocessing, some) for some in (pixels(3), pixels(3).flip(-1))]
    torch.testing.assert_close(seen, learner.similarity.canonical((both[0] + both[1]) / 2))
    assert not torch.allclose(seen, both[0])


def test_a_data_set_is_embedded_as_its_pictures_are_whatever_the_batch(tiny_model: Model) -> None:
    learner, preprocessing = tiny_model.learner, tiny_model.preprocessing
    told: list[tuple[int, int]] = []
    found = embed_dataset(learner, preprocessing, data(7), 2, True, 4, lambda *counts: told.append(counts))
    torch.testing.assert_close(found, embed_pixels(learner, preprocessing, pixels(7), 2, True))
    assert told == [(2, 7), (4, 7), (6, 7), (7, 7)]
    assert embed_dataset(learner, preprocessing, data(0)).shape == (0, 16)


def test_copies_are_the_seed_s_alone_and_without_augmentation_the_items(tiny_model: Model) -> None:
    learner, preprocessing = tiny_model.learner, tiny_model.preprocessing

    def copies(augmentation: Augmentation, seed: int) -> torch.Tensor:
        return embed_varied(learner, preprocessing, data(5), augmentation, torch_generator(seed))

    plain = embed_dataset(learner, preprocessing, data(5))
    torch.testing.assert_close(copies(Augmentation(), 0), plain)
    turned = copies(Augmentation(rotate=40), 0)
    assert torch.equal(turned, copies(Augmentation(rotate=40), 0))
    assert not torch.allclose(turned, copies(Augmentation(rotate=40), 1))
    assert not torch.allclose(turned, plain)
    assert embed_varied(learner, preprocessing, data(0), Augmentation(), torch_generator(0)).shape == (0, 16)
