"""Two items, embedded and compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gemel.assembly import assemble
from gemel.errors import InputError
from gemel.model import Model
from gemel.randomness import numpy_generator
from gemel.recipes import Recipe
from tests.model.drawn import PAGES


@pytest.mark.parametrize("similarity", ["cosine", "euclidean", "squared_euclidean", "exp_manhattan", "weighted_l1"])
@pytest.mark.parametrize("views", [1, 4])
def test_identical_pictures_are_the_same_with_the_highest_score(similarity: str, views: int, tiny_model: Model) -> None:
    recipe = Recipe.of(tiny_model.recipe.model_dump(), [f"similarity={similarity}", f"validation.views={views}"])
    learner = assemble(recipe, channels=1, classes=1).eval().requires_grad_(False)
    highest = float(learner.similarity.highest)
    points = {"eer": replace(tiny_model.thresholds["eer"], threshold=highest)}
    model = replace(tiny_model, learner=learner, recipe=recipe, thresholds=points)
    for picture in (PAGES[0, 0], PAGES[3, 2], np.zeros((9, 9), np.uint8), numpy_generator(0).random((30, 50, 3))):
        verdict = model.verify(picture, picture.copy())
        assert verdict.same
        assert verdict.score == highest
    for left, right in zip(PAGES[:, 0], PAGES[:, 1], strict=True):
        verdict = model.verify(left, right)
        assert verdict == model.verify(right, left)
        assert verdict.score <= highest


def test_a_verdict_tells_threshold_and_rates(tiny_model: Model) -> None:
    verdict = tiny_model.verify(PAGES[0, 0], PAGES[1, 0])
    assert verdict.threshold == tiny_model.thresholds["eer"].threshold
    assert verdict.same == (verdict.score >= verdict.threshold)
    assert (verdict.far, verdict.frr) == pytest.approx(
        (tiny_model.thresholds["eer"].far, tiny_model.thresholds["eer"].frr), abs=0.01
    )
    assert 0 < verdict.probability < 1
    strict = tiny_model.verify(PAGES[0, 0], PAGES[1, 0], threshold=tiny_model.thresholds["far_0.01"].threshold)
    assert strict.score == verdict.score
    assert strict.far <= 0.01 + 1e-9
    assert strict.frr >= verdict.frr


def test_a_picture_is_the_same_however_it_comes(tiny_model: Model, tmp_path: Path) -> None:
    image = Image.fromarray(PAGES[0, 0])
    image.save(tmp_path / "größer a.png")
    path = tmp_path / "größer a.png"
    forms = [PAGES[0, 0], PAGES[0, 0][..., None], image, path, str(path), path.read_bytes()]
    embeddings = tiny_model.embed(forms)
    assert (embeddings == embeddings[0]).all()


def test_an_unreadable_picture_is_a_clear_error(tiny_model: Model, tmp_path: Path) -> None:
    for item in (tmp_path / "none.png", b"", np.zeros((3, 3, 7))):
        with pytest.raises(InputError):
            tiny_model.verify(PAGES[0, 0], item)


def test_an_embedding_does_not_depend_on_its_company(tiny_model: Model) -> None:
    items = list(PAGES[:, 0])
    together = tiny_model.embed(items)
    assert together.shape == (5, 16)
    assert together.dtype == np.float32
    assert np.array_equal(tiny_model.embed(items[::-1])[::-1], together)
    for item, row in zip(items, together, strict=True):
        assert np.array_equal(tiny_model.embed([item])[0], row)


def test_no_item_has_no_embedding(tiny_model: Model) -> None:
    assert tiny_model.embed([]).shape == (0, 16)
