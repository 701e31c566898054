"""Drawn characters with names, and what another drawing is taken for."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from gemel.data.sources.glyphs import draw_glyphs
from gemel.model import Model
from gemel.pages.notebook import MOST, SYLLABLES, Drawing, Notebook


@pytest.fixture(scope="module")
def drawings() -> list[Image.Image]:
    return [Image.fromarray(pages[0]) for pages in draw_glyphs(3, 4, writers=1, size=64)]


def test_a_drawing_that_was_learnt_is_recognised(tiny_model: Model, drawings: list[Image.Image]):
    book = Notebook()
    for label, image in zip(("ka", "mo", "zu"), drawings, strict=False):
        book.add(label, image, tiny_model)
    found, matched = book.recognised(drawings[1], tiny_model)
    assert found.label == "mo"
    assert found.matches[0].label == "mo"
    assert matched[0] is book.drawings[1]
    assert len(found.matches) == len(matched) == 3


def test_the_answer_is_the_models_own(tiny_model: Model, drawings: list[Image.Image]):
    book = Notebook()
    for label, image in (("ka", drawings[0]), ("mo", drawings[1]), ("ka", drawings[2])):
        book.add(label, image, tiny_model)
    found, matched = book.recognised(drawings[3], tiny_model)
    expected = tiny_model.identify([drawings[3]], {"ka": [drawings[0], drawings[2]], "mo": [drawings[1]]})[0]
    assert found.label == expected.label
    assert [match.probability for match in found.matches] == pytest.approx([m.probability for m in expected.matches])
    scores = {
        id(each): tiny_model.score(drawings[3], image) for each, image in zip(book.drawings, drawings, strict=False)
    }
    for match, drawing in zip(found.matches, matched, strict=True):
        assert scores[id(drawing)] == max(scores[id(each)] for each in book.drawings if each.label == match.label)


def test_names_are_kept_in_order_and_forgotten_with_their_drawings(tiny_model: Model):
    blank = Drawing("", np.zeros(2), b"")
    book = Notebook([Drawing(name, blank.embedding, b"") for name in ("mo", "ka", "mo")])
    assert book.labels == ["mo", "ka"]
    book.remove("mo")
    assert book.labels == ["ka"]


def test_a_name_is_offered_that_is_not_taken():
    assert Notebook().suggestion() == SYLLABLES[0]
    book = Notebook([Drawing(name, np.zeros(2), b"") for name in SYLLABLES])
    assert book.suggestion() not in book.labels
    assert not book.full
    assert Notebook([Drawing("a", np.zeros(2), b"")] * MOST).full
