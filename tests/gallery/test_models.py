from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from gemel import Gallery, Model
from gemel.assembly import assemble
from gemel.data.items import Item
from gemel.errors import ModelError
from gemel.gallery.enrolling import candidates
from gemel.gallery.settings import THRESHOLD, put, setting
from gemel.gallery.tables import ClassRow, EmbeddingRow
from gemel.recipes import Recipe
from tests.conftest import TINY


@pytest.fixture(scope="module")
def other_model(tiny_model: Model) -> Model:
    """Return a model of other weights and another number of dimensions."""
    return another(tiny_model, 8)


def another(tiny_model: Model, dimensions: int) -> Model:
    """Return a model of other weights."""
    recipe = Recipe.of({**TINY, "encoder": {"name": "conv4", "dimensions": dimensions, "filters": 4}})
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


@dataclass(frozen=True, eq=False)
class Interrupted(Model):
    """A model whose first answer after it was told to comes when the gallery has gone over to another."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def embed(self, items: Sequence[Item]) -> np.ndarray:
        embeddings = super().embed(items)
        if self.meanwhile:
            self.meanwhile.pop()()
        return embeddings


@pytest.mark.parametrize(
    "ask",
    [
        lambda gallery, item: gallery.identify(item).label,
        lambda gallery, item: gallery.verify(item, "a").score,
        lambda gallery, item: gallery.compare(item, item).score,
        lambda gallery, item: gallery.search(item)[0].score,
        lambda gallery, item: (gallery.enrol("a", np.flip(item)), gallery.held().embeddings[-1].tolist())[1],
    ],
)
@pytest.mark.parametrize("dimensions", [8, 16])
def test_what_is_asked_during_the_switch_is_answered_by_the_other(ask, dimensions, tmp_path, tiny_model):
    former = Interrupted(**{part.name: getattr(tiny_model, part.name) for part in fields(tiny_model)})
    other, (item,) = another(tiny_model, dimensions), pictures(1)
    with Gallery(tmp_path / "g.db", former, originals=True) as gallery:
        gallery.enrol("a", item)
        former.meanwhile.append(lambda: gallery.models.adopt(other))
        answer = ask(gallery, item)
        assert gallery.model is other
    with Gallery(tmp_path / "fresh.db", other, originals=True) as fresh:
        fresh.enrol("a", item)
        assert answer == ask(fresh, item)


def test_what_another_model_embedded_is_not_written_down(tmp_path: Path, tiny_model, other_model):
    with Gallery(tmp_path / "g.db", tiny_model, originals=True) as gallery:
        gallery.enrol("a", pictures(1))
        found = candidates(tiny_model, [np.eye(9)], "", "", originals=True)
        gallery.models.adopt(other_model)
        with pytest.raises(ModelError, match=r"what was embedded by another one .* came; embed it again"):
            gallery.add("a", found)
        assert len(gallery) == 1


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
