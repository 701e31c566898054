from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gemel.randomness import torch_generator
from gemel.similarity import Hausdorff
from gemel.similarity.hausdorff import ink_points, modified_hausdorff
from tests.reference.similarities import modified_hausdorff as slow


def drawing(*rows: str) -> Tensor:
    """Return a drawing of ``#`` for ink, flattened: bright ink on dark, somewhere around 0."""
    return torch.tensor([[1.7 if mark == "#" else -0.4 for mark in row] for row in rows]).flatten()


def noise(count: int, height: int, width: int) -> Tensor:
    return torch.randn(count, height * width, generator=torch_generator(0, "drawings"))


def test_the_formula_by_hand() -> None:
    a, b = torch.tensor([[0.0, 0.0], [0.0, 3.0]]), torch.tensor([[0.0, 0.0]])
    assert modified_hausdorff(a, b) == modified_hausdorff(b, a) == 1.5  # (0 + 3) / 2 one way, 0 the other


def test_ink_is_the_brighter_half_centred_on_its_mean() -> None:
    points = ink_points(drawing("..#", "...", "#..").view(3, 3))
    assert points.tolist() == [[-1.0, 1.0], [1.0, -1.0]]
    assert len(ink_points(torch.zeros(2, 3))) == 6


def test_against_the_slow_formula() -> None:
    similarity, (a, b) = Hausdorff(30, 1, (5, 6)), (noise(8, 5, 6), noise(8, 5, 6).flip(0))
    expected = [[-slow(ink_points(x.view(5, 6)).tolist(), ink_points(y.view(5, 6)).tolist()) for y in b] for x in a]
    torch.testing.assert_close(similarity.matrix(a, b), torch.tensor(expected), atol=1e-6, rtol=1e-5)


def test_neither_place_nor_ink_s_brightness_matters() -> None:
    similarity = Hausdorff(12, 1, (3, 4))
    a, moved = drawing("##..", "#...", "...."), drawing("....", "..##", "..#.")
    assert similarity(a, moved) == pytest.approx(0, abs=1e-6)
    assert torch.equal(similarity(a, moved), similarity(a, 0.3 * moved + 7))
    assert similarity(a, drawing("###.", "....", "....")) < -0.1


def test_colours_are_averaged() -> None:
    grey = noise(2, 4, 4)
    coloured = torch.stack([grey - 1, grey, grey + 1], 1).flatten(1)
    torch.testing.assert_close(Hausdorff(48, 3, (4, 4))(*coloured), Hausdorff(16, 1, (4, 4))(*grey))


def test_the_nearest_drawing_of_a_class_counts() -> None:
    similarity, support, query = Hausdorff(30, 1, (5, 6)), noise(5, 5, 6), noise(9, 5, 6)[5:]
    labels = torch.tensor([1, 0, 1, 0, 1])
    scores = similarity.matrix(query, support)
    expected = torch.stack([scores[:, [1, 3]].amax(1), scores[:, [0, 2, 4]].amax(1)], 1)
    assert torch.equal(similarity.class_scores(query, support, labels, 2), expected)
    batch = similarity.class_scores(query.view(2, 2, 30), support.expand(2, -1, -1), labels, 2)
    assert torch.equal(batch.flatten(0, 1), expected)


def test_an_even_picture_is_all_ink_and_at_a_finite_distance() -> None:
    score = Hausdorff(12, 1, (3, 4))(torch.zeros(12), drawing("#...", "....", "...."))
    assert math.isfinite(score)
    assert score < 0


def test_embeddings_that_are_no_such_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="have 64 dimensions, pictures of 3 x 4 x 5 60; set encoder to pixels"):
        Hausdorff(64, 3, (4, 5))
