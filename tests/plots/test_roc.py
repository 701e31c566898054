import numpy as np
import pytest

from gemel.errors import DataError
from gemel.evaluation.roc import roc
from gemel.evaluation.verification import verification
from gemel.plots.roc import BINS, lowest_shown, roc_and_scores
from gemel.randomness import numpy_generator
from tests.plots.drawn import texts


def scored(genuine=60, impostor=400):
    draw = numpy_generator(1, "scores")
    return np.concatenate([draw.normal(1, 1, genuine), draw.normal(0, 1, impostor)]), np.repeat(
        [1, 0], [genuine, impostor]
    )


def test_the_curve_is_the_evaluations_and_the_thresholds_lie_on_it():
    scores, same = scored()
    left, _ = roc_and_scores(scores, same, {"EER": 0.5}, "toys", log=False).get_axes()
    curve = roc(scores, same)
    _, line, dot = left.get_lines()
    np.testing.assert_array_equal(line.get_xydata(), np.stack([curve.far, curve.tar], axis=1))
    expected = [(scores[same == kind] >= 0.5).mean() for kind in (0, 1)]
    np.testing.assert_allclose(dot.get_xydata(), [expected])
    assert left.get_xscale() == "linear"


def test_a_logarithmic_axis_keeps_a_far_of_zero_and_shades_what_few_pairs_tell():
    scores, same = scored()
    left, _ = roc_and_scores(scores, same, {"high": 99.0}, "toys").get_axes()
    assert left.get_xscale() == "log"
    assert all(np.min(line.get_xdata()) > 0 for line in left.get_lines())
    (shade,) = left.patches
    assert shade.get_x() + shade.get_width() == pytest.approx(10 / 400)


def test_histograms_sum_to_one_and_span_the_thresholds():
    scores, same = scored()
    _, right = roc_and_scores(scores, same, {"EER": 0.5, "FAR 1 %": 7.5}, "toys").get_axes()
    filled = [patch for patch in right.patches if patch.get_label().endswith("pairs")]
    assert [patch.get_label() for patch in filled] == ["impostor pairs", "genuine pairs"]
    for patch in filled:
        assert len(patch.get_data().values) == BINS
        assert patch.get_data().values.sum() == pytest.approx(1)
    assert right.get_xlim()[1] > 7.5


def test_titles_say_how_many_and_the_intervals():
    scores, same = scored()
    labels = np.arange(len(scores)) % 12
    other = np.where(same == 1, labels, (labels + 1) % 12)
    result = verification(scores, same, labels, other, 0.5)
    said = "\n".join(texts(roc_and_scores(scores, same, {"EER": 0.5}, "12 test classes of toys", result)))
    assert "Verification: 12 test classes of toys" in said
    assert "60 genuine pairs (one class) and 400 impostor pairs (two classes)." in said
    assert f"AUC {result.auc}, EER {result.eer}, TAR {result.tar_at_far[0.1]} at FAR 10 %; 95 % intervals." in said
    assert "EER: 0.50" in said


@pytest.mark.parametrize("log", [True, False])
def test_constant_scores_and_one_pair_of_a_kind_draw(log):
    figure = roc_and_scores(np.zeros(2), np.array([1, 0]), {"EER": 0.0}, "toys", log=log)
    assert "1 genuine pair (one class) and 1 impostor pair (two classes)." in texts(figure)


def test_no_threshold_draws():
    figure = roc_and_scores(*scored(), {}, "toys")
    assert len(figure.get_axes()) == 2


def test_one_kind_alone_is_refused():
    with pytest.raises(DataError, match="impostor"):
        roc_and_scores(np.ones(3), np.ones(3), {}, "toys")


@pytest.mark.parametrize(("tar", "lowest"), [(1, 0.9), (0.98, 0.9), (0.9, 0.8), (0.6, 0.3), (0.2, 0), (0, 0)])
def test_a_good_curve_is_seen_from_near(tar, lowest):
    assert lowest_shown(tar) == lowest


def test_no_threshold_lies_outside():
    scores, same = scored()
    left, _ = roc_and_scores(
        np.where(same == 1, scores + 9, scores), same, {"EER": 5.0, "strict": 11.0}, "toys"
    ).get_axes()
    assert all(dot.get_ydata()[0] >= left.get_ylim()[0] for dot in left.get_lines()[2:])
