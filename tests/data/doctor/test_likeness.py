import numpy as np
import pytest

from gemel.data.doctor import likeness
from gemel.data.doctor.likeness import NEAR, edge_features, near_pairs, pair_likeness, upper_bounds
from gemel.randomness import numpy_generator
from tests.data.doctor.made_up import scene


def scenes(count: int) -> np.ndarray:
    """Return small pictures, each fourth nearly the one before: (count, 32, 32) uint8."""
    pictures = np.array([np.asarray(scene(number, (32, 32))) for number in range(count)]).astype(int)
    noise = numpy_generator(0, "noise").integers(-6, 7, pictures.shape)
    pictures[3::4] = (pictures[2::4] + noise[3::4]) * 0.8
    return pictures.clip(0, 255).astype(np.uint8)


def every_pair(thumbnails: np.ndarray, least: float) -> set[tuple[int, int]]:
    """Return the near pairs by comparing all."""
    features = edge_features(thumbnails).reshape(len(thumbnails), -1)
    first, second = np.nonzero(np.triu(features @ features.T, 1) >= least)
    return set(zip(first.tolist(), second.tolist(), strict=True))


def test_without_blur_the_features_are_the_correlation_of_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "_BLUR", 0.0)
    pictures = scenes(5).astype(float)
    gradients = [np.concatenate([np.diff(one, axis=axis).ravel() for axis in (0, 1)]) for one in pictures]
    for one, other in [(0, 1), (2, 3), (1, 4), (2, 2)]:
        lengths = np.linalg.norm(gradients[one]) * np.linalg.norm(gradients[other])
        expected = gradients[one] @ gradients[other] / lengths
        assert pair_likeness(pictures, np.array([[one, other]]))[0] == pytest.approx(expected, abs=1e-5)


def test_the_bound_is_never_below_the_likeness() -> None:
    pictures = numpy_generator(1).integers(0, 256, (40, 32, 32), dtype=np.uint8)
    pairs = np.stack(np.triu_indices(40), axis=1)
    bounds = upper_bounds(pictures)
    assert ((bounds[pairs[:, 0]] * bounds[pairs[:, 1]]).sum(1) >= pair_likeness(pictures, pairs) - 1e-5).all()


@pytest.mark.parametrize("budget", [1, 500, 4_000_000])
@pytest.mark.parametrize("least", [0.6, NEAR])
def test_the_search_finds_what_comparing_all_finds(budget: int, least: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "_BUDGET", budget)
    pictures = scenes(60)
    pairs, values = near_pairs(pictures, np.arange(60) % 5, least=least)
    assert {tuple(pair) for pair in pairs.tolist()} == every_pair(pictures, least)
    assert len(pairs) >= 15
    assert (np.diff(values) <= 0).all()
    assert values == pytest.approx(pair_likeness(pictures, pairs))


def test_pictures_like_very_many_others_are_found_in_bounded_time() -> None:
    pictures = np.repeat(scenes(1), 120, axis=0) + numpy_generator(2).integers(0, 3, (120, 32, 32), dtype=np.uint8)
    labels = np.arange(120) % 2
    pairs, _ = near_pairs(pictures, labels)
    same = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    assert len(pairs) <= 120 * 32
    assert set(np.unique(pairs[same])) == set(np.unique(pairs[~same])) == set(range(120))


def test_blank_or_no_pictures() -> None:
    assert edge_features(np.full((1, 32, 32), 200, np.uint8)).max() == pytest.approx(0, abs=1e-3)
    assert near_pairs(np.zeros((3, 32, 32), np.uint8), np.zeros(3))[0].shape == (0, 2)
    assert near_pairs(np.zeros((0, 32, 32), np.uint8), np.zeros(0))[0].shape == (0, 2)


def test_progress_reaches_the_end() -> None:
    seen: list[tuple[int, int]] = []
    near_pairs(scenes(8), np.zeros(8), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (8, 8)
