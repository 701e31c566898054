from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gemel import Gallery, Model
from gemel.errors import DataError
from tests.gallery.four_classes import drawing


@pytest.fixture
def small(tmp_path: Path, tiny_model: Model) -> Iterator[Gallery]:
    with Gallery(tmp_path / "small.db", tiny_model) as opened:
        yield opened


def test_a_threshold_by_false_accepts_keeps_to_them(gallery):
    thresholds = gallery.thresholds
    point, trials = thresholds.at(0.3), thresholds.trials()
    assert (point.genuine, point.impostor, point.too_few_pairs) == (12, 36, False)
    assert point.far.value == np.mean(trials.impostor >= point.threshold) <= 0.3
    assert point.frr.value == np.mean(trials.genuine < point.threshold)
    assert np.sum(trials.impostor >= point.threshold) == 10  # of 36 at most
    assert point.far.ci95[0] <= point.far.value <= point.far.ci95[1]
    assert json.loads(json.dumps(point.to_json()))["far"]["ci95"] == list(point.far.ci95)


def test_trials_are_what_verify_says_of_a_gallery_without_the_reference(gallery, tmp_path, tiny_model, glyph_folder):
    with Gallery(tmp_path / "without.db", tiny_model) as without:
        for character in range(4):
            writers = range(1, 3) if character == 0 else range(3)
            without.enrol(f"c{character}", [drawing(glyph_folder, character, writer) for writer in writers])
        verdicts = [without.verify(drawing(glyph_folder, 0, 0), f"c{character}").score for character in range(4)]
    trials = gallery.thresholds.trials()
    for verdict in verdicts:
        assert np.abs(trials.scores - verdict).min() < 1e-5


def test_too_few_trials_are_refused_with_how_many_are_needed(gallery):
    message = (
        r"^A false accept rate of 0\.001 needs 10000 impostor trials, and the gallery has 36; enrol more references "
        r"and classes, or ask for a higher rate\.$"
    )
    with pytest.raises(DataError, match=message):
        gallery.thresholds.at(0.001)
    with pytest.raises(DataError, match="and class 'c1' has 9"):
        gallery.thresholds.at(0.3, "c1")
    for far in (0, 1, float("nan")):
        with pytest.raises(DataError, match="a number between 0 and 1 is expected"):
            gallery.thresholds.at(far)


def test_a_threshold_that_is_set_decides_from_the_next_question_on(any_gallery, glyph_folder):
    thresholds, item = any_gallery.thresholds, drawing(glyph_folder, 0, 4)
    assert thresholds.of() is thresholds.of("c0") is None
    best = any_gallery.identify(item).matches[0].label
    thresholds.set(-2.0)
    assert (thresholds.of(), thresholds.of(best)) == (-2.0, -2.0)
    assert any_gallery.identify(item).label == best
    assert any_gallery.verify(item, best).threshold == -2.0
    thresholds.set(1.5, best)
    assert (thresholds.of(), thresholds.of(best)) == (-2.0, 1.5)
    assert any_gallery.identify(item).label is None
    assert any_gallery.classes().items[int(best[1])].threshold == 1.5
    thresholds.set(None)
    thresholds.set(None, best)
    assert thresholds.of(best) is None


def test_what_cannot_be_set_is_refused(gallery):
    with pytest.raises(DataError, match=r"^The threshold is inf; a finite number is expected\.$"):
        gallery.thresholds.set(float("inf"))
    for call in (gallery.thresholds.of, lambda label: gallery.thresholds.set(0.5, label), gallery.thresholds.trials):
        with pytest.raises(DataError, match=r"^There is no class 'c9'\. Known: c0, c1, c2, c3\.$"):
            call("c9")


def test_what_is_known_is_kept_until_the_gallery_changes(gallery, glyph_folder):
    thresholds = gallery.thresholds
    first = thresholds.trials()
    assert thresholds.trials() is first
    gallery.enrol("c4", drawing(glyph_folder, 4, 0))
    assert len(thresholds.trials().impostor) == 12 * 4 + 4


def test_histograms_count_every_trial(gallery):
    found = gallery.thresholds.histograms(bars=10)
    assert (len(found.edges), sum(found.genuine), sum(found.impostor)) == (11, 12, 36)
    assert list(found.to_json()) == ["edges", "genuine", "impostor"]
    assert sum(gallery.thresholds.histograms(label="c0").impostor) == 9


def test_small_galleries_say_what_they_lack(small, glyph_folder):
    thresholds = small.thresholds
    with pytest.raises(DataError, match="is empty; enrol a class first"):
        thresholds.trials()
    small.enrol("a", drawing(glyph_folder, 0, 0))
    with pytest.raises(DataError, match=r"^The gallery has one class, which tells no false accept rate; enrol another"):
        thresholds.point(0.5)
    with pytest.raises(DataError, match=r"^The gallery has one reference, which compares with nothing"):
        thresholds.histograms()
    small.enrol("b", drawing(glyph_folder, 1, 0))
    point = thresholds.point(0.5)
    assert (point.frr, point.genuine, point.impostor, point.too_few_pairs) == (None, 0, 2, True)
    assert point.to_json()["frr"] is None
