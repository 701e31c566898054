from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from gemel import Gallery
from gemel.gallery import checks as checks_module
from gemel.gallery.quality import duplicate_from
from tests.gallery.four_classes import drawing


def slow_duplicates(gallery: Gallery) -> set[tuple[int, int]]:
    held, limit = gallery.held(), duplicate_from(gallery.model.calibration)
    ids = held.ids.tolist()
    scores = gallery.model.similarity.matrix(held.support.embeddings, held.support.embeddings)
    numbers = held.support.ids
    assert sorted(numbers) == ids
    return {
        (numbers[i], numbers[j])
        for i in range(len(ids))
        for j in range(len(ids))
        if numbers[i] < numbers[j] and float(scores[i, j]) >= limit
    }


def test_the_same_picture_in_two_classes_comes_first(any_gallery, glyph_folder):
    any_gallery.enrol("other", drawing(glyph_folder, 2, 1))
    found = any_gallery.checks.duplicates()
    first = found[0]
    assert (first.label, first.other, first.identical, first.score) == ("c2", "other", True, 1.0)
    assert {(each.first, each.second) for each in found} == slow_duplicates(any_gallery)
    across = [each.label != each.other for each in found]
    assert across == sorted(across, reverse=True)
    assert first.to_json()["identical"] is True


def test_the_same_pixels_are_told_whatever_the_scores(gallery, glyph_folder, monkeypatch):
    gallery.enrol("other", drawing(glyph_folder, 2, 1))
    monkeypatch.setattr(checks_module, "duplicate_from", lambda calibration: 2.0)  # nothing scores so
    (only,) = gallery.checks.duplicates()
    assert (only.label, only.other, only.identical) == ("c2", "other", True)


def test_a_reference_in_the_wrong_class_is_told_with_the_right_one(gallery, tmp_path, glyph_folder):
    stray = tmp_path / "stray.png"
    shutil.copy(drawing(glyph_folder, 1, 0), stray)
    pixels = np.array(Image.open(stray))
    pixels[0, 0] ^= 1
    Image.fromarray(pixels).save(stray)
    (enrolled,) = gallery.enrol("c3", stray)
    found = gallery.checks.outliers()
    one = next(each for each in found if each.reference == enrolled.reference)
    assert (one.label, one.other) == ("c3", "c1")
    assert one.other_score > one.score
    assert one.probability > 0.5
    assert [each.probability for each in found] == sorted((each.probability for each in found), reverse=True)


def slow_outliers(gallery: Gallery) -> dict[int, tuple[str, float, float]]:
    held, found = gallery.held(), {}
    similarity = gallery.model.similarity
    embeddings = held.support.embeddings
    owners, numbers = held.support.labels, held.support.ids
    for place in range(len(numbers)):
        scores = {}
        for number, label in enumerate(held.support.classes):
            members = [other for other in range(len(numbers)) if owners[other] == number and other != place]
            if members:
                mean = embeddings[members].mean(0, keepdim=True)
                scores[label] = float(similarity.matrix(embeddings[place : place + 1], mean))
        own = scores.pop(held.support.classes[owners[place]], None)
        other = max(scores, key=scores.__getitem__)
        if own is not None and scores[other] > own:
            found[numbers[place]] = (other, scores[other], own)
    return found


def test_outliers_are_those_that_looking_at_all_finds(gallery):
    gallery.move([gallery.references("c0").items[0].id], "c1")
    found = {each.reference: (each.other, each.other_score, each.score) for each in gallery.checks.outliers()}
    expected = slow_outliers(gallery)
    assert found.keys() == expected.keys()
    for number, (other, *scores) in expected.items():
        assert found[number][0] == other
        assert found[number][1:] == pytest.approx(scores, abs=1e-5)


def test_among_many_classes_those_of_the_nearest_references_are_asked(gallery, monkeypatch):
    expected = gallery.checks.outliers()
    monkeypatch.setattr(checks_module, "FEW_CLASSES", 2)
    found = gallery.checks.outliers()
    assert [each.reference for each in found] == [each.reference for each in expected]
    assert [each.score for each in found] == pytest.approx([each.score for each in expected], abs=1e-5)


@pytest.mark.parametrize("few", [64, 0])
def test_progress_is_told_to_the_end(gallery, monkeypatch, few):
    monkeypatch.setattr(checks_module, "FEW_CLASSES", few)
    monkeypatch.setattr(checks_module, "BATCH", 5)
    for check in (gallery.checks.duplicates, gallery.checks.outliers):
        told = []
        check(progress=lambda *done, told=told: told.append(done))
        assert told == [(5, 12), (10, 12), (12, 12)]


def test_nothing_enrolled_is_nothing_wrong(tmp_path, tiny_model, glyph_folder):
    with Gallery(tmp_path / "few.db", tiny_model) as gallery:
        assert gallery.checks.duplicates() == gallery.checks.outliers() == []
        gallery.enrol("a", [drawing(glyph_folder, 0, 0), drawing(glyph_folder, 1, 0)])
        assert gallery.checks.outliers() == []
