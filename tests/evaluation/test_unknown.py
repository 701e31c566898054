import math

import numpy as np
import pytest
import torch

from gemel.encoders import Pixels
from gemel.errors import DataError, RecipeError
from gemel.evaluation import Calibration, class_log_odds, open_set, posterior, random_pairs
from gemel.evaluation.unknown import turning_odds
from gemel.learners import Baseline
from gemel.losses import Softmax
from gemel.similarity import Cosine
from tests.evaluation.clouds import clouds


def test_posterior_is_bayes_rule():
    log_odds = np.array([[1.0, -2.0, 3.0], [-4.0, -4.0, -4.0]])
    for row, found in zip(log_odds, posterior(log_odds, 0.3), strict=True):
        joint = [0.7 / 3 * math.exp(odds) for odds in row] + [0.3]
        np.testing.assert_allclose(found, np.array(joint) / sum(joint))


def test_posterior_edges():
    np.testing.assert_allclose(posterior(np.zeros((1, 1))), [[0.5, 0.5]])
    assert posterior(np.full((2, 4), -50.0)).argmax(1).tolist() == [4, 4]
    np.testing.assert_allclose(posterior(np.array([[1000.0, -1000.0]])), [[1, 0, 0]], atol=1e-12)
    with pytest.raises(RecipeError, match=r"The prior of unknown is 1\.0"):
        posterior(np.zeros((1, 2)), 1.0)
    with pytest.raises(DataError, match="No class is enrolled"):
        posterior(np.zeros((1, 0)))


def calibrated(spread):
    embeddings, labels = clouds(40, 10, spread, seed=1, dimensions=16)
    pairs = random_pairs(labels, 2000, seed=0)
    scores = Cosine()(embeddings[pairs.left], embeddings[pairs.right])
    return Calibration.fit(scores[pairs.same == 1], scores[pairs.same == 0])


def test_clear_classes_are_identified_and_strangers_are_unknown():
    embeddings, labels = clouds(20, 10, 0.1, dimensions=16)
    result = open_set(embeddings, labels, Cosine(), calibrated(0.1), ways=5, episodes=200)
    assert result.correct.value > 0.98
    assert result.false_accept.value < 0.05


def fitted_head():
    return Baseline(Pixels(1, (4, 4)), Cosine(), Softmax(16, 2))


def test_a_head_s_scores_share_out_what_the_similarity_says_is_known():
    embeddings, _ = clouds(6, 4, 0.5, dimensions=16)
    calibration, head = calibrated(0.5), fitted_head()
    asked = embeddings[1::4], embeddings[::4], torch.arange(6), 6
    found = class_log_odds(head, calibration, *asked)
    known = calibration.log_odds(Cosine().matrix(*asked[:2]).numpy())
    shares = torch.softmax(head.class_scores(*asked), -1).numpy()
    np.testing.assert_allclose(np.exp(found), np.exp(known).sum(1, keepdims=True) * shares, rtol=1e-4)
    np.testing.assert_allclose(posterior(found)[:, -1], posterior(known)[:, -1], rtol=1e-6)
    np.testing.assert_array_equal(class_log_odds(Cosine(), calibration, *asked), known)


def test_a_head_tells_strangers_as_its_similarity_does():
    embeddings, labels = clouds(20, 10, 0.1, dimensions=16)
    result = open_set(embeddings, labels, fitted_head(), calibrated(0.1), ways=5, episodes=50)
    assert result.correct.value > 0.98
    assert result.false_accept.value < 0.05


def test_rates_add_up_and_a_high_prior_of_unknown_is_careful():
    embeddings, labels = clouds(20, 10, 0.8, dimensions=16)
    easy, careful = (
        open_set(embeddings, labels, Cosine(), calibrated(0.8), 5, 1, 2, 300, unknown_prior=u) for u in (0.1, 0.9)
    )
    for result in (easy, careful):
        assert result.correct.value + result.wrong.value + result.false_unknown.value == pytest.approx(1)
    assert careful.false_accept.value < easy.false_accept.value
    assert careful.false_unknown.value > easy.false_unknown.value
    assert easy == open_set(embeddings, labels, Cosine(), calibrated(0.8), 5, 1, 2, 300, unknown_prior=0.1)


def test_more_shots_identify_more():
    embeddings, labels = clouds(60, 10, 0.8, dimensions=16)
    one, five = (open_set(embeddings, labels, Cosine(), calibrated(0.8), 5, shots) for shots in (1, 5))
    assert five.correct.ci95[0] > one.correct.ci95[1]


def test_json_is_as_promised():
    embeddings, labels = clouds(20, 10, 0.5, dimensions=16)
    result = open_set(embeddings, labels, Cosine(), calibrated(0.5), 3, 1, 1, 20, seed=5)
    document = result.to_json()
    assert document["protocol"] == "open-set"
    assert [document[name] for name in ("ways", "shots", "queries", "episodes", "seed", "unknown_prior")] == [
        3, 1, 1, 20, 5, 0.5,
    ]  # fmt: skip
    for name in ("correct", "wrong", "false_unknown", "false_accept"):
        assert list(document[name]) == ["value", "ci95"]


def test_too_few_classes_for_strangers_are_told():
    embeddings, labels = clouds(8, 10, 0.5, dimensions=16)
    with pytest.raises(DataError, match="10 ways need 10 classes"):
        open_set(embeddings, labels, Cosine(), calibrated(0.5), ways=5)


@pytest.mark.parametrize(("classes", "prior"), [(1, 0.5), (7, 0.5), (7, 0.01), (300, 0.9)])
def test_unknown_turns_where_told(classes, prior):
    turn = turning_odds(classes, prior)
    for nudge, expected in ((1e-9, 0), (-1e-9, classes)):
        odds = np.full((1, classes), -50.0)
        odds[0, 0] = turn + nudge
        assert posterior(odds, prior).argmax() == expected
