import numpy as np
import pytest
from matplotlib.colors import to_rgba

from gemel.errors import DataError
from gemel.plots.pair_grid import ScoredPairs, clearest_and_hardest, pair_grid
from gemel.plots.style import BLUE, VERMILION
from gemel.randomness import numpy_generator
from tests.plots.drawn import frame_colour, pictures, texts


def pairs_of(scores, same, channels=1, threshold=0.5):
    items = numpy_generator(0, "items").integers(0, 256, (2 * len(scores), channels, 12, 10)).astype(np.uint8)
    left = np.arange(len(scores))
    values = np.array(scores, dtype=float)
    return ScoredPairs(items, left, left + len(scores), np.array(same), values, values.clip(0, 1), threshold)


def test_picks_the_ends_of_both_kinds():
    scores, same = np.array([0.9, 0.1, 0.5, 0.7, 0.2, 0.8, 0.3, 0.6]), np.repeat([1, 0], 4)
    picked = {row: positions.tolist() for row, positions in clearest_and_hardest(same, scores, 2).items()}
    assert picked == {
        (True, "clearest"): [0, 3],
        (True, "hardest"): [1, 2],
        (False, "clearest"): [4, 6],
        (False, "hardest"): [5, 7],
    }


def test_no_pair_is_picked_twice_where_they_are_few():
    picked = np.concatenate(list(clearest_and_hardest(np.array([1, 1, 1, 0]), np.arange(4.0), 6).values()))
    assert sorted(picked.tolist()) == [0, 1, 2, 3]


def test_a_row_shows_new_classes_first_and_keeps_its_order():
    scores = np.linspace(1, 0, 12)
    classes = np.repeat([0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 3, 3], 2).reshape(-1, 2)
    rows = clearest_and_hardest(np.ones(12), scores, 4, classes)
    assert rows[True, "clearest"].tolist() == [0, 1, 3, 5]  # the best of 0, 1 and 2, and the next of any
    assert rows[True, "hardest"].tolist() == [11, 10, 9, 8]


def test_frames_and_texts_tell_right_from_wrong():
    figure = pair_grid(pairs_of([0.9, 0.2, 0.1, 0.7], [1, 1, 0, 0]), "4 test classes of toys", columns=1)
    said = {axes.get_xlabel(): frame_colour(axes) for axes in pictures(figure)}
    assert said == {
        "✓ 0.90 · 90 %": to_rgba(BLUE),
        "✗ 0.20 · 20 %": to_rgba(VERMILION),
        "✓ 0.10 · 10 %": to_rgba(BLUE),
        "✗ 0.70 · 70 %": to_rgba(VERMILION),
    }
    title, note, *_ = texts(figure)
    assert title == "Same or different? Pairs of 4 test classes of toys"
    assert "hardest of 4 pairs; 50 % of all are told wrongly at threshold 0.50" in note


def test_items_stand_side_by_side():
    pairs = pairs_of([0.9], [1], channels=3)
    (axes,) = pictures(pair_grid(pairs, "a class"))
    pixels = np.asarray(axes.get_images()[0].get_array())
    np.testing.assert_array_equal(pixels[:, :10], pairs.items[0].transpose(1, 2, 0))
    np.testing.assert_array_equal(pixels[:, -10:], pairs.items[1].transpose(1, 2, 0))


def test_constant_scores_draw():
    figure = pair_grid(pairs_of([0.5] * 6, [1, 1, 1, 0, 0, 0]), "a class", columns=3)
    assert len(pictures(figure)) == 6


def test_no_pair_is_refused():
    with pytest.raises(DataError, match="no pair to draw"):
        pair_grid(pairs_of([], []), "nothing")
