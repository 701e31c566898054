from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from gemel.evaluation.calibration import Calibration
from gemel.gallery.quality import (
    BLURRED,
    blur_warning,
    disagreeing_below,
    duplicate_from,
    laplacian,
    likeness_warnings,
    sharpness,
)

CALIBRATION = Calibration.fit(np.linspace(0.5, 1, 5001), np.linspace(-1, 0.6, 5001))


def test_the_laplacian_by_hand():
    levels = np.array([[0.0, 1, 2], [3, 10, 5], [6, 7, 8]])
    assert laplacian(levels).tolist() == [[4 * 10 - 1 - 3 - 5 - 7]]
    assert laplacian(np.add.outer(np.arange(5.0), 3 * np.arange(6.0))).tolist() == [[0.0] * 4] * 3  # a plane


def test_sharpness_is_the_ratio_of_variances():
    levels = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    wanted = laplacian(levels.astype(float)).var() / levels.astype(float).var()
    assert sharpness(Image.fromarray(levels)) == pytest.approx(wanted)
    assert sharpness(Image.fromarray(levels // 2)) == pytest.approx(wanted, rel=0.02)  # whatever the light
    assert sharpness(Image.new("L", (50, 40), 7)) == 0
    assert sharpness(Image.fromarray(levels[:1])) >= 0


def test_blur_makes_a_picture_less_sharp():
    drawn = np.zeros((200, 200), np.uint8)
    drawn[60:140, 95:105] = drawn[95:105, 40:160] = 255
    picture = Image.fromarray(drawn)
    sharp = [sharpness(picture.filter(ImageFilter.GaussianBlur(0.01 * share * 200))) for share in (0, 1, 2, 4)]
    assert sharp == sorted(sharp, reverse=True)
    assert sharp[0] > 10 * BLURRED > BLURRED > sharp[-1]
    assert blur_warning(sharp[0]) == []
    assert blur_warning(sharp[-1]) == ["blurred: the picture shows next to no detail"]
    assert blur_warning(0.0) == ["blank: the picture is even"]


def test_limits_are_the_validation_s():
    assert duplicate_from(CALIBRATION) == pytest.approx(0.9995, abs=1e-4)
    assert disagreeing_below(CALIBRATION) == pytest.approx(0.505, abs=1e-3)
    few = Calibration.fit(np.linspace(0.9, 1, 11), np.linspace(-1, 0.9, 11))
    assert duplicate_from(few) == 1.0


@pytest.mark.parametrize(
    ("scores", "labels", "known", "told"),
    [
        ([0.99, 0.9], ["a", "b"], 0.9, []),
        ([], [], None, []),
        ([1.0, 1.0, 0.2], ["b", "a", "c"], 1.0, ["another example of its class", "an example of 'b'"]),
        ([0.9], ["b"], 0.3, ["unlike the other examples"]),
    ],
)
def test_warnings_by_likeness(scores, labels, known, told):
    found = likeness_warnings(CALIBRATION, "a", np.array(scores), labels, known)
    assert len(found) == len(told)
    assert all(part in warning for part, warning in zip(told, found, strict=True))
