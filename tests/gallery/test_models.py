from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from gemel import Gallery, Model
from gemel.assembly import assemble
from gemel.errors import ModelError
from gemel.gallery.settings import THRESHOLD, put, setting
from gemel.gallery.tables import ClassRow, EmbeddingRow
from gemel.recipes import Recipe
from tests.conftest import TINY


@pytest.fixture(scope="module")
def other_model(tiny_model: Model) -> Model:
    """Return a model of other weights and another number of dimensions."""
    recipe = Recipe.of({**TINY, "encoder": {"name": "conv4", "dimensions": 8, "filters": 4}})
    learner = assemble(recipe, channels=1, classes=1).eval().requires_grad_(False)
    return Model(learner, tiny_model.preprocessing, tiny_model.calibration, tiny_model.thresholds, recipe)


def pictures(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(4).integers(0, 256, (count, 28, 28)).astype(np.uint8))


def embeddings_in(gallery: Gallery) -> int:
    with gallery.store.reading() as session:
        return session.scalar(select(func.count()).select_from(EmbeddingRow)) or 0


def test_another_model_is_adopted(address, tiny_model, other_model):
    items = pictures(40)
    with Gallery(address, tiny_model, originals=True) as gallery:
        gallery.enrol("a", items[:35])
        gallery.enrol("b", items[35:])
        with gallery.store.writing() as session:
            put(session, THRESHOLD, 0.5)
            session.scalars(select(ClassRow)).first().threshold = 0.25
        told = []
        assert gallery.models.adopt(other_model, lambda *progress: told.append(progress)) == 40
        assert told == [(32, 40), (40, 40)]
        assert gallery.model is other_model
        assert gallery.identify(items[0]).matches[0].label in ("a", "b")
        np.testing.assert_allclose(gallery.held().embeddings, other_model.embed(items), atol=1e-6)
        assert gallery.search(items[36])[0].label == "b"
        with gallery.store.reading() as session:
            assert setting(session, THRESHOLD) is None
        assert [one.threshold for one in gallery.classes().items] == [None, None]
        (entry,) = gallery.models.listed()
        assert (entry.dimensions, entry.active, entry.references) == (8, True, 40)
        assert entry.to_json()["fingerprint"] == other_model.fingerprint
        assert embeddings_in(gallery) == 40
        assert gallery.models.adopt(other_model) == 0
        assert gallery.enrol("a", items[0])[0].fresh is False


def test_without_originals_it_is_refused(address, tiny_model, other_model):
    with Gallery(address, tiny_model) as gallery:
        gallery.enrol("a", pictures(3))
        with pytest.raises(
            ModelError, match=r"^3 of the 3 references in .* have no original to be embedded anew; keep"
        ):
            gallery.models.adopt(other_model)
        assert len(gallery.models.listed()) == 1
        assert gallery.model is tiny_model
        assert gallery.identify(pictures(1)[0]).matches


def test_until_the_switch_the_former_model_answers(lasting, tiny_model, other_model):
    items = pictures(70)
    with Gallery(lasting, tiny_model, originals=True) as gallery, Gallery(lasting, tiny_model, True) as second:
        gallery.enrol("a", items[:64])

        def meanwhile(done: int, total: int) -> None:
            assert second.identify(items[0]).label == "a"
            assert second.held().embeddings.shape[1] == 16
            assert [one.active for one in second.models.listed()] == [True, False]
            if done == 32:
                second.enrol("a", items[64:])  # is embedded by the other model, too

        assert gallery.models.adopt(other_model, meanwhile) == 70
        assert gallery.held().embeddings.shape == (70, 8)
        for call in (
            lambda: second.identify(items[0]),
            lambda: second.enrol("a", np.eye(9)),
            lambda: second.rename("a", "b"),
        ):
            with pytest.raises(ModelError, match=r"has gone over to the model 'tiny' meanwhile; open it again"):
                call()
    with Gallery(lasting, other_model) as again:
        assert len(again.held()) == 70


def test_an_adoption_that_was_cut_off_goes_on(lasting, tiny_model, other_model):
    items = pictures(70)

    def cut(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with Gallery(lasting, tiny_model, originals=True) as gallery:
        gallery.enrol("a", items)
        with pytest.raises(KeyboardInterrupt):
            gallery.models.adopt(other_model, cut)
        assert gallery.identify(items[0]).matches[0].label == "a"
        assert [(one.active, one.references) for one in gallery.models.listed()] == [(True, 70), (False, 32)]
        told = []
        gallery.models.adopt(other_model, lambda *progress: told.append(progress))
        assert told == [(64, 70), (70, 70)]


def test_a_gallery_is_opened_by_its_active_model_alone(tmp_path: Path, tiny_model, other_model):
    with Gallery(tmp_path / "g.db", tiny_model, originals=True) as gallery:
        gallery.enrol("a", pictures(1))
        gallery.models.adopt(other_model)
    with pytest.raises(ModelError, match="was made with another model"):
        Gallery(tmp_path / "g.db", tiny_model)
