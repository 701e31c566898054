import numpy as np
import pytest
from matplotlib.colors import to_rgba

from gemel.errors import DataError
from gemel.plots.one_shot_trial import one_shot_trial
from gemel.plots.style import BLUE, INK, VERMILION
from gemel.randomness import numpy_generator
from tests.plots.drawn import frame_colour, pictures, texts


def trial(ways, truth, channels=1, scores=None):
    items = numpy_generator(0, "items").integers(0, 256, (ways + 1, channels, 9, 9)).astype(np.uint8)
    values = np.linspace(-0.5, 1, ways) if scores is None else scores
    return one_shot_trial(items[0], items[1:], values, truth, "test classes of toys")


def test_a_right_choice_is_framed_blue():
    figure = trial(7, truth=6)
    query, *support = pictures(figure)
    assert len(support) == 7
    assert frame_colour(query) == to_rgba(INK)
    assert (support[6].get_xlabel(), frame_colour(support[6])) == ("✓ 1.00", to_rgba(BLUE))
    assert support[0].get_xlabel() == "−0.50"
    said = texts(figure)
    assert "Which of the 7 is it? One-shot, test classes of toys" in said
    assert any("right here" in text for text in said)


def test_a_wrong_choice_shows_the_true_one():
    _, *support = pictures(trial(5, truth=0, channels=3))
    assert (support[4].get_xlabel(), frame_colour(support[4])) == ("✗ 1.00", to_rgba(VERMILION))
    assert (support[0].get_xlabel(), frame_colour(support[0])) == ("−0.50 true one", to_rgba(INK))


def test_one_way_and_constant_scores_draw():
    assert len(pictures(trial(1, truth=0, scores=np.zeros(1)))) == 2


def test_a_truth_out_of_range_is_refused():
    with pytest.raises(DataError, match="The true one is 5 of 5"):
        trial(5, truth=5)
